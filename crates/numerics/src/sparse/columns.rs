//! Refactorisation column by column, for circuits with little fill.
//!
//! ```text
//! for each column k
//!     x = A(:, k)                                      by a precomputed scatter list
//!     for j in U(:, k) ascending:  x -= L(:, j) · x[j]
//!     pivot = x[k];  L(:, k) = x / pivot               one division
//! ```
//!
//! A chain (a ladder of resistors, a line of segments) eliminates to columns that depend on nothing
//! but the one before. There the time is the latency of one multiplier's way through memory, so a
//! second kernel keeps it in a register. Both do the operations of [`factor`](super::factor) in the
//! same order and produce its bits.

use std::ops::Range;

use super::Element;
use super::plan::{GROWTH_LIMIT, Plan, span};

impl<T: Element> Plan<T> {
    /// Renews the columns of a range one by one; the error is a column and its growth.
    ///
    /// Sources must come from earlier columns, whichever kernel renewed those. Everything the loops touch is a slice of its own here, so that lengths and addresses stay in
    /// registers.
    pub(super) fn refactor_columns(
        &mut self,
        range: Range<usize>,
        values: &[T],
    ) -> Result<(), (usize, f64)> {
        let (scatter, steps) = (&self.scatter[..], &self.steps[..]);
        let (lower_rows, lower) = (&self.lower_rows[..], &mut self.lower[..]);
        let (upper, work) = (&mut self.upper[..], &mut self.work[..]);
        let (floors, inverses) = (&self.pivot_floors[..], &mut self.inverse_pivots[..]);
        let mut growth = self.growth.to_bits();
        let mut step = self.step_starts[range.start] as usize;
        for k in range {
            for entry in &scatter[span(&self.scatter_starts, k)] {
                work[entry.to as usize] = values[entry.slot as usize];
            }
            let first = self.upper_inner[k] as usize;
            let end = self.upper_starts[k + 1] as usize;
            let column = &mut upper[first..end];
            let sources = &steps[step..step + column.len()];
            step += column.len();
            for (source, upper) in sources.iter().zip(column) {
                let u = std::mem::replace(&mut work[source.row as usize], T::ZERO);
                *upper = u;
                let below = source.start as usize..source.end as usize;
                let rows = &lower_rows[below.clone()];
                for (&row, &l) in rows.iter().zip(&lower[below]) {
                    work[row as usize] -= l * u;
                }
            }
            let pivot = std::mem::replace(&mut work[k], T::ZERO);
            // NaN is in no range.
            if !(floors[k]..f64::INFINITY).contains(&pivot.magnitude()) {
                return Err((k, f64::INFINITY));
            }
            let inverse = pivot.inverse();
            inverses[k] = inverse;
            let below = span(&self.lower_starts, k);
            let rows = &lower_rows[below.clone()];
            for (&row, lower) in rows.iter().zip(&mut lower[below]) {
                let l = std::mem::replace(&mut work[row as usize], T::ZERO) * inverse;
                *lower = l;
                // Sizes order like their bits, and NaN comes last.
                growth = growth.max(l.magnitude().to_bits());
            }
            if growth > GROWTH_LIMIT.to_bits() {
                return Err((k, f64::from_bits(growth)));
            }
        }
        self.growth = f64::from_bits(growth);
        Ok(())
    }

    /// Whether column `k` depends on column `k - 1` alone, and that has nothing below but row `k`.
    pub(super) fn is_chained(&self, k: usize) -> bool {
        k > 0
            && self.upper_rows[self.inner(k)] == [k as u32 - 1]
            && self.lower_rows[span(&self.lower_starts, k - 1)] == [k as u32]
            && self.lower_rows[span(&self.lower_starts, k)].len() <= 1
    }

    /// Renews a range of [chained](Self::is_chained) columns; the error is a column and its growth.
    pub(super) fn refactor_chain(
        &mut self,
        range: Range<usize>,
        values: &[T],
    ) -> Result<(), (usize, f64)> {
        let (scatter, work) = (&self.scatter[..], &mut self.work[..]);
        let mut growth = self.growth.to_bits();
        let mut l = self.lower[self.lower_starts[range.start - 1] as usize];
        for k in range {
            for entry in &scatter[span(&self.scatter_starts, k)] {
                work[entry.to as usize] = values[entry.slot as usize];
            }
            let u = std::mem::replace(&mut work[k - 1], T::ZERO);
            self.upper[self.upper_inner[k] as usize] = u;
            let pivot = std::mem::replace(&mut work[k], T::ZERO) - l * u;
            if !(self.pivot_floors[k]..f64::INFINITY).contains(&pivot.magnitude()) {
                return Err((k, f64::INFINITY));
            }
            let inverse = pivot.inverse();
            self.inverse_pivots[k] = inverse;
            let below = span(&self.lower_starts, k);
            if let Some(&row) = self.lower_rows[below.clone()].first() {
                l = std::mem::replace(&mut work[row as usize], T::ZERO) * inverse;
                self.lower[below.start] = l;
                growth = growth.max(l.magnitude().to_bits());
                if growth > GROWTH_LIMIT.to_bits() {
                    return Err((k, f64::from_bits(growth)));
                }
            }
        }
        self.growth = f64::from_bits(growth);
        Ok(())
    }
}
