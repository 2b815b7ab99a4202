//! How cells differ after they were programmed to a conductance, as measured on arrays of doped Ge2Sb2Te5 mushroom cells.
//!
//! With `g = G/25 µS`, a cell programmed to `G` has, at `t0` after programming,
//!
//! ```text
//! G0  = G + N(0, σ),   σ = max(−1.1731 g² + 1.9650 g + 0.26348, 0) µS
//! G(t) = G0·(t/t0)^−ν,  ν = max(N(µ_ν, σ_ν), 0),   µ_ν = clip(−0.0155 ln g + 0.0244, 0.049, 0.1)
//!                                                 σ_ν = clip(−0.0125 ln g − 0.0059, 0.008, 0.045)
//! S_G/G² = Q²/f,   Q = min(0.0088/g^0.65, 0.2)
//! ```
//!
//! so that reads for `t_r` scatter by `G·Q·√ln((t + t_r)/2t_r)`. References: S. R. Nandakumar et al., ICECS (2019); V. Joshi
//! et al., Nat. Commun. 11 (2020) 2473.

use ovonic_device::Variation;

/// Conductance at which the fits are normalised, S.
const FULL_SCALE: f64 = 25e-6;
/// Smallest conductance that a draw may give, S.
const LEAST: f64 = 1e-9;

/// One cell's draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Programmed {
    /// Conductance at the reference time, S.
    pub(super) conductance: f64,
    /// Drift exponent.
    pub(super) drift: f64,
    /// `Q`: relative 1/f noise, its amplitude at 1 Hz.
    pub(super) noise: f64,
}

impl Programmed {
    /// Draws a cell that was programmed to `target` (S).
    pub(super) fn draw(target: f64, variation: Variation) -> Self {
        let g = target / FULL_SCALE;
        let [programming, mean, spread] = moments(g);
        let conductance = target + programming * variation.normal("programming", 0);
        Self {
            conductance: conductance.max(LEAST),
            drift: (mean + spread * variation.normal("drift", 0)).max(0.0),
            noise: (0.0088 / g.powf(0.65)).min(0.2),
        }
    }
}

/// Spread of programming (S), mean and spread of the drift exponent.
fn moments(g: f64) -> [f64; 3] {
    let programming = (-1.1731 * g * g + 1.9650 * g + 0.26348).max(0.0) * 1e-6;
    let mean = (-0.0155 * g.ln() + 0.0244).clamp(0.049, 0.1);
    let spread = (-0.0125 * g.ln() - 0.0059).clamp(0.008, 0.045);
    [programming, mean, spread]
}

#[cfg(test)]
mod tests {
    use super::super::{Pcm, PcmParams};
    use super::*;
    use ovonic_device::{Environment, Model};

    const CELLS: usize = 10_000;

    fn mean_and_spread(values: &[f64]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
    }

    #[test]
    fn ten_thousand_cells_have_the_measured_statistics() {
        // Published fits at 5, 10 and 20 µS, by hand: σ in µS, mean and spread of the exponent.
        for (target, programming, mean, spread) in [
            (5.0, 0.609556, 0.049346, 0.014218),
            (10.0, 0.861784, 0.049, 0.008),
            (20.0, 1.084696, 0.049, 0.008),
        ] {
            let draws: Vec<Programmed> = (0..CELLS)
                .map(|k| Variation::new(3).of_instance(&format!("n{k}")))
                .map(|variation| Programmed::draw(target * 1e-6, variation))
                .collect();
            let conductances: Vec<f64> = draws.iter().map(|d| d.conductance * 1e6).collect();
            let exponents: Vec<f64> = draws.iter().map(|d| d.drift).collect();
            // Four standard errors: σ/√n of a mean, σ/√2n of a spread.
            let error = 4.0 / (CELLS as f64).sqrt();
            let (found, scatter) = mean_and_spread(&conductances);
            assert!((found - target).abs() < error * programming, "{target}: {found}");
            assert!((scatter / programming - 1.0).abs() < error, "{target}: {scatter}");
            let (found, scatter) = mean_and_spread(&exponents);
            assert!((found - mean).abs() < error * spread, "{target}: {found}");
            assert!((scatter / spread - 1.0).abs() < error, "{target}: {scatter}");
        }
    }

    #[test]
    fn cells_have_the_conductance_the_drift_and_the_noise_that_were_drawn() {
        for k in 0..CELLS {
            let variation = Variation::new(5).of_instance(&format!("n{k}"));
            let target = 2e-6 + 18e-6 * k as f64 / CELLS as f64;
            let params = PcmParams { programmed: Some(target), ..PcmParams::default() };
            let env = Environment { temperature: 300.0, variation, ..Environment::default() };
            let cell = Pcm::prepare(&params, &env).expect("a cell");
            let drawn = Programmed::draw(target, variation);
            let mut x = [0.0; 8];
            cell.initial(&mut x);
            if x[super::super::X] >= 1.0 {
                continue;
            }
            let conductance = |x: &[f64; 8]| 1.0 / cell.resistances(x).iter().sum::<f64>();
            let before = conductance(&x);
            assert!((before / drawn.conductance - 1.0).abs() < 1e-9, "{before:e} {drawn:?}");
            // A little later on the logarithm of time: ds = −(kT/E_s)·d(ln t).
            let later = 1e-3;
            x[super::super::DISORDER] -= 300.0 / cell.structural * later;
            let exponent = -(conductance(&x) / before).ln() / later;
            assert!(
                (exponent - drawn.drift).abs() < 1e-3 * drawn.drift + 1e-9,
                "{exponent} {drawn:?}"
            );
        }
    }
}
