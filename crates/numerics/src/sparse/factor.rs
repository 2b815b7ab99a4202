//! Factorisation with a fresh choice of pivots: left-looking elimination by columns.
//!
//! ```text
//! for each column k of a block
//!     reach     rows that become non-zero: follow the columns of L from the entries of A(:, k)
//!     x = A(:, k);  for j in U(:, k) ascending:  x -= L(:, j) · x[pivot row of j]
//!     pivot     the matched row if |x| ≥ 1e-3 · max |x|, else the largest
//!     L(:, k) = x / pivot
//! ```
//!
//! The time is proportional to the operations (Gilbert and Peierls, SIAM J. Sci. Stat. Comput. 9,
//! 1988). Rows are not scaled: in circuit matrices that would move thousands of pivots off the
//! diagonal and fill the factors. Updates run in ascending order, as refactorisation by columns
//! does, so that both produce the same bits.

use super::analysis::Analysis;
use super::matching::NONE;
use super::{Element, Pattern};

/// A candidate on the diagonal is taken if it is at least this share of the largest.
pub(super) const PIVOT_THRESHOLD: f64 = 1e-3;

/// A pivot below this share of the magnitudes that were summed to form it is only rounding error:
/// two units in the last place keep a 1e-12 S leak beside a 1 mΩ resistor.
const CANCELLATION: f64 = 2.0 * f64::EPSILON;

/// Factors in the order of elimination.
///
/// Row indices of L are positions of the [`Analysis`] (before pivoting); those of U are pivot
/// positions.
#[derive(Debug)]
pub(super) struct Factors<T> {
    /// Position before pivoting of the pivot row of each column; length n.
    pub(super) pivot_rows: Vec<u32>,
    /// Pivot position of each row position; length n.
    pub(super) pivot_positions: Vec<u32>,
    pub(super) pivots: Vec<T>,
    /// Starts of the columns of L and U; length n + 1.
    pub(super) lower_starts: Vec<usize>,
    pub(super) lower_rows: Vec<u32>,
    pub(super) lower: Vec<T>,
    pub(super) upper_starts: Vec<usize>,
    /// Ascending within each column.
    pub(super) upper_rows: Vec<u32>,
    pub(super) upper: Vec<T>,
    /// Columns whose pivot was lost and replaced by a tiny number.
    pub(super) lost: Vec<u32>,
    /// Largest |L|.
    pub(super) growth: f64,
}

/// Factors `values`, replacing lost pivots by tiny numbers and listing them in
/// [`Factors::lost`].
pub(super) fn factor<T: Element>(
    pattern: &Pattern,
    analysis: &Analysis,
    values: &[T],
) -> Factors<T> {
    let mut elimination = Elimination::new(pattern, analysis, values);
    for block in analysis.block_starts.windows(2) {
        for k in block[0]..block[1] {
            elimination.column(k, block[0]);
        }
    }
    elimination.factors
}

struct Elimination<'a, T> {
    pattern: &'a Pattern,
    analysis: &'a Analysis,
    values: &'a [T],
    /// Position of each original row.
    positions: Vec<u32>,
    /// The column last seen by the reach at each row position.
    marks: Vec<u32>,
    /// Dense column by row position, zero between columns.
    work: Vec<T>,
    /// Row positions of the current column that have no pivot yet.
    candidates: Vec<u32>,
    /// Pivot positions of the current column.
    reached: Vec<u32>,
    stack: Vec<u32>,
    /// Per column of L, how many leading rows the reach must follow; the rest is implied.
    pruned: Vec<usize>,
    factors: Factors<T>,
}

