//! The circuit's equations with the traced variable as one more unknown, and Newton on them.
//!
//! ```text
//! y = (x, λ);   f(x, λ) = 0
//! corrector:  ⎡ ∂f/∂x  ∂f/∂λ ⎤ ⎡ dx ⎤   ⎡ −f(y)          ⎤
//!             ⎣     bᵀ       ⎦ ⎣ dλ ⎦ = ⎣ −b·(y − target) ⎦     b = tangent, by scales; or e_λ for a given λ
//! tangent:    the same matrix at the solution, right-hand side (0, 1)
//! ```
//!
//! The bordered matrix is regular at folds, where `∂f/∂x` is singular, so one sparse LU factorisation serves all
//! along. The last row is scaled so that it is never a tempting pivot before its turn; each solution is refined
//! once, since little is left of the last pivots near a fold. No value is limited here: a predictor that goes too
//! far is taken back by the caller.

use crate::dc::SweepVariable;
use crate::newton::{STATE_ANCHOR, within};
use crate::op::flip_latches;
use crate::options::SolverOptions;
use crate::report::SetupError;
use crate::trace::{TraceError, TraceOptions};
use crate::{Equation, NewtonError};
use ovonic_circuit::{Assembly, Change, Circuit, Point};
use ovonic_device::{Limiting, Nature, Retention};
use ovonic_numerics::sparse::{LinearSolver, Pattern};
use std::sync::Arc;

/// Newton iterations of a corrector.
const ITERATIONS: usize = 30;
/// Rate constant of a settled state, in those of its tie, above which the tie may move.
const MOVING: f64 = 1e6;
/// Newton step, in scales, that ends a corrector, and one that ends it where rounding keeps it from falling.
const SMALL_STEP: (f64, f64) = (1e-12, 1e-7);
/// Difference by which derivatives for the traced variable are taken: in parts of its range for a source, in whose
/// value the equations are linear; otherwise in parts of the value, or of a small part of the range.
const SOURCE_DIFFERENCE: f64 = 0.1;
const DIFFERENCE: f64 = 1e-6;
const SMALL_PART: f64 = 1e-4;

/// What the last equation of the corrector asks for.
pub(super) enum Condition<'a> {
    /// `direction·(y − target) = 0` in scales: the plane across the direction of travel.
    Plane { direction: &'a [f64], target: &'a [f64] },
    /// The traced variable has this value.
    Value(f64),
}

/// A circuit whose unknowns are followed together with a variable.
pub(super) struct Bordered<'a> {
    pub(super) circuit: Circuit,
    variable: &'a mut dyn SweepVariable,
    pub(super) options: &'a SolverOptions,
    assembly: Assembly,
    solver: Box<dyn LinearSolver<f64>>,
    pattern: Arc<Pattern>,
    values: Vec<f64>,
    /// Slot of each of the circuit's entries, then of the last column and of the last row.
    slots: Vec<usize>,
    column: Vec<usize>,
    row: Vec<usize>,
    /// Size of each unknown, the variable's last: the units in which the curve is measured.
    pub(super) scale: Vec<f64>,
    /// Where settled states stay when their own rate vanishes; length `n + 1`.
    anchor: Vec<f64>,
    settled: Vec<(usize, usize)>,
    held: Vec<f64>,
    pub(super) latches: Vec<f64>,
    /// The variable's value that the circuit stands at.
    at: f64,
    derivative: Vec<f64>,
    /// Whether the equations are linear in the variable.
    is_linear: bool,
    /// Factor on the last row.
    weight: f64,
    pub(super) iterations: usize,
    pub(super) loads: usize,
}

impl<'a> Bordered<'a> {
    /// `circuit` has to be built without condensation: private blocks are singular exactly at folds.
    pub(super) fn new(
        circuit: Circuit,
        variable: &'a mut dyn SweepVariable,
        options: &'a SolverOptions,
        request: &TraceOptions,
    ) -> Result<Self, SetupError> {
        let n = circuit.n();
        let inner: Vec<(usize, usize)> = circuit.pattern().entries().collect();
        let border = (0..=n).flat_map(|i| [(i, n), (n, i)]);
        let pattern = Arc::new(Pattern::new(n + 1, inner.iter().copied().chain(border))?);
        let slot =
            |(row, column)| pattern.slot(row, column).expect("the pattern was made of these");
        let slots = inner.iter().map(|&place| slot(place)).collect();
        let column = (0..=n).map(|i| slot((i, n))).collect();
        let row = (0..=n).map(|i| slot((n, i))).collect();
        let entries = circuit.unknowns();
        let settled = (0..n).filter(|&row| {
            entries[row].retention == Some(Retention::Settled)
                && entries[row].residual == Nature::Rate
        });
        let settled = settled.filter_map(|row| Some((row, circuit.diagonal_slot(row)?))).collect();
        let mut scale: Vec<f64> = entries.iter().map(|entry| entry.nominal).collect();
        scale.push((request.stop - request.start).abs());
        Ok(Self {
            solver: options.engines.real(&pattern)?,
            values: vec![0.0; pattern.nnz()],
            assembly: circuit.assembly(),
            anchor: vec![0.0; n + 1],
            held: circuit.initial_unknowns(&vec![0.0; n + 1]),
            latches: circuit.initial_latches(),
            derivative: vec![0.0; n],
            is_linear: request.source.is_some(),
            weight: 1.0,
            at: f64::NAN,
            iterations: 0,
            loads: 0,
            circuit,
            variable,
            options,
            pattern,
            slots,
            column,
            row,
            scale,
            settled,
        })
    }

