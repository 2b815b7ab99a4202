//! A fit as users write it down, on a command line or in a file, and the problem that it is.

use super::population::{PlanCheck, PlanVariation};
use super::prepared::PreparedFit;
use super::{
    CalibrationError, Deck, DeckExperiment, ExperimentOptions, ExperimentTarget, Mode, Sweeping,
};
use crate::session::LoadOptions;
use ovonic_calibrate::{
    Branch, DataError, DataFile, DataSet, Feature, Finding, FitOptions, FitReport, Loss, Mapping,
    MappingError, Measure, Objective, Parameter, Preparation, Problem, Scale, Selection, Trace,
    examine, traces,
};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A parameter to fit.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PlanParameter {
    /// Name in the deck: `d1.is`, `dm.is`, `r1`, a `.param`, `temp`.
    pub name: String,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// Whether its logarithm is fitted; by default where the bounds are of one sign and two decades apart.
    pub log: Option<bool>,
    /// Where the first start stands.
    pub start: Option<f64>,
    /// Further names in the deck that have the same value, or `2*name` for a multiple of it.
    #[serde(default)]
    pub also: Vec<String>,
    /// Whether each data set has a value of its own.
    #[serde(default)]
    pub per_device: bool,
}

/// A term of what is minimised.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PlanObjective {
    /// `linear`, `log`, `relative`, `curve`, `threshold`, `hold`, `delay` or `relaxation`.
    pub measure: String,
    /// Factor on its sum of squares; 1 if absent.
    pub weight: Option<f64>,
    /// Smallest magnitude that matters, in the response's unit.
    #[serde(default)]
    pub floor: f64,
    /// For `curve`: the abscissa that counts as a decade. For features: the difference that counts as one.
    pub tolerance: Option<f64>,
    /// For features: the level that is crossed, in the response's unit.
    pub level: Option<f64>,
    /// For `delay` and `relaxation`: their start, s.
    #[serde(default)]
    pub from: f64,
    /// `square`, `soft-l1` or `cauchy`.
    pub loss: Option<String>,
    /// Residual at which the loss bends.
    pub loss_scale: Option<f64>,
}

/// Measured data.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PlanData {
    /// The file.
    pub file: PathBuf,
    /// What its columns are, as [`Mapping::parse`] takes it.
    pub map: String,
    /// The deck that predicts them, if it is not that of the plan.
    pub deck: Option<PathBuf>,
    /// The source that takes the measured drive.
    pub drive: Option<String>,
    /// What is observed.
    pub observe: Option<String>,
    /// Rate of a sweep without times, V/s.
    pub rate: Option<f64>,
    /// Time from point to point of a sweep without times, s.
    pub dwell: Option<f64>,
    /// Time of the first read of a pulse train, s.
    pub first_read: Option<f64>,
    /// Time from read to read of a pulse train, s.
    pub period: Option<f64>,
    /// Largest time step, s.
    pub max_step: Option<f64>,
    /// Compliance of the instrument, in the response's unit.
    pub compliance: Option<f64>,
    /// Noise floor of the instrument, in the response's unit.
    pub noise_floor: Option<f64>,
    /// `up`, `down`, `set`, `reset`; all if there is none.
    #[serde(default)]
    pub branches: Vec<String>,
    /// Abscissa ranges that do not count.
    #[serde(default)]
    pub saturated: Vec<(f64, f64)>,
    /// Whether rows with missing values are left out.
    #[serde(default)]
    pub skip_missing: bool,
    /// At most so many points of each trace count.
    pub max_points: Option<usize>,
    /// Whether the traces are kept out of the fit.
    #[serde(default)]
    pub hold_out: bool,
    /// In a fit of distributions, whether the traces are `cycles` of one device, as they are if absent, or `devices`.
    pub traces: Option<String>,
    /// What is minimised; the plan's if there is none.
    #[serde(default)]
    pub objective: Vec<PlanObjective>,
}

/// What a fit has to reach.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PlanTarget {
    /// Relative error `√(ΣΔ²/Σd²)`.
    pub error: Option<f64>,
    /// Root mean square of the difference in decades.
    pub decades: Option<f64>,
}

