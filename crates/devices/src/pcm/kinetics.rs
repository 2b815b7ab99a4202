//! How fast the material crystallises, melts, nucleates and relaxes.
//!
//! ```text
//! γ(T)  = kT/(3πλ³η(T))                              jumps a second
//! ln η  = s·VFT + (1 − s)·Arrhenius,  s = logistic((T − Tg)/wg)
//! Δg(T) = ΔHf·vm·(Tm − T)/Tm·T/Tm                    free energy that a unit gains by crystallising
//! v(T)  = 2·vm^(1/3)·γ·sinh(Δg/2kT)                  speed of the front; negative above Tm
//! I(T)  = (4/vm)·γ·n_c^(2/3)·Z·exp(−ΔG_c/kT)         nuclei a volume and second
//! ```
//!
//! The two parts of the front's speed are kept apart: a crystallising part `e^d` that consumes the amorphous
//! phase, and a melting part `e^−d` that consumes the crystal, with `d = Δg/2kT`. With the spherical nucleus's
//! `n_c` and `Z` written out, `n_c^(2/3)·Z` is `K^(1/6)/√(6πkT)`, `K = f·(32π/3)·vm²σ³`, without `Δg`.
//!
//! Source: G. W. Burr et al., "Observation and modeling of polycrystalline grain formation in Ge2Sb2Te5",
//! J. Appl. Phys. 111 (2012) 104308.

use super::params::PcmParams;
use ovonic_device::constants::{BOLTZMANN, ELEMENTARY_CHARGE};
use ovonic_numerics::scalar::{Scalar, limited_exp, sigmoid, soft_plus};
use std::f64::consts::PI;

/// Part of the free energy at full undercooling below which nucleation is smoothed to nothing.
const NUCLEATION_WIDTH: f64 = 0.01;
/// Width in `2·sinh(d)` over which the dissolution of nuclei begins at the melting point.
const DISSOLUTION_WIDTH: f64 = 0.02;
/// Exponents beyond this are continued by their tangents.
const LARGEST_EXPONENT: f64 = 80.0;

/// Prepared kinetics.
#[derive(Clone, Debug)]
pub(super) struct Kinetics {
    melting: f64,
    glass: f64,
    vogel: f64,
    strength: f64,
    ln_viscosity: f64,
    /// Activation temperature of the viscosity below the glass transition, K.
    viscous: f64,
    width: f64,
    /// `ΔHf·vm`, J.
    unit_heat: f64,
    /// `vm^(1/3)`, m.
    unit_length: f64,
    /// `k/(3πλ³)`, so that `γ = mobility·T/η`.
    mobility: f64,
    /// `f·(16π/3)·vm²σ³`, J³.
    barrier: f64,
    /// Factor of the nucleation rate at a site: `(4/vm)·K^(1/6)/√(6πk)·site volume`.
    nucleation: f64,
}

/// The front at one temperature.
#[derive(Clone, Copy)]
pub(super) struct Front<S> {
    /// `vm^(1/3)·γ`, m/s.
    pub(super) mobility: S,
    /// `d = Δg/2kT`.
    pub(super) drive: S,
    /// `Δg`, J.
    energy: S,
}

impl Kinetics {
    pub(super) fn new(p: &PcmParams) -> Self {
        let unit = p.unit_volume.powi(2) * p.interface_energy.powi(3) * p.barrier_part;
        let size: f64 = 32.0 * PI / 3.0 * unit;
        let at_site = p.site_distance.powi(3) * 4.0 / p.unit_volume;
        Self {
            melting: p.melting_temperature,
            glass: p.glass_temperature,
            vogel: p.vogel_temperature,
            strength: p.strength,
            ln_viscosity: p.glass_viscosity.ln(),
            viscous: p.viscous_energy * ELEMENTARY_CHARGE / BOLTZMANN,
            width: p.glass_interval,
            unit_heat: p.fusion_heat * p.unit_volume,
            unit_length: p.unit_volume.cbrt(),
            mobility: BOLTZMANN / (3.0 * PI * p.jump_distance.powi(3)),
            barrier: 0.5 * size,
            nucleation: at_site * size.powf(1.0 / 6.0) / (6.0 * PI * BOLTZMANN).sqrt(),
        }
    }

    /// Natural logarithm of the viscosity over 1 Pa·s.
    pub(super) fn ln_viscosity<S: Scalar>(&self, t: S) -> S {
        // T − Tf, kept above the interval's width where the law is not used any more.
        let above = |t: S| soft_plus((t - self.vogel) / self.width - 1.0) * self.width + self.width;
        let inverse = above(S::constant(self.glass)).recip();
        let liquid = (above(t).recip() - inverse) * (self.strength * self.vogel);
        let solid = (t.recip() - 1.0 / self.glass) * self.viscous;
        let share = (t - self.glass) / self.width;
        sigmoid(share) * liquid + sigmoid(-share) * solid + self.ln_viscosity
    }

