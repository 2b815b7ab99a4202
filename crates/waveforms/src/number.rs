//! Numbers as C's `printf("%.*e")` writes them, because readers of SPICE output expect that form.
//!
//! It differs from Rust's own in the exponent only: a sign and at least two digits.

use std::fmt::{self, Write};

/// `value` with `digits` digits after the point, such as `-1.500000e-09`.
///
/// ```
/// assert_eq!(ovonic_waveforms::scientific(-1.5e-9, 3), "-1.500e-09");
/// ```
pub fn scientific(value: f64, digits: usize) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_scientific(&mut text, value, digits);
    text
}

/// Appends `value` with `digits` digits after the point, such as `-1.500000e-09`.
///
/// # Errors
/// Only those of `out`.
pub(crate) fn write_scientific(out: &mut impl Write, value: f64, digits: usize) -> fmt::Result {
    if !value.is_finite() {
        let word = match (value.is_nan(), value > 0.0) {
            (true, _) => "nan",
            (_, true) => "inf",
            (_, false) => "-inf",
        };
        return out.write_str(word);
    }
    let mut text = Short::default();
    write!(text, "{value:.digits$e}")?;
    let text = text.as_str();
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return out.write_str(text);
    };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(magnitude) => ('-', magnitude),
        None => ('+', exponent),
    };
    write!(out, "{mantissa}e{sign}{exponent:0>2}")
}

/// Text of at most 64 bytes on the stack: writing a point must not allocate.
struct Short {
    bytes: [u8; 64],
    len: usize,
}

impl Default for Short {
    fn default() -> Short {
        Short { bytes: [0; 64], len: 0 }
    }
}

impl Short {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let end = self.len + s.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// Lets `fmt` code append to a byte buffer, which cannot fail.
pub(crate) struct Bytes<'a>(pub(crate) &'a mut Vec<u8>);

impl Write for Bytes<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_as_in_c() {
        for (value, text) in [
            (0.0, "0.000000e+00"),
            (-1.5e-9, "-1.500000e-09"),
            (1e100, "1.000000e+100"),
            (9.9999999, "1.000000e+01"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            let mut out = String::new();
            write_scientific(&mut out, value, 6).unwrap();
            assert_eq!(out, text);
        }
    }
}
