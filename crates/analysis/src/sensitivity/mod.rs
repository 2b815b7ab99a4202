//! Derivatives of solutions with respect to parameters.
//!
//! ```text
//! op      (∂f/∂x)·s = −∂f/∂p
//! ac      A·s = −(dA/dp)·x + db/dp,      A = ∂f/∂x + jω·∂q/∂x, the derivative along p and along the operating point
//! tran    (∂f/∂x + α·∂q/∂x)·s = −(∂f/∂p + α·∂q/∂p + history of dq/dp),      with each accepted step's own formula
//! ```
//!
//! `∂f/∂p` and `∂q/∂p` are scaled central differences of the instances that the parameter reaches, prepared anew on
//! either side of its value; everything else is exact, so the result is the derivative of the discrete solution at
//! standing steps. A parameter that changes a device's structure has no derivative, which is an error.

mod ac;
mod op;
mod tangent;
mod variation;

pub use ac::{AcSensitivityPoint, ac_sensitivity};
pub use op::op_sensitivity;
pub use variation::{ChangedInstance, ParameterChange, Variation};

pub(crate) use op::starting_sensitivity;
pub(crate) use tangent::Tangent;

use ovonic_circuit::CondensationError;
use ovonic_device::ParamError;
use ovonic_numerics::sparse::SolverError;

/// Why a derivative cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SensitivityError {
    /// A parameter beside the present one makes no device.
    #[error("\"{name}\" beside its present parameters: {error}")]
    Params {
        /// The instance.
        name: String,
        /// What is wrong.
        error: ParamError,
    },
    /// A parameter changes what an instance's equations depend on.
    #[error("the parameter changes the structure of \"{name}\", so there is no derivative")]
    Structure {
        /// The instance.
        name: String,
    },
    /// Signals that travel along delays.
    #[error("no derivatives through delayed signals")]
    Delays,
    /// The linearised circuit has no solution.
    #[error("linearised circuit: {0}")]
    Linear(#[from] SolverError),
    /// Private unknowns are not determined.
    #[error(transparent)]
    Condensation(#[from] CondensationError),
}
