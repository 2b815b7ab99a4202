//! An elaborated netlist: the circuit, and what is needed to change its parameters.
//!
//! A change re-prepares just what depends on it. Where the shape of the circuit depends on it too (a condition, a
//! multiplicity), the netlist is elaborated anew.

use crate::elaborate::{
    Dependence, Elaborator, Fourier, Measure, Planned, Reported, Reporter, Request, ScopeId,
    StartingPoint, Sweep, SweepTarget, Table, parameter_error,
};
use crate::session::Numerics;
use ovonic_circuit::{BuildError, BuildOptions, Change, Circuit, InstanceId};
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_device::{AnyParams, Environment, Kind, ParamError, Variation};
use ovonic_netlist::ast::{AnalysisKind, Name, Param, Value};
use ovonic_netlist::{Diagnostic, Span, Spanned, codes, suggest};
use std::sync::Arc;

/// Everything that a netlist means.
pub(crate) struct Design {
    pub(crate) core: Core,
    pub(crate) circuit: Circuit,
    pub(crate) plan: Vec<Planned>,
    pub(crate) requests: Vec<Request>,
    pub(crate) measures: Vec<Measure>,
    pub(crate) fouriers: Vec<Fourier>,
    /// What `.step` cards vary, the first one fastest.
    pub(crate) steps: Vec<Sweep>,
    pub(crate) start: StartingPoint,
}

/// What changes a circuit: apart from it, because a sweep owns the circuit while parameters change.
pub(crate) struct Core {
    table: Arc<Table>,
    /// The table of the netlist, where models have been changed.
    original: Option<Arc<Table>>,
    kinds: &'static [&'static Kind],
    /// Parameters that win over the netlist.
    fixed: Vec<(String, f64)>,
    /// Temperature that wins over the netlist, °C.
    temperature_celsius: Option<f64>,
    /// Seed that wins over the netlist.
    seed: Option<u64>,
    /// Parameters of instances that win over the netlist: while a device is swept, what else its line depends on may
    /// change too.
    devices: Vec<(InstanceId, usize, f64)>,
    pub(crate) numerics: Numerics,
    pub(crate) elaborator: Elaborator,
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
        let (mut core, circuit, plan) =
            Core::build(table, kinds, fixed, temperature_celsius, reporter)?;
        crate::topology::check(&mut core.elaborator, &circuit, &plan);
        core.elaborator.remark_on_plan(&plan);
        let mut requests = core.elaborator.requests(&circuit);
        let (measures, needed) = core.elaborator.measures(&circuit);
        requests.extend(needed);
        let (fouriers, needed) = core.elaborator.fouriers(&circuit);
        requests.extend(needed);
        let steps = core.elaborator.steps();
        let start = core.elaborator.starting_point(&circuit);
        if core.elaborator.reporter.n_errors() > 0 {
            return Err(core.elaborator.reporter);
        }
        Ok(Design { core, circuit, plan, requests, measures, fouriers, steps, start })
    }

    /// Gives a top-level parameter a value, or with `None` that of the netlist again.
    pub(crate) fn set_parameter(
        &mut self,
        name: &str,
        value: Option<f64>,
    ) -> Result<(), Vec<Diagnostic>> {
        let change = self.core.set_parameter(&mut self.circuit, name, value)?;
        self.settle(change)
    }

    /// Gives the circuit another temperature, °C.
    pub(crate) fn set_temperature(&mut self, celsius: f64) -> Result<(), Vec<Diagnostic>> {
        let change = self.core.set_temperature(&mut self.circuit, celsius)?;
        self.settle(change)
    }

    /// Lets the devices draw from another seed.
    pub(crate) fn set_seed(&mut self, seed: u64) -> Result<(), Vec<Diagnostic>> {
        let change = self.core.set_seed(&mut self.circuit, seed)?;
        self.settle(change)
    }

    /// Gives an instance back the parameters that it had before it was swept.
    pub(crate) fn restore_params(
        &mut self,
        id: InstanceId,
        params: Arc<dyn AnyParams>,
    ) -> Result<(), Vec<Diagnostic>> {
        self.core.devices.retain(|(device, ..)| *device != id);
        let environment = self.circuit.spec(id).environment;
        let change = self.core.update(&mut self.circuit, id, params, environment)?;
        self.settle(change)
    }

    /// Gives what a sweep varies a value.
    pub(crate) fn set_target(
        &mut self,
        target: &SweepTarget,
        value: f64,
    ) -> Result<(), Vec<Diagnostic>> {
        let change = self.core.set_target(&mut self.circuit, target, value)?;
        self.settle(change)
    }

    /// Gives a parameter of a model at the top a value.
    pub(crate) fn set_model(
        &mut self,
        model: &str,
        parameter: &str,
        value: f64,
    ) -> Result<(), Vec<Diagnostic>> {
        let change = self.core.set_model(&mut self.circuit, model, parameter, value)?;
        self.settle(change)
    }

    /// Gives all models what their cards say.
    pub(crate) fn reset_models(&mut self) -> Result<(), Vec<Diagnostic>> {
        let change = self.core.reset_models(&mut self.circuit)?;
        self.settle(change)
    }

    /// Tells waveforms the print step and the stop time of the analysis that is to run, s.
    pub(crate) fn set_window(&mut self, step: f64, stop: f64) -> Result<(), Vec<Diagnostic>> {
        let change = self.core.set_window(&mut self.circuit, step, stop)?;
        self.settle(change)
    }

    /// Completes a change: the circuit is bound anew where its structure changed, and what cards say in numbers is
    /// computed again.
    fn settle(&mut self, change: Change) -> Result<(), Vec<Diagnostic>> {
        if change == Change::Structure {
            match self.circuit.rebuilt(self.circuit.options()) {
                Ok(circuit) => self.circuit = circuit,
                Err(errors) => return Err(self.core.build_errors(&errors)),
            }
        }
        let elaborator = &mut self.core.elaborator;
        self.plan = elaborator.plan();
        self.start = elaborator.starting_point(&self.circuit);
        self.measures = elaborator.measures(&self.circuit).0;
        if elaborator.reporter.n_errors() > 0 {
            return Err(self.core.take_diagnostics());
        }
        Ok(())
    }
}

