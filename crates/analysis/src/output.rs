//! What a user wants to see: probes of a circuit, evaluated at solved points and in small signals.
//!
//! Probes name nodes, instances and their terminals, never rows, so that they outlive a circuit that is built
//! anew. A terminal's current is the instance's own: its resistive current, the rates of its stored quantities
//! where there are rates, and in small signals its own linearisation.

use num_complex::Complex64;
use ovonic_circuit::{Circuit, InstanceId, NodeId, Point};
use ovonic_device::{LocalJacobian, LocalResidual, Nature, Role};
use ovonic_waveforms::{PlotHeader, PlotKind, Quantity, Scalar, Variable};

/// One quantity of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// Voltage of a node to ground, or its temperature rise.
    Node(NodeId),
    /// Voltage of the first node to the second.
    Difference(NodeId, NodeId),
    /// A local unknown of an instance, in its kind's order: a branch current, an internal node, a state.
    Local {
        /// The instance.
        instance: InstanceId,
        /// Position among the kind's unknowns.
        unknown: usize,
    },
    /// Current into a terminal of an instance, A (W for a thermal one).
    TerminalCurrent {
        /// The instance.
        instance: InstanceId,
        /// Position among the kind's unknowns.
        terminal: usize,
    },
    /// A quantity that an instance's kind reports.
    DeviceOutput {
        /// The instance.
        instance: InstanceId,
        /// Position among the kind's outputs.
        index: usize,
    },
    /// A parameter of an instance, as it is when the probe looks: sweeps and commands change it. Zero where it has no
    /// value.
    Parameter {
        /// The instance.
        instance: InstanceId,
        /// Position among the kind's parameters.
        index: usize,
    },
}

/// Why a probe shows nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProbeError {
    /// No instance touches the node.
    #[error("node {node} is connected to nothing")]
    Node {
        /// Its name.
        node: String,
    },
    /// An index beyond what the instance's kind has.
    #[error("{name} has {count} {what}, none with index {index}")]
    Index {
        /// The instance.
        name: String,
        /// Unknowns, terminals or outputs.
        what: &'static str,
        /// What was asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
}

impl Probe {
    /// The current of an instance: its branch current where it has one, otherwise that into its first terminal.
    pub fn current(circuit: &Circuit, instance: InstanceId) -> Probe {
        let roles = circuit.local_roles(instance);
        match roles.iter().position(|unknown| unknown.role == Role::Branch) {
            Some(unknown) => Probe::Local { instance, unknown },
            None => Probe::TerminalCurrent { instance, terminal: 0 },
        }
    }

    /// Checks that the circuit has what the probe shows.
    ///
    /// # Errors
    /// When a node is touched by nothing, or an index is too large.
    pub fn check(&self, circuit: &Circuit) -> Result<(), ProbeError> {
        let node = |id: NodeId| match circuit.node(id) {
            Some(_) => Ok(()),
            None => Err(ProbeError::Node { node: circuit.node_name(id).to_owned() }),
        };
        let index = |instance: InstanceId, what, index: usize, count: usize| {
            if index < count {
                return Ok(());
            }
            Err(ProbeError::Index { name: circuit.spec(instance).name.clone(), what, index, count })
        };
        match *self {
            Probe::Node(id) => node(id),
            Probe::Difference(a, b) => node(a).and(node(b)),
            Probe::Local { instance, unknown } => {
                let count = circuit.local_roles(instance).len();
                index(instance, "unknowns", unknown, count)
            }
            Probe::TerminalCurrent { instance, terminal } => {
                let roles = circuit.local_roles(instance).iter();
                let count = roles.take_while(|unknown| unknown.is_terminal()).count();
                index(instance, "terminals", terminal, count)
            }
            Probe::DeviceOutput { instance, index: output } => {
                let count = circuit.spec(instance).kind.outputs.len();
                index(instance, "outputs", output, count)
            }
            Probe::Parameter { instance, index: parameter } => {
                let count = circuit.spec(instance).kind.params.len();
                index(instance, "parameters", parameter, count)
            }
        }
    }

