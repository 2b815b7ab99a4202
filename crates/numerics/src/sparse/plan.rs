//! Factors with frozen pivots: refactorisation and triangular solves.
//!
//! ```text
//! solve: for each diagonal block, the last first
//!     L, then U of the block, then what its unknowns contribute to the blocks before
//! ```
//!
//! Refactorisation is the work of three kernels, chosen for each run of columns by the
//! [schedule](super::schedule).
//! Rows are in pivot order, so nothing is searched, compared or permuted. Entries outside the
//! diagonal blocks are copied and take part in the solves only. The largest |L| is watched, because
//! pivots that were good for other values fail silently: on real circuits it stays below 1e4 while
//! they suit and exceeds 1e9 when they do not.

use super::analysis::Analysis;
use super::factor::Factors;
use super::permutation::Permutation;
use super::schedule::{Kernels, Schedule};
use super::{Element, Pattern, SolverError};

/// Largest |L| that kept pivots may produce.
pub(super) const GROWTH_LIMIT: f64 = 1e6;

/// A pivot that shrinks to this share of its first value is looked at afresh: cancellation in the
/// last pivot of a block leaves no large multiplier behind.
const PIVOT_DROP: f64 = 1e-12;

/// Factors of one matrix in pivot order, and how to renew them.
#[derive(Debug)]
pub(super) struct Plan<T> {
    pub(super) n: usize,
    /// Stored entries of the matrix.
    nnz: usize,
    block_starts: Vec<u32>,
    /// Gathers a right-hand side into pivot order.
    rows: Permutation,
    /// Gathers a solution into pivot order.
    columns: Permutation,
    /// Original row and column at each pivot position.
    row_order: Vec<u32>,
    column_order: Vec<u32>,
    /// Per column: entries of the matrix inside the diagonal block.
    pub(super) scatter_starts: Vec<u32>,
    pub(super) scatter: Vec<Move>,
    /// Entries of the matrix above the diagonal blocks.
    copies: Vec<Move>,
    pub(super) lower_starts: Vec<u32>,
    pub(super) lower_rows: Vec<u32>,
    pub(super) lower: Vec<T>,
    /// Columns of U: first the entries above the block, then, from `upper_inner`, those within.
    pub(super) upper_starts: Vec<u32>,
    pub(super) upper_inner: Vec<u32>,
    pub(super) upper_rows: Vec<u32>,
    pub(super) upper: Vec<T>,
    /// Per entry of U within the blocks: where its column of L is.
    pub(super) steps: Vec<Step>,
    pub(super) step_starts: Vec<u32>,
    pub(super) inverse_pivots: Vec<T>,
    pub(super) pivot_floors: Vec<f64>,
    pub(super) work: Vec<T>,
    pub(super) growth: f64,
    /// Which kernel renews which columns.
    pub(super) schedule: Schedule<T>,
}

/// Brings the value of one slot to one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) slot: u32,
    pub(super) to: u32,
}

