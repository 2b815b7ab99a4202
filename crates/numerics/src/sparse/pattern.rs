//! Where a sparse square matrix has entries: compressed columns with sorted rows.
//!
//! A circuit's pattern is found once and kept; values live in plain slices in *pattern order*, so
//! that assembly writes `values[slot]` and any solver may read the same slice. Entries stay in the
//! pattern when their value happens to be zero, since the next iterate may make them non-zero.

use super::{Element, SolverError};

/// The positions of the stored entries of an n × n matrix.
///
/// The entry with slot `s` is at `values[s]` of every value slice; slots run down the columns, from
/// the first column to the last, rows ascending within a column.
///
/// ```
/// use ovonic_numerics::sparse::Pattern;
/// let pattern = Pattern::new(2, [(0, 0), (1, 0), (0, 1), (0, 0)]).unwrap();
/// assert_eq!(pattern.nnz(), 3);
/// assert_eq!(pattern.slot(1, 0), Some(1));
/// assert_eq!(pattern.slot(1, 1), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    n: usize,
    /// Length n + 1.
    column_starts: Vec<usize>,
    /// Length nnz, ascending within each column.
    rows: Vec<u32>,
}

impl Pattern {
    /// The pattern with these (row, column) positions; repetitions are merged.
    ///
    /// # Errors
    /// [`SolverError::InvalidIndex`] if a position lies outside the matrix,
    /// [`SolverError::TooLarge`] if n does not fit the 32-bit indices.
    pub fn new(
        n: usize,
        entries: impl IntoIterator<Item = (usize, usize)>,
    ) -> Result<Self, SolverError> {
        if n >= u32::MAX as usize {
            return Err(SolverError::TooLarge { n });
        }
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let mut starts = vec![0; n + 1];
        for (row, column) in entries {
            if row >= n || column >= n {
                return Err(SolverError::InvalidIndex { row, column, n });
            }
            starts[column + 1] += 1;
            pairs.push((row as u32, column as u32));
        }
        for column in 0..n {
            starts[column + 1] += starts[column];
        }
        // Sorted by column in one pass; columns of circuits are short.
        let mut rows = vec![0; pairs.len()];
        let mut next = starts.clone();
        for (row, column) in pairs {
            let place = &mut next[column as usize];
            rows[*place] = row;
            *place += 1;
        }
        let mut column_starts = vec![0; n + 1];
        let mut end = 0;
        for column in 0..n {
            let (first, last) = (starts[column], starts[column + 1]);
            rows[first..last].sort_unstable();
            for k in first..last {
                if k == first || rows[k] != rows[k - 1] {
                    rows[end] = rows[k];
                    end += 1;
                }
            }
            column_starts[column + 1] = end;
        }
        rows.truncate(end);
        rows.shrink_to_fit();
        Ok(Self { n, column_starts, rows })
    }

    /// The number of rows, which is the number of columns.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The number of stored entries: the length of every value slice.
    pub fn nnz(&self) -> usize {
        self.rows.len()
    }

    /// The slot of an entry, or `None` if the position is not stored. O(log column length).
    pub fn slot(&self, row: usize, column: usize) -> Option<usize> {
        if row >= self.n || column >= self.n {
            return None;
        }
        let start = self.column_starts[column];
        self.column(column).binary_search(&(row as u32)).ok().map(|offset| start + offset)
    }

    /// The slots of one column.
    pub fn column_slots(&self, column: usize) -> std::ops::Range<usize> {
        self.column_starts[column]..self.column_starts[column + 1]
    }

    /// The rows of one column, ascending.
    pub fn column(&self, column: usize) -> &[u32] {
        &self.rows[self.column_slots(column)]
    }

    /// Where each column starts among the slots; length n + 1.
    pub fn column_starts(&self) -> &[usize] {
        &self.column_starts
    }

