//! From an element line to instances of devices.
//!
//! A draft is made the same way when a circuit is built and when a parameter changed later, so that both agree.

use super::Elaborator;
use super::assign::{Assignment, Place, parameter_error};
use super::models::PreparedModel;
use super::reporter::Reported;
use super::scope::{Dependence, ScopeId};
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_device::{AnyParams, Environment, Kind, ParamError, ParamKind, Role, Scope, find_param};
use ovonic_netlist::ast::{Argument, Element, ElementBody, Name, Param, Word};
use ovonic_netlist::{Diagnostic, Spanned, codes};
use std::sync::Arc;

/// An instance before it is part of a circuit.
#[derive(Clone)]
pub(crate) struct Draft {
    /// Name in the circuit.
    pub(crate) name: String,
    pub(crate) kind: &'static Kind,
    /// Names in the circuit.
    pub(crate) terminals: Vec<String>,
    /// The node that is private to it and to the other part of its cell.
    pub(crate) private_node: Option<String>,
    /// Names in the circuit of the devices whose branch currents are needed.
    pub(crate) lenders: Vec<Spanned<String>>,
    pub(crate) params: Arc<dyn AnyParams>,
    pub(crate) environment: Environment,
    /// Rise above the circuit's temperature, K; absent for a temperature of its own.
    pub(crate) rise: Option<f64>,
    pub(crate) multiplicity: f64,
    /// What parameters and temperature depend on.
    pub(crate) dependence: Dependence,
    /// What the multiplicity depends on.
    pub(crate) structure: Dependence,
}

/// What an instance line says beside its kind's own parameters.
#[derive(Default)]
struct Common {
    multiplicity: Option<f64>,
    temperature_celsius: Option<f64>,
    rise: f64,
    structure: Dependence,
    dependence: Dependence,
}

/// The parts of an instance line that differ from letter to letter.
pub(crate) struct Line<'a> {
    pub(crate) element: &'a Element,
    pub(crate) terminals: Vec<Name>,
    pub(crate) lenders: Vec<Name>,
    pub(crate) params: &'a [Param],
}

impl Elaborator {
    /// The instances that an element stands for; none for one whose multiplicity is zero.
    pub(crate) fn draft(
        &mut self,
        element: &Element,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        match &element.body {
            ElementBody::Resistor(body)
            | ElementBody::Capacitor(body)
            | ElementBody::Inductor(body) => self.passive(element, body, scope),
            ElementBody::VoltageSource(body) | ElementBody::CurrentSource(body) => {
                self.independent_source(element, body, scope)
            }
            ElementBody::VoltageControlledVoltage(body)
            | ElementBody::VoltageControlledCurrent(body) => {
                self.voltage_controlled(element, body, scope)
            }
            ElementBody::CurrentControlledCurrent(body)
            | ElementBody::CurrentControlledVoltage(body) => {
                self.current_controlled(element, body, scope)
            }
            ElementBody::Behavioral(body) => self.behavioural(element, body, scope),
            ElementBody::VoltageSwitch(body) => {
                let mut terminals = body.nodes.to_vec();
                terminals.extend(body.control.iter().cloned());
                let line = Line { element, terminals, lenders: Vec::new(), params: &body.params };
                self.switch(line, &body.model, body.initially_on.as_ref(), scope)
            }
            ElementBody::CurrentSwitch(body) => {
                let line = Line {
                    element,
                    terminals: body.nodes.to_vec(),
                    lenders: vec![body.control.clone()],
                    params: &body.params,
                };
                self.switch(line, &body.model, body.initially_on.as_ref(), scope)
            }
            ElementBody::Coupling(body) => self.coupling(element, body, scope),
            ElementBody::Line(body) => {
                let kind = self.letter_kind(element)?;
                let line = Line {
                    element,
                    terminals: body.nodes.to_vec(),
                    lenders: Vec::new(),
                    params: &body.params,
                };
                self.instance(line, kind, None, scope, |_| Ok(()))
            }
            ElementBody::LossyLine(body) => {
                let model = self.model_for(&body.model, element, scope)?;
                let line = Line {
                    element,
                    terminals: body.nodes.to_vec(),
                    lenders: Vec::new(),
                    params: &body.params,
                };
                self.instance(line, model.kind, Some(&model), scope, |_| Ok(()))
            }
            // Arrays are taken apart before.
            ElementBody::Crossbar(_) => Ok(Vec::new()),
            ElementBody::Instance(body) => self.worded(element, &body.words, &body.params, scope),
            ElementBody::Kinded(body) => self.worded(element, &body.words, &body.params, scope),
        }
    }

