//! Element lines letter by letter: passives, sources, controlled sources, formulas, couplings.

use super::draft::{Draft, Line};
use super::lower::{Lowering, Signal, Signals, is_formula};
use super::reporter::Reported;
use super::scope::{Dependence, ScopeId};
use super::{Elaborator, functions, waveforms};

use ovonic_devices::behavioural::{self, BehaviouralSource, Quantity, Sense};
use ovonic_devices::inductor::InductorParams;
use ovonic_devices::sources::SourceParams;
use ovonic_netlist::ast::{
    AcStimulus, Argument, Behavioral, BehavioralQuantity, ControlledSource, Coupling, Element,
    ElementBody, Expr, IndependentSource, Name, Param, Passive, Transfer, Value, Word,
};
use ovonic_netlist::{Diagnostic, Span, Spanned, codes, parse_number};
use ovonic_numerics::expression::Node;
use std::sync::Arc;

impl Elaborator {
    /// R, C or L.
    pub(super) fn passive(
        &mut self,
        element: &Element,
        body: &Passive,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let letter = element.letter();
        if let Some((quantity, formula)) = self.passive_formula(letter, body, scope) {
            let own = |param: &&Param| formula_quantity(letter, &param.key.node).is_none();
            let params: Vec<Param> = body.params.iter().filter(own).cloned().collect();
            let line = Line {
                element,
                terminals: body.nodes.to_vec(),
                lenders: Vec::new(),
                params: &params,
            };
            return self.formula(line, quantity, scope, |lowering| lowering.lower(&formula));
        }
        let (value, model) = self.passive_words(element, &body.words, scope)?;
        if letter == 'r'
            && model.is_none()
            && let Some(dependence) = self.zero_resistance(value.as_ref(), body, scope)
        {
            return self.short(element, body, dependence, scope);
        }
        let (kind, model) = match model {
            Some(name) => {
                let model = self.model_for(&name, element, scope)?;
                (model.kind, Some(model))
            }
            None => (self.letter_kind(element)?, None),
        };
        let line = Line {
            element,
            terminals: body.nodes.to_vec(),
            lenders: Vec::new(),
            params: &body.params,
        };
        self.instance(line, kind, model.as_deref(), scope, |assignment| {
            match (value, assignment.kind.value) {
                (Some(value), Some(target)) => assignment.set(target, &value),
                (Some(value), None) => Err(assignment.reporter.report(Diagnostic::error(
                    codes::TOO_MANY_WORDS,
                    value.span,
                    format!("{} takes no bare value", assignment.owner),
                ))),
                (None, _) => Ok(()),
            }
        })
    }

    /// Whether the resistance is zero, and what that depends on.
    fn zero_resistance(
        &mut self,
        value: Option<&Argument>,
        body: &Passive,
        scope: ScopeId,
    ) -> Option<Dependence> {
        let named =
            body.params.iter().find(|param| formula_quantity('r', &param.key.node).is_some());
        let argument = value.or(named.map(|param| &param.value))?;
        if matches!(argument.node, Value::Name(_) | Value::Text(_) | Value::List(_)) {
            return None;
        }
        let value = self.scopes.argument(&mut self.reporter, scope, argument).ok()?;
        (value.value == 0.0).then_some(value.dependence)
    }

    /// A resistance of zero: an exact short, with a branch current instead of a conductance.
    fn short(
        &mut self,
        element: &Element,
        body: &Passive,
        dependence: Dependence,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        // Whatever else describes the resistor multiplies zero.
        let keeps = |param: &&Param| matches!(param.key.node.as_str(), "m" | "temp" | "dtemp");
        let params: Vec<Param> = body.params.iter().filter(keeps).cloned().collect();
        let line =
            Line { element, terminals: body.nodes.to_vec(), lenders: Vec::new(), params: &params };
        self.formula(line, Quantity::Resistance, scope, |lowering| {
            lowering.depends_on(&dependence);
            Ok(lowering.builder.constant(0.0))
        })
    }