    /// The front at a temperature (K).
    pub(super) fn front<S: Scalar>(&self, t: S) -> Front<S> {
        let energy = (-t + self.melting) * t * (self.unit_heat / self.melting.powi(2));
        // Cold glass is as good as infinitely viscous; exp(−700) is not yet zero.
        let ln_mobility = t.ln() - self.ln_viscosity(t) + (self.mobility * self.unit_length).ln();
        let mobility = limited_exp(ln_mobility, LARGEST_EXPONENT);
        let drive =
            (-t + self.melting) * (self.unit_heat / (2.0 * BOLTZMANN * self.melting.powi(2)));
        Front { mobility, drive, energy }
    }

    /// Nuclei a second at an empty site, at a temperature (K) and its front.
    pub(super) fn nucleation<S: Scalar>(&self, t: S, front: &Front<S>) -> S {
        let width = NUCLEATION_WIDTH * self.unit_heat;
        let energy = soft_plus(front.energy / width) * width + 1e-3 * width;
        let exponent = -(energy.square() * t * BOLTZMANN).recip() * self.barrier;
        let jumps = front.mobility / self.unit_length;
        jumps * limited_exp(exponent, LARGEST_EXPONENT) * self.nucleation / t.sqrt()
    }

    /// Speed (m/s) at which nuclei melt away; nothing below the melting point.
    pub(super) fn dissolution<S: Scalar>(&self, front: &Front<S>) -> S {
        let melting = -front.drive.sinh() * (2.0 / DISSOLUTION_WIDTH);
        front.mobility * soft_plus(melting) * DISSOLUTION_WIDTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The set of Burr et al. with the strength calibrated to its published speeds.
    fn burr() -> Kinetics {
        Kinetics::new(&PcmParams {
            glass_temperature: 428.0,
            vogel_temperature: 393.0,
            strength: 2.05,
            glass_viscosity: 1.65e8,
            ..PcmParams::default()
        })
    }

    /// Speed at which the crystal grows, m/s; negative where it melts.
    fn speed(kinetics: &Kinetics, t: f64) -> f64 {
        let front = kinetics.front(t);
        2.0 * front.mobility * front.drive.sinh()
    }

    fn fastest(kinetics: &Kinetics) -> (f64, f64) {
        let speeds = (4000..9000).map(|t| f64::from(t) / 10.0);
        let speeds = speeds.map(|t| (t, speed(kinetics, t)));
        speeds.max_by(|a, b| a.1.total_cmp(&b.1)).expect("temperatures")
    }

    #[test]
    fn one_law_grows_below_the_melting_point_and_melts_above() {
        let kinetics = burr();
        let (at, most) = fastest(&kinetics);
        assert!((at - 720.6).abs() < 0.2 && (most - 0.5189).abs() < 1e-3, "{at} {most}");
        for (t, expected) in [(550.0, 0.1116), (500.0, 1.373e-2), (920.0, -0.1372)] {
            let found = speed(&kinetics, t);
            assert!((found / expected - 1.0).abs() < 2e-3, "{t}: {found}");
        }
        assert_eq!(speed(&kinetics, 900.0), 0.0);
    }

    #[test]
    fn the_default_material_peaks_near_750_kelvin_and_rests_below_550() {
        let kinetics = Kinetics::new(&PcmParams::default());
        let (at, most) = fastest(&kinetics);
        assert!((740.0..770.0).contains(&at) && (0.4..0.6).contains(&most), "{at} {most}");
        // Fifty pulses of 50 ns move the front by less than 1.2 nm at 550 K, by nothing at 500 K.
        assert!(speed(&kinetics, 550.0) * 2.5e-6 < 1.2e-9);
        assert!(speed(&kinetics, 500.0) * 2.5e-6 < 1e-14);
    }

    #[test]
    fn nuclei_form_below_the_melting_point_and_dissolve_above() {
        let kinetics = Kinetics::new(&PcmParams::default());
        let rates = |t: f64| {
            let front = kinetics.front(t);
            (kinetics.nucleation(t, &front), kinetics.dissolution(&front))
        };
        // At 600 K by hand: Δg 3.93e-20 J, ΔG_c/kT 11.9, γ from the speed.
        let (formed, dissolved) = rates(600.0);
        assert!((1e4..1e7).contains(&formed) && dissolved < 1e-30, "{formed} {dissolved}");
        let (formed, dissolved) = rates(950.0);
        assert!(formed == 0.0, "{formed}");
        assert!((dissolved / -speed(&kinetics, 950.0) - 1.0).abs() < 0.01);
        assert!(rates(300.0).0 < 1e-12);
    }
}
