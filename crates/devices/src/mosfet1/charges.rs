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

use ovonic_numerics::scalar::Scalar;

/// Width over which the corners are rounded, V.
const CORNER: f64 = 1e-3;
/// Least saturation voltage that the split between drain and source takes, V; as in SPICE.
const LEAST_SATURATION: f64 = 0.025;

/// `max(v, 0)` with a parabola for `|v| < CORNER`.
fn positive_part<S: Scalar>(v: S) -> S {
    v.map(|v| {
        if v <= -CORNER {
            (0.0, 0.0)
        } else if v >= CORNER {
            (v, 1.0)
        } else {
            let above = v + CORNER;
            (above * above / (4.0 * CORNER), above / (2.0 * CORNER))
        }
    })
}

/// Voltage over which drain and source change places, V.
const EXCHANGE: f64 = 5e-3;

/// `|vds|` without its corner.
pub(super) fn rounded_magnitude<S: Scalar>(vds: S) -> S {
    vds * (vds / EXCHANGE).tanh()
}

/// A straight passage from 0 at `v` = 0 to 1 at `length`, its corners rounded.
fn ramp<S: Scalar>(v: S, length: f64) -> S {
    let corner = CORNER.min(0.25 * length);
    v.map(|v| {
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
    })
}

/// The oxide between gate and channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oxide {
    /// Capacitance of the whole gate, F.
    pub(super) capacitance: f64,
    /// Surface potential at the device's temperature, V.
    pub(super) phi: f64,
}

/// Parts of the oxide's capacitance that the gate has to the acting source, the acting drain and the bulk.
pub(super) struct Parts<S> {
    pub(super) source: S,
    pub(super) drain: S,
    pub(super) bulk: S,
}

impl Oxide {
    /// The parts at a gate voltage `above` threshold and a drain voltage `vds` ≥ 0, V.
    pub(super) fn parts<S: Scalar>(&self, above: S, vds: S) -> Parts<S> {
        let inverted = ramp(above + 0.5 * self.phi, 0.5 * self.phi);
        let bulk = -ramp(above + self.phi, self.phi) + 1.0;
        let saturation = positive_part(above - LEAST_SATURATION) + LEAST_SATURATION;
        // What is left of the drain's end of the channel; zero in saturation.
        let left = positive_part(saturation - vds);
        let total = saturation + left;
        let (at_source, at_drain) = (left / total, saturation / total);
        let channel = inverted * (2.0 / 3.0);
        Parts {
            // 1 − at_source² and 1 − at_drain², which would cancel where they are small.
            source: channel * at_drain * (at_source + 1.0),
            drain: channel * at_source * (at_drain + 1.0),
            bulk,
        }
    }
}
