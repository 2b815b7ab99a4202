//! Values of expressions of vectors: vectors themselves, with the scale that they came with.

use super::{Fault, Interpreter, functions};
use num_complex::Complex64;
use ovonic_netlist::ast::{VectorExpr, VectorExprKind, VectorOp};
use ovonic_netlist::{codes, parse_vectors};
use ovonic_waveforms::{Quantity, Samples, Vector};
use std::rc::Rc;

/// A value: numbers, what they measure, and what they are drawn over.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) samples: Samples,
    pub(super) quantity: Quantity,
    pub(super) scale: Option<Rc<Vec<f64>>>,
}

impl Value {
    pub(super) fn number(value: f64) -> Value {
        Value::real(vec![value])
    }

    pub(super) fn real(values: Vec<f64>) -> Value {
        Value { samples: Samples::Real(values), quantity: Quantity::Dimensionless, scale: None }
    }

    pub(super) fn of(vector: &Vector, scale: Option<&Vector>) -> Value {
        let fits = scale.filter(|scale| scale.len() == vector.len());
        Value {
            samples: vector.samples.clone(),
            quantity: vector.quantity,
            scale: fits.map(|scale| Rc::new(scale.real_parts())),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(super) fn is_complex(&self) -> bool {
        matches!(self.samples, Samples::Complex(_))
    }

    /// The real parts.
    pub(super) fn reals(&self) -> Vec<f64> {
        (0..self.len()).map(|index| self.samples.at(index).re).collect()
    }

    /// Applies a function to each number; the result is complex where `self` is and `complex` gives complex numbers.
    pub(super) fn map(&self, quantity: Quantity, f: impl Fn(Complex64) -> Complex64) -> Value {
        let samples = match &self.samples {
            Samples::Real(values) => {
                let mapped: Vec<Complex64> =
                    values.iter().map(|&value| f(Complex64::new(value, 0.0))).collect();
                // A root of a negative number makes the whole vector complex.
                if mapped.iter().all(|z| z.im == 0.0) {
                    Samples::Real(mapped.iter().map(|z| z.re).collect())
                } else {
                    Samples::Complex(mapped)
                }
            }
            Samples::Complex(values) => Samples::Complex(values.iter().map(|&z| f(z)).collect()),
        };
        Value { samples, quantity, scale: self.scale.clone() }
    }

    /// Applies a function with real results to each number.
    pub(super) fn map_real(&self, quantity: Quantity, f: impl Fn(Complex64) -> f64) -> Value {
        let values = (0..self.len()).map(|index| f(self.samples.at(index))).collect();
        Value { samples: Samples::Real(values), quantity, scale: self.scale.clone() }
    }
}

impl Interpreter<'_> {
    /// Reads a list of expressions.
    pub(super) fn expressions(&self, text: &str) -> Result<Vec<VectorExpr>, Fault> {
        parse_vectors(text).map_err(|error| Fault::new(codes::SYNTAX, error.message))
    }

    /// The value of a text that is one number.
    pub(super) fn scalar(&mut self, text: &str) -> Result<f64, Fault> {
        let list = self.expressions(text)?;
        let [expression] = list.as_slice() else {
            return Err(Fault::failed(format!("\"{text}\" is not one number")));
        };
        let value = self.evaluate(expression)?;
        if value.len() != 1 {
            let count = value.len();
            return Err(Fault::failed(format!("\"{text}\" has {count} values instead of one")));
        }
        Ok(value.samples.at(0).re)
    }

    /// The value of an expression.
    pub(super) fn evaluate(&mut self, expression: &VectorExpr) -> Result<Value, Fault> {
        match &expression.kind {
            VectorExprKind::Number(value) => Ok(Value::number(*value)),
            VectorExprKind::Name(name) => self.vector(name),
            VectorExprKind::Part(part, name) => {
                let vector = self.vector(name)?;
                self.function(part, vec![vector])
            }
            VectorExprKind::Call(name, arguments) => {
                let values: Result<Vec<Value>, Fault> =
                    arguments.iter().map(|argument| self.evaluate(argument)).collect();
                self.function(name, values?)
            }
            VectorExprKind::Negate(inner) => {
                let value = self.evaluate(inner)?;
                Ok(value.map(value.quantity, |z| -z))
            }
            VectorExprKind::Not(inner) => {
                let value = self.evaluate(inner)?;
                let not = |z: Complex64| f64::from(z.norm() == 0.0);
                Ok(value.map_real(Quantity::Dimensionless, not))
            }
            VectorExprKind::Binary(op, left, right) => {
                let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
                binary(*op, &left, &right)
            }
            VectorExprKind::Index(base, first, last) => {
                let base = self.evaluate(base)?;
                let first = self.index(first, base.len())?;
                let last = match last {
                    Some(last) => self.index(last, base.len())?,
                    None => first,
                };
                Ok(cut(&base, first.min(last), first.max(last)))
            }
            VectorExprKind::Conditional(condition, then, otherwise) => {
                let condition = self.evaluate(condition)?;
                let holds = (0..condition.len()).any(|i| condition.samples.at(i).norm() != 0.0);
                self.evaluate(if holds { then } else { otherwise })
            }
            VectorExprKind::Complex(re, im) => {
                let (re, im) = (self.evaluate(re)?, self.evaluate(im)?);
                combine(&re, &im, re.quantity, |a, b| Complex64::new(a.re, b.re), true)
            }
        }
    }

    fn index(&mut self, expression: &VectorExpr, length: usize) -> Result<usize, Fault> {
        let value = self.evaluate(expression)?;
        let place = if value.len() == 1 { value.samples.at(0).re.round() } else { f64::NAN };
        if place >= 0.0 && place < length as f64 {
            return Ok(place as usize);
        }
        let text = &expression.text;
        Err(Fault::failed(format!("[{text}] does not lie among the {length} values, from 0")))
    }

    /// The value of a vector, a quantity of a device, or a parameter.
    pub(super) fn vector(&mut self, name: &str) -> Result<Value, Fault> {
        if let Some(value) = self.pages.find(name) {
            return Ok(value);
        }
        if let Some((minus, plus)) = difference(name) {
            let ground = |node: &str| node == "v(0)" || node == "v(gnd)";
            let left = if ground(&plus) { Value::number(0.0) } else { self.vector(&plus)? };
            let right = if ground(&minus) { Value::number(0.0) } else { self.vector(&minus)? };
            return binary(VectorOp::Subtract, &left, &right);
        }
        if let Some(value) = self.device_parameter(name) {
            return Ok(Value::number(value));
        }
        if let Some(value) = self.simulation.parameter(name) {
            return Ok(Value::number(value));
        }
        let message = format!("there is no vector \"{name}\"");
        Err(Fault {
            help: self.pages.suggestion(name),
            ..Fault::new(codes::UNKNOWN_VECTOR, message)
        })
    }

    fn function(&mut self, name: &str, arguments: Vec<Value>) -> Result<Value, Fault> {
        let in_degrees = self.variables.word("units") == Some("degrees");
        functions::apply(name, &arguments, in_degrees)
    }
}

/// `v(a,b)` as `v(b)` and `v(a)`.
fn difference(name: &str) -> Option<(String, String)> {
    let (plot, rest) = match name.find("v(") {
        Some(at) => name.split_at(at),
        None => return None,
    };
    let (plus, minus) = rest.strip_prefix("v(")?.strip_suffix(')')?.split_once(',')?;
    Some((format!("{plot}v({minus})"), format!("{plot}v({plus})")))
}

fn cut(value: &Value, first: usize, last: usize) -> Value {
    let samples = match &value.samples {
        Samples::Real(values) => Samples::Real(values[first..=last].to_vec()),
        Samples::Complex(values) => Samples::Complex(values[first..=last].to_vec()),
    };
    let scale = value.scale.as_ref().filter(|scale| scale.len() > last);
    let scale = scale.map(|scale| Rc::new(scale[first..=last].to_vec()));
    Value { samples, quantity: value.quantity, scale }
}

/// Combines two values number by number; a single number counts for all.
pub(super) fn combine(
    left: &Value,
    right: &Value,
    quantity: Quantity,
    f: impl Fn(Complex64, Complex64) -> Complex64,
    is_complex: bool,
) -> Result<Value, Fault> {
    let (n, m) = (left.len(), right.len());
    if n == 0 || m == 0 || (n != m && n != 1 && m != 1) {
        return Err(Fault::failed(format!("vectors of {n} and {m} values do not fit together")));
    }
    let count = n.max(m);
    let at =
        |value: &Value, index: usize| value.samples.at(if value.len() == 1 { 0 } else { index });
    let values = (0..count).map(|index| f(at(left, index), at(right, index)));
    let samples = if is_complex {
        Samples::Complex(values.collect())
    } else {
        Samples::Real(values.map(|z| z.re).collect())
    };
    let scale = if n == count { &left.scale } else { &right.scale };
    let scale = scale.clone().or_else(|| right.scale.clone()).filter(|scale| scale.len() == count);
    Ok(Value { samples, quantity, scale })
}

fn binary(op: VectorOp, left: &Value, right: &Value) -> Result<Value, Fault> {
    let truth = |holds: bool| Complex64::new(f64::from(holds), 0.0);
    let is_complex = left.is_complex() || right.is_complex();
    let same = left.quantity == right.quantity;
    let pure = Quantity::Dimensionless;
    let sum = if same { left.quantity } else { pure };
    let product = match (left.quantity, right.quantity) {
        (Quantity::Voltage, Quantity::Current) | (Quantity::Current, Quantity::Voltage) => {
            Quantity::Power
        }
        (Quantity::Dimensionless, other) | (other, Quantity::Dimensionless) => other,
        _ => pure,
    };
    let quotient = match (left.quantity, right.quantity) {
        (Quantity::Voltage, Quantity::Current) => Quantity::Impedance,
        (Quantity::Current, Quantity::Voltage) => Quantity::Admittance,
        (other, Quantity::Dimensionless) => other,
        _ => pure,
    };
    match op {
        VectorOp::Add => combine(left, right, sum, |a, b| a + b, is_complex),
        VectorOp::Subtract => combine(left, right, sum, |a, b| a - b, is_complex),
        VectorOp::Multiply => combine(left, right, product, |a, b| a * b, is_complex),
        VectorOp::Divide => {
            let divide =
                |a: Complex64, b: Complex64| if is_complex { a / b } else { (a.re / b.re).into() };
            combine(left, right, quotient, divide, is_complex)
        }
        VectorOp::Remainder => combine(left, right, pure, |a, b| (a.re % b.re).into(), false),
        VectorOp::Power => {
            let is_whole = (0..right.len()).all(|index| right.samples.at(index).re.fract() == 0.0);
            let is_root = !is_whole && (0..left.len()).any(|index| left.samples.at(index).re < 0.0);
            let power = |a: Complex64, b: Complex64| {
                if is_complex || is_root { a.powc(b) } else { a.re.powf(b.re).into() }
            };
            combine(left, right, pure, power, is_complex || is_root)
        }
        VectorOp::Equal => combine(left, right, pure, |a, b| truth(a == b), false),
        VectorOp::NotEqual => combine(left, right, pure, |a, b| truth(a != b), false),
        VectorOp::Less => combine(left, right, pure, |a, b| truth(a.re < b.re), false),
        VectorOp::LessEqual => combine(left, right, pure, |a, b| truth(a.re <= b.re), false),
        VectorOp::Greater => combine(left, right, pure, |a, b| truth(a.re > b.re), false),
        VectorOp::GreaterEqual => combine(left, right, pure, |a, b| truth(a.re >= b.re), false),
        VectorOp::And => {
            combine(left, right, pure, |a, b| truth(a.norm() != 0.0 && b.norm() != 0.0), false)
        }
        VectorOp::Or => {
            combine(left, right, pure, |a, b| truth(a.norm() != 0.0 || b.norm() != 0.0), false)
        }
    }
}
