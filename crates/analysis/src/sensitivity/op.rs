//! Operating points: how the unknowns move with parameters.

use super::{SensitivityError, Tangent, Variation};
use crate::newton::STATE_ANCHOR;
use crate::op::OperatingPoint;
use crate::options::SolverOptions;
use ovonic_circuit::{Circuit, Point};
use ovonic_device::{Nature, Retention, Time};

/// The point at which an operating point was solved, retained states held at `held`.
fn fill_point<'a>(
    (x, latches): (&'a [f64], &'a [f64]),
    held: &'a [f64],
    time: Option<Time>,
    options: &SolverOptions,
) -> Point<'a> {
    Point { time, gmin: options.gmin, held: Some(held), ..Point::dc(x, latches) }
}

/// Derivatives of the unknowns at an operating point: one vector of length `n + 1` for each parameter.
///
/// ```text
/// (∂f/∂x)·s = −∂f/∂p
/// ```
///
/// Retained states move with their initial values. Sources have their dc values.
///
/// # Errors
/// When the linearised circuit has no solution.
pub fn op_sensitivity(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OperatingPoint,
    variations: &mut [Variation],
) -> Result<Vec<Vec<f64>>, SensitivityError> {
    let mut tangent = Tangent::new(circuit, options)?;
    let at = (op.x.as_slice(), op.latches.as_slice());
    starting_sensitivity(circuit, options, at, None, &mut tangent, variations)
}

/// [`op_sensitivity`] at unknowns and latches, with the sources at `time`.
pub(crate) fn starting_sensitivity(
    circuit: &Circuit,
    options: &SolverOptions,
    at: (&[f64], &[f64]),
    time: Option<Time>,
    tangent: &mut Tangent<'_>,
    variations: &mut [Variation],
) -> Result<Vec<Vec<f64>>, SensitivityError> {
    let n = circuit.n();
    let held = circuit.initial_unknowns(&vec![0.0; n + 1]);
    let point = fill_point(at, &held, time, options);
    let mut linear = circuit.linearise(&point);
    // A settled state whose rate vanishes stays at its guess, as Newton has it.
    let entries = circuit.unknowns();
    let settled = (0..n).filter(|&row| {
        entries[row].retention == Some(Retention::Settled) && entries[row].residual == Nature::Rate
    });
    let settled: Vec<usize> = settled.collect();
    for &row in &settled {
        if let Some(slot) = circuit.diagonal_slot(row) {
            linear.resistive[slot] += STATE_ANCHOR;
        }
    }
    tangent.factor(&linear.resistive, &linear.reactive, 0.0)?;
    let mut q = vec![0.0; n + 1];
    let mut all = Vec::with_capacity(variations.len());
    for variation in variations {
        variation.hold(circuit, &held);
        let mut s = vec![0.0; n + 1];
        variation.derivatives(circuit, &point, &mut s, &mut q);
        let initial = variation.initial(circuit);
        for &row in &settled {
            s[row] -= STATE_ANCHOR * initial[row];
        }
        s.iter_mut().for_each(|value| *value = -*value);
        tangent.solve(&mut s)?;
        all.push(s);
    }
    Ok(all)
}
