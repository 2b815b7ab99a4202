//! Physical quantities of vectors, with their SI unit and the type word that raw files use for them.
//!
//! Readers of raw files choose axes and probes by that word, so it follows the established vocabulary; a quantity
//! without a word of its own is written as `notype`, which every reader accepts.

use std::fmt;

/// What the numbers of a vector measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quantity {
    /// A pure number, a state of a device, or anything without a more precise quantity.
    #[default]
    Dimensionless,
    /// Time in seconds.
    Time,
    /// Frequency in hertz.
    Frequency,
    /// Voltage in volts.
    Voltage,
    /// Current in amperes.
    Current,
    /// Temperature, or temperature rise, in kelvins.
    Temperature,
    /// The scale of a temperature sweep. The only non-SI quantity: it is in degrees Celsius, because decks and raw
    /// files state it so.
    TemperatureSweep,
    /// The scale of a resistance sweep, in ohms.
    ResistanceSweep,
    /// Resistance or impedance in ohms.
    Impedance,
    /// Conductance or admittance in siemens.
    Admittance,
    /// Capacitance in farads.
    Capacitance,
    /// Inductance in henries.
    Inductance,
    /// Charge in coulombs.
    Charge,
    /// Magnetic flux in webers.
    Flux,
    /// Power in watts.
    Power,
    /// Energy in joules.
    Energy,
    /// Length in metres.
    Length,
    /// Phase in degrees.
    Phase,
    /// A level in decibels.
    Decibel,
    /// Amplitude spectral density of a voltage in V/√Hz.
    VoltageDensity,
    /// Amplitude spectral density of a current in A/√Hz.
    CurrentDensity,
    /// Power spectral density of a voltage in V²/Hz.
    SquaredVoltageDensity,
    /// Power spectral density of a current in A²/Hz.
    SquaredCurrentDensity,
    /// A pole in rad/s.
    Pole,
    /// A zero in rad/s.
    Zero,
}

/// Quantity, word in raw files, unit.
const TABLE: [(Quantity, &str, &str); 25] = [
    (Quantity::Dimensionless, "notype", ""),
    (Quantity::Time, "time", "s"),
    (Quantity::Frequency, "frequency", "Hz"),
    (Quantity::Voltage, "voltage", "V"),
    (Quantity::Current, "current", "A"),
    (Quantity::Temperature, "temperature", "K"),
    (Quantity::TemperatureSweep, "temp-sweep", "°C"),
    (Quantity::ResistanceSweep, "res-sweep", "Ω"),
    (Quantity::Impedance, "impedance", "Ω"),
    (Quantity::Admittance, "admittance", "S"),
    (Quantity::Capacitance, "capacitance", "F"),
    (Quantity::Inductance, "notype", "H"),
    (Quantity::Charge, "charge", "C"),
    (Quantity::Flux, "notype", "Wb"),
    (Quantity::Power, "power", "W"),
    (Quantity::Energy, "notype", "J"),
    (Quantity::Length, "notype", "m"),
    (Quantity::Phase, "phase", "°"),
    (Quantity::Decibel, "decibel", "dB"),
    (Quantity::VoltageDensity, "voltage-density", "V/√Hz"),
    (Quantity::CurrentDensity, "current-density", "A/√Hz"),
    (Quantity::SquaredVoltageDensity, "voltage^2-density", "V²/Hz"),
    (Quantity::SquaredCurrentDensity, "current^2-density", "A²/Hz"),
    (Quantity::Pole, "pole", "rad/s"),
    (Quantity::Zero, "zero", "rad/s"),
];

impl Quantity {
    /// The type word of this quantity in raw files; `notype` where the format has none.
    pub fn raw_type(self) -> &'static str {
        self.row().1
    }

    /// The symbol of the unit, empty for pure numbers.
    pub fn unit(self) -> &'static str {
        self.row().2
    }

    /// The quantity of a type word in a raw file, ignoring case; unknown words are [`Quantity::Dimensionless`].
    ///
    /// The words of LTspice for currents (`device_current`, `subckt_current`) are understood too.
    pub fn from_raw_type(word: &str) -> Quantity {
        let word = word.to_ascii_lowercase();
        if word.ends_with("_current") {
            return Quantity::Current;
        }
        TABLE.iter().find(|(_, raw, _)| *raw == word).map_or(Quantity::Dimensionless, |row| row.0)
    }

    /// The quantity that a vector's name suggests: `time`, `frequency`, `v(…)`, `i(…)`, `…#branch`.
    ///
    /// Formats that store names only (csv) use this when they are read.
    pub fn from_name(name: &str) -> Quantity {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "time" => Quantity::Time,
            "frequency" => Quantity::Frequency,
            "temp-sweep" => Quantity::TemperatureSweep,
            "res-sweep" => Quantity::ResistanceSweep,
            "v-sweep" => Quantity::Voltage,
            "i-sweep" => Quantity::Current,
            _ if name.starts_with("v(") => Quantity::Voltage,
            _ if name.starts_with("i(") || name.ends_with("#branch") => Quantity::Current,
            _ => Quantity::Dimensionless,
        }
    }

    fn row(self) -> &'static (Quantity, &'static str, &'static str) {
        // Every variant has a row, which a test checks; the first row is the neutral answer.
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[0])
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_raw_files_come_back() {
        for (quantity, word, unit) in TABLE {
            assert_eq!(quantity.raw_type(), word);
            assert_eq!(quantity.unit(), unit);
            if word != "notype" {
                assert_eq!(Quantity::from_raw_type(&word.to_uppercase()), quantity);
            }
        }
        assert_eq!(Quantity::from_raw_type("device_current"), Quantity::Current);
        assert_eq!(Quantity::from_raw_type("whatever"), Quantity::Dimensionless);
    }

    #[test]
    fn names_suggest_quantities() {
        assert_eq!(Quantity::from_name("V(out)"), Quantity::Voltage);
        assert_eq!(Quantity::from_name("v1#branch"), Quantity::Current);
        assert_eq!(Quantity::from_name("x"), Quantity::Dimensionless);
    }
}
