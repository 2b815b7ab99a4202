//! The small-signal transfer from a source to an output at zero frequency, with the resistances at both.
//!
//! ```text
//! Aᵀ·z = e_output          gain               = zᵀ·b_source
//! Aᵀ·y = e_source          input resistance   = ∓1/(yᵀ·b_source) or yᵀ·b_source
//!                          output resistance  = zᵀ·b_output, or its inverse for a current
//! ```
//!
//! `b` is a unit of the source, or of one put where the output is seen.

use crate::noise::unit_stimulus;
use crate::op::OperatingPoint;
use crate::options::SolverOptions;
use crate::output::Probe;
use crate::small_signal::{SmallSignalError, SmallSignalSolver, small_signal_point};
use num_complex::Complex64;
use ovonic_circuit::{Circuit, InstanceId};

/// A transfer function at zero frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transfer {
    /// Output over input, in the units of both.
    pub gain: f64,
    /// Resistance that the source sees, Ω; infinite where it drives no current.
    pub input_resistance: f64,
    /// Resistance that a load at the output sees, Ω.
    pub output_resistance: f64,
}

/// The transfer from an independent source to a voltage or a branch current of the circuit linearised at `op`.
///
/// # Errors
/// When the output or the input cannot serve, or when the linearised circuit has no solution.
pub fn transfer(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OperatingPoint,
    output: Probe,
    input: InstanceId,
) -> Result<Transfer, SmallSignalError> {
    let rows = output.rows(circuit).ok_or(SmallSignalError::NoiseOutput)?;
    let stimulus = unit_stimulus(circuit, input)?;
    let mut solver = SmallSignalSolver::new(circuit, options, small_signal_point(op, options))?;
    let z = solver.solve_adjoint(0.0, rows)?;
    let gain = respond(&z, &stimulus);
    let at_output = z[rows.0].re - z[rows.1].re;
    let output_resistance =
        if matches!(output, Probe::Local { .. }) { inverse(at_output) } else { at_output };
    // What a unit of the source does at the source itself: a current in its branch, or a voltage across it.
    let input_resistance = match (circuit.branch(input), circuit.local_unknowns(input)) {
        (Some(branch), _) => {
            let ground = circuit.n();
            let y = solver.solve_adjoint(0.0, (branch.index(), ground))?;
            inverse(respond(&y, &stimulus))
        }
        (None, &[from, to, ..]) => {
            let y = solver.solve_adjoint(0.0, (to, from))?;
            respond(&y, &stimulus)
        }
        (None, _) => f64::INFINITY,
    };
    Ok(Transfer { gain, input_resistance, output_resistance })
}

fn respond(z: &[Complex64], stimulus: &[(usize, f64)]) -> f64 {
    stimulus.iter().map(|&(row, b)| z[row].re * b).sum()
}

/// The resistance of a branch in which a unit of voltage causes this current; the branch's current enters its first
/// terminal, which is where a source delivers, hence the sign.
fn inverse(current: f64) -> f64 {
    if current == 0.0 { f64::INFINITY } else { -1.0 / current }
}
