//! Newton's iteration with standing factors, for time steps.
//!
//! ```text
//! repeat  evaluate r at x, without derivatives
//!         dx ← −J⁻¹·r,  J factored in an earlier step
//!         after at least one step: accept x  if |dx| is a small part of the tolerance and r is small
//!         give up                            if at the rate at which |dx| shrinks the steps left would not do
//!         x ← x + dx
//! ```
//!
//! From one accepted point to the next a Jacobian changes little, so that its factors serve for many steps; an
//! evaluation without derivatives costs a fraction of one with them, and there is nothing to factor. The step that
//! is computed at the accepted point is never taken: it estimates the error that remains, and the point stays the
//! one that was evaluated. Where the iteration contracts slowly the full one takes over, from where the
//! steps have become smaller.

use super::{Equation, Factored, Newton};

/// A solution may be wrong by this part of the tolerances: later iterations of the full Newton, which converge
/// quadratically, do better still, and truncation error is estimated from differences of solutions.
const ACCURACY: f64 = 0.05;
/// Steps with standing factors before derivatives are evaluated afresh.
const MAX_STEPS: usize = 4;

/// Largest relative difference of alpha between the factors and an equation that they serve.
const ALPHA_RANGE: f64 = 0.3;

impl Newton<'_> {
    /// Whether an equation may be solved with factors of a nearby point at all.
    pub(super) fn takes_chords(&self, equation: &Equation<'_>) -> bool {
        equation.is_step() && self.circuit.n() == self.circuit.n_public()
    }

    /// Solves with the factors of an earlier step where that goes fast: `Some(iterations)` if it did, in which case
    /// the assembly holds the evaluation at `x`; otherwise `x` is as it was.
    pub(super) fn solve_by_chords(
        &mut self,
        equation: &Equation<'_>,
        x: &mut [f64],
    ) -> Option<usize> {
        let nearby = |factored: &Factored| {
            (factored.alpha - equation.alpha).abs() <= ALPHA_RANGE * equation.alpha
                && factored.serves_latches(equation)
        };
        if self.first || !self.factored.as_ref().is_some_and(nearby) {
            return None;
        }
        if self.chord_pause > 0 {
            self.chord_pause -= 1;
            return None;
        }
        let converged = self.go_on_by_chords(equation, x, f64::INFINITY);
        if converged.is_some() {
            self.chord_failures = 0;
        } else {
            // Where it failed it will fail again for a while.
            self.chord_failures = (self.chord_failures + 1).min(4);
            self.chord_pause = (1 << self.chord_failures) - 2;
        }
        converged
    }

    /// Iterates with the factors at hand, from an `x` that a step of size `before` led to (infinite if none did);
    /// if that does not converge `x` stays as it was, or goes on to where steps were smaller.
    pub(super) fn go_on_by_chords(
        &mut self,
        equation: &Equation<'_>,
        x: &mut [f64],
        before: f64,
    ) -> Option<usize> {
        self.guess.copy_from_slice(x);
        match self.iterate_with_factors(equation, x, before) {
            Ok(iterations) => {
                self.assembly.adopt_limits();
                Some(iterations)
            }
            Err(approached) => {
                if approached {
                    self.assembly.adopt_limits();
                } else {
                    x.copy_from_slice(&self.guess);
                }
                None
            }
        }
    }

    /// The steps it took, or whether they came closer to a solution before they slowed down.
    fn iterate_with_factors(
        &mut self,
        equation: &Equation<'_>,
        x: &mut [f64],
        mut before: f64,
    ) -> Result<usize, bool> {
        let mut least = before;
        // Halfway between what a change of alpha does to a resistive circuit (nothing) and to a reactive one.
        let alpha = self.factored.as_ref().map_or(equation.alpha, |factored| factored.alpha);
        let scale = 2.0 / (1.0 + equation.alpha / alpha);
        for taken in 0..=MAX_STEPS {
            self.circuit.follow(&equation.point(x), &mut self.assembly);
            self.negative_residual(equation, x);
            for (step, rhs) in self.step.iter_mut().zip(&self.rhs) {
                *step = scale * rhs;
            }
            let solved = self.solver.solve(&mut self.step[..self.circuit.n_public()]);
            solved.map_err(|_| false)?;
            let size = self.step_size(x);
            // NaN is neither small nor shrinking.
            if before < f64::INFINITY && size <= ACCURACY && self.residual_is_small(equation, x) {
                return Ok(taken);
            }
            let left = (MAX_STEPS - taken) as i32;
            // NaN is no hope.
            let hopeful = size < before && size * (size / before).powi(left) <= ACCURACY;
            if !(hopeful && left > 0 && self.advance_within_bounds(x)) {
                return Err(size < least);
            }
            least = least.min(size);
            before = size;
            self.statistics.iterations += 1;
            self.statistics.reused += 1;
        }
        Err(false)
    }

    /// The largest ratio of a component of the step to its tolerance at `x`; not finite if any is.
    pub(super) fn step_size(&self, x: &[f64]) -> f64 {
        let n = self.circuit.n();
        let mut largest = 0.0f64;
        let mut sum = 0.0;
        for ((step, x), absolute) in self.step[..n].iter().zip(x).zip(&self.absolute) {
            let ratio = step.abs() / (self.tolerances.relative * x.abs() + absolute);
            largest = largest.max(ratio);
            // A maximum passes over NaN, a sum does not.
            sum += ratio;
        }
        if sum.is_finite() { largest } else { f64::INFINITY }
    }

    /// Takes the step unless a state would leave its bounds.
    fn advance_within_bounds(&self, x: &mut [f64]) -> bool {
        let leaves = |&row: &usize| {
            let (low, high) = self.circuit.unknowns()[row].bounds;
            let new = x[row] + self.step[row];
            new < low || new > high
        };
        if self.bounded.iter().any(leaves) {
            return false;
        }
        for (x, step) in x.iter_mut().zip(&self.step[..self.circuit.n()]) {
            *x += step;
        }
        true
    }
}
