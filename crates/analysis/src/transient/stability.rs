//! Whether an operating point is one that a circuit would leave by itself.
//!
//! An oscillator's operating point is a solution, and a simulation that starts there stays there. Its linearisation
//! `C·ẋ + G·x = 0` has a growing mode. Backward Euler with step h maps `x` to `(C + h·G)⁻¹·C·x`; a mode that decays
//! like `e^−λt` is multiplied by `1/(1 + hλ)`, which is below one for every stable mode and above one for a growing
//! one with a rate below `2/h`. Power iteration with steps over several decades finds such a mode if there is one.

use crate::newton::NewtonError;
use crate::options::SolverOptions;
use ovonic_circuit::{Circuit, Point, SmallSignal};

/// Power iterations with each step.
const ITERATIONS: usize = 30;
/// Decades of steps below the largest one.
const DECADES: i32 = 7;
/// Growth in one iteration that tells a growing mode from rounding.
const GROWTH: f64 = 1.0 + 1e-6;

/// A growing mode of the circuit at a solved point, scaled so that no unknown moves by more than its tolerance;
/// `None` if the point is stable. `largest_step` in s; the result has length `n + 1`.
pub(super) fn growing_mode(
    circuit: &Circuit,
    options: &SolverOptions,
    point: &Point<'_>,
    largest_step: f64,
) -> Result<Option<Vec<f64>>, NewtonError> {
    let small = circuit.linearise(point);
    let mut solver = options.engines.real_for(circuit)?;
    for decade in 0..DECADES {
        let h = largest_step * 10f64.powi(-decade);
        let mut mode = start(circuit.n());
        let mut growth = 0.0;
        let mut last = 0.0;
        for _ in 0..ITERATIONS {
            let mut next = product(circuit, &small.reactive, &mode);
            let mut values = combined(&small, h);
            // A cluster's factors are not kept between right-hand sides, so it is condensed with each.
            circuit.condense(&mut values, &mut next)?;
            if growth == 0.0 {
                solver.factor(&values[..circuit.pattern().nnz()])?;
            }
            solver.solve(&mut next[..circuit.n_public()])?;
            circuit.expand(&values, &mut next);
            let norm = next.iter().map(|x| x * x).sum::<f64>().sqrt();
            if !(norm > 0.0 && norm.is_finite()) {
                break;
            }
            last = growth;
            growth = norm;
            mode = next.iter().map(|x| x / norm).collect();
        }
        let settled = (growth - last).abs() < 0.05 * growth;
        if growth > GROWTH && settled {
            return Ok(Some(scaled(circuit, options, point.x, mode)));
        }
    }
    Ok(None)
}

/// A start in which no mode is missing: entries of one size and pseudo-random sign.
fn start(n: usize) -> Vec<f64> {
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut entry = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        if seed & 1 == 0 { 1.0 } else { -1.0 }
    };
    let mut x: Vec<f64> = (0..n).map(|_| entry()).collect();
    x.push(0.0);
    x
}

/// `C + h·G`, so that both parts have entries of moderate size.
fn combined(small: &SmallSignal, h: f64) -> Vec<f64> {
    small.reactive.iter().zip(&small.resistive).map(|(c, g)| c + h * g).collect()
}

/// `C·x` over pattern and clusters; length `n + 1`.
fn product(circuit: &Circuit, values: &[f64], x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; circuit.n() + 1];
    circuit.multiply_add(values, x, &mut y);
    y
}

/// The mode with its largest unknown at that unknown's tolerance.
fn scaled(circuit: &Circuit, options: &SolverOptions, x: &[f64], mode: Vec<f64>) -> Vec<f64> {
    let tolerances = &options.tolerances;
    let largest = circuit
        .unknowns()
        .iter()
        .zip(x.iter().zip(&mode))
        .map(|(entry, (x, mode))| {
            let tolerance = tolerances.relative * x.abs() + tolerances.of_unknown(entry);
            mode.abs() / tolerance
        })
        .fold(0.0, f64::max);
    mode.into_iter().map(|entry| entry / largest).collect()
}