    /// What the probe measures.
    pub fn quantity(&self, circuit: &Circuit) -> Quantity {
        let of_nature = |nature| match nature {
            Nature::Voltage => Quantity::Voltage,
            Nature::Current => Quantity::Current,
            Nature::Temperature => Quantity::Temperature,
            Nature::HeatFlow => Quantity::Power,
            Nature::State | Nature::Rate => Quantity::Dimensionless,
        };
        match *self {
            Probe::Node(id) | Probe::Difference(id, _) => {
                let row = row_of(circuit, id);
                let entry = circuit.unknowns().get(row);
                of_nature(entry.map_or(Nature::Voltage, |entry| entry.nature))
            }
            Probe::Local { instance, unknown } => {
                of_nature(circuit.local_roles(instance)[unknown].nature)
            }
            Probe::TerminalCurrent { instance, terminal } => {
                of_nature(circuit.local_roles(instance)[terminal].residual)
            }
            Probe::DeviceOutput { instance, index } => {
                of_unit(circuit.spec(instance).kind.outputs[index].unit)
            }
            Probe::Parameter { instance, index } => {
                of_unit(circuit.spec(instance).kind.params[index].unit)
            }
        }
    }

    /// The one or two rows whose difference the probe is; absent where it is more than that.
    pub(crate) fn rows(&self, circuit: &Circuit) -> Option<(usize, usize)> {
        let ground = circuit.n();
        match *self {
            Probe::Node(id) => Some((row_of(circuit, id), ground)),
            Probe::Difference(a, b) => Some((row_of(circuit, a), row_of(circuit, b))),
            Probe::Local { instance, unknown } => {
                Some((circuit.local_unknowns(instance)[unknown], ground))
            }
            Probe::TerminalCurrent { .. }
            | Probe::DeviceOutput { .. }
            | Probe::Parameter { .. } => None,
        }
    }
}

/// The value of an instance's parameter.
fn parameter(circuit: &Circuit, instance: InstanceId, index: usize) -> f64 {
    circuit.spec(instance).params.value(index).unwrap_or(0.0)
}

/// Row of a node; one that nothing touches reads as ground.
fn row_of(circuit: &Circuit, id: NodeId) -> usize {
    circuit.node(id).map_or(circuit.n(), |row| row.index())
}

fn of_unit(unit: &str) -> Quantity {
    match unit {
        "V" => Quantity::Voltage,
        "A" => Quantity::Current,
        "K" => Quantity::Temperature,
        "Ω" | "ohm" | "Ohm" => Quantity::Impedance,
        "S" => Quantity::Admittance,
        "F" => Quantity::Capacitance,
        "H" => Quantity::Inductance,
        "C" => Quantity::Charge,
        "Wb" => Quantity::Flux,
        "W" => Quantity::Power,
        "J" => Quantity::Energy,
        "m" => Quantity::Length,
        "s" => Quantity::Time,
        "Hz" => Quantity::Frequency,
        _ => Quantity::Dimensionless,
    }
}

/// A probe with the variable that it fills.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name and quantity.
    pub variable: Variable,
    /// What it shows.
    pub probe: Probe,
}

impl Output {
    /// A probe under a name, its quantity taken from the circuit.
    pub fn new(circuit: &Circuit, name: impl Into<String>, probe: Probe) -> Self {
        Self { variable: Variable::new(name, probe.quantity(circuit)), probe }
    }
}

/// All nodes that a user named as `v(node)`, then all branch currents as `i(instance)`, or
/// `i(instance#branch)` where an instance has several.
pub fn default_outputs(circuit: &Circuit) -> Vec<Output> {
    let nodes = circuit.node_ids().filter(|&id| !circuit.is_private_node(id));
    let mut outputs: Vec<Output> = nodes
        .map(|id| {
            let name = format!("v({})", circuit.node_name(id));
            Output::new(circuit, name, Probe::Node(id))
        })
        .collect();
    for (instance, spec) in circuit.instances() {
        let roles = circuit.local_roles(instance).iter().enumerate();
        let branches = roles.filter(|(_, unknown)| unknown.role == Role::Branch);
        let branches: Vec<usize> = branches.map(|(position, _)| position).collect();
        for &unknown in &branches {
            let name = if branches.len() == 1 {
                format!("i({})", spec.name)
            } else {
                let local = circuit.local_roles(instance)[unknown].name;
                format!("i({}#{local})", spec.name)
            };
            let probe = Probe::Local { instance, unknown };
            outputs.push(Output::new(circuit, name, probe));
        }
    }
    outputs
}

