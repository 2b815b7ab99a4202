//! Changing what sweeps and steps vary, and putting it back.

use crate::design::Core;
use crate::elaborate::SweepTarget;
use crate::error::Error;
use crate::session::Simulation;
use ovonic_analysis::SweepVariable;
use ovonic_circuit::{Change, Circuit};
use ovonic_netlist::SourceMap;
use std::cell::RefCell;
use std::sync::Arc;

impl Simulation {
    /// How many times the analyses run: once, or once for each combination of values of the `.step` cards.
    #[must_use]
    pub fn n_steps(&self) -> usize {
        self.design.steps.iter().map(|sweep| sweep.range.len()).product()
    }

    /// The values of the stepped quantities in step `index`; the first card's quantity changes fastest.
    ///
    /// # Panics
    /// If `index` is not below [`Simulation::n_steps`].
    #[must_use]
    pub fn step(&self, index: usize) -> Vec<(String, f64)> {
        assert!(index < self.n_steps(), "a step has to exist");
        let mut rest = index;
        let values = self.design.steps.iter().map(|sweep| {
            let place = rest % sweep.range.len();
            rest /= sweep.range.len();
            (sweep.name.clone(), sweep.range.value(place))
        });
        values.collect()
    }

    /// Gives the stepped quantities their values in step `index`.
    pub(crate) fn enter_step(&mut self, index: usize) -> Result<Vec<(String, f64)>, Error> {
        let values = self.step(index);
        let sources = self.shared_sources();
        let targets: Vec<SweepTarget> =
            self.design.steps.iter().map(|sweep| sweep.target.clone()).collect();
        for (target, (_, value)) in targets.iter().zip(&values) {
            let set = self.design.set_target(target, *value);
            set.map_err(|diagnostics| Error::netlist(diagnostics, sources.clone()))?;
        }
        Ok(values)
    }

    /// What the stepped quantities are now.
    pub(crate) fn before_steps(&mut self) -> Vec<Before> {
        let sweeps = self.design.steps.clone();
        sweeps.iter().map(|sweep| self.before(&sweep.target)).collect()
    }

    pub(crate) fn before(&mut self, target: &SweepTarget) -> Before {
        match target {
            SweepTarget::Device(id, _) => {
                Before::Device(*id, self.design.circuit.spec(*id).params.clone())
            }
            SweepTarget::Temperature => Before::Temperature(self.design.core.temperature_celsius()),
            SweepTarget::Seed => Before::Seed(self.options().seed),
            SweepTarget::Parameter(name) => {
                Before::Parameter(name.clone(), self.design.core.fixed_value(name))
            }
        }
    }

    pub(crate) fn restore(&mut self, before: Vec<Before>) -> Result<(), Error> {
        for state in before {
            let restored = match state {
                Before::Device(id, params) => self.design.restore_params(id, params),
                Before::Temperature(celsius) => self.design.set_temperature(celsius),
                Before::Seed(seed) => self.design.set_seed(seed),
                Before::Parameter(name, value) => self.design.set_parameter(&name, value),
            };
            restored.map_err(|diagnostics| Error::netlist(diagnostics, self.shared_sources()))?;
        }
        Ok(())
    }
}

/// A sweep's variable: several of them share what changes the circuit.
pub(crate) struct Variation<'a, 'b> {
    pub(crate) core: &'a RefCell<&'b mut Core>,
    pub(crate) target: &'a SweepTarget,
    pub(crate) sources: &'a Arc<SourceMap>,
}

impl SweepVariable for Variation<'_, '_> {
    fn set(
        &mut self,
        circuit: &mut Circuit,
        value: f64,
    ) -> Result<Change, Box<dyn std::error::Error + Send + Sync>> {
        let changed = self.core.borrow_mut().set_target(circuit, self.target, value);
        changed.map_err(|diagnostics| Error::netlist(diagnostics, self.sources.clone()).into())
    }
}

/// What a sweep found before it changed it.
pub(crate) enum Before {
    Device(ovonic_circuit::InstanceId, Arc<dyn ovonic_device::AnyParams>),
    Temperature(f64),
    Seed(u64),
    Parameter(String, Option<f64>),
}
