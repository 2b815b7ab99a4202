//! Analyses: from cards to numbers and targets.

use super::Elaborator;
use super::reporter::Reported;
use super::scope::ScopeId;
use ovonic_analysis::{Drive, FrequencySweep, Probe, TraceOptions, TransientOptions, TwoPort};
use ovonic_circuit::InstanceId;
use ovonic_device::find_param;
use ovonic_netlist::ast::{
    self, Analysis, AnalysisKind, Argument, DcSweep, Expr, ExprKind, Name, Noise, Param, PoleZero,
    Trace, TransferFunction, Transient,
};
use ovonic_netlist::{Diagnostic, Span, codes, suggest};

/// An analysis that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The card.
    pub span: Span,
    /// What to do.
    pub task: Task,
}

/// What an analysis does.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// `.op`.
    OperatingPoint,
    /// `.dc`: the first sweep is the innermost.
    Dc(Vec<Sweep>),
    /// `.ac`.
    Ac(FrequencySweep),
    /// `.tran`.
    Transient(TransientTask),
    /// `.noise`.
    Noise(NoiseTask),
    /// `.trace`.
    Trace(TraceTask),
    /// `.tf`.
    TransferFunction(TransferTask),
    /// `.pz`.
    PoleZero(PoleZeroTask),
    /// `.sens`.
    Sensitivity(SensitivityTask),
}

impl Task {
    /// The word that a card of this analysis begins with.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Task::OperatingPoint => "op",
            Task::Dc(_) => "dc",
            Task::Ac(_) => "ac",
            Task::Transient(_) => "tran",
            Task::Noise(_) => "noise",
            Task::Trace(_) => "trace",
            Task::TransferFunction(_) => "tf",
            Task::PoleZero(_) => "pz",
            Task::Sensitivity(_) => "sens",
        }
    }
}

/// Numbers of `.tran`, in s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransientTask {
    /// Print step; zero if only the stop time is given.
    pub step: f64,
    /// Stop time.
    pub stop: f64,
    /// Time from which results are kept.
    pub start: f64,
    /// Largest step.
    pub max_step: Option<f64>,
    /// Start from initial conditions instead of an operating point.
    pub use_initial_conditions: bool,
}

/// What `.noise` computes.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseTask {
    /// Output node, by its name in the circuit.
    pub output: String,
    /// Node against which the output is taken.
    pub reference: String,
    /// Source to which the noise is referred.
    pub source: InstanceId,
    /// Frequencies.
    pub sweep: FrequencySweep,
    /// All contributions are wanted, every so many points.
    pub points_per_summary: Option<usize>,
}

/// What `.sens` computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SensitivityTask {
    /// What depends on the parameters.
    pub output: Probe,
}

/// What `.tf` computes.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferTask {
    /// What responds.
    pub output: Probe,
    /// Its name.
    pub name: String,
    /// The source that drives.
    pub source: InstanceId,
}

/// What `.pz` computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoleZeroTask {
    /// Input, output and what drives.
    pub port: TwoPort,
    /// Whether poles are wanted.
    pub poles: bool,
    /// Whether zeros are wanted.
    pub zeros: bool,
}

/// What `.trace` follows.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceTask {
    /// What is varied.
    pub target: SweepTarget,
    /// Its name on the card.
    pub name: String,
    /// The range, and how closely the curve is followed.
    pub options: TraceOptions,
}

/// One swept quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// What is varied.
    pub target: SweepTarget,
    /// Its name on the card.
    pub name: String,
    /// The values it takes, in its unit (°C for a temperature).
    pub range: Range,
}

/// What a sweep varies.
#[derive(Clone, Debug, PartialEq)]
pub enum SweepTarget {
    /// The parameter with this index of an instance.
    Device(InstanceId, usize),
    /// The temperature of the circuit.
    Temperature,
    /// A top-level parameter.
    Parameter(String),
    /// The number from which devices draw what varies between them.
    Seed,
}

