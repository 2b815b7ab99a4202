//! An elaborated netlist: the circuit, and what is needed to change its parameters.
//!
//! A change re-prepares just what depends on it. Where the shape of the circuit depends on it too (a condition, a
//! multiplicity), the netlist is elaborated anew.

use crate::elaborate::{
    Dependence, Elaborator, Planned, Reported, Reporter, Request, ScopeId, StartingPoint,
    SweepTarget, Table, parameter_error,
};
use ovonic_circuit::{BuildError, BuildOptions, Change, Circuit, InstanceId};
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_device::{AnyParams, Environment, Kind, ParamError};
use ovonic_netlist::ast::AnalysisKind;
use ovonic_netlist::{Diagnostic, Span, codes};
use std::sync::Arc;

/// Everything that a netlist means.
pub(crate) struct Design {
    table: Arc<Table>,
    kinds: &'static [&'static Kind],
    /// Parameters that win over the netlist.
    fixed: Vec<(String, f64)>,
    /// Temperature that wins over the netlist, °C.
    temperature_celsius: Option<f64>,
    pub(crate) elaborator: Elaborator,
    pub(crate) circuit: Circuit,
    pub(crate) plan: Vec<Planned>,
    pub(crate) requests: Vec<Request>,
    pub(crate) start: StartingPoint,
}

