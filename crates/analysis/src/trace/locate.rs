//! What lies between two neighbouring points of the curve: folds, turns, Hopf points, crossings of curves.
//!
//! ```text
//! fold:  dλ/ds = 0, the last entry of the tangent            turn: dμ/ds = 0 for the source's other quantity μ
//! a function that changes sign is brought to zero over the step σ from the first point (Illinois' regula falsi);
//!     one that dips to zero and back in the cubic through both points is looked at there as well
//! growing modes that differ in number, apart from the one that a fold adds or takes away: halved down to where
//!     a complex pair sits on the imaginary axis: Hopf;  a real mode changes its sign: another curve crosses
//! ```
//!
//! Each evaluation is a corrected point of the curve, so that what is found satisfies the circuit's equations to
//! rounding, and the place of a fold is as exact as its tangent: some 1e-12 in scales.

use super::walk::{Station, Walk};
use super::{SpecialKind, TraceError};
use ovonic_circuit::{Circuit, InstanceId};
use std::f64::consts::TAU;

/// Evaluations for one root, and for one change of stability.
const EVALUATIONS: usize = 60;
/// Width of a bracket, in parts of the step, that is narrow enough.
const NARROW: f64 = 1e-13;
/// Part of its ends' slope below which a slope between them is looked at.
const DIP: f64 = 0.5;
/// How often a step is looked at more closely for that.
const DEPTH: usize = 3;
/// Part of its range by which the variable moves through rounding.
const ROUNDING: f64 = 1e-12;
/// Distance from a fold, in parts of the step, at which its mode can be told from zero.
const BESIDE_FOLD: f64 = 1e-3;
/// Real part of a pair relative to the imaginary one that is zero.
const ON_AXIS: f64 = 1e-3;
/// Parts of its tolerance, and of its value, by which a quantity has to move over a step for its turn to mean something:
/// far below the tolerances, since a trace is exact to rounding, and steps may be short.
const SIGNIFICANT: (f64, f64) = (1e-4, 1e-12);

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

    /// What the slope is that of.
    fn quantity(self, station: &Station) -> f64 {
        let n = station.y.len() - 1;
        match self {
            Slope::Variable => station.y[n],
            Slope::Other(delivered) => delivered.value(n, &station.y),
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
        let ends =
            [Sample::of(walk, slope, from, 0.0, from), Sample::of(walk, slope, from, length, to)];
        let mut samples = vec![ends[0]];
        refine(walk, slope, from, ends, DEPTH, &mut samples)?;
        for pair in samples.windows(2) {
            let (low, high) = (pair[0], pair[1]);
            if low.rate * high.rate < 0.0 && is_significant(walk, slope, low, high) {
                let root = root(walk, from, (low.step, low.rate), (high.step, high.rate), slope)?;
                found.extend(root.map(|(step, at)| (step, slope.kind(low.rate > 0.0), at)));
            }
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

/// A quantity at a distance from the first point.
#[derive(Clone, Copy)]
struct Sample {
    step: f64,
    value: f64,
    /// Its derivative by that distance.
    rate: f64,
}

impl Sample {
    fn of(walk: &Walk<'_, '_>, slope: Slope, from: &Station, step: f64, at: &Station) -> Self {
        let system = &walk.system;
        // A tangent's length is its own; distances are counted along the first one.
        let ahead = system.dot(&from.tangent, &from.tangent);
        let along = system.dot(&from.tangent, &at.tangent);
        Sample { step, value: slope.quantity(at), rate: slope.at(at) * ahead / along }
    }
}

/// Appends samples between two of them, up to and with the second: where the slope of the cubic through both comes close
/// to zero, or beyond, without having another sign at the ends.
fn refine(
    walk: &mut Walk<'_, '_>,
    slope: Slope,
    from: &Station,
    [low, high]: [Sample; 2],
    depth: usize,
    samples: &mut Vec<Sample>,
) -> Result<(), TraceError> {
    if let Some(step) = dip(low, high).filter(|_| depth > 0)
        && let Some(at) = walk.between(from, step)?
    {
        let middle = Sample::of(walk, slope, from, step, &at);
        refine(walk, slope, from, [low, middle], depth - 1, samples)?;
        return refine(walk, slope, from, [middle, high], depth - 1, samples);
    }
    samples.push(high);
    Ok(())
}

/// Where the slope of the cubic through two samples is closest to zero, if it comes close.
fn dip(low: Sample, high: Sample) -> Option<f64> {
    let length = high.step - low.step;
    let (first, last) = (low.rate * length, high.rate * length);
    let rise = high.value - low.value;
    let square = 3.0 * (first + last) - 6.0 * rise;
    let linear = 6.0 * rise - 4.0 * first - 2.0 * last;
    let at = -0.5 * linear / square;
    if first * last <= 0.0 || !(at > 0.01 && at < 0.99) {
        return None;
    }
    let least = (square * at + linear) * at + first;
    let smaller = first.abs().min(last.abs());
    (least * first.signum() < DIP * smaller).then_some(low.step + at * length)
}

/// Whether a quantity moves between two samples by more than rounding.
fn is_significant(walk: &Walk<'_, '_>, slope: Slope, low: Sample, high: Sample) -> bool {
    let system = &walk.system;
    let moved = low.rate.abs().max(high.rate.abs()) * (high.step - low.step);
    let tolerances = &system.options.tolerances;
    let absolute = match slope {
        Slope::Variable => return moved > ROUNDING * system.scale[system.n()],
        Slope::Other(Delivered::Current(_)) => tolerances.current,
        Slope::Other(Delivered::Voltage(..)) => tolerances.voltage,
    };
    moved > SIGNIFICANT.0 * absolute + SIGNIFICANT.1 * high.value.abs()
}

/// Where a slope is zero between two distances from the first point, with its values there.
fn root(
    walk: &mut Walk<'_, '_>,
    from: &Station,
    mut low: (f64, f64),
    mut high: (f64, f64),
    slope: Slope,
) -> Result<Option<(f64, Station)>, TraceError> {
    let length = high.0 - low.0;
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
    if let Some((_, at)) = &mut best {
        at.modes = walk.modes(&at.y)?;
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

/// A distance from the first point, and how many modes grow there.
#[derive(Clone, Copy)]
struct Count {
    step: f64,
    unstable: usize,
    /// Those within rounding of rest included.
    growing: usize,
}

impl Count {
    fn of(step: f64, at: &Station) -> Self {
        Self { step, unstable: at.modes.unstable(), growing: at.modes.growing() }
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
    let mut ends = vec![Count::of(0.0, from)];
    for &fold in folds {
        for step in [fold - BESIDE_FOLD * length, fold + BESIDE_FOLD * length] {
            if step > 0.0 && step < length {
                let Some(at) = walk.between_with_modes(from, step)? else { return Ok(()) };
                ends.push(Count::of(step, &at));
            }
        }
    }
    ends.push(Count::of(length, to));
    for pair in ends.windows(2) {
        let [low, high] = [pair[0], pair[1]];
        let at_fold = folds.iter().any(|fold| (low.step..=high.step).contains(fold));
        if low.unstable != high.unstable && !at_fold {
            found.extend(change(walk, from, low, high)?);
        }
    }
    Ok(())
}

/// The point between two distances where the number of growing modes changes.
fn change(
    walk: &mut Walk<'_, '_>,
    from: &Station,
    mut low: Count,
    mut high: Count,
) -> Result<Option<(f64, SpecialKind, Station)>, TraceError> {
    let width = high.step - low.step;
    // A slow mode close to a fold passes the tolerance of the count, and not zero.
    let passes_zero = low.growing != high.growing;
    let mut above = None;
    for _ in 0..EVALUATIONS {
        if high.step - low.step <= NARROW * width {
            break;
        }
        let step = 0.5 * (low.step + high.step);
        // Right where curves cross, neither can be told from the other.
        let Some(at) = walk.between_with_modes(from, step)? else { break };
        let count = Count::of(step, &at);
        if count.unstable == low.unstable {
            low = count;
        } else {
            high = count;
            above = Some(at);
        }
    }
    let Some(above) = above else { return Ok(None) };
    if low.unstable.abs_diff(high.unstable) == 2
        && let Some(rate) = above.modes.critical_pair()
        && rate.re.abs() <= ON_AXIS * rate.im
    {
        let kind = SpecialKind::Hopf { frequency: rate.im / TAU };
        return Ok(Some((high.step, kind, above)));
    }
    // A mode may also change sides through infinity, where nothing else happens to the curve.
    let crosses = passes_zero && above.modes.has_real_near_zero();
    Ok(crosses.then_some((high.step, SpecialKind::Branch, above)))
}
