//! Formulas over the results of an analysis, real or complex.

use num_complex::Complex64;
use ovonic_analysis::Probe;
use ovonic_circuit::Circuit;
use ovonic_netlist::ast::Part;
use ovonic_waveforms::Quantity;

/// A function of one argument, as users name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Exp,
    Ln,
    Log10,
    Sqrt,
    Sin,
    Cos,
    Tan,
    Tanh,
    Atan,
}

const FUNCTIONS: &[(&str, Function)] = &[
    ("exp", Function::Exp),
    ("ln", Function::Ln),
    ("log", Function::Ln),
    ("log10", Function::Log10),
    ("sqrt", Function::Sqrt),
    ("sin", Function::Sin),
    ("cos", Function::Cos),
    ("tan", Function::Tan),
    ("tanh", Function::Tanh),
    ("atan", Function::Atan),
];

/// The function called `name`.
pub(crate) fn function(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
}

/// Names of all functions of outputs.
pub(crate) fn function_names() -> impl Iterator<Item = &'static str> {
    const PARTS: [&str; 7] = ["abs", "mag", "db", "ph", "phase", "re", "im"];
    FUNCTIONS.iter().map(|(name, _)| *name).chain(PARTS)
}

/// What an output shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Formula {
    Constant(f64),
    Probe(Probe),
    Part(Part, Box<Formula>),
    Negate(Box<Formula>),
    Add(Box<Formula>, Box<Formula>),
    Subtract(Box<Formula>, Box<Formula>),
    Multiply(Box<Formula>, Box<Formula>),
    Divide(Box<Formula>, Box<Formula>),
    Power(Box<Formula>, Box<Formula>),
    Function(Function, Box<Formula>),
}

impl Formula {
    /// A part of the formula.
    pub(crate) fn part(self, part: Part) -> Formula {
        match part {
            Part::Whole => self,
            part => Formula::Part(part, Box::new(self)),
        }
    }

    /// What the formula measures, as far as that is plain.
    pub(crate) fn quantity(&self, circuit: &Circuit) -> Quantity {
        match self {
            Formula::Probe(probe) => probe.quantity(circuit),
            Formula::Part(Part::Decibel, _) => Quantity::Decibel,
            Formula::Part(Part::Phase, _) => Quantity::Phase,
            Formula::Part(_, inner) | Formula::Negate(inner) => inner.quantity(circuit),
            Formula::Add(a, b) | Formula::Subtract(a, b) => {
                let quantity = a.quantity(circuit);
                if quantity == b.quantity(circuit) { quantity } else { Quantity::Dimensionless }
            }
            Formula::Multiply(a, b) => match (a.quantity(circuit), b.quantity(circuit)) {
                (Quantity::Voltage, Quantity::Current) | (Quantity::Current, Quantity::Voltage) => {
                    Quantity::Power
                }
                (Quantity::Dimensionless, other) | (other, Quantity::Dimensionless) => other,
                _ => Quantity::Dimensionless,
            },
            Formula::Divide(a, b) => match (a.quantity(circuit), b.quantity(circuit)) {
                (Quantity::Voltage, Quantity::Current) => Quantity::Impedance,
                (Quantity::Current, Quantity::Voltage) => Quantity::Admittance,
                (other, Quantity::Dimensionless) => other,
                _ => Quantity::Dimensionless,
            },
            Formula::Constant(_) | Formula::Power(..) | Formula::Function(..) => {
                Quantity::Dimensionless
            }
        }
    }

    /// Whether the formula is a probe and nothing more.
    pub(crate) fn as_probe(&self) -> Option<Probe> {
        match self {
            Formula::Probe(probe) => Some(*probe),
            _ => None,
        }
    }

    /// Adds the probes that the formula needs.
    pub(crate) fn collect(&self, probes: &mut Vec<Probe>) {
        match self {
            Formula::Constant(_) => {}
            Formula::Probe(probe) => {
                if !probes.contains(probe) {
                    probes.push(*probe);
                }
            }
            Formula::Part(_, a) | Formula::Negate(a) | Formula::Function(_, a) => a.collect(probes),
            Formula::Add(a, b)
            | Formula::Subtract(a, b)
            | Formula::Multiply(a, b)
            | Formula::Divide(a, b)
            | Formula::Power(a, b) => {
                a.collect(probes);
                b.collect(probes);
            }
        }
    }

