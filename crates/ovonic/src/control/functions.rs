//! Functions of vectors.
//!
//! `ln` and `log` are natural logarithms; `ph` and `vp` are in radians unless `set units=degrees`; what needs a scale
//! (`deriv`, `integ`) takes that of its argument.

use super::Fault;
use super::value::{Value, combine};
use num_complex::Complex64;
use ovonic_netlist::{codes, suggest};
use ovonic_waveforms::{Quantity, Samples};

/// All names, for suggestions.
const NAMES: &[&str] = &[
    "abs", "mag", "ph", "cph", "unwrap", "re", "real", "im", "imag", "conj", "j", "db", "ln",
    "log", "log10", "exp", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
    "tanh", "floor", "ceil", "nint", "sgn", "pos", "mean", "avg", "vecmin", "vecmax", "minimum",
    "maximum", "min", "max", "length", "vector", "unitvec", "norm", "stddev", "rms", "deriv",
    "integ", "pwr", "pow",
];

/// Applies a function by its name.
pub(super) fn apply(name: &str, arguments: &[Value], in_degrees: bool) -> Result<Value, Fault> {
    let pure = Quantity::Dimensionless;
    if let [left, right] = arguments {
        return match name {
            "min" | "minimum" => {
                combine(left, right, left.quantity, |a, b| a.re.min(b.re).into(), false)
            }
            "max" | "maximum" => {
                combine(left, right, left.quantity, |a, b| a.re.max(b.re).into(), false)
            }
            "pow" | "pwr" => combine(left, right, pure, |a, b| a.re.powf(b.re).into(), false),
            "atan2" => combine(left, right, pure, |a, b| a.re.atan2(b.re).into(), false),
            _ => Err(unknown(name, arguments.len())),
        };
    }
    let [x] = arguments else {
        return Err(unknown(name, arguments.len()));
    };
    let angle = if in_degrees { 1f64.to_degrees() } else { 1.0 };
    Ok(match name {
        "abs" | "mag" | "magnitude" => x.map_real(x.quantity, |z| z.norm()),
        "ph" | "phase" => x.map_real(Quantity::Phase, |z| z.arg() * angle),
        "cph" => continuous(&x.map_real(Quantity::Phase, |z| z.arg()), 1.0, angle),
        "unwrap" => continuous(x, angle, angle),
        "re" | "real" => x.map_real(x.quantity, |z| z.re),
        "im" | "imag" => x.map_real(x.quantity, |z| z.im),
        "conj" => x.map(x.quantity, |z| z.conj()),
        "j" => x.map(x.quantity, |z| z * Complex64::i()),
        "db" => x.map_real(Quantity::Decibel, |z| 20.0 * z.norm().log10()),
        "ln" | "log" => x.map(pure, |z| logarithm(z, 1.0)),
        "log10" => x.map(pure, |z| logarithm(z, std::f64::consts::LN_10)),
        "exp" => x.map(pure, |z| if z.im == 0.0 { z.re.exp().into() } else { z.exp() }),
        "sqrt" => {
            x.map(pure, |z| if z.im == 0.0 && z.re >= 0.0 { z.re.sqrt().into() } else { z.sqrt() })
        }
        "sin" => x.map_real(pure, |z| (z.re / angle).sin()),
        "cos" => x.map_real(pure, |z| (z.re / angle).cos()),
        "tan" => x.map_real(pure, |z| (z.re / angle).tan()),
        "asin" => x.map_real(pure, |z| z.re.asin() * angle),
        "acos" => x.map_real(pure, |z| z.re.acos() * angle),
        "atan" => x.map_real(pure, |z| z.re.atan() * angle),
        "sinh" => x.map_real(pure, |z| z.re.sinh()),
        "cosh" => x.map_real(pure, |z| z.re.cosh()),
        "tanh" => x.map_real(pure, |z| z.re.tanh()),
        "floor" => x.map_real(x.quantity, |z| z.re.floor()),
        "ceil" => x.map_real(x.quantity, |z| z.re.ceil()),
        "nint" => x.map_real(x.quantity, |z| z.re.round_ties_even()),
        "sgn" => x.map_real(pure, |z| if z.re == 0.0 { 0.0 } else { z.re.signum() }),
        "pos" => x.map_real(pure, |z| f64::from(z.re > 0.0)),
        "length" => Value::number(x.len() as f64),
        "vector" => Value::real((0..count(x)?).map(|index| index as f64).collect()),
        "unitvec" => Value::real(vec![1.0; count(x)?]),
        "mean" => {
            let sum: Complex64 = (0..x.len()).map(|index| x.samples.at(index)).sum();
            single(x, sum / x.len() as f64)
        }
        "avg" => running_average(x),
        "rms" => {
            let sum: f64 = (0..x.len()).map(|index| x.samples.at(index).norm_sqr()).sum();
            single(x, (sum / x.len() as f64).sqrt().into())
        }
        "stddev" => deviation(x),
        "vecmin" | "minimum" | "min" => extreme(x, f64::min),
        "vecmax" | "maximum" | "max" => extreme(x, f64::max),
        "norm" => {
            let largest = (0..x.len()).map(|index| x.samples.at(index).norm()).fold(0.0, f64::max);
            x.map(pure, |z| z / largest)
        }
        "deriv" => derivative(x, scale(x, name)?),
        "integ" => integral(x, scale(x, name)?),
        _ => return Err(unknown(name, 1)),
    })
}

