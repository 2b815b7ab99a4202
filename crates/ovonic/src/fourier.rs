//! Harmonics of transient results, as `.four` cards ask.

use crate::session::Simulation;
use ovonic_netlist::Span;
use ovonic_waveforms::{Harmonics, PlotKind, Results, Waveform, WaveformError};

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
const COUNT: usize = 9;

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
