//! Factorisation of symmetric systems, ordered by the geometry of the array.
//!
//! Word lines do not touch each other, and neither do bit lines. A rectangle of crossings therefore falls apart when the
//! *word* nodes of one column are taken out (each bit node of that column then belongs to one side alone), or the *bit*
//! nodes of one row. Nested dissection by such cuts has half the separators of a general ordering, and the fill of a
//! grid of one layer.
//!
//! The kernel is the supernodal Cholesky factorisation of `faer`, run by one thread.

use std::ops::Range;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::perm::PermRef;
use faer::sparse::linalg::SupernodalThreshold;
use faer::sparse::linalg::cholesky::supernodal::SupernodalLltRef;
use faer::sparse::linalg::cholesky::{
    CholeskySymbolicParams, LltRef, SymbolicCholesky, SymbolicCholeskyRaw, SymmetricOrdering,
    factorize_symbolic_cholesky,
};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMatRef};
use faer::{Conj, MatMut, Par, Side};

use crate::CrossbarError;
use crate::coarse::{Pair, Stencils};

/// A symmetric matrix: the diagonal, and each pair of coupled unknowns once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symmetric {
    pub(crate) diagonal: Vec<f64>,
    pub(crate) pairs: Vec<(u32, u32, f64)>,
}

impl Symmetric {
    pub(crate) fn zeros(n: usize) -> Symmetric {
        Symmetric { diagonal: vec![0.0; n], pairs: Vec::new() }
    }

    /// Adds a conductance between two unknowns.
    pub(crate) fn connect(&mut self, a: usize, b: usize, g: f64) {
        self.diagonal[a] += g;
        self.diagonal[b] += g;
        self.couple(a, b, -g);
    }

    /// Adds to the entries of two unknowns.
    pub(crate) fn couple(&mut self, a: usize, b: usize, value: f64) {
        if value != 0.0 {
            self.pairs.push((a as u32, b as u32, value));
        }
    }
}

/// Factors of a symmetric positive definite matrix.
pub(crate) struct Factors {
    symbolic: SymbolicCholesky<u32>,
    values: Vec<f64>,
}

impl Factors {
    /// Factors a matrix; `order` lists the unknowns in the order of their elimination.
    ///
    /// # Errors
    /// [`CrossbarError::NotPositiveDefinite`], and [`CrossbarError::TooLarge`] where memory does not suffice.
    pub(crate) fn new(matrix: &Symmetric, order: &[u32]) -> Result<Factors, CrossbarError> {
        Factors::with(matrix, order, CholeskySymbolicParams::default())
    }

    /// Factors a matrix by supernodes whatever its size, so that [`Factors::root`] can be read.
    pub(crate) fn with_root(matrix: &Symmetric, order: &[u32]) -> Result<Factors, CrossbarError> {
        let params = CholeskySymbolicParams {
            supernodal_flop_ratio_threshold: SupernodalThreshold::FORCE_SUPERNODAL,
            ..CholeskySymbolicParams::default()
        };
        Factors::with(matrix, order, params)
    }

    fn with(
        matrix: &Symmetric,
        order: &[u32],
        params: CholeskySymbolicParams<'_>,
    ) -> Result<Factors, CrossbarError> {
        let n = matrix.diagonal.len();
        let too_large = || CrossbarError::TooLarge { unknowns: n };
        if n + matrix.pairs.len() > i32::MAX as usize {
            return Err(too_large());
        }
        let (starts, rows, entries) = lower_triangle(matrix);
        let mut inverse = vec![0_u32; n];
        for (place, unknown) in order.iter().enumerate() {
            inverse[*unknown as usize] = place as u32;
        }
        let structure = SymbolicSparseColMatRef::new_checked(n, n, &starts, None, &rows);
        let ordering = SymmetricOrdering::Custom(PermRef::new_checked(order, &inverse, n));
        let symbolic = factorize_symbolic_cholesky(structure, Side::Lower, ordering, params)
            .map_err(|_| too_large())?;
        let size = symbolic.factorize_numeric_llt_scratch::<f64>(Par::Seq, Default::default());
        let mut memory = MemBuffer::try_new(size).map_err(|_| too_large())?;
        let mut values = Vec::new();
        values.try_reserve_exact(symbolic.len_val()).map_err(|_| too_large())?;
        values.resize(symbolic.len_val(), 0.0);
        symbolic
            .factorize_numeric_llt(
                &mut values,
                SparseColMatRef::new(structure, &entries),
                Side::Lower,
                Default::default(),
                Par::Seq,
                MemStack::new(&mut memory),
                Default::default(),
            )
            .map_err(|_| CrossbarError::NotPositiveDefinite)?;
        Ok(Factors { symbolic, values })
    }

