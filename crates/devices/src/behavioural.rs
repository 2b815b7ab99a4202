//! Behavioural sources: devices that a user writes as a formula.
//!
//! Unknowns: the two terminals, the control nodes, private unknowns, borrowed branch currents. With the formula's
//! value `y(x, t, T)`, the voltage `v` from the first to the second terminal and the current `i` through the device:
//!
//! ```text
//! voltage      v − y = 0                      branch current i
//! current      i = y
//! resistance   v − y·i = 0                    branch current i; y = 0 is a short
//! charge       i = dy/dt
//! capacitance  i = y·dv/dt                    w = τ·dv/dt,  i = y·w/τ;  plain charge y·v where y is constant
//! inductance   v = y·di/dt                    w = τ·di/dt,  v = y·w/τ;  plain flux y·i where y is constant
//! ```
//!
//! A capacitance that depends on voltages is multiplied with `dv/dt`, as users of SPICE expect of `C=`; it conserves
//! charge only if `y` depends on its own voltage alone. Where that matters, state the charge.
//! In source stepping the part of a source that does not depend on unknowns is scaled: `y(x) − (1 − s)·y(0)`, so
//! that the gradient, and with it the matrix, is that of the whole source.

use ovonic_device::{
    Class, Environment, Iterate, Kind, MAX_UNKNOWNS, Nature, ParamError, Params, Role, Unknown,
    VariableContributions, VariableInstances, VariableModel, VariableParams,
};
use ovonic_numerics::expression::{
    Binary, Expression, ExpressionBuilder, ExpressionError, Node, Surroundings, Workspace,
};
use std::sync::Arc;

const EXAMPLE: &str = "\
* A squarer.  Closed form: v(out) = 3 V * 3 V / 1 V = 9 V; the load draws 9 mA.
*! run op
*! expect v(out) = 9 V rtol 1e-9
*! expect i(b1) = -9m A rtol 1e-9
V1 in 0 3
B1 out 0 V=v(in)*v(in)
R1 out 0 1k
.op
.end
";

/// Behavioural sources, and controlled sources with polynomials, tables or formulas.
pub static KIND: Kind = Kind {
    name: "behavioural",
    letter: Some('b'),
    model_types: &[],
    levels: &[],
    summary: "source, resistor, capacitor or inductor given by a formula",
    class: Class::Controlled,
    generic: true,
    parts: &[],
    value: None,
    initial: &[],
    example: EXAMPLE,
    unknowns: &[],
    outputs: &[],
    params: VariableParams::TABLE,
    new_params: || Box::new(VariableParams::default()),
    new_group: || Box::new(VariableInstances::default()),
};

/// What a formula gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Voltage from the first to the second terminal, V.
    Voltage,
    /// Current from the first terminal through the device to the second, A.
    Current,
    /// Resistance, Ω.
    Resistance,
    /// Capacitance, F.
    Capacitance,
    /// Charge on the first terminal's plate, C.
    Charge,
    /// Inductance, H.
    Inductance,
}

/// What an input of a formula is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sense {
    /// The voltage of the device's own first terminal.
    Positive,
    /// The voltage of the device's own second terminal.
    Negative,
    /// The voltage of a further node; the instance names these nodes, in order, behind its two terminals.
    Node,
    /// The device's own branch current.
    OwnCurrent,
    /// Another instance's branch current; the instance names the lenders in order.
    Current,
}

/// Why a formula makes no device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BehaviouralError {
    /// More unknowns than a device may have.
    #[error("the formula depends on {n} quantities; {limit} are allowed")]
    TooManyInputs {
        /// Quantities.
        n: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The device has no branch current that its formula could depend on.
    #[error("the device's own current is not available in its formula")]
    NoOwnCurrent,
    /// The formula has an input that nobody described.
    #[error("input {index} of the formula is not described")]
    UnknownInput {
        /// The input.
        index: usize,
    },
}