/// Header of a plot of `outputs`, after a scale where the kind has one.
pub fn plot_header(
    title: impl Into<String>,
    kind: PlotKind,
    scale: Option<Variable>,
    outputs: &[Output],
) -> PlotHeader {
    let probed = outputs.iter().map(|output| output.variable.clone());
    let variables = scale.into_iter().chain(probed).collect();
    let scalar = match kind {
        PlotKind::Ac => Scalar::Complex,
        _ => Scalar::Real,
    };
    PlotHeader { scalar, ..PlotHeader::real(title, kind, variables) }
}

/// A solved point, as probes see it.
#[derive(Clone, Copy)]
pub struct ProbeContext<'a> {
    /// The circuit.
    pub circuit: &'a Circuit,
    /// Where it stands.
    pub point: Point<'a>,
    /// Rate of each stored quantity, in the order of [`Circuit::stored`]; absent where nothing changes.
    pub rates: Option<&'a [f64]>,
}

/// Evaluates probes at point after point, an instance once a point however many probes it has.
#[derive(Clone, Debug, Default)]
pub struct ProbeSet {
    probes: Vec<Probe>,
    /// Instances whose residuals are needed.
    currents: Vec<InstanceId>,
    /// Instances whose outputs are needed.
    reports: Vec<InstanceId>,
    /// For each probe that needs it, the position of its instance in one of those lists.
    places: Vec<usize>,
    residuals: Vec<Vec<f64>>,
    values: Vec<Vec<f64>>,
    local: LocalResidual,
}

impl ProbeSet {
    /// A set of probes.
    pub fn new(probes: impl IntoIterator<Item = Probe>) -> Self {
        let mut set = Self { probes: probes.into_iter().collect(), ..Self::default() };
        let (mut currents, mut reports) = (Vec::new(), Vec::new());
        for probe in &set.probes {
            match probe {
                Probe::TerminalCurrent { instance, .. } => currents.push(*instance),
                Probe::DeviceOutput { instance, .. } => reports.push(*instance),
                _ => {}
            }
        }
        for list in [&mut currents, &mut reports] {
            list.sort_unstable();
            list.dedup();
        }
        let place = |list: &[InstanceId], id: &InstanceId| list.binary_search(id).unwrap_or(0);
        set.places = set
            .probes
            .iter()
            .map(|probe| match probe {
                Probe::TerminalCurrent { instance, .. } => place(&currents, instance),
                Probe::DeviceOutput { instance, .. } => place(&reports, instance),
                _ => 0,
            })
            .collect();
        set.residuals = vec![Vec::new(); currents.len()];
        set.values = vec![Vec::new(); reports.len()];
        (set.currents, set.reports) = (currents, reports);
        set
    }

    /// A set of the probes of `outputs`.
    pub fn of(outputs: &[Output]) -> Self {
        Self::new(outputs.iter().map(|output| output.probe))
    }

    /// Number of probes.
    pub fn len(&self) -> usize {
        self.probes.len()
    }

    /// Whether there is no probe.
    pub fn is_empty(&self) -> bool {
        self.probes.is_empty()
    }

    /// Appends the probes' values at a solved point to `out`, in SI units.
    pub fn append(&mut self, at: &ProbeContext<'_>, out: &mut Vec<f64>) {
        self.prepare(at);
        let x = at.point.x;
        for (probe, &place) in self.probes.iter().zip(&self.places) {
            out.push(match *probe {
                Probe::TerminalCurrent { instance, terminal } => {
                    let rows = at.circuit.terminal_rows(instance, terminal).into_iter();
                    rows.map(|row| self.residuals[place][row]).sum()
                }
                Probe::DeviceOutput { index, .. } => self.values[place][index],
                Probe::Parameter { instance, index } => parameter(at.circuit, instance, index),
                _ => {
                    let ground = at.circuit.n();
                    let (plus, minus) = probe.rows(at.circuit).unwrap_or((ground, ground));
                    x[plus] - x[minus]
                }
            });
        }
    }

