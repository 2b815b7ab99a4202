//! Newton's method on an assembled circuit.
//!
//! ```text
//! load at x → residual r = f + α·q + history, Jacobian J
//! accept x  when the last step was within tolerance, no lane limited, and each row's residual is small
//!           or, after some iterations, when no residual is larger than rounding leaves of its terms
//! solve J·dx = −r;  x ← x + dx, within the states' bounds
//! ```
//!
//! A point is accepted where it was *evaluated*, so that stored charges belong to it exactly. Convergence needs
//! both tests: a small step alone may be a damped one, a small residual alone may hide a flat equation.

mod chord;

use crate::options::{SolverOptions, Tolerances};
use ovonic_circuit::{Assembly, Circuit, Point};
use ovonic_device::{Limiting, Nature, Rates, Retention, Time};
use ovonic_numerics::sparse::{LinearSolver, SolverError};

/// Rate at which a settled state follows its guess where its own rate vanishes, 1/s: it keeps its place over
/// any time that an operating point could mean, and biases a state of rate constant k by 1e-9/k.
pub(crate) const STATE_ANCHOR: f64 = 1e-9;
/// Iterations after which residuals are compared with the rounding of their terms: what converges has done so by then.
const ROUNDING_AFTER: usize = 3;
/// Rounding that a residual is allowed, in units of the sum of its terms' magnitudes.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// The equation that Newton solves, beside the unknowns.
#[derive(Clone, Copy)]
pub struct Equation<'a> {
    /// Simulated time; absent where sources take their dc value.
    pub time: Option<Time>,
    /// Integrator's coefficient on `q`, 1/s; zero for dc.
    pub alpha: f64,
    /// Integrator's history by row, length `n + 1`; absent for dc.
    pub history: Option<&'a [f64]>,
    /// What stands for the derivatives of voltages across varying capacitances.
    pub rates: Rates<'a>,
    /// Factor on independent sources.
    pub source_scale: f64,
    /// Conductance across junctions, S.
    pub gmin: f64,
    /// Conductance from nodes to ground, S.
    pub node_conductance: f64,
    /// Latches.
    pub latches: &'a [f64],
    /// Values at which retained states are held, length `n + 1`; absent where their rates count.
    pub held: Option<&'a [f64]>,
    /// Delayed signals; absent where nothing has a history.
    pub delayed: Option<&'a [f64]>,
    /// Rows of public nodes that are held at a voltage.
    pub clamps: &'a [(usize, f64)],
    /// Pseudo-transient: a conductance (S) from each node to its value in the vector (length `n + 1`).
    pub anchor: Option<(f64, &'a [f64])>,
    /// Whether settled states with a vanishing rate stay at their guess (operating points).
    pub settle: bool,
}

impl<'a> Equation<'a> {
    /// The dc equation with nothing special about it.
    pub fn dc(latches: &'a [f64], gmin: f64) -> Self {
        Self {
            time: None,
            alpha: 0.0,
            history: None,
            rates: Rates::Rest,
            source_scale: 1.0,
            gmin,
            node_conductance: 0.0,
            latches,
            held: None,
            delayed: None,
            clamps: &[],
            anchor: None,
            settle: true,
        }
    }

    /// The point at which devices are evaluated.
    pub fn point<'b>(&self, x: &'b [f64]) -> Point<'b>
    where
        'a: 'b,
    {
        Point {
            x,
            time: self.time,
            source_scale: self.source_scale,
            gmin: self.gmin,
            node_conductance: self.node_conductance,
            latches: self.latches,
            held: self.held,
            delayed: self.delayed,
            rates: self.rates,
        }
    }

    /// Whether the matrix depends on nothing but alpha and the latches.
    fn is_plain(&self) -> bool {
        self.node_conductance == 0.0 && self.clamps.is_empty() && self.anchor.is_none()
    }

    /// Whether it is that of a time step, with nothing that a homotopy or an operating point adds.
    fn is_step(&self) -> bool {
        self.history.is_some() && self.is_plain() && self.held.is_none() && !self.settle
    }
}