/// The time that turns a slope into an auxiliary unknown of ordinary size: 1 ns for voltages.
const VOLTAGE_TIME: f64 = 1e-9;
/// The same for currents.
const CURRENT_TIME: f64 = 1e-6;

const POSITIVE: usize = 0;
const NEGATIVE: usize = 1;

/// A device given by a formula.
#[derive(Clone, Debug)]
pub struct BehaviouralSource {
    quantity: Quantity,
    expression: Arc<Expression>,
    unknowns: Arc<[Unknown]>,
    /// Local unknown of each input of the expression.
    slots: Arc<[usize]>,
    branch: Option<usize>,
    slope: Option<usize>,
    /// The formula's value with all inputs zero at time zero counts where sources are scaled.
    scaled: bool,
    temperature: f64,
    initial: Option<f64>,
}

impl BehaviouralSource {
    /// A device whose `quantity` is `expression`, input `i` of which is `inputs[i]`.
    ///
    /// # Errors
    /// When the formula depends on too much, or on a current that the device does not have.
    pub fn new(
        quantity: Quantity,
        expression: Expression,
        inputs: &[Sense],
    ) -> Result<Self, BehaviouralError> {
        if let Some(&index) = expression.inputs().last()
            && index >= inputs.len()
        {
            return Err(BehaviouralError::UnknownInput { index });
        }
        let fixed = expression.inputs().is_empty() && !expression.depends_on_time();
        let branched =
            matches!(quantity, Quantity::Voltage | Quantity::Resistance | Quantity::Inductance);
        let mut unknowns = vec![Unknown::terminal("p"), Unknown::terminal("n")];
        let nodes = inputs.iter().filter(|&&sense| sense == Sense::Node);
        unknowns.extend(nodes.map(|_| Unknown::terminal("control")));
        let branch = branched.then(|| {
            unknowns.push(Unknown::branch("i"));
            unknowns.len() - 1
        });
        let slope = match quantity {
            Quantity::Capacitance if !fixed => Some(Nature::Voltage),
            Quantity::Inductance if !fixed => Some(Nature::Current),
            _ => None,
        };
        let slope = slope.map(|nature| {
            unknowns.push(slope_unknown(nature));
            unknowns.len() - 1
        });
        let first_borrowed = unknowns.len();
        let lenders = inputs.iter().filter(|&&sense| sense == Sense::Current);
        unknowns.extend(lenders.map(|_| Unknown::borrowed("control")));
        if unknowns.len() > MAX_UNKNOWNS {
            return Err(BehaviouralError::TooManyInputs {
                n: inputs.len(),
                limit: MAX_UNKNOWNS - (unknowns.len() - inputs.len()).min(MAX_UNKNOWNS),
            });
        }
        let (mut next_node, mut next_borrowed) = (2, first_borrowed);
        let slots: Result<Vec<usize>, BehaviouralError> = inputs
            .iter()
            .map(|sense| match sense {
                Sense::Positive => Ok(POSITIVE),
                Sense::Negative => Ok(NEGATIVE),
                Sense::Node => Ok(take(&mut next_node)),
                Sense::OwnCurrent => branch.ok_or(BehaviouralError::NoOwnCurrent),
                Sense::Current => Ok(take(&mut next_borrowed)),
            })
            .collect();
        Ok(Self {
            quantity,
            expression: Arc::new(expression),
            unknowns: unknowns.into(),
            slots: slots?.into(),
            branch,
            slope,
            scaled: matches!(quantity, Quantity::Voltage | Quantity::Current),
            temperature: Environment::default().temperature,
            initial: None,
        })
    }

    /// The same with an initial condition: the voltage (V) of a capacitance or charge, the current (A) of an
    /// inductance.
    #[must_use]
    pub fn with_initial(mut self, value: f64) -> Self {
        self.initial = Some(value);
        self
    }

    /// The parameters that make this device.
    #[must_use]
    pub fn into_params(self) -> VariableParams {
        VariableParams { model: Some(Arc::new(self)) }
    }

