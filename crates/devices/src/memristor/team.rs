//! TEAM and VTEAM: memristors whose state moves where the current, or the voltage, is past a threshold.
//!
//! Terminals `p n`; the state `w` in [0, 1] is the place of the tunnel barrier's width `x` between `xon` and `xoff`. With
//! the drive `s` (the current for TEAM, the voltage for VTEAM), on threshold `s_on < 0` and off threshold `s_off > 0`:
//!
//! ```text
//! dx/dt = koff·(s/s_off − 1)^alphaoff·f_off(x)   for s > s_off
//!         kon·(s/s_on − 1)^alphaon·f_on(x)       for s < s_on,   zero between
//! R     = ron + (roff − ron)·w                   ivrelation 0,   w = (x − xon)/(xoff − xon)
//!         ron·(roff/ron)^w                       ivrelation 1
//! f_off = exp(−exp((x − aoff)/wc)),  f_on = exp(−exp(−(x − aon)/wc))      wt 4 (Kvatinsky), and others as in hp
//! ```
//!
//! A drive past the off threshold widens the barrier. `wt` chooses the window: 0 none, 1 Joglekar, 2 Biolek, 3
//! Prodromakis, 4 Kvatinsky; the first four act on `w`.
//!
//! References: S. Kvatinsky et al., "TEAM: ThrEshold Adaptive Memristor model", IEEE Trans. Circuits Syst. I 60 (2013)
//! 211, doi 10.1109/TCSI.2012.2215714; "VTEAM", IEEE Trans. Circuits Syst. II 62 (2015) 786, doi
//! 10.1109/TCSII.2015.2433536. Names of parameters as Xyce's memristor of level 2 has
//! them, and `.model … memristor level=2` means TEAM.
//!
//! Deviations. `s/s_th − 1` is rounded to zero over `blend`, and is exponentially small below the threshold. In each
//! direction the flow is multiplied by `tanh(distance/edge)` of the bound that it approaches, in units of `w`, since
//! Kvatinsky's window alone does not vanish there.

use super::{Kinetics, Memristor, Spreads, before, past};
use ovonic_device::{Class, Environment, Kind, ModelType, ParamError, Params, Retention, Unknown};
use ovonic_numerics::scalar::{Scalar, safe_exp};

const TEAM_EXAMPLE: &str = "\
* TEAM memristor in its on state.  Closed form: 1 V over 50 ohm.
*! run op
*! expect i(v1) = -0.02 A  rtol 1e-9
V1 p 0 1
N1 p 0 barrier
.model barrier team x0=0
.end
";

const VTEAM_EXAMPLE: &str = "\
* VTEAM memristor in the middle of its barrier.  Closed form: 1 V over (50 + 1k)/2.
*! run op
*! expect i(v1) = -1.904761905e-3 A  rtol 1e-9
V1 p 0 1
N1 p 0 barrier
.model barrier vteam x0=1.5n
.end
";

/// TEAM in the list of devices.
pub const TEAM: Kind = Kind {
    model_types: &[ModelType::plain("team"), ModelType::plain("memristor")],
    levels: &[2],
    summary: "memristor with current thresholds (TEAM)",
    class: Class::Memory,
    example: TEAM_EXAMPLE,
    ..Kind::of::<Memristor<Barrier<TeamParams>>, 3>("team")
};

/// VTEAM in the list of devices.
pub const VTEAM: Kind = Kind {
    model_types: &[ModelType::plain("vteam")],
    summary: "memristor with voltage thresholds (VTEAM)",
    class: Class::Memory,
    example: VTEAM_EXAMPLE,
    ..Kind::of::<Memristor<Barrier<VteamParams>>, 3>("vteam")
};

