//! Crossbar arrays with line resistance, and the structured solvers for them.
//!
//! An array has a device at each crossing of a word line and a bit line, and resistive segments between crossings. Its
//! unknowns are two voltages a crossing, and its structure allows to solve a million of them in a tenth of a second:
//! [`Solver`] chooses between conjugate gradients with a two-level preconditioner and a factorisation ordered by
//! geometry, and always reports how good its answer is.
//!
//! ```
//! use ovonic_crossbar::{LinearArray, SolveOptions, Solver};
//! use ovonic_waveforms::Matrix;
//!
//! let devices = Matrix::filled(2, 2, 1e3);
//! let array = LinearArray::driven_left(devices, 1.0, 1.0)?;
//! let mut solver = Solver::new(array, SolveOptions::default())?;
//! let solution = solver.solve(&[1.0, 0.0], &[0.0, 0.0])?;
//! assert!((solution.outputs()[0] - 1e-3).abs() < 1e-5);
//! # Ok::<(), ovonic_crossbar::CrossbarError>(())
//! ```

mod array;
mod balance;
mod bonds;
mod cells;
mod coarse;
mod conjugate;
mod contract;
mod crew;
mod direct;
mod error;
mod field;
mod network;
mod newton;
mod port;
mod precondition;
mod solver;
mod study;
mod sweeps;
mod system;

pub use array::{Direction, End, LinearArray, Lines, Wire};
pub use bonds::Island;
pub use cells::{Branch, Cells, SelectedResistors, SinhSelector};
pub use error::CrossbarError;
pub use newton::{NewtonReport, solve_nonlinear};
pub use port::{PortCurrents, PortSystem};
pub use precondition::CoarseGrid;
pub use solver::{Method, Solution, SolveOptions, SolveReport, Solver, port_system};
pub use study::{
    Access, Background, Margin, Product, Scheme, Selection, Stress, Technology, access, margin,
    product,
};
pub use system::{Choice, CrossbarEngines};