/// The values that a swept quantity takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// Equal steps, the end included if a step hits it.
    Step {
        /// First value.
        start: f64,
        /// Last value.
        stop: f64,
        /// Increment, of the sign of `stop − start`.
        step: f64,
    },
    /// A number of equally spaced points.
    Linear {
        /// Points.
        points: usize,
        /// First value.
        start: f64,
        /// Last value.
        stop: f64,
    },
    /// A number of points for each factor `base`.
    Logarithmic {
        /// 10 or 2.
        base: f64,
        /// Points for each factor.
        points: usize,
        /// First value.
        start: f64,
        /// Last value.
        stop: f64,
    },
    /// Given values.
    List(Vec<f64>),
}

/// How far beyond the end a step may land and still be taken for the end, as a part of the step.
const END_TOLERANCE: f64 = 1e-6;

impl Range {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Range::Step { start, stop, step } => {
                ((stop - start) / step + END_TOLERANCE).floor().max(0.0) as usize + 1
            }
            Range::Linear { points, .. } => *points,
            Range::Logarithmic { base, points, start, stop } => {
                let factors = (stop / start).ln() / base.ln();
                (factors * *points as f64 + END_TOLERANCE).floor().max(0.0) as usize + 1
            }
            Range::List(values) => values.len(),
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value number `index`; computed from the start, so that errors do not add up.
    #[must_use]
    pub fn value(&self, index: usize) -> f64 {
        match self {
            Range::Step { start, step, .. } => start + index as f64 * step,
            Range::Linear { points, start, stop } => {
                let last = points.saturating_sub(1).max(1);
                start + (stop - start) * (index as f64 / last as f64)
            }
            Range::Logarithmic { base, points, start, .. } => {
                start * base.powf(index as f64 / *points as f64)
            }
            Range::List(values) => values[index],
        }
    }

    /// All values.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.len()).map(|index| self.value(index))
    }
}

/// A sweep or a frequency list may have this many points.
const MAX_POINTS: f64 = 1e9;

/// All combinations of steps may be this many.
const MAX_STEPS: f64 = 1e6;

impl Elaborator {
    /// The analyses of the netlist, in the order of their cards.
    pub(crate) fn plan(&mut self) -> Vec<Planned> {
        let cards = self.scopes.table(ScopeId::TOP).cards.analyses.clone();
        cards.iter().filter_map(|card| self.plan_card(card).ok()).collect()
    }

    /// The analysis that a card asks for.
    pub(crate) fn plan_card(&mut self, card: &Analysis) -> Result<Planned, Reported> {
        let task = match &card.kind {
            AnalysisKind::OperatingPoint => Task::OperatingPoint,
            AnalysisKind::Dc(dc) => Task::Dc(self.dc(dc)?),
            AnalysisKind::Ac(ac) => Task::Ac(self.frequencies(&ac.range)?),
            AnalysisKind::Transient(transient) => Task::Transient(self.transient(transient)?),
            AnalysisKind::Noise(noise) => Task::Noise(self.noise(noise)?),
            AnalysisKind::Trace(trace) => Task::Trace(self.trace(trace)?),
            AnalysisKind::Sensitivity(output) => {
                Task::Sensitivity(SensitivityTask { output: self.solved_output(output)? })
            }
            AnalysisKind::TransferFunction(card) => {
                Task::TransferFunction(self.transfer_function(card)?)
            }
            AnalysisKind::PoleZero(card) => Task::PoleZero(self.pole_zero(card)?),
        };
        Ok(Planned { span: card.span, task })
    }

