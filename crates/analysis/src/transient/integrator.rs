//! Integration formulas and their truncation errors.
//!
//! A step solves `f(x_n) + q̇_n = 0` with `q̇_n = α·q_n + history`, where
//!
//! ```text
//! backward Euler   α = 1/h                 history = −α·q₁
//! trapezoidal      α = 2/h                 history = −α·q₁ − q̇₁
//! gear 2           α = (1+2ω)/((1+ω)h)     history = −((1+ω)/h)·q₁ + (ω²/((1+ω)h))·q₂,   ω = h/h₁
//! TR-BDF2          trapezoidal over γh, then gear 2 over the rest, γ = 2 − √2: both stages share α
//! ```
//!
//! and `q₁`, `q₂` are one and two points back. Sources: Nagel, ERL-M520 (1975) for the first three; Bank et al.,
//! IEEE Trans. CAD 4 (1985) 436, and Hosea and Shampine, Appl. Numer. Math. 20 (1996) 21, for TR-BDF2.

/// γ of TR-BDF2: the value at which both stages have the same α.
pub(super) const GAMMA: f64 = 2.0 - std::f64::consts::SQRT_2;

/// An integration method, as users choose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IntegrationMethod {
    /// Trapezoidal rule: second order, A-stable; ringing is damped by TR-BDF2 steps when it is seen.
    #[default]
    Trapezoidal,
    /// Variable-step BDF of second order: L-stable, more damping.
    Gear2,
    /// One-step, second order, L-stable.
    TrBdf2,
    /// First order, L-stable.
    BackwardEuler,
}

impl IntegrationMethod {
    /// All methods, for suites that run on each.
    pub const ALL: [IntegrationMethod; 4] =
        [Self::Trapezoidal, Self::Gear2, Self::TrBdf2, Self::BackwardEuler];

    /// Name as options take it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trapezoidal => "trap",
            Self::Gear2 => "gear",
            Self::TrBdf2 => "trbdf2",
            Self::BackwardEuler => "euler",
        }
    }

    /// Order of accuracy.
    pub fn order(self) -> i32 {
        match self {
            Self::BackwardEuler => 1,
            _ => 2,
        }
    }
}

/// The formula of one solve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Formula {
    /// Coefficient of `q_n`, 1/s.
    pub(super) alpha: f64,
    /// Coefficient of `q₁`, 1/s.
    pub(super) one: f64,
    /// Coefficient of `q₂`, 1/s.
    pub(super) two: f64,
    /// Coefficient of `q̇₁`.
    pub(super) rate: f64,
}

impl Formula {
    pub(super) fn backward_euler(h: f64) -> Self {
        Self { alpha: 1.0 / h, one: -1.0 / h, two: 0.0, rate: 0.0 }
    }

    pub(super) fn trapezoidal(h: f64) -> Self {
        Self { alpha: 2.0 / h, one: -2.0 / h, two: 0.0, rate: -1.0 }
    }

    /// Gear 2 with the previous step `h1`.
    pub(super) fn gear2(h: f64, h1: f64) -> Self {
        let w = h / h1;
        Self {
            alpha: (1.0 + 2.0 * w) / ((1.0 + w) * h),
            one: -(1.0 + w) / h,
            two: w * w / ((1.0 + w) * h),
            rate: 0.0,
        }
    }

    /// First stage of TR-BDF2 over the step `h`.
    pub(super) fn tr_stage(h: f64) -> Self {
        // The same expression as the second stage's, so that the matrix is the same to the last bit.
        let alpha = Self::bdf_stage(h).alpha;
        Self { alpha, one: -alpha, two: 0.0, rate: -1.0 }
    }

    /// Second stage: `one` belongs to the intermediate point, `two` to the step's start.
    pub(super) fn bdf_stage(h: f64) -> Self {
        Self {
            alpha: (2.0 - GAMMA) / ((1.0 - GAMMA) * h),
            one: -1.0 / (GAMMA * (1.0 - GAMMA) * h),
            two: (1.0 - GAMMA) / (GAMMA * h),
            rate: 0.0,
        }
    }

    /// `history` by row.
    pub(super) fn history(&self, q1: &[f64], q2: &[f64], rate: &[f64], out: &mut [f64]) {
        if self.two == 0.0 {
            for ((out, q1), rate) in out.iter_mut().zip(q1).zip(rate) {
                *out = self.one * q1 + self.rate * rate;
            }
        } else {
            for ((out, q1), q2) in out.iter_mut().zip(q1).zip(q2) {
                *out = self.one * q1 + self.two * q2;
            }
        }
    }