    /// The formula that gives a passive element's value, if it is one.
    fn passive_formula(
        &self,
        letter: char,
        body: &Passive,
        scope: ScopeId,
    ) -> Option<(Quantity, Expr)> {
        let named = body.params.iter().filter_map(|param| {
            let quantity = formula_quantity(letter, &param.key.node)?;
            match &param.value.node {
                Value::Expression(expression) => Some((quantity, &**expression)),
                _ => None,
            }
        });
        let plain = formula_quantity(letter, &letter.to_string())?;
        let words = body.words.iter().filter_map(|word| match &word.node {
            Word::Expression(expression) => Some((plain, &**expression)),
            _ => None,
        });
        named
            .chain(words)
            .find(|(quantity, expression)| {
                *quantity == Quantity::Charge || is_formula(&self.scopes, scope, expression)
            })
            .map(|(quantity, expression)| (quantity, expression.clone()))
    }

    /// The bare value and the model of a passive element.
    fn passive_words(
        &mut self,
        element: &Element,
        words: &[Spanned<Word>],
        scope: ScopeId,
    ) -> Result<(Option<Argument>, Option<Name>), Reported> {
        let (mut value, mut model) = (None, None);
        for word in words {
            let argument: Argument = Spanned::new(word.node.value(), word.span);
            match argument.node {
                Value::Name(name) | Value::Text(name) => {
                    let name = name.to_lowercase();
                    if name.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                        && self.scopes.model(scope, &name).is_none()
                    {
                        return Err(self.report_number(&name, word.span));
                    }
                    if self.scopes.model(scope, &name).is_none()
                        && self.scopes.has_parameter(scope, &name)
                    {
                        return Err(self.scopes.report_bare_name(
                            &mut self.reporter,
                            scope,
                            &name,
                            word.span,
                        ));
                    }
                    if model.is_some() {
                        return Err(self.report_extra_word(element, word.span));
                    }
                    model = Some(Spanned::new(name, word.span));
                }
                _ if value.is_some() => return Err(self.report_extra_word(element, word.span)),
                _ => value = Some(argument),
            }
        }
        Ok((value, model))
    }

    /// A word that begins like a number and is none.
    fn report_number(&mut self, word: &str, span: Span) -> Reported {
        let error = match parse_number(word) {
            Ok(_) => return Reported,
            Err(error) => error,
        };
        let diagnostic = Diagnostic::error(codes::BAD_NUMBER, span, error.to_string());
        self.reporter.report(diagnostic.help(error.help()))
    }

    fn report_extra_word(&mut self, element: &Element, span: Span) -> Reported {
        self.reporter.report(Diagnostic::error(
            codes::TOO_MANY_WORDS,
            span,
            format!("\"{}\" is complete before this word", element.name),
        ))
    }

    /// V or I.
    pub(super) fn independent_source(
        &mut self,
        element: &Element,
        body: &IndependentSource,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let kind = self.letter_kind(element)?;
        let line = Line {
            element,
            terminals: body.nodes.to_vec(),
            lenders: Vec::new(),
            params: &body.params,
        };
        self.instance(line, kind, None, scope, |assignment| {
            if let Some(dc) = &body.dc {
                assignment.set("dc", dc)?;
            }
            if let Some(AcStimulus { span, magnitude, phase }) = &body.ac {
                match magnitude {
                    Some(magnitude) => assignment.set("acmag", magnitude)?,
                    None => {
                        let index = assignment.find("acmag", *span)?;
                        assignment.set_number(index, 1.0, *span)?;
                    }
                }
                if let Some(phase) = phase {
                    assignment.set("acphase", phase)?;
                }
            }
            if let Some(waveform) = &body.waveform {
                let course = waveforms::waveform(assignment, waveform)?;
                let params = assignment.params.as_any_mut();
                params
                    .downcast_mut::<SourceParams>()
                    .expect("independent sources have the parameters of sources")
                    .waveform = course;
            }
            Ok(())
        })
    }

