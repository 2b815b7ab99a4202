//! The circuit linearised at an operating point, solved frequency by frequency; ac and noise share it.
//!
//! ```text
//! (∂f/∂x + jω·∂q/∂x + delayed)·x = b      and its adjoint, transposed, not conjugated
//! ```
//!
//! Retained states use their rates here, latches stand still. Where a cluster cannot be condensed the whole
//! circuit is built anew without condensation, and results are carried back to the numbering of the first.

use crate::op::OperatingPoint;
use crate::options::SolverOptions;
use crate::report::SetupError;
use num_complex::Complex64;
use ovonic_circuit::{BuildOptions, Circuit, CondensationError, Pivots, Point, SmallSignal};
use ovonic_numerics::sparse::{LinearSolver, SolverError};
use ovonic_waveforms::WaveformError;
use std::f64::consts::TAU;

/// Rounding that a point may lie beyond the end of its sweep, in steps.
const END_TOLERANCE: f64 = 1e-9;

/// Frequencies of a small-signal analysis, Hz.
#[derive(Clone, Debug, PartialEq)]
pub enum FrequencySweep {
    /// `points` a decade from `start` to `stop`.
    Decade {
        /// Points a decade.
        points: usize,
        /// First frequency, Hz.
        start: f64,
        /// Last frequency, Hz.
        stop: f64,
    },
    /// `points` an octave from `start` to `stop`.
    Octave {
        /// Points an octave.
        points: usize,
        /// First frequency, Hz.
        start: f64,
        /// Last frequency, Hz.
        stop: f64,
    },
    /// `points` in all, equally far apart.
    Linear {
        /// Points in all.
        points: usize,
        /// First frequency, Hz.
        start: f64,
        /// Last frequency, Hz.
        stop: f64,
    },
    /// Frequencies as they are.
    List(Vec<f64>),
}

impl FrequencySweep {
    /// The frequencies, none of them accumulated from the one before. Both ends belong to them: a span that is
    /// no whole number of steps is divided into the next smaller number of equal ones.
    ///
    /// # Errors
    /// When there are no points, when an end is negative, zero on a logarithmic scale, or not finite, or when
    /// the last frequency lies below the first.
    pub fn frequencies(&self) -> Result<Vec<f64>, SmallSignalError> {
        let logarithmic = !matches!(self, Self::Linear { .. } | Self::List(_));
        let (points, start, stop) = match self {
            Self::Decade { points, start, stop }
            | Self::Octave { points, start, stop }
            | Self::Linear { points, start, stop } => (*points, *start, *stop),
            Self::List(list) => {
                for &frequency in list {
                    check_frequency("frequency", frequency, false)?;
                }
                return Ok(list.clone());
            }
        };
        check_frequency("start frequency", start, logarithmic)?;
        check_frequency("stop frequency", stop, logarithmic)?;
        if stop < start {
            return Err(SmallSignalError::Frequency {
                name: "stop frequency",
                value: stop,
                reason: "it lies below the start frequency",
            });
        }
        if points == 0 {
            return Err(SmallSignalError::Frequency {
                name: "number of points",
                value: 0.0,
                reason: "at least one is needed",
            });
        }
        Ok(match self {
            Self::Decade { .. } => logarithmic_points(10.0, points, start, stop),
            Self::Octave { .. } => logarithmic_points(2.0, points, start, stop),
            _ => linear_points(points, start, stop),
        })
    }
}

fn check_frequency(
    name: &'static str,
    value: f64,
    logarithmic: bool,
) -> Result<(), SmallSignalError> {
    let reason = if !value.is_finite() {
        "it has to be a finite number"
    } else if value < 0.0 {
        "a frequency cannot be negative"
    } else if logarithmic && value == 0.0 {
        "a logarithmic sweep cannot reach zero"
    } else {
        return Ok(());
    };
    Err(SmallSignalError::Frequency { name, value, reason })
}

fn logarithmic_points(base: f64, points: usize, start: f64, stop: f64) -> Vec<f64> {
    if stop == start {
        return vec![start];
    }
    let per = points as f64;
    let steps = (stop / start).ln() / base.ln() * per;
    let whole = (steps + END_TOLERANCE).floor().max(1.0);
    let count = whole as usize;
    let exact = (steps - whole).abs() < END_TOLERANCE * whole.max(1.0);
    (0..=count)
        .map(|i| {
            if i == count {
                stop
            } else if exact {
                // Whole decades and octaves come out exactly.
                start * base.powi((i / points) as i32) * base.powf((i % points) as f64 / per)
            } else {
                start * (stop / start).powf(i as f64 / whole)
            }
        })
        .collect()
}