    /// `q̇_n` from `q_n`, by the same formula.
    pub(super) fn rates(&self, q: &[f64], q1: &[f64], q2: &[f64], rate: &mut [f64]) {
        if self.two == 0.0 {
            for ((rate, q), q1) in rate.iter_mut().zip(q).zip(q1) {
                *rate = self.alpha * q + self.one * q1 + self.rate * *rate;
            }
        } else {
            for (((rate, q), q1), q2) in rate.iter_mut().zip(q).zip(q1).zip(q2) {
                *rate = self.alpha * q + self.one * q1 + self.two * q2;
            }
        }
    }
}

/// `k` in the error `k·h³·q⃛` of TR-BDF2.
const TR_BDF2_ERROR: f64 = (3.0 * GAMMA * GAMMA - 4.0 * GAMMA + 2.0) / (12.0 * (2.0 - GAMMA));

/// How many times the error of a second-order formula is what SPICE, and so `trtol`, takes it for: SPICE multiplies
/// the formula's constant by a divided difference where the third derivative, 3! times that, belongs.
const SPICE_SHARE: f64 = 6.0;
/// The same for formulas that damp, whose errors all take amplitude away: half of what SPICE allows them.
const DAMPING_SHARE: f64 = 3.0;

/// Error constants of the formulas, from divided differences of the stored quantity: the local error of `q` as SPICE
/// counts it is `constant · difference`, where the difference is of order 2 (Euler) or 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ErrorEstimate {
    /// Nothing to estimate from.
    None,
    /// The first step from a corner: a state's or enthalpy's error is at most about half of its change, since its rate at the corner
    /// is not known. A charge's is not estimated: it follows its voltage.
    First,
    /// Second divided difference over the last three points.
    Second {
        /// Factor.
        constant: f64,
    },
    /// Third divided difference over the last four points.
    Third {
        /// Factor.
        constant: f64,
        /// How many times this the true error is.
        share: f64,
    },
    /// Difference of the rates at the start, the intermediate point and the end of TR-BDF2.
    Stages {
        /// Factor.
        constant: f64,
        /// How many times this the true error is.
        share: f64,
    },
}

impl ErrorEstimate {
    /// Backward Euler: `h²/2·q̈`, and `q̈ = 2·difference`. Its error is counted whole.
    pub(super) fn backward_euler(h: f64) -> Self {
        Self::Second { constant: h * h }
    }

    fn third(constant: f64, share: f64) -> Self {
        Self::Third { constant: constant / share, share }
    }

    /// How many times the estimate the true error is.
    pub(super) fn share(self) -> f64 {
        match self {
            Self::None | Self::First | Self::Second { .. } => 1.0,
            Self::Third { share, .. } | Self::Stages { share, .. } => share,
        }
    }

    /// Trapezoidal: `h³/12·q⃛`, and `q⃛ = 6·difference`.
    pub(super) fn trapezoidal(h: f64) -> Self {
        Self::third(0.5 * h * h * h, SPICE_SHARE)
    }

    /// Gear 2: `h²(h + h₁)²/(6(2h + h₁))·q⃛`.
    pub(super) fn gear2(h: f64, h1: f64) -> Self {
        let sum = h + h1;
        Self::third(h * h * sum * sum / (2.0 * h + h1), DAMPING_SHARE)
    }

    /// TR-BDF2: `k·h³·q⃛` with the third derivative from the rates' second difference.
    pub(super) fn tr_bdf2(h: f64) -> Self {
        Self::Stages { constant: 2.0 * TR_BDF2_ERROR * h / DAMPING_SHARE, share: DAMPING_SHARE }
    }

    /// The same with the third derivative from the past, for a step among others by the trapezoidal rule.
    pub(super) fn tr_bdf2_by_differences(h: f64) -> Self {
        Self::third(6.0 * TR_BDF2_ERROR * h * h * h, SPICE_SHARE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_stages_of_tr_bdf2_share_alpha() {
        let trapezoidal = Formula::trapezoidal(GAMMA * 0.3).alpha;
        assert!((Formula::tr_stage(0.3).alpha / trapezoidal - 1.0).abs() < 1e-15);
    }

    #[test]
    fn formulas_are_exact_for_their_order() {
        // q = 1 + 2t + 3t² at 0, −h, −h − h₁.
        let q = |t: f64| 1.0 + 2.0 * t + 3.0 * t * t;
        let (h, h1) = (0.1, 0.07);
        let gear = Formula::gear2(h, h1);
        let rate = gear.alpha * q(0.0) + gear.one * q(-h) + gear.two * q(-h - h1);
        assert!((rate - 2.0).abs() < 1e-13);
        let trap = Formula::trapezoidal(h);
        let rate = trap.alpha * q(0.0) + trap.one * q(-h) + trap.rate * (2.0 - 6.0 * h);
        assert!((rate - 2.0).abs() < 1e-13);
    }
}
