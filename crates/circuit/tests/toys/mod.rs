//! Toy devices for tests of the solver: each shows one ability of the contract in its simplest form.
//!
//! A circuit is written as a list of parts, so that a test reads like a netlist.

#![allow(dead_code, reason = "each test program uses the toys that it needs, not all of them")]

use num_complex::Complex64;
use ovonic_circuit::{BuildOptions, Circuit, CircuitBuilder, InstanceId, InstanceSpec};
use ovonic_device::{
    AnyParams, Class, Contributions, Environment, Iterate, Kind, Limits, Model, Nature,
    NoiseSources, Output, ParamError, Params, Retention, Tie, Unknown, critical_voltage,
};
use ovonic_numerics::scalar::Scalar;
use std::sync::Arc;

/// Thermal voltage of the toy diode, V.
pub(crate) const VT: f64 = 0.025;
/// Saturation current of the toy diode, A.
pub(crate) const IS: f64 = 1e-14;

/// Parameters of all toys.
#[derive(Clone, Debug, Params)]
pub(crate) struct ToyParams {
    /// The main parameter: ohm, farad, henry, volt, ampere, gain, threshold.
    #[param(name = "value", default = 1.0)]
    pub(crate) value: f64,
    /// A second one: series resistance, hysteresis, delay, 1/f noise.
    #[param(name = "second", default = 0.0)]
    pub(crate) second: f64,
    /// Small-signal stimulus of a source.
    #[param(name = "ac", default = 0.0)]
    pub(crate) ac: f64,
    /// Initial condition.
    #[param(name = "ic")]
    pub(crate) initial: Option<f64>,
}

/// Declares a toy: a struct around its parameters.
macro_rules! toy {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $n:literal, $word:literal, $class:expr) => {
        $(#[$doc])*
        pub(crate) struct $name(ToyParams);

        /// Kind of the toy.
        pub(crate) static $kind: Kind = Kind {
            class: $class,
            ..Kind::of::<$name, $n>($word)
        };
    };
}

/// The parts that all toys have in common.
macro_rules! prepared {
    () => {
        type Params = ToyParams;

        fn prepare(params: &ToyParams, _: &Environment) -> Result<Self, ParamError> {
            Ok(Self(params.clone()))
        }
    };
}

const P: Unknown = Unknown::terminal("p");
const N: Unknown = Unknown::terminal("n");

toy!(
    /// A resistor with thermal and, by `second`, 1/f noise.
    Resistor, RESISTOR, 2, "resistor", Class::Passive
);

impl Model<2> for Resistor {
    prepared!();
    const UNKNOWNS: [Unknown; 2] = [P, N];
    const OUTPUTS: &'static [Output] =
        &[Output { name: "p", description: "power", unit: "W", nature: None }];

    fn eval<S: Scalar>(
        &self,
        [p, n]: [S; 2],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        out.current(0, 1, (p - n) * (1.0 / self.0.value));
    }

    fn noise(&self, [p, n]: &[f64; 2], _: &Iterate<'_>, out: &mut NoiseSources) {
        out.thermal("thermal", 0, 1, 1.0 / self.0.value, 300.0);
        let current = (p - n) / self.0.value;
        out.flicker("flicker", 0, 1, self.0.second, current, 1.0, 1.0);
    }

    fn outputs(&self, [p, n]: &[f64; 2], _: &Iterate<'_>, values: &mut [f64]) {
        values[0] = (p - n) * (p - n) / self.0.value;
    }
}

toy!(
    /// A capacitor.
    Capacitor, CAPACITOR, 2, "capacitor", Class::Reactive
);

impl Model<2> for Capacitor {
    prepared!();
    const UNKNOWNS: [Unknown; 2] = [P, N];

    fn eval<S: Scalar>(
        &self,
        [p, n]: [S; 2],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        out.charge(0, 1, (p - n) * self.0.value);
    }
}

toy!(
    /// An inductor.
    Inductor, INDUCTOR, 3, "inductor", Class::Reactive
);

impl Model<3> for Inductor {
    prepared!();
    const UNKNOWNS: [Unknown; 3] = [P, N, Unknown::branch("i")];

    fn eval<S: Scalar>(
        &self,
        [p, n, i]: [S; 3],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        out.current(0, 1, i);
        out.equation(2, p - n);
        out.storage(2, -(i * self.0.value));
    }
}

toy!(
    /// A voltage source.
    VoltageSource, VOLTAGE_SOURCE, 3, "voltage_source", Class::Source
);