/// Why Newton gave up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NewtonError {
    /// The matrix is singular or otherwise unusable.
    #[error("linear system: {0}")]
    Linear(#[from] SolverError),
    /// A cluster's private unknowns are not determined: a fold. Solve uncondensed.
    #[error(transparent)]
    Condensation(#[from] ovonic_circuit::CondensationError),
    /// A device's equations overflowed.
    #[error("row {row} is not finite in iteration {iteration}")]
    NotFinite {
        /// Row.
        row: usize,
        /// Iteration.
        iteration: usize,
    },
    /// Out of iterations.
    #[error("no convergence in {iterations} iterations")]
    Iterations {
        /// How many were made.
        iterations: usize,
    },
}

/// Counts of work done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NewtonStatistics {
    /// Newton iterations (linear solves).
    pub iterations: usize,
    /// Factorisations skipped because the matrix had not changed.
    pub reused: usize,
}

/// The equation that a matrix was factored for.
#[derive(Clone, Debug, Default)]
struct Factored {
    alpha: f64,
    latches: Vec<f64>,
    has_delays: bool,
}

impl Factored {
    fn new(equation: &Equation<'_>) -> Self {
        Self {
            alpha: equation.alpha,
            latches: equation.latches.to_vec(),
            has_delays: equation.delayed.is_some(),
        }
    }

    /// Whether the matrix is the equation's, if its coefficients are constant.
    fn serves(&self, equation: &Equation<'_>) -> bool {
        self.alpha == equation.alpha && self.serves_latches(equation)
    }

    fn serves_latches(&self, equation: &Equation<'_>) -> bool {
        self.latches == equation.latches && self.has_delays == equation.delayed.is_some()
    }
}

/// A Newton solver with its buffers; one per analysis.
pub struct Newton<'c> {
    circuit: &'c Circuit,
    tolerances: Tolerances,
    solver: Box<dyn LinearSolver<f64>>,
    /// Residuals, stored quantities and signals of the last evaluation.
    pub assembly: Assembly,
    /// Counts.
    pub statistics: NewtonStatistics,
    rhs: Vec<f64>,
    step: Vec<f64>,
    /// Slots of each row of clamped nodes.
    row_slots: Vec<(usize, Vec<usize>)>,
    absolute: Vec<f64>,
    residual_absolute: Vec<Option<f64>>,
    settled: Vec<(usize, usize)>,
    bounded: Vec<usize>,
    /// What the factors stand for, where they may serve another equation.
    factored: Option<Factored>,
    /// The guess that an iteration with standing factors started from; length `n + 1`.
    guess: Vec<f64>,
    /// How often in succession standing factors did not serve, and for how many more steps they are not asked.
    chord_failures: u32,
    chord_pause: u32,
    fresh: bool,
    first: bool,
    limiting: bool,
}

impl<'c> Newton<'c> {
    /// A solver for `circuit`.
    ///
    /// # Errors
    /// When the linear engine refuses the pattern.
    pub fn new(circuit: &'c Circuit, options: &SolverOptions) -> Result<Self, SolverError> {
        let solver = options.engines.real_for(circuit)?;
        Ok(Self::with_solver(circuit, options, solver))
    }

