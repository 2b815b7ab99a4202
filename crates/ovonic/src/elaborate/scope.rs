//! Scopes and the values of their parameters.
//!
//! There is one scope for the top file and one for each subcircuit instance. A parameter is looked up in the
//! instance's assignments, in the `.param` cards of the body, in the defaults of the `.subckt` card, and then in the
//! scope that instantiated it, up to the top. Models, functions and subcircuits are looked up where they are
//! *defined* instead, so that a library part does not change with its user's models.
//!
//! Values are computed when they are first asked for and kept, each with the top-level parameters that it depends on:
//! that is the graph by which a sweep knows what to compute again.

use super::reporter::{Reported, Reporter};
use super::table::{Choice, Definition, Table};
use ovonic_netlist::ast::{
    Argument, Expr, ExprKind, FunctionDefinition, Model, ParameterDefinition, Value,
};
use ovonic_netlist::{Diagnostic, Span, TraceEntry, codes, suggest};
use std::collections::HashMap;
use std::sync::Arc;

/// A scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(usize);

impl ScopeId {
    /// The top file's.
    pub(crate) const TOP: ScopeId = ScopeId(0);
}

/// Top-level parameters (and temperature) that a value depends on, by number, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dependence(Vec<u32>);

impl Dependence {
    /// The number of the temperature among the parameters.
    pub(crate) const TEMPERATURE: u32 = 0;

    pub(crate) fn insert(&mut self, parameter: u32) {
        if let Err(place) = self.0.binary_search(&parameter) {
            self.0.insert(place, parameter);
        }
    }

    pub(crate) fn extend(&mut self, other: &Dependence) {
        for &parameter in &other.0 {
            self.insert(parameter);
        }
    }

    pub(crate) fn contains(&self, parameter: u32) -> bool {
        self.0.binary_search(&parameter).is_ok()
    }
}

/// A number with what it depends on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Evaluated {
    pub(crate) value: f64,
    pub(crate) dependence: Dependence,
}

impl From<f64> for Evaluated {
    fn from(value: f64) -> Self {
        Evaluated { value, dependence: Dependence::default() }
    }
}

#[derive(Clone, Debug)]
enum State {
    /// Being computed: asking for it again closes a circle.
    Pending,
    Done(Evaluated),
    Failed,
}

struct Scope {
    table: Arc<Table>,
    definition: Option<Arc<Definition>>,
    /// The scope with the instance line; absent at the top.
    caller: Option<ScopeId>,
    /// The scope with the `.subckt` card; absent at the top.
    enclosing: Option<ScopeId>,
    prefix: String,
    ports: HashMap<String, String>,
    /// The instance line, its name, and the number of copies in parallel that it stands for.
    line: Option<InstanceLine>,
    given: HashMap<String, Argument>,
    fixed: HashMap<String, f64>,
    values: HashMap<String, State>,
    /// Whether it holds the parts of an array, whose names say their kind in front of their place.
    is_array: bool,
}

/// The line that opened a scope.
#[derive(Clone, Debug)]
pub(crate) struct InstanceLine {
    pub(crate) span: Span,
    pub(crate) name: String,
    /// All levels together.
    pub(crate) multiplicity: f64,
    pub(crate) dependence: Dependence,
}

/// Where a parameter's value comes from.
enum Origin {
    Fixed(f64),
    /// An instance's assignment, valued in the caller's scope.
    Given(Argument, ScopeId),
    Defined(Arc<ParameterDefinition>),
}

/// All scopes.
pub(crate) struct Scopes {
    scopes: Vec<Scope>,
    /// Numbers of the top-level parameters, from 1.
    numbers: HashMap<String, u32>,
    /// Nodes that are the same everywhere.
    global_nodes: Vec<String>,
    /// Circuit temperature, °C.
    pub(crate) temperature_celsius: f64,
    /// Levels of expressions, functions and parameters that are open.
    pub(crate) depth: usize,
    /// Names that are being computed, for the report of a circle.
    pending: Vec<(ScopeId, String, Span)>,
}

/// Parameters that are computed inside one another at most this deep.
const MAX_DEPTH: usize = 100;