impl Model<3> for VoltageSource {
    prepared!();
    const UNKNOWNS: [Unknown; 3] = [P, N, Unknown::branch("i")];

    fn eval<S: Scalar>(
        &self,
        [p, n, i]: [S; 3],
        at: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        out.current(0, 1, i);
        out.equation(2, p - n - S::constant(at.source_scale * self.0.value));
    }

    fn stimulus(&self, rhs: &mut [Complex64; 3]) {
        rhs[2] += self.0.ac;
    }
}

toy!(
    /// A current source.
    CurrentSource, CURRENT_SOURCE, 2, "current_source", Class::Source
);

impl Model<2> for CurrentSource {
    prepared!();
    const UNKNOWNS: [Unknown; 2] = [P, N];

    fn eval<S: Scalar>(
        &self,
        _: [S; 2],
        at: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        out.current(0, 1, S::constant(at.source_scale * self.0.value));
    }

    fn stimulus(&self, rhs: &mut [Complex64; 2]) {
        rhs[0] -= self.0.ac;
        rhs[1] += self.0.ac;
    }
}

toy!(
    /// A junction diode with limiting; `second` is its series resistance, whose node collapses without it.
    Diode, DIODE, 3, "diode", Class::Passive
);

impl Model<3> for Diode {
    prepared!();
    const UNKNOWNS: [Unknown; 3] = [P, N, Unknown::internal("a")];
    const LIMITS: usize = 1;

    fn eval<S: Scalar>(
        &self,
        [p, n, a]: [S; 3],
        at: &Iterate<'_>,
        limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let v = limits.junction(0, a - n, VT, critical_voltage(VT, IS));
        out.current(2, 1, (v * (1.0 / VT)).exp_m1() * IS + v * at.gmin);
        if self.0.second > 0.0 {
            out.current(0, 2, (p - a) * (1.0 / self.0.second));
        }
    }

    fn collapse(&self, _: u64) -> [Tie; 3] {
        let inner = if self.0.second > 0.0 { Tie::Free } else { Tie::To(0) };
        [Tie::Free, Tie::Free, inner]
    }

    fn noise(&self, [_, n, a]: &[f64; 3], _: &Iterate<'_>, out: &mut NoiseSources) {
        out.shot("shot", 2, 1, IS * ((a - n) / VT).exp_m1());
    }
}

toy!(
    /// A voltage-controlled voltage source.
    Amplifier, AMPLIFIER, 5, "amplifier", Class::Controlled
);

impl Model<5> for Amplifier {
    prepared!();
    const UNKNOWNS: [Unknown; 5] =
        [P, N, Unknown::terminal("cp"), Unknown::terminal("cn"), Unknown::branch("i")];

    fn eval<S: Scalar>(
        &self,
        [p, n, cp, cn, i]: [S; 5],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 5>,
    ) {
        out.current(0, 1, i);
        out.equation(4, p - n - (cp - cn) * self.0.value);
    }
}

toy!(
    /// A voltage-controlled current source.
    Transconductor, TRANSCONDUCTOR, 4, "transconductor", Class::Controlled
);

impl Model<4> for Transconductor {
    prepared!();
    const UNKNOWNS: [Unknown; 4] = [P, N, Unknown::terminal("cp"), Unknown::terminal("cn")];

    fn eval<S: Scalar>(
        &self,
        [_, _, cp, cn]: [S; 4],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 4>,
    ) {
        out.current(0, 1, (cp - cn) * self.0.value);
    }
}

toy!(
    /// A current that follows a borrowed branch current.
    Mirror, MIRROR, 3, "mirror", Class::Controlled
);

impl Model<3> for Mirror {
    prepared!();
    const UNKNOWNS: [Unknown; 3] = [P, N, Unknown::borrowed("i")];

    fn eval<S: Scalar>(
        &self,
        [_, _, i]: [S; 3],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        out.current(0, 1, i * self.0.value);
    }
}

toy!(
    /// A switch of 1 ohm or 1 Mohm by its own voltage, on above `value` and off below `second`.
    Latching, LATCHING, 2, "latching", Class::Memory
);

impl Model<2> for Latching {
    prepared!();
    const UNKNOWNS: [Unknown; 2] = [P, N];
    const LATCHES: usize = 1;

    fn eval<S: Scalar>(
        &self,
        [p, n]: [S; 2],
        at: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        let conductance = if at.latches[0] > 0.0 { 1.0 } else { 1e-6 };
        out.current(0, 1, (p - n) * conductance);
    }