    /// E or G.
    pub(super) fn voltage_controlled(
        &mut self,
        element: &Element,
        body: &ControlledSource<[Name; 2]>,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let mut line = Line {
            element,
            terminals: body.nodes.to_vec(),
            lenders: Vec::new(),
            params: &body.params,
        };
        let quantity = output_quantity(element);
        match &body.transfer {
            Transfer::Linear { control, gain } => {
                if let Value::Expression(expression) = &gain.node
                    && is_formula(&self.scopes, scope, expression)
                {
                    return self.formula(line, quantity, scope, |lowering| {
                        let control = lowering.control_voltage(control)?;
                        let gain = lowering.lower(expression)?;
                        product(lowering, control, gain, expression.span)
                    });
                }
                line.terminals.extend(control.iter().cloned());
                let kind = self.letter_kind(element)?;
                self.instance(line, kind, None, scope, |assignment| assignment.set("gain", gain))
            }
            Transfer::Polynomial { controls, coefficients } => {
                let coefficients = self.numbers(coefficients, scope)?;
                self.formula(line, quantity, scope, |lowering| {
                    lowering.depends_on(&coefficients.1);
                    let controls: Result<Vec<Node>, Reported> =
                        controls.iter().map(|control| lowering.control_voltage(control)).collect();
                    polynomial(lowering, &controls?, &coefficients.0, element.span)
                })
            }
            Transfer::Expression(expression) => {
                self.formula(line, quantity, scope, |lowering| lowering.lower(expression))
            }
            Transfer::Table { input, points } => self.table(line, quantity, input, points, scope),
        }
    }

    /// F or H.
    pub(super) fn current_controlled(
        &mut self,
        element: &Element,
        body: &ControlledSource<Name>,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let mut line = Line {
            element,
            terminals: body.nodes.to_vec(),
            lenders: Vec::new(),
            params: &body.params,
        };
        let quantity = output_quantity(element);
        match &body.transfer {
            Transfer::Linear { control, gain } => {
                if let Value::Expression(expression) = &gain.node
                    && is_formula(&self.scopes, scope, expression)
                {
                    return self.formula(line, quantity, scope, |lowering| {
                        let control = lowering.control_current(control)?;
                        let gain = lowering.lower(expression)?;
                        product(lowering, control, gain, expression.span)
                    });
                }
                line.lenders.push(control.clone());
                let kind = self.letter_kind(element)?;
                self.instance(line, kind, None, scope, |assignment| assignment.set("gain", gain))
            }
            Transfer::Polynomial { controls, coefficients } => {
                let coefficients = self.numbers(coefficients, scope)?;
                self.formula(line, quantity, scope, |lowering| {
                    lowering.depends_on(&coefficients.1);
                    let controls: Result<Vec<Node>, Reported> =
                        controls.iter().map(|control| lowering.control_current(control)).collect();
                    polynomial(lowering, &controls?, &coefficients.0, element.span)
                })
            }
            Transfer::Expression(expression) => {
                self.formula(line, quantity, scope, |lowering| lowering.lower(expression))
            }
            Transfer::Table { input, points } => self.table(line, quantity, input, points, scope),
        }
    }

    fn table(
        &mut self,
        line: Line<'_>,
        quantity: Quantity,
        input: &Expr,
        points: &[[Argument; 2]],
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let (numbers, dependence) = self.numbers(points.as_flattened(), scope)?;
        let pairs = numbers.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
        let pairs = pairs.collect();
        let span = line.element.span;
        self.formula(line, quantity, scope, |lowering| {
            lowering.depends_on(&dependence);
            let argument = lowering.lower(input)?;
            functions::apply_table(lowering, pairs, argument, span, false)
        })
    }