/// A fit.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FitPlan {
    /// The deck.
    pub deck: PathBuf,
    /// What is fitted.
    #[serde(default)]
    pub parameter: Vec<PlanParameter>,
    /// What it is fitted to.
    #[serde(default)]
    pub data: Vec<PlanData>,
    /// What is minimised; the linear difference if there is none.
    #[serde(default)]
    pub objective: Vec<PlanObjective>,
    /// What is minimised first, to come near; for a loop in time the distance from the curve, if there is none.
    #[serde(default)]
    pub guide: Vec<PlanObjective>,
    /// What varies from trace to trace: a fit of distributions.
    #[serde(default)]
    pub variation: Vec<PlanVariation>,
    /// Features whose distributions the statistical card has to give.
    #[serde(default)]
    pub check: Vec<PlanCheck>,
    /// What has to be reached.
    #[serde(default)]
    pub target: PlanTarget,
    /// Number of starts.
    pub starts: Option<usize>,
    /// Candidates for each start.
    pub candidates: Option<usize>,
    /// Generations of differential evolution before each start.
    pub generations: Option<u64>,
    /// Iterations of least squares.
    pub iterations: Option<u64>,
    /// Seed.
    pub seed: Option<u64>,
    /// Whether intervals are also found by profile likelihood.
    #[serde(default)]
    pub profile: bool,
}

/// Why a plan makes no problem.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Data that cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A column mapping.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// A deck that is no experiment.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// A word that means nothing here.
    #[error("unknown {what} \"{found}\", expected {expected}")]
    Word {
        /// What was looked for.
        what: &'static str,
        /// What was written.
        found: String,
        /// What would do.
        expected: &'static str,
    },
    /// A part that is needed and absent.
    #[error("{what} needs {needed}")]
    Missing {
        /// What needs it.
        what: String,
        /// What is absent.
        needed: &'static str,
    },
    /// Data that cannot be fitted: the findings that are errors.
    #[error("the data cannot be fitted")]
    Unfit(Vec<Finding>),
}

impl FitPlan {
    /// Reads data and decks. Relative paths start from `folder`.
    ///
    /// # Errors
    /// When something cannot be read or makes no sense.
    pub fn prepare(&self, folder: &Path, load: &LoadOptions) -> Result<PreparedFit, PlanError> {
        let parameters = self.parameters();
        let mut findings = Vec::new();
        let mut sets = Vec::new();
        let mut decks = Vec::new();
        let names: Vec<&str> = parameters.iter().map(|(p, ..)| p.name.as_str()).collect();
        let varying = self.varying(&names)?;
        let mut devices = Vec::new();
        let mut n_devices = 0;
        for (number, plan) in self.data.iter().enumerate() {
            let file = DataFile::read(&folder.join(&plan.file))?;
            let mapping = Mapping::parse(&plan.map)?;
            let traces = traces(&file, &mapping, &plan.preparation()?)?;
            findings.extend(traces.iter().flat_map(examine));
            let objectives =
                if plan.objective.is_empty() { &self.objective } else { &plan.objective };
            let mut objectives =
                objectives.iter().map(PlanObjective::objective).collect::<Result<Vec<_>, _>>()?;
            if objectives.is_empty() {
                objectives.push(Objective::new(Measure::Linear));
            }
            let used: Vec<usize> = (0..parameters.len())
                .filter(|&index| parameters[index].1.is_none_or(|device| device == number))
                .collect();
            let targets: Vec<ExperimentTarget> =
                used.iter().map(|&index| parameters[index].2.clone()).collect();
            let path = folder.join(plan.deck.as_ref().unwrap_or(&self.deck));
            let deck = Deck::from_file(path, load);
            decks.push((deck.clone(), targets.clone(), used.clone()));
            if findings.iter().any(|f| f.severity == ovonic_calibrate::Severity::Error) {
                continue;
            }
            let mut guide =
                self.guide.iter().map(PlanObjective::objective).collect::<Result<Vec<_>, _>>()?;
            let usual = usual_guide(&traces);
            let of_devices = plan.of_devices()?;
            let groups: Vec<Vec<Trace>> = if varying.is_empty() {
                vec![traces]
            } else {
                self.check_population(plan)?;
                traces.into_iter().map(|trace| vec![trace]).collect()
            };
            for (index, group) in groups.into_iter().enumerate() {
                n_devices += usize::from(index == 0 || of_devices);
                devices.push(n_devices - 1);
                let options = plan.options()?;
                let experiment =
                    DeckExperiment::new(deck.clone(), group, targets.clone(), options)?;
                if guide.is_empty() && experiment.mode() == Mode::Transient {
                    guide.extend(usual.clone());
                }
                sets.push(DataSet {
                    name: plan.file.display().to_string(),
                    experiment: Box::new(experiment),
                    uses: used.clone(),
                    objectives: objectives.clone(),
                    guide: guide.clone(),
                    hold_out: plan.hold_out,
                });
            }
        }
        if findings.iter().any(|f| f.severity == ovonic_calibrate::Severity::Error) {
            return Err(PlanError::Unfit(findings));
        }
        let defaults = FitOptions::default();
        Ok(PreparedFit {
            problem: Problem {
                parameters: parameters.into_iter().map(|(parameter, ..)| parameter).collect(),
                data: sets,
            },
            options: FitOptions {
                starts: self.starts.unwrap_or(defaults.starts),
                candidates: self.candidates.unwrap_or(defaults.candidates),
                generations: self.generations.unwrap_or(defaults.generations),
                max_iterations: self.iterations.unwrap_or(defaults.max_iterations),
                seed: self.seed.unwrap_or(defaults.seed),
                profile: self.profile,
            },
            findings,
            decks,
            varying,
            devices,
        })
    }