/// Defines the parameters of one of the two, which differ in what drives them and in their defaults.
macro_rules! barrier_params {
    ($name:ident, $title:literal, $by_current:literal, $unit:literal,
     $on:literal $on_default:literal, $off:literal $off_default:literal,
     $kon:literal, $koff:literal, $alpha_on:literal, $alpha_off:literal) => {
        #[doc = $title]
        #[derive(Clone, Debug, Params)]
        pub struct $name {
            /// Resistance at the on bound.
            #[param(name = "ron", unit = "Ohm", default = 50.0, range = "(0, inf)")]
            pub on_resistance: f64,
            /// Resistance at the off bound.
            #[param(name = "roff", unit = "Ohm", default = 1e3, range = "(0, inf)")]
            pub off_resistance: f64,
            /// Threshold of the drive towards the on bound.
            #[param(name = $on, unit = $unit, default = $on_default, range = "(-inf, 0)")]
            pub on_threshold: f64,
            /// Threshold of the drive towards the off bound.
            #[param(name = $off, unit = $unit, default = $off_default, range = "(0, inf)")]
            pub off_threshold: f64,
            /// Speed towards the on bound.
            #[param(name = "kon", unit = "m/s", default = $kon, range = "(-inf, 0]")]
            pub on_speed: f64,
            /// Speed towards the off bound.
            #[param(name = "koff", unit = "m/s", default = $koff, range = "[0, inf)")]
            pub off_speed: f64,
            /// Exponent of the drive towards the on bound.
            #[param(name = "alphaon", default = $alpha_on, range = "[1, 20]")]
            pub on_exponent: f64,
            /// Exponent of the drive towards the off bound.
            #[param(name = "alphaoff", default = $alpha_off, range = "[1, 20]")]
            pub off_exponent: f64,
            /// On bound of the barrier.
            #[param(name = "xon", unit = "m", default = 0.0, range = "[0, 1e-8]")]
            pub on_bound: f64,
            /// Off bound of the barrier.
            #[param(name = "xoff", unit = "m", default = 3e-9, range = "(0, inf)")]
            pub off_bound: f64,
            /// Relation of current and voltage: 0 linear in the width, 1 exponential.
            #[param(name = "ivrelation", default = 0, range = "[0, 1]")]
            pub relation: i32,
            /// Window: 0 none, 1 Joglekar, 2 Biolek, 3 Prodromakis, 4 Kvatinsky.
            #[param(name = "wt", default = 4, range = "[0, 4]")]
            pub window: i32,
            /// Exponent of the windows 1 to 3.
            #[param(name = "p", default = 1.0, range = "[1, 100]")]
            pub window_exponent: f64,
            /// Height of Prodromakis's window.
            #[param(name = "j", default = 1.0, range = "(0, inf)")]
            pub window_height: f64,
            /// Width of Kvatinsky's window.
            #[param(name = "wc", unit = "m", default = 1.07e-10, range = "(0, inf)")]
            pub window_width: f64,
            /// Place of Kvatinsky's window towards the on bound; absent means 0.1 of the way from it.
            #[param(name = "aon", unit = "m", range = "[0, inf)")]
            pub on_place: Option<f64>,
            /// Place of Kvatinsky's window towards the off bound; absent means 0.1 of the way from it.
            #[param(name = "aoff", unit = "m", range = "[0, inf)")]
            pub off_place: Option<f64>,
            /// Part of a threshold over which its kink is rounded.
            #[param(name = "blend", default = 0.005, range = "(0, 0.05]")]
            pub blend: f64,
            /// Part of the interval within which a flow towards a bound slows down.
            #[param(name = "edge", default = 0.005, range = "(0, 0.5]")]
            pub edge: f64,
            /// Initial width.
            #[param(
                name = "x0",
                unit = "m",
                default = 3e-9,
                range = "[0, inf)",
                aliases = "ic xinit"
            )]
            pub initial_width: f64,
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

        impl Common for $name {
            const BY_CURRENT: bool = $by_current;
            fn card(&self) -> Card {
                Card {
                    resistance: [self.on_resistance, self.off_resistance],
                    threshold: [self.on_threshold, self.off_threshold],
                    speed: [self.on_speed, self.off_speed],
                    exponent: [self.on_exponent, self.off_exponent],
                    bound: [self.on_bound, self.off_bound],
                    relation: self.relation,
                    window: self.window,
                    window_exponent: self.window_exponent,
                    window_height: self.window_height,
                    window_width: self.window_width,
                    place: [
                        self.on_place
                            .unwrap_or(self.on_bound + 0.1 * (self.off_bound - self.on_bound)),
                        self.off_place
                            .unwrap_or(self.off_bound - 0.1 * (self.off_bound - self.on_bound)),
                    ],
                    blend: self.blend,
                    edge: self.edge,
                    initial: self.initial_width,
                    spreads: Spreads {
                        conductance: self.conductance_spread,
                        rate: self.rate_spread,
                        rate_jitter: self.rate_jitter,
                    },
                }
            }
        }
    };
}

barrier_params!(TeamParams, "Parameters of the TEAM memristor.", true, "A",
    "ion" -8.9e-6, "ioff" 1.15e-4, -8e-13, 8e-13, 3.0, 3.0);
barrier_params!(VteamParams, "Parameters of the VTEAM memristor.", false, "V",
    "von" -0.2, "voff" 0.02, -10.0, 5e-4, 3.0, 1.0);

/// What both sets of parameters say.
trait Common: Params {
    const BY_CURRENT: bool;
    fn card(&self) -> Card;
}

/// The parameters with names in common; pairs are on, off.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    resistance: [f64; 2],
    threshold: [f64; 2],
    speed: [f64; 2],
    exponent: [f64; 2],
    bound: [f64; 2],
    relation: i32,
    window: i32,
    window_exponent: f64,
    window_height: f64,
    window_width: f64,
    place: [f64; 2],
    blend: f64,
    edge: f64,
    initial: f64,
    spreads: Spreads,
}