    /// The formula's value, and its gradient over the local unknowns into `gradient`.
    fn formula(&self, x: &[f64], at: &Iterate<'_>, gradient: &mut [f64]) -> f64 {
        let surroundings = Surroundings {
            time: at.time.map_or(0.0, |time| time.seconds()),
            temperature: self.temperature,
        };
        let inputs: Vec<f64> = self.slots.iter().map(|&slot| x[slot]).collect();
        let mut along = vec![0.0; inputs.len()];
        let mut workspace = Workspace::default();
        let mut value =
            self.expression.gradient(&inputs, &surroundings, &mut workspace, &mut along);
        if self.scaled && at.source_scale != 1.0 {
            let zeros = vec![0.0; inputs.len()];
            let offset = self.expression.value(&zeros, &surroundings, &mut workspace);
            value -= (1.0 - at.source_scale) * offset;
        }
        for (&slot, slope) in self.slots.iter().zip(along) {
            gradient[slot] += slope;
        }
        value
    }

    /// Bits of the unknowns that the formula depends on.
    fn formula_mask(&self) -> u64 {
        let inputs = self.expression.inputs();
        inputs.iter().fold(0, |mask, &input| mask | 1 << self.slots[input])
    }
}

impl VariableModel for BehaviouralSource {
    fn unknowns(&self) -> &[Unknown] {
        &self.unknowns
    }

    fn dependence(&self) -> (Vec<u64>, Vec<u64>, bool) {
        let n = self.unknowns.len();
        let (mut f, mut q) = (vec![0; n], vec![0; n]);
        let formula = self.formula_mask();
        let across = 1 << POSITIVE | 1 << NEGATIVE;
        if let Some(branch) = self.branch {
            f[POSITIVE] |= 1 << branch;
            f[NEGATIVE] |= 1 << branch;
            f[branch] |= across;
        }
        let affine = self.expression.is_affine();
        let linear = match (self.quantity, self.branch, self.slope) {
            (Quantity::Voltage, Some(branch), _) => {
                f[branch] |= formula;
                affine
            }
            (Quantity::Resistance, Some(branch), _) => {
                // Without a resistance there is nothing that limits the current.
                let own = if self.expression.as_constant() == Some(0.0) { 0 } else { 1 << branch };
                f[branch] |= formula | own;
                formula == 0 && !self.expression.depends_on_time()
            }
            (Quantity::Inductance, Some(branch), Some(slope)) => {
                f[branch] |= formula | 1 << slope;
                f[slope] |= 1 << slope;
                q[slope] |= 1 << branch;
                false
            }
            (Quantity::Inductance, Some(branch), None) => {
                q[branch] |= 1 << branch;
                true
            }
            (Quantity::Capacitance, _, Some(slope)) => {
                f[POSITIVE] |= formula | 1 << slope;
                f[NEGATIVE] |= formula | 1 << slope;
                f[slope] |= 1 << slope;
                q[slope] |= across;
                false
            }
            (Quantity::Capacitance, _, None) => {
                q[POSITIVE] |= across;
                q[NEGATIVE] |= across;
                true
            }
            (Quantity::Charge, ..) => {
                q[POSITIVE] |= formula;
                q[NEGATIVE] |= formula;
                affine
            }
            _ => {
                f[POSITIVE] |= formula;
                f[NEGATIVE] |= formula;
                affine
            }
        };
        (f, q, linear)
    }

    fn prepared(&self, env: &Environment) -> Result<Arc<dyn VariableModel>, ParamError> {
        let mut model = self.clone();
        model.temperature = env.temperature;
        Ok(Arc::new(model))
    }

