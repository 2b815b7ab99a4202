//! Expansion of the hierarchy into instances of a circuit.

use super::Elaborator;
use super::crossbar::{Arrays, Crossbar, Templates};
use super::draft::Draft;
use super::options;
use super::reporter::{Reported, Reporter};
use super::scope::{Dependence, InstanceLine, ScopeId, Scopes};
use super::table::{Definition, Table};
use ovonic_circuit::{CircuitBuilder, InstanceId, InstanceSpec};
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_device::{Environment, Kind, ParamError, Role, Unknown, VariableParams, Variation};
use ovonic_devices::coupling::{CouplingParams, coupling_is_passive};
use ovonic_netlist::ast::{Argument, Element, ElementBody, Instance, Word};
use ovonic_netlist::{Diagnostic, Span, Spanned, TraceEntry, codes, suggest};
use std::collections::HashMap;
use std::sync::Arc;

/// What is remembered of an instance of the circuit.
pub(crate) struct Record {
    pub(crate) id: InstanceId,
    pub(crate) made: Made,
    pub(crate) span: Span,
    pub(crate) scope: ScopeId,
    /// Rise above the circuit's temperature, K; absent for a temperature of its own.
    pub(crate) rise: Option<f64>,
    pub(crate) dependence: Dependence,
}

/// What made an instance.
#[derive(Clone)]
pub(crate) enum Made {
    /// No line names it.
    Options,
    Line(Arc<Element>),
    /// A place of an array.
    Part(Arc<Crossbar>, u32),
}

impl Record {
    /// Whether it is part of an array.
    pub(crate) fn is_part(&self) -> bool {
        matches!(self.made, Made::Part(..))
    }

    /// The element that the instance is made from.
    pub(crate) fn element(&self) -> Option<Arc<Element>> {
        match &self.made {
            Made::Options => None,
            Made::Line(element) => Some(element.clone()),
            Made::Part(array, place) => array.element(*place as usize).map(Arc::new),
        }
    }
}

/// Where elements come from: the lines of a scope, or the places of an array.
enum Source {
    Lines(Arc<Table>),
    Array(Arc<Crossbar>),
}

impl Source {
    /// The next element from a position on, with what made it; the position moves behind it.
    fn next(&self, position: &mut usize) -> Option<(Arc<Element>, Made)> {
        match self {
            Source::Lines(table) => {
                let element = table.elements.get(*position)?.clone();
                *position += 1;
                Some((element.clone(), Made::Line(element)))
            }
            Source::Array(array) => {
                let places = *position..array.n_places();
                let found =
                    places.into_iter().find_map(|place| Some((place, array.element(place)?)));
                let (place, element) = found?;
                *position = place + 1;
                Some((Arc::new(element), Made::Part(array.clone(), place as u32)))
            }
        }
    }
}

/// A scope that is being expanded.
struct Open {
    scope: ScopeId,
    source: Source,
    next: usize,
}

/// More instances than this are not held.
const MAX_INSTANCES: usize = 5_000_000;

