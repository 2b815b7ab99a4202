//! Unknowns, pattern, bound instances and assembly.
