//! Randomness of devices: drawn per (seed, instance, quantity, event), never per step.
//!
//! A random number belongs to what it describes: the run's seed, the instance's name, the quantity, and the number of
//! the event (the device itself, its n-th cycle, its n-th pulse). The four are the key of a ChaCha generator, so
//! there is no state: a rejected step draws nothing, the order in which devices are evaluated or threads run does
//! not matter, and adding a device to a netlist leaves the others as they are.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Where a device's random numbers come from.
///
/// ```
/// use ovonic_device::Variation;
///
/// let first = Variation::new(1).of_instance("n1");
/// assert_eq!(first.normal("threshold", 0), first.normal("threshold", 0));
/// assert_ne!(first.normal("threshold", 0), first.normal("threshold", 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variation {
    seed: u64,
    instance: u64,
}

impl Variation {
    /// That of a run with `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed, instance: 0 }
    }

    /// That of an instance by its full name, in the same run.
    #[must_use]
    pub fn of_instance(self, name: &str) -> Self {
        Self { instance: fingerprint(name), ..self }
    }

    /// The same instance in a run with another seed.
    #[must_use]
    pub const fn reseeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// A generator for one quantity in one event. Event 0 is the device itself; those that it goes through count
    /// from 1.
    pub fn generator(self, quantity: &str, event: u64) -> ChaCha8Rng {
        let mut key = [0; 32];
        let words = [self.seed, self.instance, fingerprint(quantity), event];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        ChaCha8Rng::from_seed(key)
    }

    /// A number from the standard normal distribution.
    pub fn normal(self, quantity: &str, event: u64) -> f64 {
        StandardNormal.sample(&mut self.generator(quantity, event))
    }

    /// `exp(spread·z)` with a standard normal `z`: a positive factor with a median of one. One where the spread is
    /// zero.
    pub fn factor(self, quantity: &str, event: u64, spread: f64) -> f64 {
        if spread == 0.0 { 1.0 } else { (spread * self.normal(quantity, event)).exp() }
    }
}

/// FNV-1a, whose values never change from release to release (Fowler, Noll and Vo).
pub fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_belong_to_seed_instance_quantity_and_event() {
        let base = Variation::new(7).of_instance("x1.n3");
        let value = base.normal("vth", 4);
        assert_eq!(Variation::new(7).of_instance("x1.n3").normal("vth", 4), value);
        let others = [
            Variation::new(8).of_instance("x1.n3").normal("vth", 4),
            Variation::new(7).of_instance("x1.n4").normal("vth", 4),
            base.normal("vhold", 4),
            base.normal("vth", 5),
        ];
        assert!(others.iter().all(|other| *other != value));
    }

    #[test]
    fn numbers_of_successive_events_are_normal_and_independent() {
        let (n, source) = (20_000, Variation::new(1).of_instance("n1"));
        let draws: Vec<f64> = (0..n).map(|event| source.normal("vth", event)).collect();
        let mean = |f: &dyn Fn(usize) -> f64| (1..n as usize).map(f).sum::<f64>() / n as f64;
        // Four standard errors of each moment.
        let error = 4.0 / (n as f64).sqrt();
        assert!(mean(&|k| draws[k]).abs() < error);
        assert!((mean(&|k| draws[k].powi(2)) - 1.0).abs() < error * 2f64.sqrt());
        assert!((mean(&|k| draws[k].powi(4)) - 3.0).abs() < error * 96f64.sqrt());
        assert!(mean(&|k| draws[k] * draws[k - 1]).abs() < error);
    }
}
