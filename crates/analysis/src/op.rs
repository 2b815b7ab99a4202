//! Operating points: Newton, and the homotopies that it falls back on.
//!
//! ```text
//! Newton from the guess
//! else gmin stepping: conductances from nodes to ground and across junctions, lowered as it succeeds
//! else source stepping: sources raised from zero as it succeeds
//! else pseudo-transient: an artificial capacitance at each node, the step growing as it succeeds
//! else motion: the circuit's own dynamics, states included, until it rests
//! then latches: flip those that want to, and solve again, a bounded number of times
//! ```
//!
//! Each attempt is recorded, so that a failure is a report and a success says what it took.

use crate::newton::{Equation, Newton, NewtonError, NewtonStatistics};
use crate::options::SolverOptions;
use crate::report::{ConvergenceError, SetupError};
use crate::rest::move_to_rest;
use ovonic_circuit::Circuit;
use ovonic_device::{Retention, Time};

/// Rounds of latch flips before an operating point is called undecided.
const MAX_FLIP_ROUNDS: usize = 50;
/// Largest conductance of gmin stepping, S.
const MAX_GMIN: f64 = 1e-2;

/// What an operating point starts from.
#[derive(Clone, Debug, Default)]
pub struct OpOptions {
    /// Nodes held at a voltage (`.ic`): row and V.
    pub clamps: Vec<(usize, f64)>,
    /// Nodes held at a voltage while Newton finds its way (`.nodeset`): row and V.
    pub nodesets: Vec<(usize, f64)>,
    /// Time at which sources are evaluated; absent for their dc values.
    pub time: Option<Time>,
    /// Guess, length `n + 1`; absent for zeros and the states' initial values.
    pub guess: Option<Vec<f64>>,
    /// Latches to start from; absent for their initial values.
    pub latches: Option<Vec<f64>>,
}

/// A method of finding an operating point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Newton from the guess.
    Newton,
    /// Gmin stepping.
    GminStepping,
    /// Source stepping.
    SourceStepping,
    /// Pseudo-transient.
    PseudoTransient,
    /// The circuit's own dynamics until it rests.
    Motion,
}

impl Method {
    /// All of them, in the order in which they are tried.
    const ALL: [Method; 5] = [
        Method::Newton,
        Method::GminStepping,
        Method::SourceStepping,
        Method::PseudoTransient,
        Method::Motion,
    ];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Method::Newton => "Newton",
            Method::GminStepping => "gmin stepping",
            Method::SourceStepping => "source stepping",
            Method::PseudoTransient => "pseudo-transient",
            Method::Motion => "motion to rest",
        }
    }
}

/// One attempt at an operating point.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Method.
    pub method: Method,
    /// How far it came: the gmin (S), the source factor, or the pseudo-time (s) reached.
    pub reached: f64,
    /// Newton iterations spent.
    pub iterations: usize,
    /// Why it ended; absent when it succeeded.
    pub failure: Option<NewtonError>,
}

/// A solved operating point.
#[derive(Clone, Debug)]
pub struct OperatingPoint {
    /// Unknowns, ground last; length `n + 1`.
    pub x: Vec<f64>,
    /// Latches.
    pub latches: Vec<f64>,
    /// Stored quantities there.
    pub stored: Vec<f64>,
    /// Stored residual by row, length `n + 1`.
    pub reactive: Vec<f64>,
    /// Delayed signals there.
    pub signals: Vec<f64>,
    /// What was tried; the last one succeeded.
    pub attempts: Vec<Attempt>,
    /// Latches that flipped on the way.
    pub flips: usize,
    /// Whether latches flipped for ever, so that they stand at their initial values instead.
    pub undecided: bool,
    /// Work done.
    pub statistics: NewtonStatistics,
    /// Work of the linear solver.
    pub linear: ovonic_numerics::sparse::Statistics,
}

/// Solves the operating point of `circuit`.
///
/// # Errors
/// When no method converges, with a report.
pub fn operating_point(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OpOptions,
) -> Result<OperatingPoint, ConvergenceError> {
    let mut newton = Newton::new(circuit, options).map_err(SetupError::from)?;
    solve_operating_point(&mut newton, options, op)
}

