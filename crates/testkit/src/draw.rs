//! Random parameters and unknowns, near their defaults and inside their ranges.

use ovonic_device::{
    AnyParams, Environment, Nature, ParamInfo, ParamKind, Range, Unknown, Variation,
};
use rand::RngExt;
use rand::rngs::StdRng;

/// Whether a draw with probability `p` comes true.
pub fn chance(rng: &mut StdRng, p: f64) -> bool {
    rng.random_range(0.0..1.0) < p
}

/// A factor between a half and two, as likely above one as below.
fn about_one(rng: &mut StdRng) -> f64 {
    2f64.powf(rng.random_range(-1.0..1.0))
}

/// The size that a quantity of a device usually has in `unit`.
fn typical(unit: &str) -> f64 {
    match unit {
        "Ohm" => 100.0,
        "F" | "C" => 1e-12,
        "H" | "m" => 1e-6,
        "s" => 1e-9,
        "A" => 1e-6,
        "S" | "1/K" | "F/m^2" => 1e-3,
        "1/K^2" => 1e-6,
        "F/m" => 1e-10,
        "m^2" => 1e-11,
        "K" => 300.0,
        "°C" => 40.0,
        "Hz" => 1e6,
        "deg" | "°" => 45.0,
        "1/V" => 0.1,
        "eV" => 0.6,
        "1/cm^3" => 1e16,
        "1/cm^2" => 1e10,
        "V/K" => 1e-4,
        _ => 0.5,
    }
}

/// A value of a parameter, near its default where it has one that is not zero, else of a typical size.
pub fn value(info: &ParamInfo, rng: &mut StdRng) -> f64 {
    match info.kind {
        ParamKind::Flag => f64::from(u8::from(chance(rng, 0.5))),
        ParamKind::Integer => integer(info, rng),
        ParamKind::Real => {
            let size = info.default.filter(|&default| default != 0.0);
            let size = size.unwrap_or_else(|| typical(info.unit));
            for _ in 0..50 {
                let sign = if chance(rng, 0.15) { -1.0 } else { 1.0 };
                let value = sign * size * about_one(rng);
                if info.range.contains(value) {
                    return value;
                }
            }
            inside(&info.range, rng).unwrap_or_else(|| info.default.unwrap_or(size))
        }
    }
}

/// A value as [`value`] draws it, or now and then a bound of the range: some parameters take no other.
pub fn value_or_bound(info: &ParamInfo, rng: &mut StdRng) -> f64 {
    let bound = if chance(rng, 0.5) { info.range.low } else { info.range.high };
    if chance(rng, 0.3) && info.range.contains(bound) && bound.is_finite() {
        return bound;
    }
    value(info, rng)
}

fn integer(info: &ParamInfo, rng: &mut StdRng) -> f64 {
    let default = info.default.unwrap_or(0.0);
    for _ in 0..50 {
        let value = default + f64::from(rng.random_range(-2..=2));
        if info.range.contains(value) {
            return value;
        }
    }
    default
}

/// A point of a range, if it is bounded.
fn inside(range: &Range, rng: &mut StdRng) -> Option<f64> {
    if !(range.low.is_finite() && range.high.is_finite() && range.low < range.high) {
        return None;
    }
    let value = range.low + (range.high - range.low) * rng.random_range(0.01..0.99);
    range.contains(value).then_some(value)
}

/// Random parameters. Those without a default, or with a default of zero, are left alone every other time.
pub fn params(new: fn() -> Box<dyn AnyParams>, rng: &mut StdRng) -> Box<dyn AnyParams> {
    let mut params = new();
    for (index, info) in params.table().iter().enumerate() {
        let optional = info.default.is_none_or(|default| default == 0.0) && !info.required;
        if optional && chance(rng, 0.5) {
            continue;
        }
        // A default that lies outside its own range is for the law of tables to report.
        if params.assign(index, value(info, rng)).is_err() {
            return new();
        }
    }
    params
}

/// A temperature between 200 K and 500 K, and a transient of 1 µs.
pub fn environment(rng: &mut StdRng) -> Environment {
    let temperature: f64 = rng.random_range(200.0..500.0);
    Environment {
        temperature,
        step: 1e-9,
        stop: 1e-6,
        variation: Variation::new(temperature.to_bits()),
        ..Environment::default()
    }
}

/// A value of an unknown: voltages up to `volts` either way, other quantities around their nominal size, inside
/// their bounds.
pub fn unknown(unknown: &Unknown, volts: f64, rng: &mut StdRng) -> f64 {
    let (low, high) = unknown.bounds;
    let value = match unknown.nature {
        Nature::Voltage => volts * rng.random_range(-1.0..1.0),
        Nature::Current | Nature::HeatFlow | Nature::Rate => {
            unknown.nominal * rng.random_range(-2.0..2.0)
        }
        Nature::Temperature => unknown.nominal * rng.random_range(0.0..1.0),
        Nature::State if low.is_finite() && high.is_finite() => {
            low + (high - low) * rng.random_range(0.02..0.98)
        }
        Nature::State => unknown.nominal * rng.random_range(0.1..1.0),
    };
    value.clamp(low, high)
}
