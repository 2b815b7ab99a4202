//! Noise by the adjoint method.
//!
//! ```text
//! once a frequency:  Aᵀ·z = e_output
//! each source:       |z_from − z_to|² · S(f)
//! gain:              zᵀ·b for a unit of the input source
//! totals:            the densities' integrals, a power law through each pair of neighbours
//! ```
//!
//! Densities are powers (V²/Hz or A²/Hz); whoever prints spectra takes the root.

use crate::ac::frequency_progress;
use crate::op::OperatingPoint;
use crate::options::{Observer, SolverOptions};
use crate::output::Probe;
use crate::small_signal::{
    FrequencySweep, SmallSignalError, SmallSignalSolver, small_signal_point,
};
use num_complex::Complex64;
use ovonic_circuit::{Circuit, InstanceId};
use ovonic_device::{Class, NoiseSource};
use ovonic_waveforms::WaveformError;

/// What noise to compute.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseOptions {
    /// Where it is observed: a node, a difference of nodes, or a branch current.
    pub output: Probe,
    /// The independent source to which it is referred.
    pub input: InstanceId,
    /// Frequencies; all above zero.
    pub sweep: FrequencySweep,
}

/// A noise source of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoiseOrigin {
    /// The instance.
    pub instance: InstanceId,
    /// The source's name there (`thermal`, `shot`, …).
    pub name: &'static str,
}

/// The noise at one frequency, as recorders see it.
#[derive(Clone, Copy, Debug)]
pub struct NoisePoint<'a> {
    /// Frequency, Hz.
    pub frequency: f64,
    /// Power density at the output, V²/Hz (A²/Hz for a branch current).
    pub output: f64,
    /// Power density referred to the input, V²/Hz (A²/Hz for a current source); infinite without gain.
    pub input: f64,
    /// Transfer from a unit of the input source to the output.
    pub gain: Complex64,
    /// Each source's part of [`NoisePoint::output`], in the order of [`noise_origins`].
    pub contributions: &'a [f64],
}

/// Receives the noise at each frequency.
pub type NoiseRecorder<'a> = dyn FnMut(&NoisePoint<'_>) -> Result<(), WaveformError> + 'a;

/// Integrated noise power of one source, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NoisePower {
    /// At the output, V² (A²).
    pub output: f64,
    /// Referred to the input, V² (A²).
    pub input: f64,
}

/// A finished noise analysis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoiseReport {
    /// Integrated noise of all sources.
    pub total: NoisePower,
    /// Each source with its integrated noise.
    pub sources: Vec<(NoiseOrigin, NoisePower)>,
    /// Frequencies solved.
    pub points: usize,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
}

/// All noise sources of the circuit at `op`, in the order of [`NoisePoint::contributions`].
pub fn noise_origins(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OperatingPoint,
) -> Vec<NoiseOrigin> {
    let sources = circuit.noise(&small_signal_point(op, options)).into_iter();
    sources.map(|(instance, source, _, _)| NoiseOrigin { instance, name: source.name }).collect()
}

/// Computes the noise of the circuit linearised at `op`.
///
/// # Errors
/// When the output or the input cannot serve, when a frequency is not above zero, when there is no solution, or
/// when recording fails; what was recorded until then stands.
pub fn noise(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OperatingPoint,
    noise: &NoiseOptions,
    record: &mut NoiseRecorder<'_>,
    observer: &mut dyn Observer,
) -> Result<NoiseReport, SmallSignalError> {
    let frequencies = noise.sweep.frequencies()?;
    if let Some(&value) = frequencies.iter().find(|&&frequency| frequency <= 0.0) {
        return Err(SmallSignalError::Frequency {
            name: "frequency",
            value,
            reason: "noise densities need a frequency above zero",
        });
    }
    let rows = noise.output.rows(circuit).ok_or(SmallSignalError::NoiseOutput)?;
    let input = unit_stimulus(circuit, noise.input)?;
    let point = small_signal_point(op, options);
    let sources = circuit.noise(&point);
    let mut solver = SmallSignalSolver::new(circuit, options, point)?;
    let mut integral = Integral::new(sources.len());
    let mut contributions = vec![0.0; sources.len()];
    let mut report = NoiseReport::default();
    for (index, &frequency) in frequencies.iter().enumerate() {
        if observer.cancelled() {
            report.cancelled = true;
            break;
        }
        let z = solver.solve_adjoint(frequency, rows)?;
        let gain: Complex64 = input.iter().map(|&(row, b)| z[row] * b).sum();
        for (contribution, (_, source, from, to)) in contributions.iter_mut().zip(&sources) {
            *contribution = contributed(&z, source, *from, *to, frequency);
        }
        let output: f64 = contributions.iter().sum();
        let factor = gain.norm_sqr();
        record(&NoisePoint {
            frequency,
            output,
            input: referred(output, factor),
            gain,
            contributions: &contributions,
        })?;
        integral.advance(frequency, factor, &contributions);
        report.points += 1;
        observer.progress(&frequency_progress(&frequencies, index));
    }
    for ((instance, source, _, _), power) in sources.iter().zip(integral.powers) {
        report.total.output += power.output;
        report.total.input += power.input;
        let origin = NoiseOrigin { instance: *instance, name: source.name };
        report.sources.push((origin, power));
    }
    Ok(report)
}

