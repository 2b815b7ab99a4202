//! Sparse linear systems as circuits make them: unsymmetric, zeros on the diagonal, very sparse,
//! and factored thousands of times with one pattern.
//!
//! [`LinearSolver`] is what Newton sees; [`SparseLu`] is the engine for general circuits.

mod analysis;
mod blocks;
mod columns;
mod dense;
mod element;
mod engine;
mod factor;
#[cfg(feature = "faer")]
mod faer_lu;
pub mod gallery;
mod lu;
mod market;
mod matching;
mod ordering;
mod panels;
mod pattern;
mod permutation;
mod plan;
mod refine;
mod schedule;
mod solver;
#[cfg(test)]
mod tests;

pub use dense::DenseLu;
pub use element::{Element, EngineNumber};
pub use engine::Engine;
#[cfg(feature = "faer")]
pub use faer_lu::FaerLu;
pub use lu::SparseLu;
pub use market::{MarketError, MarketNumber, read_market, write_market};
pub use pattern::Pattern;
pub use refine::{Accuracy, Refiner, ResidualTolerance};
pub use solver::{Involved, LinearSolver, Singular, Singularity, SolverError, Statistics};
