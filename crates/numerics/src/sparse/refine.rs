//! Iterative refinement, judged row by row.
//!
//! Rows of a circuit differ by twenty orders of magnitude, so a small residual norm says nothing
//! about a node that only leaks. The test is componentwise, |b − A·x| ≤ rtol·|A|·|x| + atol, which
//! bounds the change of the entries that would make x exact (Oettli and Prager, Numer. Math. 6,
//! 1964); one step is nearly always enough to reach it (Skeel, Math. Comp. 35, 1980).

use super::solver::{LinearSolver, SolverError};
use super::{Element, Pattern};

/// How large a row's residual may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResidualTolerance {
    /// Share of |A|·|x| of the row.
    pub relative: f64,
    /// In the unit of the row, added to the share.
    pub absolute: f64,
}

/// What a checked solve reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// Largest |b − A·x| / (rtol·|A|·|x| + atol) over the rows: at most 1 if the test is passed.
    pub error: f64,
    /// The row where it occurs.
    pub row: usize,
    /// Whether a refinement step was taken.
    pub refined: bool,
}

impl Accuracy {
    /// Whether every row passed.
    pub fn is_sufficient(&self) -> bool {
        self.error <= 1.0
    }
}

/// Solves with a check of each row, reusing its own workspace.
#[derive(Clone, Debug)]
pub struct Refiner<T> {
    residual: Vec<T>,
    bound: Vec<f64>,
}

impl<T: Element> Refiner<T> {
    /// Workspace for systems of order `n`.
    pub fn new(n: usize) -> Self {
        Self { residual: vec![T::ZERO; n], bound: vec![0.0; n] }
    }

    /// Solves A·x = b into `x` and takes one step of refinement if a row fails the test.
    ///
    /// `solver` holds factors of `values`, or of values nearby; `rhs` and `x` have length n. The
    /// result tells whether the solution is sufficient: if not, the factors are too far off.
    ///
    /// # Errors
    /// As [`LinearSolver::solve`].
    pub fn solve(
        &mut self,
        solver: &dyn LinearSolver<T>,
        values: &[T],
        rhs: &[T],
        x: &mut [T],
        tolerance: ResidualTolerance,
    ) -> Result<Accuracy, SolverError> {
        x.copy_from_slice(rhs);
        solver.solve(x)?;
        let first = self.check(solver.pattern(), values, rhs, x, tolerance);
        if first.is_sufficient() || !first.error.is_finite() {
            return Ok(first);
        }
        solver.solve(&mut self.residual)?;
        for (x, &correction) in x.iter_mut().zip(&self.residual) {
            *x += correction;
        }
        let second = self.check(solver.pattern(), values, rhs, x, tolerance);
        Ok(Accuracy { refined: true, ..second })
    }

    /// The componentwise error of a given `x`.
    pub fn check(
        &mut self,
        pattern: &Pattern,
        values: &[T],
        rhs: &[T],
        x: &[T],
        tolerance: ResidualTolerance,
    ) -> Accuracy {
        self.residual.copy_from_slice(rhs);
        self.bound.fill(0.0);
        for (column, &scale) in x.iter().enumerate() {
            let slots = pattern.column_slots(column);
            for (&row, &value) in pattern.column(column).iter().zip(&values[slots]) {
                let product = value * scale;
                self.residual[row as usize] -= product;
                self.bound[row as usize] += product.magnitude();
            }
        }
        let mut accuracy = Accuracy { error: 0.0, row: 0, refined: false };
        for (row, (residual, &bound)) in self.residual.iter().zip(&self.bound).enumerate() {
            let size = residual.magnitude();
            if size == 0.0 {
                continue;
            }
            let mut error = size / (tolerance.relative * bound + tolerance.absolute);
            if error.is_nan() {
                error = f64::INFINITY;
            }
            if error > accuracy.error {
                accuracy.error = error;
                accuracy.row = row;
            }
        }
        accuracy
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::SparseLu;
    use super::*;

    const TIGHT: ResidualTolerance = ResidualTolerance { relative: 1e-14, absolute: 0.0 };

    #[test]
    fn one_step_repairs_slightly_stale_factors() {
        let pattern = Arc::new(Pattern::new(2, [(0, 0), (1, 0), (0, 1), (1, 1)]).unwrap());
        let mut lu = SparseLu::new(pattern).unwrap();
        lu.factor(&[4.0, 1.0, 1.0, 3.0]).unwrap();
        let values = [4.0 + 1e-8, 1.0, 1.0, 3.0];
        let (rhs, mut x) = ([1.0, 2.0], [0.0; 2]);
        let mut refiner = Refiner::new(2);
        let accuracy = refiner.solve(&lu, &values, &rhs, &mut x, TIGHT).unwrap();
        assert!(accuracy.refined);
        assert!(accuracy.is_sufficient(), "{accuracy:?}");
    }

    #[test]
    fn hopeless_factors_are_reported() {
        let pattern = Arc::new(Pattern::new(1, [(0, 0)]).unwrap());
        let mut lu = SparseLu::new(pattern).unwrap();
        lu.factor(&[4.0]).unwrap();
        let mut x = [0.0];
        let mut refiner = Refiner::new(1);
        let accuracy = refiner.solve(&lu, &[1.0], &[1.0], &mut x, TIGHT).unwrap();
        assert!(!accuracy.is_sufficient());
        let accuracy = refiner.check(lu.pattern(), &[1.0], &[f64::NAN], &[1.0], TIGHT);
        assert_eq!(accuracy.error, f64::INFINITY);
    }
}