/// [`operating_point`] with a given Newton solver, for analyses that go on from the point.
///
/// # Errors
/// When no method converges, with a report.
pub fn solve_operating_point(
    newton: &mut Newton<'_>,
    options: &SolverOptions,
    op: &OpOptions,
) -> Result<OperatingPoint, ConvergenceError> {
    let circuit = newton.circuit();
    let held = circuit.initial_unknowns(&vec![0.0; circuit.n() + 1]);
    let mut x = op.guess.clone().unwrap_or_else(|| starting_guess(circuit, &held));
    let mut latches = op.latches.clone().unwrap_or_else(|| circuit.initial_latches());
    let mut search = Search { newton, options, op, held: &held, attempts: Vec::new() };
    let initial = latches.clone();
    let (mut flips, mut undecided) = (0, false);
    for round in 0.. {
        search.find(&mut x, &latches, round == 0)?;
        let standing = latches.clone();
        let count = flip_latches(circuit, &search.equation(&standing), &x, &mut latches);
        if count == 0 {
            break;
        }
        flips += count;
        if round >= MAX_FLIP_ROUNDS {
            // An oscillator of switches has no resting point: it stands as its switches were told to stand.
            undecided = true;
            latches = initial;
            search.find(&mut x, &latches, false)?;
            break;
        }
    }
    let attempts = search.attempts;
    let equation = dc_equation(op, options, &held, &latches);
    newton.polish(&equation, &mut x);
    Ok(OperatingPoint {
        undecided,
        stored: newton.assembly.stored.clone(),
        reactive: newton.assembly.reactive.clone(),
        signals: newton.assembly.signals.clone(),
        statistics: newton.statistics,
        linear: newton.linear_statistics(),
        x,
        latches,
        attempts,
        flips,
    })
}

/// Zeros, and the states where the devices start.
fn starting_guess(circuit: &Circuit, initial: &[f64]) -> Vec<f64> {
    let mut x = vec![0.0; circuit.n() + 1];
    for (row, entry) in circuit.unknowns().iter().enumerate() {
        if entry.retention.is_some() {
            x[row] = initial[row];
        }
    }
    x
}

/// Flips every latch that wants to; returns how many did.
pub(crate) fn flip_latches(
    circuit: &Circuit,
    equation: &Equation<'_>,
    x: &[f64],
    latches: &mut [f64],
) -> usize {
    if latches.is_empty() {
        return 0;
    }
    let mut values = vec![0.0; latches.len()];
    circuit.crossings(&equation.point(x), &mut values);
    let wanted = values.iter().enumerate().filter(|(_, value)| **value > 0.0);
    let mut next = equation.latches.to_vec();
    let mut count = 0;
    for (latch, _) in wanted {
        circuit.flip(latch, x, &mut next);
        count += 1;
    }
    latches.copy_from_slice(&next);
    count
}

/// What a homotopy does to the equations.
#[derive(Clone, Copy)]
struct Easing {
    /// Conductance from nodes to ground and, at the least, across junctions, S.
    conductance: f64,
    /// Factor on independent sources.
    source_scale: f64,
}

impl Easing {
    const NONE: Easing = Easing { conductance: 0.0, source_scale: 1.0 };
}

/// The equation of an operating point, with nothing eased.
fn dc_equation<'e>(
    op: &'e OpOptions,
    options: &SolverOptions,
    held: &'e [f64],
    latches: &'e [f64],
) -> Equation<'e> {
    Equation {
        time: op.time,
        held: Some(held),
        clamps: &op.clamps,
        ..Equation::dc(latches, options.gmin)
    }
}

struct Search<'a, 'c> {
    newton: &'a mut Newton<'c>,
    options: &'a SolverOptions,
    op: &'a OpOptions,
    held: &'a [f64],
    attempts: Vec<Attempt>,
}

impl Search<'_, '_> {
    fn equation<'e>(&'e self, latches: &'e [f64]) -> Equation<'e> {
        dc_equation(self.op, self.options, self.held, latches)
    }