impl Design {
    /// Elaborates sorted cards.
    ///
    /// # Errors
    /// With the reporter, when there is an error among the diagnostics.
    pub(crate) fn new(
        table: Arc<Table>,
        kinds: &'static [&'static Kind],
        fixed: Vec<(String, f64)>,
        temperature_celsius: Option<f64>,
        reporter: Reporter,
    ) -> Result<Design, Reporter> {
        let mut elaborator = Elaborator::new((*table).clone(), &fixed, kinds, reporter);
        if let Some(celsius) = temperature_celsius {
            elaborator.options.temperature_celsius = celsius;
            elaborator.scopes.set_temperature(celsius);
            elaborator.environment.temperature = celsius + ZERO_CELSIUS;
        }
        set_first_window(&mut elaborator);
        elaborator.expand();
        report_others(&mut elaborator);
        let plan = elaborator.plan();
        if elaborator.reporter.n_errors() > 0 {
            return Err(elaborator.reporter);
        }
        if elaborator.builder.n_instances() == 0 {
            let span = Span::default();
            elaborator.reporter.report(Diagnostic::error(
                codes::EMPTY_CIRCUIT,
                span,
                "the netlist has no elements",
            ));
            return Err(elaborator.reporter);
        }
        let circuit = match elaborator.builder.build(BuildOptions::default()) {
            Ok(circuit) => circuit,
            Err(errors) => {
                for error in errors {
                    report_build_error(&mut elaborator, &error);
                }
                return Err(elaborator.reporter);
            }
        };
        crate::topology::check(&mut elaborator, &circuit);
        let requests = elaborator.requests(&circuit);
        let start = elaborator.starting_point(&circuit);
        if elaborator.reporter.n_errors() > 0 {
            return Err(elaborator.reporter);
        }
        Ok(Design {
            table,
            kinds,
            fixed,
            temperature_celsius,
            elaborator,
            circuit,
            plan,
            requests,
            start,
        })
    }

    /// Elaborates the netlist anew, after a change of shape.
    fn rebuild(&mut self) -> Result<(), Vec<Diagnostic>> {
        let rebuilt = Design::new(
            self.table.clone(),
            self.kinds,
            self.fixed.clone(),
            self.temperature_celsius,
            Reporter::new(),
        );
        match rebuilt {
            Ok(design) => {
                *self = design;
                Ok(())
            }
            Err(reporter) => Err(reporter.into_diagnostics()),
        }
    }

    /// The value of a top-level parameter.
    pub(crate) fn parameter(&mut self, name: &str) -> Option<f64> {
        let elaborator = &mut self.elaborator;
        let span = Span::default();
        let value = elaborator
            .scopes
            .parameter(&mut elaborator.reporter, ScopeId::TOP, name, span);
        value.ok().flatten().map(|value| value.value)
    }

    /// Gives a top-level parameter a value, or with `None` that of the netlist again.
    pub(crate) fn set_parameter(
        &mut self,
        name: &str,
        value: Option<f64>,
    ) -> Result<(), Vec<Diagnostic>> {
        self.fixed.retain(|(known, _)| known != name);
        match value {
            Some(value) => {
                self.fixed.push((name.to_owned(), value));
                self.elaborator.scopes.fix(name, value);
            }
            None => self.elaborator.scopes.release(name),
        }
        match self.elaborator.scopes.number(name) {
            Some(number) => self.refresh(number),
            None => Ok(()),
        }
    }

    /// The value that was given to a parameter from outside.
    pub(crate) fn fixed_value(&self, name: &str) -> Option<f64> {
        let fixed = self.fixed.iter().find(|(known, _)| known == name);
        fixed.map(|(_, value)| *value)
    }

    /// Gives the circuit another temperature, °C.
    pub(crate) fn set_temperature(&mut self, celsius: f64) -> Result<(), Vec<Diagnostic>> {
        self.temperature_celsius = Some(celsius);
        self.elaborator.options.temperature_celsius = celsius;
        self.elaborator.scopes.set_temperature(celsius);
        self.elaborator.environment.temperature = celsius + ZERO_CELSIUS;
        self.refresh(Dependence::TEMPERATURE)
    }

    /// Temperature of the circuit, °C.
    pub(crate) fn temperature_celsius(&self) -> f64 {
        self.elaborator.scopes.temperature_celsius
    }

    /// Re-prepares what depends on a parameter.
    fn refresh(&mut self, number: u32) -> Result<(), Vec<Diagnostic>> {
        if self.elaborator.structure.contains(number) {
            return self.rebuild();
        }
        self.elaborator.reporter = Reporter::new();
        self.elaborator.forget_models(number);
        let mut structure_changed = false;
        for index in 0..self.elaborator.records.len() {
            let record = &self.elaborator.records[index];
            let by_temperature = number == Dependence::TEMPERATURE && record.rise.is_some();
            if record.dependence.contains(number) {
                structure_changed |= self.redraft(index)?;
            } else if by_temperature {
                let id = record.id;
                let spec = self.circuit.spec(id);
                let rise = record.rise.unwrap_or(0.0);
                let environment = Environment {
                    temperature: self.temperature_celsius() + rise + ZERO_CELSIUS,
                    ..spec.environment
                };
                let params = spec.params.clone();
                structure_changed |= self.update(id, params, environment)?;
            }
        }
        if structure_changed {
            return self.rebuild();
        }
        Ok(())
    }

    /// Looks at an element line once more.
    fn redraft(&mut self, index: usize) -> Result<bool, Vec<Diagnostic>> {
        let record = &self.elaborator.records[index];
        let id = record.id;
        let (Some(element), scope) = (record.element.clone(), record.scope) else {
            return Ok(false);
        };
        let trace = self.elaborator.trace_of(record);
        self.elaborator.reporter.set_trace(&trace);
        let drafts = self.elaborator.draft(&element, scope);
        self.elaborator.reporter.set_trace(&[]);
        let name = self.circuit.spec(id).name.clone();
        let draft = match drafts {
            Ok(drafts) => drafts.into_iter().find(|draft| draft.name == name),
            Err(Reported) => return Err(self.take_diagnostics()),
        };
        match draft {
            Some(draft) => self.update(id, draft.params, draft.environment),
            // The line makes no device any more: a change of shape.
            None => Ok(true),
        }
    }

    fn take_diagnostics(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.elaborator.reporter).into_diagnostics()
    }

    /// Gives an instance other parameters; says whether unknowns or pattern changed.
    fn update(
        &mut self,
        id: InstanceId,
        params: Arc<dyn AnyParams>,
        environment: Environment,
    ) -> Result<bool, Vec<Diagnostic>> {
        let spec = self.elaborator.builder.spec_mut(id);
        spec.params = params.clone();
        spec.environment = environment;
        match self.circuit.update(id, params, environment) {
            Ok(change) => Ok(change == Change::Structure),
            Err(error) => {
                report_params(&mut self.elaborator, id, &error);
                Err(self.take_diagnostics())
            }
        }
    }

    /// Gives one parameter of an instance a value.
    pub(crate) fn set_device(
        &mut self,
        id: InstanceId,
        index: usize,
        value: f64,
    ) -> Result<(), Vec<Diagnostic>> {
        self.elaborator.reporter = Reporter::new();
        let spec = self.circuit.spec(id);
        let environment = spec.environment;
        let mut params = spec.params.boxed();
        if let Err(error) = params.assign(index, value) {
            report_params(&mut self.elaborator, id, &error);
            return Err(self.take_diagnostics());
        }
        if self.update(id, params.into(), environment)? {
            return self.rebuild_circuit();
        }
        Ok(())
    }

    /// Gives an instance its parameters back.
    pub(crate) fn restore_device(
        &mut self,
        id: InstanceId,
        params: Arc<dyn AnyParams>,
    ) -> Result<(), Vec<Diagnostic>> {
        let environment = self.circuit.spec(id).environment;
        if self.update(id, params, environment)? {
            return self.rebuild_circuit();
        }
        Ok(())
    }

    fn rebuild_circuit(&mut self) -> Result<(), Vec<Diagnostic>> {
        match self.circuit.rebuilt(self.circuit.options()) {
            Ok(circuit) => {
                self.circuit = circuit;
                Ok(())
            }
            Err(errors) => {
                for error in errors {
                    report_build_error(&mut self.elaborator, &error);
                }
                Err(self.take_diagnostics())
            }
        }
    }

    /// Gives what a sweep varies a value.
    pub(crate) fn set_target(
        &mut self,
        target: &SweepTarget,
        value: f64,
    ) -> Result<(), Vec<Diagnostic>> {
        match target {
            SweepTarget::Device(id, index) => self.set_device(*id, *index, value),
            SweepTarget::Temperature => self.set_temperature(value),
            SweepTarget::Parameter(name) => self.set_parameter(name, Some(value)),
        }
    }

    /// Tells waveforms the print step and the stop time of the analysis that is to run, s.
    pub(crate) fn set_window(&mut self, step: f64, stop: f64) -> Result<(), Vec<Diagnostic>> {
        let known = self.elaborator.environment;
        if known.step == step && known.stop == stop {
            return Ok(());
        }
        self.elaborator.environment.step = step;
        self.elaborator.environment.stop = stop;
        let ids: Vec<InstanceId> = self.circuit.instances().map(|(id, _)| id).collect();
        for id in ids {
            let spec = self.circuit.spec(id);
            let environment = Environment {
                step,
                stop,
                ..spec.environment
            };
            let params = spec.params.clone();
            self.update(id, params, environment)?;
        }
        Ok(())
    }
}

