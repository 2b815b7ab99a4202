//! Conservation, dissipation, rest, noise, and devices in parallel.

use super::{DEVICES, Drawn, Subject, Violation, row_sizes, setting, unknowns};
use crate::specimen::{Evaluation, Setting, Specimen};
use ovonic_device::constants::BOLTZMANN;
use ovonic_device::{Class, Nature, Retention, Role, Unknown};
use rand::rngs::StdRng;

/// Rounding that a sum of a few terms is allowed, relative to the sum of their magnitudes.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

fn is_node(unknown: &Unknown) -> bool {
    let role = matches!(unknown.role, Role::Terminal | Role::OptionalTerminal | Role::Internal);
    role && unknown.residual == Nature::Current
}

/// Values of all local unknowns.
fn local_values(specimen: &Specimen, x: &[f64]) -> Vec<f64> {
    let value = |&row: &usize| x.get(row).copied().unwrap_or(0.0);
    specimen.rows().iter().map(value).collect()
}

/// What flows into a device's nodes sums to zero, and so do its charges.
///
/// # Errors
/// With the sum that does not vanish.
pub fn conservation(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "conservation";
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        let x = unknowns(specimen, 5.0, rng);
        let local = specimen.local(&x, &setting(specimen, &x, rng));
        for (name, values) in [("currents", &local.resistive), ("charges", &local.reactive)] {
            let nodes = specimen.local_unknowns().iter().zip(values);
            let (sum, size) = nodes
                .filter(|(unknown, _)| is_node(unknown))
                .fold((0.0, 0.0), |(sum, size), (_, v)| (sum + v, size + v.abs()));
            if f64::abs(sum) > ROUNDING * size {
                let at = drawn.describe(subject.kind);
                let detail = format!("the {name} sum to {sum:e} of {size:e}, x = {x:?}, {at}");
                return Err(subject.violation(LAW, detail));
            }
        }
    }
    Ok(())
}

/// Everything is finite for voltages up to 1 kV, between 200 K and 500 K.
///
/// # Errors
/// With the quantity that is not.
pub fn finite(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "finite";
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        for volts in [1000.0, 30.0, 1.0] {
            let x = unknowns(specimen, volts, rng);
            let out = specimen.load(&x, &setting(specimen, &x, rng));
            let parts = [
                ("f", &out.f),
                ("q", &out.q),
                ("df/dx", &out.df_dx),
                ("dq/dx", &out.dq_dx),
                ("a stored quantity", &out.stored),
            ];
            for (name, values) in parts {
                if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                    let at = drawn.describe(subject.kind);
                    let detail = format!("{name} is {value} at x = {x:?}, {at}");
                    return Err(subject.violation(LAW, detail));
                }
            }
        }
    }
    Ok(())
}

/// A device that dissipates takes up power, whatever its nodes (inner ones included) are at.
///
/// # Errors
/// With the power that it gives.
pub fn dissipation(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "dissipation";
    if !matches!(subject.kind.class, Class::Passive | Class::Memory) {
        return Ok(());
    }
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        if is_active(&drawn) || has_moving_state(specimen) {
            continue;
        }
        for volts in [0.05, 1.0, 3.0] {
            let mut x = unknowns(specimen, volts, rng);
            let setting = setting(specimen, &x, rng);
            meet_branches(specimen, &mut x, &setting);
            let local = specimen.local(&x, &setting);
            let values = local_values(specimen, &x);
            let nodes = specimen.local_unknowns().iter().zip(&values);
            let (power, size) = nodes
                .zip(&local.resistive)
                .filter(|((unknown, _), _)| is_node(unknown))
                .fold((0.0, 0.0), |(power, size), ((_, v), i)| {
                    (power + v * i, size + (v * i).abs())
                });
            if power < -ROUNDING * size {
                let at = drawn.describe(subject.kind);
                let detail = format!("it gives {:e} W at x = {x:?}, {at}", -power);
                return Err(subject.violation(LAW, detail));
            }
        }
    }
    Ok(())
}