    /// Constants in a row, and what they depend on.
    fn numbers(
        &mut self,
        arguments: &[Argument],
        scope: ScopeId,
    ) -> Result<(Vec<f64>, Dependence), Reported> {
        let mut dependence = Dependence::default();
        let mut numbers = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.scopes.argument(&mut self.reporter, scope, argument)?;
            dependence.extend(&value.dependence);
            numbers.push(value.value);
        }
        Ok((numbers, dependence))
    }

    /// B.
    pub(super) fn behavioural(
        &mut self,
        element: &Element,
        body: &Behavioral,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let quantity = match body.quantity.node {
            BehavioralQuantity::Voltage => Quantity::Voltage,
            BehavioralQuantity::Current => Quantity::Current,
            BehavioralQuantity::Resistance => Quantity::Resistance,
            BehavioralQuantity::Capacitance => Quantity::Capacitance,
            BehavioralQuantity::Charge => Quantity::Charge,
            BehavioralQuantity::Inductance => Quantity::Inductance,
        };
        let line = Line {
            element,
            terminals: body.nodes.to_vec(),
            lenders: Vec::new(),
            params: &body.params,
        };
        self.formula(line, quantity, scope, |lowering| lowering.lower(&body.expression))
    }

    /// A device whose quantity is a formula.
    fn formula(
        &mut self,
        line: Line<'_>,
        quantity: Quantity,
        scope: ScopeId,
        build: impl FnOnce(&mut Lowering<'_>) -> Result<Node, Reported>,
    ) -> Result<Vec<Draft>, Reported> {
        let element = line.element;
        let mut signals = Signals::default();
        let mut lowering =
            Lowering::new(&mut self.scopes, &mut self.reporter, scope, Some(&mut signals));
        let root = build(&mut lowering)?;
        let (expression, mut dependence) = lowering.finish(root);

        let own: Vec<String> =
            line.terminals.iter().map(|node| self.scopes.node(scope, &node.node)).collect();
        let own_device = self.scopes.device(scope, &element.name.node);
        let (mut nodes, mut lenders) = (Vec::new(), Vec::new());
        let senses: Vec<Sense> = signals
            .inputs
            .into_iter()
            .map(|signal| match signal {
                Signal::Voltage(node) if node == own[0] => Sense::Positive,
                Signal::Voltage(node) if node == own[1] => Sense::Negative,
                Signal::Voltage(node) => {
                    nodes.push(node);
                    Sense::Node
                }
                Signal::Current(device) if device.node == own_device => Sense::OwnCurrent,
                Signal::Current(device) => {
                    lenders.push(device);
                    Sense::Current
                }
            })
            .collect();
        let mut source =
            BehaviouralSource::new(quantity, expression, &senses).map_err(|error| {
                self.reporter.report(Diagnostic::error(
                    codes::NOT_SUPPORTED,
                    element.span,
                    format!("\"{}\": {error}", element.name),
                ))
            })?;
        let has_initial =
            matches!(quantity, Quantity::Capacitance | Quantity::Charge | Quantity::Inductance);
        let (initial, rest): (Vec<&Param>, Vec<&Param>) =
            line.params.iter().partition(|param| has_initial && param.key.node == "ic");
        if let Some(param) = initial.first() {
            let value = self.scopes.argument(&mut self.reporter, scope, &param.value)?;
            dependence.extend(&value.dependence);
            source = source.with_initial(value.value);
        }
        let rest: Vec<Param> = rest.into_iter().cloned().collect();
        let line = Line { params: &rest, ..line };
        let params = Arc::new(source.into_params());
        let mut drafts = self.complete(line, &behavioural::KIND, params, dependence, scope)?;
        for draft in &mut drafts {
            draft.terminals.extend(nodes.iter().cloned());
            draft.lenders.extend(lenders.iter().cloned());
        }
        Ok(drafts)
    }

    /// K: one instance for each pair of the inductors, which have to be in the circuit already.
    pub(super) fn coupling(
        &mut self,
        element: &Element,
        body: &Coupling,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let kind = self.letter_kind(element)?;
        let inductors: Result<Vec<Inductor>, Reported> =
            body.inductors.iter().map(|name| self.inductor(name, scope)).collect();
        let inductors = inductors?;
        for (index, name) in body.inductors.iter().enumerate() {
            if body.inductors[..index].iter().any(|other| other.node == name.node) {
                return Err(self.reporter.report(Diagnostic::error(
                    codes::INVALID_VALUE,
                    name.span,
                    format!("\"{name}\" is coupled with itself"),
                )));
            }
        }
        let mut drafts = Vec::new();
        let n = inductors.len();
        for first in 0..n {
            for second in first + 1..n {
                let (one, two) = (&inductors[first], &inductors[second]);
                let line = Line {
                    element,
                    terminals: Vec::new(),
                    lenders: vec![body.inductors[first].clone(), body.inductors[second].clone()],
                    params: &body.params,
                };
                let mut pair = self.instance(line, kind, None, scope, |assignment| {
                    if let Some(target) = assignment.kind.value {
                        assignment.set(target, &body.coefficient)?;
                    }
                    for (name, inductor) in [("l1", one), ("l2", two)] {
                        let index = assignment.find(name, element.span)?;
                        assignment.set_number(index, inductor.inductance, element.span)?;
                        assignment.dependence.extend(&inductor.dependence);
                    }
                    Ok(())
                })?;
                for draft in &mut pair {
                    if n > 2 {
                        draft.name = format!("{}#{}#{}", draft.name, first + 1, second + 1);
                    }
                }
                drafts.extend(pair);
            }
        }
        Ok(drafts)
    }

    /// The inductance that a coupling sees.
    fn inductor(&mut self, name: &Name, scope: ScopeId) -> Result<Inductor, Reported> {
        let device = Spanned::new(self.scopes.device(scope, &name.node), name.span);
        let id = self.lender_here(&device)?;
        let spec = self.builder.spec(id);
        let Some(params) = spec.params.as_any().downcast_ref::<InductorParams>() else {
            return Err(self.reporter.report(Diagnostic::error(
                codes::UNKNOWN_CONTROL,
                name.span,
                format!("\"{name}\" is not an inductor that can be coupled"),
            )));
        };
        match params.inductance_at(&spec.environment) {
            Ok(inductance) => Ok(Inductor {
                inductance: inductance * spec.multiplicity,
                dependence: self.records[spec.origin].dependence.clone(),
            }),
            // The inductor itself will be refused with the reason.
            Err(_) => Err(Reported),
        }
    }
}