    /// The numbers of a `.tran` card.
    pub(crate) fn transient(&mut self, card: &Transient) -> Result<TransientTask, Reported> {
        for flag in &card.flags {
            if flag.node == "startup" {
                let message = "\"startup\" has no effect: sources do not ramp up";
                let diagnostic = Diagnostic::warning(codes::IGNORED, flag.span, message);
                self.reporter.report(diagnostic);
                continue;
            }
            return Err(self.reporter.report(Diagnostic::error(
                codes::NOT_SUPPORTED,
                flag.span,
                format!("\"{flag}\" is not supported"),
            )));
        }
        let stop = self.top(&card.stop)?;
        if stop <= 0.0 {
            return Err(self.bad(&card.stop, format!("the stop time {stop} s is not positive")));
        }
        let step = match &card.step {
            None => 0.0,
            Some(argument) => {
                let step = self.top(argument)?;
                if step < 0.0 {
                    return Err(self.bad(argument, format!("the step {step} s is negative")));
                }
                step
            }
        };
        let start = match &card.start {
            None => 0.0,
            Some(argument) => {
                let start = self.top(argument)?;
                if !(start >= 0.0 && start < stop) {
                    let what = format!("the start {start} s does not lie before the end {stop} s");
                    return Err(self.bad(argument, what));
                }
                start
            }
        };
        let max_step = match &card.max_step {
            None => None,
            Some(argument) => {
                let max_step = self.top(argument)?;
                if max_step <= 0.0 {
                    let what = format!("the largest step {max_step} s is not positive");
                    return Err(self.bad(argument, what));
                }
                Some(max_step)
            }
        };
        if let (Some(argument), None) = (&card.step, max_step)
            && step > 0.0
            && stop - start > TransientOptions::MOST_PRINT_STEPS * step
        {
            self.reporter.report(
                Diagnostic::warning(
                    codes::IGNORED,
                    argument.span,
                    format!("{:.0e} steps of {step} s do not bound the time steps", (stop - start) / step),
                )
                .help("the first step is a hundredth of it, later ones follow the errors; a tmax after tstart would bound them"),
            );
        }
        Ok(TransientTask {
            step,
            stop,
            start,
            max_step,
            use_initial_conditions: card.uic.is_some(),
        })
    }

    fn dc(&mut self, card: &DcSweep) -> Result<Vec<Sweep>, Reported> {
        card.sweeps.iter().map(|sweep| self.sweep(sweep)).collect()
    }

    fn sweep(&mut self, sweep: &ast::Sweep) -> Result<Sweep, Reported> {
        let target = self.sweep_target(&sweep.variable, sweep.is_param)?;
        Ok(Sweep { target, name: sweep.variable.node.clone(), range: self.range(&sweep.range)? })
    }

    /// What a name on a `.dc` or `.trace` card varies.
    pub(crate) fn sweep_target(
        &mut self,
        name: &Name,
        is_param: bool,
    ) -> Result<SweepTarget, Reported> {
        let word = name.node.as_str();
        let is_parameter = self.scopes.number(word).is_some();
        if is_param && is_parameter {
            return Ok(SweepTarget::Parameter(word.to_owned()));
        }
        if word == "temp" && !is_param {
            return Ok(SweepTarget::Temperature);
        }
        if word == "seed" && !is_param && !is_parameter {
            return Ok(SweepTarget::Seed);
        }
        let (device, parameter) = match word.split_once(':') {
            Some((device, parameter)) => (device, Some(parameter)),
            None => (word, None),
        };
        if !is_param && let Some(id) = self.find_instance(device) {
            let kind = self.builder.spec(id).kind;
            let target = parameter.or(kind.value);
            let index = target.and_then(|target| find_param(kind.params, target));
            return match index {
                Some(index) => Ok(SweepTarget::Device(id, index)),
                None => {
                    let names: Vec<&str> = kind.params.iter().map(|info| info.name).collect();
                    let near = target.and_then(|target| suggest(target, names.iter().copied()));
                    let near = near.map(|near| format!("{device}:{near}"));
                    Err(self.reporter.report(
                        Diagnostic::error(
                            codes::UNKNOWN_SWEEP_VARIABLE,
                            name.span,
                            format!("\"{name}\" names no parameter of a {}", kind.name),
                        )
                        .help("a device parameter is written device:parameter")
                        .did_you_mean(near.as_deref()),
                    ))
                }
            };
        }
        if is_parameter {
            return Ok(SweepTarget::Parameter(word.to_owned()));
        }
        let mut names: Vec<&str> = self.instances.keys().map(String::as_str).collect();
        names.extend(self.scopes.top_parameters());
        names.extend(["temp", "seed"]);
        names.sort_unstable();
        let near = suggest(word, names.iter().copied()).map(str::to_owned);
        Err(self.reporter.report(
            Diagnostic::error(
                codes::UNKNOWN_SWEEP_VARIABLE,
                name.span,
                format!("there is nothing called \"{name}\" to sweep"),
            )
            .did_you_mean(near.as_deref()),
        ))
    }

