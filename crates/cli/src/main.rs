//! The program `ovonic`.
fn main() {}
