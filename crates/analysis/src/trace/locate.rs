//! What lies between two neighbouring points of the curve: folds, turns, Hopf points, crossings of curves.
//!
//! ```text
//! fold:  dλ/ds = 0, the last entry of the tangent            turn: dμ/ds = 0 for the source's other quantity μ
//! a function that changes sign is brought to zero over the step σ from the first point (Illinois' regula falsi)
//! growing modes that differ in number, apart from the one that a fold adds or takes away: halved down to where
//!     a complex pair sits on the imaginary axis: Hopf;  a real mode changes its sign: another curve crosses
//! ```
//!
//! Each evaluation is a corrected point of the curve, so that what is found satisfies the circuit's equations to
//! rounding, and the place of a fold is as exact as its tangent: some 1e-12 in scales.

use super::walk::{Station, Walk};
use super::{SpecialKind, TraceError};
use ovonic_circuit::{Circuit, InstanceId};
use ovonic_device::Nature;
use std::f64::consts::TAU;

/// Evaluations for one root, and for one change of stability.
const EVALUATIONS: usize = 60;
/// Width of a bracket, in parts of the step, that is narrow enough.
const NARROW: f64 = 1e-13;
/// Distance from a fold, in parts of the step, at which its mode can be told from zero.
const BESIDE_FOLD: f64 = 1e-3;
/// Real part of a pair relative to the imaginary one that is zero.
const ON_AXIS: f64 = 1e-3;
/// Tolerances by which a quantity has to move over a step for its turn to mean something.
const SIGNIFICANT: f64 = 10.0;

/// What was found between two points, in the order of the curve.
pub(super) struct Events {
    pub(super) found: Vec<(SpecialKind, Station)>,
}

/// The other quantity of a traced source: its row less another, and the sign with which it is delivered.
#[derive(Clone, Copy)]
enum Delivered {
    /// Current of a voltage source, by its branch.
    Current(usize),
    /// Voltage of a current source, from the node that it draws from to the one that it feeds.
    Voltage(usize, usize),
}

impl Delivered {
    fn of(circuit: &Circuit, source: InstanceId) -> Self {
        match circuit.branch(source) {
            Some(branch) => Delivered::Current(branch.index()),
            None => {
                let local = circuit.local_unknowns(source);
                Delivered::Voltage(local[1], local[0])
            }
        }
    }

    /// The quantity, or its part in a tangent; ground is not in `v`.
    fn value(self, n: usize, v: &[f64]) -> f64 {
        let entry = |row: usize| if row < n { v[row] } else { 0.0 };
        match self {
            Delivered::Current(branch) => -entry(branch),
            Delivered::Voltage(plus, minus) => entry(plus) - entry(minus),
        }
    }
}

/// Voltage and current that the traced source delivers at `y`.
pub(super) fn delivered(
    circuit: &Circuit,
    source: Option<InstanceId>,
    y: &[f64],
) -> Option<(f64, f64)> {
    let source = source?;
    let n = circuit.n();
    let other = Delivered::of(circuit, source);
    let own = y[n];
    Some(match other {
        Delivered::Current(_) => (own, other.value(n, y)),
        Delivered::Voltage(..) => (other.value(n, y), own),
    })
}

/// A function of a point whose zero is wanted.
#[derive(Clone, Copy)]
enum Slope {
    /// Of the variable.
    Variable,
    /// Of the source's other quantity.
    Other(Delivered),
}

impl Slope {
    fn at(self, station: &Station) -> f64 {
        let n = station.y.len() - 1;
        match self {
            Slope::Variable => station.tangent[n],
            Slope::Other(delivered) => delivered.value(n, &station.tangent),
        }
    }

    fn kind(self, maximum: bool) -> SpecialKind {
        match self {
            Slope::Variable => SpecialKind::Fold { maximum },
            Slope::Other(_) => SpecialKind::Turn { maximum },
        }
    }
}

/// What lies between `from` and `to`.
pub(super) fn between(
    walk: &mut Walk<'_, '_>,
    from: &Station,
    to: &Station,
) -> Result<Events, TraceError> {
    let moved: Vec<f64> = to.y.iter().zip(&from.y).map(|(to, from)| to - from).collect();
    let system = &walk.system;
    let length = system.dot(&moved, &from.tangent) / system.dot(&from.tangent, &from.tangent);
    let mut found: Vec<(f64, SpecialKind, Station)> = Vec::new();
    let source = walk.request.source;
    let other = source.map(|id| Slope::Other(Delivered::of(&walk.system.circuit, id)));
    for slope in [Some(Slope::Variable), other].into_iter().flatten() {
        let ends = (slope.at(from), slope.at(to));
        if ends.0 * ends.1 < 0.0 && is_significant(walk, slope, ends, to, length) {
            let root = root(walk, from, to, length, slope)?;
            found.extend(root.map(|(step, at)| (step, slope.kind(ends.0 > 0.0), at)));
        }
    }
    let folds: Vec<f64> = found
        .iter()
        .filter(|(_, kind, _)| matches!(kind, SpecialKind::Fold { .. }))
        .map(|(step, ..)| *step)
        .collect();
    stability(walk, from, to, length, &folds, &mut found)?;
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Events { found: found.into_iter().map(|(_, kind, at)| (kind, at)).collect() })
}