    /// The source that a card names.
    fn source(&mut self, name: &Name) -> Result<InstanceId, Reported> {
        if let Some(source) = self.find_instance(&name.node) {
            return Ok(source);
        }
        let mut names: Vec<&str> = self.instances.keys().map(String::as_str).collect();
        names.sort_unstable();
        let near = suggest(&name.node, names).map(str::to_owned);
        Err(self.reporter.report(
            Diagnostic::error(
                codes::UNKNOWN_CONTROL,
                name.span,
                format!("there is no source \"{name}\""),
            )
            .did_you_mean(near.as_deref()),
        ))
    }

    fn transfer_function(&mut self, card: &TransferFunction) -> Result<TransferTask, Reported> {
        let source = self.source(&card.source)?;
        let output = self.solved_output(&card.output)?;
        Ok(TransferTask { output, name: card.output.to_string(), source })
    }

    fn pole_zero(&mut self, card: &PoleZero) -> Result<PoleZeroTask, Reported> {
        let mut node = |name: &Name| {
            let known = self.known_node(name)?;
            Ok(self.builder.node(&known))
        };
        let [a, b, c, d] = &card.nodes;
        let (input, output) = ((node(a)?, node(b)?), (node(c)?, node(d)?));
        let drive = if card.is_voltage { Drive::Voltage } else { Drive::Current };
        let port = TwoPort { input, output, drive };
        Ok(PoleZeroTask { port, poles: card.poles, zeros: card.zeros })
    }

    /// A voltage or a branch current, which are unknowns or differences of them.
    fn solved_output(&mut self, output: &Expr) -> Result<Probe, Reported> {
        Ok(match &output.kind {
            ExprKind::Current { device, .. } => {
                let id = self.known_device(device)?;
                let branch = self.branch_of(id);
                let Some(unknown) = branch else {
                    return Err(self.reporter.report(
                        Diagnostic::error(
                            codes::UNKNOWN_CONTROL,
                            device.span,
                            format!("\"{device}\" has no branch current of its own"),
                        )
                        .help("put a voltage source of 0 V in series and take its current"),
                    ));
                };
                Probe::Local { instance: id, unknown }
            }
            ExprKind::Voltage { plus, minus, .. } => {
                let plus = self.known_node(plus)?;
                let plus = self.builder.node(&plus);
                match minus {
                    None => Probe::Node(plus),
                    Some(minus) => {
                        let minus = self.known_node(minus)?;
                        Probe::Difference(plus, self.builder.node(&minus))
                    }
                }
            }
            _ => return Err(Reported),
        })
    }

    /// The sweeps of the `.step` cards; a list of temperatures is one too.
    pub(crate) fn steps(&mut self) -> Vec<Sweep> {
        let cards = self.scopes.table(ScopeId::TOP).cards.steps.clone();
        let mut steps: Vec<Sweep> =
            cards.iter().filter_map(|card| self.sweep(&card.sweep).ok()).collect();
        if self.options.temperatures_celsius.len() > 1 {
            steps.push(Sweep {
                target: SweepTarget::Temperature,
                name: "temp".to_owned(),
                range: Range::List(self.options.temperatures_celsius.clone()),
            });
        }
        let count: f64 = steps.iter().map(|sweep| sweep.range.len() as f64).product();
        if count > MAX_STEPS
            && let Some(card) = cards.first()
        {
            self.reporter.report(Diagnostic::error(
                codes::BAD_ANALYSIS_ARGUMENT,
                card.span,
                format!("the steps are {count}, which is too many"),
            ));
        }
        steps
    }

    fn noise(&mut self, card: &Noise) -> Result<NoiseTask, Reported> {
        let output = self.known_node(&card.output)?;
        let reference = match &card.reference {
            Some(node) => self.known_node(node)?,
            None => "0".to_owned(),
        };
        let source = self.source(&card.source)?;
        let points = match &card.points_per_summary {
            Some(argument) => Some(self.count(argument)?),
            None => None,
        };
        Ok(NoiseTask {
            output,
            reference,
            source,
            sweep: self.frequencies(&card.range)?,
            points_per_summary: points,
        })
    }

