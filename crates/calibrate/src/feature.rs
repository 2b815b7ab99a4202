//! Numbers that are read off a curve: where it crosses a level.

use crate::Trace;
use crate::experiment::Curve;

/// A number that a curve has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Feature {
    /// Abscissa (V, or s) at which the magnitude first rises through a level.
    Threshold {
        /// In the response's unit.
        level: f64,
    },
    /// Abscissa at which the magnitude last falls through a level.
    Hold {
        /// In the response's unit.
        level: f64,
    },
    /// Time from `from` until the magnitude first rises through a level, s.
    Delay {
        /// In the response's unit.
        level: f64,
        /// Start, s.
        from: f64,
    },
    /// Time from `from` until the magnitude first falls through a level, s.
    Relaxation {
        /// In the response's unit.
        level: f64,
        /// Start, s.
        from: f64,
    },
}

/// A feature that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) value: f64,
    /// The two points between which it lies.
    first: usize,
    /// Derivative of the value by the responses at the two points.
    slopes: [f64; 2],
}

/// A curve as features see it.
#[derive(Clone, Copy)]
pub(crate) struct Sampled<'a> {
    pub(crate) x: &'a [f64],
    pub(crate) time: Option<&'a [f64]>,
    pub(crate) values: &'a [f64],
}

impl<'a> Sampled<'a> {
    /// What was measured.
    pub(crate) fn measured(trace: &'a Trace) -> Sampled<'a> {
        Sampled { x: trace.abscissa().1, time: trace.time.as_deref(), values: &trace.response }
    }

    /// What was computed, as finely as it was, with its derivatives.
    pub(crate) fn predicted(trace: &'a Trace, curve: &'a Curve) -> (Sampled<'a>, &'a [Vec<f64>]) {
        match &curve.path {
            Some(path) => {
                let time = (!path.time.is_empty()).then_some(path.time.as_slice());
                (Sampled { x: &path.x, time, values: &path.values }, &path.gradients)
            }
            None => {
                let sampled = Sampled { values: &curve.values, ..Sampled::measured(trace) };
                (sampled, &curve.gradients)
            }
        }
    }
}

impl Feature {
    /// The feature of a measured trace, if it has it.
    #[must_use]
    pub fn measured(&self, trace: &Trace) -> Option<f64> {
        self.of(Sampled::measured(trace)).map(|found| found.value)
    }

    /// The feature of a computed curve, if it has it.
    #[must_use]
    pub fn predicted(&self, trace: &Trace, curve: &Curve) -> Option<f64> {
        self.of(Sampled::predicted(trace, curve).0).map(|found| found.value)
    }

    /// The largest difference that two curves over a trace's abscissa can have in the feature.
    pub(crate) fn reach(&self, trace: &Trace) -> f64 {
        let x = match self {
            Feature::Delay { .. } | Feature::Relaxation { .. } => trace.time.as_deref(),
            _ => Some(trace.abscissa().1),
        };
        let x = x.unwrap_or_default();
        let low = x.iter().copied().fold(f64::INFINITY, f64::min);
        let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (high - low).max(0.0)
    }

    /// Looks for the feature. Between two points the logarithm of the magnitude runs straight.
    pub(crate) fn of(&self, curve: Sampled<'_>) -> Option<Found> {
        let response = curve.values;
        let (level, falls, from) = match *self {
            Feature::Threshold { level } => (level, false, f64::NEG_INFINITY),
            Feature::Hold { level } => (level, true, f64::NEG_INFINITY),
            Feature::Delay { level, from } => (level, false, from),
            Feature::Relaxation { level, from } => (level, true, from),
        };
        let x = match self {
            Feature::Delay { .. } | Feature::Relaxation { .. } => curve.time?,
            _ => curve.x,
        };
        let height = |index: usize| (response[index].abs().max(f64::MIN_POSITIVE) / level).ln();
        let crosses = |&a: &usize| {
            let (before, after) = (height(a), height(a + 1));
            x[a + 1] > from
                && if falls { before > 0.0 && after <= 0.0 } else { before < 0.0 && after >= 0.0 }
        };
        let mut pairs = 0..response.len().saturating_sub(1);
        let last = matches!(self, Feature::Hold { .. });
        let first = if last { pairs.rfind(crosses) } else { pairs.find(crosses) }?;
        let (h0, h1) = (height(first), height(first + 1));
        let (x0, x1) = (x[first], x[first + 1]);
        let t = -h0 / (h1 - h0);
        let offset = if from.is_finite() { from } else { 0.0 };
        // ∂t/∂h0 = −(1 − t)/(h1 − h0), ∂t/∂h1 = −t/(h1 − h0), ∂h/∂y = 1/y.
        let by_height = -(x1 - x0) / (h1 - h0);
        let slope = |share: f64, index: usize| by_height * share / response[index];
        Some(Found {
            value: x0 + t * (x1 - x0) - offset,
            first,
            slopes: [slope(1.0 - t, first), slope(t, first + 1)],
        })
    }

    /// Derivative of a found feature, given that of the response.
    pub(crate) fn slope(&self, found: &Found, response_slope: &[f64]) -> f64 {
        found.slopes[0] * response_slope[found.first]
            + found.slopes[1] * response_slope[found.first + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataFile, Mapping, Preparation, traces};

    #[test]
    fn threshold_hold_and_delay() {
        let text = "0,0,1e-9\n1,1,1e-7\n2,2,1e-5\n3,1,1e-5\n4,0,1e-7\n";
        let file = DataFile::from_text("a", text).unwrap();
        let mapping = Mapping::parse("t=1 V=2 I=3").unwrap();
        let trace = &traces(&file, &mapping, &Preparation::default()).unwrap()[0];
        let value =
            |feature: Feature| feature.of(Sampled::measured(trace)).map(|found| found.value);
        assert_eq!(value(Feature::Threshold { level: 1e-6 }), Some(1.5));
        assert_eq!(value(Feature::Hold { level: 1e-6 }), Some(0.5));
        assert_eq!(value(Feature::Delay { level: 1e-6, from: 0.25 }), Some(1.25));
        assert_eq!(value(Feature::Threshold { level: 1.0 }), None);
    }
}