impl Elaborator {
    /// Sorts cards, fixes parameters and reads options; the circuit is still empty.
    pub(crate) fn new(
        table: Table,
        fixed: &[(String, f64)],
        kinds: &'static [&'static Kind],
        mut reporter: Reporter,
    ) -> Elaborator {
        let mut scopes = Scopes::new(table, fixed);
        let structure = scopes.decide(&mut reporter, ScopeId::TOP);
        let cards = scopes.table(ScopeId::TOP).cards.clone();
        let options = options::read(&mut scopes, &mut reporter, &cards);
        scopes.set_temperature(options.temperature_celsius);
        for node in cards.globals.iter().flat_map(|card| &card.nodes) {
            scopes.declare_global(&node.node);
        }
        Elaborator {
            environment: Environment {
                temperature: options.temperature_celsius + ZERO_CELSIUS,
                nominal_temperature: options.nominal_temperature_celsius + ZERO_CELSIUS,
                variation: Variation::new(options.seed),
                ..Environment::default()
            },
            scopes,
            reporter,
            kinds,
            options,
            models: HashMap::new(),
            builder: CircuitBuilder::new(),
            records: Vec::new(),
            instances: HashMap::new(),
            arrays: Arrays::default(),
            templates: Templates::default(),
            clusters: HashMap::new(),
            structure,
            opened: HashMap::new(),
        }
    }

    /// Fills the circuit.
    pub(crate) fn expand(&mut self) {
        self.scopes.evaluate_all(&mut self.reporter, ScopeId::TOP);
        if !self.check_size() {
            return;
        }
        let mut pending: Vec<(InstanceId, Vec<Spanned<String>>)> = Vec::new();
        let mut couplings: Vec<(Arc<Element>, ScopeId)> = Vec::new();
        let lines = Source::Lines(self.scopes.table(ScopeId::TOP).clone());
        let mut open = vec![Open { scope: ScopeId::TOP, source: lines, next: 0 }];
        let mut names: Vec<HashMap<String, Span>> = vec![HashMap::new()];
        while let Some(Open { scope, source, next }) = open.last_mut() {
            let scope = *scope;
            let Some((element, made)) = source.next(next) else {
                open.pop();
                names.pop();
                let trace = open.last().map(|open| self.scopes.trace(open.scope));
                self.reporter.set_trace(&trace.unwrap_or_default());
                continue;
            };
            if let (Some(names), Made::Line(_)) = (names.last_mut(), &made)
                && !self.is_new(names, &element)
            {
                continue;
            }
            match &element.body {
                ElementBody::Crossbar(body) => {
                    if let Ok((array, inner)) = self.open_crossbar(&element, body, scope) {
                        self.arrays.open(self.scopes.prefix(inner), &array, inner);
                        self.reporter.set_trace(&self.scopes.trace(inner));
                        open.push(Open { scope: inner, source: Source::Array(array), next: 0 });
                        names.push(HashMap::new());
                    }
                    continue;
                }
                ElementBody::Instance(body) if element.letter() == 'x' => {
                    match self.open_instance(&element, body, scope) {
                        Ok(inner) => {
                            let lines = Source::Lines(self.scopes.table(inner).clone());
                            open.push(Open { scope: inner, source: lines, next: 0 });
                            names.push(HashMap::new());
                        }
                        Err(Reported) => skip_block(&made, next),
                    }
                    continue;
                }
                ElementBody::Coupling(_) => {
                    couplings.push((element, scope));
                    continue;
                }
                _ => {}
            }
            match self.draft_made(&element, &made, scope) {
                Ok(drafts) => {
                    for draft in drafts {
                        self.place(&element, made.clone(), scope, draft, &mut pending);
                    }
                }
                Err(Reported) => skip_block(&made, next),
            }
            if self.builder.n_instances() > MAX_INSTANCES {
                self.reporter.report(Diagnostic::error(
                    codes::TOO_MANY_INSTANCES,
                    element.span,
                    format!("the circuit has more than {MAX_INSTANCES} devices"),
                ));
                break;
            }
        }
        for (element, scope) in couplings {
            self.reporter.set_trace(&self.scopes.trace(scope));
            if let Ok(drafts) = self.draft(&element, scope) {
                for draft in drafts {
                    let made = Made::Line(element.clone());
                    self.place(&element, made, scope, draft, &mut pending);
                }
            }
        }
        self.reporter.set_trace(&[]);
        self.connect(pending);
        self.check_couplings();
        self.add_shunts();
        self.check_unused_models();
    }

    fn is_new(&mut self, names: &mut HashMap<String, Span>, element: &Element) -> bool {
        let span = element.name.span;
        match names.insert(element.name.node.clone(), span) {
            None => true,
            Some(first) => {
                names.insert(element.name.node.clone(), first);
                self.reporter.report(
                    Diagnostic::error(
                        codes::DUPLICATE_INSTANCE,
                        span,
                        format!("there are two elements \"{}\"", element.name),
                    )
                    .secondary(first, "the first one is here"),
                );
                false
            }
        }
    }

    /// Puts a draft into the circuit.
    fn place(
        &mut self,
        element: &Element,
        made: Made,
        scope: ScopeId,
        mut draft: Draft,
        pending: &mut Vec<(InstanceId, Vec<Spanned<String>>)>,
    ) {
        if let Made::Part(array, place) = &made
            && let Some(middle) = array.middle(*place as usize)
        {
            draft.private_node = Some(self.scopes.node(scope, &middle));
        }
        let cluster = draft.private_node.map(|node| {
            let cluster =
                *self.clusters.entry(node.clone()).or_insert_with(|| self.builder.cluster());
            self.builder.private_node(cluster, &node);
            cluster
        });
        let terminals = draft.terminals.iter();
        let terminals = terminals.map(|node| self.builder.node(node)).collect();
        let id = self.builder.instance(InstanceSpec {
            name: draft.name.clone(),
            kind: draft.kind,
            params: draft.params,
            environment: draft.environment,
            multiplicity: draft.multiplicity,
            terminals,
            borrowed: Vec::new(),
            cluster,
            origin: self.records.len(),
        });
        if !draft.lenders.is_empty() {
            pending.push((id, draft.lenders));
        }
        self.structure.extend(&draft.structure);
        self.records.push(Record {
            id,
            made: made.clone(),
            span: element.span,
            scope,
            rise: draft.rise,
            dependence: draft.dependence,
        });
        match made {
            Made::Part(_, place) => {
                self.arrays.add(self.scopes.prefix(scope), place as usize, id);
            }
            _ => {
                self.instances.insert(draft.name, id);
            }
        }
    }

    /// Finds the instances whose branch currents others need.
    fn connect(&mut self, pending: Vec<(InstanceId, Vec<Spanned<String>>)>) {
        for (id, lenders) in pending {
            let mut borrowed = Vec::with_capacity(lenders.len());
            for lender in &lenders {
                match self.lender(lender, id) {
                    Ok(found) => borrowed.push(found),
                    Err(Reported) => continue,
                }
            }
            if borrowed.len() == lenders.len() {
                self.builder.spec_mut(id).borrowed = borrowed;
            }
        }
    }

    fn lender(
        &mut self,
        lender: &Spanned<String>,
        borrower: InstanceId,
    ) -> Result<InstanceId, Reported> {
        let scope = self.records[self.builder.spec(borrower).origin].scope;
        let trace = self.scopes.trace(scope);
        self.reporter.set_trace(&trace);
        let result = self.lender_here(lender);
        self.reporter.set_trace(&[]);
        result
    }

    pub(super) fn lender_here(&mut self, lender: &Spanned<String>) -> Result<InstanceId, Reported> {
        let Some(id) = self.find_instance(&lender.node) else {
            let names: Vec<&String> = self.instances.keys().collect();
            let mut names: Vec<&str> = names.into_iter().map(String::as_str).collect();
            names.sort_unstable();
            let near = suggest(&lender.node, names).map(str::to_owned);
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::UNKNOWN_CONTROL,
                    lender.span,
                    format!("there is no device \"{lender}\" whose current could be used"),
                )
                .did_you_mean(near.as_deref()),
            ));
        };
        if self.has_branch(id) {
            return Ok(id);
        }
        Err(self.reporter.report(
            Diagnostic::error(
                codes::UNKNOWN_CONTROL,
                lender.span,
                format!("\"{lender}\" has no branch current of its own"),
            )
            .help("put a voltage source of 0 V in series and use its current"),
        ))
    }

    /// The instance that a name stands for: `r.x1.r1`, or `x1.r1` as some write it.
    pub(crate) fn find_instance(&self, name: &str) -> Option<InstanceId> {
        if let Some(&id) = self.instances.get(name) {
            return Some(id);
        }
        if let Some(id) = self.arrays.find(name) {
            return Some(id);
        }
        if name.ends_with(']') {
            // Where an array was written out, its elements begin with their letters.
            let written = |letter| self.instances.get(&format!("{letter}.{name}")).copied();
            if let Some(id) = ["n", "r", "d", "c", "v"].into_iter().find_map(written) {
                return Some(id);
            }
        }
        let (path, device) = name.rsplit_once('.')?;
        let letter = device.chars().next()?;
        // A path from inside a subcircuit comes as x.<prefix>x2.v1 from the rule for device names.
        let path = path.strip_prefix("x.").unwrap_or(path);
        self.instances.get(&format!("{letter}.{path}.{device}")).copied()
    }

    fn has_branch(&self, id: InstanceId) -> bool {
        self.branch_of(id).is_some()
    }

    /// The position of an instance's branch current among its unknowns.
    pub(crate) fn branch_of(&self, id: InstanceId) -> Option<usize> {
        let spec = self.builder.spec(id);
        let branch = |unknowns: &[Unknown]| unknowns.iter().position(|u| u.role == Role::Branch);
        match spec.params.as_any().downcast_ref::<VariableParams>() {
            Some(params) => params.model.as_ref().and_then(|model| branch(model.unknowns())),
            None => branch(spec.kind.unknowns),
        }
    }

    /// Inductors that are coupled with each other may not deliver energy together.
    fn check_couplings(&mut self) {
        let mut links: Vec<(InstanceId, InstanceId, f64, Span)> = Vec::new();
        for record in &self.records {
            let Made::Line(element) = &record.made else {
                continue;
            };
            if let ElementBody::Coupling(_) = element.body {
                for spec in self.couplings_of(element, record) {
                    links.push(spec);
                }
            }
        }
        // Each instance of a line with several inductors has named all of its pairs.
        links.sort_by_key(|link| (link.3, link.0, link.1));
        links.dedup_by_key(|link| (link.3, link.0, link.1));
        while let Some(&(first, ..)) = links.first() {
            let mut members = vec![first];
            let mut inside: Vec<(InstanceId, InstanceId, f64, Span)> = Vec::new();
            loop {
                let (near, far): (Vec<_>, Vec<_>) = links
                    .into_iter()
                    .partition(|(a, b, ..)| members.contains(a) || members.contains(b));
                links = far;
                if near.is_empty() {
                    break;
                }
                for (a, b, ..) in &near {
                    for id in [*a, *b] {
                        if !members.contains(&id) {
                            members.push(id);
                        }
                    }
                }
                inside.extend(near);
            }
            self.check_coupling_matrix(&members, &inside);
        }
    }

    /// The couplings that one K line made.
    fn couplings_of(
        &self,
        element: &Element,
        record: &Record,
    ) -> Vec<(InstanceId, InstanceId, f64, Span)> {
        let name = self.scopes.device(record.scope, &element.name.node);
        let numbered = format!("{name}#");
        let ids = self
            .instances
            .iter()
            .filter(|(known, _)| **known == name || known.starts_with(&numbered));
        let mut found: Vec<_> = ids
            .filter_map(|(_, &id)| {
                let spec = self.builder.spec(id);
                let params = spec.params.as_any().downcast_ref::<CouplingParams>()?;
                match spec.borrowed[..] {
                    [a, b] => Some((a, b, params.coefficient?, record.span)),
                    _ => None,
                }
            })
            .collect();
        found.sort_by_key(|link| (link.0, link.1));
        found
    }

    fn check_coupling_matrix(
        &mut self,
        members: &[InstanceId],
        links: &[(InstanceId, InstanceId, f64, Span)],
    ) {
        let n = members.len();
        let mut matrix = vec![0.0; n * n];
        for index in 0..n {
            matrix[index * n + index] = 1.0;
        }
        let place = |id: InstanceId| members.iter().position(|known| *known == id);
        for (a, b, coefficient, _) in links {
            if let (Some(a), Some(b)) = (place(*a), place(*b)) {
                matrix[a * n + b] += coefficient;
                matrix[b * n + a] += coefficient;
            }
        }
        let last = links.iter().map(|link| link.3).max();
        if let (Err(ParamError::Inconsistent { value, .. }), Some(span)) =
            (coupling_is_passive(&matrix, n), last)
        {
            self.reporter.report(
                Diagnostic::error(
                    codes::VALUE_OUT_OF_RANGE,
                    span,
                    "together the coupled inductors would deliver energy",
                )
                .label(format!("the matrix of the couplings has the eigenvalue {value:.4}"))
                .help("no eigenvalue may be negative: lower a coefficient, or turn its sign"),
            );
        }
    }

    /// `rshunt`: a resistor from every node to ground.
    fn add_shunts(&mut self) {
        let Some(resistance) = self.options.shunt_resistance else {
            return;
        };
        let kind = self.kinds.iter().find(|kind| kind.letter == Some('r'));
        let Some(&kind) = kind else {
            return;
        };
        let mut params = (kind.new_params)();
        let Some(index) = kind.value.and_then(|name| ovonic_device::find_param(kind.params, name))
        else {
            return;
        };
        if params.assign(index, resistance).is_err() {
            return;
        }
        let params: Arc<dyn ovonic_device::AnyParams> = params.into();
        let nodes: Vec<String> = self.builder.node_names().map(str::to_owned).collect();
        let ground = self.builder.node("0");
        for node in nodes {
            let terminal = self.builder.node(&node);
            let span = self.records.first().map(|record| record.span);
            let id = self.builder.instance(InstanceSpec {
                name: format!("rshunt#{node}"),
                kind,
                params: params.clone(),
                environment: self.environment,
                multiplicity: 1.0,
                terminals: vec![terminal, ground],
                borrowed: Vec::new(),
                cluster: None,
                origin: self.records.len(),
            });
            self.records.push(Record {
                id,
                made: Made::Options,
                span: span.unwrap_or_default(),
                scope: ScopeId::TOP,
                rise: None,
                dependence: Dependence::default(),
            });
        }
    }

    /// Opens the scope behind an X line.
    fn open_instance(
        &mut self,
        element: &Element,
        body: &Instance,
        scope: ScopeId,
    ) -> Result<ScopeId, Reported> {
        let (definition, home) = self.definition(element, &body.words, scope)?;
        self.check_recursion(element, &definition, scope)?;
        let nodes = self.node_names(&body.words[..body.words.len() - 1])?;
        if nodes.len() != definition.ports.len() {
            let ports: Vec<&str> = definition.ports.iter().map(|p| p.node.as_str()).collect();
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::WRONG_NODE_COUNT,
                    element.span,
                    format!(
                        "\"{}\" connects {} nodes, but subcircuit \"{}\" has {} ports",
                        element.name,
                        nodes.len(),
                        definition.name,
                        ports.len()
                    ),
                )
                .secondary(definition.span, "the subcircuit is defined here")
                .help(format!("the ports are: {}", some(&ports))),
            ));
        }
        let ports = definition.ports.iter().zip(&nodes);
        let ports = ports
            .map(|(port, node)| (port.node.clone(), self.scopes.node(scope, &node.node)))
            .collect();
        let (mut multiplicity, mut dependence) = self.scopes.multiplicity(scope);
        let mut given: HashMap<String, Argument> = HashMap::new();
        for param in &body.params {
            let key = param.key.node.as_str();
            let known = definition.defaults.contains_key(key)
                || definition.body.parameters.contains_key(key);
            if key == "m" && !known {
                let value = self.instance_value(scope, &param.value)?;
                multiplicity *= value.0;
                dependence.extend(&value.1);
                continue;
            }
            if !known {
                self.report_unknown_port_parameter(key, param.key.span, &definition);
                continue;
            }
            given.insert(key.to_owned(), param.value.clone());
        }
        self.structure.extend(&dependence);
        let line = InstanceLine {
            span: element.span,
            name: self.scopes.local(scope, &element.name.node).to_owned(),
            multiplicity,
            dependence,
        };
        let name = line.name.clone();
        let inner = self.scopes.open(&definition, home, scope, line, ports, given);
        self.opened.insert(format!("{}{name}", self.scopes.prefix(scope)), inner);
        let trace = self.scopes.trace(inner);
        self.reporter.set_trace(&trace);
        let choice = self.scopes.decide(&mut self.reporter, inner);
        self.structure.extend(&choice);
        self.scopes.evaluate_all(&mut self.reporter, inner);
        Ok(inner)
    }

    /// A value on an X line, where a bare name is a parameter.
    fn instance_value(
        &mut self,
        scope: ScopeId,
        value: &Argument,
    ) -> Result<(f64, Dependence), Reported> {
        let expression = super::scope::expression_of(value);
        let value = self.scopes.evaluate(&mut self.reporter, scope, &expression)?;
        Ok((value.value, value.dependence))
    }

    fn report_unknown_port_parameter(&mut self, key: &str, span: Span, definition: &Definition) {
        let mut names: Vec<&str> = definition.defaults.keys().map(String::as_str).collect();
        names.extend(definition.body.parameter_order.iter().map(String::as_str));
        names.sort_unstable();
        self.reporter.report(
            Diagnostic::error(
                codes::UNKNOWN_PARAMETER,
                span,
                format!("unknown parameter \"{key}\" for subcircuit \"{}\"", definition.name),
            )
            .did_you_mean(suggest(key, names.iter().copied()))
            .secondary(definition.span, "the subcircuit is defined here"),
        );
    }

    /// The subcircuit that an X line names: its last word.
    fn definition(
        &mut self,
        element: &Element,
        words: &[Spanned<Word>],
        scope: ScopeId,
    ) -> Result<(Arc<Definition>, ScopeId), Reported> {
        let word = words.last().and_then(|word| Some((word.node.text()?, word.span)));
        let Some((name, span)) = word else {
            return Err(self.reporter.report(Diagnostic::error(
                codes::UNKNOWN_SUBCIRCUIT,
                element.span,
                format!("\"{}\" names no subcircuit", element.name),
            )));
        };
        let name = name.to_lowercase();
        if let Some(found) = self.scopes.subcircuit(scope, &name) {
            return Ok(found);
        }
        let names = self.scopes.visible(scope, |table| table.subcircuits.keys().collect());
        let diagnostic = Diagnostic::error(
            codes::UNKNOWN_SUBCIRCUIT,
            span,
            format!("unknown subcircuit \"{name}\""),
        )
        .did_you_mean(suggest(&name, names));
        Err(self.reporter.report(diagnostic))
    }

    fn check_recursion(
        &mut self,
        element: &Element,
        definition: &Arc<Definition>,
        scope: ScopeId,
    ) -> Result<(), Reported> {
        let mut here = Some(scope);
        while let Some(scope) = here {
            if let Some(outer) = self.scopes.definition(scope)
                && Arc::ptr_eq(outer, definition)
            {
                return Err(self.reporter.report(
                    Diagnostic::error(
                        codes::RECURSIVE_SUBCIRCUIT,
                        element.span,
                        format!("subcircuit \"{}\" contains itself", definition.name),
                    )
                    .secondary(definition.span, "the subcircuit is defined here"),
                ));
            }
            here = self.scopes.caller(scope);
        }
        Ok(())
    }

    /// How an instance came about, for reports.
    pub(crate) fn trace_of(&self, record: &Record) -> Vec<TraceEntry> {
        self.scopes.trace(record.scope)
    }
}

/// What is wrong with one part of an array is wrong with all others of its kind.
fn skip_block(made: &Made, next: &mut usize) {
    if let Made::Part(array, place) = made {
        *next = array.end_of_block(*place as usize);
    }
}

/// A list of names, cut short where nobody would read all of it.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 40;
    match names.get(SHOWN..) {
        Some(rest) if !rest.is_empty() => {
            format!("{} and {} more", names[..SHOWN].join(" "), rest.len())
        }
        _ => names.join(" "),
    }
}
