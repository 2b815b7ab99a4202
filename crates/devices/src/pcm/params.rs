//! Parameters of the phase-change memory, and what contradicts what among them.

use ovonic_device::{ParamError, Params};

/// Viscosity that no melt falls below, Pa·s.
const LEAST_VISCOSITY: f64 = 3e-6;

/// Parameters of the phase-change memory.
#[derive(Clone, Debug, Params)]
pub struct PcmParams {
    /// Largest thickness of the amorphous dome.
    #[param(name = "h", aliases = "thickness", unit = "m", default = 65e-9, range = "(0, inf)")]
    pub thickness: f64,
    /// Radius of the electrode and of the dome.
    #[param(name = "radius", unit = "m", default = 20e-9, range = "(0, inf)")]
    pub radius: f64,
    /// Initial amorphous thickness.
    #[param(name = "ua0", aliases = "ic", unit = "m", default = 30e-9, range = "[0, inf)")]
    pub initial_thickness: f64,
    /// Initial part of the nucleation sites that hold a nucleus.
    #[param(name = "nuc0", default = 0.0, range = "[0, 1]")]
    pub initial_nuclei: f64,
    /// Initial structural disorder: 1 as quenched, less when relaxed.
    #[param(name = "s0", default = 0.6, range = "[0, 1]")]
    pub initial_disorder: f64,

    /// Thermal resistance between the hot spot and its surroundings.
    #[param(name = "r_th", unit = "K/W", default = 5e6, range = "(0, inf)")]
    pub thermal_resistance: f64,
    /// Relative growth of the thermal conductance with the temperature's rise.
    #[param(name = "k_th", unit = "1/K", default = 1.25e-3, range = "[0, inf)")]
    pub thermal_growth: f64,
    /// Thermal capacitance of the hot spot.
    #[param(name = "c_th", unit = "J/K", default = 2e-16, range = "(0, inf)")]
    pub thermal_capacitance: f64,
    /// Part of the temperature's rise that is missing at the far end of the dome.
    #[param(name = "fall", default = 0.5, range = "[0, 1)")]
    pub temperature_fall: f64,

    /// Prefactor of the amorphous conductivity.
    #[param(name = "sigma_a", unit = "S/m", default = 3e3, range = "(0, inf)")]
    pub amorphous_conductivity: f64,
    /// Activation energy of the amorphous conductivity as quenched.
    #[param(name = "e_a", unit = "eV", default = 0.1, range = "[0, 2]")]
    pub amorphous_energy: f64,
    /// Growth of that energy as the disorder goes from 1 to 0; its ratio to `e_s` is the drift exponent.
    #[param(name = "de_a", unit = "eV", default = 0.1, range = "[0, 2]")]
    pub relaxation_energy: f64,
    /// Distance between traps, by which the field lowers the barrier.
    #[param(name = "dz", unit = "m", default = 4e-9, range = "(0, 1e-6)")]
    pub trap_distance: f64,
    /// Conductivity that the amorphous phase approaches in high fields.
    #[param(name = "sigma_on", unit = "S/m", default = 4e5, range = "(0, inf)")]
    pub on_conductivity: f64,
    /// Conductivity of the melt.
    #[param(name = "sigma_l", unit = "S/m", default = 3e5, range = "[0, inf)")]
    pub melt_conductivity: f64,
    /// Temperature interval of melting in the conductivity.
    #[param(name = "w_l", unit = "K", default = 15.0, range = "(0, inf)")]
    pub melting_interval: f64,
    /// Resistance of the whole thickness when crystalline, at 300 K.
    #[param(name = "r_c", unit = "Ohm", default = 18e3, range = "[0, inf)")]
    pub crystalline_resistance: f64,
    /// Activation energy of the crystalline conductivity.
    #[param(name = "e_c", unit = "eV", default = 0.1, range = "[0, 2]")]
    pub crystalline_energy: f64,
    /// Resistance of heater and electrodes.
    #[param(name = "r_h", unit = "Ohm", default = 500.0, range = "(0, inf)")]
    pub heater_resistance: f64,

