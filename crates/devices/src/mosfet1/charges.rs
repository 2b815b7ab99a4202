//! Capacitances of the gate after Meyer, as SPICE has them.
//!
//! Meyer gives three capacitances, not charges, and integrated around a loop in voltage they need not return to
//! zero. So no charge is a function of the voltages here: the displacement currents are
//!
//! ```text
//! i_gx = C_gx(v) · d(v_gx)/dt         x = s, d, b
//! ```
//!
//! With the overdrive `u = vgs − von` and `vdsat = max(u, 25 mV)`, the ends exchanged where vds < 0:
//!
//! ```text
//! Cgb/Cox = 1                 u ≤ −phi
//!         = −u/phi            −phi < u ≤ 0
//! c       = 2/3 + 4/3 u/phi   −phi/2 < u ≤ 0,    2/3 above
//! Cgs/Cox = c · (1 − (vdsat − vds)²/(2 vdsat − vds)²),   Cgd/Cox = c · (1 − vdsat²/(2 vdsat − vds)²)
//!           vds < vdsat; beyond, c and 0
//! ```
//!
//! The capacitances are continuous with corners between the regions; each corner is rounded over a millivolt, and
//! the ends change places over some millivolts.
//!
//! Charges whose derivatives come close to Meyer's capacitances exist, and would conserve charge. They need a
//! transcapacitance between drain and source of up to a fifth of Cox, which makes an inverter's delay longer by up
//! to 5 % than SPICE's: too much for a model that is known by its name.

/// Width over which the corners are rounded, V.
const CORNER: f64 = 1e-3;
/// Least saturation voltage that the split between drain and source takes, V; as in SPICE.
const LEAST_SATURATION: f64 = 0.025;
/// Voltage over which drain and source change places, V.
const EXCHANGE: f64 = 5e-3;

/// A value with its slope.
type Sloped = (f64, f64);

/// `max(v, 0)` with a parabola for `|v| < CORNER`.
#[inline]
fn positive_part(v: f64) -> Sloped {
    if v <= -CORNER {
        (0.0, 0.0)
    } else if v >= CORNER {
        (v, 1.0)
    } else {
        let above = v + CORNER;
        (above * above / (4.0 * CORNER), above / (2.0 * CORNER))
    }
}

/// `|vds|` without its corner.
#[inline]
pub(super) fn rounded_magnitude(vds: f64) -> Sloped {
    let x = vds / EXCHANGE;
    if x.abs() > 20.0 {
        // The hyperbolic tangent is one to the last digit.
        return (vds.abs(), 1f64.copysign(vds));
    }
    let t = x.tanh();
    (vds * t, t + x * (1.0 - t * t))
}

/// A straight passage from 0 at `v` = 0 to 1 at `length`, its corners rounded.
#[inline]
fn ramp(v: f64, length: f64) -> Sloped {
    let corner = CORNER.min(0.25 * length);
    let (before, after) = (v + corner, length + corner - v);
    if before <= 0.0 {
        (0.0, 0.0)
    } else if after <= 0.0 {
        (1.0, 0.0)
    } else if v < corner {
        (before * before / (4.0 * corner * length), before / (2.0 * corner * length))
    } else if v > length - corner {
        (1.0 - after * after / (4.0 * corner * length), after / (2.0 * corner * length))
    } else {
        (v / length, length.recip())
    }
}

/// The oxide between gate and channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oxide {
    /// Capacitance of the whole gate, F.
    pub(super) capacitance: f64,
    /// Surface potential at the device's temperature, V.
    pub(super) phi: f64,
}

/// A part of the oxide's capacitance with its slopes along the gate's voltage above threshold and along `vds`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    pub(super) value: f64,
    pub(super) above: f64,
    pub(super) drain: f64,
}

/// What the gate has to the acting source, the acting drain and the bulk.
pub(super) struct Parts {
    pub(super) source: Part,
    pub(super) drain: Part,
    pub(super) bulk: Part,
}

impl Oxide {
    /// The parts at a gate voltage `above` threshold and a drain voltage `vds` ≥ 0, V.
    #[inline]
    pub(super) fn parts(&self, above: f64, vds: f64) -> Parts {
        let (depleted, depleted_slope) = ramp(above + self.phi, self.phi);
        let bulk = Part { value: 1.0 - depleted, above: -depleted_slope, drain: 0.0 };
        let (inverted, inverted_slope) = ramp(above + 0.5 * self.phi, 0.5 * self.phi);
        if inverted == 0.0 {
            return Parts { source: Part::default(), drain: Part::default(), bulk };
        }
        let (excess, saturation_slope) = positive_part(above - LEAST_SATURATION);
        let saturation = excess + LEAST_SATURATION;
        // What is left of the drain's end of the channel; zero in saturation.
        let (left, left_slope) = positive_part(saturation - vds);
        let total = saturation + left;
        let (at_source, at_drain) = (left / total, saturation / total);
        // Slopes of the source's share, to which the drain's is the rest.
        let per_square = left_slope / (total * total);
        let share_above = saturation_slope * (per_square * saturation - left / (total * total));
        let share_drain = -per_square * saturation;
        let (channel, channel_slope) = (inverted * (2.0 / 3.0), inverted_slope * (2.0 / 3.0));
        // 1 − at_source² and 1 − at_drain², which would cancel where they are small.
        let (source, drain) = (at_drain * (1.0 + at_source), at_source * (1.0 + at_drain));
        let (by_source, by_drain) = (-2.0 * at_source * channel, 2.0 * at_drain * channel);
        Parts {
            source: Part {
                value: channel * source,
                above: channel_slope * source + by_source * share_above,
                drain: by_source * share_drain,
            },
            drain: Part {
                value: channel * drain,
                above: channel_slope * drain + by_drain * share_above,
                drain: by_drain * share_drain,
            },
            bulk,
        }
    }
}
