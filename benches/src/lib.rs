//! The matrices that benchmarks share.

use ovonic_numerics::sparse::SolverError;
use ovonic_numerics::sparse::gallery::{self, Regime, Sample};

/// The phases of a solver's life.
pub const PHASES: [&str; 4] = ["analyze", "factor", "refactor", "solve"];

/// Kinds of matrices, each judged by a bar of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// One chain of nodes.
    Ladder,
    /// Grids and crossbars, whose factors fill.
    Mesh,
    /// Circuits, whose factors hardly fill.
    Circuit,
}

/// Builds one matrix.
pub type Build = fn() -> Result<Sample, SolverError>;

/// The matrices of the races, from typical circuits.
pub const MATRICES: [(Family, &str, Build); 15] = [
    (Family::Ladder, "ladder 10k", || gallery::ladder(10_000)),
    (Family::Mesh, "grid 100x100", || gallery::grid(100)),
    (Family::Mesh, "grid 300x300", || gallery::grid(300)),
    (Family::Mesh, "crossbar 64x64", || gallery::crossbar(64, 1)),
    (Family::Mesh, "crossbar 128x128", || gallery::crossbar(128, 1)),
    (Family::Mesh, "crossbar 256x256", || gallery::crossbar(256, 1)),
    (Family::Circuit, "random MNA 1k", || gallery::random_circuit(1_000, 1)),
    (Family::Circuit, "random MNA 10k", || gallery::random_circuit(10_000, 1)),
    (Family::Circuit, "random MNA 100k", || gallery::random_circuit(100_000, 1)),
    (Family::Circuit, "logic dc 1k", || gallery::logic(1_000, 1, Regime::Dc)),
    (Family::Circuit, "logic dc 10k", || gallery::logic(10_000, 1, Regime::Dc)),
    (Family::Circuit, "logic dc 100k", || gallery::logic(100_000, 1, Regime::Dc)),
    (Family::Circuit, "logic tran 1k", || gallery::logic(1_000, 1, Regime::Transient)),
    (Family::Circuit, "logic tran 10k", || gallery::logic(10_000, 1, Regime::Transient)),
    (Family::Circuit, "logic tran 100k", || gallery::logic(100_000, 1, Regime::Transient)),
];

/// The matrix of this name; `None` if there is none.
pub fn matrix(name: &str) -> Option<Result<Sample, SolverError>> {
    MATRICES.iter().find(|&&(_, known, _)| known == name).map(|(_, _, build)| build())
}
