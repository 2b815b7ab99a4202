//! The memristor of linear ion drift, with five windows.
//!
//! Terminals `p n`; the state `x` in [0, 1] is the doped part of the film.
//!
//! ```text
//! I = V/(ron·x + roff·(1 − x)),   dx/dt = uv·ron/d²·I·f(x, I)
//! window 0 (none)         f = 1 away from the bound that the flow approaches
//!        1 (Joglekar)     f = 1 − (2x − 1)^(2p)
//!        2 (Biolek)       f = 1 − (x − step(−I))^(2p)
//!        3 (Prodromakis)  f = j·(1 − [(x − ½)² + ¾]^p)
//! ```
//!
//! Joglekar's and Prodromakis's windows vanish at both bounds in both directions: a state that has reached a bound
//! stays there, which is a property of these windows.
//!
//! References: D. Strukov et al., Nature 453 (2008) 80, doi 10.1038/nature06932; Y. Joglekar and S. Wolf, Eur. J.
//! Phys. 30 (2009) 661; Z. Biolek et al., Radioengineering 18 (2009) 210; T. Prodromakis et al., IEEE Trans. Electron
//! Devices 58 (2011) 3099.
//!
//! Deviations. The step on the current's sign is the logistic function of `I/i_blend`. Without a window the flow
//! towards a bound is multiplied by `tanh(distance/edge)`, since otherwise nothing keeps `x` between 0 and 1.

use super::{Kinetics, Memristor, Spreads, before};
use ovonic_device::{Class, Environment, Kind, ModelType, ParamError, Params, Retention, Unknown};
use ovonic_numerics::scalar::{Scalar, sigmoid};

const EXAMPLE: &str = "\
* Memristor of linear ion drift at rest in the middle.  Closed form: 1 V over (100 + 16k)/2.
*! run op
*! expect i(v1) = -1.2422360248e-4 A  rtol 1e-9
V1 p 0 1
N1 p 0 film
.model film hp x0=0.5
.end
";

/// The memristor of linear ion drift in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("hp")],
    summary: "memristor of linear ion drift",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Memristor<IonDrift>, 3>("hp")
};

/// Parameters of the memristor of linear ion drift.
#[derive(Clone, Debug, Params)]
pub struct IonDriftParams {
    /// Resistance of the doped film.
    #[param(name = "ron", unit = "Ohm", default = 100.0, range = "(0, inf)")]
    pub on_resistance: f64,
    /// Resistance of the undoped film.
    #[param(name = "roff", unit = "Ohm", default = 16e3, range = "(0, inf)")]
    pub off_resistance: f64,
    /// Thickness of the film.
    #[param(name = "d", unit = "m", default = 10e-9, range = "(0, inf)")]
    pub thickness: f64,
    /// Mobility of the dopants.
    #[param(name = "uv", unit = "m^2/Vs", default = 1e-14, range = "(0, inf)")]
    pub mobility: f64,
    /// Window: 0 none, 1 Joglekar, 2 Biolek, 3 Prodromakis.
    #[param(name = "window", default = 1, range = "[0, 3]")]
    pub window: i32,
    /// Exponent of the window.
    #[param(name = "p", default = 1.0, range = "[1, 100]")]
    pub exponent: f64,
    /// Height of Prodromakis's window.
    #[param(name = "j", default = 1.0, range = "(0, inf)")]
    pub height: f64,
    /// Current over which Biolek's step, and the flow's direction without a window, are blended.
    #[param(name = "i_blend", unit = "A", default = 1e-7, range = "(0, inf)")]
    pub current_blend: f64,
    /// Distance from a bound at which the flow towards it slows down without a window.
    #[param(name = "edge", default = 0.005, range = "(0, 0.5]")]
    pub edge: f64,
    /// Initial state.
    #[param(name = "x0", default = 0.1, range = "[0, 1]", aliases = "ic")]
    pub initial_state: f64,
    /// Spread of the conductance between devices, relative.
    #[param(name = "d2d_g", default = 0.0, range = "[0, 1]")]
    pub conductance_spread: f64,
    /// Spread of the state's rate between devices, relative.
    #[param(name = "d2d_rate", default = 0.0, range = "[0, 2]")]
    pub rate_spread: f64,
    /// Spread of the state's rate from cycle to cycle, relative.
    #[param(name = "c2c_rate", default = 0.0, range = "[0, 2]")]
    pub rate_jitter: f64,
}

/// Linear ion drift.
#[derive(Clone, Debug)]
pub struct IonDrift {
    params: IonDriftParams,
    drift: f64,
}

impl IonDrift {
    fn window<S: Scalar>(&self, x: S, current: S) -> S {
        let p = &self.params;
        // An even power of a number that may be negative.
        let even = |z: S| z.square().powf(p.exponent);
        match p.window {
            0 => {
                let up = current / p.current_blend;
                sigmoid(up) * before(-x + 1.0, p.edge) + sigmoid(-up) * before(x, p.edge)
            }
            1 => -even(x * 2.0 - 1.0) + 1.0,
            2 => -even(x - sigmoid(current / -p.current_blend)) + 1.0,
            _ => (-((x - 0.5).square() + 0.75).powf(p.exponent) + 1.0) * p.height,
        }
    }
}

impl Kinetics for IonDrift {
    type Params = IonDriftParams;
    const STATE: Unknown = Unknown::state("x", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0);

    fn prepare(params: &IonDriftParams, _env: &Environment) -> Result<Self, ParamError> {
        let drift = params.mobility * params.on_resistance / (params.thickness * params.thickness);
        Ok(Self { params: params.clone(), drift })
    }

    fn current<S: Scalar>(&self, v: S, x: S) -> S {
        let p = &self.params;
        v / (x * (p.on_resistance - p.off_resistance) + p.off_resistance)
    }

    fn rate<S: Scalar>(&self, v: S, x: S) -> S {
        let current = self.current(v, x);
        current * self.window(x, current) * self.drift
    }

    fn start(&self) -> f64 {
        self.params.initial_state
    }

    fn spreads(params: &IonDriftParams) -> Spreads {
        Spreads {
            conductance: params.conductance_spread,
            rate: params.rate_spread,
            rate_jitter: params.rate_jitter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(window: i32) -> IonDrift {
        let params = IonDriftParams { window, exponent: 2.0, ..IonDriftParams::default() };
        IonDrift::prepare(&params, &Environment::default()).expect("a film")
    }

    #[test]
    fn windows_have_their_published_values() {
        let at = |window: i32, x: f64, i: f64| film(window).window(x, i);
        for i in [1e-3, -1e-3] {
            assert!((at(0, 0.3, i) - 1.0).abs() < 1e-12);
            assert!((at(1, 0.25, i) - (1.0 - 0.5f64.powi(4))).abs() < 1e-12);
            assert!((at(3, 0.25, i) - (1.0 - 0.8125f64.powi(2))).abs() < 1e-12);
        }
        assert!((at(2, 0.3, 1e-3) - (1.0 - 0.3f64.powi(4))).abs() < 1e-12);
        assert!((at(2, 0.3, -1e-3) - (1.0 - 0.7f64.powi(4))).abs() < 1e-12);
    }

    #[test]
    fn no_window_lets_the_state_leave() {
        for window in 0..4 {
            let film = film(window);
            // The tail of the blend is all that is left.
            assert!(film.rate(1.0, 1.0) < 1e-200 && film.rate(-1.0, 0.0) > -1e-200, "{window}");
        }
    }
}
