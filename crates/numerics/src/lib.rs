//! Numerical building blocks of the solver: scalars with derivatives, sparse solvers, eigenvalues, expressions.
//!
//! Nothing in here knows what a circuit is: matrices have rows, not nodes.

pub mod eigenvalues;
pub mod expression;
pub mod scalar;
pub mod small;
pub mod sparse;
