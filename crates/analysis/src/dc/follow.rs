//! From one point of a sweep to the next, along a branch of solutions.
//!
//! ```text
//! solve the whole step from the last point
//! plausible: each unknown moved about as far as it did before, or by little of what it has covered
//! otherwise step on by halves: a part step passes when no unknown moves by most of the whole step's change;
//! at the smallest part step there is no branch to follow: the circuit moves by its own dynamics until it rests
//! (implicit Euler, ever longer steps), or failing that to any operating point, and the jump is recorded
//! ```

use super::{
    Circuit, DcError, DcJump, DcPoint, DcRecorder, DcReport, OpOptions, Point, SetupError,
    SolverOptions, SweepLevel, solve_operating_point,
};
use crate::newton::{Equation, Newton, NewtonError};
use crate::op::flip_latches;
use crate::report::ConvergenceError;
use crate::rest::move_to_rest;
use ovonic_circuit::Change;
use ovonic_numerics::sparse::LinearSolver;

/// Rounds of latch flips before a point is left to the operating point's report.
const MAX_FLIP_ROUNDS: usize = 50;
/// Smallest part of a step.
const SMALLEST_PART: f64 = 1.0 / 65536.0;
/// Part steps in one step of the sweep before it counts as a jump.
const MAX_PARTS: usize = 400;
/// Share of a whole step's change that half of it may make; smaller parts may make less, by the root of their
/// size, as solutions near a fold do, but never less than [`MIN_SHARE`].
const MAX_SHARE: f64 = 0.7;
/// Share of a whole step's change that any part of it may make.
const MIN_SHARE: f64 = 0.2;
/// Deviation from a straight line, as a part of what an unknown has covered, above which a step is checked.
const MAX_BEND: f64 = 0.3;

/// A solved point with everything that the next one starts from.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    x: Vec<f64>,
    latches: Vec<f64>,
    limits: Vec<f64>,
    /// Value of the innermost variable.
    at: f64,
    /// Count of the circuits that the sweep went through.
    generation: usize,
}

/// What the innermost sweep has covered so far.
#[derive(Clone, Debug, Default)]
struct Covered {
    low: Vec<f64>,
    high: Vec<f64>,
    /// Slope of the last step, by unknown.
    slope: Vec<f64>,
    points: usize,
}

/// How a solve from a state went.
struct Solved {
    state: State,
    flips: usize,
}

pub(super) struct Driver<'a> {
    circuit: &'a mut Circuit,
    options: &'a SolverOptions,
    solver: Option<Box<dyn LinearSolver<f64>>>,
    /// Values of retained states.
    held: Vec<f64>,
    covered: Covered,
    generation: usize,
    /// The circuits of the generations before this one that states still stem from.
    formers: Vec<Circuit>,
    pub(super) report: DcReport,
}

impl<'a> Driver<'a> {
    pub(super) fn new(circuit: &'a mut Circuit, options: &'a SolverOptions) -> Self {
        Self {
            circuit,
            options,
            solver: None,
            held: Vec::new(),
            covered: Covered::default(),
            generation: 0,
            formers: Vec::new(),
            report: DcReport::default(),
        }
    }