    /// Tries method after method from `x`, which receives the solution.
    fn find(
        &mut self,
        x: &mut Vec<f64>,
        latches: &[f64],
        first: bool,
    ) -> Result<(), ConvergenceError> {
        let start = x.clone();
        let from_nothing = first && self.op.guess.is_none();
        if from_nothing {
            self.apply_nodesets(x, latches);
        }
        for method in Method::ALL {
            let found = match method {
                Method::Newton => self.newton(x, latches),
                Method::GminStepping => self.gmin_stepping(x, latches),
                Method::SourceStepping => self.source_stepping(x, latches),
                Method::PseudoTransient => self.pseudo_transient(x, latches),
                Method::Motion => self.motion(x, latches),
            };
            if found.is_ok() {
                return Ok(());
            }
            x.copy_from_slice(&start);
        }
        Err(self.failure(x, latches))
    }

    fn failure(&mut self, x: &mut [f64], latches: &[f64]) -> ConvergenceError {
        // One more plain attempt, so that the report speaks of the original equations.
        let equation = dc_equation(self.op, self.options, self.held, latches);
        self.newton.refresh();
        self.newton.forget_limits();
        let outcome = self.newton.solve(&equation, x, self.options.op_iterations);
        crate::report::operating_point_failure(
            self.newton,
            &equation,
            x,
            std::mem::take(&mut self.attempts),
            outcome.err(),
        )
    }

    /// Newton with the nodesets held, as a guess for Newton without them.
    fn apply_nodesets(&mut self, x: &mut [f64], latches: &[f64]) {
        if self.op.nodesets.is_empty() {
            return;
        }
        let held = self.held;
        let clamps = [self.op.clamps.as_slice(), &self.op.nodesets].concat();
        let equation = Equation {
            time: self.op.time,
            held: Some(held),
            clamps: &clamps,
            ..Equation::dc(latches, self.options.gmin)
        };
        self.newton.refresh();
        self.newton.forget_limits();
        if self.newton.solve(&equation, x, self.options.op_iterations).is_err() {
            for &(row, value) in &self.op.nodesets {
                x[row] = value;
            }
        }
        self.newton.refresh();
    }

    fn record(
        &mut self,
        method: Method,
        reached: f64,
        before: usize,
        outcome: Result<(), NewtonError>,
    ) -> Result<(), NewtonError> {
        self.attempts.push(Attempt {
            method,
            reached,
            iterations: self.newton.statistics.iterations - before,
            failure: outcome.as_ref().err().cloned(),
        });
        outcome
    }

    fn newton(&mut self, x: &mut Vec<f64>, latches: &[f64]) -> Result<(), NewtonError> {
        let before = self.newton.statistics.iterations;
        self.newton.refresh();
        if self.op.guess.is_none() && self.op.nodesets.is_empty() {
            self.newton.forget_limits();
        }
        let outcome = self.step(x, latches, Easing::NONE, self.options.op_iterations);
        self.record(Method::Newton, 1.0, before, outcome)
    }

    /// One Newton solve of a changed equation; `x` changes only when it succeeds.
    fn step(
        &mut self,
        x: &mut Vec<f64>,
        latches: &[f64],
        easing: Easing,
        iterations: usize,
    ) -> Result<(), NewtonError> {
        let held = self.held;
        let equation = Equation {
            time: self.op.time,
            held: Some(held),
            clamps: &self.op.clamps,
            source_scale: easing.source_scale,
            node_conductance: easing.conductance,
            ..Equation::dc(latches, self.options.gmin.max(easing.conductance))
        };
        let mut trial = x.clone();
        let limits = self.newton.assembly.limits().to_vec();
        match self.newton.solve(&equation, &mut trial, iterations) {
            Ok(_) => {
                *x = trial;
                Ok(())
            }
            Err(error) => {
                self.newton.assembly.set_limits(&limits);
                self.newton.refresh();
                Err(error)
            }
        }
    }