    fn crossings(&self, [p, n]: &[f64; 2], at: &Iterate<'_>, values: &mut [f64]) {
        values[0] =
            if at.latches[0] > 0.0 { self.0.second - (p - n) } else { (p - n) - self.0.value };
    }

    fn flip(&self, _: usize, _: &[f64; 2], latches: &mut [f64]) {
        latches[0] = 1.0 - latches[0];
    }
}

toy!(
    /// A voltage `value` times the control voltage `second` seconds ago.
    DelayLine, DELAY_LINE, 5, "delay_line", Class::Controlled
);

impl Model<5> for DelayLine {
    prepared!();
    const UNKNOWNS: [Unknown; 5] = Amplifier::UNKNOWNS;

    fn eval<S: Scalar>(
        &self,
        [p, n, cp, cn, i]: [S; 5],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 5>,
    ) {
        out.current(0, 1, i);
        out.equation(4, p - n);
        out.delayed(4, cp - cn, self.0.second, -self.0.value);
    }
}

toy!(
    /// Snapback: `v = 2·value·y/(1 + y²) + second·i` with `y = i/1 mA`, so that the voltage falls for a while
    /// as the current rises; a small inductance makes it move in time.
    Snapback, SNAPBACK, 3, "snapback", Class::Passive
);

/// Current scale of the snapback, A.
pub(crate) const SNAPBACK_SCALE: f64 = 1e-3;

impl Model<3> for Snapback {
    prepared!();
    const UNKNOWNS: [Unknown; 3] = [P, N, Unknown::branch("i")];

    fn eval<S: Scalar>(
        &self,
        [p, n, i]: [S; 3],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let y = i * (1.0 / SNAPBACK_SCALE);
        let hump = y * (2.0 * self.0.value) / (y * y + S::constant(1.0));
        out.current(0, 1, i);
        out.equation(2, p - n - hump - i * self.0.second);
        out.storage(2, -(i * 1e-9));
    }
}

toy!(
    /// A warm memory cell: an internal node behind 100 ohm, a settled temperature that lowers its resistance,
    /// a retained state that drifts with the voltage, a capacitance, and noise at the internal node.
    Cell, CELL, 5, "cell", Class::Memory
);

impl Model<5> for Cell {
    prepared!();
    const UNKNOWNS: [Unknown; 5] = [
        P,
        N,
        Unknown::internal("m"),
        Unknown::temperature("t"),
        Unknown::state("w", Retention::Retained, 1.0, 1e-6),
    ];

    fn eval<S: Scalar>(
        &self,
        [p, n, m, t, w]: [S; 5],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 5>,
    ) {
        let v = m - n;
        let conductance = (w * 0.5 + (t * 0.01).exp()) * (1.0 / self.0.value);
        let current = (v * 3.0).sinh() * conductance * (1.0 / 3.0);
        out.current(0, 2, (p - m) * 0.01);
        out.current(2, 1, current);
        out.charge(2, 1, (v + v * v * v * 0.1) * 1e-9);
        out.equation(3, t * 1e-4 - v * current);
        out.storage(3, t * 1e-9);
        out.rate(4, w, (v - w) * 1e3);
    }

    fn initial(&self, x: &mut [f64; 5]) {
        x[4] = self.0.initial.unwrap_or(0.5);
    }

    fn noise(&self, _: &[f64; 5], _: &Iterate<'_>, out: &mut NoiseSources) {
        out.thermal("contact", 0, 2, 0.01, 300.0);
        out.white("cell", 2, 1, 1e-20);
        out.white("fluctuation", 2, 4, 1e-12);
    }
}

toy!(
    /// A thermal resistance to ambient at a thermal terminal, heated by `value` watts.
    Heater, HEATER, 1, "heater", Class::Passive
);

impl Model<1> for Heater {
    prepared!();
    const UNKNOWNS: [Unknown; 1] = [Unknown::thermal_terminal("t")];

    fn eval<S: Scalar>(
        &self,
        [t]: [S; 1],
        _: &Iterate<'_>,
        _: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 1>,
    ) {
        out.equation(0, t * 0.01 - S::constant(self.0.value));
    }
}

/// A part of a circuit.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static Kind,
    pub(crate) nodes: Vec<&'static str>,
    pub(crate) params: ToyParams,
    /// Part whose branch current is borrowed.
    pub(crate) lender: Option<&'static str>,
    /// Number of the cluster that the part belongs to.
    pub(crate) cluster: Option<usize>,
    pub(crate) multiplicity: f64,
}

