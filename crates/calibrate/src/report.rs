//! What a fit reports: parameters with their uncertainty, errors by trace, and the model card.

use crate::Trace;
use crate::experiment::Curve;
use crate::fit::StartReport;
use crate::statistics::{Fitted, OpenDirection, Verdict};
use serde::{Deserialize, Serialize};

/// How well one trace is met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceReport {
    /// The data set.
    pub data: String,
    /// The trace.
    pub name: String,
    /// The file that it comes from.
    pub file: String,
    /// Whether it was kept out of the fit.
    pub hold_out: bool,
    /// Points that count.
    pub n_points: usize,
    /// `√(ΣΔ²/Σd²)` over the points that count; a censored point differs only while the model contradicts it.
    pub relative_error: f64,
    /// Root mean square of the difference in decades, likewise, over points that are not zero.
    pub decades: f64,
    /// Name of the abscissa, and whether it is a time.
    pub abscissa: String,
    /// Abscissa of the points that count.
    pub x: Vec<f64>,
    /// What was measured there.
    pub measured: Vec<f64>,
    /// What the model says.
    pub predicted: Vec<f64>,
}

impl TraceReport {
    pub(crate) fn new(data: &str, trace: &Trace, curve: Curve, hold_out: bool) -> TraceReport {
        let (role, abscissa) = trace.abscissa();
        let used: Vec<usize> = (0..trace.len()).filter(|&i| trace.weights[i] > 0.0).collect();
        let pick = |values: &[f64]| used.iter().map(|&i| values[i]).collect::<Vec<f64>>();
        let (measured, predicted) = (pick(&trace.response), pick(&curve.values));
        let differs = |index: usize| {
            !trace.censoring[index].agrees(trace.response[index], curve.values[index])
        };
        let pairs = || measured.iter().zip(&predicted).zip(&used);
        let contradicted = || pairs().filter(|(_, index)| differs(**index)).map(|(pair, _)| pair);
        let difference: f64 = contradicted().map(|(d, m)| (m - d) * (m - d)).sum();
        let size: f64 = measured.iter().map(|d| d * d).sum();
        let has_height = |(d, m): &(&f64, &f64)| **d != 0.0 && **m != 0.0;
        let decades = contradicted().filter(has_height);
        let decades: f64 = decades.map(|(d, m)| (m.abs() / d.abs()).log10().powi(2)).sum();
        let heights = pairs().filter(|(pair, _)| has_height(pair)).count();
        TraceReport {
            data: data.to_owned(),
            name: trace.name.clone(),
            file: trace.file.clone(),
            hold_out,
            n_points: used.len(),
            relative_error: (difference / size.max(f64::MIN_POSITIVE)).sqrt(),
            decades: (decades / heights.max(1) as f64).sqrt(),
            abscissa: role.to_string(),
            x: pick(abscissa),
            measured,
            predicted,
        }
    }

    /// The factor of a thousand by which the measurement seems to be off: the median ratio of magnitudes to the model's
    /// is within a third of it. Nothing where units seem right.
    #[must_use]
    pub fn wrong_prefix(&self) -> Option<f64> {
        let pairs = self.measured.iter().zip(&self.predicted);
        let mut ratios: Vec<f64> = pairs
            .filter(|(d, m)| **d != 0.0 && **m != 0.0)
            .map(|(d, m)| (d / m).abs().log10())
            .collect();
        if ratios.is_empty() {
            return None;
        }
        ratios.sort_by(f64::total_cmp);
        let median = ratios[ratios.len() / 2];
        let thousands = (median / 3.0).round();
        (thousands != 0.0 && (median - 3.0 * thousands).abs() < 0.12)
            .then(|| 10f64.powf(3.0 * thousands))
    }
}

/// The result of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// Parameters, in the problem's order.
    pub parameters: Vec<Fitted>,
    /// Their correlations.
    pub correlations: Vec<Vec<f64>>,
    /// Combinations of parameters that the data leave open.
    pub open_directions: Vec<OpenDirection>,
    /// Sum of squared residuals.
    pub cost: f64,
    /// Points that count in the fit.
    pub n_points: usize,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// What became of each start.
    pub starts: Vec<StartReport>,
    /// Errors by trace.
    pub traces: Vec<TraceReport>,
    /// Predictions without derivatives.
    pub runs: usize,
    /// Predictions with derivatives.
    pub runs_with_gradients: usize,
    /// Whether the fit was cancelled before its end.
    pub is_cancelled: bool,
}

