//! Outputs that stand for many: `v(*)`, `i(*)`, `all`, `alli`, and currents of single terminals, `ic(q1)`.

use super::Elaborator;
use super::outputs::{Request, Wanted};
use super::pictures::RequestedAxes;
use super::reporter::Reported;
use crate::formula::Formula;
use ovonic_analysis::{Probe, default_outputs};
use ovonic_circuit::{Circuit, InstanceId};
use ovonic_netlist::ast::{Expr, ExprKind, Name, OutputKind, Part};
use ovonic_netlist::{Diagnostic, codes};
use ovonic_waveforms::Quantity;

/// Everything of one sort.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    /// All node voltages.
    Voltages,
    /// The currents of all devices.
    Currents,
    /// All node voltages and branch currents.
    Everything,
}

/// What an output stands for, if it stands for many.
pub(super) fn many(output: &Expr) -> Option<Many> {
    let starred = |name: &Name| name.node == "*";
    match &output.kind {
        ExprKind::Name(name) => match name.as_str() {
            "all" | "*" => Some(Many::Everything),
            "allv" => Some(Many::Voltages),
            "alli" => Some(Many::Currents),
            _ => None,
        },
        ExprKind::Voltage { plus, minus: None, part: Part::Whole } if starred(plus) => {
            Some(Many::Voltages)
        }
        ExprKind::Current { device, part: Part::Whole } if starred(device) => Some(Many::Currents),
        _ => None,
    }
}

/// The outputs that are meant.
pub(super) fn expanded(many: Many, circuit: &Circuit) -> Vec<Wanted> {
    let outputs = default_outputs(circuit).into_iter();
    let outputs = outputs.map(|output| Wanted {
        name: output.variable.name,
        quantity: output.variable.quantity,
        formula: Formula::Probe(output.probe),
    });
    let is_voltage = |wanted: &Wanted| wanted.name.starts_with("v(");
    match many {
        Many::Everything => outputs.collect(),
        Many::Voltages => outputs.filter(is_voltage).collect(),
        Many::Currents => {
            let branches = outputs.filter(|wanted| !is_voltage(wanted));
            branches.chain(device_currents(circuit, Naming::Currents)).collect()
        }
    }
}

/// How the currents of devices are called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// `@r1[i]`, `@d1[id]`, `@q1[ic]`, as after `.options savecurrents`.
    Quantities,
    /// `i(r1)`, `i(q1:c)`, as after `.probe alli`.
    Currents,
}

/// The currents of all devices that have no branch current of their own, one for each terminal where there are more than
/// two.
fn device_currents(circuit: &Circuit, naming: Naming) -> Vec<Wanted> {
    let mut currents = Vec::new();
    for (id, spec) in circuit.instances() {
        if circuit.branch(id).is_some() {
            continue;
        }
        let names = terminals(circuit, id);
        let wanted = |name: String, terminal| Wanted {
            name,
            quantity: Quantity::Current,
            formula: Formula::Probe(Probe::TerminalCurrent { instance: id, terminal }),
        };
        let device = &spec.name;
        if names.len() == 2 {
            let word = if spec.kind.letter == Some('d') { "id" } else { "i" };
            let name = match naming {
                Naming::Quantities => format!("@{device}[{word}]"),
                Naming::Currents => format!("i({device})"),
            };
            currents.push(wanted(name, 0));
            continue;
        }
        for (terminal, name) in names.iter().enumerate() {
            let name = match naming {
                Naming::Quantities => format!("@{device}[i{name}]"),
                Naming::Currents => format!("i({device}:{name})"),
            };
            currents.push(wanted(name, terminal));
        }
    }
    currents
}

/// The names of the terminals of an instance.
fn terminals(circuit: &Circuit, id: InstanceId) -> Vec<&'static str> {
    let roles = circuit.local_roles(id).iter();
    roles.take_while(|unknown| unknown.is_terminal()).map(|unknown| unknown.name).collect()
}

impl Elaborator {
    /// What `.options savecurrents` asks for.
    pub(super) fn saved_currents(&self, circuit: &Circuit) -> Option<Request> {
        self.options.save_currents.then(|| Request {
            analysis: None,
            kind: OutputKind::Probe,
            all: false,
            own: Vec::new(),
            outputs: device_currents(circuit, Naming::Quantities),
            axes: RequestedAxes::default(),
        })
    }

    /// `ic(q1)`: the current into a terminal; `None` if this is no such form.
    pub(super) fn terminal_current(
        &mut self,
        function: &Name,
        args: &[Expr],
        circuit: &Circuit,
    ) -> Option<Result<Formula, Reported>> {
        let terminal = function.node.strip_prefix('i').filter(|word| word.len() == 1)?;
        let [Expr { kind: ExprKind::Name(device), span }] = args else {
            return None;
        };
        let device = Name::new(device.clone(), *span);
        let id = match self.known_device(&device) {
            Ok(id) => id,
            Err(reported) => return Some(Err(reported)),
        };
        let names = terminals(circuit, id);
        // Of a diode, id is the current itself.
        let is_whole = names.len() == 2 && circuit.spec(id).kind.letter == Some('d');
        let terminal = if is_whole && terminal == "d" { names[0] } else { terminal };
        Some(match names.iter().position(|name| *name == terminal) {
            Some(terminal) => Ok(Formula::Probe(Probe::TerminalCurrent { instance: id, terminal })),
            None => {
                let message = format!("\"{device}\" has no terminal \"{terminal}\"");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_NODE, function.span, message);
                let help = format!("its terminals are: {}", names.join(" "));
                Err(self.reporter.report(diagnostic.help(help)))
            }
        })
    }
}