    /// The row of each slot; length nnz.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// All (row, column) positions in slot order.
    pub fn entries(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.n)
            .flat_map(|column| self.column(column).iter().map(move |&row| (row as usize, column)))
    }

    /// y ← y + A·x, with `values` of length nnz and the vectors of length n.
    ///
    /// # Panics
    /// If a length differs.
    pub fn multiply_add<T: Element>(&self, values: &[T], x: &[T], y: &mut [T]) {
        self.assert_lengths(values.len(), &[x.len(), y.len()]);
        for (column, &scale) in x.iter().enumerate() {
            let slots = self.column_slots(column);
            for (&row, &value) in self.rows[slots.clone()].iter().zip(&values[slots]) {
                y[row as usize] += value * scale;
            }
        }
    }

    /// y ← y + Aᵀ·x (no conjugation), with `values` of length nnz and the vectors of length n.
    ///
    /// # Panics
    /// If a length differs.
    pub fn multiply_add_transposed<T: Element>(&self, values: &[T], x: &[T], y: &mut [T]) {
        self.assert_lengths(values.len(), &[x.len(), y.len()]);
        for (column, out) in y.iter_mut().enumerate() {
            let slots = self.column_slots(column);
            for (&row, &value) in self.rows[slots.clone()].iter().zip(&values[slots]) {
                *out += value * x[row as usize];
            }
        }
    }

    /// The transposed pattern, and for each of its slots the slot of this pattern it came from.
    pub fn transposed(&self) -> (Pattern, Vec<usize>) {
        let mut column_starts = vec![0; self.n + 1];
        for &row in &self.rows {
            column_starts[row as usize + 1] += 1;
        }
        for column in 0..self.n {
            column_starts[column + 1] += column_starts[column];
        }
        let mut next = column_starts.clone();
        let mut rows = vec![0; self.nnz()];
        let mut origin = vec![0; self.nnz()];
        for (slot, (row, column)) in self.entries().enumerate() {
            rows[next[row]] = column as u32;
            origin[next[row]] = slot;
            next[row] += 1;
        }
        let transposed = Pattern { n: self.n, column_starts, rows };
        (transposed, origin)
    }

    fn assert_lengths(&self, values: usize, vectors: &[usize]) {
        assert_eq!(values, self.nnz(), "values must have one number per stored entry");
        for &length in vectors {
            assert_eq!(length, self.n, "vectors must have one number per row");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_columns_and_merge_duplicates() {
        let pattern = Pattern::new(3, [(2, 1), (0, 0), (2, 1), (1, 1), (0, 2)]).unwrap();
        let entries: Vec<_> = pattern.entries().collect();
        assert_eq!(entries, [(0, 0), (1, 1), (2, 1), (0, 2)]);
        for (slot, (row, column)) in pattern.entries().enumerate() {
            assert_eq!(pattern.slot(row, column), Some(slot));
        }
        assert_eq!(pattern.slot(2, 2), None);
        assert_eq!(pattern.slot(3, 0), None);
    }

    #[test]
    fn positions_outside_are_refused() {
        assert_eq!(
            Pattern::new(2, [(0, 2)]),
            Err(SolverError::InvalidIndex { row: 0, column: 2, n: 2 })
        );
    }

    #[test]
    fn products_agree_with_the_transposed_pattern() {
        let pattern = Pattern::new(3, [(0, 0), (2, 0), (1, 1), (0, 2), (1, 2)]).unwrap();
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        let x = [1.0, -2.0, 0.5];
        let mut y = [0.0; 3];
        pattern.multiply_add(&values, &x, &mut y);
        assert_eq!(y, [3.0, -3.5, 2.0]);
        let (transposed, origin) = pattern.transposed();
        let turned: Vec<f64> = origin.iter().map(|&slot| values[slot]).collect();
        let mut by_pattern = [0.0; 3];
        transposed.multiply_add(&turned, &x, &mut by_pattern);
        let mut direct = [0.0; 3];
        pattern.multiply_add_transposed(&values, &x, &mut direct);
        assert_eq!(by_pattern, direct);
    }

    #[test]
    fn an_empty_matrix_is_allowed() {
        let pattern = Pattern::new(0, []).unwrap();
        assert_eq!((pattern.n(), pattern.nnz()), (0, 0));
    }
}
