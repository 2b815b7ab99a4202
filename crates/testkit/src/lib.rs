//! Fixtures, expectations and the device laws, for tests only.