/// One update of a column: the row of U, and the column of L to subtract.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) row: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl<T: Element> Plan<T> {
    /// Freezes the pivots of a factorisation.
    ///
    /// # Errors
    /// [`SolverError::TooLarge`] if the factors outgrow 32-bit indices.
    pub(super) fn new(
        pattern: &Pattern,
        analysis: &Analysis,
        factors: &Factors<T>,
        values: &[T],
    ) -> Result<Self, SolverError> {
        let n = pattern.n();
        let entries = factors.lower_rows.len() + factors.upper_rows.len() + pattern.nnz();
        if entries >= u32::MAX as usize {
            return Err(SolverError::TooLarge { n });
        }
        let row_order: Vec<u32> =
            factors.pivot_rows.iter().map(|&position| analysis.rows[position as usize]).collect();
        let mut columns = vec![0; n];
        for (k, &column) in analysis.columns.iter().enumerate() {
            columns[k] = column;
        }
        let mut plan = Self {
            n,
            nnz: pattern.nnz(),
            block_starts: analysis.block_starts.iter().map(|&s| s as u32).collect(),
            rows: Permutation::gathering(&row_order),
            columns: Permutation::gathering(&columns),
            row_order,
            column_order: columns,
            scatter_starts: vec![0],
            scatter: Vec::with_capacity(pattern.nnz()),
            copies: Vec::new(),
            lower_starts: vec![0],
            lower_rows: Vec::with_capacity(factors.lower_rows.len()),
            lower: Vec::with_capacity(factors.lower_rows.len()),
            upper_starts: vec![0],
            upper_inner: Vec::with_capacity(n),
            upper_rows: Vec::with_capacity(factors.upper_rows.len()),
            upper: Vec::with_capacity(factors.upper_rows.len()),
            steps: Vec::with_capacity(factors.upper_rows.len()),
            step_starts: vec![0],
            inverse_pivots: factors.pivots.iter().map(|pivot| pivot.inverse()).collect(),
            pivot_floors: factors
                .pivots
                .iter()
                .map(|pivot| (PIVOT_DROP * pivot.magnitude()).max(f64::MIN_POSITIVE))
                .collect(),
            work: vec![T::ZERO; n],
            growth: factors.growth,
            schedule: Schedule::default(),
        };
        plan.list_entries(pattern, analysis, factors, values);
        plan.list_lower(factors);
        plan.list_steps();
        plan.validate();
        plan.schedule = Schedule::new(&plan, Kernels::Best);
        Ok(plan)
    }

    /// Fills the scatter lists and the columns of U.
    fn list_entries(
        &mut self,
        pattern: &Pattern,
        analysis: &Analysis,
        factors: &Factors<T>,
        values: &[T],
    ) {
        let mut pivot_position = vec![0; self.n];
        for (k, &row) in self.row_order.iter().enumerate() {
            pivot_position[row as usize] = k as u32;
        }
        let mut above = Vec::new();
        for block in analysis.block_starts.windows(2) {
            for k in block[0]..block[1] {
                let column = analysis.columns[k] as usize;
                above.clear();
                for slot in pattern.column_slots(column) {
                    let to = pivot_position[pattern.rows()[slot] as usize];
                    let slot = slot as u32;
                    if (to as usize) < block[0] {
                        above.push(Move { slot, to });
                    } else {
                        self.scatter.push(Move { slot, to });
                    }
                }
                self.scatter_starts.push(self.scatter.len() as u32);
                above.sort_unstable_by_key(|entry| entry.to);
                for entry in &above {
                    self.copies.push(Move { slot: entry.slot, to: self.upper.len() as u32 });
                    self.upper_rows.push(entry.to);
                    self.upper.push(values[entry.slot as usize]);
                }
                self.upper_inner.push(self.upper.len() as u32);
                let inner = factors.upper_starts[k]..factors.upper_starts[k + 1];
                self.upper_rows.extend(&factors.upper_rows[inner.clone()]);
                self.upper.extend(&factors.upper[inner]);
                self.upper_starts.push(self.upper.len() as u32);
            }
        }
    }

    /// Moves the columns of L into pivot order, rows ascending.
    fn list_lower(&mut self, factors: &Factors<T>) {
        let mut column = Vec::new();
        for k in 0..self.n {
            let range = factors.lower_starts[k]..factors.lower_starts[k + 1];
            column.clear();
            column.extend(
                factors.lower_rows[range.clone()]
                    .iter()
                    .map(|&row| factors.pivot_positions[row as usize])
                    .zip(factors.lower[range].iter().copied()),
            );
            column.sort_unstable_by_key(|&(row, _)| row);
            self.lower_rows.extend(column.iter().map(|&(row, _)| row));
            self.lower.extend(column.iter().map(|&(_, value)| value));
            self.lower_starts.push(self.lower.len() as u32);
        }
    }

    /// Resolves the columns of L that each column needs.
    fn list_steps(&mut self) {
        for k in 0..self.n {
            for &row in &self.upper_rows[self.inner(k)] {
                let below = span(&self.lower_starts, row as usize);
                self.steps.push(Step { row, start: below.start as u32, end: below.end as u32 });
            }
            self.step_starts.push(self.steps.len() as u32);
        }
    }

    /// Checks every index that the kernels rely on.
    ///
    /// # Panics
    /// If the lists contradict each other, which is a mistake in this module.
    fn validate(&self) {
        let (n, inside) = (self.n as u32, |range: &[u32], end: usize| {
            range.windows(2).all(|pair| pair[0] <= pair[1])
                && range.last().is_some_and(|&last| last as usize == end)
        });
        assert!(inside(&self.scatter_starts, self.scatter.len()));
        assert!(inside(&self.lower_starts, self.lower.len()));
        assert!(inside(&self.upper_starts, self.upper.len()));
        assert!(inside(&self.block_starts, self.n));
        assert_eq!(self.lower_rows.len(), self.lower.len());
        assert_eq!(self.upper_rows.len(), self.upper.len());
        for k in 0..self.n {
            assert!(self.upper_starts[k] <= self.upper_inner[k]);
            assert!(self.upper_inner[k] <= self.upper_starts[k + 1]);
            let below = &self.lower_rows[span(&self.lower_starts, k)];
            assert!(below.iter().all(|&row| row > k as u32 && row < n));
            let above = &self.upper_rows[span(&self.upper_starts, k)];
            assert!(above.iter().all(|&row| row < k as u32));
        }
        let slots = self.nnz as u32;
        assert!(self.scatter.iter().all(|m| m.slot < slots && m.to < n));
        let places = self.upper.len() as u32;
        assert!(self.copies.iter().all(|m| m.slot < slots && m.to < places));
    }

    /// Renews the factors from `values` with the frozen pivots.
    ///
    /// # Errors
    /// [`SolverError::NeedsPivoting`]; the factors are then invalid.
    pub(super) fn refactor(&mut self, values: &[T]) -> Result<(), SolverError> {
        assert_eq!(values.len(), self.nnz);
        for entry in &self.copies {
            self.upper[entry.to as usize] = values[entry.slot as usize];
        }
        self.growth = 0.0;
        let mut schedule = std::mem::take(&mut self.schedule);
        let done = schedule.run(self, values);
        self.schedule = schedule;
        done.map_err(|(k, growth)| {
            // What the broken columns left there must not leak into the next call.
            self.work.fill(T::ZERO);
            SolverError::NeedsPivoting { column: self.column_order[k] as usize, growth }
        })
    }

    /// Stores a pivot and returns its inverse; the error is the growth to report.
    #[inline(always)]
    pub(super) fn watch_pivot(&mut self, k: usize, pivot: T) -> Result<T, f64> {
        let size = pivot.magnitude();
        // NaN is in no range.
        if !(self.pivot_floors[k]..f64::INFINITY).contains(&size) {
            return Err(f64::INFINITY);
        }
        let inverse = pivot.inverse();
        self.inverse_pivots[k] = inverse;
        Ok(inverse)
    }

    /// Notes the largest multiplier of some columns; the error is the growth to report.
    #[inline(always)]
    pub(super) fn watch_growth(&mut self, growth: f64) -> Result<(), f64> {
        self.growth = self.growth.max(growth);
        match growth > GROWTH_LIMIT {
            true => Err(growth),
            false => Ok(()),
        }
    }

    /// Where the entries of U within the diagonal block are, for one column.
    #[inline(always)]
    pub(super) fn inner(&self, k: usize) -> std::ops::Range<usize> {
        self.upper_inner[k] as usize..self.upper_starts[k + 1] as usize
    }

    /// x ← A⁻¹·x.
    pub(super) fn solve(&self, x: &mut [T]) {
        self.rows.gather(x);
        for block in (1..self.block_starts.len()).rev() {
            let range = self.block_starts[block - 1] as usize..self.block_starts[block] as usize;
            for k in range.clone() {
                let below = span(&self.lower_starts, k);
                let known = x[k];
                let rows = &self.lower_rows[below.clone()];
                for (&row, &l) in rows.iter().zip(&self.lower[below]) {
                    x[row as usize] -= l * known;
                }
            }
            for k in range.rev() {
                let known = x[k] * self.inverse_pivots[k];
                x[k] = known;
                let above = span(&self.upper_starts, k);
                let rows = &self.upper_rows[above.clone()];
                for (&row, &u) in rows.iter().zip(&self.upper[above]) {
                    x[row as usize] -= u * known;
                }
            }
        }
        self.columns.scatter(x);
    }

    /// x ← A⁻ᵀ·x.
    pub(super) fn solve_transposed(&self, x: &mut [T]) {
        self.columns.gather(x);
        for block in self.block_starts.windows(2) {
            let range = block[0] as usize..block[1] as usize;
            for k in range.clone() {
                let above = span(&self.upper_starts, k);
                let rows = &self.upper_rows[above.clone()];
                let mut sum = x[k];
                for (&row, &u) in rows.iter().zip(&self.upper[above]) {
                    sum -= u * x[row as usize];
                }
                x[k] = sum * self.inverse_pivots[k];
            }
            for k in range.rev() {
                let below = span(&self.lower_starts, k);
                let rows = &self.lower_rows[below.clone()];
                let mut sum = x[k];
                for (&row, &l) in rows.iter().zip(&self.lower[below]) {
                    sum -= l * x[row as usize];
                }
                x[k] = sum;
            }
        }
        self.rows.scatter(x);
    }

    /// Original row and column of the pivot at a position.
    pub(super) fn pivot_place(&self, k: usize) -> (usize, usize) {
        (self.row_order[k] as usize, self.column_order[k] as usize)
    }

    /// Largest |L| of the last factorisation.
    pub(super) fn growth(&self) -> f64 {
        self.growth
    }

    /// The first position with a pivot or multiplier that is not finite.
    pub(super) fn overflow(&self) -> Option<usize> {
        (0..self.n).find(|&k| {
            let pivot = self.inverse_pivots[k].magnitude();
            let sound = pivot > 0.0 && pivot < f64::INFINITY;
            let finite = |value: &T| value.magnitude() < f64::INFINITY;
            !(sound
                && self.lower[span(&self.lower_starts, k)].iter().all(finite)
                && self.upper[span(&self.upper_starts, k)].iter().all(finite))
        })
    }

    /// The position whose pivot is the smallest share of the largest entry of its column.
    pub(super) fn smallest_pivot(&self, pattern: &Pattern, values: &[T]) -> Option<usize> {
        let share = |k: usize| {
            let slots = pattern.column_slots(self.column_order[k] as usize);
            let largest =
                values[slots].iter().fold(0.0_f64, |max, value| max.max(value.magnitude()));
            1.0 / (self.inverse_pivots[k].magnitude() * largest)
        };
        (0..self.n).min_by(|&a, &b| share(a).total_cmp(&share(b)))
    }

    /// Stored entries of the factors, the diagonal included.
    pub(super) fn factor_nnz(&self) -> usize {
        self.lower.len() + self.upper.len() + self.n
    }

    /// Number of diagonal blocks.
    pub(super) fn blocks(&self) -> usize {
        self.block_starts.len() - 1
    }

    /// Multiplications and subtractions of one refactorisation.
    pub(super) fn flops(&self) -> f64 {
        let below = |k: usize| span(&self.lower_starts, k).len() as f64;
        (0..self.n)
            .map(|k| {
                let updates: f64 =
                    self.upper_rows[self.inner(k)].iter().map(|&j| below(j as usize)).sum();
                2.0 * updates + below(k)
            })
            .sum()
    }
}

#[inline(always)]
pub(super) fn span(starts: &[u32], k: usize) -> std::ops::Range<usize> {
    starts[k] as usize..starts[k + 1] as usize
}