    /// The kind that an element letter means where no model says more.
    pub(crate) fn letter_kind(&mut self, element: &Element) -> Result<&'static Kind, Reported> {
        let letter = element.letter();
        let kind = self.kinds.iter().find(|kind| kind.letter == Some(letter)).copied();
        kind.ok_or_else(|| self.report_no_device(element))
    }

    fn report_no_device(&mut self, element: &Element) -> Reported {
        let letter = element.letter();
        let message = format!("there is no device for elements that start with \"{letter}\"");
        let diagnostic = Diagnostic::error(codes::NO_DEVICE, element.name.span, message);
        let what = match letter {
            'a' => "XSPICE code models and LTspice's gates",
            'o' => "lossy transmission lines",
            'u' => "distributed RC lines and digital parts",
            'z' => "MESFETs",
            'p' => "coupled transmission lines and ports",
            _ => return self.reporter.report(diagnostic),
        };
        self.reporter.report(diagnostic.help(format!("{what} are not supported")))
    }

    /// The model that an element names, which must fit its letter.
    pub(crate) fn model_for(
        &mut self,
        name: &Name,
        element: &Element,
        scope: ScopeId,
    ) -> Result<Arc<PreparedModel>, Reported> {
        let model = match self.model(scope, &name.node) {
            Some(model) => model?,
            None => return Err(self.report_unknown_model(scope, name)),
        };
        if fits(model.kind, element.letter()) {
            return Ok(model);
        }
        let help = match model.kind.letter {
            Some(letter) => format!("elements of this model start with \"{letter}\""),
            None => "elements of this model start with \"n\"".to_owned(),
        };
        Err(self.reporter.report(
            Diagnostic::error(
                codes::KIND_MISMATCH,
                name.span,
                format!(
                    "\"{name}\" is a {} model, which does not fit element \"{}\"",
                    model.kind.name, element.name
                ),
            )
            .help(help),
        ))
    }

    /// Checks the number of terminals and of borrowed currents.
    pub(crate) fn check_counts(
        &mut self,
        line: &Line<'_>,
        kind: &'static Kind,
    ) -> Result<(), Reported> {
        if kind.unknowns.is_empty() {
            return Ok(());
        }
        let most = kind.terminals().count();
        let least = kind.terminals().filter(|t| t.role == Role::Terminal).count();
        let found = line.terminals.len();
        if (least..=most).contains(&found) {
            return Ok(());
        }
        let names: Vec<&str> = kind.terminals().map(|t| t.name).collect();
        let expected = if least == most { least.to_string() } else { format!("{least} to {most}") };
        Err(self.reporter.report(
            Diagnostic::error(
                codes::WRONG_NODE_COUNT,
                line.element.span,
                format!(
                    "\"{}\" connects {found} nodes, but a {} has {expected}",
                    line.element.name, kind.name
                ),
            )
            .help(format!("the terminals are: {}", names.join(" "))),
        ))
    }

    /// An instance of a kind: common parameters, the kind's own, and what `extra` adds.
    pub(crate) fn instance(
        &mut self,
        line: Line<'_>,
        kind: &'static Kind,
        model: Option<&PreparedModel>,
        scope: ScopeId,
        extra: impl FnOnce(&mut Assignment<'_>) -> Result<(), Reported>,
    ) -> Result<Vec<Draft>, Reported> {
        self.check_counts(&line, kind)?;
        let (common, own) = self.common(line.params, Some(kind), scope)?;
        let name = self.scopes.local(scope, &line.element.name.node);
        let owner = match model {
            Some(_) => format!("\"{name}\""),
            None => format!("{} \"{name}\"", kind.name),
        };
        let base = model.map(|model| model.params.clone());
        let mut assignment = Assignment {
            scopes: &mut self.scopes,
            reporter: &mut self.reporter,
            scope,
            kind,
            place: Place::Instance,
            owner,
            params: base.as_ref().map_or_else(|| (kind.new_params)(), |params| params.boxed()),
            dependence: Dependence::default(),
        };
        let mut result = Ok(());
        for param in own {
            result = result.and(assignment.assign(param));
        }
        result = extra(&mut assignment).and(result);
        result?;
        let missing = kind
            .params
            .iter()
            .enumerate()
            .find(|(index, info)| info.required && assignment.params.value(*index).is_none());
        if let Some((_, info)) = missing {
            let error = ParamError::Missing { name: info.name };
            let diagnostic =
                parameter_error(&assignment.owner, kind.params, &error, line.element.span);
            return Err(assignment.reporter.report(diagnostic));
        }
        let mut dependence = assignment.dependence;
        let params: Arc<dyn AnyParams> = assignment.params.into();
        if let Some(model) = model {
            dependence.extend(&model.dependence);
        }
        Ok(self.finish(line, kind, params, dependence, common, scope))
    }

    /// An instance whose parameters are complete.
    pub(crate) fn complete(
        &mut self,
        line: Line<'_>,
        kind: &'static Kind,
        params: Arc<dyn AnyParams>,
        dependence: Dependence,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let (common, own) = self.common(line.params, None, scope)?;
        if let Some(param) = own.first() {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::UNKNOWN_PARAMETER,
                    param.key.span,
                    format!(
                        "unknown parameter \"{}\" for \"{}\", which is given by a formula",
                        param.key, line.element.name
                    ),
                )
                .help("a formula takes m, temp, dtemp and ic"),
            ));
        }
        Ok(self.finish(line, kind, params, dependence, common, scope))
    }

    fn finish(
        &mut self,
        line: Line<'_>,
        kind: &'static Kind,
        params: Arc<dyn AnyParams>,
        mut dependence: Dependence,
        common: Common,
        scope: ScopeId,
    ) -> Vec<Draft> {
        let (outer, outer_dependence) = self.scopes.multiplicity(scope);
        let multiplicity = outer * common.multiplicity.unwrap_or(1.0);
        if multiplicity == 0.0 {
            return Vec::new();
        }
        dependence.extend(&common.dependence);
        let mut structure = common.structure;
        structure.extend(&outer_dependence);
        let celsius =
            common.temperature_celsius.unwrap_or(self.scopes.temperature_celsius + common.rise);
        let terminals = line.terminals.iter();
        let lenders = line.lenders.iter();
        let name = self.scopes.device(scope, &line.element.name.node);
        vec![Draft {
            kind,
            terminals: terminals.map(|node| self.scopes.node(scope, &node.node)).collect(),
            private_node: None,
            lenders: lenders
                .map(|name| Spanned::new(self.scopes.device(scope, &name.node), name.span))
                .collect(),
            params,
            environment: Environment {
                temperature: celsius + ZERO_CELSIUS,
                variation: self.environment.variation.of_instance(&name),
                ..self.environment
            },
            name,
            rise: match common.temperature_celsius {
                Some(_) => None,
                None => Some(common.rise),
            },
            multiplicity,
            dependence,
            structure,
        }]
    }

    /// Splits off what every instance understands: `m`, `temp` and `dtemp`, unless the kind has its own.
    fn common<'p>(
        &mut self,
        params: &'p [Param],
        kind: Option<&'static Kind>,
        scope: ScopeId,
    ) -> Result<(Common, Vec<&'p Param>), Reported> {
        let taken = |key: &str| {
            kind.and_then(|kind| find_param(kind.params, key).map(|i| kind.params[i].scope))
                == Some(Scope::Instance)
        };
        let mut common = Common::default();
        let mut own = Vec::new();
        for param in params {
            let key = param.key.node.as_str();
            match key {
                "m" | "temp" | "dtemp" if !taken(key) => {}
                _ => {
                    own.push(param);
                    continue;
                }
            }
            let value = self.scopes.argument(&mut self.reporter, scope, &param.value)?;
            let in_range = match key {
                "m" => value.value >= 0.0,
                "temp" => value.value > -ZERO_CELSIUS,
                _ => true,
            };
            if !in_range {
                let allowed = if key == "m" { "zero or more" } else { "above -273.15 °C" };
                return Err(self.reporter.report(
                    Diagnostic::error(
                        codes::VALUE_OUT_OF_RANGE,
                        param.value.span,
                        format!("\"{key}\" = {} is out of range", value.value),
                    )
                    .label(format!("allowed is {allowed}")),
                ));
            }
            match key {
                "m" => {
                    common.multiplicity = Some(value.value);
                    common.structure.extend(&value.dependence);
                }
                "temp" => {
                    common.temperature_celsius = Some(value.value);
                    common.dependence.extend(&value.dependence);
                }
                _ => {
                    common.rise = value.value;
                    common.dependence.extend(&value.dependence);
                }
            }
        }
        Ok((common, own))
    }

    fn switch(
        &mut self,
        line: Line<'_>,
        model: &Name,
        initially_on: Option<&Spanned<bool>>,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let model = self.model_for(model, line.element, scope)?;
        self.instance(line, model.kind, Some(&model), scope, |assignment| {
            let Some(state) = initially_on else {
                return Ok(());
            };
            if find_param(assignment.kind.params, "on").is_some() {
                let index = assignment.find("on", state.span)?;
                return assignment.set_number(index, f64::from(u8::from(state.node)), state.span);
            }
            let word = if state.node { "on" } else { "off" };
            assignment.set_flag(word, state.span).map(|_| ())
        })
    }

    /// D, Q, J, M, Z, N and Y: nodes, a model, and perhaps an area and flags.
    fn worded(
        &mut self,
        element: &Element,
        words: &[Spanned<Word>],
        params: &[Param],
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let letter = element.letter();
        let has_device = letter == 'n'
            || letter == 'y'
            || self.kinds.iter().any(|kind| kind.letter == Some(letter));
        if !has_device {
            return Err(self.report_no_device(element));
        }
        let place = self.model_place(element, words, scope)?;
        let Some(Word::Plain(name)) = words.get(place).map(|word| &word.node) else {
            return Err(self.reporter.report(Diagnostic::error(
                codes::UNKNOWN_MODEL,
                element.span,
                format!("\"{}\" names no model", element.name),
            )));
        };
        let name = Spanned::new(name.clone(), words[place].span);
        let model = self.model_for(&name, element, scope)?;
        let terminals = self.node_names(&words[..place])?;
        let line = Line { element, terminals, lenders: Vec::new(), params };
        let rest = &words[place + 1..];
        if !model.parts.is_empty() {
            return self.cell(line, &model, rest, scope);
        }
        self.instance(line, model.kind, Some(&model), scope, |assignment| {
            let mut value_given = false;
            rest.iter().try_for_each(|word| positional(assignment, word, &mut value_given))
        })
    }

    /// The position of the model among the words: the first word that names a model which fits the letter, behind
    /// as many nodes as the kind needs; if there is none, the position where it ought to stand.
    fn model_place(
        &mut self,
        element: &Element,
        words: &[Spanned<Word>],
        scope: ScopeId,
    ) -> Result<usize, Reported> {
        let letter = element.letter();
        let mut unfit = None;
        for (index, word) in words.iter().enumerate().skip(1) {
            let Word::Plain(name) = &word.node else {
                continue;
            };
            let Some((card, home)) = self.scopes.model(scope, name) else {
                continue;
            };
            let (kind, _) = self.model_kind(&card, home)?;
            let least = kind.terminals().filter(|t| t.role == Role::Terminal).count();
            if fits(kind, letter) && index >= least {
                return Ok(index);
            }
            unfit.get_or_insert(index);
        }
        if let Some(index) = unfit {
            return Ok(index);
        }
        let usual = self
            .kinds
            .iter()
            .find(|kind| kind.letter == Some(letter))
            .map(|kind| kind.terminals().filter(|t| t.role == Role::Terminal).count());
        // Without a kind's help the model is taken to be the last bare word.
        let last = words.len().saturating_sub(1);
        Ok(usual.unwrap_or(last).min(last))
    }

    /// Words as node names.
    pub(crate) fn node_names(&mut self, words: &[Spanned<Word>]) -> Result<Vec<Name>, Reported> {
        words
            .iter()
            .map(|word| match word.node.text() {
                Some(text) => Ok(Spanned::new(text.to_lowercase(), word.span)),
                None => Err(self.reporter.report(Diagnostic::error(
                    codes::INVALID_VALUE,
                    word.span,
                    "a node is expected instead of an expression",
                ))),
            })
            .collect()
    }
}

