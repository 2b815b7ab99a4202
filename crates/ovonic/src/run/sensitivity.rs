//! Sensitivities of an operating point to the parameters of devices.
//!
//! ```text
//! ds/dp ≈ (s(p + h) − s(p − h)) / 2h,   h = 1e-4·|p|, each point solved to tightened tolerances from the one at p
//! ```
//!
//! Parameters of zero are left alone, except values of sources and devices: there h is 1e-6. The error of a difference is
//! of the order of h²; what depends on a parameter through a kink has no derivative to be found.

use super::{Ran, Shared};
use crate::elaborate::{SensitivityTask, SweepTarget};
use crate::error::Error;
use crate::session::Simulation;
use ovonic_analysis::{OpOptions, OperatingPoint, ProbeContext, ProbeSet, SolverOptions};
use ovonic_circuit::{InstanceId, Point};
use ovonic_device::{ParamKind, Scope};
use ovonic_waveforms::{Outcome, PlotHeader, PlotKind, Quantity, Variable};

/// Part of a parameter by which it is moved.
const PART: f64 = 1e-4;
/// How far a value of zero is moved.
const ABSOLUTE: f64 = 1e-6;

impl Simulation {
    pub(super) fn run_sensitivity(
        &mut self,
        task: &SensitivityTask,
        shared: &Shared<'_>,
    ) -> Result<Ran, Error> {
        let mut options = self.solver();
        options.tolerances.relative = options.tolerances.relative.min(1e-9);
        options.tolerances.voltage *= 1e-4;
        let point = self.solve_op("sens", &options, &self.op_options())?;
        let ids: Vec<InstanceId> = self.design.circuit.instances().map(|(id, _)| id).collect();
        let mut variables = Vec::new();
        let mut values = Vec::new();
        for id in ids {
            let kind = self.design.circuit.spec(id).kind;
            for (index, info) in kind.params.iter().enumerate() {
                if shared.is_cancelled() {
                    return Ok(Ran { cancelled: true, ..Ran::default() });
                }
                let spec = self.design.circuit.spec(id);
                let is_value = kind.value == Some(info.name);
                let present = spec.params.value(index).unwrap_or(0.0);
                let step = if present == 0.0 { ABSOLUTE } else { PART * present.abs() };
                if info.kind != ParamKind::Real || (present == 0.0 && !is_value) {
                    continue;
                }
                let name = match (is_value, info.scope) {
                    (true, _) => spec.name.clone(),
                    (_, Scope::Instance) => format!("{}_{}", spec.name, info.name),
                    (_, Scope::Model) => format!("{}:{}", spec.name, info.name),
                };
                let target = SweepTarget::Device(id, index);
                let before = self.before(&target);
                let above = self.moved(task, &target, present + step, &options, &point);
                let below = self.moved(task, &target, present - step, &options, &point);
                self.restore(vec![before])?;
                // At the end of its range a parameter moves one way only, or not at all.
                let slope = match (above, below) {
                    (Some(above), Some(below)) => (above - below) / (2.0 * step),
                    (Some(above), None) => (above - self.seen(task, &options, &point)) / step,
                    (None, Some(below)) => (self.seen(task, &options, &point) - below) / step,
                    (None, None) => continue,
                };
                if slope != 0.0 || is_value {
                    variables.push(Variable::new(name, Quantity::Dimensionless));
                    values.push(slope);
                }
            }
        }
        let header = PlotHeader::real(self.title(), PlotKind::Sensitivity, variables);
        shared.begin_plot(&header)?;
        shared.observer.borrow_mut().sink().point(&values)?;
        shared.end_plot(&Outcome::Complete)?;
        Ok(Ran { points: 1, attempts: point.attempts, ..Ran::default() })
    }

    /// The output with another value of a parameter; nothing where that value or its solution does not exist.
    fn moved(
        &mut self,
        task: &SensitivityTask,
        target: &SweepTarget,
        value: f64,
        options: &SolverOptions,
        from: &OperatingPoint,
    ) -> Option<f64> {
        self.design.set_target(target, value).ok()?;
        let start = OpOptions {
            guess: Some(from.x.clone()),
            latches: Some(from.latches.clone()),
            ..self.op_options()
        };
        let point = self.solve_op("sens", options, &start).ok()?;
        Some(self.seen(task, options, &point))
    }

    /// The output at an operating point.
    fn seen(&self, task: &SensitivityTask, options: &SolverOptions, at: &OperatingPoint) -> f64 {
        let point = Point { gmin: options.gmin, ..Point::dc(&at.x, &at.latches) };
        let context = ProbeContext { circuit: &self.design.circuit, point, rates: None };
        let mut values = Vec::new();
        ProbeSet::new([task.output]).append(&context, &mut values);
        values[0]
    }
}
