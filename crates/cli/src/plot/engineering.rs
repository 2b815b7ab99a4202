//! Numbers as engineers write them: 2.2 kΩ, 10 ns.
//!
//! Axes carry the prefix in their label, so that ticks stay short; logarithmic axes carry it in each tick.

/// Prefixes by their power of a thousand, from 10⁻¹⁸ on.
const PREFIXES: [&str; 11] = ["a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T"];
/// Index of no prefix.
const UNITY: i32 = 6;

/// A power of a thousand with its prefix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prefix {
    /// What a number is divided by.
    pub(super) factor: f64,
    /// The symbol, empty for none.
    pub(super) symbol: &'static str,
}

impl Prefix {
    pub(super) const NONE: Prefix = Prefix { factor: 1.0, symbol: "" };

    /// The prefix for an axis that ends at `magnitude`: `0 … 0.99 mA` is better than `0 … 990 µA`.
    pub(super) fn of_axis(magnitude: f64, unit: &str) -> Prefix {
        Prefix::of(1.2 * magnitude, unit)
    }

    /// The prefix with which numbers up to `magnitude` are at least 1; none for units that take no prefix.
    pub(super) fn of(magnitude: f64, unit: &str) -> Prefix {
        let plain = matches!(unit, "" | "K" | "°C" | "°" | "dB" | "V²/Hz" | "A²/Hz" | "rad/s");
        if plain || magnitude == 0.0 || !magnitude.is_finite() {
            return Prefix::NONE;
        }
        // Rounding must not turn 1e-9 into 1000 p.
        let power = ((magnitude.abs().log10() + 1e-9) / 3.0).floor() as i32;
        let index = (power + UNITY).clamp(0, PREFIXES.len() as i32 - 1);
        Prefix { factor: 10_f64.powi(3 * (index - UNITY)), symbol: PREFIXES[index as usize] }
    }
}

/// A label such as `time (µs)`.
pub(super) fn label(text: &str, unit: &str, prefix: Prefix) -> String {
    if unit.is_empty() {
        return text.to_owned();
    }
    format!("{text} ({}{unit})", prefix.symbol)
}

/// A number with at most four digits and a prefix: `4.7k`, `100n`.
pub(super) fn short(value: f64) -> String {
    // Any unit that takes prefixes will do.
    let prefix = Prefix::of(value, "V");
    let scaled = value / prefix.factor;
    if scaled != 0.0 && !(0.999..1000.5).contains(&scaled.abs()) {
        return format!("{value:.0e}");
    }
    format!("{}{}", plain(scaled, 4), prefix.symbol)
}

/// A number with so many significant digits at most, without trailing zeros.
pub(super) fn plain(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor() as i32;
    let decimals = (digits as i32 - 1 - exponent).clamp(0, 15) as usize;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_fit_magnitudes() {
        for (magnitude, symbol, factor) in [
            (1e-9, "n", 1e-9),
            (999e-9, "n", 1e-9),
            (0.5, "m", 1e-3),
            (1.0, "", 1.0),
            (4.7e3, "k", 1e3),
            (1e20, "T", 1e12),
            (1e-30, "a", 1e-18),
            (0.0, "", 1.0),
        ] {
            let prefix = Prefix::of(magnitude, "V");
            assert_eq!(prefix.symbol, symbol, "{magnitude}");
            assert!((prefix.factor / factor - 1.0).abs() < 1e-12);
        }
        assert_eq!(Prefix::of(1e-3, "dB"), Prefix::NONE);
    }

    #[test]
    fn short_numbers() {
        for (value, text) in [
            (4.7e3, "4.7k"),
            (1e-7, "100n"),
            (-0.25, "-250m"),
            (1.0, "1"),
            (0.0, "0"),
            (1e-20, "1e-20"),
            (123_456.0, "123.5k"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(label("time", "s", Prefix::of(2e-6, "s")), "time (µs)");
        assert_eq!(label("x", "", Prefix::NONE), "x");
    }
}
