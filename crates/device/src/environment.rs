//! What surrounds a device: temperatures while it is prepared, time and homotopy while it is evaluated.

use crate::constants::NOMINAL_TEMPERATURE;
use crate::variation::Variation;

/// What [`crate::Model::prepare`] may depend on beside the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Environment {
    /// Temperature of the device, K.
    pub temperature: f64,
    /// Temperature at which parameters hold, K.
    pub nominal_temperature: f64,
    /// Print step and stop time of the transient analysis, s, from which waveforms take defaults; zero where
    /// there is none.
    pub step: f64,
    /// See [`Environment::step`].
    pub stop: f64,
    /// Where the device's random numbers come from.
    pub variation: Variation,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            temperature: NOMINAL_TEMPERATURE,
            nominal_temperature: NOMINAL_TEMPERATURE,
            step: 0.0,
            stop: 0.0,
            variation: Variation::default(),
        }
    }
}

/// An instant as base + offset, s: one unit in the last place of 1e8 s is 15 ns, and pulses inside years of
/// drift must not vanish. Two instants with the same base compare by their offsets.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Time {
    /// Start of the current stretch, s.
    pub base: f64,
    /// Since then, s.
    pub offset: f64,
}

impl Time {
    /// `seconds` since zero, with base zero.
    pub const fn new(seconds: f64) -> Self {
        Self { base: 0.0, offset: seconds }
    }

    /// The rounded sum.
    pub fn seconds(self) -> f64 {
        self.base + self.offset
    }

    /// `self − start` for a `start` given in absolute seconds, without losing the offset's digits.
    pub fn since(self, start: f64) -> f64 {
        (self.base - start) + self.offset
    }

    /// `self − other`, s.
    pub fn minus(self, other: Time) -> f64 {
        (self.base - other.base) + (self.offset - other.offset)
    }

    /// The instant `seconds` later, in the same base.
    pub fn plus(self, seconds: f64) -> Self {
        Self { base: self.base, offset: self.offset + seconds }
    }

    /// The same instant with as much as possible of it in the base.
    pub fn rebased(self) -> Self {
        let base = self.base + self.offset;
        // What the rounded sum lost goes back into the offset (Knuth's two-sum).
        let taken = base - self.base;
        let lost = (self.base - (base - taken)) + (self.offset - taken);
        Self { base, offset: lost }
    }
}

/// Where an evaluation stands. A device cannot tell which analysis asks.
#[derive(Clone, Copy, Debug)]
pub struct Iterate<'a> {
    /// Simulated time; absent where sources take their dc value.
    pub time: Option<Time>,
    /// Factor on independent sources (1 but for source stepping).
    pub source_scale: f64,
    /// Conductance across junctions, S.
    pub gmin: f64,
    /// The instance's latches: frozen within a Newton solve.
    pub latches: &'a [f64],
}

impl Iterate<'_> {
    /// A dc evaluation with nothing special about it.
    pub const fn dc() -> Iterate<'static> {
        Iterate { time: None, source_scale: 1.0, gmin: 0.0, latches: &[] }
    }
}
