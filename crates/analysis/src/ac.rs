//! Small-signal analysis over frequency.

use crate::op::OperatingPoint;
use crate::options::{Observer, Progress, SolverOptions};
use crate::small_signal::{
    FrequencySweep, SmallSignalError, SmallSignalSolver, small_signal_point,
};
use num_complex::Complex64;
use ovonic_circuit::Circuit;
use ovonic_waveforms::WaveformError;
use std::f64::consts::TAU;

/// A solved frequency, as recorders see it.
#[derive(Clone, Copy, Debug)]
pub struct AcPoint<'a> {
    /// Frequency, Hz.
    pub frequency: f64,
    /// Angular frequency, rad/s.
    pub omega: f64,
    /// Phasors of all unknowns, ground last; length `n + 1`.
    pub x: &'a [Complex64],
}

/// Receives each frequency's solution.
pub type AcRecorder<'a> = dyn FnMut(&AcPoint<'_>) -> Result<(), WaveformError> + 'a;

/// A finished ac analysis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AcReport {
    /// Frequencies solved.
    pub points: usize,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
}

/// Solves the circuit linearised at `op`, driven by its devices' stimuli, at each frequency of `sweep`, passing
/// the phasors to `record`. Output probes are evaluated with [`crate::SmallSignalProbes`].
///
/// # Errors
/// When the sweep has no frequencies, when there is no solution at one of them, or when recording fails; what
/// was recorded until then stands.
pub fn ac(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OperatingPoint,
    sweep: &FrequencySweep,
    record: &mut AcRecorder<'_>,
    observer: &mut dyn Observer,
) -> Result<AcReport, SmallSignalError> {
    let frequencies = sweep.frequencies()?;
    let point = small_signal_point(op, options);
    let mut solver = SmallSignalSolver::new(circuit, options, point)?;
    let mut report = AcReport::default();
    for (index, &frequency) in frequencies.iter().enumerate() {
        if observer.cancelled() {
            report.cancelled = true;
            break;
        }
        let x = solver.solve(frequency)?;
        record(&AcPoint { frequency, omega: TAU * frequency, x: &x })?;
        report.points += 1;
        observer.progress(&frequency_progress(&frequencies, index));
    }
    Ok(report)
}

/// Progress after the frequency at `index`.
pub(crate) fn frequency_progress(frequencies: &[f64], index: usize) -> Progress {
    let next = frequencies.get(index + 1);
    Progress {
        fraction: (index + 1) as f64 / frequencies.len() as f64,
        position: frequencies[index],
        end: frequencies.last().copied().unwrap_or(0.0),
        step: next.map_or(0.0, |next| next - frequencies[index]),
        accepted: index + 1,
        rejected: 0,
        iterations: index + 1,
    }
}
