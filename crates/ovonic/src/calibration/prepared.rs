//! A plan that was understood: the problem, how it is solved, and the cards that come of it.

use super::card::card;
use super::{CalibrationError, Deck, ExperimentTarget};
use ovonic_calibrate::{Finding, FitOptions, FitReport, Problem, Varying};

/// A plan that was understood.
pub struct PreparedFit {
    /// The problem.
    pub problem: Problem,
    /// How it is solved.
    pub options: FitOptions,
    /// What is odd about the data, though they can be fitted.
    pub findings: Vec<Finding>,
    pub(super) decks: Vec<(Deck, Vec<ExperimentTarget>, Vec<usize>)>,
    /// In a fit of distributions, what varies, and the device of each data set.
    pub(super) varying: Vec<Varying>,
    pub(super) devices: Vec<usize>,
}

impl PreparedFit {
    /// The deck of a data entry.
    pub(super) fn deck(&self, index: usize) -> &Deck {
        &self.decks[index].0
    }

    /// Tells the fit from another: what its starts depend on, as a number in hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = format!("{:?}{:?}", self.problem.parameters, self.options_of_starts());
        for (data, (deck, targets, uses)) in self.problem.data.iter().zip(&self.decks) {
            text += &format!("{targets:?}{uses:?}{:?}{:?}", data.objectives, data.guide);
            text += &format!("{:?}", data.experiment.traces());
            if let Ok(simulation) = deck.read() {
                text.extend(simulation.sources().files().map(|(_, file)| file.text()));
            }
        }
        format!("{:016x}", ovonic_device::fingerprint(&text))
    }

    /// What fitted each start, and not how many there are or what is done afterwards.
    fn options_of_starts(&self) -> (usize, u64, u64, u64) {
        let FitOptions { candidates, generations, max_iterations, seed, .. } = self.options;
        (candidates, generations, max_iterations, seed)
    }

    /// What is fitted in it.
    pub(super) fn targets(&self, index: usize) -> &[ExperimentTarget] {
        &self.decks[index].1
    }

    /// Model cards with the fitted values, ready to paste; one part for each deck.
    ///
    /// # Errors
    /// When a deck cannot be read any more or does not take the values.
    pub fn card(
        &self,
        report: &FitReport,
        provenance: &[String],
    ) -> Result<String, CalibrationError> {
        let mut text = String::new();
        for line in provenance {
            text += &format!("* {line}\n");
        }
        let mut parts: Vec<String> = Vec::new();
        for (deck, targets, uses) in &self.decks {
            let values = uses.iter().map(|&index| report.parameters[index].value);
            let part = card(deck, targets, &values.collect::<Vec<f64>>())?;
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        Ok(text + &parts.concat())
    }
}