    /// Factors a coarse system.
    pub(crate) fn of_stencils(stencils: &Stencils) -> Result<Factors, CrossbarError> {
        let Stencils { rows, cols, .. } = *stencils;
        let n = rows * cols;
        let mut matrix = Symmetric::zeros(2 * n);
        for row in 0..rows {
            for col in 0..cols {
                let at = row * cols + col;
                matrix.diagonal[at] += stencils.word[at][0];
                matrix.diagonal[n + at] += stencils.bit[at][0];
                if col + 1 < cols {
                    matrix.couple(at, at + 1, stencils.word[at][1]);
                }
                if row + 1 < rows {
                    matrix.couple(n + at, n + at + cols, stencils.bit[at][1]);
                }
                for k in 0..9 {
                    if let Some(other) = stencils.neighbour(row, col, k) {
                        matrix.couple(at, n + other, -stencils.coupling[at][k]);
                    }
                }
            }
        }
        // A coarse line that nothing holds would leave a pivot of rounding: hold everything by as much.
        for diagonal in &mut matrix.diagonal {
            *diagonal += if *diagonal > 0.0 { 1e-14 * *diagonal } else { 1.0 };
        }
        Factors::new(&matrix, &dissection(rows, cols, Cut::BothLayers))
    }

    /// Entries of the factor.
    pub(crate) fn nnz(&self) -> usize {
        self.values.len()
    }

    /// The last `count` rows and columns of the factor, column by column, of a matrix that was factored by supernodes.
    pub(crate) fn root(&self, count: usize) -> Option<Vec<f64>> {
        let SymbolicCholeskyRaw::Supernodal(symbolic) = self.symbolic.raw() else {
            return None;
        };
        let factor = SupernodalLltRef::new(symbolic, &self.values);
        let base = self.symbolic.nrows() - count;
        let mut root = vec![0.0; count * count];
        for s in 0..symbolic.n_supernodes() {
            let node = factor.supernode(s);
            let (start, pattern, values) = (node.start(), node.pattern(), node.val());
            let width = values.ncols();
            for k in base.saturating_sub(start).min(width)..width {
                for i in k..values.nrows() {
                    let row = if i < width { start + i } else { pattern[i - width] as usize };
                    root[(start + k - base) * count + row - base] = values[(i, k)];
                }
            }
        }
        Some(root)
    }

    /// Replaces right-hand sides by solutions; `x` holds one after the other.
    pub(crate) fn solve(&self, x: &mut [f64]) {
        let n = self.symbolic.nrows();
        let count = x.len() / n.max(1);
        let size = self.symbolic.solve_in_place_scratch::<f64>(count, Par::Seq);
        let mut memory = MemBuffer::new(size);
        LltRef::new(&self.symbolic, &self.values).solve_in_place_with_conj(
            Conj::No,
            MatMut::from_column_major_slice_mut(x, n, count),
            Par::Seq,
            MemStack::new(&mut memory),
        );
    }

    /// Replaces the right-hand side of a coarse system by its solution.
    pub(crate) fn solve_pair(&self, x: &mut Pair) {
        let n = x.word.len();
        let mut both = Vec::with_capacity(2 * n);
        both.extend_from_slice(&x.word);
        both.extend_from_slice(&x.bit);
        self.solve(&mut both);
        x.word.copy_from_slice(&both[..n]);
        x.bit.copy_from_slice(&both[n..]);
    }
}

/// Column starts, row indices and values of the lower triangle, rows ascending and without repetition.
fn lower_triangle(matrix: &Symmetric) -> (Vec<u32>, Vec<u32>, Vec<f64>) {
    let n = matrix.diagonal.len();
    let mut starts = vec![0_u32; n + 1];
    let ordered = |&(a, b, _): &(u32, u32, f64)| (a.max(b), a.min(b));
    for start in &mut starts[1..] {
        *start = 1;
    }
    for pair in &matrix.pairs {
        starts[ordered(pair).1 as usize + 1] += 1;
    }
    for k in 0..n {
        starts[k + 1] += starts[k];
    }
    let mut next = starts.clone();
    let mut cells = vec![(0_u32, 0.0); starts[n] as usize];
    let mut put = |col: usize, row: u32, value: f64| {
        cells[next[col] as usize] = (row, value);
        next[col] += 1;
    };
    for (k, value) in matrix.diagonal.iter().enumerate() {
        put(k, k as u32, *value);
    }
    for pair in &matrix.pairs {
        let (row, col) = ordered(pair);
        put(col as usize, row, pair.2);
    }
    let (mut rows, mut values) = (Vec::with_capacity(cells.len()), Vec::with_capacity(cells.len()));
    let mut merged = vec![0_u32; n + 1];
    for col in 0..n {
        let column = &mut cells[starts[col] as usize..starts[col + 1] as usize];
        column.sort_by_key(|(row, _)| *row);
        for (row, value) in column {
            let begin = merged[col] as usize;
            if rows.len() > begin && rows.last() == Some(row) {
                if let Some(last) = values.last_mut() {
                    *last += *value;
                }
            } else {
                rows.push(*row);
                values.push(*value);
            }
        }
        merged[col + 1] = rows.len() as u32;
    }
    (merged, rows, values)
}

