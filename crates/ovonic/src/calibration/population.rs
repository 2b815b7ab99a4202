//! Distributions of a deck's parameters: what the plan says of them, the statistical card, and whether its Monte Carlo
//! gives the features that were measured.

use super::experiment::DeckExperiment;
use super::plan::{FitPlan, PlanError};
use super::prepared::PreparedFit;
use super::{CalibrationError, ExperimentTarget};
use ovonic_calibrate::{
    Curve, Experiment, ExperimentError, Feature, FitError, FitObserver, Law, PopulationReport,
    Trace, Varying, fit_population, quantile,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What varies from trace to trace.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PlanVariation {
    /// One of the plan's parameters.
    pub name: String,
    /// How the model draws it: `normal`, `relative` or `factor`.
    pub law: String,
    /// The model's parameter that takes the spread from cycle to cycle.
    pub cycle: Option<String>,
    /// The model's parameter that takes the spread between devices.
    pub device: Option<String>,
}

/// A feature whose distribution the Monte Carlo has to give.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PlanCheck {
    /// `threshold`, `hold`, `delay` or `relaxation`.
    pub feature: String,
    /// The level that is crossed, in the response's unit.
    pub level: f64,
    /// For `delay` and `relaxation`: their start, s.
    #[serde(default)]
    pub from: f64,
    /// Largest relative difference of the medians that is good enough.
    pub median: Option<f64>,
    /// Largest relative difference of the 5 % to 95 % ranges' widths that is good enough.
    pub range: Option<f64>,
    /// Devices that are drawn; 1000 if absent.
    pub trials: Option<usize>,
}

/// A feature's distribution, measured and drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureCheck {
    /// The feature.
    pub name: String,
    /// 5 %, 50 % and 95 % points of the measurement.
    pub measured: [f64; 3],
    /// The same of devices drawn from the card.
    pub drawn: [f64; 3],
    /// Traces that have the feature, and traces.
    pub n_measured: (usize, usize),
    /// Drawn devices that have it, and drawn devices.
    pub n_drawn: (usize, usize),
    /// Whether the differences are as small as they have to be.
    pub is_met: bool,
}

impl FeatureCheck {
    /// Relative difference of the medians.
    #[must_use]
    pub fn median_error(&self) -> f64 {
        self.drawn[1] / self.measured[1] - 1.0
    }

    /// Relative difference of the widths of the 5 % to 95 % ranges.
    #[must_use]
    pub fn range_error(&self) -> f64 {
        (self.drawn[2] - self.drawn[0]) / (self.measured[2] - self.measured[0]) - 1.0
    }
}

impl PlanVariation {
    pub(super) fn law(&self) -> Result<Law, PlanError> {
        match self.law.as_str() {
            "normal" => Ok(Law::Normal),
            "relative" => Ok(Law::Relative),
            "factor" => Ok(Law::Factor),
            found => Err(PlanError::Word {
                what: "law",
                found: found.to_owned(),
                expected: "normal, relative or factor",
            }),
        }
    }
}

impl PlanCheck {
    pub(super) fn feature(&self) -> Result<Feature, PlanError> {
        let (level, from) = (self.level, self.from);
        match self.feature.as_str() {
            "threshold" => Ok(Feature::Threshold { level }),
            "hold" => Ok(Feature::Hold { level }),
            "delay" => Ok(Feature::Delay { level, from }),
            "relaxation" => Ok(Feature::Relaxation { level, from }),
            found => Err(PlanError::Word {
                what: "feature",
                found: found.to_owned(),
                expected: "threshold, hold, delay or relaxation",
            }),
        }
    }
}

impl FitPlan {
    /// What varies, as the fit takes it; empty where the plan asks for no distributions.
    pub(super) fn varying(&self, names: &[&str]) -> Result<Vec<Varying>, PlanError> {
        let find = |variation: &PlanVariation| {
            let same = |name: &&str| name.eq_ignore_ascii_case(&variation.name);
            let parameter = names.iter().position(same).ok_or_else(|| PlanError::Missing {
                what: format!("the variation of \"{}\"", variation.name),
                needed: "a parameter of that name",
            })?;
            Ok(Varying { parameter, law: variation.law()? })
        };
        self.variation.iter().map(find).collect()
    }
}

impl PreparedFit {
    /// Fits the distributions that the plan asks for.
    ///
    /// # Errors
    /// When the problem makes no sense or no start gives a result.
    pub fn fit_population(&self, observer: &dyn FitObserver) -> Result<PopulationReport, FitError> {
        fit_population(&self.problem, &self.devices, &self.varying, &self.options, observer)
    }

