//! Time since a start, without losing digits: the sum of two numbers, of which the first may be years.

use ovonic_device::Time;

/// Rounding errors, in units of the last place, within which an instant is at a corner rather than before it.
const CORNER_ULPS: f64 = 8.0;

/// `time − start` as `whole + rest`, exact but for one rounding in `rest`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elapsed {
    whole: f64,
    rest: f64,
}

impl Elapsed {
    pub(super) fn since(time: Time, start: f64) -> Self {
        // Knuth's two-sum: what the rounded difference lost goes into the rest.
        let whole = time.base - start;
        let taken = whole - time.base;
        let lost = (time.base - (whole - taken)) - (start + taken);
        Self { whole, rest: lost + time.offset }
    }

    /// The rounded sum, s.
    pub(super) fn seconds(self) -> f64 {
        self.whole + self.rest
    }

    /// Position within a repetition of length `period`, from 0 up to it.
    pub(super) fn phase(self, period: f64) -> f64 {
        if period.is_infinite() {
            return self.seconds();
        }
        let phase = (self.whole % period + self.rest % period) % period;
        let phase = if phase < 0.0 { phase + period } else { phase };
        if phase < period { phase } else { 0.0 }
    }

    /// Angle that a rotation of `frequency` (Hz) has come to, in radians within a turn or two.
    pub(super) fn angle(self, frequency: f64) -> f64 {
        // The turns of each part are a product with its rounding error; whole turns are dropped exactly.
        let part = |duration: f64| {
            let turns = frequency * duration;
            let lost = frequency.mul_add(duration, -turns);
            (turns - turns.round()) + lost
        };
        std::f64::consts::TAU * (part(self.whole) + part(self.rest))
    }

    /// How far before a corner at `corner` (s after the start) an instant already counts as being there.
    pub(super) fn tolerance(self, corner: f64) -> f64 {
        CORNER_ULPS * f64::EPSILON * (self.rest.abs() + corner.abs())
    }

    /// The instant `cycles·period + corner` after the start, in the base of `time`, from which this was taken.
    pub(super) fn instant(self, time: Time, cycles: f64, period: f64, corner: f64) -> Time {
        let (repeated, lost) = if cycles == 0.0 {
            (0.0, 0.0)
        } else {
            let repeated = cycles * period;
            (repeated, cycles.mul_add(period, -repeated))
        };
        // `rest − offset` is what the difference of base and start lost.
        let start = (repeated - self.whole) + (lost - (self.rest - time.offset));
        Time { base: time.base, offset: start + corner }
    }
}