fn unknown(name: &str, count: usize) -> Fault {
    let fault = |message: String| Fault::new(codes::UNDEFINED_FUNCTION, message);
    if NAMES.contains(&name) {
        return fault(format!("the function \"{name}\" does not take {count} arguments"));
    }
    let near = suggest(name, NAMES.iter().copied());
    Fault {
        help: near.map(|near| format!("did you mean \"{near}\"?")),
        ..fault(format!("there is no function \"{name}\""))
    }
}

fn count(x: &Value) -> Result<usize, Fault> {
    let value = if x.len() == 1 { x.samples.at(0).re } else { f64::NAN };
    if (1.0..1e8).contains(&value) {
        return Ok(value as usize);
    }
    Err(Fault::failed("a vector has from 1 to 1e8 values"))
}

fn logarithm(z: Complex64, base: f64) -> Complex64 {
    if z.im == 0.0 && z.re >= 0.0 { (z.re.ln() / base).into() } else { z.ln() / base }
}

fn single(x: &Value, value: Complex64) -> Value {
    let samples =
        if x.is_complex() { Samples::Complex(vec![value]) } else { Samples::Real(vec![value.re]) };
    Value { samples, quantity: x.quantity, scale: None }
}

/// Extremes of complex vectors are those of real and imaginary parts.
fn extreme(x: &Value, pick: fn(f64, f64) -> f64) -> Value {
    let first = x.samples.at(0);
    let value = (1..x.len())
        .map(|index| x.samples.at(index))
        .fold(first, |a, b| Complex64::new(pick(a.re, b.re), pick(a.im, b.im)));
    single(x, value)
}

fn deviation(x: &Value) -> Value {
    let values = x.reals();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let spread = if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 };
    Value { quantity: x.quantity, ..Value::number(spread) }
}

fn running_average(x: &Value) -> Value {
    let mut sum = Complex64::ZERO;
    let mut seen = 0.0;
    let averages: Vec<Complex64> = (0..x.len())
        .map(|index| {
            sum += x.samples.at(index);
            seen += 1.0;
            sum / seen
        })
        .collect();
    let samples = if x.is_complex() {
        Samples::Complex(averages)
    } else {
        Samples::Real(averages.iter().map(|z| z.re).collect())
    };
    Value { samples, ..x.clone() }
}