    /// A solver for `circuit` that takes over the linear solver of an earlier one, made for the same pattern:
    /// between two points of a sweep the circuit changes, its pattern does not.
    ///
    /// # Panics
    /// When the linear solver's pattern is another one.
    pub fn with_solver(
        circuit: &'c Circuit,
        options: &SolverOptions,
        solver: Box<dyn LinearSolver<f64>>,
    ) -> Self {
        assert!(
            solver.pattern() == circuit.pattern(),
            "a linear solver serves the pattern that it was made for"
        );
        let entries = circuit.unknowns();
        let tolerances = options.tolerances;
        let settled = (0..circuit.n()).filter(|&row| {
            entries[row].retention == Some(Retention::Settled)
                && entries[row].residual == Nature::Rate
        });
        let settled = settled.filter_map(|row| Some((row, circuit.diagonal_slot(row)?))).collect();
        let is_bounded = |row: &usize| {
            let (low, high) = entries[*row].bounds;
            low > f64::NEG_INFINITY || high < f64::INFINITY
        };
        Self {
            circuit,
            tolerances,
            solver,
            assembly: circuit.assembly(),
            statistics: NewtonStatistics::default(),
            rhs: vec![0.0; circuit.n() + 1],
            step: vec![0.0; circuit.n() + 1],
            row_slots: Vec::new(),
            absolute: entries.iter().map(|entry| tolerances.of_unknown(entry)).collect(),
            residual_absolute: entries.iter().map(|entry| tolerances.of_residual(entry)).collect(),
            settled,
            bounded: (0..circuit.n()).filter(is_bounded).collect(),
            factored: None,
            guess: vec![0.0; circuit.n() + 1],
            chord_failures: 0,
            chord_pause: 0,
            fresh: true,
            first: true,
            limiting: options.limiting,
        }
    }

    /// Gives the linear solver back, for [`Newton::with_solver`].
    pub fn into_solver(self) -> Box<dyn LinearSolver<f64>> {
        self.solver
    }