/// The print step and the stop time that waveforms take their defaults from, in s. Without a print step it
/// is a thousandth of the stop time: small enough for an edge, large enough for a step.
pub(crate) fn window(step: f64, stop: f64) -> (f64, f64) {
    let step = if step > 0.0 { step } else { stop / 1000.0 };
    (step, stop)
}

fn set_first_window(elaborator: &mut Elaborator) {
    let table = elaborator.scopes.table(ScopeId::TOP).clone();
    let first = table
        .cards
        .analyses
        .iter()
        .find_map(|card| match &card.kind {
            AnalysisKind::Transient(transient) => Some(transient),
            _ => None,
        });
    if let Some(card) = first
        && let Ok(task) = elaborator.transient(card)
    {
        let (step, stop) = window(task.step, task.stop);
        elaborator.environment.step = step;
        elaborator.environment.stop = stop;
    }
}

/// Cards that nothing here understands.
fn report_others(elaborator: &mut Elaborator) {
    let table = elaborator.scopes.table(ScopeId::TOP).clone();
    for card in table.cards.others.iter().chain(&table.cards.steps) {
        elaborator.reporter.report(Diagnostic::error(
            codes::NOT_SUPPORTED,
            card.keyword.span,
            format!(".{} is not supported", card.keyword),
        ));
    }
}

fn report_params(elaborator: &mut Elaborator, id: InstanceId, error: &ParamError) {
    let spec = elaborator.builder.spec(id);
    let (kind, name) = (spec.kind, spec.name.clone());
    let record = &elaborator.records[spec.origin];
    let owner = match &record.element {
        Some(element) => format!("{} \"{}\"", kind.name, element.name),
        None => format!("{} \"{name}\"", kind.name),
    };
    let trace = elaborator.trace_of(record);
    let diagnostic = parameter_error(&owner, kind.params, error, record.span);
    elaborator.reporter.set_trace(&trace);
    elaborator.reporter.report(diagnostic);
    elaborator.reporter.set_trace(&[]);
}

fn report_build_error(elaborator: &mut Elaborator, error: &BuildError) {
    match error {
        BuildError::Params {
            instance, error, ..
        } => report_params(elaborator, *instance, error),
        BuildError::Nature {
            instance,
            node,
            expected,
            found,
            ..
        } => {
            let (expected, found) = (expected.unit(), found.unit());
            let message = format!(
                "node \"{node}\" carries a quantity in {found} here, but one in {expected} elsewhere"
            );
            report_at(elaborator, *instance, codes::NATURE_CLASH, message);
        }
        BuildError::NoBranch {
            instance, lender, ..
        } => {
            let message = format!("\"{lender}\" has no branch current of its own");
            report_at(elaborator, *instance, codes::UNKNOWN_CONTROL, message);
        }
        other => {
            let span = elaborator.records.first().map(|record| record.span);
            elaborator.reporter.report(Diagnostic::error(
                codes::TOO_MANY_INSTANCES,
                span.unwrap_or_default(),
                other.to_string(),
            ));
        }
    }
}

fn report_at(
    elaborator: &mut Elaborator,
    instance: InstanceId,
    code: codes::Code,
    message: String,
) {
    let record = &elaborator.records[elaborator.builder.spec(instance).origin];
    let (span, trace) = (record.span, elaborator.trace_of(record));
    elaborator.reporter.set_trace(&trace);
    elaborator
        .reporter
        .report(Diagnostic::error(code, span, message));
    elaborator.reporter.set_trace(&[]);
}