    /// Sets the variables from `first` inwards.
    pub(super) fn set_all(
        &mut self,
        levels: &mut [SweepLevel<'_>],
        first: usize,
        values: &[f64],
    ) -> Result<(), DcError> {
        for (level, &value) in levels.iter_mut().zip(values).skip(first) {
            self.set(level, value)?;
        }
        Ok(())
    }

    fn set(&mut self, level: &mut SweepLevel<'_>, value: f64) -> Result<(), DcError> {
        let change = level
            .variable
            .set(self.circuit, value)
            .map_err(|error| DcError::Variable { value, error })?;
        if change == Change::Structure {
            let rebuilt = self
                .circuit
                .rebuilt(self.circuit.options())
                .map_err(|errors| DcError::Build { value, errors })?;
            self.formers.push(std::mem::replace(self.circuit, rebuilt));
            self.generation += 1;
            self.solver = None;
            self.covered = Covered::default();
        }
        self.held = self.circuit.initial_unknowns(&vec![0.0; self.circuit.n() + 1]);
        Ok(())
    }

    /// Carries a state over to the circuit as it stands.
    fn translate(&self, state: &mut State) {
        if state.generation != self.generation {
            let oldest = self.generation - self.formers.len();
            let former = &self.formers[state.generation - oldest];
            state.x = former.translate(&state.x, self.circuit);
            state.generation = self.generation;
        }
    }

    /// Carries all waiting states over to the circuit as it stands.
    pub(super) fn translate_all(&mut self, states: &mut [Option<State>]) {
        for state in states.iter_mut().flatten() {
            self.translate(state);
        }
        self.formers.clear();
    }

    fn newton<R>(
        &mut self,
        limits: Option<&[f64]>,
        solve: impl FnOnce(&mut Newton<'_>, &SolverOptions, &[f64]) -> R,
    ) -> Result<R, SetupError> {
        let mut newton = match self.solver.take() {
            Some(solver) => Newton::with_solver(self.circuit, self.options, solver),
            None => Newton::new(self.circuit, self.options)?,
        };
        if let Some(limits) = limits {
            newton.resume_limits(limits);
        }
        let result = solve(&mut newton, self.options, &self.held);
        self.report.iterations += newton.statistics.iterations;
        self.solver = Some(newton.into_solver());
        Ok(result)
    }

    /// An operating point by every method there is.
    fn operating_point(
        &mut self,
        op: &OpOptions,
        limits: Option<&[f64]>,
        values: &[f64],
    ) -> Result<Solved, DcError> {
        let solved = self.newton(limits, |newton, options, _| {
            solve_operating_point(newton, options, op)
                .map(|point| (point, newton.assembly.limits().to_vec()))
        });
        let outcome = solved.map_err(ConvergenceError::from).and_then(|s| s);
        let (point, limits) =
            outcome.map_err(|error| DcError::Convergence { values: values.to_vec(), error })?;
        self.report.flips += point.flips;
        Ok(Solved {
            state: State {
                x: point.x,
                latches: point.latches,
                limits,
                at: values.last().copied().unwrap_or(0.0),
                generation: self.generation,
            },
            flips: point.flips,
        })
    }

    /// The first point of all.
    pub(super) fn first(&mut self, start: &OpOptions, values: &[f64]) -> Result<State, DcError> {
        let state = self.operating_point(start, None, values)?.state;
        self.covered = Covered::default();
        self.covered.add(&state, None);
        Ok(state)
    }

    /// Where the circuit comes to rest when it is let go at `from`, by its own dynamics.
    fn rest(&mut self, from: &State, at: f64) -> Result<Solved, NewtonError> {
        let moved = self.newton(Some(&from.limits), |newton, options, held| {
            let standing =
                Equation { held: Some(held), ..Equation::dc(&from.latches, options.gmin) };
            let mut x = from.x.clone();
            move_to_rest(newton, &standing, &mut x)?;
            Ok((x, newton.assembly.limits().to_vec()))
        });
        let (x, limits) =
            moved.unwrap_or_else(|SetupError(error)| Err(NewtonError::Linear(error)))?;
        let state = State { x, limits, ..from.clone() };
        self.solve_from(&state, at)
    }

    /// The point that `from` leads to when no branch does.
    fn recover(&mut self, from: &State, values: &[f64]) -> Result<Solved, DcError> {
        let at = values[values.len() - 1];
        if let Ok(solved) = self.rest(from, at) {
            self.report.flips += solved.flips;
            return Ok(solved);
        }
        let near = OpOptions {
            guess: Some(from.x.clone()),
            latches: Some(from.latches.clone()),
            ..OpOptions::default()
        };
        if let Ok(solved) = self.operating_point(&near, Some(&from.limits), values) {
            return Ok(solved);
        }
        let anywhere = OpOptions { latches: Some(from.latches.clone()), ..OpOptions::default() };
        self.operating_point(&anywhere, None, values)
    }

    /// Newton from `from` with the circuit as it stands.
    fn solve_from(&mut self, from: &State, at: f64) -> Result<Solved, NewtonError> {
        let generation = self.generation;
        let solved = self.newton(Some(&from.limits), |newton, options, held| {
            let (mut x, mut latches) = (from.x.clone(), from.latches.clone());
            let mut flips = 0;
            for _ in 0..MAX_FLIP_ROUNDS {
                let standing = latches.clone();
                let equation =
                    Equation { held: Some(held), ..Equation::dc(&standing, options.gmin) };
                newton.solve(&equation, &mut x, options.sweep_iterations)?;
                let count = flip_latches(newton.circuit(), &equation, &x, &mut latches);
                flips += count;
                if count == 0 {
                    let limits = newton.assembly.limits().to_vec();
                    let state = State { x, latches, limits, at, generation };
                    return Ok(Solved { state, flips });
                }
                newton.refresh();
            }
            Err(NewtonError::Iterations { iterations: MAX_FLIP_ROUNDS })
        });
        solved.unwrap_or_else(|SetupError(error)| Err(NewtonError::Linear(error)))
    }

    /// The first point of an inner sweep after the variable at `moved` moved.
    pub(super) fn restart(
        &mut self,
        mut from: State,
        levels: &mut [SweepLevel<'_>],
        moved: usize,
        values: &[f64],
    ) -> Result<State, DcError> {
        self.set_all(levels, moved, values)?;
        self.translate(&mut from);
        let at = values[values.len() - 1];
        let solved = match self.solve_from(&from, at) {
            Ok(solved) => {
                self.report.flips += solved.flips;
                solved
            }
            Err(_) => self.recover(&from, values)?,
        };
        self.covered = Covered::default();
        self.covered.add(&solved.state, None);
        Ok(solved.state)
    }

    /// The next point of the innermost sweep.
    pub(super) fn follow(
        &mut self,
        mut from: State,
        levels: &mut [SweepLevel<'_>],
        values: &[f64],
        index: usize,
    ) -> Result<State, DcError> {
        let inner = levels.len() - 1;
        let target = levels[inner].values[index];
        self.set(&mut levels[inner], target)?;
        self.translate(&mut from);
        let whole = self.solve_from(&from, target);
        let mut change = Vec::new();
        if let Ok(solved) = whole {
            if solved.flips > 0 || self.is_plausible(&from, &solved.state) {
                return Ok(self.take(&from, solved));
            }
            let moved = solved.state.x.iter().zip(&from.x);
            change = moved.map(|(after, before)| (after - before).abs()).collect();
        }
        self.follow_in_parts(from, levels, values, &change)
    }

    fn take(&mut self, from: &State, solved: Solved) -> State {
        self.report.flips += solved.flips;
        self.covered.add(&solved.state, Some(from));
        solved.state
    }

    /// Follows the branch by parts of the step; `change` is what the whole step would change, if it is known.
    fn follow_in_parts(
        &mut self,
        mut from: State,
        levels: &mut [SweepLevel<'_>],
        values: &[f64],
        change: &[f64],
    ) -> Result<State, DcError> {
        let inner = levels.len() - 1;
        let (start, target) = (from.at, values[inner]);
        let (mut done, mut part) = (0.0, 0.5);
        let mut count = 0;
        let mut at_values = values.to_vec();
        while done < 1.0 {
            let next = f64::min(done + part, 1.0);
            let at = if next == 1.0 { target } else { start + next * (target - start) };
            at_values[inner] = at;
            self.set(&mut levels[inner], at)?;
            self.translate(&mut from);
            count += 1;
            self.report.intermediate += usize::from(next < 1.0);
            let solved = self.solve_from(&from, at).ok();
            let share = (MAX_SHARE * f64::sqrt(2.0 * part)).clamp(MIN_SHARE, MAX_SHARE);
            let passed = solved.filter(|solved| {
                solved.flips > 0 || self.is_part(&from, &solved.state, share, change)
            });
            if let Some(solved) = passed {
                from = self.take(&from, solved);
                done = next;
                part *= 2.0;
            } else if part > SMALLEST_PART && count < MAX_PARTS {
                part *= 0.5;
            } else {
                from = self.jump(from, &at_values)?;
                done = next;
                part = 0.5;
            }
        }
        Ok(from)
    }

    /// Leaves the branch: the solution that Newton finds, or an operating point near the last state.
    fn jump(&mut self, from: State, values: &[f64]) -> Result<State, DcError> {
        let at = values[values.len() - 1];
        let solved = match self.solve_from(&from, at) {
            Ok(solved) => {
                self.report.flips += solved.flips;
                solved
            }
            Err(_) => self.recover(&from, values)?,
        };
        let state = solved.state;
        let ratio = |row: usize| {
            let size = self.circuit.unknowns()[row].nominal;
            (state.x[row] - from.x[row]).abs() / size
        };
        let farthest = (0..self.circuit.n()).max_by(|&a, &b| ratio(a).total_cmp(&ratio(b)));
        if let Some(row) = farthest {
            self.report.jumps.push(DcJump {
                values: values.to_vec(),
                width: (at - from.at).abs(),
                unknown: self.circuit.unknowns()[row].name.clone(),
                before: from.x[row],
                after: state.x[row],
            });
        }
        self.covered.slope.clear();
        self.covered.add(&state, None);
        Ok(state)
    }

    /// What a change of an unknown has to exceed to mean something.
    fn floor(&self, row: usize, x: f64) -> f64 {
        let tolerances = &self.options.tolerances;
        let entry = &self.circuit.unknowns()[row];
        10.0 * (tolerances.relative * x.abs() + tolerances.of_unknown(entry))
    }

    /// Whether a step continues what the sweep did before.
    fn is_plausible(&self, from: &State, to: &State) -> bool {
        if self.covered.slope.is_empty() {
            return true;
        }
        (0..self.circuit.n()).all(|row| {
            let predicted = self.covered.slope[row] * (to.at - from.at);
            let bend = (to.x[row] - from.x[row] - predicted).abs();
            bend <= MAX_BEND * self.covered.span(row, to.x[row]) + self.floor(row, to.x[row])
        })
    }

    /// Whether a part step changes no more than `share` of the whole step's `change`.
    fn is_part(&self, from: &State, to: &State, share: f64, change: &[f64]) -> bool {
        (0..self.circuit.n()).all(|row| {
            let moved = (to.x[row] - from.x[row]).abs();
            let allowed = match change.get(row) {
                Some(change) => share * change,
                // The whole step failed; what the sweep has covered gives the scale.
                None if self.covered.points > 2 => MAX_BEND * self.covered.span(row, from.x[row]),
                None => MAX_BEND * self.circuit.unknowns()[row].nominal,
            };
            moved <= allowed + self.floor(row, to.x[row])
        })
    }

    pub(super) fn record(
        &self,
        state: &State,
        values: &[f64],
        record: &mut DcRecorder<'_>,
    ) -> Result<(), DcError> {
        let point = Point {
            gmin: self.options.gmin,
            held: Some(&self.held),
            ..Point::dc(&state.x, &state.latches)
        };
        record(&DcPoint { values, circuit: self.circuit, point })?;
        Ok(())
    }
}

impl Covered {
    /// Takes a point into account, with the slope from the one before it.
    fn add(&mut self, state: &State, from: Option<&State>) {
        if self.low.len() != state.x.len() {
            *self = Self { low: state.x.clone(), high: state.x.clone(), ..Self::default() };
        }
        for (row, &x) in state.x.iter().enumerate() {
            self.low[row] = self.low[row].min(x);
            self.high[row] = self.high[row].max(x);
        }
        self.points += 1;
        if let Some(from) = from.filter(|from| from.at != state.at) {
            let moved = state.x.iter().zip(&from.x);
            self.slope.clear();
            self.slope.extend(moved.map(|(to, from_x)| (to - from_x) / (state.at - from.at)));
        }
    }

    /// How far an unknown has come, `x` included.
    fn span(&self, row: usize, x: f64) -> f64 {
        match (self.low.get(row), self.high.get(row)) {
            (Some(low), Some(high)) => high.max(x) - low.min(x),
            _ => 0.0,
        }
    }
}
