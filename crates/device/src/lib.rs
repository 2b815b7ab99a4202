//! The contract between a device model and the solver.