    /// Lowers node and junction conductances from [`MAX_GMIN`] to none, by a factor that adapts.
    fn gmin_stepping(&mut self, x: &mut Vec<f64>, latches: &[f64]) -> Result<(), NewtonError> {
        let before = self.newton.statistics.iterations;
        let floor = self.options.gmin.max(1e-13);
        let iterations = self.options.sweep_iterations;
        let (mut gmin, mut factor) = (MAX_GMIN, 10.0);
        let mut reached = f64::INFINITY;
        self.newton.refresh();
        self.newton.forget_limits();
        let outcome = loop {
            let outcome =
                self.step(x, latches, Easing { conductance: gmin, ..Easing::NONE }, iterations);
            match outcome {
                Ok(()) => {
                    reached = gmin;
                    if gmin <= floor {
                        break self.step(x, latches, Easing::NONE, iterations);
                    }
                    gmin = (gmin / factor).max(floor);
                    factor = (factor * factor).min(10.0);
                }
                Err(error) => {
                    factor = factor.sqrt();
                    if reached.is_infinite() || factor < 1.00005 {
                        break Err(error);
                    }
                    gmin = (reached / factor).max(floor);
                }
            }
        };
        self.record(Method::GminStepping, reached, before, outcome)
    }

    /// Raises the sources from zero to their values, by steps that adapt.
    fn source_stepping(&mut self, x: &mut Vec<f64>, latches: &[f64]) -> Result<(), NewtonError> {
        let before = self.newton.statistics.iterations;
        let iterations = self.options.sweep_iterations;
        let (mut reached, mut increment) = (-1.0f64, 1e-2);
        self.newton.refresh();
        self.newton.forget_limits();
        let mut outcome = self.step(x, latches, Easing { source_scale: 0.0, ..Easing::NONE }, 250);
        if outcome.is_ok() {
            reached = 0.0;
            while reached < 1.0 {
                let scale = (reached + increment).min(1.0);
                let easing = Easing { source_scale: scale, ..Easing::NONE };
                match self.step(x, latches, easing, iterations) {
                    Ok(()) => {
                        reached = scale;
                        increment *= 1.7;
                    }
                    Err(error) => {
                        increment *= 0.25;
                        if increment < 1e-7 {
                            outcome = Err(error);
                            break;
                        }
                    }
                }
            }
        }
        self.record(Method::SourceStepping, reached.max(0.0), before, outcome)
    }

    /// Follows the circuit with a capacitance of 1 F at each node by implicit Euler until it rests.
    fn pseudo_transient(&mut self, x: &mut Vec<f64>, latches: &[f64]) -> Result<(), NewtonError> {
        let before = self.newton.statistics.iterations;
        let iterations = 20;
        let (mut conductance, mut elapsed) = (1.0f64, 0.0);
        self.newton.refresh();
        self.newton.forget_limits();
        let outcome = loop {
            let held = self.held;
            let anchor = x.clone();
            let equation = Equation {
                time: self.op.time,
                held: Some(held),
                clamps: &self.op.clamps,
                anchor: Some((conductance, &anchor)),
                ..Equation::dc(latches, self.options.gmin)
            };
            let mut trial = x.clone();
            match self.newton.solve(&equation, &mut trial, iterations) {
                Ok(_) => {
                    *x = trial;
                    elapsed += 1.0 / conductance;
                    conductance *= 0.4;
                    if conductance < 1e-14 {
                        break self.step(x, latches, Easing::NONE, self.options.op_iterations);
                    }
                }
                Err(error) => {
                    self.newton.refresh();
                    conductance *= 8.0;
                    if conductance > 1e9 || self.newton.statistics.iterations - before > 20_000 {
                        break Err(error);
                    }
                }
            }
        };
        self.record(Method::PseudoTransient, elapsed, before, outcome)
    }

    /// Lets the circuit go from where it starts.
    fn motion(&mut self, x: &mut Vec<f64>, latches: &[f64]) -> Result<(), NewtonError> {
        let before = self.newton.statistics.iterations;
        self.newton.refresh();
        self.newton.forget_limits();
        let equation = dc_equation(self.op, self.options, self.held, latches);
        let mut outcome = move_to_rest(self.newton, &equation, x);
        if outcome.is_ok() {
            outcome = self.step(x, latches, Easing::NONE, self.options.op_iterations);
        }
        self.record(Method::Motion, f64::from(u8::from(outcome.is_ok())), before, outcome)
    }
}

/// Rows of retained states, which an operating point holds.
pub fn retained_rows(circuit: &Circuit) -> Vec<usize> {
    let entries = circuit.unknowns().iter().enumerate();
    let retained = entries.filter(|(_, entry)| entry.retention == Some(Retention::Retained));
    retained.map(|(row, _)| row).collect()
}