/// Gives branch currents the values at which their equations hold, by bisection: a current that has nothing to do with
/// the voltages would say nothing of power.
fn meet_branches(specimen: &Specimen, x: &mut [f64], setting: &Setting) {
    let is_branch = |row: &usize| specimen.unknowns()[*row].role == Role::Branch;
    for row in (0..specimen.n()).filter(is_branch) {
        let mut residual = |current: f64| {
            x[row] = current;
            specimen.residual(x, setting).f[row]
        };
        let (mut low, mut high) = (-1e6, 1e6);
        let falls = residual(low) > residual(high);
        while high - low > f64::EPSILON * f64::max(high.abs(), low.abs()) {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if (residual(middle) > 0.0) == falls {
                low = middle;
            } else {
                high = middle;
            }
        }
        x[row] = if low.abs() < high.abs() { low } else { high };
    }
}

/// Whether a draw made a negative resistance, which is legal and gives power.
fn is_active(drawn: &Drawn) -> bool {
    let table = drawn.params.table().iter().enumerate();
    let mut resistances = table.filter(|(_, info)| info.unit == "Ohm");
    resistances.any(|(index, _)| drawn.params.value(index).is_some_and(|value| value < 0.0))
}

/// Whether there are states which an operating point solves for, beside temperatures: away from their rest they may
/// feed the circuit for a while.
fn has_moving_state(specimen: &Specimen) -> bool {
    let settles = |unknown: &Unknown| {
        unknown.role == Role::State(Retention::Settled) && unknown.nature != Nature::Temperature
    };
    specimen.unknowns().iter().any(settles)
}

/// Without voltages and currents, nothing flows: sources and what is given by a formula excepted.
///
/// # Errors
/// With the current that flows.
pub fn rest(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "rest";
    if subject.kind.class == Class::Source || subject.draw.is_some() {
        return Ok(());
    }
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        let x = at_rest(specimen);
        let out = specimen.load(&x, &specimen.setting());
        let sizes = row_sizes(specimen, &out.df_dx, specimen.n());
        for (row, unknown) in specimen.unknowns().iter().enumerate() {
            let electrical = matches!(unknown.residual, Nature::Current | Nature::Voltage);
            if electrical && out.f[row].abs() > ROUNDING * sizes[row] {
                let at = drawn.describe(subject.kind);
                let detail = format!("{} is {:e} at rest, {at}", unknown.name, out.f[row]);
                return Err(subject.violation(LAW, detail));
            }
        }
    }
    Ok(())
}

/// No voltages, currents and temperature rises; states as they are initially.
fn at_rest(specimen: &Specimen) -> Vec<f64> {
    let initial = specimen.initial(&vec![0.0; specimen.n()]);
    let values = specimen.unknowns().iter().zip(initial);
    values
        .map(|(unknown, value)| match unknown.nature {
            Nature::State => value,
            _ => 0.0,
        })
        .collect()
}

/// Noise densities are finite and not negative; at rest the noise of a passive device is `4kT` times its conductance
/// matrix, where that is reciprocal (a transistor whose two junctions differ in their emission has no equilibrium).
///
/// # Errors
/// With the density that is wrong.
pub fn noise(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "noise";
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        let x = unknowns(specimen, 2.0, rng);
        for (source, _, _) in specimen.noise(&x, &setting(specimen, &x, rng)) {
            for frequency in [1e-3, 1.0, 1e9] {
                let density = source.density(frequency);
                if !(density.is_finite() && density >= 0.0) {
                    let at = drawn.describe(subject.kind);
                    let detail = format!("{} is {density:e} A²/Hz at x = {x:?}, {at}", source.name);
                    return Err(subject.violation(LAW, detail));
                }
            }
        }
        if subject.kind.class == Class::Passive && !is_active(&drawn) && is_noisy(&drawn) {
            equilibrium(&drawn).map_err(|detail| {
                let at = drawn.describe(subject.kind);
                subject.violation(LAW, format!("{detail}, {at}"))
            })?;
        }
    }
    Ok(())
}

