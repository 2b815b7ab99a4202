//! Laws of devices: the current through a crossing as a function of its voltage.

use ovonic_waveforms::Matrix;

/// Current through a device and its derivative.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Branch {
    /// From the word line to the bit line, A.
    pub current: f64,
    /// Derivative by the voltage, S.
    pub conductance: f64,
}

/// The devices of an array. The current is a smooth function of the voltage that never falls.
pub trait Cells: Send + Sync {
    /// Number of rows and columns.
    fn shape(&self) -> (usize, usize);
    /// The device in a row and a column at a voltage from word line to bit line, V.
    fn branch(&self, row: usize, col: usize, volts: f64) -> Branch;
}

/// A selector whose current is `i0·sinh(v/v0)`, in series with each memory device.
///
/// The non-linearity at a voltage `v` is about `½·exp(v/(2·v0))` between `v` and `v/2`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SinhSelector {
    /// Scale of the current, A.
    pub current: f64,
    /// Scale of the voltage, V.
    pub voltage: f64,
}

/// Resistors, each with a selector in series if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectedResistors {
    /// Resistance of each memory device, Ω; infinite is open.
    pub resistances: Matrix,
    /// The selector.
    pub selector: Option<SinhSelector>,
}

impl Cells for SelectedResistors {
    fn shape(&self) -> (usize, usize) {
        (self.resistances.rows(), self.resistances.cols())
    }

    fn branch(&self, row: usize, col: usize, volts: f64) -> Branch {
        let resistance = self.resistances.at(row, col);
        if resistance.is_infinite() {
            return Branch::default();
        }
        match &self.selector {
            None => Branch { current: volts / resistance, conductance: 1.0 / resistance },
            Some(selector) => selector.in_series(resistance, volts),
        }
    }
}

impl SinhSelector {
    /// The selector in series with a resistor.
    ///
    /// With `u` the selector's voltage over `v0`, the equation `u + (R·i0/v0)·sinh u = v/v0` is convex for `u > 0`. Newton's
    /// iteration falls onto the solution from above without ever passing it, from the smaller of two upper bounds:
    /// the whole voltage, and the selector's voltage for the current that the resistor alone would allow.
    fn in_series(&self, resistance: f64, volts: f64) -> Branch {
        let a = resistance * self.current / self.voltage;
        let target = volts.abs() / self.voltage;
        let mut u = target.min((target / a).asinh());
        for _ in 0..60 {
            let (sinh, cosh) = sinh_cosh(u);
            let step = (u + a * sinh - target) / (1.0 + a * cosh);
            u -= step;
            if step.abs() <= 1e-9 * u.abs() {
                break;
            }
        }
        let (sinh, cosh) = sinh_cosh(u);
        let own = self.current / self.voltage * cosh;
        Branch {
            current: (self.current * sinh).copysign(volts),
            conductance: own / (1.0 + resistance * own),
        }
    }
}

/// Both from one exponential; the series keeps small arguments exact.
fn sinh_cosh(u: f64) -> (f64, f64) {
    if u.abs() < 0.3 {
        let s = u * u;
        let sinh = u
            * (1.0
                + s / 6.0
                    * (1.0 + s / 20.0 * (1.0 + s / 42.0 * (1.0 + s / 72.0 * (1.0 + s / 110.0)))));
        (sinh, (1.0 + sinh * sinh).sqrt())
    } else {
        let e = u.exp();
        let inverse = 1.0 / e;
        (0.5 * (e - inverse), 0.5 * (e + inverse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_hyperbolic_functions_are_exact() {
        for k in -400..400 {
            let u = f64::from(k) * 0.05;
            let (sinh, cosh) = sinh_cosh(u);
            assert!((sinh - u.sinh()).abs() <= 4e-15 * u.sinh().abs(), "{u}");
            assert!((cosh - u.cosh()).abs() <= 4e-15 * u.cosh(), "{u}");
        }
    }

    /// The voltages of selector and resistor add up, and the conductance is the slope.
    #[test]
    fn selector_and_resistor_share_the_voltage() {
        let selector = SinhSelector { current: 1e-9, voltage: 0.05 };
        for resistance in [1.0, 1e3, 1e6, 1e12] {
            for volts in [-1.5, -0.3, 1e-6, 0.02, 0.7, 2.0] {
                let Branch { current, conductance } = selector.in_series(resistance, volts);
                let sum =
                    current * resistance + selector.voltage * (current / selector.current).asinh();
                assert!((sum - volts).abs() < 1e-12 * volts.abs(), "{resistance} {volts}: {sum}");
                let h = 1e-5 * volts;
                let slope = (selector.in_series(resistance, volts + h).current
                    - selector.in_series(resistance, volts - h).current)
                    / (2.0 * h);
                assert!((slope / conductance - 1.0).abs() < 1e-6, "{resistance} {volts}");
            }
        }
    }
}