/// A word behind the model: the kind's bare value, or a flag.
pub(super) fn positional(
    assignment: &mut Assignment<'_>,
    word: &Spanned<Word>,
    value_given: &mut bool,
) -> Result<(), Reported> {
    let is_value = word.node.number().is_some() || matches!(word.node, Word::Expression(_));
    if let (true, false, Some(target)) = (is_value, *value_given, assignment.kind.value) {
        *value_given = true;
        let argument: Argument = Spanned::new(word.node.value(), word.span);
        return assignment.set(target, &argument);
    }
    if let Some(text) = word.node.text() {
        if assignment.set_flag(text, word.span)? {
            return Ok(());
        }
        let flags: Vec<&str> = assignment
            .kind
            .params
            .iter()
            .filter(|info| info.kind == ParamKind::Flag)
            .map(|info| info.name)
            .collect();
        let mut diagnostic = Diagnostic::error(
            codes::TOO_MANY_WORDS,
            word.span,
            format!("\"{text}\" means nothing to {}", assignment.owner),
        );
        if !flags.is_empty() {
            diagnostic = diagnostic.help(format!("flags that exist: {}", flags.join(", ")));
        }
        return Err(assignment.reporter.report(diagnostic));
    }
    Err(assignment.reporter.report(Diagnostic::error(
        codes::TOO_MANY_WORDS,
        word.span,
        format!("this value means nothing to {}", assignment.owner),
    )))
}

/// Whether elements with a letter may be of a kind. N and Y take every model.
fn fits(kind: &Kind, letter: char) -> bool {
    letter == 'n' || letter == 'y' || kind.letter == Some(letter)
}