    /// The value, given that of each probe.
    pub(crate) fn value(&self, probe: &dyn Fn(Probe) -> Complex64) -> Complex64 {
        let real = |x: f64| Complex64::new(x, 0.0);
        match self {
            Formula::Constant(value) => real(*value),
            Formula::Probe(wanted) => probe(*wanted),
            Formula::Part(part, inner) => {
                let z = inner.value(probe);
                match part {
                    Part::Whole => z,
                    Part::Magnitude => real(z.norm()),
                    Part::Phase => real(z.arg().to_degrees()),
                    Part::Real => real(z.re),
                    Part::Imaginary => real(z.im),
                    Part::Decibel => real(20.0 * z.norm().log10()),
                }
            }
            Formula::Negate(a) => -a.value(probe),
            Formula::Add(a, b) => a.value(probe) + b.value(probe),
            Formula::Subtract(a, b) => a.value(probe) - b.value(probe),
            Formula::Multiply(a, b) => a.value(probe) * b.value(probe),
            Formula::Divide(a, b) => a.value(probe) / b.value(probe),
            Formula::Power(a, b) => power(a.value(probe), b.value(probe)),
            Formula::Function(function, a) => apply(*function, a.value(probe)),
        }
    }
}

/// A power that stays real for a real base with an integer exponent.
fn power(base: Complex64, exponent: Complex64) -> Complex64 {
    let whole = exponent.im == 0.0 && exponent.re.fract() == 0.0 && exponent.re.abs() <= 64.0;
    if whole { base.powi(exponent.re as i32) } else { base.powc(exponent) }
}

/// Real arguments inside a function's real domain take the real function, which is exact on the axis.
fn apply(function: Function, z: Complex64) -> Complex64 {
    let is_real = z.im == 0.0;
    let positive = is_real && z.re >= 0.0;
    let real = |x: f64| Complex64::new(x, 0.0);
    match function {
        Function::Exp if is_real => real(z.re.exp()),
        Function::Exp => z.exp(),
        Function::Ln if positive => real(z.re.ln()),
        Function::Ln => z.ln(),
        Function::Log10 if positive => real(z.re.log10()),
        Function::Log10 => z.log10(),
        Function::Sqrt if positive => real(z.re.sqrt()),
        Function::Sqrt => z.sqrt(),
        Function::Sin if is_real => real(z.re.sin()),
        Function::Sin => z.sin(),
        Function::Cos if is_real => real(z.re.cos()),
        Function::Cos => z.cos(),
        Function::Tan if is_real => real(z.re.tan()),
        Function::Tan => z.tan(),
        Function::Tanh if is_real => real(z.re.tanh()),
        Function::Tanh => z.tanh(),
        Function::Atan if is_real => real(z.re.atan()),
        Function::Atan => z.atan(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic_circuit::NodeId;

    #[test]
    fn parts_of_a_complex_value() {
        let probe = Probe::Node(NodeId::GROUND);
        let z = Complex64::from_polar(10.0, -std::f64::consts::FRAC_PI_2);
        let part = |part| Formula::Probe(probe).part(part).value(&|_| z).re;
        assert!((part(Part::Magnitude) - 10.0).abs() < 1e-12);
        assert!((part(Part::Decibel) - 20.0).abs() < 1e-12);
        assert!((part(Part::Phase) + 90.0).abs() < 1e-12);
        assert!((part(Part::Imaginary) + 10.0).abs() < 1e-12);
        assert!(part(Part::Real).abs() < 1e-12);
    }

    #[test]
    fn real_formulas_stay_real() {
        let two = || Box::new(Formula::Constant(2.0));
        let minus = Formula::Negate(two());
        let cube = Formula::Power(Box::new(minus), Box::new(Formula::Constant(3.0)));
        let value = cube.value(&|_| Complex64::ZERO);
        assert_eq!((value.re, value.im), (-8.0, 0.0));
        let root = Formula::Function(Function::Sqrt, two()).value(&|_| Complex64::ZERO);
        assert_eq!((root.re, root.im), (2f64.sqrt(), 0.0));
    }
}