impl<'a, T: Element> Elimination<'a, T> {
    fn new(pattern: &'a Pattern, analysis: &'a Analysis, values: &'a [T]) -> Self {
        let n = pattern.n();
        let mut positions = vec![0; n];
        for (k, &row) in analysis.rows.iter().enumerate() {
            positions[row as usize] = k as u32;
        }
        Self {
            pattern,
            analysis,
            values,
            positions,
            marks: vec![NONE; n],
            work: vec![T::ZERO; n],
            candidates: Vec::new(),
            reached: Vec::new(),
            stack: Vec::new(),
            pruned: vec![usize::MAX; n],
            factors: Factors {
                pivot_rows: vec![NONE; n],
                pivot_positions: vec![NONE; n],
                pivots: vec![T::ZERO; n],
                lower_starts: vec![0],
                lower_rows: Vec::with_capacity(pattern.nnz()),
                lower: Vec::with_capacity(pattern.nnz()),
                upper_starts: vec![0],
                upper_rows: Vec::with_capacity(pattern.nnz()),
                upper: Vec::with_capacity(pattern.nnz()),
                lost: Vec::new(),
                growth: 0.0,
            },
        }
    }

    /// Eliminates column `k` of the block that starts at `block_start`.
    fn column(&mut self, k: usize, block_start: usize) {
        self.reach(k, block_start);
        let scale = self.update(k);
        let (row, pivot) = self.choose_pivot(k, block_start, scale);
        self.store_lower(k, row, pivot);
        self.prune(k, row);
    }

    /// Scatters A(:, k) and finds the pattern of the column.
    fn reach(&mut self, k: usize, block_start: usize) {
        self.candidates.clear();
        self.reached.clear();
        let column = self.analysis.columns[k] as usize;
        let slots = self.pattern.column_slots(column);
        for (&row, &value) in self.pattern.column(column).iter().zip(&self.values[slots]) {
            let position = self.positions[row as usize];
            if (position as usize) < block_start {
                continue;
            }
            self.work[position as usize] += value;
            self.visit(k, position);
            while let Some(j) = self.stack.pop() {
                let start = self.factors.lower_starts[j as usize];
                let end = self.factors.lower_starts[j as usize + 1];
                for index in start..end.min(self.pruned[j as usize]) {
                    self.visit(k, self.factors.lower_rows[index]);
                }
            }
        }
        self.reached.sort_unstable();
    }

    fn visit(&mut self, k: usize, position: u32) {
        let mark = &mut self.marks[position as usize];
        if *mark == k as u32 {
            return;
        }
        *mark = k as u32;
        match self.factors.pivot_positions[position as usize] {
            NONE => self.candidates.push(position),
            j => {
                self.reached.push(j);
                self.stack.push(j);
            }
        }
    }

    /// Solves for the column of U and updates the candidates; returns the largest magnitude seen
    /// in the column.
    fn update(&mut self, k: usize) -> f64 {
        let column = self.analysis.columns[k] as usize;
        let mut scale = 0.0_f64;
        for value in &self.values[self.pattern.column_slots(column)] {
            scale = scale.max(value.magnitude());
        }
        for &j in &self.reached {
            let j = j as usize;
            let row = self.factors.pivot_rows[j] as usize;
            let u = std::mem::replace(&mut self.work[row], T::ZERO);
            self.factors.upper_rows.push(j as u32);
            self.factors.upper.push(u);
            scale = scale.max(u.magnitude());
            let range = self.factors.lower_starts[j]..self.factors.lower_starts[j + 1];
            let rows = &self.factors.lower_rows[range.clone()];
            for (&row, &l) in rows.iter().zip(&self.factors.lower[range]) {
                self.work[row as usize] -= l * u;
            }
        }
        self.factors.upper_starts.push(self.factors.upper_rows.len());
        scale
    }

    /// The row position and value of the pivot; a tiny stand-in, and an entry in `lost`, if nothing
    /// is left to divide by.
    fn choose_pivot(&mut self, k: usize, block_start: usize, scale: f64) -> (u32, T) {
        // Smaller pivots have no finite inverse.
        let mut largest = f64::MIN_POSITIVE;
        let mut choice = NONE;
        for &row in &self.candidates {
            let size = self.work[row as usize].magnitude();
            if size > largest {
                largest = size;
                choice = row;
            }
        }
        let preferred = self.marks[k] == k as u32 && self.factors.pivot_positions[k] == NONE;
        if preferred && self.work[k].magnitude() >= PIVOT_THRESHOLD * largest && choice != NONE {
            choice = k as u32;
        }
        let suspicious = largest <= 4.0 * CANCELLATION * scale;
        if choice == NONE || (suspicious && self.is_cancelled()) {
            return self.replace_lost_pivot(k, block_start, scale);
        }
        (choice, self.work[choice as usize])
    }

