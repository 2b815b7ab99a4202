//! The cards of a scope, sorted by what they are.
//!
//! The tree is taken apart once: a subcircuit's table is shared by all its instances. Conditionals stay as they are
//! until a scope with parameters decides on their branches.

use super::reporter::Reporter;
use ovonic_netlist::ast::{
    Analysis, Branch, Conditional, Conditions, ControlBlock, Element, Fourier, FunctionDefinition,
    Global, Item, Model, Options, Output, ParameterDefinition, RawCard, Step, Subcircuit,
    Temperature,
};
use ovonic_netlist::{Diagnostic, Span, Spanned, codes};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A subcircuit's definition.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) span: Span,
    pub(crate) name: Spanned<String>,
    pub(crate) ports: Vec<Spanned<String>>,
    pub(crate) defaults: HashMap<String, Arc<ParameterDefinition>>,
    pub(crate) body: Arc<Table>,
}

/// Cards of a scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) parameters: HashMap<String, Arc<ParameterDefinition>>,
    /// Names in the order of their first definition, so that reports do not depend on hashing.
    pub(crate) parameter_order: Vec<String>,
    pub(crate) functions: HashMap<String, Arc<FunctionDefinition>>,
    pub(crate) models: HashMap<String, Arc<Model>>,
    pub(crate) subcircuits: HashMap<String, Arc<Definition>>,
    pub(crate) elements: Vec<Arc<Element>>,
    pub(crate) conditionals: Vec<Arc<Choice>>,
    pub(crate) cards: Cards,
}

/// A conditional whose branches are tables.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) branches: Vec<(Option<ovonic_netlist::ast::Expr>, Arc<Table>)>,
}

/// Cards that are neither elements nor definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cards {
    pub(crate) globals: Vec<Global>,
    pub(crate) options: Vec<Options>,
    pub(crate) initial_conditions: Vec<Conditions>,
    pub(crate) node_sets: Vec<Conditions>,
    pub(crate) temperatures: Vec<Temperature>,
    pub(crate) analyses: Vec<Analysis>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) controls: Vec<ControlBlock>,
    pub(crate) measures: Vec<RawCard>,
    pub(crate) steps: Vec<Step>,
    pub(crate) fouriers: Vec<Fourier>,
    pub(crate) others: Vec<RawCard>,
}

impl Cards {
    /// The spans of all cards that mean something at the top only.
    fn top_only(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        spans.extend(self.options.iter().map(|card| card.span));
        spans.extend(self.temperatures.iter().map(|card| card.span));
        spans.extend(self.analyses.iter().map(|card| card.span));
        spans.extend(self.outputs.iter().map(|card| card.span));
        spans.extend(self.controls.iter().map(|card| card.span));
        spans.extend(self.steps.iter().map(|card| card.span));
        spans.extend(self.fouriers.iter().map(|card| card.span));
        let raw = [&self.measures, &self.others];
        spans.extend(raw.into_iter().flatten().map(|card| card.span));
        spans
    }
}

impl Table {
    /// Sorts the cards of the top file.
    pub(crate) fn top(items: Vec<Item>, reporter: &mut Reporter) -> Table {
        Table::of(items, true, reporter)
    }

    fn of(items: Vec<Item>, is_top: bool, reporter: &mut Reporter) -> Table {
        let mut table = Table::default();
        for item in items {
            table.add(item, is_top, reporter);
        }
        if !is_top {
            for span in table.cards.top_only() {
                reporter.report(
                    Diagnostic::error(
                        codes::MISPLACED,
                        span,
                        "this card has no meaning inside a subcircuit",
                    )
                    .help("move it to the top level"),
                );
            }
        }
        table
    }

    fn add(&mut self, item: Item, is_top: bool, reporter: &mut Reporter) {
        match item {
            Item::Element(element) => {
                self.elements.extend(super::parasitics::parted(*element).into_iter().map(Arc::new));
            }
            Item::Model(model) => self.add_model(Arc::new(model), reporter),
            Item::Subcircuit(card) => {
                let definition = Definition::new(card, reporter);
                self.add_subcircuit(Arc::new(definition), reporter);
            }
            Item::Parameter(definition) => self.add_parameter(Arc::new(definition), reporter),
            Item::Function(definition) => self.add_function(Arc::new(definition), reporter),
            Item::Conditional(card) => {
                self.conditionals.push(Arc::new(Choice::new(card, is_top, reporter)))
            }
            Item::Global(card) => self.cards.globals.push(card),
            Item::Options(card) => self.cards.options.push(card),
            Item::InitialConditions(card) => self.cards.initial_conditions.push(card),
            Item::NodeSet(card) => self.cards.node_sets.push(card),
            Item::Temperature(card) => self.cards.temperatures.push(card),
            Item::Analysis(card) => self.cards.analyses.push(card),
            Item::Output(card) => self.cards.outputs.push(card),
            Item::Control(card) => self.cards.controls.push(card),
            Item::Measure(card) => self.cards.measures.push(card),
            Item::Step(card) => self.cards.steps.push(card),
            Item::Fourier(card) => self.cards.fouriers.push(card),
            Item::Other(card) => self.cards.others.push(card),
        }
    }

