//! Derivatives equal differences, and the traced pattern holds all of them.

use super::{DEVICES, Subject, Violation, row_sizes, setting, unknowns};
use crate::specimen::{Evaluation, Setting, Specimen};
use rand::RngExt;
use rand::rngs::StdRng;

/// Relative steps of the differences: one of them is free of both curvature and rounding.
const STEPS: [f64; 3] = [1e-4, 1e-6, 1e-2];
/// Relative error that a difference is allowed.
const TOLERANCE: f64 = 1e-5;

/// `∂f/∂x` and `∂q/∂x` equal fourth-order central differences of `f` and `q`.
///
/// # Errors
/// With the entry of the matrix that does not.
pub fn derivatives(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "derivatives";
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        for _ in 0..4 {
            let x = unknowns(specimen, 2.0, rng);
            let mut setting = setting(specimen, &x, rng);
            let at_rest = capacitances(specimen, &x, &setting);
            setting.formula = formula(specimen, rng);
            at_rest.and_then(|()| compare(specimen, &x, &setting)).map_err(|detail| {
                let at = drawn.describe(subject.kind);
                subject.violation(LAW, format!("{detail}, x = {x:?}, {at}"))
            })?;
        }
    }
    Ok(())
}

/// A formula for the rates of voltages across varying capacitances, by which these become part of `f`; absent where
/// there are none.
fn formula(specimen: &Specimen, rng: &mut StdRng) -> Option<(f64, Vec<f64>)> {
    let stored = &specimen.structure().trace.stored;
    let varies = stored.iter().any(|stored| stored.is_voltage);
    varies.then(|| (1e9, stored.iter().map(|_| rng.random_range(-1e9..1e9)).collect()))
}

/// `∂q/∂x` at rest has the varying capacitances that a formula's currents have, as small signals want it.
fn capacitances(specimen: &Specimen, x: &[f64], setting: &Setting) -> Result<(), String> {
    let still = specimen.load(x, setting);
    let alpha = 1e9;
    // A history by which nothing moves: what is left are the capacitances times alpha.
    let history = still.stored.iter().map(|v| -alpha * v).collect();
    let moving = specimen.load(x, &Setting { formula: Some((alpha, history)), ..setting.clone() });
    let n = specimen.n();
    for (index, (f, q)) in moving.df_dx.iter().zip(&moving.dq_dx).enumerate() {
        let (resistive, reactive) = (still.df_dx[index], still.dq_dx[index]);
        let difference = f + alpha * q - (resistive + alpha * reactive);
        let scale = f.abs() + alpha * q.abs() + resistive.abs() + alpha * reactive.abs();
        if difference.abs() > 1e-9 * scale {
            let (row, column) = (index / n, index % n);
            return Err(format!(
                "the capacitance in dq[{row}]/dx[{column}] is {reactive:e} at rest and \
                 off by {:e} in a formula",
                difference / alpha
            ));
        }
    }
    Ok(())
}

fn compare(specimen: &Specimen, x: &[f64], setting: &Setting) -> Result<(), String> {
    let n = specimen.n();
    let exact = specimen.load(x, setting);
    for column in 0..n {
        let differences = STEPS.map(|step| difference(specimen, x, setting, column, step));
        let parts = [("f", &exact.df_dx, &exact.f, 0), ("q", &exact.dq_dx, &exact.q, 1)];
        for (name, matrix, values, part) in parts {
            let sizes = row_sizes(specimen, matrix, n);
            for row in 0..n {
                let derivative = matrix[row * n + column];
                let nominal = specimen.unknowns()[column].nominal;
                let agrees = |(h, slopes): &(f64, [Vec<f64>; 2])| {
                    // Numbers that underflow on the way have no digits left to agree in.
                    let size = f64::EPSILON * (values[row].abs() + sizes[row]);
                    let rounding = 8.0 * size.max(f64::MIN_POSITIVE) / h;
                    let scale = derivative.abs() + 1e-3 * sizes[row] / nominal;
                    (slopes[part][row] - derivative).abs() <= TOLERANCE * scale + rounding
                };
                if !differences.iter().any(agrees) {
                    let found: Vec<f64> = differences.iter().map(|d| d.1[part][row]).collect();
                    return Err(format!(
                        "d{name}[{row}]/dx[{column}] is {derivative:e}, differences give {found:?}"
                    ));
                }
            }
        }
    }
    Ok(())
}

