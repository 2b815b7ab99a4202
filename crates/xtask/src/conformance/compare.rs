//! How far two simulators' results are apart.

use super::{LIMIT, Wishes};
use ovonic_waveforms::{Plot, PlotKind, Results, Samples, Vector, Waveform};

/// The largest difference of a deck.
pub(super) struct Agreement {
    pub(super) worst: f64,
    pub(super) vector: String,
    pub(super) vectors: usize,
}

/// Compares all vectors that both have, plot by plot.
///
/// # Errors
/// What differs.
pub(super) fn judge(
    wishes: &Wishes,
    theirs: &Results,
    ours: &Results,
) -> Result<Agreement, String> {
    let limit = wishes.limit.unwrap_or(LIMIT);
    let (mut worst, mut worst_vector, mut vectors) = (0.0, String::from("–"), 0);
    for plot in &theirs.plots {
        let Some(mine) = ours.plots.iter().find(|p| p.kind == plot.kind) else {
            return Err(format!("no plot \"{}\"", plot.kind.as_str()));
        };
        let differences = match &wishes.period {
            Some(vector) => period_difference(plot, mine, vector),
            None => plot_differences(plot, mine),
        };
        for (vector, difference) in differences {
            vectors += 1;
            if difference > worst || difference.is_nan() {
                worst = difference;
                worst_vector = vector;
            }
        }
    }
    if vectors == 0 {
        return Err("no vector in common".into());
    }
    if worst > limit || worst.is_nan() {
        return Err(format!("{worst_vector} differs by {worst:.1e}"));
    }
    Ok(Agreement { worst, vector: worst_vector, vectors })
}

fn plot_differences(theirs: &Plot, ours: &Plot) -> Vec<(String, f64)> {
    let skip = usize::from(theirs.kind.has_scale());
    let scale_name = theirs.scale().map(|scale| scale.name.clone());
    let common = theirs.vectors.iter().skip(skip).filter_map(|vector| {
        let mine = ours.vector(&vector.name).ok()?;
        // Currents far below any other are rounding, not results.
        let difference = match (&vector.samples, &mine.samples) {
            (Samples::Complex(_), _) | (_, Samples::Complex(_)) => {
                pointwise((theirs, vector), (ours, mine))
            }
            _ if theirs.kind == PlotKind::Transient => resampled(theirs, ours, vector, mine),
            _ => pointwise((theirs, vector), (ours, mine)),
        };
        Some((vector.name.clone(), difference))
    });
    common.filter(|(name, _)| Some(name) != scale_name.as_ref()).collect()
}

/// Smallest full scale that counts: below it a vector is rounding noise.
fn floor(name: &str) -> f64 {
    if name.starts_with("i(") { 1e-9 } else { 1e-6 }
}

/// Compares at the points that both scales have: they may differ in number, as in ngspice's linear ac sweeps.
fn pointwise(theirs: (&Plot, &Vector), ours: (&Plot, &Vector)) -> f64 {
    let (vector, mine) = (theirs.1, ours.1);
    let place = |plot: &Plot, k: usize| plot.scale().map_or(0.0, |scale| scale.samples.at(k).re);
    let same_length = vector.len() == mine.len();
    let mut full = floor(&vector.name);
    let mut worst = f64::NAN;
    for k in 0..vector.len() {
        let a = vector.samples.at(k);
        full = full.max(a.norm());
        let at = place(theirs.0, k);
        let close = |j: &usize| (place(ours.0, *j) - at).abs() <= 1e-9 * at.abs();
        let partner = if same_length { Some(k) } else { (0..mine.len()).find(close) };
        if let Some(j) = partner {
            worst = worst.max((a - mine.samples.at(j)).norm());
        }
    }
    worst / full
}

/// Part of full scale by which a waveform may change between two points before it counts as a jump there.
const JUMP: f64 = 0.02;

/// Compares waveforms with points of their own: what they have at their points we have there too, by a straight line
/// between ours. Where we jump from one point to the next that line is no claim: after a corner of a source a current
/// jumps, and the next point comes when it comes. There anything will do that lies between our points and what the
/// lines before and after the jump lead to.
fn resampled(theirs: &Plot, ours: &Plot, vector: &Vector, mine: &Vector) -> f64 {
    let of = |plot: &Plot, vector: &Vector| {
        let times = plot.scale().map(Vector::real_parts).unwrap_or_default();
        Waveform::owned(times, vector.real_parts())
    };
    let (Ok(them), Ok(us)) = (of(theirs, vector), of(ours, mine)) else {
        return f64::NAN;
    };
    let full = them.y().iter().fold(floor(&vector.name), |full, value| full.max(value.abs()));
    let worst = distance(&them, &us, full);
    if worst.is_finite() { worst / full } else { f64::NAN }
}

/// Largest distance of a waveform's points from another waveform.
fn distance(points: &Waveform<'_>, line: &Waveform<'_>, full: f64) -> f64 {
    let (first, last) = line.span();
    // Two programs round the time of a corner differently.
    let width = 1e-9 * (last - first);
    let (x, y) = (line.x(), line.y());
    let mut worst: f64 = 0.0;
    for (&at, &value) in points.x().iter().zip(points.y()) {
        if !(first..=last).contains(&at) {
            continue;
        }
        let near = [at - width, at, at + width].map(|t| line.value_at(t.clamp(first, last)));
        let mut spans: Vec<f64> = near.into_iter().flatten().collect();
        // The segments that the neighbourhood touches, where they jump.
        let begin = x.partition_point(|t| *t < at - width).saturating_sub(1);
        let end = x.partition_point(|t| *t <= at + width).min(x.len() - 1);
        for k in begin..end {
            if (y[k + 1] - y[k]).abs() > JUMP * full {
                spans.extend([y[k], y[k + 1]]);
                let through =
                    |a: usize, b: usize| y[a] + (y[b] - y[a]) / (x[b] - x[a]) * (at - x[a]);
                spans.extend((k > 0).then(|| through(k - 1, k)));
                spans.extend((k + 2 < x.len()).then(|| through(k + 1, k + 2)));
            }
        }
        let low = spans.iter().copied().fold(f64::INFINITY, f64::min);
        let high = spans.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        worst = worst.max(low - value).max(value - high);
    }
    worst
}

/// Differences of mean period and of amplitude, over the second half of the run.
fn period_difference(theirs: &Plot, ours: &Plot, name: &str) -> Vec<(String, f64)> {
    let of = |plot: &Plot| -> Option<(f64, f64)> {
        let wave = Waveform::of(plot, name).ok()?;
        let (first, last) = wave.span();
        let settled = wave.window(0.5 * (first + last), last).ok()?;
        let level = 0.5 * (settled.minimum().value + settled.maximum().value);
        Some((settled.period(level).ok()?, settled.peak_to_peak()))
    };
    match (of(theirs), of(ours)) {
        (Some((t0, a0)), Some((t1, a1))) => vec![
            (format!("period of {name}"), (t1 / t0 - 1.0).abs()),
            (format!("amplitude of {name}"), (a1 / a0 - 1.0).abs()),
        ],
        _ => vec![(format!("period of {name}"), f64::NAN)],
    }
}