impl FitReport {
    /// Spread of the starts' optima: the worst cost over the best, less one, over starts that ended; infinite if only one
    /// did.
    #[must_use]
    pub fn spread(&self) -> f64 {
        let costs = self.starts.iter().filter(|start| start.cost.is_finite());
        let costs: Vec<f64> = costs.map(|start| start.cost).collect();
        let low = costs.iter().copied().fold(f64::INFINITY, f64::min);
        let high = costs.iter().copied().fold(0.0, f64::max);
        if costs.len() < 2 { f64::INFINITY } else { (high - low) / low.max(f64::MIN_POSITIVE) }
    }

    /// Relative error over all traces that were fitted, or over those that were kept out.
    #[must_use]
    pub fn relative_error(&self, hold_out: bool) -> f64 {
        let traces = self.traces.iter().filter(|trace| trace.hold_out == hold_out);
        let (mut difference, mut size) = (0.0, 0.0);
        for trace in traces {
            let square: f64 = trace.measured.iter().map(|d| d * d).sum();
            difference += trace.relative_error.powi(2) * square;
            size += square;
        }
        (difference / f64::max(size, f64::MIN_POSITIVE)).sqrt()
    }

    /// Root mean square of the difference in decades over all traces that were fitted, or over those that were kept out.
    #[must_use]
    pub fn decades(&self, hold_out: bool) -> f64 {
        let traces = self.traces.iter().filter(|trace| trace.hold_out == hold_out);
        let (mut sum, mut count) = (0.0, 0.0);
        for trace in traces {
            sum += trace.decades.powi(2) * trace.n_points as f64;
            count += trace.n_points as f64;
        }
        (sum / f64::max(count, 1.0)).sqrt()
    }

    /// Plain sentences about what the fit does not know.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for open in &self.open_directions {
            let names: Vec<&str> = open.parts.iter().map(|(name, _)| name.as_str()).collect();
            warnings.push(match names[..] {
                [name] => format!("the data do not determine {name}"),
                _ => format!("the data determine only a combination of {}", names.join(" and ")),
            });
        }
        for parameter in &self.parameters {
            let is_named =
                |open: &OpenDirection| open.parts.iter().any(|(name, _)| *name == parameter.name);
            let unnamed = !self.open_directions.iter().any(is_named);
            if parameter.verdict == Verdict::Undetermined && unnamed {
                warnings.push(format!("the data hardly determine {}", parameter.name));
            }
            if parameter.verdict == Verdict::AtBound {
                let Fitted { name, value, .. } = parameter;
                warnings.push(format!("{name} stands at its bound {value:e}: widen it, or fix it"));
            }
        }
        for (i, row) in self.correlations.iter().enumerate() {
            for (j, correlation) in row.iter().enumerate().skip(i + 1) {
                let both = [i, j].map(|k| &self.parameters[k]);
                let known = both.iter().all(|p| p.verdict == Verdict::Determined);
                if known && correlation.abs() > 0.99 {
                    let [a, b] = both.map(|p| p.name.as_str());
                    warnings.push(format!(
                        "{a} and {b} are hard to tell apart (correlation {correlation:.3})"
                    ));
                }
            }
        }
        let failed = self.starts.iter().filter(|start| !start.failure.is_empty()).count();
        if failed > 0 {
            warnings.push(format!("{failed} of {} starts failed", self.starts.len()));
        }
        if self.starts.len() > 1 && self.spread() > 0.1 {
            let spread = 100.0 * self.spread();
            warnings.push(format!(
                "the starts ended at costs that differ by {spread:.0} %: there are several optima, or the starts did \
                 not converge"
            ));
        }
        for trace in &self.traces {
            if let Some(factor) = trace.wrong_prefix() {
                warnings.push(format!(
                    "trace \"{}\" of \"{}\" is {factor:e} times the model: is its unit right?",
                    trace.name, trace.file
                ));
            }
        }
        warnings
    }
}
