//! The linear system behind Newton, as a trait.
//!
//! ```text
//! solver = engine.build(pattern)        analysis of the pattern, once
//! solver.factor(values)                 choose pivots; at each analysis start and homotopy step
//! loop
//!     solver.refactor(values)           same pivots, new values
//!         NeedsPivoting → solver.factor(values)
//!     solver.solve(rhs)
//! ```
//!
//! Values come as one slice in pattern order and factors are never shown, so that a solver may be a
//! general sparse LU, or a structured block (a crossbar) with a bordered sparse periphery that
//! keeps no factor at all and iterates.

use std::fmt;
use std::sync::Arc;

use super::{Element, Pattern};

/// Everything that can go wrong with a linear system.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SolverError {
    /// No choice of pivots can solve the system.
    #[error(transparent)]
    Singular(#[from] Singular),
    /// The pivots chosen earlier no longer suit the values: choose them afresh with
    /// [`LinearSolver::factor`].
    #[error("pivots are stale: growth {growth:e} at column {column}")]
    NeedsPivoting {
        /// The unknown whose column was being eliminated.
        column: usize,
        /// The largest multiplier found; infinite if a pivot vanished or overflowed.
        growth: f64,
    },
    /// An entry of the matrix is infinite or not a number.
    #[error("matrix entry at row {row}, column {column} is not finite")]
    NotFinite {
        /// Row of the first such entry.
        row: usize,
        /// Column of the first such entry.
        column: usize,
    },
    /// The entries are finite but elimination exceeded the range of the numbers.
    #[error("elimination overflowed at column {column}")]
    Overflow {
        /// The unknown whose column was being eliminated.
        column: usize,
    },
    /// A solution was asked for before a factorisation succeeded.
    #[error("the matrix has not been factored")]
    NotFactored,
    /// An iterative solver stopped short of its tolerance.
    #[error(
        "linear iteration stopped at residual {residual:e} after {iterations} iterations, wanted {tolerance:e}"
    )]
    NotConverged {
        /// Iterations done.
        iterations: usize,
        /// Relative residual reached.
        residual: f64,
        /// Relative residual wanted.
        tolerance: f64,
    },
    /// A solver for crossbars was asked for, and the circuit holds none that it could find.
    #[error("no crossbar was found in the circuit")]
    NoCrossbar,
    /// A position lies outside the matrix.
    #[error("position ({row}, {column}) lies outside a matrix of order {n}")]
    InvalidIndex {
        /// Row asked for.
        row: usize,
        /// Column asked for.
        column: usize,
        /// Order of the matrix.
        n: usize,
    },
    /// The matrix has more rows than the indices can count.
    #[error("a matrix of order {n} is too large")]
    TooLarge {
        /// Order of the matrix.
        n: usize,
    },
}

/// How a matrix came to be singular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Singularity {
    /// The pattern alone forbids a solution, whatever the values.
    Structural,
    /// The pattern allows a solution, these values do not.
    Numerical,
}

/// One row or column that takes part in a singularity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Involved {
    /// Row (equation) or column (unknown).
    pub index: usize,
    /// Share in the null vector relative to its largest component, in (0, 1]; 1 throughout if
    /// structural.
    pub weight: f64,
}

/// A matrix that cannot be solved, and which part of it is to blame.
///
/// `columns` are unknowns that the equations leave undetermined: the nodes of a floating island, or
/// the currents of a loop of voltage sources. `rows` are equations that contradict or repeat each
/// other: Kirchhoff's law of the island's nodes, or the voltages around the loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Singular {
    /// Structural or numerical.
    pub kind: Singularity,
    /// At least this many independent unknowns are undetermined.
    pub deficiency: usize,
    /// Dependent equations, the largest weight first.
    pub rows: Vec<Involved>,
    /// Undetermined unknowns, the largest weight first.
    pub columns: Vec<Involved>,
}

