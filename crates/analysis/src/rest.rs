//! Where a circuit comes to rest when it is let go: its own dynamics, over ever longer steps.
//!
//! ```text
//! h ← 1 fs
//! implicit Euler over h on f + q̇ = 0, with a capacitance at each node; h ← 2h where it converges, h/8 where not
//! until h exceeds 1e9 s
//! ```
//!
//! Unlike a homotopy this uses the rates of states and enthalpies, so that a filament or a temperature goes where it
//! would go, along its flow, where Newton's iteration on a rate that vanishes in more than one place wanders.

use crate::newton::{Equation, Newton, NewtonError};
use ovonic_device::Rates;

/// Capacitance of each node, F.
const NODE_CAPACITANCE: f64 = 1e-12;
/// First and last time step, s.
const STEPS: (f64, f64) = (1e-15, 1e9);
/// Time steps before it is given up.
const MAX_STEPS: usize = 600;
/// Newton iterations of each of them.
const ITERATIONS: usize = 20;

/// Integrates from `x` (length `n + 1`) until nothing moves any more; `standing` is the dc equation there. Afterwards
/// `x` is close to where that equation holds.
///
/// # Errors
/// With the last failure, when steps as short as 1e-21 s do not converge or there are too many of them.
pub(crate) fn move_to_rest(
    newton: &mut Newton<'_>,
    standing: &Equation<'_>,
    x: &mut Vec<f64>,
) -> Result<(), NewtonError> {
    let circuit = newton.circuit();
    let standing = Equation { settle: false, ..*standing };
    circuit.residual(&standing.point(x), &mut newton.assembly);
    let mut charge = newton.assembly.reactive.clone();
    let mut stored = newton.assembly.stored.clone();
    let (mut step, longest) = STEPS;
    let shortest = 1e-6 * step;
    let mut failure = NewtonError::Iterations { iterations: MAX_STEPS };
    for _ in 0..MAX_STEPS {
        let alpha = 1.0 / step;
        let history: Vec<f64> = charge.iter().map(|q| -alpha * q).collect();
        let by_quantity: Vec<f64> = stored.iter().map(|v| -alpha * v).collect();
        let from = x.clone();
        let equation = Equation {
            alpha,
            history: Some(&history),
            rates: Rates::Formula { alpha, history: &by_quantity },
            anchor: Some((alpha * NODE_CAPACITANCE, &from)),
            ..standing
        };
        let limits = newton.assembly.limits().to_vec();
        let mut trial = x.clone();
        match newton.solve(&equation, &mut trial, ITERATIONS) {
            Ok(_) => {
                *x = trial;
                charge.copy_from_slice(&newton.assembly.reactive);
                stored.copy_from_slice(&newton.assembly.stored);
                if step > longest {
                    return Ok(());
                }
                step *= 2.0;
            }
            Err(error) => {
                newton.assembly.set_limits(&limits);
                newton.refresh();
                step *= 0.125;
                if step < shortest {
                    return Err(error);
                }
                failure = error;
            }
        }
    }
    Err(failure)
}
