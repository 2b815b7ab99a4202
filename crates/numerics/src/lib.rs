//! Dual numbers, expressions with derivatives, sparse solvers, integrators; knows no circuit.