impl Scopes {
    /// The top scope. `fixed` parameters win over what the netlist says.
    pub(crate) fn new(table: Table, fixed: &[(String, f64)]) -> Scopes {
        let mut names: Vec<&String> = table.parameter_order.iter().collect();
        names.extend(fixed.iter().map(|(name, _)| name));
        let mut numbers = HashMap::new();
        for name in names {
            let next = numbers.len() as u32 + 1;
            numbers.entry(name.clone()).or_insert(next);
        }
        let top = Scope {
            table: Arc::new(table),
            definition: None,
            caller: None,
            enclosing: None,
            prefix: String::new(),
            ports: HashMap::new(),
            line: None,
            given: HashMap::new(),
            fixed: fixed.iter().cloned().collect(),
            values: HashMap::new(),
            is_array: false,
        };
        Scopes {
            scopes: vec![top],
            numbers,
            global_nodes: Vec::new(),
            temperature_celsius: 27.0,
            depth: 0,
            pending: Vec::new(),
        }
    }

    /// Opens the scope of a subcircuit instance; [`Scopes::decide`] is to follow.
    pub(crate) fn open(
        &mut self,
        definition: &Arc<Definition>,
        enclosing: ScopeId,
        caller: ScopeId,
        line: InstanceLine,
        ports: HashMap<String, String>,
        given: HashMap<String, Argument>,
    ) -> ScopeId {
        let prefix = format!("{}{}.", self.scopes[caller.0].prefix, line.name);
        self.scopes.push(Scope {
            table: definition.body.clone(),
            definition: Some(definition.clone()),
            caller: Some(caller),
            enclosing: Some(enclosing),
            prefix,
            ports,
            line: Some(line),
            given,
            fixed: HashMap::new(),
            values: HashMap::new(),
            is_array: false,
        });
        ScopeId(self.scopes.len() - 1)
    }

    /// Opens the scope of an array's parts, which see what the array's card sees.
    pub(crate) fn open_array(
        &mut self,
        caller: ScopeId,
        line: InstanceLine,
        ports: HashMap<String, String>,
    ) -> ScopeId {
        let prefix = format!("{}{}.", self.scopes[caller.0].prefix, line.name);
        self.scopes.push(Scope {
            table: Arc::default(),
            definition: None,
            caller: Some(caller),
            enclosing: Some(caller),
            prefix,
            ports,
            line: Some(line),
            given: HashMap::new(),
            fixed: HashMap::new(),
            values: HashMap::new(),
            is_array: true,
        });
        ScopeId(self.scopes.len() - 1)
    }