    /// The parameters of a statistical card with their values: those that were fitted, then the spreads.
    fn statistical(
        &self,
        plan: &FitPlan,
        report: &PopulationReport,
    ) -> (Vec<ExperimentTarget>, Vec<f64>) {
        let mut targets = self.targets(0).to_vec();
        let mut values = report.values.clone();
        for (variation, found) in plan.variation.iter().zip(&report.distributions) {
            let pairs = [(&variation.cycle, found.cycle), (&variation.device, found.device)];
            for (name, spread) in pairs {
                if let (Some(name), Some(spread)) = (name, spread) {
                    targets.push(ExperimentTarget::new(name, spread.value, spread.value));
                    values.push(spread.value);
                }
            }
        }
        (targets, values)
    }

    /// A statistical card: centres and spreads, ready to paste.
    ///
    /// # Errors
    /// When the deck cannot be read any more or does not take the values.
    pub fn statistical_card(
        &self,
        plan: &FitPlan,
        report: &PopulationReport,
        provenance: &[String],
    ) -> Result<String, CalibrationError> {
        let (targets, values) = self.statistical(plan, report);
        let head: String = provenance.iter().map(|line| format!("* {line}\n")).collect();
        Ok(head + &super::card::card(self.deck(0), &targets, &values)?)
    }

    /// Draws devices from the statistical card, measures them as the traces were measured and compares the features'
    /// distributions. Traces with another stimulus than the first one do not count.
    ///
    /// # Errors
    /// When the deck does not take the values, or has no solution for one of the devices.
    pub fn check(
        &self,
        plan: &FitPlan,
        report: &PopulationReport,
        observer: &dyn FitObserver,
    ) -> Result<Vec<FeatureCheck>, PlanError> {
        let Some(most) = plan.check.iter().map(|check| check.trials.unwrap_or(1000)).max() else {
            return Ok(Vec::new());
        };
        let features = plan.check.iter().map(PlanCheck::feature).collect::<Result<Vec<_>, _>>()?;
        let traces: Vec<&Trace> =
            self.problem.data.iter().flat_map(|data| data.experiment.traces()).collect();
        let first = traces[0].clone();
        let (targets, values) = self.statistical(plan, report);
        let options = plan.data[0].options()?;
        let deck = self.deck(0).clone();
        const CHUNK: usize = 32;
        let chunks: Vec<usize> = (0..most).step_by(CHUNK).collect();
        let drawn = chunks.into_par_iter().map(|start| -> Result<Vec<_>, CalibrationError> {
            let mut experiment = DeckExperiment::new(
                deck.clone(),
                vec![first.clone()],
                targets.clone(),
                options.clone(),
            )?;
            let mut found = Vec::with_capacity(CHUNK);
            for trial in (start..most.min(start + CHUNK)).filter(|_| !observer.is_cancelled()) {
                experiment.set_seed(trial as u64 + 1)?;
                let curve = match experiment.predict(&values, false, &|| observer.is_cancelled()) {
                    Ok(mut curves) => curves.remove(0),
                    Err(ExperimentError::NoSolution(_)) => Curve::default(),
                    Err(error) => return Err(CalibrationError::Data(error.to_string())),
                };
                let read = |feature: &Feature| feature.predicted(&first, &curve);
                found.push(features.iter().map(read).collect::<Vec<Option<f64>>>());
            }
            Ok(found)
        });
        let drawn: Vec<Vec<Option<f64>>> =
            drawn.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let alike = |trace: &&&Trace| {
            trace.time == first.time && trace.drive == first.drive && trace.pulse == first.pulse
        };
        let traces: Vec<&&Trace> = traces.iter().filter(alike).collect();
        let checks =
            plan.check.iter().zip(&features).enumerate().map(|(index, (check, feature))| {
                let trials = &drawn[..drawn.len().min(check.trials.unwrap_or(1000))];
                let points = |values: Vec<f64>| {
                    let mut sorted = values;
                    sorted.sort_by(f64::total_cmp);
                    ([0.05, 0.5, 0.95].map(|part| quantile(&sorted, part)), sorted.len())
                };
                let (measured, n_measured) =
                    points(traces.iter().filter_map(|trace| feature.measured(trace)).collect());
                let (drawn, n_drawn) =
                    points(trials.iter().filter_map(|trial| trial[index]).collect());
                let mut found = FeatureCheck {
                    name: check.feature.clone(),
                    measured,
                    drawn,
                    n_measured: (n_measured, traces.len()),
                    n_drawn: (n_drawn, trials.len()),
                    is_met: true,
                };
                let met =
                    |limit: Option<f64>, off: f64| limit.is_none_or(|limit| off.abs() <= limit);
                found.is_met = met(check.median, found.median_error())
                    && met(check.range, found.range_error());
                found
            });
        Ok(checks.collect())
    }
}
