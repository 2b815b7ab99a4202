//! Fixtures, expectations and the device laws, for tests only.

pub mod draw;
pub mod laws;
pub mod specimen;
