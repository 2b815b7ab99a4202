//! Runners live in `tests/*.rs` of this package.
