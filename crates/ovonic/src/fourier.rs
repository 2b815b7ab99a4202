//! Harmonics of transient results, as `.four` cards ask.

use crate::session::Simulation;
use ovonic_netlist::Span;
use ovonic_waveforms::{Harmonics, PlotKind, Results, Waveform, WaveformError, scientific};
use std::fmt;

/// What became of one signal of a `.four` card.
#[derive(Debug)]
pub struct Spectrum {
    /// The signal's name.
    pub name: String,
    /// The card.
    pub span: Span,
    /// Values of the stepped parameters, empty without `.step`.
    pub steps: Vec<(String, f64)>,
    /// The harmonics of the last period, or why there are none.
    pub result: Result<Harmonics, WaveformError>,
}

/// Harmonics that are computed, the fundamental among them.
pub(crate) const COUNT: usize = 9;

/// As SPICE programs print it.
impl fmt::Display for Spectrum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.steps {
            writeln!(f, "{name} = {value:e}")?;
        }
        let harmonics = match &self.result {
            Ok(harmonics) => harmonics,
            Err(error) => {
                return writeln!(f, "Fourier analysis for {}: failed: {error}", self.name);
            }
        };
        let count = harmonics.coefficients.len() + 1;
        let distortion = 100.0 * harmonics.distortion();
        writeln!(f, "Fourier analysis for {}:", self.name)?;
        writeln!(f, "  No. Harmonics: {count}, THD: {distortion:.6} %\n")?;
        writeln!(
            f,
            "{:<10}{:<14}{:<14}{:<13}{:<14}Norm. Phase",
            "Harmonic", "Frequency", "Magnitude", "Phase", "Norm. Mag"
        )?;
        let dc = scientific(harmonics.dc, 6);
        writeln!(f, "{:<10}{:<14}{dc:<14}0", 0, scientific(0.0, 6))?;
        let first = harmonics.coefficients.first().copied().unwrap_or_default();
        for (index, c) in harmonics.coefficients.iter().enumerate() {
            let frequency = scientific(harmonics.frequency * (index + 1) as f64, 6);
            let size = scientific(c.norm(), 6);
            let phase = c.arg().to_degrees();
            let relative = scientific(c.norm() / first.norm(), 6);
            let turned = phase - first.arg().to_degrees();
            writeln!(
                f,
                "{:<10}{frequency:<14}{size:<14}{phase:<13.6}{relative:<14}{turned:.6}",
                index + 1
            )?;
        }
        Ok(())
    }
}

impl Simulation {
    /// The harmonics that `.four` cards ask for; for every transient of a stepped run once.
    #[must_use]
    pub fn spectra(&self, results: &Results) -> Vec<Spectrum> {
        let mut spectra = Vec::new();
        for plot in results.plots.iter().filter(|plot| plot.kind == PlotKind::Transient) {
            for card in &self.design.fouriers {
                for name in &card.signals {
                    let result = Waveform::of(plot, name)
                        .and_then(|curve| curve.harmonics(card.frequency, COUNT));
                    spectra.push(Spectrum {
                        name: name.clone(),
                        span: card.span,
                        steps: plot.steps.clone(),
                        result,
                    });
                }
            }
        }
        spectra
    }

    /// Whether `.four` cards look at transients.
    #[must_use]
    pub fn wants_spectra(&self) -> bool {
        !self.design.fouriers.is_empty()
    }
}
