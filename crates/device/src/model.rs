//! The contract: what an author of a device model writes.

use crate::contributions::{Contributions, Output};
use crate::environment::{Environment, Iterate, Time};
use crate::limits::Limits;
use crate::noise::NoiseSources;
use crate::params::{ParamError, Params};
use crate::unknown::{Role, Tie, Unknown};
use num_complex::Complex64;
use ovonic_numerics::scalar::Scalar;

/// The physics of one kind of device. `N` counts its local unknowns.
///
/// A model is immutable once prepared; everything that changes lives in memory of the solver. It cannot see
/// the analysis, the integration method, the matrix or its neighbours.
pub trait Model<const N: usize>: Send + Sync + Sized + 'static {
    /// What a card or an instance line may say.
    type Params: Params;

    /// Terminals first, then internal nodes, branch currents and states, then borrowed unknowns.
    const UNKNOWNS: [Unknown; N];

    /// Number of limiting lanes.
    const LIMITS: usize = 0;

    /// Number of latches.
    const LATCHES: usize = 0;

    /// Quantities that the device reports.
    const OUTPUTS: &'static [Output] = &[];

    /// Computes every derived constant that no unknown touches. Pure; called when a parameter changes.
    ///
    /// # Errors
    /// When parameters contradict each other.
    fn prepare(params: &Self::Params, env: &Environment) -> Result<Self, ParamError>;

    /// One Newton iterate, written once over any scalar.
    fn eval<S: Scalar>(
        &self,
        x: [S; N],
        at: &Iterate<'_>,
        limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, N>,
    );

    /// Ties unknowns that are not needed. `connected` has a bit for each terminal that the instance names.
    /// By default an optional terminal that is not connected is ground.
    fn collapse(&self, connected: u64) -> [Tie; N] {
        std::array::from_fn(|i| {
            let optional = Self::UNKNOWNS[i].role == Role::OptionalTerminal;
            if optional && connected >> i & 1 == 0 { Tie::Ground } else { Tie::Free }
        })
    }

    /// Overwrites the entries of `x` that the instance's own initial conditions fix (`ic=`, initial states).
    /// On entry `x` holds the circuit's initial conditions, or zeros.
    fn initial(&self, x: &mut [f64; N]) {
        let _ = x;
    }

    /// Initial values of the latches.
    fn initial_latches(&self, latches: &mut [f64]) {
        let _ = latches;
    }

    /// One event function a latch: positive where the latch, standing as `at.latches` says, ought to flip.
    /// Continuous in `x`, so that the crossing can be located.
    fn crossings(&self, x: &[f64; N], at: &Iterate<'_>, values: &mut [f64]) {
        let _ = (x, at, values);
    }

    /// Flips latch `latch`.
    fn flip(&self, latch: usize, x: &[f64; N], latches: &mut [f64]) {
        let _ = (latch, x, latches);
    }

    /// Called once an accepted time step, for bookkeeping that no equation sees.
    fn accept(&self, x: &[f64; N], at: &Iterate<'_>, latches: &mut [f64]) {
        let _ = (x, at, latches);
    }

    /// Collects the noise sources at a solved point.
    fn noise(&self, x: &[f64; N], at: &Iterate<'_>, out: &mut NoiseSources) {
        let _ = (x, at, out);
    }

    /// Adds the small-signal stimulus to the right-hand side, local row by local row. A source that
    /// contributes `−u` to its residual adds `+u` here.
    fn stimulus(&self, rhs: &mut [Complex64; N]) {
        let _ = rhs;
    }

    /// The first instant after `after` at which the device's own time course has a corner.
    fn next_event(&self, after: Time) -> Option<Time> {
        let _ = after;
        None
    }

    /// Values of [`Model::OUTPUTS`] at a solved point.
    fn outputs(&self, x: &[f64; N], at: &Iterate<'_>, values: &mut [f64]) {
        let _ = (x, at, values);
    }
}