fn contributed(
    z: &[Complex64],
    source: &NoiseSource,
    from: usize,
    to: Option<usize>,
    frequency: f64,
) -> f64 {
    let transfer = z[from] - to.map_or(Complex64::ZERO, |to| z[to]);
    transfer.norm_sqr() * source.density(frequency)
}

fn referred(output: f64, gain_squared: f64) -> f64 {
    if output == 0.0 { 0.0 } else { output / gain_squared }
}

/// The right-hand side of a unit of a source: its branch equation, or the rows of its two terminals.
pub(crate) fn unit_stimulus(
    circuit: &Circuit,
    source: InstanceId,
) -> Result<Vec<(usize, f64)>, SmallSignalError> {
    let spec = circuit.spec(source);
    let unknowns = circuit.local_unknowns(source);
    match (circuit.branch(source), unknowns) {
        _ if spec.kind.class != Class::Source => {
            Err(SmallSignalError::NotASource { name: spec.name.clone() })
        }
        (Some(branch), _) => Ok(vec![(branch.index(), 1.0)]),
        (None, &[from, to, ..]) => Ok(vec![(from, -1.0), (to, 1.0)]),
        (None, _) => Err(SmallSignalError::NotASource { name: spec.name.clone() }),
    }
}

/// Integrals over frequency of each source's output and input noise.
struct Integral {
    powers: Vec<NoisePower>,
    /// Frequency, squared gain and densities of the point before.
    last: Option<(f64, f64, Vec<f64>)>,
}

impl Integral {
    fn new(n_sources: usize) -> Self {
        Self { powers: vec![NoisePower::default(); n_sources], last: None }
    }

    fn advance(&mut self, frequency: f64, gain_squared: f64, densities: &[f64]) {
        if let Some((f0, gain0, before)) = &self.last {
            for ((power, &s0), &s1) in self.powers.iter_mut().zip(before).zip(densities) {
                power.output += power_law_integral((*f0, s0), (frequency, s1));
                let (r0, r1) = (referred(s0, *gain0), referred(s1, gain_squared));
                power.input += power_law_integral((*f0, r0), (frequency, r1));
            }
        }
        self.last = Some((frequency, gain_squared, densities.to_vec()));
    }
}

/// Integral of `S(f) = S0·(f/f0)^e` through two points; a straight line where a density vanishes.
fn power_law_integral((f0, s0): (f64, f64), (f1, s1): (f64, f64)) -> f64 {
    if f1 <= f0 {
        return 0.0;
    }
    if !(s0 > 0.0 && s1 > 0.0) {
        return 0.5 * (s0 + s1) * (f1 - f0);
    }
    let width = (f1 / f0).ln();
    let exponent = (s1 / s0).ln() / width + 1.0;
    let growth = exponent * width;
    // expm1(y)/y tends to 1 where the density falls as 1/f.
    let mean = if growth.abs() < 1e-12 { 1.0 } else { growth.exp_m1() / growth };
    s0 * f0 * width * mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_laws_integrate_exactly() {
        let (f0, f1) = (10.0f64, 1e4);
        // White, 1/f, 1/f², rising.
        for exponent in [0.0, -1.0, -2.0, 0.5] {
            let s = |f: f64| 3.0 * f.powf(exponent);
            let exact = if exponent == -1.0 {
                3.0 * (f1 / f0).ln()
            } else {
                let p = exponent + 1.0;
                3.0 * (f1.powf(p) - f0.powf(p)) / p
            };
            let found = power_law_integral((f0, s(f0)), (f1, s(f1)));
            assert!((found - exact).abs() < 1e-12 * exact, "{exponent}: {found}");
        }
        assert_eq!(power_law_integral((1.0, 0.0), (3.0, 2.0)), 2.0);
    }
}