/// Whether the device has not been told to be silent.
fn is_noisy(drawn: &Drawn) -> bool {
    let table = drawn.params.table();
    let index = ovonic_device::find_param(table, "noisy");
    index.and_then(|index| drawn.params.value(index)) != Some(0.0)
}

/// The white noise between nodes equals `4kT` times the conductance matrix.
fn equilibrium(drawn: &Drawn) -> Result<(), String> {
    let specimen = &drawn.specimen;
    let (n, x) = (specimen.n(), at_rest(specimen));
    let setting = specimen.setting();
    let conductance = specimen.load(&x, &setting).df_dx;
    let nodes: Vec<usize> = (0..n).filter(|&row| is_node(&specimen.unknowns()[row])).collect();
    let is_reciprocal = |&row: &usize| {
        let size = conductance[row * n + row].abs();
        let mut columns = nodes.iter();
        columns.all(|c| (conductance[row * n + c] - conductance[c * n + row]).abs() <= 1e-9 * size)
    };
    if !nodes.iter().all(is_reciprocal) {
        return Ok(());
    }
    let mut density = vec![0.0; (n + 1) * (n + 1)];
    for (source, from, to) in specimen.noise(&x, &setting) {
        let Some(to) = to else { continue };
        for (row, column, sign) in
            [(from, from, 1.0), (to, to, 1.0), (from, to, -1.0), (to, from, -1.0)]
        {
            density[row * (n + 1) + column] += sign * source.white;
        }
    }
    let thermal = 4.0 * BOLTZMANN * drawn.env.temperature;
    for &row in &nodes {
        let size: f64 = thermal * conductance[row * n + row].abs();
        for &column in &nodes {
            let expected = thermal * conductance[row * n + column];
            let found = density[row * (n + 1) + column];
            if (found - expected).abs() > 1e-9 * size {
                return Err(format!(
                    "at equilibrium the noise between nodes {row} and {column} is {found:e} A²/Hz, 4kTG is {expected:e}"
                ));
            }
        }
    }
    Ok(())
}

/// One device with a multiplicity of three is three devices.
///
/// # Errors
/// With the quantity that differs.
pub fn parallel(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "parallel";
    for _ in 0..DEVICES {
        let drawn = subject.device(LAW, rng)?;
        let make = |multiplicities: &[f64]| {
            Specimen::parallel(subject.kind, &*drawn.params, &drawn.env, multiplicities)
                .map_err(|error| subject.violation(LAW, error.to_string()))
        };
        let (multiple, several) = (make(&[3.0])?, make(&[1.0, 1.0, 1.0])?);
        let x = unknowns(&multiple, 2.0, rng);
        let one = setting(&multiple, &x, rng);
        let each = Setting { latches: one.latches.repeat(3), ..one.clone() };
        let pairs = [
            (flat(&multiple.load(&x, &one)), flat(&several.load(&x, &each))),
            (densities(&multiple, &x, &one), densities(&several, &x, &each)),
        ];
        for (a, b) in pairs {
            let differs = |i: &usize| (a[*i] - b[*i]).abs() > ROUNDING * a[*i].abs();
            if let Some(i) = (0..a.len().max(b.len())).find(differs) {
                let at = drawn.describe(subject.kind);
                let detail = format!("{:e} against {:e} at x = {x:?}, {at}", a[i], b[i]);
                return Err(subject.violation(LAW, detail));
            }
        }
    }
    Ok(())
}

fn flat(out: &Evaluation) -> Vec<f64> {
    [&out.f, &out.q, &out.df_dx, &out.dq_dx].into_iter().flatten().copied().collect()
}

/// Total noise density into each row.
fn densities(specimen: &Specimen, x: &[f64], setting: &Setting) -> Vec<f64> {
    let mut rows = vec![0.0; specimen.n() + 1];
    for (source, from, to) in specimen.noise(x, setting) {
        rows[from] += source.density(1e3);
        if let Some(to) = to {
            rows[to] += source.density(1e3);
        }
    }
    rows
}
