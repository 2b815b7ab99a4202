//! Calibration of decks: a netlist *is* the experiment.
//!
//! The deck has the device, its series resistance, its compliance and its stimulus; measured data may replace the
//! stimulus of one source. Any parameter of any card may be fitted. Derivatives come from the solver.

mod card;
mod change;
mod experiment;
mod gone;
mod interpolate;
mod observe;
mod plan;
mod population;
mod prepared;
mod setup;
mod stimulus;
mod target;

pub use experiment::DeckExperiment;
pub use plan::{FitPlan, PlanData, PlanError, PlanObjective, PlanParameter, PlanTarget};
pub use population::{FeatureCheck, PlanCheck, PlanVariation};
pub use prepared::PreparedFit;
pub use setup::{Deck, ExperimentOptions, ExperimentTarget, Mode};
pub use stimulus::Sweeping;

use crate::error::Error;

/// Why a deck cannot be an experiment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// The deck, or what follows from a value in it.
    #[error("{0}")]
    Deck(Error),
    /// A parameter to fit that the deck does not have.
    #[error("the deck has nothing called \"{name}\" to fit{}", hint(.candidate))]
    UnknownTarget {
        /// What was asked for.
        name: String,
        /// A similar name.
        candidate: Option<String>,
    },
    /// A parameter that a device or model does not have.
    #[error("\"{owner}\" has no parameter \"{name}\"{}", hint(.candidate))]
    UnknownParameter {
        /// The instance or model.
        owner: String,
        /// What was asked for.
        name: String,
        /// A similar name.
        candidate: Option<String>,
    },
    /// A value of a parameter, usually one of its bounds, that makes no device.
    #[error("{name} = {value:e}: {error}")]
    Value {
        /// The parameter.
        name: String,
        /// The value.
        value: f64,
        /// Why not.
        error: Error,
    },
    /// No source whose voltage or current the data could set.
    #[error("{0}")]
    Drive(String),
    /// What is observed has no derivative here.
    #[error(
        "\"{0}\" cannot be fitted: observe voltages, branch currents and states, for a current through a source of 0 V"
    )]
    Observable(String),
    /// Data that do not say enough for the experiment.
    #[error("{0}")]
    Data(String),
    /// No trace to predict.
    #[error("there is no trace to fit")]
    NoTrace,
}

fn hint(candidate: &Option<String>) -> String {
    candidate.as_ref().map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}
