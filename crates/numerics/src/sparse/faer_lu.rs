//! A second engine for cross-checks: the sparse LU of `faer`.
//!
//! It shares no code with [`SparseLu`](super::SparseLu) beyond the structural check: other ordering
//! (COLAMD), full partial pivoting at each factorisation, supernodes. On circuits it is several
//! times slower, since it repeats the search for pivots and knows no block triangular form.

use std::fmt;
use std::sync::Arc;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::sparse::linalg::lu::factorize_symbolic_lu;
use faer::sparse::linalg::lu::{LuRef, LuSymbolicParams, NumericLu, SymbolicLu};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMatRef};
use faer::{ColMut, Conj, Par};

use super::lu::check_finite;
use super::matching::{maximum_matching, structural_singularity};
use super::solver::{Involved, LinearSolver, Singular, Singularity, SolverError, Statistics};
use super::{Element, Pattern};

/// Sparse LU factors computed by `faer`.
pub struct FaerLu<T> {
    pattern: Arc<Pattern>,
    starts: Vec<u32>,
    symbolic: SymbolicLu<u32>,
    numeric: NumericLu<u32, T>,
    usable: bool,
    statistics: Statistics,
}

impl<T> fmt::Debug for FaerLu<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FaerLu").field("statistics", &self.statistics).finish_non_exhaustive()
    }
}

impl<T: Element> FaerLu<T> {
    /// Analyses a pattern.
    ///
    /// # Errors
    /// [`SolverError::Singular`] if no values could make it regular, [`SolverError::TooLarge`] if
    /// memory or indices do not suffice.
    pub fn new(pattern: Arc<Pattern>) -> Result<Self, SolverError> {
        let n = pattern.n();
        let matching = maximum_matching(&pattern);
        if matching.rank < n {
            return Err(structural_singularity(&pattern, &matching).into());
        }
        if pattern.nnz() > i32::MAX as usize {
            return Err(SolverError::TooLarge { n });
        }
        let starts: Vec<u32> = pattern.column_starts().iter().map(|&s| s as u32).collect();
        let structure = SymbolicSparseColMatRef::new_checked(n, n, &starts, None, pattern.rows());
        let symbolic = factorize_symbolic_lu(structure, LuSymbolicParams::default())
            .map_err(|_| SolverError::TooLarge { n })?;
        let statistics = Statistics { n, nnz: pattern.nnz(), blocks: 1, ..Statistics::default() };
        Ok(Self { pattern, starts, symbolic, numeric: NumericLu::new(), usable: false, statistics })
    }

    fn compute(&mut self, values: &[T]) -> Result<(), SolverError> {
        self.usable = false;
        check_finite(&self.pattern, values)?;
        let n = self.pattern.n();
        let rows = self.pattern.rows();
        let structure = SymbolicSparseColMatRef::new_checked(n, n, &self.starts, None, rows);
        let matrix = SparseColMatRef::new(structure, values);
        let size = self.symbolic.factorize_numeric_lu_scratch::<T>(Par::Seq, Default::default());
        let mut memory = MemBuffer::try_new(size).map_err(|_| SolverError::TooLarge { n })?;
        self.symbolic
            .factorize_numeric_lu(
                &mut self.numeric,
                matrix,
                Par::Seq,
                MemStack::new(&mut memory),
                Default::default(),
            )
            .map_err(|_| singular(Vec::new()))?;
        self.usable = true;
        self.reject_zero_pivots()
    }

    /// A zero pivot is not reported by the factorisation; it shows as an infinite solution.
    fn reject_zero_pivots(&mut self) -> Result<(), SolverError> {
        let mut probe = vec![T::ONE; self.pattern.n()];
        self.solve(&mut probe)?;
        let columns: Vec<Involved> = probe
            .iter()
            .enumerate()
            .filter(|(_, value)| !value.is_finite())
            .map(|(index, _)| Involved { index, weight: 1.0 })
            .collect();
        if columns.is_empty() {
            return Ok(());
        }
        self.usable = false;
        Err(singular(columns))
    }

    fn factors(&self) -> Result<LuRef<'_, u32, T>, SolverError> {
        if !self.usable {
            return Err(SolverError::NotFactored);
        }
        Ok(LuRef::new_unchecked(&self.symbolic, &self.numeric))
    }
}

fn singular(columns: Vec<Involved>) -> SolverError {
    SolverError::Singular(Singular {
        kind: Singularity::Numerical,
        deficiency: 1,
        rows: Vec::new(),
        columns,
    })
}

impl<T: Element> LinearSolver<T> for FaerLu<T> {
    fn pattern(&self) -> &Arc<Pattern> {
        &self.pattern
    }

    /// As the trait says, but of a singular matrix it names only the unknowns that overflow, and it
    /// notices exact zeros only.
    fn factor(&mut self, values: &[T]) -> Result<(), SolverError> {
        self.compute(values)?;
        self.statistics.factorizations += 1;
        Ok(())
    }

    /// Pivots afresh each time: this engine cannot keep them.
    fn refactor(&mut self, values: &[T]) -> Result<(), SolverError> {
        self.compute(values)?;
        self.statistics.refactorizations += 1;
        Ok(())
    }

    fn solve(&self, rhs: &mut [T]) -> Result<(), SolverError> {
        let factors = self.factors()?;
        let size = self.symbolic.solve_in_place_scratch::<T>(1, Par::Seq);
        let mut memory = MemBuffer::new(size);
        factors.solve_in_place_with_conj(
            Conj::No,
            ColMut::from_slice_mut(rhs).as_mat_mut(),
            Par::Seq,
            MemStack::new(&mut memory),
        );
        Ok(())
    }

    fn solve_transposed(&self, rhs: &mut [T]) -> Result<(), SolverError> {
        let factors = self.factors()?;
        let size = self.symbolic.solve_transpose_in_place_scratch::<T>(1, Par::Seq);
        let mut memory = MemBuffer::new(size);
        factors.solve_transpose_in_place_with_conj(
            Conj::No,
            ColMut::from_slice_mut(rhs).as_mat_mut(),
            Par::Seq,
            MemStack::new(&mut memory),
        );
        Ok(())
    }

    fn statistics(&self) -> Statistics {
        self.statistics
    }
}