/// Step and slopes of `f` and `q` along one unknown.
fn difference(
    specimen: &Specimen,
    x: &[f64],
    setting: &Setting,
    column: usize,
    step: f64,
) -> (f64, [Vec<f64>; 2]) {
    let unknown = &specimen.unknowns()[column];
    let h = step * unknown.nominal;
    let moved = |steps: f64| -> Evaluation {
        let mut x = x.to_vec();
        x[column] += steps * h;
        specimen.residual(&x, setting)
    };
    let [far_below, below, above, far_above] = [-2.0, -1.0, 1.0, 2.0].map(moved);
    let slope = |part: fn(&Evaluation) -> &[f64]| -> Vec<f64> {
        (0..specimen.n())
            .map(|row| {
                let near = part(&above)[row] - part(&below)[row];
                let far = part(&far_above)[row] - part(&far_below)[row];
                (8.0 * near - far) / (12.0 * h)
            })
            .collect()
    };
    (h, [slope(|e| &e.f), slope(|e| &e.q)])
}

/// What the traced structure leaves out really does not count, and what it calls linear is.
///
/// # Errors
/// With the row and the unknown.
pub fn pattern(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "pattern";
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        let x = unknowns(specimen, 2.0, rng);
        let setting = setting(specimen, &x, rng);
        let other = unknowns(specimen, 2.0, rng);
        let found = independent(specimen, &x, &other, &setting)
            .and_then(|()| linear(specimen, &x, &other, &setting));
        found.map_err(|detail| {
            subject.violation(LAW, format!("{detail}, {}", drawn.describe(subject.kind)))
        })?;
    }
    Ok(())
}

/// Rows that the structure says an unknown does not touch stay the same bit by bit when it moves.
fn independent(
    specimen: &Specimen,
    x: &[f64],
    other: &[f64],
    setting: &Setting,
) -> Result<(), String> {
    let n = specimen.n();
    let before = specimen.residual(x, setting);
    let mut touched = [vec![false; n * n], vec![false; n * n]];
    let structure = specimen.structure();
    for (part, masks) in [&structure.resistive, &structure.reactive].into_iter().enumerate() {
        for (local_row, mask) in masks.iter().enumerate() {
            for local_column in (0..specimen.rows().len()).filter(|c| mask >> c & 1 == 1) {
                let (row, column) = (specimen.rows()[local_row], specimen.rows()[local_column]);
                if row < n && column < n {
                    touched[part][row * n + column] = true;
                }
            }
        }
    }
    for column in 0..n {
        let mut moved = x.to_vec();
        moved[column] = other[column];
        let after = specimen.residual(&moved, setting);
        for row in 0..n {
            for (part, name, old, new) in
                [(0, "f", before.f[row], after.f[row]), (1, "q", before.q[row], after.q[row])]
            {
                if old != new && !touched[part][row * n + column] {
                    return Err(format!("{name}[{row}] depends on x[{column}] in secret"));
                }
            }
        }
    }
    Ok(())
}

fn linear(specimen: &Specimen, x: &[f64], other: &[f64], setting: &Setting) -> Result<(), String> {
    if !specimen.structure().linear {
        return Ok(());
    }
    let (here, there) = (specimen.load(x, setting), specimen.load(other, setting));
    for (name, a, b) in [("df/dx", &here.df_dx, &there.df_dx), ("dq/dx", &here.dq_dx, &there.dq_dx)]
    {
        if let Some(i) = (0..a.len()).find(|&i| a[i] != b[i]) {
            return Err(format!("{name} of a linear device is {} here and {} there", a[i], b[i]));
        }
    }
    Ok(())
}