/// What has to be taken out for a rectangle of crossings to fall apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The nodes of one layer: devices couple the two nodes of one crossing.
    OneLayer,
    /// The nodes of both: couplings reach the neighbouring crossings.
    BothLayers,
}

/// Word nodes `row·cols + col` and bit nodes `rows·cols + row·cols + col` in the order of nested dissection.
pub(crate) fn dissection(rows: usize, cols: usize, cut: Cut) -> Vec<u32> {
    let mut order = Vec::with_capacity(2 * rows * cols);
    let mut taken = vec![false; 2 * rows * cols];
    let mut plan =
        Dissection { cols, layer: rows * cols, cut, order: &mut order, taken: &mut taken };
    plan.divide(0..rows, 0..cols);
    order
}

struct Dissection<'a> {
    cols: usize,
    /// Nodes of one layer.
    layer: usize,
    cut: Cut,
    order: &'a mut Vec<u32>,
    taken: &'a mut [bool],
}

/// Crossings below which a rectangle is not cut any further.
const LEAF: usize = 6;

impl Dissection<'_> {
    fn divide(&mut self, rows: Range<usize>, cols: Range<usize>) {
        if rows.len() * cols.len() <= LEAF {
            let rest = self.take(rows, cols, [true, true]);
            self.order.extend(rest);
            return;
        }
        let both = self.cut == Cut::BothLayers;
        // Where one layer is cut, the other nodes of the separator's line hang on the first part alone.
        let shared = usize::from(!both);
        if cols.len() >= rows.len() {
            let middle = cols.start + cols.len() / 2;
            let separator = self.take(rows.clone(), middle..middle + 1, [true, both]);
            self.divide(rows.clone(), cols.start..middle + shared);
            self.divide(rows, middle + 1..cols.end);
            self.order.extend(separator);
        } else {
            let middle = rows.start + rows.len() / 2;
            let separator = self.take(middle..middle + 1, cols.clone(), [both, true]);
            self.divide(rows.start..middle + shared, cols.clone());
            self.divide(middle + 1..rows.end, cols);
            self.order.extend(separator);
        }
    }

    /// The word nodes, bit nodes or both of a rectangle that were not taken before.
    fn take(&mut self, rows: Range<usize>, cols: Range<usize>, layers: [bool; 2]) -> Vec<u32> {
        let mut nodes = Vec::new();
        for (offset, wanted) in [(0, layers[0]), (self.layer, layers[1])] {
            if !wanted {
                continue;
            }
            for row in rows.clone() {
                let line = offset + row * self.cols;
                nodes
                    .extend((line + cols.start..line + cols.end).filter(|&node| !self.taken[node]));
            }
        }
        for &node in &nodes {
            self.taken[node] = true;
        }
        nodes.into_iter().map(|node| node as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dissection_lists_each_node_once() {
        for (rows, cols) in [(1, 1), (1, 40), (40, 1), (7, 9), (33, 20)] {
            for cut in [Cut::OneLayer, Cut::BothLayers] {
                let mut order = dissection(rows, cols, cut);
                order.sort_unstable();
                let all: Vec<u32> = (0..2 * (rows * cols) as u32).collect();
                assert_eq!(order, all, "{rows} x {cols} {cut:?}");
            }
        }
    }

    /// Ladder of unit resistors with both ends held.
    #[test]
    fn repeated_entries_add_up() {
        let mut matrix = Symmetric::zeros(3);
        matrix.connect(0, 1, 1.0);
        matrix.connect(1, 0, 1.0);
        matrix.connect(2, 1, 2.0);
        matrix.diagonal[0] += 1.0;
        let factors = Factors::new(&matrix, &[1, 0, 2]).unwrap();
        let mut x = [0.0, 0.0, 1.0];
        factors.solve(&mut x);
        for (found, expected) in x.iter().zip([1.0, 1.5, 2.0]) {
            assert!((found - expected).abs() < 1e-14, "{x:?}");
        }
        matrix.diagonal[0] = -1.0;
        assert!(matches!(
            Factors::new(&matrix, &[1, 0, 2]),
            Err(CrossbarError::NotPositiveDefinite)
        ));
    }
}