    /// A fit of distributions has no place for data that only judge, and gives each trace its own values already.
    fn check_population(&self, data: &PlanData) -> Result<(), PlanError> {
        let wrong = |found: &str, expected| PlanError::Word {
            what: "setting in a fit of distributions",
            found: found.to_owned(),
            expected,
        };
        if data.hold_out {
            return Err(wrong("hold_out", "data to fit"));
        }
        if data.deck.is_some() {
            return Err(wrong("deck", "one deck for all data"));
        }
        if self.parameter.iter().any(|parameter| parameter.per_device) {
            return Err(wrong("per_device", "a [[variation]] instead"));
        }
        for variation in &self.variation {
            if variation.cycle.is_none() && variation.device.is_none() {
                return Err(PlanError::Missing {
                    what: format!("the variation of \"{}\"", variation.name),
                    needed: "the model's parameter for its spread, as cycle or device",
                });
            }
        }
        Ok(())
    }

    /// The problem's parameters, the data set that each belongs to, and what it is there.
    fn parameters(&self) -> Vec<(Parameter, Option<usize>, ExperimentTarget)> {
        let mut all = Vec::new();
        for plan in &self.parameter {
            let PlanParameter { name, low, high, log, start, also, per_device } = plan;
            let mut members = vec![(name.clone(), 1.0)];
            members.extend(also.iter().map(|text| multiple(text)));
            let target = ExperimentTarget { name: name.clone(), members, range: (*low, *high) };
            let wide = low * high > 0.0 && (high / low).abs().log10().abs() >= 2.0;
            let scale = if log.unwrap_or(wide) { Scale::Log } else { Scale::Linear };
            let parameter =
                |name: String| Parameter { name, low: *low, high: *high, scale, start: *start };
            if *per_device {
                for device in 0..self.data.len() {
                    let name = format!("{name}[{}]", device + 1);
                    all.push((parameter(name), Some(device), target.clone()));
                }
            } else {
                all.push((parameter(name.clone()), None, target));
            }
        }
        all
    }

    /// Whether a result reaches what it has to.
    #[must_use]
    pub fn is_met(&self, report: &FitReport) -> bool {
        let error = self.target.error.is_none_or(|limit| report.relative_error(false) <= limit);
        let decades = self.target.decades.is_none_or(|limit| report.decades(false) <= limit);
        error && decades
    }
}

/// The distance from the curve of a loop, of which a tenth of the drive's range counts as a decade: where a device switches
/// between two points, differences at the points have no gradient.
fn usual_guide(traces: &[Trace]) -> Option<Objective> {
    let trace = traces.first()?;
    let drive = trace.drive.as_ref()?;
    let low = drive.iter().copied().fold(f64::INFINITY, f64::min);
    let high = drive.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let largest = trace.response.iter().fold(0.0f64, |largest, i| largest.max(i.abs()));
    let measure = Measure::Curve { floor: 1e-4 * largest, tolerance: 0.1 * (high - low) };
    Some(Objective::new(measure))
}