/// Whether a quantity moves over the step by more than its tolerance, so that its turn is no rounding.
fn is_significant(
    walk: &Walk<'_, '_>,
    slope: Slope,
    ends: (f64, f64),
    to: &Station,
    length: f64,
) -> bool {
    let system = &walk.system;
    let moved = ends.0.abs().max(ends.1.abs()) * length;
    let tolerances = &system.options.tolerances;
    let tolerance = match slope {
        Slope::Variable => 1e-12 * system.scale[system.n()],
        Slope::Other(delivered) => {
            let value = delivered.value(system.n(), &to.y);
            let nature = match delivered {
                Delivered::Current(_) => Nature::Current,
                Delivered::Voltage(..) => Nature::Voltage,
            };
            let absolute = match nature {
                Nature::Current => tolerances.current,
                _ => tolerances.voltage,
            };
            absolute + 1e-9 * value.abs()
        }
    };
    moved > SIGNIFICANT * tolerance
}

/// Where a slope is zero between two points, with its distance from the first one.
fn root(
    walk: &mut Walk<'_, '_>,
    from: &Station,
    to: &Station,
    length: f64,
    slope: Slope,
) -> Result<Option<(f64, Station)>, TraceError> {
    let (mut low, mut high) = ((0.0, slope.at(from)), (length, slope.at(to)));
    let mut best: Option<(f64, Station)> = None;
    let mut side = 0;
    for _ in 0..EVALUATIONS {
        let weight = high.1 / (high.1 - low.1);
        let mut step = weight * low.0 + (1.0 - weight) * high.0;
        if !(step > low.0 && step < high.0) {
            step = 0.5 * (low.0 + high.0);
        }
        let Some(at) = walk.between(from, step)? else { break };
        let value = slope.at(&at);
        let better = best.as_ref().is_none_or(|(_, b)| value.abs() <= slope.at(b).abs());
        if better {
            best = Some((step, at));
        }
        if value == 0.0 || high.0 - low.0 <= NARROW * length {
            break;
        }
        // The end that stays for a second time counts half, so that the other one moves as well.
        if (value > 0.0) == (low.1 > 0.0) {
            low = (step, value);
            high.1 *= if side == -1 { 0.5 } else { 1.0 };
            side = -1;
        } else {
            high = (step, value);
            low.1 *= if side == 1 { 0.5 } else { 1.0 };
            side = 1;
        }
        if value.abs() <= 4.0 * f64::EPSILON * scale_of(walk, slope) {
            break;
        }
    }
    Ok(best)
}

/// Size of a slope whose rounding is an epsilon.
fn scale_of(walk: &Walk<'_, '_>, slope: Slope) -> f64 {
    let scale = &walk.system.scale;
    match slope {
        Slope::Variable => scale[walk.system.n()],
        Slope::Other(Delivered::Current(row)) => scale[row],
        Slope::Other(Delivered::Voltage(plus, _)) => scale[plus],
    }
}

/// Finds changes of stability apart from those of folds.
fn stability(
    walk: &mut Walk<'_, '_>,
    from: &Station,
    to: &Station,
    length: f64,
    folds: &[f64],
    found: &mut Vec<(f64, SpecialKind, Station)>,
) -> Result<(), TraceError> {
    let mut ends = vec![(0.0, from.modes.unstable())];
    for &fold in folds {
        for step in [fold - BESIDE_FOLD * length, fold + BESIDE_FOLD * length] {
            if step > 0.0 && step < length {
                let Some(at) = walk.between(from, step)? else { return Ok(()) };
                ends.push((step, at.modes.unstable()));
            }
        }
    }
    ends.push((length, to.modes.unstable()));
    for pair in ends.windows(2) {
        let [low, high] = [pair[0], pair[1]];
        let at_fold = folds.iter().any(|fold| (low.0..=high.0).contains(fold));
        if low.1 != high.1 && !at_fold {
            found.extend(change(walk, from, low, high)?);
        }
    }
    Ok(())
}

/// The point between two distances, with their numbers of growing modes, where the number changes.
fn change(
    walk: &mut Walk<'_, '_>,
    from: &Station,
    mut low: (f64, usize),
    mut high: (f64, usize),
) -> Result<Option<(f64, SpecialKind, Station)>, TraceError> {
    let width = high.0 - low.0;
    let mut above = None;
    for _ in 0..EVALUATIONS {
        if high.0 - low.0 <= NARROW * width {
            break;
        }
        let step = 0.5 * (low.0 + high.0);
        // Right where curves cross, neither can be told from the other.
        let Some(at) = walk.between(from, step)? else { break };
        let count = at.modes.unstable();
        if count == low.1 {
            low = (step, count);
        } else {
            high = (step, count);
            above = Some(at);
        }
    }
    let Some(above) = above else { return Ok(None) };
    if low.1.abs_diff(high.1) == 2
        && let Some(rate) = above.modes.critical_pair()
        && rate.re.abs() <= ON_AXIS * rate.im
    {
        let kind = SpecialKind::Hopf { frequency: rate.im / TAU };
        return Ok(Some((high.0, kind, above)));
    }
    // A mode may also change sides through infinity, where nothing else happens to the curve.
    let crosses = above.modes.has_real_near_zero();
    Ok(crosses.then_some((high.0, SpecialKind::Branch, above)))
}