    /// Number of the circuit's unknowns; `y` is one longer.
    pub(super) fn n(&self) -> usize {
        self.circuit.n()
    }

    /// Gives the variable a value.
    pub(super) fn set(&mut self, value: f64) -> Result<(), TraceError> {
        if self.at == value {
            return Ok(());
        }
        let change = self.variable.set(&mut self.circuit, value);
        let change = change.map_err(|error| TraceError::Variable { value, error })?;
        if change == Change::Structure {
            return Err(TraceError::Structure { value });
        }
        self.at = value;
        self.assembly.invalidate();
        self.held = self.circuit.initial_unknowns(&vec![0.0; self.n() + 1]);
        Ok(())
    }

    /// Has settled states without a rate of their own stay where they are in `y`.
    pub(super) fn anchor(&mut self, y: &[f64]) {
        let n = self.n();
        self.anchor[..n].copy_from_slice(&y[..n]);
    }

    /// Settled states that have a rate of their own at the last evaluation, by their rows: there it does not matter
    /// where they are tied to.
    pub(super) fn moving(&self) -> Vec<usize> {
        let own = |slot: usize| (self.assembly.values[slot] - STATE_ANCHOR).abs();
        let moving = self.settled.iter().filter(|&&(_, slot)| own(slot) > MOVING * STATE_ANCHOR);
        moving.map(|&(row, _)| row).collect()
    }

    /// Ties settled states to where they are in `y`; the others stay tied to where they last had a rate, since a tie
    /// that moved with the curve would make another curve of it at each step.
    pub(super) fn anchor_rows(&mut self, rows: &[usize], y: &[f64]) {
        for &row in rows {
            self.anchor[row] = y[row];
        }
    }

    /// Takes the scales from where the curve is: those of far larger values elsewhere would hide what happens here.
    pub(super) fn rescale(&mut self, y: &[f64]) {
        let entries = self.circuit.unknowns().iter();
        for (scale, (entry, value)) in self.scale.iter_mut().zip(entries.zip(y)) {
            *scale = entry.nominal.max(value.abs());
        }
    }

    /// Largest entry of a vector in scales.
    pub(super) fn size(&self, v: &[f64]) -> f64 {
        v.iter().zip(&self.scale).map(|(v, s)| (v / s).abs()).fold(0.0, f64::max)
    }

    /// Scalar product in scales.
    pub(super) fn dot(&self, a: &[f64], b: &[f64]) -> f64 {
        let terms = a.iter().zip(b).zip(&self.scale);
        terms.map(|((a, b), s)| (a / s) * (b / s)).sum()
    }

    /// The unknowns as devices see them, with ground.
    pub(super) fn grounded(&self, y: &[f64]) -> Vec<f64> {
        let mut x = y.to_vec();
        x[self.n()] = 0.0;
        x
    }