/// `2*name` or `name`.
fn multiple(text: &str) -> (String, f64) {
    let parts = text.split_once('*');
    let multiple = parts.and_then(|(factor, name)| Some((name, factor.trim().parse().ok()?)));
    let (name, factor) = multiple.unwrap_or((text, 1.0));
    (name.trim().to_owned(), factor)
}

impl PlanObjective {
    fn objective(&self) -> Result<Objective, PlanError> {
        let missing = |needed| PlanError::Missing {
            what: format!("the objective \"{}\"", self.measure),
            needed,
        };
        let floor = self.floor;
        let tolerance = || self.tolerance.ok_or_else(|| missing("a tolerance"));
        let level = || self.level.ok_or_else(|| missing("a level"));
        let feature = |feature| -> Result<Measure, PlanError> {
            Ok(Measure::Feature { feature, tolerance: tolerance()? })
        };
        let measure = match self.measure.as_str() {
            "linear" => Measure::Linear,
            "log" => Measure::Log { floor },
            "relative" => Measure::Relative { floor },
            "curve" => Measure::Curve { floor, tolerance: tolerance()? },
            "threshold" => feature(Feature::Threshold { level: level()? })?,
            "hold" => feature(Feature::Hold { level: level()? })?,
            "delay" => feature(Feature::Delay { level: level()?, from: self.from })?,
            "relaxation" => feature(Feature::Relaxation { level: level()?, from: self.from })?,
            found => {
                return Err(PlanError::Word {
                    what: "measure",
                    found: found.to_owned(),
                    expected: "linear, log, relative, curve, threshold, hold, delay or relaxation",
                });
            }
        };
        let scale = || self.loss_scale.ok_or_else(|| missing("a loss_scale"));
        let loss = match self.loss.as_deref() {
            None | Some("square") => Loss::Square,
            Some("soft-l1") => Loss::SoftL1 { scale: scale()? },
            Some("cauchy") => Loss::Cauchy { scale: scale()? },
            Some(found) => {
                return Err(PlanError::Word {
                    what: "loss",
                    found: found.to_owned(),
                    expected: "square, soft-l1 or cauchy",
                });
            }
        };
        Ok(Objective { measure, weight: self.weight.unwrap_or(1.0), loss })
    }
}

impl PlanData {
    fn preparation(&self) -> Result<Preparation, PlanError> {
        let branch = |text: &String| {
            text.parse::<Branch>().map_err(|()| PlanError::Word {
                what: "branch",
                found: text.clone(),
                expected: "up, down, set or reset",
            })
        };
        Ok(Preparation {
            selection: Selection {
                branches: self.branches.iter().map(branch).collect::<Result<_, _>>()?,
                saturated: self.saturated.clone(),
                skip_missing: self.skip_missing,
                max_points: self.max_points,
            },
            compliance: self.compliance,
            floor: self.noise_floor,
        })
    }

    /// Whether each trace is one of another device.
    fn of_devices(&self) -> Result<bool, PlanError> {
        match self.traces.as_deref() {
            None | Some("cycles") => Ok(false),
            Some("devices") => Ok(true),
            Some(found) => Err(PlanError::Word {
                what: "kind of traces",
                found: found.to_owned(),
                expected: "cycles or devices",
            }),
        }
    }

    pub(super) fn options(&self) -> Result<ExperimentOptions, PlanError> {
        let file = || format!("\"{}\"", self.file.display());
        let pulses = match (self.first_read, self.period) {
            (Some(first), Some(period)) => Some((first, period)),
            (None, None) => None,
            _ => return Err(PlanError::Missing { what: file(), needed: "first_read and period" }),
        };
        Ok(ExperimentOptions {
            drive: self.drive.clone(),
            observe: self.observe.clone(),
            sweeping: self.rate.map(Sweeping::Rate).or(self.dwell.map(Sweeping::Dwell)),
            pulses,
            max_step: self.max_step,
            ..ExperimentOptions::default()
        })
    }
}