impl fmt::Display for Singular {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Singularity::Structural => "structurally",
            Singularity::Numerical => "numerically",
        };
        write!(out, "matrix is {kind} singular: unknowns")?;
        // Long lists help nobody in one line; the fields have them all.
        for involved in self.columns.iter().take(8) {
            write!(out, " {}", involved.index)?;
        }
        if self.columns.len() > 8 {
            write!(out, " and {} more", self.columns.len() - 8)?;
        }
        write!(out, " are undetermined")
    }
}

impl std::error::Error for Singular {}

/// What a solver has done and what its factors cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Unknowns.
    pub n: usize,
    /// Stored entries of the matrix.
    pub nnz: usize,
    /// Stored entries of the factors, diagonal included; zero for a solver that keeps none.
    pub factor_nnz: usize,
    /// Irreducible diagonal blocks.
    pub blocks: usize,
    /// Multiplications and subtractions of one refactorisation.
    pub flops: f64,
    /// Factorisations with a fresh choice of pivots.
    pub factorizations: usize,
    /// Successful factorisations with kept pivots.
    pub refactorizations: usize,
    /// Largest multiplier of the last factorisation.
    pub growth: f64,
    /// Rows and columns of the crossbar that a structured solver works on.
    pub crossbar: Option<(usize, usize)>,
    /// Iterations of an iterative solver.
    pub iterations: usize,
    /// Systems that an iterative solver handed over to a factorisation.
    pub fallbacks: usize,
}

/// Solves A·x = b for one pattern and many values.
///
/// Slices have fixed lengths: `values` has `pattern().nnz()` numbers in slot order, right-hand sides
/// have `pattern().n()`. A wrong length is a broken contract and panics.
pub trait LinearSolver<T: Element>: fmt::Debug + Send + Sync {
    /// The pattern that was analysed when the solver was built.
    fn pattern(&self) -> &Arc<Pattern>;

    /// Factors with a fresh choice of pivots.
    ///
    /// # Errors
    /// [`SolverError::Singular`] naming the rows and columns to blame, [`SolverError::NotFinite`],
    /// [`SolverError::Overflow`]. The solver then holds no factors.
    fn factor(&mut self, values: &[T]) -> Result<(), SolverError>;

    /// Factors new values with the pivots of the last successful [`factor`](Self::factor).
    ///
    /// # Errors
    /// [`SolverError::NeedsPivoting`] if the old pivots are no longer safe, or there are none yet;
    /// the solver then holds no usable factors until `factor` succeeds.
    fn refactor(&mut self, values: &[T]) -> Result<(), SolverError>;

    /// Replaces `rhs` = b by the x of A·x = b.
    ///
    /// # Errors
    /// [`SolverError::NotFactored`], or [`SolverError::NotConverged`] of an iterative solver.
    fn solve(&self, rhs: &mut [T]) -> Result<(), SolverError>;

    /// Replaces `rhs` = b by the x of Aᵀ·x = b (transposed, not conjugated): the adjoint system of
    /// noise and sensitivities.
    ///
    /// # Errors
    /// As [`solve`](Self::solve).
    fn solve_transposed(&self, rhs: &mut [T]) -> Result<(), SolverError>;

    /// Work done so far and the size of the factors.
    fn statistics(&self) -> Statistics;

    /// The combination of unknowns that the last values determine worst, or `None` if no pivot was
    /// lost to cancellation: what to tell the user when a solution is absurdly large.
    ///
    /// `values` are those last factored.
    fn weakest(&self, values: &[T]) -> Option<Singular> {
        let _ = values;
        None
    }

    /// [`refactor`](Self::refactor), and [`factor`](Self::factor) if the pivots are stale.
    ///
    /// # Errors
    /// As [`factor`](Self::factor).
    fn update(&mut self, values: &[T]) -> Result<(), SolverError> {
        match self.refactor(values) {
            Err(SolverError::NeedsPivoting { .. }) => self.factor(values),
            other => other,
        }
    }
}
