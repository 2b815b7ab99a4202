//! Output cards: what a user wants to see, found in the circuit.

use super::Elaborator;
use super::currents::{self, Many};
use super::pictures::{MEASURES, RequestedAxes};
use super::reporter::Reported;
use super::scope::ScopeId;
use crate::formula::Formula;
use ovonic_analysis::Probe;
use ovonic_circuit::{Circuit, NodeId};
use ovonic_device::find_param;
use ovonic_netlist::ast::{BinaryOp, Expr, ExprKind, Name, Output, OutputKind, Part, UnaryOp};
use ovonic_netlist::{Diagnostic, Span, codes, suggest};
use ovonic_waveforms::Quantity;

/// A card with outputs.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The analysis that it is for; absent for every one.
    pub(crate) analysis: Option<String>,
    pub(crate) kind: OutputKind,
    /// Whether everything is wanted.
    pub(crate) all: bool,
    pub(crate) outputs: Vec<Wanted>,
    /// Vectors that the analysis makes by itself, such as `onoise_spectrum`; of `.plot meas` the names of measures.
    pub(crate) own: Vec<String>,
    /// What a `.plot` card draws over, and how.
    pub(crate) axes: RequestedAxes,
}

/// One output.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) quantity: Quantity,
    pub(crate) formula: Formula,
}

/// Names of vectors that analyses make themselves.
const SCALES: &[&str] = &["time", "frequency", "freq", "v-sweep", "i-sweep", "temp-sweep"];
/// Names of the vectors of a noise analysis.
const NOISE_VECTORS: &[&str] = &["inoise_spectrum", "onoise_spectrum", "inoise", "onoise"];

impl Elaborator {
    /// The output cards of the netlist.
    pub(crate) fn requests(&mut self, circuit: &Circuit) -> Vec<Request> {
        let cards = self.scopes.table(ScopeId::TOP).cards.outputs.clone();
        let mut requests: Vec<Request> =
            cards.iter().map(|card| self.request(card, circuit)).collect();
        requests.extend(self.saved_currents(circuit));
        requests
    }

    /// What one card asks for.
    pub(crate) fn request(&mut self, card: &Output, circuit: &Circuit) -> Request {
        let analysis = card.analysis.as_ref().map(|name| name.node.clone());
        let (log_x, log_y) = (card.axes.log_x, card.axes.log_y);
        let axes = RequestedAxes { log_x, log_y, ..RequestedAxes::default() };
        let (outputs, own) = (Vec::new(), Vec::new());
        let mut request = Request { all: false, outputs, own, kind: card.kind, analysis, axes };
        if request.analysis.as_deref() == Some(MEASURES) {
            self.plot_measures(card, &mut request);
            return request;
        }
        let is_noise = request.analysis.as_deref() == Some("noise");
        for output in &card.outputs {
            match (currents::many(output), card.kind) {
                (Some(Many::Everything), OutputKind::Save | OutputKind::Probe) => {
                    request.all = true;
                    continue;
                }
                (Some(Many::Everything), _) if is_noise => {
                    let spectra = ["inoise_spectrum", "onoise_spectrum"];
                    request.own.extend(spectra.map(str::to_owned));
                    continue;
                }
                (Some(many), _) => {
                    request.outputs.extend(currents::expanded(many, circuit));
                    continue;
                }
                (None, _) => {}
            }
            match &output.kind {
                ExprKind::Name(name) if SCALES.contains(&name.as_str()) => {}
                ExprKind::Name(name) if NOISE_VECTORS.contains(&name.as_str()) => {
                    let full = if name.ends_with("_spectrum") { "" } else { "_spectrum" };
                    request.own.push(format!("{name}{full}"));
                }
                _ => {
                    // What is wrong with it has been reported.
                    if let Ok(wanted) = self.wanted(output, circuit) {
                        request.outputs.push(wanted);
                    }
                }
            }
        }
        // What is wrong with it has been reported.
        let over = card.axes.over.as_ref().and_then(|over| self.wanted(over, circuit).ok());
        request.axes.over = over.as_ref().map(|wanted| wanted.name.clone());
        request.axes.wanted = over;
        self.ignore_params(card);
        request
    }

    pub(crate) fn wanted(&mut self, output: &Expr, circuit: &Circuit) -> Result<Wanted, Reported> {
        let formula = self.output(output, circuit)?;
        let quantity = formula.quantity(circuit);
        Ok(Wanted { name: self.output_name(output), quantity, formula })
    }