    fn trace(&mut self, card: &Trace) -> Result<TraceTask, Reported> {
        if let Some(word) = card.words.first() {
            return Err(self.reporter.report(Diagnostic::error(
                codes::TOO_MANY_WORDS,
                word.span,
                "the card is complete before this word",
            )));
        }
        let target = self.sweep_target(&card.source, false)?;
        let (start, stop) = (self.top(&card.start)?, self.top(&card.stop)?);
        if start == stop {
            let what = format!("a curve from {start} to {stop} has no length");
            return Err(self.bad(&card.stop, what));
        }
        let mut options = TraceOptions::new(start, stop);
        options.source = self.traced_source(&target);
        for Param { key, value } in &card.params {
            self.trace_setting(&mut options, key, value)?;
        }
        Ok(TraceTask { target, name: card.source.node.clone(), options })
    }

    /// The instance whose value is varied, if it is an independent source.
    fn traced_source(&self, target: &SweepTarget) -> Option<InstanceId> {
        let SweepTarget::Device(id, index) = *target else { return None };
        let kind = self.builder.spec(id).kind;
        let is_source = matches!(kind.letter, Some('v' | 'i'));
        (is_source && kind.value == Some(kind.params[index].name)).then_some(id)
    }

    fn trace_setting(
        &mut self,
        options: &mut TraceOptions,
        key: &Name,
        argument: &Argument,
    ) -> Result<(), Reported> {
        const SETTINGS: [&str; 5] = ["points", "ds", "dsmax", "dsmin", "maxpoints"];
        if !SETTINGS.contains(&key.node.as_str()) {
            let near = suggest(&key.node, SETTINGS).map(str::to_owned);
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::BAD_ANALYSIS_ARGUMENT,
                    key.span,
                    format!("a trace has no setting \"{key}\""),
                )
                .help(format!("the settings are {}", SETTINGS.join(", ")))
                .did_you_mean(near.as_deref()),
            ));
        }
        if matches!(key.node.as_str(), "points" | "maxpoints") {
            let count = self.count(argument)?;
            match key.node.as_str() {
                "points" => options.max_step = 1.0 / count as f64,
                _ if count < 2 => {
                    return Err(self.bad(argument, "a curve has at least two points".to_owned()));
                }
                _ => options.max_points = count,
            }
            return Ok(());
        }
        let value = self.top(argument)?;
        if !(value > 0.0 && value.is_finite()) {
            return Err(self.bad(argument, format!("the step {value} is not positive")));
        }
        match key.node.as_str() {
            "ds" => options.first_step = Some(value),
            "dsmax" => options.max_step = value,
            _ => options.min_step = value,
        }
        Ok(())
    }

    /// The circuit's name of a node that a card at the top names.
    pub(crate) fn known_node(&mut self, name: &Name) -> Result<String, Reported> {
        let node = self.scopes.node(ScopeId::TOP, &name.node);
        if self.builder.find_node(&node).is_some() {
            return Ok(node);
        }
        if let Some(node) = self.port_node(&node) {
            return Ok(node);
        }
        let mut names: Vec<&str> = self.builder.node_names().collect();
        names.sort_unstable();
        let near = suggest(&node, names).map(str::to_owned);
        let diagnostic = Diagnostic::error(
            codes::UNKNOWN_NODE,
            name.span,
            format!("the circuit has no node \"{name}\""),
        );
        // What names it is left out in any case.
        let _ = self.reporter.tolerate(diagnostic.did_you_mean(near.as_deref()));
        Err(Reported)
    }

    /// The node that `x1.port` is connected to, or that a crossing of an array shares with others.
    fn port_node(&self, name: &str) -> Option<String> {
        if let Some((scope, node)) = self.arrays.node(name) {
            let node = self.scopes.node(scope, &node);
            return self.builder.find_node(&node).map(|_| node);
        }
        let (instance, port) = name.rsplit_once('.')?;
        let scope = self.opened.get(instance)?;
        let node = self.scopes.node(*scope, port);
        self.builder.find_node(&node).map(|_| node)
    }

    fn frequencies(&mut self, range: &ast::Range) -> Result<FrequencySweep, Reported> {
        let span = range_span(range);
        let sweep = match self.range(range)? {
            Range::Linear { points, start, stop } => FrequencySweep::Linear { points, start, stop },
            Range::Logarithmic { base: 2.0, points, start, stop } => {
                FrequencySweep::Octave { points, start, stop }
            }
            Range::Logarithmic { points, start, stop, .. } => {
                FrequencySweep::Decade { points, start, stop }
            }
            list => FrequencySweep::List(list.values().collect()),
        };
        match sweep.frequencies() {
            Ok(_) => Ok(sweep),
            Err(error) => Err(self.reporter.report(Diagnostic::error(
                codes::BAD_ANALYSIS_ARGUMENT,
                span,
                error.to_string(),
            ))),
        }
    }

    fn range(&mut self, range: &ast::Range) -> Result<Range, Reported> {
        let span = range_span(range);
        let range = match range {
            ast::Range::Step { start, stop, step } => {
                let (first, last) = (self.top(start)?, self.top(stop)?);
                let increment = self.top(step)?;
                if first == last {
                    Range::List(vec![first])
                } else if increment == 0.0 || (last - first) * increment < 0.0 {
                    let what =
                        format!("a step of {increment} does not lead from {first} to {last}");
                    return Err(self.bad(step, what));
                } else {
                    Range::Step { start: first, stop: last, step: increment }
                }
            }
            ast::Range::Points { scale, points, start, stop } => {
                let (first, last) = (self.top(start)?, self.top(stop)?);
                let points = self.count(points)?;
                let base = match scale.node {
                    ast::Scale::Linear => None,
                    ast::Scale::Decade => Some(10.0),
                    ast::Scale::Octave => Some(2.0),
                };
                match base {
                    None => Range::Linear { points, start: first, stop: last },
                    Some(_) if !(first > 0.0 && last >= first) => {
                        let what = format!(
                            "a logarithmic range needs 0 < start <= stop, not {first} to {last}"
                        );
                        return Err(self.bad(start, what));
                    }
                    Some(base) => Range::Logarithmic { base, points, start: first, stop: last },
                }
            }
            ast::Range::List(values) => {
                let values: Result<Vec<f64>, Reported> =
                    values.iter().map(|value| self.top(value)).collect();
                Range::List(values?)
            }
        };
        if range.len() as f64 > MAX_POINTS {
            return Err(self.reporter.report(Diagnostic::error(
                codes::BAD_ANALYSIS_ARGUMENT,
                span,
                format!("the range has {} points, which is too many", range.len()),
            )));
        }
        Ok(range)
    }

    /// A number on a card at the top.
    pub(crate) fn top(&mut self, argument: &Argument) -> Result<f64, Reported> {
        let value = self.scopes.argument(&mut self.reporter, ScopeId::TOP, argument)?;
        Ok(value.value)
    }

    fn count(&mut self, argument: &Argument) -> Result<usize, Reported> {
        let value = self.top(argument)?;
        if value >= 1.0 && value.fract() == 0.0 && value <= MAX_POINTS {
            return Ok(value as usize);
        }
        Err(self.bad(argument, format!("{value} is not a number of points")))
    }

    fn bad(&mut self, argument: &Argument, message: String) -> Reported {
        self.reporter.report(Diagnostic::error(
            codes::BAD_ANALYSIS_ARGUMENT,
            argument.span,
            message,
        ))
    }
}