/// A tunnel barrier with thresholds.
#[derive(Clone, Debug)]
pub struct Barrier<T> {
    card: Card,
    kind: std::marker::PhantomData<fn() -> T>,
}

const ON: usize = 0;
const OFF: usize = 1;

impl<T> Barrier<T> {
    /// From one bound to the other, m.
    fn width(&self) -> f64 {
        self.card.bound[OFF] - self.card.bound[ON]
    }

    /// The window in a direction, with the factor that keeps the state inside.
    fn window<S: Scalar>(&self, w: S, direction: usize) -> S {
        let card = &self.card;
        // Distance to the bound ahead.
        let ahead = if direction == OFF { -w + 1.0 } else { w };
        let even = |z: S| z.square().powf(card.window_exponent);
        let window = match card.window {
            0 => S::constant(1.0),
            1 => -even(w * 2.0 - 1.0) + 1.0,
            // One minus the distance from the bound behind.
            2 => -even(-ahead + 1.0) + 1.0,
            3 => {
                let hill = ((w - 0.5).square() + 0.75).powf(card.window_exponent);
                (-hill + 1.0) * card.window_height
            }
            _ => {
                let sign = if direction == OFF { 1.0 } else { -1.0 };
                let x = w * self.width() + card.bound[ON];
                let exponent = (x - card.place[direction]) * (sign / card.window_width);
                (-safe_exp(exponent)).exp()
            }
        };
        window * before(ahead, card.edge)
    }

    /// The flow in a direction at a drive.
    fn flow<S: Scalar>(&self, drive: S, w: S, direction: usize) -> S {
        let card = &self.card;
        let excess = past(drive / card.threshold[direction] - 1.0, card.blend);
        let speed = card.speed[direction] / self.width();
        excess.powf(card.exponent[direction]) * self.window(w, direction) * speed
    }
}

impl<T: Common> Kinetics for Barrier<T> {
    type Params = T;
    const STATE: Unknown = Unknown::state("w", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0);

    fn prepare(params: &T, _env: &Environment) -> Result<Self, ParamError> {
        let card = params.card();
        let [on, off] = card.bound;
        let wrong = |name, value, reason| Err(ParamError::Inconsistent { name, value, reason });
        if off <= on {
            return wrong("xoff", off, "the off bound has to be above xon");
        }
        if !(on..=off).contains(&card.initial) {
            return wrong("x0", card.initial, "the initial width has to be between xon and xoff");
        }
        Ok(Self { card, kind: std::marker::PhantomData })
    }

    fn current<S: Scalar>(&self, v: S, w: S) -> S {
        let [on, off] = self.card.resistance;
        if self.card.relation == 0 {
            v / (w * (off - on) + on)
        } else {
            v * safe_exp(w * -(off / on).ln()) / on
        }
    }

    fn rate<S: Scalar>(&self, v: S, w: S) -> S {
        let drive = if T::BY_CURRENT { self.current(v, w) } else { v };
        self.flow(drive, w, ON) + self.flow(drive, w, OFF)
    }

    fn start(&self) -> f64 {
        (self.card.initial - self.card.bound[ON]) / self.width()
    }

    fn spreads(params: &T) -> Spreads {
        params.card().spreads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_barrier_moves_past_its_thresholds_alone() {
        let barrier =
            Barrier::<VteamParams>::prepare(&VteamParams::default(), &Environment::default());
        let barrier = barrier.expect("the defaults make a device");
        let middle = 0.5;
        // 5e-4·(0.1/0.02 − 1) and −10·(−0.4/−0.2 − 1)³ over 3 nm, times a window of one in the middle.
        assert!((barrier.rate(0.1, middle) * 3e-9 / 2e-3 - 1.0).abs() < 1e-4);
        assert!((barrier.rate(-0.4, middle) * 3e-9 / -10.0 - 1.0).abs() < 1e-4);
        for v in [-0.15, -0.05, 0.0, 0.01] {
            assert!(barrier.rate(v, middle).abs() < 1e-9, "{v}");
        }
    }

    #[test]
    fn the_barrier_stays_between_its_bounds() {
        for window in 0..=4 {
            let params = TeamParams { window, ..TeamParams::default() };
            let barrier = Barrier::<TeamParams>::prepare(&params, &Environment::default());
            let barrier = barrier.expect("a device");
            assert!(barrier.rate(1.0, 1.0) <= 0.0 && barrier.rate(-1.0, 0.0) >= 0.0, "{window}");
        }
    }

    #[test]
    fn a_barrier_without_width_is_refused() {
        let params = VteamParams { off_bound: 1e-9, on_bound: 2e-9, ..VteamParams::default() };
        let error = Barrier::<VteamParams>::prepare(&params, &Environment::default()).unwrap_err();
        assert!(error.to_string().contains("xoff"), "{error}");
    }
}