/// A phase without jumps; `turn` is a radian in the unit of the argument, `angle` in that of the result.
fn continuous(phase: &Value, turn: f64, angle: f64) -> Value {
    let period = std::f64::consts::TAU * turn;
    let mut offset = 0.0;
    let mut last: Option<f64> = None;
    let values = phase
        .reals()
        .into_iter()
        .map(|value| {
            if let Some(last) = last {
                offset -= ((value - last) / period).round() * period;
            }
            last = Some(value);
            (value + offset) / turn * angle
        })
        .collect();
    Value { samples: Samples::Real(values), quantity: Quantity::Phase, scale: phase.scale.clone() }
}

fn scale<'a>(x: &'a Value, name: &str) -> Result<&'a [f64], Fault> {
    match &x.scale {
        Some(scale) if scale.len() == x.len() && x.len() > 1 => Ok(scale),
        _ => {
            Err(Fault::failed(format!("\"{name}\" needs a vector over a scale of several points")))
        }
    }
}

/// The slope of the parabola through three neighbours; at the ends that of the first and last parabola.
fn derivative(x: &Value, scale: &[f64]) -> Value {
    let y = x.reals();
    let n = y.len();
    let slope = |a: usize, b: usize| {
        let h = scale[b] - scale[a];
        if h == 0.0 { 0.0 } else { (y[b] - y[a]) / h }
    };
    let values = (0..n)
        .map(|index| {
            if n == 2 || index == 0 || index == n - 1 {
                let (a, b) = if index == 0 { (0, 1) } else { (n - 2, n - 1) };
                return slope(a, b);
            }
            let (left, right) = (scale[index] - scale[index - 1], scale[index + 1] - scale[index]);
            let total = left + right;
            if total == 0.0 {
                return 0.0;
            }
            (slope(index - 1, index) * right + slope(index, index + 1) * left) / total
        })
        .collect();
    let quantity = Quantity::Dimensionless;
    Value { samples: Samples::Real(values), quantity, scale: x.scale.clone() }
}

/// The running integral by trapezoids.
fn integral(x: &Value, scale: &[f64]) -> Value {
    let y = x.reals();
    let mut sum = 0.0;
    let mut values = vec![0.0];
    for index in 1..y.len() {
        sum += 0.5 * (y[index] + y[index - 1]) * (scale[index] - scale[index - 1]);
        values.push(sum);
    }
    let quantity = Quantity::Dimensionless;
    Value { samples: Samples::Real(values), quantity, scale: x.scale.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn derivatives_of_parabolas_are_exact_within() {
        let scale = vec![0.0, 1.0, 3.0, 4.0];
        let y = scale.iter().map(|t| t * t).collect();
        let value = Value { scale: Some(Rc::new(scale)), ..Value::real(y) };
        let slope = apply("deriv", std::slice::from_ref(&value), false).ok().unwrap().reals();
        assert_eq!(slope[1..3], [2.0, 6.0]);
        let area = apply("integ", &[value], false).ok().unwrap().reals();
        assert_eq!(area, [0.0, 0.5, 10.5, 23.0]);
    }

    #[test]
    fn phases_lose_their_jumps() {
        let turns = [3.0, -3.0, -2.9, 3.1f64];
        let z = turns.iter().map(|angle| Complex64::cis(*angle)).collect();
        let value = Value { samples: Samples::Complex(z), ..Value::number(0.0) };
        let phase = apply("cph", &[value], false).ok().unwrap().reals();
        let expected = [3.0, -3.0 + std::f64::consts::TAU, -2.9 + std::f64::consts::TAU, 3.1];
        for (found, expected) in phase.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
    }

    #[test]
    fn roots_of_negative_numbers_are_complex() {
        let root = apply("sqrt", &[Value::number(-4.0)], false).ok().unwrap();
        assert_eq!(root.samples.at(0), Complex64::new(0.0, 2.0));
        let fault = apply("sqqrt", &[Value::number(1.0)], false).err().unwrap();
        assert_eq!(fault.help.unwrap(), "did you mean \"sqrt\"?");
    }
}
