//! SPICE text to a syntax tree with spans and diagnostics; knows no device.