    /// Takes in a branch of a conditional.
    pub(crate) fn merge(&mut self, other: &Table, reporter: &mut Reporter) {
        for name in &other.parameter_order {
            self.add_parameter(other.parameters[name].clone(), reporter);
        }
        let mut functions: Vec<_> = other.functions.values().cloned().collect();
        functions.sort_by_key(|definition| definition.span);
        for definition in functions {
            self.add_function(definition, reporter);
        }
        let mut models: Vec<_> = other.models.values().cloned().collect();
        models.sort_by_key(|model| model.span);
        for model in models {
            self.add_model(model, reporter);
        }
        let mut subcircuits: Vec<_> = other.subcircuits.values().cloned().collect();
        subcircuits.sort_by_key(|definition| definition.span);
        for definition in subcircuits {
            self.add_subcircuit(definition, reporter);
        }
        self.elements.extend(other.elements.iter().cloned());
        let (mine, theirs) = (&mut self.cards, &other.cards);
        mine.globals.extend(theirs.globals.iter().cloned());
        mine.options.extend(theirs.options.iter().cloned());
        mine.initial_conditions.extend(theirs.initial_conditions.iter().cloned());
        mine.node_sets.extend(theirs.node_sets.iter().cloned());
        mine.temperatures.extend(theirs.temperatures.iter().cloned());
        mine.analyses.extend(theirs.analyses.iter().cloned());
        mine.outputs.extend(theirs.outputs.iter().cloned());
        mine.controls.extend(theirs.controls.iter().cloned());
        mine.measures.extend(theirs.measures.iter().cloned());
        mine.steps.extend(theirs.steps.iter().cloned());
        mine.fouriers.extend(theirs.fouriers.iter().cloned());
        mine.others.extend(theirs.others.iter().cloned());
    }

    fn add_parameter(&mut self, definition: Arc<ParameterDefinition>, reporter: &mut Reporter) {
        let name = definition.name.node.clone();
        let span = definition.name.span;
        match self.parameters.insert(name.clone(), definition) {
            None => self.parameter_order.push(name),
            Some(hidden) => {
                reporter.report(
                    Diagnostic::warning(
                        codes::SHADOWED,
                        hidden.name.span,
                        format!("parameter \"{name}\" is defined again; this value has no effect"),
                    )
                    .secondary(span, "this value counts"),
                );
            }
        }
    }

    fn add_function(&mut self, definition: Arc<FunctionDefinition>, reporter: &mut Reporter) {
        let name = definition.name.node.clone();
        let span = definition.name.span;
        if let Some(first) = self.functions.insert(name.clone(), definition) {
            reporter.report(
                Diagnostic::error(
                    codes::DUPLICATE_FUNCTION,
                    span,
                    format!("function \"{name}\" is defined twice"),
                )
                .secondary(first.name.span, "first defined here"),
            );
        }
    }

    fn add_model(&mut self, model: Arc<Model>, reporter: &mut Reporter) {
        let name = model.name.node.clone();
        if let Some(first) = self.models.get(&name) {
            report_duplicate(reporter, "model", &model.name, first.name.span);
        } else {
            self.models.insert(name, model);
        }
    }

    fn add_subcircuit(&mut self, definition: Arc<Definition>, reporter: &mut Reporter) {
        let name = definition.name.node.clone();
        if let Some(first) = self.subcircuits.get(&name) {
            report_duplicate(reporter, "subcircuit", &definition.name, first.name.span);
        } else {
            self.subcircuits.insert(name, definition);
        }
    }
}

fn report_duplicate(reporter: &mut Reporter, what: &str, name: &Spanned<String>, first: Span) {
    // The first one stays in any case; whether that is a mistake is a matter of rules.
    let _ = reporter.tolerate(
        Diagnostic::error(
            codes::DUPLICATE_DEFINITION,
            name.span,
            format!("{what} \"{}\" is defined twice", name.node),
        )
        .secondary(first, "first defined here"),
    );
}

impl Definition {
    fn new(card: Subcircuit, reporter: &mut Reporter) -> Definition {
        let mut known = HashSet::with_capacity(card.ports.len());
        for port in &card.ports {
            if !known.insert(port.node.as_str()) {
                reporter.report(Diagnostic::error(
                    codes::DUPLICATE_DEFINITION,
                    port.span,
                    format!("subcircuit \"{}\" has two ports \"{}\"", card.name, port),
                ));
            }
        }
        let defaults = card.params.into_iter().map(|param| {
            let definition = ParameterDefinition {
                span: param.span(),
                name: param.key,
                value: super::scope::expression_of(&param.value),
            };
            (definition.name.node.clone(), Arc::new(definition))
        });
        Definition {
            span: card.span,
            ports: card.ports,
            defaults: defaults.collect(),
            body: Arc::new(Table::of(card.items, false, reporter)),
            name: card.name,
        }
    }
}

impl Choice {
    fn new(card: Conditional, is_top: bool, reporter: &mut Reporter) -> Choice {
        let branch = |branch: Branch| {
            let table = Table::of(branch.items, is_top, reporter);
            (branch.condition, Arc::new(table))
        };
        Choice { branches: card.branches.into_iter().map(branch).collect() }
    }
}
