//! Cycles of a device that switches on and off again, counted in a latch, with quantities that are drawn anew each
//! cycle.
//!
//! Latch 0 counts half cycles: even while the device is off, odd while it is on. The others hold a quantity each, which
//! is drawn for cycle `n + 1` at the end of cycle `n`, when the device has just turned off and is far from its next
//! threshold, so that nothing jumps. Where nothing varies from cycle to cycle, no crossing is reported and a transient
//! is not stopped at any.

use ovonic_device::Variation;

/// Part of its mean below which a normally distributed quantity does not fall.
const FLOOR: f64 = 0.1;

/// A quantity that varies from cycle to cycle, around a value that varies from device to device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Varying {
    name: &'static str,
    /// The device's own value.
    value: f64,
    jitter: Jitter,
}

#[derive(Clone, Copy, Debug)]
enum Jitter {
    Normal { deviation: f64, nearest: f64 },
    Factor { spread: f64 },
}

impl Varying {
    /// A quantity with normal deviations between devices (`spread`) and from cycle to cycle (`jitter`), in its own unit.
    pub(crate) fn normal(
        variation: Variation,
        name: &'static str,
        mean: f64,
        spread: f64,
        jitter: f64,
    ) -> Self {
        let nearest = FLOOR * mean;
        let value = away_from_zero(mean + deviation(variation, name, 0, spread), nearest);
        Self { name, value, jitter: Jitter::Normal { deviation: jitter, nearest } }
    }

    /// A quantity with factors `exp(spread·z)` between devices and `exp(jitter·z)` from cycle to cycle.
    pub(crate) fn factor(
        variation: Variation,
        name: &'static str,
        median: f64,
        spread: f64,
        jitter: f64,
    ) -> Self {
        let value = median * variation.factor(name, 0, spread);
        Self { name, value, jitter: Jitter::Factor { spread: jitter } }
    }

    fn draw(&self, variation: Variation, cycle: u64) -> f64 {
        match self.jitter {
            Jitter::Normal { deviation: size, nearest } => {
                away_from_zero(self.value + deviation(variation, self.name, cycle, size), nearest)
            }
            Jitter::Factor { spread } => self.value * variation.factor(self.name, cycle, spread),
        }
    }

    fn varies(&self) -> bool {
        match self.jitter {
            Jitter::Normal { deviation: size, .. } | Jitter::Factor { spread: size } => size > 0.0,
        }
    }
}

fn deviation(variation: Variation, name: &str, event: u64, size: f64) -> f64 {
    if size == 0.0 { 0.0 } else { size * variation.normal(name, event) }
}

/// `value`, or `nearest` where it is nearer to zero than that or on its other side.
fn away_from_zero(value: f64, nearest: f64) -> f64 {
    if nearest < 0.0 { value.min(nearest) } else { value.max(nearest) }
}

/// The cycles of one device, with `K` quantities in `K + 1` latches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cycles<const K: usize> {
    variation: Variation,
    varying: [Varying; K],
}

impl<const K: usize> Cycles<K> {
    /// Cycles of a device that draws from `variation`.
    pub(crate) fn new(variation: Variation, varying: [Varying; K]) -> Self {
        Self { variation, varying }
    }

    /// Latches before the first cycle.
    pub(crate) fn start(&self, latches: &mut [f64]) {
        latches[0] = 0.0;
        self.draw(latches);
    }

    /// Event functions. Of the two that `distances` gives, the first is positive where a device that is off has turned
    /// on, the second where one that is on has turned off.
    pub(crate) fn crossings(
        &self,
        latches: &[f64],
        distances: impl FnOnce() -> (f64, f64),
        values: &mut [f64],
    ) {
        values.fill(-1.0);
        if self.varying.iter().any(Varying::varies) {
            let (above_on, below_off) = distances();
            values[0] = if is_on(latches) { below_off } else { above_on };
        }
    }

    /// Goes on by half a cycle.
    pub(crate) fn flip(&self, latch: usize, latches: &mut [f64]) {
        if latch == 0 {
            latches[0] += 1.0;
            if !is_on(latches) {
                self.draw(latches);
            }
        }
    }

    fn draw(&self, latches: &mut [f64]) {
        let cycle = (latches[0] / 2.0) as u64 + 1;
        for (value, varying) in latches[1..].iter_mut().zip(&self.varying) {
            *value = varying.draw(self.variation, cycle);
        }
    }
}

fn is_on(latches: &[f64]) -> bool {
    latches[0] % 2.0 == 1.0
}

/// The quantities as they are in the present cycle.
pub(crate) fn draws<const K: usize>(latches: &[f64]) -> [f64; K] {
    std::array::from_fn(|k| latches[k + 1])
}

/// The methods of a model by which its field `cycles` keeps its latches: `N`, and the two distances of
/// [`Cycles::crossings`] at a device and its unknowns.
macro_rules! cycle_latches {
    ($n:literal, |$device:ident, $x:ident| $distances:expr) => {
        fn initial_latches(&self, latches: &mut [f64]) {
            self.cycles.start(latches);
        }

        fn crossings(&self, x: &[f64; $n], at: &Iterate<'_>, values: &mut [f64]) {
            let ($device, $x) = (self, x);
            self.cycles.crossings(at.latches, || $distances, values);
        }

        fn flip(&self, latch: usize, _x: &[f64; $n], latches: &mut [f64]) {
            self.cycles.flip(latch, latches);
        }
    };
}
pub(crate) use cycle_latches;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_change_when_a_cycle_ends_and_belong_to_its_number() {
        let source = Variation::new(3).of_instance("n1");
        let varying = [
            Varying::normal(source, "vth", 0.3, 0.0, 0.03),
            Varying::factor(source, "delay", 2.0, 0.0, 0.0),
        ];
        let cycles = Cycles::new(source, varying);
        let mut latches = [0.0; 3];
        cycles.start(&mut latches);
        let mut seen = vec![latches[1]];
        for cycle in 1..=3 {
            cycles.flip(0, &mut latches);
            assert_eq!(latches[1], seen[cycle - 1]);
            cycles.flip(0, &mut latches);
            assert!(!seen.contains(&latches[1]));
            assert_eq!(latches[2], 2.0);
            seen.push(latches[1]);
        }
        // The third cycle's number does not depend on how it was reached.
        let mut later = [4.0, 0.0, 0.0];
        cycles.draw(&mut later);
        assert_eq!(later[1], seen[2]);
    }

    #[test]
    fn a_device_that_does_not_vary_is_never_stopped() {
        let source = Variation::default();
        let cycles = Cycles::new(source, [Varying::factor(source, "vth", 1.0, 0.2, 0.0)]);
        let mut values = [0.0; 2];
        cycles.crossings(&[0.0, 1.0], || (5.0, 5.0), &mut values);
        assert_eq!(values, [-1.0, -1.0]);
    }

    #[test]
    fn a_normal_quantity_keeps_its_sign() {
        for seed in 0..200 {
            let source = Variation::new(seed);
            let negative = Varying::normal(source, "vth", -0.1, 0.5, 0.5);
            assert!((1..5).all(|cycle| negative.draw(source, cycle) <= -0.01));
        }
    }
}