/// A part by its nodes, written with blanks between them, and its main parameter.
pub(crate) fn part(
    name: &'static str,
    kind: &'static Kind,
    nodes: &'static str,
    value: f64,
) -> Part {
    Part {
        name,
        kind,
        nodes: nodes.split_whitespace().collect(),
        params: ToyParams { value, ..ToyParams::default() },
        lender: None,
        cluster: None,
        multiplicity: 1.0,
    }
}

impl Part {
    pub(crate) fn second(mut self, value: f64) -> Self {
        self.params.second = value;
        self
    }

    pub(crate) fn ac(mut self, value: f64) -> Self {
        self.params.ac = value;
        self
    }

    pub(crate) fn borrowing(mut self, lender: &'static str) -> Self {
        self.lender = Some(lender);
        self
    }

    pub(crate) fn in_cluster(mut self, cluster: usize) -> Self {
        self.cluster = Some(cluster);
        self
    }

    pub(crate) fn times(mut self, multiplicity: f64) -> Self {
        self.multiplicity = multiplicity;
        self
    }
}

/// Builds a circuit; nodes whose names begin with `_` are private to the cluster of the part that names them.
pub(crate) fn build(parts: &[Part], options: BuildOptions) -> Circuit {
    let mut builder = CircuitBuilder::new();
    let n_clusters = parts.iter().filter_map(|part| part.cluster).max();
    let clusters: Vec<_> =
        (0..n_clusters.map_or(0, |last| last + 1)).map(|_| builder.cluster()).collect();
    let mut ids: Vec<(&str, InstanceId)> = Vec::new();
    for part in parts {
        let cluster = part.cluster.map(|index| clusters[index]);
        let terminals = part.nodes.iter().map(|name| match cluster {
            Some(cluster) if name.starts_with('_') => builder.private_node(cluster, name),
            _ => builder.node(name),
        });
        let terminals = terminals.collect();
        let lender = part.lender.map(|lender| {
            let found = ids.iter().find(|(name, _)| *name == lender);
            found.expect("the lender comes before the borrower").1
        });
        let id = builder.instance(InstanceSpec {
            name: part.name.into(),
            kind: part.kind,
            params: Arc::new(part.params.clone()),
            environment: Environment::default(),
            multiplicity: part.multiplicity,
            terminals,
            borrowed: lender.into_iter().collect(),
            cluster,
            origin: 0,
        });
        ids.push((part.name, id));
    }
    builder.build(options).expect("the circuit can be built")
}

/// [`build`] with default options.
pub(crate) fn circuit(parts: &[Part]) -> Circuit {
    build(parts, BuildOptions::default())
}

/// Changes the main parameter of a part.
pub(crate) fn set_value(circuit: &mut Circuit, name: &str, value: f64) -> ovonic_circuit::Change {
    let id = circuit.find_instance(name).expect("there is such a part");
    change(circuit, id, |params| params.value = value)
}

/// Changes the second parameter of a part.
pub(crate) fn set_second(circuit: &mut Circuit, name: &str, value: f64) -> ovonic_circuit::Change {
    let id = circuit.find_instance(name).expect("there is such a part");
    change(circuit, id, |params| params.second = value)
}

fn change(
    circuit: &mut Circuit,
    id: InstanceId,
    edit: impl FnOnce(&mut ToyParams),
) -> ovonic_circuit::Change {
    let spec = circuit.spec(id);
    let environment = spec.environment;
    let mut params = spec
        .params
        .as_any()
        .downcast_ref::<ToyParams>()
        .expect("all parts have toy parameters")
        .clone();
    edit(&mut params);
    let params: Arc<dyn AnyParams> = Arc::new(params);
    circuit.update(id, params, environment).expect("all toy parameters make a device")
}

/// Row of a node, or of an unknown by name.
pub(crate) fn row(circuit: &Circuit, name: &str) -> usize {
    match circuit.find_node(name) {
        Some(row) => row.index(),
        None => circuit
            .unknowns()
            .iter()
            .position(|entry| entry.name == name)
            .expect("there is such an unknown"),
    }
}

/// The nature of an unknown, for tests that look at rows.
pub(crate) fn nature(circuit: &Circuit, row: usize) -> Nature {
    circuit.unknowns()[row].nature
}