    /// Whether every candidate is no more than the rounding error of the sum that formed it.
    ///
    /// Repeats the column with magnitudes, which is affordable because it is done for suspiciously
    /// small pivots only.
    fn is_cancelled(&self) -> bool {
        let k = self.factors.upper_starts.len() - 2;
        let mut sums = vec![0.0; self.work.len()];
        let column = self.analysis.columns[k] as usize;
        let slots = self.pattern.column_slots(column);
        for (&row, &value) in self.pattern.column(column).iter().zip(&self.values[slots]) {
            sums[self.positions[row as usize] as usize] += value.magnitude();
        }
        let upper = self.factors.upper_starts[k]..self.factors.upper_starts[k + 1];
        let rows = &self.factors.upper_rows[upper.clone()];
        for (&j, u) in rows.iter().zip(&self.factors.upper[upper]) {
            let range =
                self.factors.lower_starts[j as usize]..self.factors.lower_starts[j as usize + 1];
            let rows = &self.factors.lower_rows[range.clone()];
            for (&row, l) in rows.iter().zip(&self.factors.lower[range]) {
                sums[row as usize] += l.magnitude() * u.magnitude();
            }
        }
        self.candidates
            .iter()
            .all(|&row| self.work[row as usize].magnitude() <= CANCELLATION * sums[row as usize])
    }

    fn replace_lost_pivot(&mut self, k: usize, block_start: usize, scale: f64) -> (u32, T) {
        let free = |row: u32| self.factors.pivot_positions[row as usize] == NONE;
        let row = if free(k as u32) {
            k as u32
        } else if let Some(&row) = self.candidates.first() {
            row
        } else {
            // Of the k - block_start pivots so far, each took one of the rows up to the block's
            // end, so a free one exists; every block has as many rows as columns.
            (block_start as u32..).find(|&row| free(row)).unwrap_or(k as u32)
        };
        self.factors.lost.push(k as u32);
        let size = f64::EPSILON * if scale > 0.0 { scale } else { 1.0 };
        for &row in &self.candidates {
            self.work[row as usize] = T::ZERO;
        }
        (row, T::real_value(size))
    }

    /// Stores L(:, k) and clears the work vector.
    fn store_lower(&mut self, k: usize, row: u32, pivot: T) {
        let inverse = pivot.inverse();
        for &candidate in &self.candidates {
            let value = std::mem::replace(&mut self.work[candidate as usize], T::ZERO);
            if candidate == row {
                continue;
            }
            let multiplier = value * inverse;
            self.factors.growth = self.factors.growth.max(multiplier.magnitude());
            self.factors.lower_rows.push(candidate);
            self.factors.lower.push(multiplier);
        }
        self.factors.lower_starts.push(self.factors.lower_rows.len());
        self.factors.pivot_rows[k] = row;
        self.factors.pivot_positions[row as usize] = k as u32;
        self.factors.pivots[k] = pivot;
    }

    /// Symmetric pruning (Eisenstat and Liu, SIAM J. Matrix Anal. Appl. 13, 1992): when U has
    /// (j, k) and L has (pivot row of k, j), everything below in L(:, j) is also reached through
    /// column k, so later searches follow only the pivotal rows of L(:, j).
    fn prune(&mut self, k: usize, pivot_row: u32) {
        let upper = self.factors.upper_starts[k]..self.factors.upper_starts[k + 1];
        for index in upper {
            let j = self.factors.upper_rows[index] as usize;
            if self.pruned[j] != usize::MAX {
                continue;
            }
            let (start, end) = (self.factors.lower_starts[j], self.factors.lower_starts[j + 1]);
            if !self.factors.lower_rows[start..end].contains(&pivot_row) {
                continue;
            }
            let mut front = start;
            for back in start..end {
                let row = self.factors.lower_rows[back];
                if self.factors.pivot_positions[row as usize] != NONE {
                    self.factors.lower_rows.swap(front, back);
                    self.factors.lower.swap(front, back);
                    front += 1;
                }
            }
            self.pruned[j] = front;
        }
    }
}
