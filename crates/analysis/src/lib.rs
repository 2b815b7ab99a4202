//! Operating point, sweeps, ac, noise and transient.