    /// What an element of a scope is called there: `c[3][5]` for the element `nc[3][5]` of an array.
    pub(crate) fn local<'n>(&self, scope: ScopeId, name: &'n str) -> &'n str {
        if self.scopes[scope.0].is_array { name.get(1..).unwrap_or(name) } else { name }
    }

    /// The number of parallel copies that everything in a scope stands for, and what it depends on.
    pub(crate) fn multiplicity(&self, scope: ScopeId) -> (f64, Dependence) {
        match &self.scopes[scope.0].line {
            Some(line) => (line.multiplicity, line.dependence.clone()),
            None => (1.0, Dependence::default()),
        }
    }

    /// The instances that lead to a scope, outermost first.
    pub(crate) fn trace(&self, scope: ScopeId) -> Vec<TraceEntry> {
        let mut trace = Vec::new();
        let mut here = Some(scope);
        while let Some(scope) = here {
            let scope = &self.scopes[scope.0];
            if let Some(line) = &scope.line {
                trace.push(TraceEntry {
                    span: line.span,
                    message: if scope.is_array {
                        format!("in array \"{}\"", line.name)
                    } else {
                        format!("in subcircuit instance \"{}\"", line.name)
                    },
                });
            }
            here = scope.caller;
        }
        trace.reverse();
        trace
    }

    /// Replaces the conditionals of a scope by the branches that hold; returns what the choice depends on.
    pub(crate) fn decide(&mut self, reporter: &mut Reporter, scope: ScopeId) -> Dependence {
        let mut dependence = Dependence::default();
        let mut open: Vec<Arc<Choice>> = self.scopes[scope.0].table.conditionals.clone();
        if open.is_empty() {
            return dependence;
        }
        open.reverse();
        while let Some(choice) = open.pop() {
            for (condition, branch) in &choice.branches {
                let holds = match condition {
                    None => true,
                    Some(condition) => match self.evaluate(reporter, scope, condition) {
                        Ok(value) => {
                            dependence.extend(&value.dependence);
                            value.value != 0.0
                        }
                        Err(Reported) => false,
                    },
                };
                if holds {
                    let table = Arc::make_mut(&mut self.scopes[scope.0].table);
                    table.merge(branch, reporter);
                    open.extend(branch.conditionals.iter().rev().cloned());
                    break;
                }
            }
        }
        // A branch may have redefined what its condition was computed from.
        self.scopes[scope.0].values.clear();
        if scope == ScopeId::TOP {
            for name in self.scopes[0].table.parameter_order.clone() {
                let next = self.numbers.len() as u32 + 1;
                self.numbers.entry(name).or_insert(next);
            }
        }
        dependence
    }

    /// All scopes, the top first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ScopeId> + use<> {
        (0..self.scopes.len()).map(ScopeId)
    }

    /// The cards of a scope.
    pub(crate) fn table(&self, scope: ScopeId) -> &Arc<Table> {
        &self.scopes[scope.0].table
    }

    /// What the names of a scope's nodes and devices begin with: empty at the top, `x1.x2.` further down.
    pub(crate) fn prefix(&self, scope: ScopeId) -> &str {
        &self.scopes[scope.0].prefix
    }

    /// The definition that a scope is an instance of.
    pub(crate) fn definition(&self, scope: ScopeId) -> Option<&Arc<Definition>> {
        self.scopes[scope.0].definition.as_ref()
    }

    /// The scope of the instance line that opened a scope.
    pub(crate) fn caller(&self, scope: ScopeId) -> Option<ScopeId> {
        self.scopes[scope.0].caller
    }

    /// Makes nodes the same in all scopes.
    pub(crate) fn declare_global(&mut self, node: &str) {
        if !self.global_nodes.iter().any(|known| known == node) {
            self.global_nodes.push(node.to_owned());
        }
    }

    /// The circuit's name of a node that a scope calls `name`; `0` is ground.
    pub(crate) fn node(&self, scope: ScopeId, name: &str) -> String {
        if name == "0" || name == "gnd" {
            return "0".to_owned();
        }
        let scope = &self.scopes[scope.0];
        if let Some(node) = scope.ports.get(name) {
            return node.clone();
        }
        if scope.prefix.is_empty() || self.global_nodes.iter().any(|node| node == name) {
            return name.to_owned();
        }
        format!("{}{name}", scope.prefix)
    }

    /// The circuit's name of a device that a scope calls `name`: `r1` at the top, `r.x1.r1` in instance `x1`.
    pub(crate) fn device(&self, scope: ScopeId, name: &str) -> String {
        let prefix = &self.scopes[scope.0].prefix;
        match name.chars().next() {
            Some(letter) if !prefix.is_empty() => {
                format!("{letter}.{prefix}{}", self.local(scope, name))
            }
            _ => name.to_owned(),
        }
    }

    /// The model called `name` and the scope that it is defined in.
    pub(crate) fn model(&self, scope: ScopeId, name: &str) -> Option<(Arc<Model>, ScopeId)> {
        let mut here = Some(scope);
        while let Some(scope) = here {
            if let Some(model) = self.scopes[scope.0].table.models.get(name) {
                return Some((model.clone(), scope));
            }
            here = self.scopes[scope.0].enclosing;
        }
        None
    }

    /// The subcircuit called `name` and the scope that it is defined in.
    pub(crate) fn subcircuit(
        &self,
        scope: ScopeId,
        name: &str,
    ) -> Option<(Arc<Definition>, ScopeId)> {
        let mut here = Some(scope);
        while let Some(scope) = here {
            if let Some(definition) = self.scopes[scope.0].table.subcircuits.get(name) {
                return Some((definition.clone(), scope));
            }
            here = self.scopes[scope.0].enclosing;
        }
        None
    }

    /// The function called `name` and the scope that it is defined in.
    pub(crate) fn function(
        &self,
        scope: ScopeId,
        name: &str,
    ) -> Option<(Arc<FunctionDefinition>, ScopeId)> {
        let mut here = Some(scope);
        while let Some(scope) = here {
            if let Some(function) = self.scopes[scope.0].table.functions.get(name) {
                return Some((function.clone(), scope));
            }
            here = self.scopes[scope.0].enclosing;
        }
        None
    }

    /// Names that `pick` finds in a scope and the scopes around its definition.
    pub(crate) fn visible<'a>(
        &'a self,
        scope: ScopeId,
        pick: impl Fn(&'a Table) -> Vec<&'a String>,
    ) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        let mut here = Some(scope);
        while let Some(scope) = here {
            let mut local: Vec<&str> =
                pick(&self.scopes[scope.0].table).into_iter().map(String::as_str).collect();
            local.sort_unstable();
            names.extend(local);
            here = self.scopes[scope.0].enclosing;
        }
        names
    }

    /// Names of the parameters that an expression in `scope` may use.
    pub(crate) fn visible_parameters(&self, scope: ScopeId) -> Vec<String> {
        let mut names = Vec::new();
        let mut here = Some(scope);
        while let Some(id) = here {
            let scope = &self.scopes[id.0];
            names.extend(scope.given.keys().cloned());
            names.extend(scope.fixed.keys().cloned());
            names.extend(scope.table.parameter_order.iter().cloned());
            if let Some(definition) = &scope.definition {
                names.extend(definition.defaults.keys().cloned());
            }
            here = scope.caller;
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether a parameter of that name is visible.
    pub(crate) fn has_parameter(&self, scope: ScopeId, name: &str) -> bool {
        self.find(scope, name).is_some()
    }

    fn find(&self, scope: ScopeId, name: &str) -> Option<(ScopeId, Origin)> {
        let mut here = Some(scope);
        while let Some(id) = here {
            let scope = &self.scopes[id.0];
            if let Some(&value) = scope.fixed.get(name) {
                return Some((id, Origin::Fixed(value)));
            }
            if let (Some(value), Some(caller)) = (scope.given.get(name), scope.caller) {
                return Some((id, Origin::Given(value.clone(), caller)));
            }
            let default = || scope.definition.as_ref()?.defaults.get(name);
            if let Some(definition) = scope.table.parameters.get(name).or_else(default) {
                return Some((id, Origin::Defined(definition.clone())));
            }
            here = scope.caller;
        }
        None
    }

    /// The value of the parameter that `scope` calls `name`; `None` if there is none.
    pub(crate) fn parameter(
        &mut self,
        reporter: &mut Reporter,
        scope: ScopeId,
        name: &str,
        span: Span,
    ) -> Result<Option<Evaluated>, Reported> {
        let Some((home, origin)) = self.find(scope, name) else {
            return Ok(None);
        };
        match self.scopes[home.0].values.get(name) {
            Some(State::Done(value)) => return Ok(Some(value.clone())),
            Some(State::Failed) => return Err(Reported),
            Some(State::Pending) => return Err(self.report_circle(reporter, home, name, span)),
            None => {}
        }
        if self.pending.len() >= MAX_DEPTH {
            return Err(reporter.report(
                Diagnostic::error(
                    codes::EXPRESSION_TOO_DEEP,
                    span,
                    format!("more than {MAX_DEPTH} parameters depend on one another here"),
                )
                .help("define parameters before those that use them"),
            ));
        }
        self.scopes[home.0].values.insert(name.to_owned(), State::Pending);
        self.pending.push((home, name.to_owned(), span));
        let result = match origin {
            Origin::Fixed(value) => Ok(Evaluated::from(value)),
            Origin::Given(argument, caller) => {
                let expression = expression_of(&argument);
                self.evaluate(reporter, caller, &expression)
            }
            Origin::Defined(definition) => self.evaluate(reporter, home, &definition.value),
        };
        self.pending.pop();
        let result = result.map(|mut value| {
            if home == ScopeId::TOP
                && let Some(&number) = self.numbers.get(name)
            {
                value.dependence.insert(number);
            }
            value
        });
        let state = match &result {
            Ok(value) => State::Done(value.clone()),
            Err(Reported) => State::Failed,
        };
        self.scopes[home.0].values.insert(name.to_owned(), state);
        result.map(Some)
    }

    fn report_circle(
        &self,
        reporter: &mut Reporter,
        home: ScopeId,
        name: &str,
        span: Span,
    ) -> Reported {
        let first = self
            .pending
            .iter()
            .position(|(scope, pending, _)| *scope == home && pending == name)
            .unwrap_or(0);
        let circle = &self.pending[first..];
        let names: Vec<&str> = circle.iter().map(|(_, name, _)| name.as_str()).collect();
        let mut diagnostic = Diagnostic::error(
            codes::PARAMETER_CYCLE,
            span,
            format!("parameter \"{name}\" depends on itself"),
        )
        .help(format!("the circle is {} -> {name}", names.join(" -> ")));
        for (_, user, place) in &circle[1..] {
            diagnostic = diagnostic.secondary(*place, format!("\"{user}\" is needed here"));
        }
        reporter.report(diagnostic)
    }

    /// Computes every parameter of a scope, so that mistakes show even where a value is not used.
    pub(crate) fn evaluate_all(&mut self, reporter: &mut Reporter, scope: ScopeId) {
        let table = self.scopes[scope.0].table.clone();
        for name in &table.parameter_order {
            let definition = &table.parameters[name];
            if !matches!(definition.value.kind, ExprKind::Text(_)) {
                // A mistake has been reported; there is nothing to do about it here.
                let _ = self.parameter(reporter, scope, name, definition.name.span);
            }
        }
    }

    /// The number of a top-level parameter.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// Names of the top-level parameters.
    pub(crate) fn top_parameters(&self) -> Vec<&str> {
        let mut names: Vec<(u32, &str)> =
            self.numbers.iter().map(|(name, &number)| (number, name.as_str())).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// Changes the temperature of the circuit, °C.
    pub(crate) fn set_temperature(&mut self, celsius: f64) {
        self.temperature_celsius = celsius;
        self.forget(Dependence::TEMPERATURE);
    }

    /// Fixes a top-level parameter and forgets every value that depends on it.
    pub(crate) fn fix(&mut self, name: &str, value: f64) {
        self.scopes[0].fixed.insert(name.to_owned(), value);
        self.scopes[0].values.remove(name);
        if let Some(number) = self.number(name) {
            self.forget(number);
        }
    }

    /// Lifts [`Scopes::fix`].
    pub(crate) fn release(&mut self, name: &str) {
        self.scopes[0].fixed.remove(name);
        self.scopes[0].values.remove(name);
        if let Some(number) = self.number(name) {
            self.forget(number);
        }
    }

    /// Forgets every value that depends on a parameter, or on temperature.
    pub(crate) fn forget(&mut self, number: u32) {
        for scope in &mut self.scopes {
            scope.values.retain(|_, state| match state {
                State::Done(value) => !value.dependence.contains(number),
                State::Pending | State::Failed => false,
            });
        }
    }

    /// The value of an argument where a bare name is not a parameter.
    pub(crate) fn argument(
        &mut self,
        reporter: &mut Reporter,
        scope: ScopeId,
        argument: &Argument,
    ) -> Result<Evaluated, Reported> {
        match &argument.node {
            Value::Number(value) => Ok(Evaluated::from(*value)),
            Value::Expression(expression) => self.evaluate(reporter, scope, expression),
            Value::Name(name) => Err(self.report_bare_name(reporter, scope, name, argument.span)),
            Value::Text(text) => Err(reporter.report(Diagnostic::error(
                codes::INVALID_VALUE,
                argument.span,
                format!("a number is expected instead of the text \"{text}\""),
            ))),
            Value::List(_) => Err(reporter.report(Diagnostic::error(
                codes::INVALID_VALUE,
                argument.span,
                "a single number is expected instead of a list",
            ))),
        }
    }

    /// Reports a bare name where a value is needed.
    pub(crate) fn report_bare_name(
        &self,
        reporter: &mut Reporter,
        scope: ScopeId,
        name: &str,
        span: Span,
    ) -> Reported {
        let diagnostic =
            Diagnostic::error(codes::BARE_NAME, span, format!("\"{name}\" is not a number"));
        let diagnostic = if self.has_parameter(scope, name) {
            diagnostic.help("a parameter is written in braces").fix(span, format!("{{{name}}}"))
        } else {
            let names = self.visible_parameters(scope);
            match suggest(name, &names) {
                Some(near) => diagnostic
                    .help(format!("did you mean the parameter {{{near}}}?"))
                    .fix(span, format!("{{{near}}}")),
                None => diagnostic,
            }
        };
        reporter.report(diagnostic)
    }
}

/// An argument as an expression, in which a bare name is a parameter.
pub(crate) fn expression_of(argument: &Argument) -> Expr {
    let kind = match &argument.node {
        Value::Expression(expression) => return (**expression).clone(),
        Value::Number(value) => ExprKind::Number(*value),
        Value::Name(name) => ExprKind::Name(name.clone()),
        Value::Text(text) => ExprKind::Text(text.clone()),
        // Only a text cannot be valued either, and its report names what was written.
        Value::List(_) => ExprKind::Text("a list".to_owned()),
    };
    Expr { kind, span: argument.span }
}
