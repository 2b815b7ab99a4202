//! Limiting: how far a junction voltage may move in one Newton iteration.
//!
//! The memory belongs to the solver. A model asks for a limited voltage in a lane of its own; the value moves,
//! the distance stays in the dual's shift, and no equation is falsified by it. Sources: L. Nagel, "SPICE2: A
//! Computer Program to Simulate Semiconductor Circuits", ERL-M520 (1975), section 3 (junctions); the same
//! idea with other bounds for field-effect transistors.

use ovonic_numerics::scalar::Scalar;

/// What limiting does in an evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limiting {
    /// Values pass unchanged.
    Off,
    /// Values move at most as far from the previous iterate's as a lane's rule allows.
    On,
    /// There is no previous iterate: lanes start from values at which a device conducts.
    First,
    /// Values pass unchanged and lanes take them: for evaluations without derivatives whose point may be
    /// accepted, so that a later limited iterate starts from there.
    Follow,
    /// Lane `k` moves by `1 + k` times this much, whatever its rule: what limiting does to an evaluation, in an amount
    /// that a test chooses.
    Displaced(f64),
}

/// An instance's limiting lanes during one evaluation.
pub struct Limits<'a> {
    mode: Limiting,
    previous: &'a [f64],
    next: &'a mut [f64],
    limited: bool,
}

impl<'a> Limits<'a> {
    /// Lanes over solver-owned memory: what the previous iterate was limited to, and room for this one's.
    pub fn new(mode: Limiting, previous: &'a [f64], next: &'a mut [f64]) -> Self {
        Self { mode, previous, next, limited: false }
    }

    /// Limits that do nothing.
    pub fn off() -> Limits<'static> {
        Limits { mode: Limiting::Off, previous: &[], next: &mut [], limited: false }
    }

    /// Whether a lane moved its value noticeably.
    pub fn limited(&self) -> bool {
        self.limited
    }

    /// Limits by a rule of the model's own: `rule(new, old)` returns the value to use, `old` being absent in
    /// the first iteration.
    #[inline(always)]
    pub fn custom<S: Scalar>(
        &mut self,
        lane: usize,
        v: S,
        rule: impl Fn(f64, Option<f64>) -> f64,
    ) -> S {
        match self.mode {
            Limiting::Off => return v,
            Limiting::Follow => {
                self.next[lane] = v.linearised(0);
                return v;
            }
            Limiting::Displaced(by) => return v.relocate(|v| v + by * (lane as f64 + 1.0)),
            Limiting::On | Limiting::First => {}
        }
        v.relocate(|new| {
            let old = (self.mode == Limiting::On).then(|| self.previous[lane]);
            let value = rule(new, old);
            self.next[lane] = value;
            if (value - new).abs() > 1e-9 + 1e-6 * new.abs() {
                self.limited = true;
            }
            value
        })
    }

    /// A forward-conducting junction with emission voltage `vt` (n·kT/q) and critical voltage `critical`
    /// (where the slope of the exponential makes Newton overshoot). Starts at the critical voltage.
    #[inline]
    pub fn junction<S: Scalar>(&mut self, lane: usize, v: S, vt: f64, critical: f64) -> S {
        self.custom(lane, v, |new, old| match old {
            None => critical,
            Some(old) => junction_limit(new, old, vt, critical),
        })
    }

    /// A junction that starts switched off (at zero).
    #[inline]
    pub fn idle_junction<S: Scalar>(&mut self, lane: usize, v: S, vt: f64, critical: f64) -> S {
        self.custom(lane, v, |new, old| match old {
            None => 0.0,
            Some(old) => junction_limit(new, old, vt, critical),
        })
    }

    /// A gate voltage of a field-effect transistor with threshold `vto`, starting at `start`.
    #[inline]
    pub fn gate<S: Scalar>(&mut self, lane: usize, v: S, vto: f64, start: f64) -> S {
        self.custom(lane, v, |new, old| match old {
            None => start,
            Some(old) => gate_limit(new, old, vto),
        })
    }

    /// A drain-source voltage, which may triple (and a bit) at the most while it is large, starting at zero;
    /// the same in both directions.
    #[inline]
    pub fn drain<S: Scalar>(&mut self, lane: usize, v: S) -> S {
        self.custom(lane, v, |new, old| match old {
            None => 0.0,
            Some(old) if old < 0.0 => -drain_limit(-new, -old),
            Some(old) => drain_limit(new, old),
        })
    }

    /// A voltage (or temperature) that may move by at most `step` an iteration, starting at `start`.
    #[inline]
    pub fn step<S: Scalar>(&mut self, lane: usize, v: S, step: f64, start: f64) -> S {
        self.custom(lane, v, |new, old| match old {
            None => start,
            Some(old) => new.clamp(old - step, old + step),
        })
    }
}