    /// The name under which results carry an output.
    fn output_name(&self, output: &Expr) -> String {
        match &output.kind {
            ExprKind::Name(name) => match name.strip_suffix("#branch") {
                Some(device) => format!("i({device})"),
                None if self.builder.find_node(name).is_some() => format!("v({name})"),
                None => name.clone(),
            },
            _ => output.to_string(),
        }
    }

    fn output(&mut self, output: &Expr, circuit: &Circuit) -> Result<Formula, Reported> {
        let span = output.span;
        match &output.kind {
            ExprKind::Number(value) => Ok(Formula::Constant(*value)),
            ExprKind::Voltage { part, plus, minus } => {
                let probe = self.voltage_probe(plus, minus.as_ref())?;
                Ok(self.part_of(Formula::Probe(probe), *part))
            }
            ExprKind::Current { part, device } => {
                let probe = self.current_probe(device, circuit)?;
                Ok(self.part_of(Formula::Probe(probe), *part))
            }
            ExprKind::Quantity { device, quantity } => {
                self.quantity(device, quantity, circuit, span)
            }
            ExprKind::Name(name) => self.named_output(name, span, circuit),
            ExprKind::Unary { op, operand } => {
                let operand = Box::new(self.output(operand, circuit)?);
                match op {
                    UnaryOp::Negate => Ok(Formula::Negate(operand)),
                    UnaryOp::Not => Err(self.report_operation(span, "!")),
                }
            }
            ExprKind::Binary { op, left, right } => {
                let left = Box::new(self.output(left, circuit)?);
                let right = Box::new(self.output(right, circuit)?);
                match op {
                    BinaryOp::Add => Ok(Formula::Add(left, right)),
                    BinaryOp::Subtract => Ok(Formula::Subtract(left, right)),
                    BinaryOp::Multiply => Ok(Formula::Multiply(left, right)),
                    BinaryOp::Divide => Ok(Formula::Divide(left, right)),
                    BinaryOp::Power => Ok(Formula::Power(left, right)),
                    _ => Err(self.report_operation(span, op.symbol())),
                }
            }
            ExprKind::Call { name, args } => self.output_call(name, args, circuit),
            ExprKind::Text(_) | ExprKind::Conditional { .. } => {
                Err(self.report_operation(span, "this form"))
            }
        }
    }

    /// A part of a formula. Phases are in degrees, under ngspice's rules in radians.
    fn part_of(&self, formula: Formula, part: Part) -> Formula {
        let shown = formula.part(part);
        if part == Part::Phase && self.reporter.follows_ngspice() {
            let radians = Formula::Constant(1f64.to_radians());
            return Formula::Multiply(Box::new(shown), Box::new(radians));
        }
        shown
    }

    fn report_operation(&mut self, span: Span, what: &str) -> Reported {
        self.reporter.report(
            Diagnostic::error(
                codes::BAD_OUTPUT_CARD,
                span,
                format!("{what} is not available in outputs"),
            )
            .help("put the formula into a B element and output its voltage"),
        )
    }

    fn output_call(
        &mut self,
        name: &Name,
        args: &[Expr],
        circuit: &Circuit,
    ) -> Result<Formula, Reported> {
        let part = match name.node.as_str() {
            "abs" | "mag" | "magnitude" => Some(Part::Magnitude),
            "db" => Some(Part::Decibel),
            "ph" | "phase" => Some(Part::Phase),
            "re" | "real" => Some(Part::Real),
            "im" | "imag" => Some(Part::Imaginary),
            _ => None,
        };
        let function = crate::formula::function(&name.node);
        if let ([argument], true) = (args, part.is_some() || function.is_some()) {
            let argument = self.output(argument, circuit)?;
            return Ok(match (part, function) {
                (Some(part), _) => self.part_of(argument, part),
                (None, Some(function)) => Formula::Function(function, Box::new(argument)),
                (None, None) => argument,
            });
        }
        if let ("par", [inner]) = (name.node.as_str(), args) {
            return self.output(inner, circuit);
        }
        if let Some(current) = self.terminal_current(name, args, circuit) {
            return current;
        }
        if part.is_some() || function.is_some() {
            return Err(self.reporter.report(Diagnostic::error(
                codes::WRONG_ARGUMENT_COUNT,
                name.span,
                format!("function \"{name}\" takes 1 argument, not {}", args.len()),
            )));
        }
        Err(self.reporter.report(
            Diagnostic::error(
                codes::UNDEFINED_FUNCTION,
                name.span,
                format!("outputs know no function \"{name}\""),
            )
            .did_you_mean(suggest(&name.node, crate::formula::function_names())),
        ))
    }