    fn eval(&self, x: &[f64], at: &Iterate<'_>, out: &mut VariableContributions) {
        let mut gradient = vec![0.0; x.len()];
        let y = self.formula(x, at, &mut gradient);
        let v = x[POSITIVE] - x[NEGATIVE];
        let unit = |slot: usize, slope: f64| {
            let mut gradient = vec![0.0; x.len()];
            gradient[slot] = slope;
            gradient
        };
        if let Some(branch) = self.branch {
            out.current(POSITIVE, NEGATIVE, x[branch], &unit(branch, 1.0));
            let mut across = unit(POSITIVE, 1.0);
            across[NEGATIVE] = -1.0;
            out.equation(branch, v, &across);
        }
        match (self.quantity, self.branch, self.slope) {
            (Quantity::Voltage, Some(branch), _) => {
                scale(&mut gradient, -1.0);
                out.equation(branch, -y, &gradient);
            }
            (Quantity::Resistance, Some(branch), _) => {
                scale(&mut gradient, -x[branch]);
                gradient[branch] -= y;
                out.equation(branch, -y * x[branch], &gradient);
            }
            (Quantity::Inductance, Some(branch), Some(slope)) => {
                let rate = x[slope] / CURRENT_TIME;
                scale(&mut gradient, -rate);
                gradient[slope] -= y / CURRENT_TIME;
                out.equation(branch, -y * rate, &gradient);
                out.equation(slope, -x[slope], &unit(slope, -1.0));
                out.storage(slope, CURRENT_TIME * x[branch], &unit(branch, CURRENT_TIME));
            }
            (Quantity::Inductance, Some(branch), None) => {
                out.storage(branch, -y * x[branch], &unit(branch, -y));
            }
            (Quantity::Capacitance, _, Some(slope)) => {
                let rate = x[slope] / VOLTAGE_TIME;
                scale(&mut gradient, rate);
                gradient[slope] += y / VOLTAGE_TIME;
                out.current(POSITIVE, NEGATIVE, y * rate, &gradient);
                out.equation(slope, -x[slope], &unit(slope, -1.0));
                let mut across = unit(POSITIVE, VOLTAGE_TIME);
                across[NEGATIVE] = -VOLTAGE_TIME;
                out.storage(slope, VOLTAGE_TIME * v, &across);
            }
            (Quantity::Capacitance, _, None) => {
                let mut across = unit(POSITIVE, y);
                across[NEGATIVE] = -y;
                out.charge(POSITIVE, NEGATIVE, y * v, &across);
            }
            (Quantity::Charge, ..) => out.charge(POSITIVE, NEGATIVE, y, &gradient),
            _ => out.current(POSITIVE, NEGATIVE, y, &gradient),
        }
    }

    fn initial(&self, x: &mut [f64]) {
        match (self.initial, self.quantity, self.branch) {
            (Some(current), Quantity::Inductance, Some(branch)) => x[branch] = current,
            (Some(voltage), Quantity::Capacitance | Quantity::Charge, _) => {
                x[POSITIVE] = x[NEGATIVE] + voltage;
            }
            _ => {}
        }
    }
}

/// The unknown `w = τ·d/dt` of a voltage or a current; its row has the residual of a branch, so that nothing
/// takes it for a node.
fn slope_unknown(nature: Nature) -> Unknown {
    let mut unknown = match nature {
        Nature::Current => Unknown::branch("slope"),
        _ => Unknown::internal("slope"),
    };
    unknown.role = Role::Internal;
    unknown.residual = Nature::Voltage;
    unknown
}

fn take(next: &mut usize) -> usize {
    *next += 1;
    *next - 1
}

fn scale(values: &mut [f64], factor: f64) {
    for value in values {
        *value *= factor;
    }
}