    fn prepare(&mut self, at: &ProbeContext<'_>) {
        for (&instance, currents) in self.currents.iter().zip(&mut self.residuals) {
            at.circuit.local_residual(instance, &at.point, &mut self.local);
            currents.clone_from(&self.local.resistive);
            let Some(rates) = at.rates else { continue };
            let multiplicity = at.circuit.spec(instance).multiplicity;
            let rates = &rates[at.circuit.stored_range(instance)];
            let stored = &at.circuit.structure(instance).trace.stored;
            // The current of a varying capacitance is in the residual already, by the point's own rates.
            let pairs = stored.iter().zip(rates).filter(|(stored, _)| !stored.is_voltage);
            for (stored, rate) in pairs {
                currents[stored.row] += multiplicity * rate;
                if let Some(from) = stored.from {
                    currents[from] -= multiplicity * rate;
                }
            }
        }
        for (&instance, values) in self.reports.iter().zip(&mut self.values) {
            values.resize(at.circuit.spec(instance).kind.outputs.len(), 0.0);
            at.circuit.outputs(instance, &at.point, values);
        }
    }
}

/// One probe, linearised.
#[derive(Clone, Debug)]
enum LinearProbe {
    Difference(usize, usize),
    Terminal(TerminalRow),
    Constant(f64),
}

/// A terminal's row of its instance's linearisation, by global unknowns.
#[derive(Clone, Debug)]
struct TerminalRow {
    /// Column, conductance, capacitance.
    terms: Vec<(usize, f64, f64)>,
    /// Column, factor, delay.
    delayed: Vec<(usize, f64, f64)>,
    stimulus: Complex64,
}

impl TerminalRow {
    fn new(at: &ProbeContext<'_>, instance: InstanceId, terminal: usize) -> Self {
        let mut jacobian = LocalJacobian::default();
        at.circuit.local_jacobian(instance, &at.point, &mut jacobian);
        let unknowns = at.circuit.local_unknowns(instance);
        let first = terminal * unknowns.len();
        let entries = unknowns.iter().enumerate().map(|(column, &global)| {
            let slot = first + column;
            (global, jacobian.resistive[slot], jacobian.reactive[slot])
        });
        let of_row = jacobian.delayed.iter().filter(|term| term.row == terminal);
        Self {
            terms: entries.filter(|&(_, g, c)| g != 0.0 || c != 0.0).collect(),
            delayed: of_row.map(|term| (unknowns[term.column], term.value, term.delay)).collect(),
            stimulus: jacobian.stimulus[terminal],
        }
    }

    fn value(&self, omega: f64, x: &[Complex64]) -> Complex64 {
        let mut sum = -self.stimulus;
        for &(column, g, c) in &self.terms {
            sum += Complex64::new(g, omega * c) * x[column];
        }
        for &(column, factor, delay) in &self.delayed {
            sum += Complex64::from_polar(factor, -omega * delay) * x[column];
        }
        sum
    }
}

/// Probes linearised at an operating point, for small-signal analysis. A device's own outputs have no
/// linearisation: they keep their value at the operating point.
#[derive(Clone, Debug)]
pub struct SmallSignalProbes {
    probes: Vec<LinearProbe>,
}

impl SmallSignalProbes {
    /// Linearises `probes` at a solved point, where retained states are not held.
    pub fn new(probes: impl IntoIterator<Item = Probe>, at: &ProbeContext<'_>) -> Self {
        let linearise = |probe: Probe| match probe {
            Probe::TerminalCurrent { instance, terminal } => {
                LinearProbe::Terminal(TerminalRow::new(at, instance, terminal))
            }
            Probe::DeviceOutput { instance, index } => {
                let mut values = vec![0.0; at.circuit.spec(instance).kind.outputs.len()];
                at.circuit.outputs(instance, &at.point, &mut values);
                LinearProbe::Constant(values[index])
            }
            Probe::Parameter { instance, index } => {
                LinearProbe::Constant(parameter(at.circuit, instance, index))
            }
            _ => {
                let ground = at.circuit.n();
                let (plus, minus) = probe.rows(at.circuit).unwrap_or((ground, ground));
                LinearProbe::Difference(plus, minus)
            }
        };
        Self { probes: probes.into_iter().map(linearise).collect() }
    }

    /// Appends the probes' phasors at angular frequency `omega` (rad/s) to `out`; `x` are the unknowns'
    /// phasors, length `n + 1`.
    pub fn append(&self, omega: f64, x: &[Complex64], out: &mut Vec<Complex64>) {
        out.extend(self.probes.iter().map(|probe| match probe {
            LinearProbe::Difference(plus, minus) => x[*plus] - x[*minus],
            LinearProbe::Terminal(row) => row.value(omega, x),
            LinearProbe::Constant(value) => Complex64::new(*value, 0.0),
        }));
    }
}
