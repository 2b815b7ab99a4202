//! Sparse linear systems as circuits make them: unsymmetric, zeros on the diagonal, very sparse,
//! and factored thousands of times with one pattern.

mod element;
mod pattern;
mod solver;

pub use element::{Element, EngineNumber};
pub use pattern::Pattern;
pub use solver::{Involved, LinearSolver, Singular, Singularity, SolverError, Statistics};