fn linear_points(points: usize, start: f64, stop: f64) -> Vec<f64> {
    let last = points - 1;
    (0..points)
        .map(|i| {
            if i == last && last > 0 {
                stop
            } else {
                start + (stop - start) * (i as f64 / last.max(1) as f64)
            }
        })
        .collect()
}

/// Why a small-signal analysis ended early.
#[derive(Debug, thiserror::Error)]
pub enum SmallSignalError {
    /// A sweep that has no frequencies.
    #[error("{name} {value}: {reason}")]
    Frequency {
        /// Which.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is wrong.
        reason: &'static str,
    },
    /// The solver could not be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The linear system has no solution.
    #[error("no small-signal solution at {frequency:.6e} Hz: {error}{}", list(.unknowns))]
    Linear {
        /// Frequency, Hz.
        frequency: f64,
        /// Unknowns that are not determined, by name.
        unknowns: Vec<String>,
        /// What the solver says.
        error: SolverError,
    },
    /// The private unknowns of a cluster are undetermined, and the circuit could not be built without it.
    #[error("no small-signal solution at {frequency:.6e} Hz: {error}")]
    Condensation {
        /// Frequency, Hz.
        frequency: f64,
        /// What happened.
        error: CondensationError,
    },
    /// The noise input drives nothing.
    #[error("{name} is no independent source, to which noise could be referred")]
    NotASource {
        /// The instance.
        name: String,
    },
    /// The noise output is no voltage or branch current.
    #[error("noise can be observed at nodes and in branches only")]
    NoiseOutput,
    /// Poles were asked of a circuit with delays.
    #[error("a circuit with transmission lines has infinitely many poles")]
    PolesOfDelays,
    /// A transfer function without poles or zeros to be found.
    #[error(
        "the linearised circuit has no poles and zeros: the input is shorted by a source, or parts of the circuit are not determined; a voltage source that drives the input needs an ac value"
    )]
    Pencil,
    /// A point could not be recorded.
    #[error(transparent)]
    Record(#[from] WaveformError),
}

fn list(unknowns: &[String]) -> String {
    if unknowns.is_empty() {
        String::new()
    } else {
        format!("; not determined: {}", unknowns.join(", "))
    }
}

/// Where a circuit is linearised: at an operating point, with the rates of retained states free.
pub fn small_signal_point<'a>(op: &'a OperatingPoint, options: &SolverOptions) -> Point<'a> {
    Point { gmin: options.gmin, ..Point::dc(&op.x, &op.latches) }
}

/// A circuit, linearised, with the buffers of its solution.
struct System {
    linear: SmallSignal,
    solver: Box<dyn LinearSolver<Complex64>>,
    values: Vec<Complex64>,
    pivots: Pivots,
    fresh: bool,
}

enum Failure {
    Linear(SolverError),
    Condensation(CondensationError),
}

impl System {
    fn new(
        circuit: &Circuit,
        options: &SolverOptions,
        point: &Point<'_>,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            linear: circuit.linearise(point),
            solver: options.engines.complex(circuit.pattern())?,
            values: vec![Complex64::ZERO; circuit.n_values()],
            pivots: Pivots::default(),
            fresh: true,
        })
    }

    /// Assembles, condenses and factors at `omega`, carrying `rhs` along.
    fn factor(
        &mut self,
        circuit: &Circuit,
        omega: f64,
        rhs: &mut [Complex64],
    ) -> Result<(), Failure> {
        self.linear.assemble(omega, &mut self.values);
        circuit
            .condense_with_pivots(&mut self.values, rhs, &mut self.pivots)
            .map_err(Failure::Condensation)?;
        let values = &self.values[..circuit.pattern().nnz()];
        let outcome =
            if self.fresh { self.solver.factor(values) } else { self.solver.update(values) };
        outcome.map_err(Failure::Linear)?;
        self.fresh = false;
        Ok(())
    }

    fn solve(&mut self, circuit: &Circuit, omega: f64) -> Result<Vec<Complex64>, Failure> {
        let mut x = self.linear.stimulus.clone();
        self.factor(circuit, omega, &mut x)?;
        let public = &mut x[..circuit.n_public()];
        self.solver.solve(public).map_err(Failure::Linear)?;
        circuit.expand(&self.values, &mut x);
        Ok(x)
    }

    fn solve_adjoint(
        &mut self,
        circuit: &Circuit,
        omega: f64,
        mut rhs: Vec<Complex64>,
    ) -> Result<Vec<Complex64>, Failure> {
        let mut nothing = vec![Complex64::ZERO; circuit.n() + 1];
        self.factor(circuit, omega, &mut nothing)?;
        circuit.condense_adjoint(&self.values, &mut rhs);
        let public = &mut rhs[..circuit.n_public()];
        self.solver.solve_transposed(public).map_err(Failure::Linear)?;
        circuit.expand_adjoint(&self.values, &self.pivots, &mut rhs);
        Ok(rhs)
    }
}