impl Core {
    fn build(
        table: Arc<Table>,
        kinds: &'static [&'static Kind],
        fixed: Vec<(String, f64)>,
        temperature_celsius: Option<f64>,
        reporter: Reporter,
    ) -> Result<(Core, Circuit, Vec<Planned>), Reporter> {
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
        let mut core = Core {
            table,
            original: None,
            kinds,
            fixed,
            temperature_celsius,
            seed: None,
            devices: Vec::new(),
            numerics: Numerics::default(),
            elaborator,
        };
        match core.elaborator.builder.build(BuildOptions::default()) {
            Ok(circuit) => Ok((core, circuit, plan)),
            Err(errors) => {
                for error in &errors {
                    report_build_error(&mut core.elaborator, error);
                }
                Err(core.elaborator.reporter)
            }
        }
    }

    /// Elaborates the netlist anew, after a change of shape. Nodes and devices have to stay the same, since
    /// outputs and analyses know them by number.
    fn rebuild(&mut self, circuit: &mut Circuit) -> Result<Change, Vec<Diagnostic>> {
        let rebuilt = Core::build(
            self.table.clone(),
            self.kinds,
            self.fixed.clone(),
            self.temperature_celsius,
            Reporter::new(self.elaborator.reporter.dialect()),
        );
        let (mut core, new, _) = rebuilt.map_err(Reporter::into_diagnostics)?;
        let same_nodes = new.nodes().map(|(name, _)| name).eq(circuit.nodes().map(|(n, _)| n));
        let names = |circuit: &Circuit| -> Vec<String> {
            let instances = circuit.instances();
            instances.map(|(_, spec)| spec.name.clone()).collect()
        };
        if !same_nodes || names(&new) != names(circuit) {
            let span = self.elaborator.records.first().map(|record| record.span);
            return Err(vec![Diagnostic::error(
                codes::NOT_SUPPORTED,
                span.unwrap_or_default(),
                "this value of a parameter makes a circuit of other nodes or devices",
            )]);
        }
        core.devices = std::mem::take(&mut self.devices);
        core.original = self.original.take();
        core.numerics = self.numerics;
        core.seed = self.seed;
        core.elaborator.options = self.elaborator.options.clone();
        let swept: Vec<InstanceId> = core.devices.iter().map(|(id, ..)| *id).collect();
        for id in swept {
            let params = core.elaborator.builder.spec(id).params.clone();
            let params = core.overridden(id, params)?;
            core.elaborator.builder.spec_mut(id).params = params;
        }
        *self = core;
        circuit.rebuild_from(&self.elaborator.builder);
        if let Some(seed) = self.seed {
            self.set_seed(circuit, seed)?;
        }
        Ok(Change::Structure)
    }

    /// The value of a top-level parameter.
    pub(crate) fn parameter(&mut self, name: &str) -> Option<f64> {
        let elaborator = &mut self.elaborator;
        let span = Span::default();
        let value = elaborator.scopes.parameter(&mut elaborator.reporter, ScopeId::TOP, name, span);
        value.ok().flatten().map(|value| value.value)
    }

    /// Gives a top-level parameter a value, or with `None` that of the netlist again.
    pub(crate) fn set_parameter(
        &mut self,
        circuit: &mut Circuit,
        name: &str,
        value: Option<f64>,
    ) -> Result<Change, Vec<Diagnostic>> {
        self.fixed.retain(|(known, _)| known != name);
        match value {
            Some(value) => {
                self.fixed.push((name.to_owned(), value));
                self.elaborator.scopes.fix(name, value);
            }
            None => self.elaborator.scopes.release(name),
        }
        match self.elaborator.scopes.number(name) {
            Some(number) => self.refresh(circuit, number),
            None => Ok(Change::Values),
        }
    }

    /// The value that was given to a parameter from outside.
    pub(crate) fn fixed_value(&self, name: &str) -> Option<f64> {
        let fixed = self.fixed.iter().find(|(known, _)| known == name);
        fixed.map(|(_, value)| *value)
    }

    /// Gives the circuit another temperature, °C.
    pub(crate) fn set_temperature(
        &mut self,
        circuit: &mut Circuit,
        celsius: f64,
    ) -> Result<Change, Vec<Diagnostic>> {
        self.temperature_celsius = Some(celsius);
        self.elaborator.options.temperature_celsius = celsius;
        self.elaborator.scopes.set_temperature(celsius);
        self.elaborator.environment.temperature = celsius + ZERO_CELSIUS;
        self.refresh(circuit, Dependence::TEMPERATURE)
    }

    /// Lets the devices draw from another seed.
    pub(crate) fn set_seed(
        &mut self,
        circuit: &mut Circuit,
        seed: u64,
    ) -> Result<Change, Vec<Diagnostic>> {
        self.seed = Some(seed);
        self.elaborator.options.seed = seed;
        self.elaborator.environment.variation = Variation::new(seed);
        let mut change = Change::Values;
        for index in 0..self.elaborator.records.len() {
            let id = self.elaborator.records[index].id;
            let spec = circuit.spec(id);
            let variation = spec.environment.variation.reseeded(seed);
            let environment = Environment { variation, ..spec.environment };
            let params = spec.params.clone();
            if self.update(circuit, id, params, environment)? == Change::Structure {
                change = Change::Structure;
            }
        }
        Ok(change)
    }

    /// Temperature of the circuit, °C.
    pub(crate) fn temperature_celsius(&self) -> f64 {
        self.elaborator.scopes.temperature_celsius
    }

    /// Re-prepares what depends on a parameter.
    fn refresh(&mut self, circuit: &mut Circuit, number: u32) -> Result<Change, Vec<Diagnostic>> {
        self.elaborator.reporter.restart();
        if self.elaborator.structure.contains(number) {
            return self.rebuild(circuit);
        }
        self.elaborator.forget_models(number);
        let mut change = Change::Values;
        for index in 0..self.elaborator.records.len() {
            let record = &self.elaborator.records[index];
            let by_temperature = number == Dependence::TEMPERATURE && record.rise.is_some();
            let changed = if record.dependence.contains(number) {
                self.redraft(circuit, index)?
            } else if by_temperature {
                let id = record.id;
                let spec = circuit.spec(id);
                let rise = record.rise.unwrap_or(0.0);
                let environment = Environment {
                    temperature: self.temperature_celsius() + rise + ZERO_CELSIUS,
                    ..spec.environment
                };
                let params = spec.params.clone();
                Some(self.update(circuit, id, params, environment)?)
            } else {
                continue;
            };
            match changed {
                Some(Change::Values) => {}
                Some(Change::Structure) => change = Change::Structure,
                None => return self.rebuild(circuit),
            }
        }
        Ok(change)
    }

    /// Looks at an element line once more; nothing if it makes no device any more.
    fn redraft(
        &mut self,
        circuit: &mut Circuit,
        index: usize,
    ) -> Result<Option<Change>, Vec<Diagnostic>> {
        let record = &self.elaborator.records[index];
        let (id, scope) = (record.id, record.scope);
        let Some(element) = record.element() else {
            return Ok(Some(Change::Values));
        };
        let trace = self.elaborator.trace_of(record);
        self.elaborator.reporter.set_trace(&trace);
        let drafts = self.elaborator.draft(&element, scope);
        self.elaborator.reporter.set_trace(&[]);
        let drafts = drafts.map_err(|Reported| self.take_diagnostics())?;
        let spec = circuit.spec(id);
        // A resistance that becomes zero is a device of another kind.
        let draft = drafts
            .into_iter()
            .find(|draft| draft.name == spec.name && std::ptr::eq(draft.kind, spec.kind));
        match draft {
            Some(draft) => {
                let params = self.overridden(id, draft.params)?;
                let change = self.update(circuit, id, params, draft.environment)?;
                Ok(Some(change))
            }
            None => Ok(None),
        }
    }

    /// Parameters with the values that were given to the instance from outside.
    fn overridden(
        &mut self,
        id: InstanceId,
        params: Arc<dyn AnyParams>,
    ) -> Result<Arc<dyn AnyParams>, Vec<Diagnostic>> {
        let own = self.devices.iter().filter(|(device, ..)| *device == id);
        let own: Vec<(usize, f64)> = own.map(|(_, index, value)| (*index, *value)).collect();
        if own.is_empty() {
            return Ok(params);
        }
        let mut params = params.boxed();
        for (index, value) in own {
            if let Err(error) = params.assign(index, value) {
                report_params(&mut self.elaborator, id, &error);
                return Err(self.take_diagnostics());
            }
        }
        Ok(params.into())
    }

    /// Changes the card of a model and elaborates anew.
    fn set_model(
        &mut self,
        circuit: &mut Circuit,
        model: &str,
        parameter: &str,
        value: f64,
    ) -> Result<Change, Vec<Diagnostic>> {
        let before = self.table.clone();
        let mut table = (*before).clone();
        let Some(card) = table.models.get_mut(model) else {
            let names = before.models.keys().map(String::as_str);
            return Err(vec![
                Diagnostic::error(
                    codes::UNKNOWN_MODEL,
                    Span::default(),
                    format!("there is no model \"{model}\""),
                )
                .did_you_mean(suggest(model, names)),
            ]);
        };
        let card = Arc::make_mut(card);
        let span = card.name.span;
        card.params.retain(|param| param.key.node != parameter);
        card.params.push(Param {
            key: Name::new(parameter.to_owned(), span),
            value: Spanned::new(Value::Number(value), span),
        });
        self.original.get_or_insert_with(|| before.clone());
        self.table = Arc::new(table);
        let rebuilt = self.rebuild(circuit);
        if rebuilt.is_err() {
            self.table = before;
        }
        rebuilt
    }

    fn reset_models(&mut self, circuit: &mut Circuit) -> Result<Change, Vec<Diagnostic>> {
        match self.original.take() {
            Some(original) => {
                self.table = original;
                self.rebuild(circuit)
            }
            None => Ok(Change::Values),
        }
    }

    fn take_diagnostics(&mut self) -> Vec<Diagnostic> {
        self.elaborator.reporter.restart().into_diagnostics()
    }

    /// What is wrong with a circuit, as diagnostics.
    pub(crate) fn build_errors(&mut self, errors: &[BuildError]) -> Vec<Diagnostic> {
        for error in errors {
            report_build_error(&mut self.elaborator, error);
        }
        self.take_diagnostics()
    }

    /// Gives an instance other parameters.
    fn update(
        &mut self,
        circuit: &mut Circuit,
        id: InstanceId,
        params: Arc<dyn AnyParams>,
        environment: Environment,
    ) -> Result<Change, Vec<Diagnostic>> {
        match circuit.update(id, params.clone(), environment) {
            Ok(change) => {
                // Couplings read the inductors' parameters there.
                let spec = self.elaborator.builder.spec_mut(id);
                spec.params = params;
                spec.environment = environment;
                Ok(change)
            }
            Err(error) => {
                report_params(&mut self.elaborator, id, &error);
                Err(self.take_diagnostics())
            }
        }
    }

    /// Gives one parameter of an instance a value.
    fn set_device(
        &mut self,
        circuit: &mut Circuit,
        id: InstanceId,
        index: usize,
        value: f64,
    ) -> Result<Change, Vec<Diagnostic>> {
        self.elaborator.reporter.restart();
        self.devices.retain(|(device, known, _)| (*device, *known) != (id, index));
        self.devices.push((id, index, value));
        let spec = circuit.spec(id);
        let (environment, params) = (spec.environment, spec.params.clone());
        let params = self.overridden(id, params)?;
        self.update(circuit, id, params, environment)
    }

    /// Gives what a sweep varies a value.
    pub(crate) fn set_target(
        &mut self,
        circuit: &mut Circuit,
        target: &SweepTarget,
        value: f64,
    ) -> Result<Change, Vec<Diagnostic>> {
        match target {
            SweepTarget::Device(id, index) => self.set_device(circuit, *id, *index, value),
            SweepTarget::Temperature => self.set_temperature(circuit, value),
            SweepTarget::Seed => self.set_seed(circuit, value.abs() as u64),
            SweepTarget::Parameter(name) => self.set_parameter(circuit, name, Some(value)),
        }
    }

    fn set_window(
        &mut self,
        circuit: &mut Circuit,
        step: f64,
        stop: f64,
    ) -> Result<Change, Vec<Diagnostic>> {
        let known = self.elaborator.environment;
        let mut change = Change::Values;
        if known.step == step && known.stop == stop {
            return Ok(change);
        }
        self.elaborator.environment.step = step;
        self.elaborator.environment.stop = stop;
        let ids: Vec<InstanceId> = circuit.instances().map(|(id, _)| id).collect();
        for id in ids {
            let spec = circuit.spec(id);
            let environment = Environment { step, stop, ..spec.environment };
            let params = spec.params.clone();
            if self.update(circuit, id, params, environment)? == Change::Structure {
                change = Change::Structure;
            }
        }
        Ok(change)
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
    let first = table.cards.analyses.iter().find_map(|card| match &card.kind {
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
    /// Cards for schematic editors, printers and sound files.
    const WITHOUT_EFFECT: [&str; 8] =
        ["backanno", "width", "wave", "text", "machine", "protect", "unprotect", "ferret"];
    let table = elaborator.scopes.table(ScopeId::TOP).clone();
    for card in &table.cards.others {
        if WITHOUT_EFFECT.contains(&card.keyword.node.as_str()) {
            let message = format!(".{} has no effect here", card.keyword);
            let diagnostic = Diagnostic::warning(codes::IGNORED, card.keyword.span, message);
            elaborator.reporter.report(diagnostic);
            continue;
        }
        // Under ngspice's rules the other cards run all the same.
        let _ = elaborator.reporter.tolerate(Diagnostic::error(
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
    let owner = match &record.element() {
        Some(element) => format!("{} \"{}\"", kind.name, element.name),
        None => format!("{} \"{name}\"", kind.name),
    };
    let trace = elaborator.trace_of(record);
    let span = elaborator.written(record, kind, error).unwrap_or(record.span);
    let diagnostic = parameter_error(&owner, kind.params, error, span);
    elaborator.reporter.set_trace(&trace);
    elaborator.reporter.report(diagnostic);
    elaborator.reporter.set_trace(&[]);
}

fn report_build_error(elaborator: &mut Elaborator, error: &BuildError) {
    match error {
        BuildError::Params { instance, error, .. } => report_params(elaborator, *instance, error),
        BuildError::Nature { instance, node, expected, found, .. } => {
            let (expected, found) = (expected.unit(), found.unit());
            let message = format!(
                "node \"{node}\" carries a quantity in {found} here, but one in {expected} elsewhere"
            );
            report_at(elaborator, *instance, codes::NATURE_CLASH, message);
        }
        BuildError::NoBranch { instance, lender, .. } => {
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
    elaborator.reporter.report(Diagnostic::error(code, span, message));
    elaborator.reporter.set_trace(&[]);
}