/// A polynomial of `POLY(n)`: constant term, the controls, then the products of two controls, of three and so on,
/// each degree in the order `aa ab ac … bb bc … cc`. A single coefficient of a single control is a gain, not
/// a constant.
///
/// # Errors
/// When constant controls give no finite value.
pub fn polynomial(
    builder: &mut ExpressionBuilder,
    controls: &[Node],
    coefficients: &[f64],
) -> Result<Node, ExpressionError> {
    if let ([control], [gain]) = (controls, coefficients) {
        let gain = builder.constant(*gain);
        return builder.binary(Binary::Multiply, gain, *control);
    }
    let mut sum = builder.constant(0.0);
    let one = builder.constant(1.0);
    // Each term of a degree with the index of its last factor.
    let mut degree: Vec<(Node, usize)> = vec![(one, 0)];
    let mut coefficients = coefficients.iter();
    loop {
        for (product, _) in &degree {
            let Some(&coefficient) = coefficients.next() else {
                return Ok(sum);
            };
            let coefficient = builder.constant(coefficient);
            let term = builder.binary(Binary::Multiply, coefficient, *product)?;
            sum = builder.binary(Binary::Add, sum, term)?;
        }
        let mut next = Vec::new();
        for (product, last) in degree {
            for (index, control) in controls.iter().enumerate().skip(last) {
                next.push((builder.binary(Binary::Multiply, product, *control)?, index));
            }
        }
        if next.is_empty() {
            return Ok(sum);
        }
        degree = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic_device::{Binding, Group, Jacobian, Limiting, LoadContext, LoadTarget, Rates};
    use ovonic_numerics::expression::Unary;

    /// Residuals `f`, `q` and matrices of one device at `x`, with the scale of sources.
    struct Evaluated {
        f: Vec<f64>,
        q: Vec<f64>,
        df_dx: Vec<f64>,
        dq_dx: Vec<f64>,
    }

    fn evaluate(source: &BehaviouralSource, x: &[f64], source_scale: f64) -> Evaluated {
        let n = source.unknowns.len();
        let mut group = VariableInstances::default();
        let params = source.clone().into_params();
        let index = group.add(&params, &Environment::default(), 1.0).unwrap();
        let structure = group.structure(index);
        let unknowns: Vec<usize> = (0..n).collect();
        let binding = Binding {
            unknowns: &unknowns,
            slot: &|row, column| row * n + column,
            stored: 0,
            limits: 0,
            latches: 0,
            signals: 0,
        };
        group.bind(index, &structure, &binding);
        let context = LoadContext {
            x,
            time: None,
            source_scale,
            gmin: 0.0,
            latches: &[],
            held: None,
            delayed: None,
            rates: Rates::Rest,
            limiting: Limiting::Off,
            limits: &[],
        };
        let mut out = Evaluated {
            f: vec![0.0; n],
            q: vec![0.0; n],
            df_dx: vec![0.0; n * n],
            dq_dx: vec![0.0; n * n],
        };
        let mut target = LoadTarget {
            resistive: &mut out.f,
            reactive: &mut out.q,
            magnitude: &mut vec![0.0; n],
            stored: &mut [0.0; 2],
            capacitances: &mut [],
            signals: &mut [],
            limits: &mut [],
            limited: &mut 0,
        };
        let mut jacobian = Jacobian::Split { resistive: &mut out.df_dx, reactive: &mut out.dq_dx };
        group.load(0..1, &context, &mut target, &mut jacobian);
        out
    }

    /// `exp(control) * current + 0.2`, or with no current `exp(control) + 0.2`.
    fn source(quantity: Quantity, with_current: bool) -> BehaviouralSource {
        let mut builder = ExpressionBuilder::new();
        let control = builder.input(0);
        let mut value = builder.unary(Unary::Exp, control).unwrap();
        let mut inputs = vec![Sense::Node];
        if with_current {
            let current = builder.input(1);
            value = builder.binary(Binary::Multiply, value, current).unwrap();
            inputs.push(Sense::Current);
        }
        let offset = builder.constant(0.2);
        let root = builder.binary(Binary::Add, value, offset).unwrap();
        BehaviouralSource::new(quantity, builder.finish(root), &inputs).unwrap()
    }

    const QUANTITIES: [Quantity; 6] = [
        Quantity::Voltage,
        Quantity::Current,
        Quantity::Resistance,
        Quantity::Capacitance,
        Quantity::Charge,
        Quantity::Inductance,
    ];

    #[test]
    fn every_quantity_has_true_derivatives_within_its_declared_structure() {
        for quantity in QUANTITIES {
            for scale in [1.0, 0.3] {
                let source = source(quantity, true);
                let n = source.unknowns.len();
                let x: Vec<f64> = (0..n).map(|i| 0.3 + 0.17 * i as f64).collect();
                let here = evaluate(&source, &x, scale);
                for column in 0..n {
                    let moved = |by: f64| {
                        let mut x = x.clone();
                        x[column] += by;
                        evaluate(&source, &x, scale)
                    };
                    let h = 1e-6;
                    let (up, down) = (moved(h), moved(-h));
                    for row in 0..n {
                        let f = (up.f[row] - down.f[row]) / (2.0 * h);
                        let q = (up.q[row] - down.q[row]) / (2.0 * h);
                        let (df, dq) = (here.df_dx[row * n + column], here.dq_dx[row * n + column]);
                        let what = format!("{quantity:?} row {row} column {column}");
                        // Truncation of the difference, and cancellation in it.
                        let room = |slope: f64, value: f64| {
                            1e-5 * slope.abs() + 1e-9 + 8.0 * f64::EPSILON * value.abs() / h
                        };
                        assert!((f - df).abs() <= room(df, here.f[row]), "{what}: {f} {df}");
                        assert!((q - dq).abs() <= room(dq, here.q[row]), "{what}: {q} {dq}");
                    }
                }
            }
        }
    }

    #[test]
    fn scaled_sources_start_from_nothing() {
        let source = source(Quantity::Current, false);
        assert_eq!(evaluate(&source, &[0.0, 0.0, 0.0], 0.0).f, [0.0, 0.0, 0.0]);
        let full = evaluate(&source, &[0.0, 0.0, 0.0], 1.0).f;
        assert_eq!(full, [1.2, -1.2, 0.0]);
    }

    #[test]
    fn a_constant_capacitance_is_a_linear_charge() {
        let expression = Expression::constant(2e-12);
        let source = BehaviouralSource::new(Quantity::Capacitance, expression, &[]).unwrap();
        assert!(source.dependence().2);
        assert_eq!(evaluate(&source, &[3.0, 1.0], 1.0).q, [4e-12, -4e-12]);
    }

    #[test]
    fn polynomials_follow_the_order_of_spice() {
        // 1 + 2a + 3b + 4aa + 5ab + 6bb + 7aaa + 8aab at a = 2, b = 10
        let mut builder = ExpressionBuilder::new();
        let controls = [builder.constant(2.0), builder.constant(10.0)];
        let coefficients = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let root = polynomial(&mut builder, &controls, &coefficients).unwrap();
        let expected = 1.0 + 4.0 + 30.0 + 16.0 + 100.0 + 600.0 + 56.0 + 320.0;
        assert_eq!(builder.value(root), Some(expected));

        let mut builder = ExpressionBuilder::new();
        let control = builder.constant(3.0);
        let gain = polynomial(&mut builder, &[control], &[5.0]).unwrap();
        assert_eq!(builder.value(gain), Some(15.0));
        let line = polynomial(&mut builder, &[control], &[5.0, 2.0, 1.0]).unwrap();
        assert_eq!(builder.value(line), Some(20.0));
    }

    #[test]
    fn formulas_that_depend_on_too_much_are_refused() {
        let mut builder = ExpressionBuilder::new();
        let nodes: Vec<Node> = (0..70).map(|i| builder.input(i)).collect();
        let mut sum = builder.constant(0.0);
        for node in nodes {
            sum = builder.binary(Binary::Add, sum, node).unwrap();
        }
        let inputs = [Sense::Node; 70];
        let refused = BehaviouralSource::new(Quantity::Current, builder.finish(sum), &inputs);
        assert_eq!(refused.unwrap_err(), BehaviouralError::TooManyInputs { n: 70, limit: 62 });
        let own = BehaviouralSource::new(
            Quantity::Current,
            Expression::constant(1.0),
            &[Sense::OwnCurrent],
        );
        assert_eq!(own.unwrap_err(), BehaviouralError::NoOwnCurrent);
    }
}
