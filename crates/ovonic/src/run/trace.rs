//! Running `.trace`, and naming what it finds.
//!
//! ```text
//! the voltage turns back, on its way from zero:  th (threshold)     on its way to it:  hold
//! the current turns back, on its way from zero:  peak               on its way to it:  valley
//! any other variable turns back:  fold      a pair of modes turns over:  hopf      curves cross:  branch
//! ```
//!
//! A trace of a source gives each special point a voltage `v_th` and a current `i_th`, whatever of both is driven;
//! any other trace the variable's value `p_fold`. From the second of a name on they are numbered: `v_th2`. They form
//! a plot of one point, and `.meas` formulas know them.

use super::{Error, Ran, Shared, Simulation, Variation, Watch};
use crate::elaborate::TraceTask;
use ovonic_analysis::{SpecialKind, SpecialPoint, TraceEnd, TraceReport, trace};
use ovonic_waveforms::{Outcome, PlotHeader, PlotKind, Quantity, Variable};
use std::cell::RefCell;

/// What a trace found.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSummary {
    /// What was varied, as the card names it.
    pub variable: String,
    /// The work, and where the curve ended.
    pub report: TraceReport,
    /// The special points with their names, in the order of the curve.
    pub special: Vec<SpecialNamed>,
}

/// A special point of a curve, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecialNamed {
    /// `th`, `hold`, `peak`, `valley`, `fold`, `hopf`, `branch` or `flip`, numbered from the second on.
    pub name: String,
    /// The point.
    pub point: SpecialPoint,
}

impl Simulation {
    pub(super) fn run_trace(
        &mut self,
        task: &TraceTask,
        shared: &Shared<'_>,
    ) -> Result<Ran, Error> {
        let before = vec![self.before(&task.target)];
        let mut outputs = self.outputs("trace");
        let variable = self.scale(&task.target, &task.name, true);
        let quantity = variable.quantity;
        let scale = vec![
            Variable::new("arclength", Quantity::Dimensionless),
            variable,
            Variable::new("unstable", Quantity::Dimensionless),
        ];
        let header = self.header(PlotKind::Trace, scale, &outputs);
        let (options, start, sources) = (self.solver(), self.op_options(), self.shared_sources());
        shared.begin_plot(&header)?;
        let core = RefCell::new(&mut self.design.core);
        let mut varied = Variation { core: &core, target: &task.target, sources: &sources };
        let mut values = Vec::new();
        let result = trace(
            &self.design.circuit,
            &options,
            &task.options,
            &mut varied,
            &start,
            &mut |at| {
                values.clear();
                values.extend([at.arclength, at.value, at.unstable as f64]);
                outputs.append(at.circuit, at.point, None, &mut values);
                shared.observer.borrow_mut().sink().point(&values)
            },
            &mut Watch(shared),
        );
        let result = result.map_err(Error::from);
        let restored = self.restore(before);
        let report = shared.close(result, |report| report.end == TraceEnd::Cancelled)?;
        restored?;
        let circuit = &self.design.circuit;
        let drives_voltage = task.options.source.is_some_and(|id| circuit.branch(id).is_some());
        let special = named(&report.special, drives_voltage);
        self.deliver_special(&special, quantity, shared)?;
        Ok(Ran {
            points: report.points,
            cancelled: report.end == TraceEnd::Cancelled,
            trace: Some(TraceSummary { variable: task.name.clone(), report, special }),
            ..Ran::default()
        })
    }

    /// Gives the special points to the sink as a plot of one point, if there are any.
    fn deliver_special(
        &self,
        special: &[SpecialNamed],
        quantity: Quantity,
        shared: &Shared<'_>,
    ) -> Result<(), Error> {
        if special.is_empty() {
            return Ok(());
        }
        let (variables, values): (Vec<Variable>, Vec<f64>) =
            special.iter().flat_map(|named| quantities(named, quantity)).unzip();
        let header = PlotHeader::real(self.title(), PlotKind::TracePoints, variables);
        shared.begin_plot(&header)?;
        shared.observer.borrow_mut().sink().point(&values)?;
        shared.end_plot(&Outcome::Complete)
    }
}

/// The vectors of a special point, with their values; `quantity` is that of the variable.
fn quantities(special: &SpecialNamed, quantity: Quantity) -> Vec<(Variable, f64)> {
    let SpecialNamed { name, point } = special;
    let mut all = match point.delivered {
        Some((voltage, current)) => vec![
            (Variable::new(format!("v_{name}"), Quantity::Voltage), voltage),
            (Variable::new(format!("i_{name}"), Quantity::Current), current),
        ],
        None => vec![(Variable::new(format!("p_{name}"), quantity), point.value)],
    };
    if let SpecialKind::Hopf { frequency } = point.kind {
        all.push((Variable::new(format!("f_{name}"), Quantity::Frequency), frequency));
    }
    all
}

/// Special points with names of their own.
fn named(special: &[SpecialPoint], drives_voltage: bool) -> Vec<SpecialNamed> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut all = Vec::with_capacity(special.len());
    for point in special {
        let word = word(point, drives_voltage);
        let count = match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                counts.push((word, 1));
                1
            }
        };
        let name = if count == 1 { word.to_owned() } else { format!("{word}{count}") };
        all.push(SpecialNamed { name, point: *point });
    }
    all
}

/// What a special point is called.
fn word(special: &SpecialPoint, drives_voltage: bool) -> &'static str {
    let (maximum, is_fold) = match special.kind {
        SpecialKind::Fold { maximum } => (maximum, true),
        SpecialKind::Turn { maximum } => (maximum, false),
        SpecialKind::Hopf { .. } => return "hopf",
        SpecialKind::Branch => return "branch",
        SpecialKind::Flip { .. } => return "flip",
    };
    let Some((voltage, current)) = special.delivered else { return "fold" };
    // Of a voltage source the voltage is varied, and a fold is a turn of the voltage.
    let is_voltage = is_fold == drives_voltage;
    let turning = if is_voltage { voltage } else { current };
    match (is_voltage, maximum == (turning > 0.0)) {
        (true, true) => "th",
        (true, false) => "hold",
        (false, true) => "peak",
        (false, false) => "valley",
    }
}
