//! What limiting may do to an evaluation, and that it comes to rest.
//!
//! A limited voltage carries its distance from the true one in the dual's shift, so that whatever is assembled is the
//! tangent at the limited voltages, prolonged to the true ones. What that leaves is of the second order of the distance:
//!
//! ```text
//! f_limited(x) = f(l) + f'(l)·(x − l) = f(x) − f''·(x − l)²/2 + …
//! ```

use super::{DEVICES, Subject, Violation, row_sizes, setting, unknowns};
use ovonic_device::Limiting;
use rand::rngs::StdRng;

/// How far lanes are displaced, V: small against the widths over which models are blended. What is proportional to it
/// stands far above rounding.
const DISTANCE: f64 = 1e-6;

/// Displaced lanes change residuals by no more than the square of their displacement.
///
/// # Errors
/// With the row that changes in proportion to it.
pub fn limits_give_tangents(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "limits give tangents";
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        let x = unknowns(specimen, 1.0, rng);
        let setting = setting(specimen, &x, rng);
        let free = specimen.load(&x, &setting);
        let displaced = |by: f64| {
            specimen.load_limited(&x, &setting, Limiting::Displaced(by), &mut Vec::new()).0
        };
        let (near, far) = (displaced(0.5 * DISTANCE), displaced(DISTANCE));
        let parts = [
            ("f", &free.f, &near.f, &far.f, &free.df_dx),
            ("q", &free.q, &near.q, &far.q, &free.dq_dx),
        ];
        for (name, free, near, far, slopes) in parts {
            let sizes = row_sizes(specimen, slopes, specimen.n());
            for row in 0..specimen.n() {
                let (half, whole) = ((near[row] - free[row]).abs(), (far[row] - free[row]).abs());
                // A quarter is left of a square, half of what is proportional; that would be a millionth of the slopes.
                if half > 0.4 * whole + 1e-8 * (sizes[row] + free[row].abs()) {
                    let at = drawn.describe(subject.kind);
                    let detail = format!(
                        "{name}[{row}] moves by {whole:e}, at half the distance by {half:e}, x = {x:?}, {at}"
                    );
                    return Err(subject.violation(LAW, detail));
                }
            }
        }
    }
    Ok(())
}

/// Limiting at standing unknowns comes to rest, and where it does, residuals are those without limiting.
///
/// # Errors
/// With the point at which it does not.
pub fn limiting_lets_go(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "limiting lets go";
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        let x = unknowns(specimen, 2.0, rng);
        let setting = setting(specimen, &x, rng);
        let mut limits = Vec::new();
        let (mut out, mut limited) =
            specimen.load_limited(&x, &setting, Limiting::First, &mut limits);
        for _ in 0..500 {
            if limited == 0 {
                break;
            }
            (out, limited) = specimen.load_limited(&x, &setting, Limiting::On, &mut limits);
        }
        let at = || format!("at x = {x:?}, {}", drawn.describe(subject.kind));
        if limited != 0 {
            return Err(subject.violation(LAW, format!("it never does {}", at())));
        }
        let free = specimen.load(&x, &setting);
        let n = specimen.n();
        for row in 0..n {
            // Limiting may leave a distance that it calls unnoticeable, 1e-6 of the value, to which residuals answer by
            // their slopes.
            let slopes = 0..n;
            let size: f64 =
                slopes.map(|c| free.df_dx[row * n + c].abs() * (x[c].abs() + 1.0)).sum();
            if (out.f[row] - free.f[row]).abs() > 1e-5 * (size + free.f[row].abs()) {
                let (found, expected) = (out.f[row], free.f[row]);
                let detail =
                    format!("f[{row}] is {found:e}, without limiting {expected:e} {}", at());
                return Err(subject.violation(LAW, detail));
            }
        }
    }
    Ok(())
}