/// The critical voltage of a junction: where the diode's curvature radius is least.
pub fn critical_voltage(vt: f64, saturation_current: f64) -> f64 {
    vt * (vt / (std::f64::consts::SQRT_2 * saturation_current)).ln()
}

/// The damped new value of a junction voltage (V): logarithmic once it is beyond `critical`. For rules of a
/// model's own in [`Limits::custom`].
pub fn junction_limit(new: f64, old: f64, vt: f64, critical: f64) -> f64 {
    if new > critical && (new - old).abs() > 2.0 * vt {
        if old > 0.0 {
            let growth = 1.0 + (new - old) / vt;
            if growth > 0.0 { old + vt * growth.ln() } else { critical }
        } else {
            vt * (new / vt).ln()
        }
    } else if new < 0.0 {
        // In reverse nothing grows exponentially but breakdown, which comes back from a bounded distance.
        let floor = if old > 0.0 { -1.0 - old } else { 2.0 * old - 1.0 };
        new.max(floor)
    } else {
        new
    }
}

/// The damped new value of a gate-source voltage: small steps around threshold, larger ones away from it.
fn gate_limit(new: f64, old: f64, vto: f64) -> f64 {
    let far = (2.0 * (old - vto)).abs() + 2.0;
    let near = far / 2.0 + 2.0;
    let overdrive_limit = vto + 3.5;
    let change = new - old;
    if old >= vto {
        if old >= overdrive_limit {
            if change <= 0.0 {
                if new >= overdrive_limit { new.max(old - near) } else { new.max(vto + 2.0) }
            } else {
                new.min(old + far)
            }
        } else if change <= 0.0 {
            new.max(vto - 0.5)
        } else {
            new.min(vto + 4.0)
        }
    } else if change <= 0.0 {
        new.max(old - far)
    } else if new <= vto + 0.5 {
        new.min(old + near)
    } else {
        vto + 0.5
    }
}

/// The damped new value of a drain-source voltage.
fn drain_limit(new: f64, old: f64) -> f64 {
    if old >= 3.5 {
        if new > old {
            new.min(3.0 * old + 2.0)
        } else if new < 3.5 {
            new.max(2.0)
        } else {
            new
        }
    } else if new > old {
        new.min(4.0)
    } else {
        new.max(-0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic_numerics::scalar::Dual;

    #[test]
    fn a_junction_approaches_a_large_voltage_in_small_steps() {
        let (vt, critical) = (0.02585, critical_voltage(0.02585, 1e-14));
        let mut old = critical;
        for _ in 0..200 {
            let new = junction_limit(0.8, old, vt, critical);
            let logarithmic = vt * (1.0 + (0.8 - old).abs() / vt).ln();
            assert!(new <= old + logarithmic.max(2.0 * vt) + 1e-12);
            old = new;
        }
        assert!((old - 0.8).abs() < 1e-12, "{old}");
    }

    #[test]
    fn limits_that_are_off_pass_everything() {
        let v = Dual::<1>::unknown(100.0, 0);
        assert_eq!(Limits::off().junction(0, v, 0.025, 0.6), v);
    }

    #[test]
    fn lanes_that_follow_take_what_passes() {
        let mut lanes = [0.0];
        let mut limits = Limits::new(Limiting::Follow, &[], &mut lanes);
        assert_eq!(limits.junction(0, 100.0, 0.025, 0.6), 100.0);
        assert!(!limits.limited());
        assert_eq!(lanes, [100.0]);
    }

    #[test]
    fn each_rule_lets_small_steps_pass() {
        assert_eq!(gate_limit(1.05, 1.0, 0.7), 1.05);
        assert_eq!(drain_limit(1.05, 1.0), 1.05);
        assert_eq!(junction_limit(0.61, 0.60, 0.025, 0.7), 0.61);
    }
}
