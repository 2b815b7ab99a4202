//! Options that all analyses share: tolerances, limits on iterations, and the linear engine.

use num_complex::Complex64;
use ovonic_circuit::{Circuit, StoredQuantity, UnknownEntry};
use ovonic_device::Nature;
use ovonic_numerics::sparse::{Engine, LinearSolver, Pattern, SolverError};
use std::fmt;
use std::sync::Arc;

/// Tolerances, by SPICE's names where it has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerances {
    /// Relative tolerance (`reltol`).
    pub relative: f64,
    /// Absolute tolerance of currents, A (`abstol`).
    pub current: f64,
    /// Absolute tolerance of voltages, V (`vntol`).
    pub voltage: f64,
    /// Size from which charges and fluxes have a relative error, C and Wb (`chgtol`); absent for what the circuit
    /// suggests, see [`Tolerances::charge_in`].
    pub charge: Option<f64>,
    /// Factor on the absolute tolerances of states and of heat, which models and natures state.
    pub state: f64,
    /// Factor by which truncation error may exceed the tolerances (`trtol`).
    pub truncation: f64,
}

impl Default for Tolerances {
    fn default() -> Self {
        Self {
            relative: 1e-3,
            current: 1e-12,
            voltage: 1e-6,
            charge: None,
            state: 1.0,
            truncation: 7.0,
        }
    }
}

impl Tolerances {
    /// `chgtol` as given, else SPICE's 1e-14 C; but in a circuit with states or temperatures 1e-17 C, since the
    /// capacitances around a nanoscale cell hold less than 1e-14 C altogether.
    pub fn charge_in(&self, circuit: &Circuit) -> f64 {
        let is_nanoscale =
            |stored: &StoredQuantity| stored.is_state || stored.residual == Nature::HeatFlow;
        self.charge.unwrap_or_else(|| {
            if circuit.stored().iter().any(is_nanoscale) { 1e-17 } else { 1e-14 }
        })
    }

    /// Absolute tolerance of an unknown, in its unit.
    pub fn of_unknown(&self, entry: &UnknownEntry) -> f64 {
        match (entry.nature, entry.tolerance) {
            (Nature::Voltage, None) => self.voltage,
            (Nature::Current, None) => self.current,
            (Nature::Voltage | Nature::Current, Some(tolerance)) => tolerance,
            (_, Some(tolerance)) => self.state * tolerance,
            (Nature::Temperature, None) => self.state * 1e-4,
            (Nature::HeatFlow, None) => self.state * 1e-12,
            (Nature::State | Nature::Rate, None) => self.state * 1e-6 * entry.nominal,
        }
    }

    /// Absolute tolerance of a row's residual; absent for rate equations, whose residual has no scale but the
    /// step that it asks for.
    pub fn of_residual(&self, entry: &UnknownEntry) -> Option<f64> {
        match entry.residual {
            Nature::Current => Some(self.current),
            Nature::Voltage => Some(self.voltage),
            Nature::HeatFlow => Some(self.state * 1e-12),
            Nature::Temperature => Some(self.state * 1e-4),
            Nature::State | Nature::Rate => None,
        }
    }
}

/// Makes linear solvers. A façade may inject one that knows more of a circuit's structure.
pub trait Engines: Send + Sync {
    /// A real solver for a pattern.
    ///
    /// # Errors
    /// When the pattern cannot be analysed.
    fn real(&self, pattern: &Arc<Pattern>) -> Result<Box<dyn LinearSolver<f64>>, SolverError>;

    /// A real solver for the matrix of a circuit's own equations; one for its pattern unless there is a better one.
    ///
    /// # Errors
    /// When the pattern cannot be analysed.
    fn real_for(&self, circuit: &Circuit) -> Result<Box<dyn LinearSolver<f64>>, SolverError> {
        self.real(circuit.pattern())
    }

    /// A complex solver for a pattern.
    ///
    /// # Errors
    /// When the pattern cannot be analysed.
    fn complex(
        &self,
        pattern: &Arc<Pattern>,
    ) -> Result<Box<dyn LinearSolver<Complex64>>, SolverError>;
}

/// The general engines of `numerics`.
impl Engines for Engine {
    fn real(&self, pattern: &Arc<Pattern>) -> Result<Box<dyn LinearSolver<f64>>, SolverError> {
        self.build(pattern.clone())
    }

    fn complex(
        &self,
        pattern: &Arc<Pattern>,
    ) -> Result<Box<dyn LinearSolver<Complex64>>, SolverError> {
        self.build(pattern.clone())
    }
}

/// Options that all analyses share.
#[derive(Clone)]
pub struct SolverOptions {
    /// Tolerances.
    pub tolerances: Tolerances,
    /// Conductance across junctions, S (`gmin`).
    pub gmin: f64,
    /// Newton iterations of an operating point (`itl1`).
    pub op_iterations: usize,
    /// Newton iterations of a point of a sweep (`itl2`).
    pub sweep_iterations: usize,
    /// Newton iterations of a time step (`itl4`).
    pub step_iterations: usize,
    /// Whether junction voltages and their like are limited from one Newton iteration to the next. Solutions do not
    /// depend on it, only whether and how soon they are found.
    pub limiting: bool,
    /// Linear engine.
    pub engines: Arc<dyn Engines>,
}

impl Default for SolverOptions {
    fn default() -> Self {
        Self {
            tolerances: Tolerances::default(),
            gmin: 1e-12,
            op_iterations: 100,
            sweep_iterations: 50,
            step_iterations: 12,
            limiting: true,
            engines: Arc::new(Engine::default()),
        }
    }
}

impl fmt::Debug for SolverOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SolverOptions")
            .field("tolerances", &self.tolerances)
            .field("gmin", &self.gmin)
            .finish_non_exhaustive()
    }
}

/// Progress and cancellation, passed in by whoever runs an analysis.
pub trait Observer {
    /// Whether the analysis should stop at the next point.
    fn cancelled(&self) -> bool {
        false
    }

    /// How far the analysis is. Called often; must be cheap.
    fn progress(&mut self, progress: &Progress) {
        let _ = progress;
    }
}

/// How far an analysis is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Part done, 0 to 1.
    pub fraction: f64,
    /// Simulated time, frequency or swept value, in SI units.
    pub position: f64,
    /// Where it ends.
    pub end: f64,
    /// Current step, in the same unit.
    pub step: f64,
    /// Points accepted.
    pub accepted: usize,
    /// Points rejected.
    pub rejected: usize,
    /// Newton iterations.
    pub iterations: usize,
}

/// An observer that watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}