    /// Melting temperature.
    #[param(name = "t_m", unit = "K", default = 900.0, range = "(0, inf)")]
    pub melting_temperature: f64,
    /// Glass transition temperature.
    #[param(name = "t_g", unit = "K", default = 520.0, range = "(0, inf)")]
    pub glass_temperature: f64,
    /// Vogel temperature, at which the viscosity above the glass transition would diverge.
    #[param(name = "t_f", unit = "K", default = 495.0, range = "(0, inf)")]
    pub vogel_temperature: f64,
    /// Strength of the viscosity above the glass transition.
    #[param(name = "d", default = 1.2, range = "(0, 100)")]
    pub strength: f64,
    /// Viscosity at the glass transition.
    #[param(name = "eta_g", unit = "Pa*s", default = 2.75e8, range = "(0, inf)")]
    pub glass_viscosity: f64,
    /// Activation energy of the viscosity below the glass transition.
    #[param(name = "e_visc", unit = "eV", default = 2.3, range = "[0, 10]")]
    pub viscous_energy: f64,
    /// Temperature interval of the glass transition.
    #[param(name = "w_g", unit = "K", default = 5.0, range = "(0, inf)")]
    pub glass_interval: f64,
    /// Heat of fusion a volume.
    #[param(name = "hf", unit = "J/m^3", default = 6.1e8, range = "(0, inf)")]
    pub fusion_heat: f64,
    /// Volume of a crystallising unit.
    #[param(name = "vm", unit = "m^3", default = 2.9e-28, range = "(0, inf)")]
    pub unit_volume: f64,
    /// Jump distance of diffusion.
    #[param(name = "lambda", unit = "m", default = 0.299e-9, range = "(0, inf)")]
    pub jump_distance: f64,

    /// Energy of the interface between crystal and liquid.
    #[param(name = "sigma_i", unit = "J/m^2", default = 0.06, range = "(0, inf)")]
    pub interface_energy: f64,
    /// Part of the nucleation barrier that is left at a site.
    #[param(name = "ftheta", default = 0.5, range = "(0, 1]")]
    pub barrier_part: f64,
    /// Distance between nucleation sites.
    #[param(name = "d_n", unit = "m", default = 10e-9, range = "(0, inf)")]
    pub site_distance: f64,
    /// Radius of a grown nucleus, which has to melt before the nucleus is gone.
    #[param(name = "r_n", unit = "m", default = 20e-9, range = "(0, inf)")]
    pub nucleus_radius: f64,
    /// Growth fronts that nuclei at all sites add to the dome's own.
    #[param(name = "fronts", default = 4.0, range = "[0, inf)")]
    pub nuclei_fronts: f64,

    /// Activation energy of structural relaxation when the disorder is gone.
    #[param(name = "e_s", unit = "eV", default = 1.5, range = "(0, 10)")]
    pub structural_energy: f64,
    /// Attempt rate of structural relaxation times its step.
    #[param(name = "nu0", unit = "1/s", default = 1e11, range = "[0, inf)")]
    pub attempt_rate: f64,
    /// Shear modulus at high frequency: a liquid becomes disordered within its viscosity over it.
    #[param(name = "g_inf", unit = "Pa", default = 3e10, range = "[0, inf)")]
    pub shear_modulus: f64,

    /// Relative 1/f noise of the amorphous resistance: its power density at 1 Hz over the square.
    #[param(name = "kf", unit = "1/Hz", default = 1e-3, range = "[0, inf)")]
    pub flicker: f64,
    /// Conductance that the cell was programmed to; with it, thickness, disorder, drift and 1/f noise are drawn as
    /// measured on arrays, and the simulation starts `t_prog` after programming.
    #[param(name = "g_prog", unit = "S", range = "(0, 40e-6)")]
    pub programmed: Option<f64>,
    /// Time since programming at which a drawn cell starts.
    #[param(name = "t_prog", unit = "s", default = 20.0, range = "(0, inf)")]
    pub programmed_since: f64,
    /// Exponent of the 1/f noise.
    #[param(name = "ef", default = 1.0, range = "(0, 3)")]
    pub flicker_exponent: f64,
}

impl PcmParams {
    /// Checks what single ranges cannot.
    pub(super) fn check(&self, ambient: f64) -> Result<(), ParamError> {
        let clash = |name, value, reason| Err(ParamError::Inconsistent { name, value, reason });
        if self.glass_temperature >= self.melting_temperature {
            let reason =
                "the glass transition \"t_g\" (K) has to lie below the melting point \"t_m\"";
            return clash("t_m", self.melting_temperature, reason);
        }
        if self.vogel_temperature >= self.glass_temperature {
            let reason =
                "the Vogel temperature \"t_f\" (K) has to lie below the glass transition \"t_g\"";
            return clash("t_f", self.vogel_temperature, reason);
        }
        // The limit of high temperature; no liquid is thinner than boiling helium.
        let liquid = self.strength * self.vogel_temperature
            / (self.glass_temperature - self.vogel_temperature);
        if self.glass_viscosity * (-liquid).exp() < LEAST_VISCOSITY {
            let reason = "with \"t_g\", \"t_f\" and \"eta_g\" this strength leaves the hot melt a viscosity below 3e-6 Pa*s";
            return clash("d", self.strength, reason);
        }
        if self.initial_thickness > self.thickness {
            let reason = "the amorphous dome (m) cannot be thicker than \"h\"";
            return clash("ua0", self.initial_thickness, reason);
        }
        if ambient >= self.melting_temperature {
            let reason = "the melting point (K) has to lie above the ambient temperature";
            return clash("t_m", self.melting_temperature, reason);
        }
        Ok(())
    }
}
