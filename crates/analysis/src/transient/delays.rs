//! Histories of delayed signals.
//!
//! A signal's value a delay ago is interpolated by a parabola through the nearest points, kept between its two
//! neighbours, so that an edge that arrives has the shape that it left with and no overshoot.

use ovonic_device::Time;
use std::collections::VecDeque;

/// The past of all delayed signals.
#[derive(Clone, Debug, Default)]
pub(super) struct Delays {
    delays: Vec<f64>,
    longest: f64,
    times: VecDeque<Time>,
    /// One row a kept time, one entry a signal.
    values: VecDeque<Vec<f64>>,
}

impl Delays {
    pub(super) fn new(delays: &[f64]) -> Self {
        let longest = delays.iter().copied().fold(0.0, f64::max);
        Self { delays: delays.to_vec(), longest, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.delays.is_empty()
    }

    /// The distinct delays, s.
    pub(super) fn distinct(&self) -> Vec<f64> {
        let mut distinct = self.delays.clone();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        distinct
    }

    /// The shortest delay: a step may not be longer, or a signal would be needed before it is known.
    pub(super) fn shortest(&self) -> f64 {
        self.delays.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Keeps the signals of an accepted point.
    pub(super) fn push(&mut self, time: Time, signals: &[f64]) {
        if self.is_empty() {
            return;
        }
        // A point or two before the oldest that can be asked for stay, for the parabola.
        while self.times.len() > 3 && time.minus(self.times[2]) > self.longest {
            self.times.pop_front();
            self.values.pop_front();
        }
        self.times.push_back(time);
        self.values.push_back(signals.to_vec());
    }

    /// Signals a delay before `time`; before the start they are what they were at the start.
    pub(super) fn at(&self, time: Time, out: &mut [f64]) {
        for (index, (&delay, out)) in self.delays.iter().zip(out).enumerate() {
            *out = self.signal(index, time, delay);
        }
    }

    fn signal(&self, index: usize, time: Time, delay: f64) -> f64 {
        let age = |k: usize| time.minus(self.times[k]) - delay;
        // Points with a positive age lie before the wanted instant.
        let after = self.times.partition_point(|kept| time.minus(*kept) - delay > 0.0);
        let value = |k: usize| self.values[k][index];
        if after == 0 {
            return value(0);
        }
        if after == self.times.len() {
            return value(after - 1);
        }
        let (before, t0, t1) = (after - 1, -age(after - 1), -age(after));
        let (y0, y1) = (value(before), value(after));
        let linear = y0 + (y1 - y0) * (-t0) / (t1 - t0);
        let Some(third) = before.checked_sub(1).filter(|&k| age(k) > age(before)) else {
            return linear;
        };
        let (t2, y2) = (-age(third), value(third));
        let slope = (y1 - y0) / (t1 - t0);
        let curvature = (slope - (y0 - y2) / (t0 - t2)) / (t1 - t2);
        (linear + curvature * t0 * t1).clamp(y0.min(y1), y0.max(y1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_comes_back_exactly() {
        let mut delays = Delays::new(&[0.25]);
        for k in 0..10 {
            let t = 0.1 * f64::from(k);
            delays.push(Time::new(t), &[t * t]);
        }
        let mut out = [0.0];
        delays.at(Time::new(0.98), &mut out);
        assert!((out[0] - 0.73 * 0.73).abs() < 1e-12, "{}", out[0]);
    }

    #[test]
    fn before_the_start_a_signal_is_what_it_was_at_the_start() {
        let mut delays = Delays::new(&[0.25]);
        delays.push(Time::new(0.0), &[7.0]);
        delays.push(Time::new(0.1), &[8.0]);
        let mut out = [0.0];
        delays.at(Time::new(0.2), &mut out);
        assert_eq!(out[0], 7.0);
    }
}