fn range_span(range: &ast::Range) -> Span {
    match range {
        ast::Range::Step { start, stop, step } => start.span.to(stop.span).to(step.span),
        ast::Range::Points { scale, start, stop, .. } => scale.span.to(start.span).to(stop.span),
        ast::Range::List(values) => {
            let first = values.first().map(|value| value.span).unwrap_or_default();
            values.iter().fold(first, |span, value| span.to(value.span))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn steps_include_the_end_that_they_hit() {
        let range = |start, stop, step| -> Vec<f64> {
            Range::Step { start, stop, step }.values().collect()
        };
        assert_eq!(range(0.0, 1.0, 0.1).len(), 11);
        assert_eq!(range(0.0, 1.0, 0.1)[10], 1.0);
        assert_eq!(range(1.0, 0.0, -0.3).len(), 4);
        assert_eq!(range(0.0, 5.0, 2.0), [0.0, 2.0, 4.0]);
    }

    #[test]
    fn decades_have_their_points() {
        let range = Range::Logarithmic { base: 10.0, points: 10, start: 1.0, stop: 1e6 };
        assert_eq!(range.len(), 61);
        assert!((range.value(60) / 1e6 - 1.0).abs() < 1e-12);
        let line = Range::Linear { points: 3, start: 1.0, stop: 2.0 };
        assert_eq!(line.values().collect::<Vec<_>>(), [1.0, 1.5, 2.0]);
    }
}