/// An inductor as a coupling sees it.
struct Inductor {
    inductance: f64,
    dependence: Dependence,
}

/// What the key of a passive element gives when its value is a formula.
fn formula_quantity(letter: char, key: &str) -> Option<Quantity> {
    match (letter, key) {
        ('r', "r" | "resistance") => Some(Quantity::Resistance),
        ('c', "c" | "cap" | "capacitance") => Some(Quantity::Capacitance),
        ('c', "q" | "charge") => Some(Quantity::Charge),
        ('l', "l" | "ind" | "inductance") => Some(Quantity::Inductance),
        _ => None,
    }
}

/// What a controlled source gives.
fn output_quantity(element: &Element) -> Quantity {
    match element.body {
        ElementBody::VoltageControlledVoltage(_) | ElementBody::CurrentControlledVoltage(_) => {
            Quantity::Voltage
        }
        _ => Quantity::Current,
    }
}

fn product(
    lowering: &mut Lowering<'_>,
    left: Node,
    right: Node,
    span: Span,
) -> Result<Node, Reported> {
    lowering.binary(ovonic_numerics::expression::Binary::Multiply, left, right, span)
}

fn polynomial(
    lowering: &mut Lowering<'_>,
    controls: &[Node],
    coefficients: &[f64],
    span: Span,
) -> Result<Node, Reported> {
    behavioural::polynomial(&mut lowering.builder, controls, coefficients).map_err(|error| {
        lowering.reporter.report(Diagnostic::error(codes::NOT_FINITE, span, error.to_string()))
    })
}