    /// The equation at the variable's value.
    pub(super) fn equation(&self) -> Equation<'_> {
        Equation { held: Some(&self.held), ..Equation::dc(&self.latches, self.options.gmin) }
    }

    /// Where devices are evaluated for the unknowns `x` (ground last).
    pub(super) fn point<'b>(&'b self, x: &'b [f64]) -> Point<'b> {
        self.equation().point(x)
    }

    /// Evaluates the equations without derivatives at `y` with the variable at `value`, into the assembly.
    fn residual(&mut self, y: &[f64], value: f64) -> Result<(), TraceError> {
        self.set(value)?;
        let x = self.grounded(y);
        let point = Point {
            gmin: self.options.gmin,
            held: Some(&self.held),
            ..Point::dc(&x, &self.latches)
        };
        self.circuit.residual(&point, &mut self.assembly);
        Ok(())
    }

    /// Evaluates equations and bordered matrix at `y`; the last row is `border`.
    fn load(&mut self, y: &[f64], border: &[f64]) -> Result<(), TraceError> {
        let n = self.n();
        self.differentiate(y)?;
        self.set(y[n])?;
        let x = self.grounded(y);
        let point = Point {
            gmin: self.options.gmin,
            held: Some(&self.held),
            ..Point::dc(&x, &self.latches)
        };
        self.circuit.load(&point, 0.0, Limiting::Off, &mut self.assembly);
        self.loads += 1;
        for &(row, slot) in &self.settled {
            self.assembly.values[slot] += STATE_ANCHOR;
            self.assembly.resistive[row] += STATE_ANCHOR * (y[row] - self.anchor[row]);
        }
        self.values.fill(0.0);
        for (&slot, &value) in self.slots.iter().zip(&self.assembly.values) {
            self.values[slot] = value;
        }
        for (&slot, &value) in self.column[..n].iter().zip(&self.derivative) {
            self.values[slot] = value;
        }
        self.weight = self.border_weight(border);
        for (&slot, &value) in self.row.iter().zip(border) {
            self.values[slot] = self.weight * value;
        }
        Ok(())
    }

    /// Factor of the last row with which none of its entries exceeds its column.
    fn border_weight(&self, border: &[f64]) -> f64 {
        let mut largest = vec![0.0f64; self.n() + 1];
        for (value, (_, column)) in self.values.iter().zip(self.pattern.entries()) {
            largest[column] = largest[column].max(value.abs());
        }
        let ratios = border.iter().zip(&largest).filter(|(b, _)| **b != 0.0);
        let least = ratios.filter(|(_, l)| **l > 0.0).map(|(b, l)| l / b.abs());
        let weight = least.fold(f64::INFINITY, f64::min);
        if weight.is_finite() && weight > 0.0 { weight } else { 1.0 }
    }

    /// `∂f/∂λ` by central differences, or one-sided ones at the edge of what the circuit can have.
    fn differentiate(&mut self, y: &[f64]) -> Result<(), TraceError> {
        let n = self.n();
        let value = y[n];
        let range = self.scale[n];
        let step = if self.is_linear {
            SOURCE_DIFFERENCE * range
        } else {
            DIFFERENCE * value.abs().max(SMALL_PART * range)
        };
        let above = value + step;
        let (above, upper) = match self.residual(y, above) {
            Ok(()) => (above, self.assembly.resistive[..n].to_vec()),
            Err(_) => {
                self.residual(y, value)?;
                (value, self.assembly.resistive[..n].to_vec())
            }
        };
        let below = value - step;
        let below = match self.residual(y, below) {
            Ok(()) => below,
            Err(error) if above == value => return Err(error),
            Err(_) => {
                self.residual(y, value)?;
                value
            }
        };
        let lower = &self.assembly.resistive;
        for ((d, upper), lower) in self.derivative.iter_mut().zip(upper).zip(lower) {
            *d = (upper - lower) / (above - below);
        }
        Ok(())
    }

    fn factor(&mut self, fresh: bool) -> Result<(), NewtonError> {
        if fresh {
            self.solver.factor(&self.values)?
        } else {
            self.solver.update(&self.values)?
        }
        Ok(())
    }

    /// Solves with the factored matrix, refined once.
    fn solve(&self, rhs: &[f64]) -> Result<Vec<f64>, NewtonError> {
        let mut solution = rhs.to_vec();
        self.solver.solve(&mut solution)?;
        let mut product = vec![0.0; rhs.len()];
        self.pattern.multiply_add(&self.values, &solution, &mut product);
        let mut correction: Vec<f64> = rhs.iter().zip(&product).map(|(b, p)| b - p).collect();
        self.solver.solve(&mut correction)?;
        if correction.iter().all(|c| c.is_finite()) {
            solution.iter_mut().zip(&correction).for_each(|(x, c)| *x += c);
        }
        Ok(solution)
    }

    /// The last row for a direction: its products with steps are those in scales.
    fn border_of(&self, direction: &[f64]) -> Vec<f64> {
        direction.iter().zip(&self.scale).map(|(d, s)| d / (s * s)).collect()
    }

    /// Newton from `y`, which receives the solution; returns the number of iterations, or why there is none.
    pub(super) fn correct(
        &mut self,
        y: &mut [f64],
        condition: &Condition<'_>,
    ) -> Result<Result<usize, NewtonError>, TraceError> {
        let n = self.n();
        let border = match condition {
            Condition::Plane { direction, .. } => self.border_of(direction),
            Condition::Value(value) => {
                y[n] = *value;
                let mut border = vec![0.0; n + 1];
                border[n] = 1.0;
                border
            }
        };
        let mut previous = f64::INFINITY;
        for iteration in 0..ITERATIONS {
            self.load(y, &border)?;
            let mut rhs: Vec<f64> = self.assembly.resistive[..n].iter().map(|f| -f).collect();
            if let Some(row) = rhs.iter().position(|r| !r.is_finite()) {
                return Ok(Err(NewtonError::NotFinite { row, iteration }));
            }
            if previous <= SMALL_STEP.0 && self.residual_is_small() {
                return Ok(Ok(iteration));
            }
            let off = match condition {
                Condition::Plane { target, .. } => {
                    border.iter().zip(y.iter().zip(*target)).map(|(b, (y, t))| b * (y - t)).sum()
                }
                Condition::Value(value) => y[n] - value,
            };
            rhs.push(-self.weight * off);
            if let Err(error) = self.factor(iteration == 0) {
                return Ok(Err(error));
            }
            let step = match self.solve(&rhs) {
                Ok(step) => step,
                Err(error) => return Ok(Err(error)),
            };
            self.iterations += 1;
            let size = self.size(&step);
            if !size.is_finite() {
                let row = step.iter().position(|s| !s.is_finite()).unwrap_or(0);
                return Ok(Err(NewtonError::NotFinite { row, iteration }));
            }
            let stopped = self.advance(y, &step);
            let stuck = size <= SMALL_STEP.1 && size >= 0.1 * previous;
            previous = if stopped { f64::INFINITY } else { size };
            if stuck && self.residual_is_small() {
                self.residual(y, y[n])?;
                return Ok(Ok(iteration + 1));
            }
        }
        Ok(Err(NewtonError::Iterations { iterations: ITERATIONS }))
    }

    /// Takes a step; returns whether a bound stopped an unknown.
    fn advance(&self, y: &mut [f64], step: &[f64]) -> bool {
        let mut stopped = false;
        for (row, (y, step)) in y.iter_mut().zip(step).enumerate() {
            let new = *y + step;
            let inside = match self.circuit.unknowns().get(row) {
                Some(entry) => within(entry.bounds, *y, new),
                None => new,
            };
            stopped |= inside != new;
            *y = inside;
        }
        stopped
    }

    /// Whether the residuals of the last evaluation are within the tolerances.
    fn residual_is_small(&self) -> bool {
        let tolerances = &self.options.tolerances;
        let largest = self.scale[..self.n()].iter().fold(0.0f64, |a, s| a.max(*s));
        let rows = self.circuit.unknowns().iter().enumerate();
        rows.filter_map(|(row, entry)| Some((row, entry, tolerances.of_residual(entry)?))).all(
            |(row, entry, absolute)| {
                let scale = match entry.residual {
                    Nature::Voltage => 1e-3 * largest,
                    _ => self.assembly.magnitude[row],
                };
                self.assembly.resistive[row].abs() <= absolute + tolerances.relative * scale
            },
        )
    }

    /// Direction of the curve at the solution `y`, ahead as `along` points; its largest entry is 1 in scales. `None`
    /// where the bordered matrix is singular: the curve crosses another one there.
    pub(super) fn tangent(
        &mut self,
        y: &[f64],
        along: &[f64],
    ) -> Result<Option<Vec<f64>>, TraceError> {
        let n = self.n();
        let border = self.border_of(along);
        self.load(y, &border)?;
        if self.factor(false).is_err() {
            return Ok(None);
        }
        let mut rhs = vec![0.0; n + 1];
        rhs[n] = 1.0;
        let Ok(mut tangent) = self.solve(&rhs) else { return Ok(None) };
        let size = self.size(&tangent);
        if !(size > 0.0 && size.is_finite()) {
            return Ok(None);
        }
        let sign = if self.dot(&tangent, along) < 0.0 { -1.0 } else { 1.0 };
        tangent.iter_mut().for_each(|t| *t *= sign / size);
        Ok(Some(tangent))
    }

    /// Whether a latch wants to flip at the solution `y`.
    pub(super) fn wants_to_flip(&mut self, y: &[f64]) -> Result<bool, TraceError> {
        Ok(self.flips(y)?.1 > 0)
    }

    /// Flips the latches that want to at the solution `y`; returns how many did.
    pub(super) fn flip(&mut self, y: &[f64]) -> Result<usize, TraceError> {
        let (latches, count) = self.flips(y)?;
        self.latches = latches;
        Ok(count)
    }

    /// The latches after those have flipped that want to, and how many do.
    fn flips(&mut self, y: &[f64]) -> Result<(Vec<f64>, usize), TraceError> {
        let mut latches = self.latches.clone();
        if latches.is_empty() {
            return Ok((latches, 0));
        }
        self.set(y[self.n()])?;
        let x = self.grounded(y);
        let count = flip_latches(&self.circuit, &self.equation(), &x, &mut latches);
        Ok((latches, count))
    }
}
