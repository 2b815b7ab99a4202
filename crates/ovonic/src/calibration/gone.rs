//! What stands for an experiment whose deck could not be read a second time: its files changed meanwhile.

use ovonic_calibrate::{Curve, Experiment, ExperimentError, Trace};

/// Stands for an experiment whose deck could not be read again.
pub(super) struct Gone {
    traces: Vec<Trace>,
    reason: String,
}

impl Gone {
    pub(super) fn new(traces: Vec<Trace>, reason: String) -> Gone {
        Gone { traces, reason }
    }
}

impl Experiment for Gone {
    fn traces(&self) -> &[Trace] {
        &self.traces
    }

    fn predict(
        &mut self,
        _parameters: &[f64],
        _gradients: bool,
        _is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<Curve>, ExperimentError> {
        Err(ExperimentError::Unsuitable(self.reason.clone()))
    }

    fn fork(&self) -> Box<dyn Experiment> {
        Box::new(Gone { traces: self.traces.clone(), reason: self.reason.clone() })
    }
}