/// Solves the linearised circuit at one frequency after the other.
pub(crate) struct SmallSignalSolver<'a> {
    circuit: &'a Circuit,
    options: &'a SolverOptions,
    point: Point<'a>,
    system: System,
    /// Stands in for the circuit once a cluster could not be condensed.
    uncondensed: Option<Box<Circuit>>,
}

impl<'a> SmallSignalSolver<'a> {
    pub(crate) fn new(
        circuit: &'a Circuit,
        options: &'a SolverOptions,
        point: Point<'a>,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            system: System::new(circuit, options, &point)?,
            circuit,
            options,
            point,
            uncondensed: None,
        })
    }

    /// Phasors of all unknowns (length `n + 1`) that the devices' stimuli cause.
    pub(crate) fn solve(&mut self, frequency: f64) -> Result<Vec<Complex64>, SmallSignalError> {
        let omega = TAU * frequency;
        if self.uncondensed.is_none() {
            match self.system.solve(self.circuit, omega) {
                Ok(x) => return Ok(x),
                Err(Failure::Linear(error)) => {
                    return Err(unsolved(self.circuit, frequency, error));
                }
                Err(Failure::Condensation(error)) => self.rebuild(frequency, error)?,
            }
        }
        let circuit = self.uncondensed.as_deref().unwrap_or(self.circuit);
        match self.system.solve(circuit, omega) {
            Ok(x) => Ok(circuit.translate(&x, self.circuit)),
            Err(failure) => Err(failed(circuit, frequency, failure)),
        }
    }

    /// The adjoint solution (length `n + 1`) for the difference of two rows: its entry in a row is what a unit
    /// on that row's right-hand side contributes to the difference.
    pub(crate) fn solve_adjoint(
        &mut self,
        frequency: f64,
        rows: (usize, usize),
    ) -> Result<Vec<Complex64>, SmallSignalError> {
        let omega = TAU * frequency;
        let mut rhs = vec![Complex64::ZERO; self.circuit.n() + 1];
        rhs[rows.0] += 1.0;
        rhs[rows.1] -= 1.0;
        rhs[self.circuit.n()] = Complex64::ZERO;
        if self.uncondensed.is_none() {
            match self.system.solve_adjoint(self.circuit, omega, rhs.clone()) {
                Ok(z) => return Ok(z),
                Err(Failure::Linear(error)) => {
                    return Err(unsolved(self.circuit, frequency, error));
                }
                Err(Failure::Condensation(error)) => self.rebuild(frequency, error)?,
            }
        }
        let circuit = self.uncondensed.as_deref().unwrap_or(self.circuit);
        let rhs = self.circuit.translate(&rhs, circuit);
        match self.system.solve_adjoint(circuit, omega, rhs) {
            Ok(z) => Ok(circuit.translate(&z, self.circuit)),
            Err(failure) => Err(failed(circuit, frequency, failure)),
        }
    }

    fn rebuild(
        &mut self,
        frequency: f64,
        error: CondensationError,
    ) -> Result<(), SmallSignalError> {
        let circuit = self
            .circuit
            .rebuilt(BuildOptions { condense: false })
            .map_err(|_| SmallSignalError::Condensation { frequency, error })?;
        let x = self.circuit.translate(self.point.x, &circuit);
        let point = Point { x: &x, ..self.point };
        self.system = System::new(&circuit, self.options, &point)?;
        self.uncondensed = Some(Box::new(circuit));
        Ok(())
    }
}

fn failed(circuit: &Circuit, frequency: f64, failure: Failure) -> SmallSignalError {
    match failure {
        Failure::Linear(error) => unsolved(circuit, frequency, error),
        Failure::Condensation(error) => SmallSignalError::Condensation { frequency, error },
    }
}

fn unsolved(circuit: &Circuit, frequency: f64, error: SolverError) -> SmallSignalError {
    let name = |index: usize| {
        let entry = circuit.unknowns().get(index);
        entry.map(|entry| entry.name.clone())
    };
    let unknowns = match &error {
        SolverError::Singular(singular) => {
            let columns = singular.columns.iter();
            columns.filter_map(|involved| name(involved.index)).collect()
        }
        _ => Vec::new(),
    };
    SmallSignalError::Linear { frequency, unknowns, error }
}
