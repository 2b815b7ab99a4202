//! Spreads over the values that traces gave.
//!
//! ```text
//! z        the value, or its logarithm where the law is a factor
//! cycle    spread of z about its device's median, over all devices
//! device   spread of the devices' medians, less what cycles leave in a median
//! ```
//!
//! With twenty values or more a spread is `(q₉₅ − q₅)/3.29`, which outliers do not touch and which is what cards have to
//! reproduce; with fewer, the standard deviation. Errors of the values are subtracted in squares. Intervals come from
//! resampling devices, and traces within them (bootstrap; Davison and Hinkley 1997, section 3.8).

use super::MemberReport;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// Distance of the 5 % and 95 % points of the normal distribution, in standard deviations.
const RANGE: f64 = 3.289_707;
/// Values from which quantiles say more than moments.
const MANY: usize = 20;
/// Resamplings.
const REPEATS: usize = 400;

/// How a model draws a quantity, `z` being a standard normal deviate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// `centre + spread·z`, in the parameter's unit.
    #[default]
    Normal,
    /// `centre·(1 + spread·z)`.
    Relative,
    /// `centre·exp(spread·z)`.
    Factor,
}

impl Law {
    fn forward(self, value: f64) -> f64 {
        if self == Law::Factor { value.abs().max(f64::MIN_POSITIVE).ln() } else { value }
    }

    fn back(self, z: f64) -> f64 {
        if self == Law::Factor { z.exp() } else { z }
    }

    /// Derivative of [`Law::forward`].
    pub(crate) fn slope(self, value: f64) -> f64 {
        if self == Law::Factor { 1.0 / value } else { 1.0 }
    }

    /// A spread of `z` as models take it.
    fn own(self, spread: f64, centre: f64) -> f64 {
        if self == Law::Relative { spread / centre.abs().max(f64::MIN_POSITIVE) } else { spread }
    }
}

/// A spread, as models take it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Standard deviation of the law.
    pub value: f64,
    /// 95 % interval.
    pub interval: (f64, f64),
}

/// How a parameter is distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// The parameter.
    pub name: String,
    /// How it is drawn.
    pub law: Law,
    /// Median.
    pub centre: f64,
    /// Its 95 % interval.
    pub centre_interval: (f64, f64),
    /// From cycle to cycle; absent where no device has two traces.
    pub cycle: Option<Spread>,
    /// Between devices; absent where there is only one.
    pub device: Option<Spread>,
    /// Traces that count.
    pub n: usize,
}

/// A value on the scale of its law, with its error.
#[derive(Clone, Copy)]
struct Value {
    z: f64,
    error: f64,
}

/// Distributions of what varies, and its correlations over the traces that count.
pub(super) fn distributions(
    names: &[(&str, Law)],
    members: &[MemberReport],
    seed: u64,
) -> (Vec<Distribution>, Vec<Vec<f64>>) {
    let counted: Vec<&MemberReport> = members.iter().filter(|member| member.counts).collect();
    let mut found = Vec::with_capacity(names.len());
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(names.len());
    for (index, (name, law)) in names.iter().enumerate() {
        let mut devices: Vec<(usize, Vec<Value>)> = Vec::new();
        for member in &counted {
            let z = law.forward(member.values[index]);
            let value = Value { z, error: member.errors[index] };
            match devices.iter_mut().find(|(device, _)| *device == member.device) {
                Some((_, values)) => values.push(value),
                None => devices.push((member.device, vec![value])),
            }
        }
        columns.push(counted.iter().map(|member| law.forward(member.values[index])).collect());
        let devices: Vec<Vec<Value>> = devices.into_iter().map(|(_, values)| values).collect();
        found.push(distribution(name, *law, &devices, seed));
    }
    let correlations =
        columns.iter().map(|a| columns.iter().map(|b| correlation(a, b)).collect()).collect();
    (found, correlations)
}

/// Centre and spreads on the scale of the law.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Estimate {
    centre: f64,
    cycle: Option<f64>,
    device: Option<f64>,
}

fn distribution(name: &str, law: Law, devices: &[Vec<Value>], seed: u64) -> Distribution {
    let estimate = estimate(devices);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let again: Vec<Estimate> =
        (0..REPEATS).map(|_| self::estimate(&resampled(devices, &mut rng))).collect();
    let interval = |value: &dyn Fn(&Estimate) -> Option<f64>| {
        let mut values: Vec<f64> = again.iter().filter_map(value).collect();
        values.sort_by(f64::total_cmp);
        (quantile(&values, 0.025), quantile(&values, 0.975))
    };
    let centre = law.back(estimate.centre);
    let spread = |value: Option<f64>, of: &dyn Fn(&Estimate) -> Option<f64>| {
        let (low, high) = interval(of);
        let own = |spread: f64| law.own(spread, centre);
        value.map(|value| Spread { value: own(value), interval: (own(low), own(high)) })
    };
    let (low, high) = interval(&|estimate| Some(estimate.centre));
    Distribution {
        name: name.to_owned(),
        law,
        centre,
        centre_interval: (law.back(low), law.back(high)),
        cycle: spread(estimate.cycle, &|estimate| estimate.cycle),
        device: spread(estimate.device, &|estimate| estimate.device),
        n: devices.iter().map(Vec::len).sum(),
    }
}

