//! The reference engine: dense LU with partial pivoting, from `nalgebra`.
//!
//! It shares no code with the sparse kernel, which makes it a judge for small systems. Cost grows as
//! n³, memory as n².

use std::sync::Arc;

use nalgebra::{DMatrix, DVectorViewMut, Dyn, LU};

use super::lu::check_finite;
use super::solver::{Involved, LinearSolver, Singular, Singularity, SolverError, Statistics};
use super::{Element, Pattern};

/// Dense LU factors of a sparse matrix.
#[derive(Debug)]
pub struct DenseLu<T: Element> {
    pattern: Arc<Pattern>,
    factors: Option<Factors<T>>,
    statistics: Statistics,
}

#[derive(Debug)]
struct Factors<T: Element> {
    direct: LU<T, Dyn, Dyn>,
    transposed: LU<T, Dyn, Dyn>,
}

impl<T: Element> DenseLu<T> {
    /// A solver for matrices of this pattern.
    pub fn new(pattern: Arc<Pattern>) -> Self {
        let n = pattern.n();
        let statistics = Statistics {
            n,
            nnz: pattern.nnz(),
            factor_nnz: n * n,
            blocks: 1,
            flops: 2.0 / 3.0 * (n as f64).powi(3),
            ..Statistics::default()
        };
        Self { pattern, factors: None, statistics }
    }

    fn fill(&mut self, values: &[T]) -> Result<(), SolverError> {
        self.factors = None;
        check_finite(&self.pattern, values)?;
        let n = self.pattern.n();
        let mut matrix = DMatrix::from_element(n, n, T::ZERO);
        for ((row, column), &value) in self.pattern.entries().zip(values) {
            matrix[(row, column)] = value;
        }
        let transposed = LU::new(matrix.transpose());
        let direct = LU::new(matrix);
        let lost = |factors: &LU<T, Dyn, Dyn>| -> Vec<Involved> {
            let upper = factors.u();
            (0..n)
                .filter(|&k| upper[(k, k)].magnitude() == 0.0)
                .map(|index| Involved { index, weight: 1.0 })
                .collect()
        };
        let columns = lost(&direct);
        if !columns.is_empty() {
            let rows = lost(&transposed);
            return Err(SolverError::Singular(Singular {
                kind: Singularity::Numerical,
                deficiency: columns.len(),
                rows,
                columns,
            }));
        }
        self.factors = Some(Factors { direct, transposed });
        Ok(())
    }
}

impl<T: Element> LinearSolver<T> for DenseLu<T> {
    fn pattern(&self) -> &Arc<Pattern> {
        &self.pattern
    }

    fn factor(&mut self, values: &[T]) -> Result<(), SolverError> {
        self.fill(values)?;
        self.statistics.factorizations += 1;
        Ok(())
    }

    /// Pivots afresh each time: a reference has no pivots to keep.
    fn refactor(&mut self, values: &[T]) -> Result<(), SolverError> {
        self.fill(values)?;
        self.statistics.refactorizations += 1;
        Ok(())
    }

    fn solve(&self, rhs: &mut [T]) -> Result<(), SolverError> {
        let factors = self.factors.as_ref().ok_or(SolverError::NotFactored)?;
        solve_in_place(&factors.direct, rhs)
    }

    fn solve_transposed(&self, rhs: &mut [T]) -> Result<(), SolverError> {
        let factors = self.factors.as_ref().ok_or(SolverError::NotFactored)?;
        solve_in_place(&factors.transposed, rhs)
    }

    fn statistics(&self) -> Statistics {
        self.statistics
    }
}

fn solve_in_place<T: Element>(factors: &LU<T, Dyn, Dyn>, rhs: &mut [T]) -> Result<(), SolverError> {
    let n = rhs.len();
    let mut vector = DVectorViewMut::from_slice(rhs, n);
    match factors.solve_mut(&mut vector) {
        true => Ok(()),
        false => Err(SolverError::NotFactored),
    }
}