    /// The circuit.
    pub fn circuit(&self) -> &'c Circuit {
        self.circuit
    }

    /// Work of the linear solver.
    pub fn linear_statistics(&self) -> ovonic_numerics::sparse::Statistics {
        self.solver.statistics()
    }

    /// Has the next factorisation choose its pivots afresh, and forgets cached stamps: at the start of an
    /// analysis, of a homotopy step, and after a parameter changed.
    pub fn refresh(&mut self) {
        self.fresh = true;
        self.factored = None;
        self.assembly.invalidate();
    }

    /// Has the next solve start limiting lanes from conducting values, as if there were no previous iterate.
    pub fn forget_limits(&mut self) {
        self.first = true;
    }

    /// Has the next solve go on from the limiting lanes of an earlier one's [`Assembly::limits`].
    ///
    /// # Panics
    /// When the length is not that of the lanes.
    pub fn resume_limits(&mut self, limits: &[f64]) {
        self.assembly.set_limits(limits);
        self.first = false;
    }

    /// Solves from the guess in `x` (length `n + 1`, ground last), which receives the solution; afterwards
    /// [`Newton::assembly`] holds residuals and stored quantities there.
    ///
    /// # Errors
    /// When Newton gives up; `x` then holds the last iterate.
    pub fn solve(
        &mut self,
        equation: &Equation<'_>,
        x: &mut [f64],
        max_iterations: usize,
    ) -> Result<usize, NewtonError> {
        self.clamp_rows(equation);
        if self.circuit.is_linear() && equation.is_plain() {
            return self.solve_linear(equation, x);
        }
        let chords = self.takes_chords(equation);
        if chords && let Some(iterations) = self.solve_by_chords(equation, x) {
            return Ok(iterations);
        }
        self.factored = None;
        let guess: Vec<f64> = if equation.settle && !self.settled.is_empty() {
            self.settled.iter().map(|&(row, _)| x[row]).collect()
        } else {
            Vec::new()
        };
        let mut small_step = false;
        for iteration in 0..=max_iterations {
            if small_step {
                // Most points are accepted here, where derivatives would be evaluated in vain.
                self.circuit.follow(&equation.point(x), &mut self.assembly);
                self.negative_residual(equation, x);
                self.settle(&guess, x);
                if self.residual_is_small(equation, x) {
                    self.assembly.adopt_limits();
                    return Ok(iteration);
                }
            }
            let limiting = match (self.limiting, self.first) {
                (false, _) => Limiting::Off,
                (true, true) => Limiting::First,
                (true, false) => Limiting::On,
            };
            self.first = false;
            self.circuit.load(&equation.point(x), equation.alpha, limiting, &mut self.assembly);
            self.negative_residual(equation, x);
            self.settle(&guess, x);
            if let Some(row) = self.rhs[..self.circuit.n()].iter().position(|r| !r.is_finite()) {
                return Err(NewtonError::NotFinite { row, iteration });
            }
            if iteration >= ROUNDING_AFTER && self.is_at_rounding(equation, x) {
                return Ok(iteration);
            }
            if iteration == max_iterations {
                break;
            }
            self.circuit.condense(&mut self.assembly.values, &mut self.rhs)?;
            self.impose_clamps(equation, x);
            self.factor()?;
            self.step.copy_from_slice(&self.rhs);
            self.solver.solve(&mut self.step[..self.circuit.n_public()])?;
            self.circuit.expand(&self.assembly.values, &mut self.step);
            let limited = self.assembly.limited > 0;
            let size = if chords { self.step_size(x) } else { f64::INFINITY };
            small_step = self.advance(x, iteration)?;
            self.statistics.iterations += 1;
            if chords && !limited && size < f64::INFINITY {
                self.factored = Some(Factored::new(equation));
                if let Some(more) = self.go_on_by_chords(equation, x, size) {
                    return Ok(iteration + 1 + more);
                }
                self.factored = None;
                small_step = false;
            }
        }
        Err(NewtonError::Iterations { iterations: max_iterations })
    }

    /// Brings a solution of [`Newton::solve`] as close as rounding allows, by a few more steps under tolerances far
    /// below the options'. A solution that cannot be bettered stays as it is.
    pub fn polish(&mut self, equation: &Equation<'_>, x: &mut [f64]) {
        if self.circuit.is_linear() && equation.is_plain() {
            return;
        }
        let (tolerances, absolute) = (self.tolerances, self.absolute.clone());
        self.tolerances.relative *= 1e-8;
        self.tolerances.current *= 1e-3;
        self.tolerances.voltage *= 1e-3;
        for tolerance in &mut self.absolute {
            *tolerance *= 1e-6;
        }
        let limits = self.assembly.limits().to_vec();
        let mut better = x.to_vec();
        if self.solve(equation, &mut better, 4).is_ok() {
            x.copy_from_slice(&better);
        } else {
            self.assembly.set_limits(&limits);
        }
        self.tolerances = tolerances;
        self.absolute = absolute;
        // The evaluation that stands has to be the one at x.
        self.circuit.residual(&equation.point(x), &mut self.assembly);
    }

    /// A linear circuit needs one solve, and no new factors while alpha and the latches stand.
    fn solve_linear(
        &mut self,
        equation: &Equation<'_>,
        x: &mut [f64],
    ) -> Result<usize, NewtonError> {
        let standing = self.factored.as_ref().is_some_and(|factored| factored.serves(equation));
        if standing {
            self.statistics.reused += 1;
            self.circuit.residual(&equation.point(x), &mut self.assembly);
            self.negative_residual(equation, x);
        } else {
            let point = equation.point(x);
            self.circuit.load(&point, equation.alpha, Limiting::Off, &mut self.assembly);
            self.negative_residual(equation, x);
            self.circuit.condense(&mut self.assembly.values, &mut self.rhs)?;
            self.factor()?;
            // Only a system without condensed unknowns can be solved again from its factors alone.
            if self.circuit.n() == self.circuit.n_public() {
                self.factored = Some(Factored::new(equation));
            }
        }
        self.step.copy_from_slice(&self.rhs);
        self.solver.solve(&mut self.step[..self.circuit.n_public()])?;
        self.circuit.expand(&self.assembly.values, &mut self.step);
        self.advance(x, 0)?;
        self.statistics.iterations += 1;
        self.circuit.residual(&equation.point(x), &mut self.assembly);
        Ok(1)
    }

    fn factor(&mut self) -> Result<(), SolverError> {
        let values = &self.assembly.values[..self.circuit.pattern().nnz()];
        if self.fresh {
            self.solver.factor(values)?;
            self.fresh = false;
            Ok(())
        } else {
            self.solver.update(values)
        }
    }

    /// `rhs ← −(f + α·q + history)`, with the pseudo-transient's conductances.
    fn negative_residual(&mut self, equation: &Equation<'_>, x: &[f64]) {
        let n = self.circuit.n();
        let (f, q) = (&self.assembly.resistive, &self.assembly.reactive);
        match equation.history {
            Some(history) => {
                let rows = f[..n].iter().zip(q).zip(history);
                for (rhs, ((f, q), history)) in self.rhs.iter_mut().zip(rows) {
                    *rhs = -(f + equation.alpha * q + history);
                }
            }
            None => {
                for (rhs, f) in self.rhs.iter_mut().zip(&f[..n]) {
                    *rhs = -f;
                }
            }
        }
        self.rhs[n] = 0.0;
        let Some((conductance, anchor)) = equation.anchor else {
            return;
        };
        for (row, entry) in self.circuit.unknowns()[..self.circuit.n_public()].iter().enumerate() {
            if let (Some(slot), true) = (self.circuit.diagonal_slot(row), entry.is_flow_row()) {
                self.assembly.values[slot] += conductance;
                self.rhs[row] -= conductance * (x[row] - anchor[row]);
            }
        }
    }

    /// Ties settled states to their guess by a rate that matters only where their own vanishes.
    fn settle(&mut self, guess: &[f64], x: &[f64]) {
        for (&(row, slot), &guess) in self.settled.iter().zip(guess) {
            self.assembly.values[slot] += STATE_ANCHOR;
            self.rhs[row] -= STATE_ANCHOR * (x[row] - guess);
        }
    }

    /// Finds the slots of rows that will be clamped.
    fn clamp_rows(&mut self, equation: &Equation<'_>) {
        let same = equation.clamps.len() == self.row_slots.len()
            && equation.clamps.iter().zip(&self.row_slots).all(|((a, _), (b, _))| a == b);
        if same {
            return;
        }
        self.row_slots = equation.clamps.iter().map(|&(row, _)| (row, Vec::new())).collect();
        for (slot, (row, _)) in self.circuit.pattern().entries().enumerate() {
            if let Some((_, slots)) = self.row_slots.iter_mut().find(|(r, _)| *r == row) {
                slots.push(slot);
            }
        }
    }

    fn impose_clamps(&mut self, equation: &Equation<'_>, x: &[f64]) {
        for ((row, slots), &(_, value)) in self.row_slots.iter().zip(equation.clamps) {
            for &slot in slots {
                self.assembly.values[slot] = 0.0;
            }
            if let Some(slot) = self.circuit.diagonal_slot(*row) {
                self.assembly.values[slot] = 1.0;
            }
            self.rhs[*row] = value - x[*row];
        }
    }

    /// Takes the step; returns whether it was within tolerance.
    fn advance(&mut self, x: &mut [f64], iteration: usize) -> Result<bool, NewtonError> {
        let n = self.circuit.n();
        let before: Vec<f64> = self.bounded.iter().map(|&row| x[row]).collect();
        let mut small = true;
        let steps = self.step[..n].iter().zip(&self.absolute);
        for (row, (x, (step, absolute))) in x.iter_mut().zip(steps).enumerate() {
            let new = *x + step;
            let size = x.abs().max(new.abs());
            if !new.is_finite() {
                return Err(NewtonError::NotFinite { row, iteration });
            }
            if step.abs() > self.tolerances.relative * size + absolute {
                small = false;
            }
            *x = new;
        }
        for (&row, before) in self.bounded.iter().zip(before) {
            let inside = within(self.circuit.unknowns()[row].bounds, before, x[row]);
            // A state that rests at its bound leaves it by rounding all the time.
            small &= (inside - x[row]).abs() <= self.absolute[row];
            x[row] = inside;
        }
        Ok(small)
    }

    /// Whether each row's residual at the point where the Jacobian was just evaluated, and nothing limited, is what
    /// rounding leaves of the row's terms. The terms are `J·x` entry by entry, the history and the largest contribution:
    /// the backward error of W. Oettli and W. Prager, Numer. Math. 6 (1964) 405. Steps from there are noise, however
    /// large they are beside tolerances that ask for more digits than there are.
    fn is_at_rounding(&self, equation: &Equation<'_>, x: &[f64]) -> bool {
        if self.assembly.limited > 0 {
            return false;
        }
        let values: Vec<f64> = self.assembly.values.iter().map(|value| value.abs()).collect();
        let sizes: Vec<f64> = x.iter().map(|x| x.abs()).collect();
        let mut terms = self.assembly.magnitude.clone();
        self.circuit.multiply_add(&values, &sizes, &mut terms);
        (0..self.circuit.n()).all(|row| {
            let history = equation.history.map_or(0.0, |history| history[row].abs());
            let clamped = equation.clamps.iter().any(|&(r, _)| r == row);
            clamped || self.rhs[row].abs() <= ROUNDING * (terms[row] + history)
        })
    }

    /// Whether some unknown differs between two points by more than `part` of its tolerance.
    pub(crate) fn differs(&self, a: &[f64], b: &[f64], part: f64) -> bool {
        a.iter().zip(b).zip(&self.absolute).any(|((a, b), absolute)| {
            (a - b).abs() > part * (self.tolerances.relative * a.abs() + absolute)
        })
    }

    fn residual_is_small(&self, equation: &Equation<'_>, x: &[f64]) -> bool {
        let largest = x.iter().fold(0.0f64, |largest, v| largest.max(v.abs()));
        (0..self.circuit.n()).all(|row| {
            let tolerance = self.residual_tolerance(row, equation.alpha, largest);
            let clamped = equation.clamps.iter().any(|&(r, _)| r == row);
            clamped || tolerance.is_none_or(|tolerance| self.rhs[row].abs() <= tolerance)
        })
    }

    /// Tolerance of a row's residual, if it has one; `largest` is the largest unknown's magnitude.
    fn residual_tolerance(&self, row: usize, alpha: f64, largest: f64) -> Option<f64> {
        let absolute = self.residual_absolute[row]?;
        // What is left of a stored part when a short step divides it is rounding.
        let reactive = 1e-6 * (alpha * self.assembly.reactive[row]).abs();
        let scale = match self.circuit.unknowns()[row].residual {
            Nature::Voltage => 1e-3 * largest,
            _ => self.assembly.magnitude[row],
        };
        let scale = scale.max(reactive);
        Some(absolute + self.tolerances.relative * scale)
    }

    /// The rows farthest from convergence at the last evaluation: `(row, residual, tolerance)`, worst first.
    pub fn worst_rows(&self, equation: &Equation<'_>, x: &[f64], count: usize) -> Vec<WorstRow> {
        let largest = x.iter().fold(0.0f64, |largest, v| largest.max(v.abs()));
        let mut rows: Vec<WorstRow> = (0..self.circuit.n())
            .filter_map(|row| {
                let tolerance = self.residual_tolerance(row, equation.alpha, largest)?;
                let (residual, last_step) = (-self.rhs[row], self.step[row]);
                Some(WorstRow { row, value: x[row], residual, tolerance, last_step })
            })
            .collect();
        let excess = |row: &WorstRow| {
            let ratio = row.residual.abs() / row.tolerance;
            if ratio.is_nan() { f64::INFINITY } else { ratio }
        };
        rows.sort_by(|a, b| excess(b).total_cmp(&excess(a)));
        rows.truncate(count);
        rows
    }
}

/// Where an unknown with these bounds gets that is at `before` and wants to go to `after`: a step out of bounds
/// goes nine tenths of the way to them.
pub(crate) fn within((low, high): (f64, f64), before: f64, after: f64) -> f64 {
    if after < low {
        if before > low { before + 0.9 * (low - before) } else { low }
    } else if after > high {
        if before < high { before + 0.9 * (high - before) } else { high }
    } else {
        after
    }
}

/// A row of a non-convergence report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorstRow {
    /// Row.
    pub row: usize,
    /// The unknown's value.
    pub value: f64,
    /// Residual of the row.
    pub residual: f64,
    /// What it may be.
    pub tolerance: f64,
    /// The last step of the unknown.
    pub last_step: f64,
}