fn resampled(devices: &[Vec<Value>], rng: &mut ChaCha8Rng) -> Vec<Vec<Value>> {
    let mut drawn = Vec::with_capacity(devices.len());
    for _ in 0..devices.len() {
        let values = &devices[rng.random_range(0..devices.len())];
        drawn.push((0..values.len()).map(|_| values[rng.random_range(0..values.len())]).collect());
    }
    drawn
}

fn estimate(devices: &[Vec<Value>]) -> Estimate {
    let medians: Vec<f64> =
        devices.iter().map(|values| median(values.iter().map(|value| value.z))).collect();
    let mut residuals = Vec::new();
    let mut error = 0.0;
    let mut count = 0.0;
    for (values, median) in devices.iter().zip(&medians) {
        error += values.iter().map(|value| value.error * value.error).sum::<f64>();
        count += values.len() as f64;
        if values.len() > 1 {
            // A median of n takes a part of the scatter with it.
            let n = values.len() as f64;
            let scale = (n / (n - 1.0)).sqrt();
            residuals.extend(values.iter().map(|value| (value.z - median) * scale));
        }
    }
    error /= f64::max(count, 1.0);
    let cycle =
        (residuals.len() > 1).then(|| (scatter(&residuals).powi(2) - error).max(0.0).sqrt());
    let device = (devices.len() > 1).then(|| {
        // Variance of a median of n normal values: π/2n of theirs, and all of it for one.
        let part = |values: &Vec<Value>| {
            let n = values.len() as f64;
            if n > 2.0 { std::f64::consts::FRAC_PI_2 / n } else { 1.0 / n }
        };
        let part = devices.iter().map(part).sum::<f64>() / devices.len() as f64;
        let within = part * (cycle.unwrap_or(0.0).powi(2) + error);
        (scatter(&medians).powi(2) - within).max(0.0).sqrt()
    });
    Estimate { centre: median(medians.iter().copied()), cycle, device }
}

/// Standard deviation, by quantiles where there are many values.
fn scatter(values: &[f64]) -> f64 {
    if values.len() >= MANY {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        return (quantile(&sorted, 0.95) - quantile(&sorted, 0.05)) / RANGE;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// The quantile of sorted values, not a number if there is none, straight between two of them (Hyndman and Fan's seventh definition).
#[must_use]
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = part * last as f64;
    let below = place.floor() as usize;
    let share = place - below as f64;
    (1.0 - share) * sorted[below] + share * sorted[(below + 1).min(last)]
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    if aa > 0.0 && bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles of the standard normal distribution at `n` equal steps, by bisection of the logistic-free error function.
    fn normal_scores(n: usize) -> Vec<f64> {
        // Φ(x) by the trapezoidal rule over the density; exact to 1e-9, which no estimate below needs.
        let steps = 200_000;
        let h = 16.0 / steps as f64;
        let mut scores = Vec::with_capacity(n);
        let (mut area, mut x) = (0.0, -8.0);
        for k in 0..n {
            let wanted = (k as f64 + 0.5) / n as f64;
            while area < wanted {
                area += h * (-0.5 * f64::powi(x + 0.5 * h, 2)).exp() / std::f64::consts::TAU.sqrt();
                x += h;
            }
            scores.push(x);
        }
        scores
    }

    fn values(z: impl Iterator<Item = f64>, error: f64) -> Vec<Value> {
        z.map(|z| Value { z, error }).collect()
    }

    #[test]
    fn spreads_of_devices_and_cycles_come_apart() {
        let (devices, cycles) = (normal_scores(40), normal_scores(41));
        let of =
            |device: f64| values(cycles.iter().map(move |c| 5.0 + 0.3 * device + 0.1 * c), 0.0);
        let found = estimate(&devices.iter().map(|&d| of(d)).collect::<Vec<_>>());
        assert!((found.centre - 5.0).abs() < 1e-3, "{found:?}");
        // So few steps of the distribution have a spread of their own.
        let cycle = 0.1 * scatter(&cycles) * (41f64 / 40.0).sqrt();
        assert!((found.cycle.unwrap() / cycle - 1.0).abs() < 0.01, "{found:?}");
        let device = 0.3 * scatter(&devices);
        assert!((found.device.unwrap() / device - 1.0).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn errors_of_values_are_no_variation() {
        let scores = normal_scores(200);
        let found = estimate(&[values(scores.iter().map(|z| 0.5 * z), 0.4)]);
        assert!((found.cycle.unwrap() / 0.3 - 1.0).abs() < 0.03, "{found:?}");
        assert_eq!(found.device, None);
    }

    #[test]
    fn outliers_do_not_rule_and_laws_have_their_units() {
        let mut z: Vec<f64> = normal_scores(199).iter().map(|z| 2.0 + 0.2 * z).collect();
        z.push(1e3);
        let found = distribution("a", Law::Relative, &[values(z.iter().copied(), 0.0)], 1);
        assert!((found.centre - 2.0).abs() < 0.01, "{found:?}");
        let cycle = found.cycle.unwrap();
        assert!((cycle.value / 0.1 - 1.0).abs() < 0.05, "{found:?}");
        assert!(cycle.interval.0 < 0.1 && cycle.interval.1 > 0.1, "{found:?}");
        let found = distribution("a", Law::Factor, &[values(z.iter().copied(), 0.0)], 1);
        assert!((found.centre - 2f64.exp()).abs() < 0.1, "{found:?}");
        assert!((found.cycle.unwrap().value / 0.2 - 1.0).abs() < 0.05, "{found:?}");
    }
}