    fn named_output(
        &mut self,
        name: &str,
        span: Span,
        circuit: &Circuit,
    ) -> Result<Formula, Reported> {
        let word = Name::new(name.to_owned(), span);
        if let Some(device) = name.strip_suffix("#branch") {
            let device = Name::new(device.to_owned(), span);
            return Ok(Formula::Probe(self.current_probe(&device, circuit)?));
        }
        if self.builder.find_node(name).is_some() {
            return Ok(Formula::Probe(self.voltage_probe(&word, None)?));
        }
        if let Some(value) = self.scopes.parameter(&mut self.reporter, ScopeId::TOP, name, span)? {
            return Ok(Formula::Constant(value.value));
        }
        Ok(Formula::Probe(self.voltage_probe(&word, None)?))
    }

    fn voltage_probe(&mut self, plus: &Name, minus: Option<&Name>) -> Result<Probe, Reported> {
        let plus = self.node_id(plus)?;
        match minus {
            None => Ok(Probe::Node(plus)),
            Some(minus) => Ok(Probe::Difference(plus, self.node_id(minus)?)),
        }
    }

    fn node_id(&mut self, name: &Name) -> Result<NodeId, Reported> {
        let node = self.known_node(name)?;
        Ok(self.builder.node(&node))
    }

    fn current_probe(&mut self, device: &Name, circuit: &Circuit) -> Result<Probe, Reported> {
        let id = self.known_device(device)?;
        Ok(Probe::current(circuit, id))
    }

    /// The instance that a card at the top names.
    pub(crate) fn known_device(
        &mut self,
        name: &Name,
    ) -> Result<ovonic_circuit::InstanceId, Reported> {
        if let Some(id) = self.find_instance(&name.node) {
            return Ok(id);
        }
        let mut names: Vec<&str> = self.instances.keys().map(String::as_str).collect();
        names.sort_unstable();
        let near = suggest(&name.node, names).map(str::to_owned);
        let diagnostic = Diagnostic::error(
            codes::UNKNOWN_NODE,
            name.span,
            format!("the circuit has no device \"{name}\""),
        );
        // The output is left out in any case.
        let _ = self.reporter.tolerate(diagnostic.did_you_mean(near.as_deref()));
        Err(Reported)
    }

    /// `@device[quantity]`: an output of the device, its current, or a parameter.
    fn quantity(
        &mut self,
        device: &Name,
        quantity: &Name,
        circuit: &Circuit,
        span: Span,
    ) -> Result<Formula, Reported> {
        let id = self.known_device(device)?;
        let spec = circuit.spec(id);
        let word = quantity.node.as_str();
        let outputs = spec.kind.outputs;
        if let Some(formula) = self.cell_quantity(id, word, circuit) {
            return Ok(formula);
        }
        if let Some(index) = outputs.iter().position(|output| output.name == word) {
            return Ok(Formula::Probe(Probe::DeviceOutput { instance: id, index }));
        }
        if word == "i" {
            return Ok(Formula::Probe(Probe::current(circuit, id)));
        }
        let unknowns = circuit.local_roles(id);
        if let Some(unknown) = unknowns.iter().position(|unknown| unknown.name == word) {
            return Ok(Formula::Probe(Probe::Local { instance: id, unknown }));
        }
        let known = find_param(spec.kind.params, word);
        if let Some(index) = known.filter(|&index| spec.params.value(index).is_some()) {
            return Ok(Formula::Probe(Probe::Parameter { instance: id, index }));
        }
        let mut names: Vec<&str> = outputs.iter().map(|output| output.name).collect();
        names.extend(spec.kind.params.iter().map(|info| info.name));
        let near = suggest(word, names.iter().copied());
        let known: Vec<&str> = outputs.iter().map(|output| output.name).collect();
        let diagnostic = Diagnostic::error(
            codes::UNKNOWN_PARAMETER,
            span,
            format!("a {} has no quantity \"{quantity}\"", spec.kind.name),
        );
        let diagnostic = match near {
            Some(near) => diagnostic.help(format!("did you mean \"{near}\"?")),
            None if known.is_empty() => diagnostic,
            None => diagnostic.help(format!("it reports: {}", known.join(", "))),
        };
        Err(self.reporter.report(diagnostic))
    }
}
