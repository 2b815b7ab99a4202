//! From predictions to residuals.
//!
//! ```text
//! linear     (m − d)/rms(d)                             its mean square is the square of the relative error rRMS
//! relative   (m − d)/√(d² + floor²)
//! log        log₁₀ √(m² + floor²) − log₁₀ √(d² + floor²)     decades
//! curve      distance of (x, y) from the predicted polyline, x by its tolerance, y in decades
//! feature    (m − d)/tolerance of one number read off the curve
//! ```
//!
//! `m` is the model, `d` the measurement. Residuals of a trace are divided by the root of its number of points, so that a
//! term's sum of squares is a mean square and terms can be added. Censored points pull only while the model contradicts
//! them. A robust loss turns `r` into `sign(r)·√ρ(r²)`, whose square is the loss.

use crate::Trace;
use crate::experiment::Curve;
use crate::feature::{Feature, Sampled};

/// How far a model is from a measurement.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// Difference over the trace's root mean square.
    Linear,
    /// Relative difference; values below `floor` (response's unit) count as that.
    Relative {
        /// Smallest magnitude that matters.
        floor: f64,
    },
    /// Difference of magnitudes in decades; values below `floor` (response's unit) count as that.
    Log {
        /// Smallest magnitude that matters.
        floor: f64,
    },
    /// Distance from the predicted curve: a shift of the switching instant costs its size, not the height of the jump.
    Curve {
        /// Smallest magnitude that matters, in the response's unit.
        floor: f64,
        /// Abscissa that counts as one decade.
        tolerance: f64,
    },
    /// One number read off the curve.
    Feature {
        /// Which.
        feature: Feature,
        /// Difference that counts as one, in the feature's unit.
        tolerance: f64,
    },
}

/// Loss of large residuals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Loss {
    /// Squares.
    #[default]
    Square,
    /// `2(√(1 + z) − 1)`: linear beyond the scale.
    SoftL1 {
        /// Residual at which it bends.
        scale: f64,
    },
    /// `ln(1 + z)`: outliers hardly count.
    Cauchy {
        /// Residual at which it bends.
        scale: f64,
    },
}

/// One term of what is minimised.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Distance.
    pub measure: Measure,
    /// Factor on the term's sum of squares.
    pub weight: f64,
    /// Loss of large residuals.
    pub loss: Loss,
}

impl Objective {
    /// A term of weight one with squares.
    #[must_use]
    pub fn new(measure: Measure) -> Objective {
        Objective { measure, weight: 1.0, loss: Loss::Square }
    }

    /// Adds a trace's residuals. `uses` are the positions of the experiment's parameters among those of the problem,
    /// `slopes` the derivatives of these by their places.
    pub(crate) fn append(
        &self,
        trace: &Trace,
        curve: &Curve,
        uses: &[usize],
        slopes: &[f64],
        out: &mut Residuals,
    ) {
        let scale = (self.weight / trace.n_used().max(1) as f64).sqrt();
        let mut gradient = vec![0.0; uses.len()];
        let mut push = |residual: f64, gradient: &[f64], factor: f64| {
            let (value, slope) = self.loss.apply(residual);
            out.push(factor * value, factor * slope, gradient, uses, slopes);
        };
        if let Measure::Feature { feature, tolerance } = &self.measure {
            let measured = feature.of(Sampled::measured(trace));
            let (sampled, slopes) = Sampled::predicted(trace, curve);
            let predicted = feature.of(sampled);
            let residual = match (measured, predicted) {
                (Some(measured), Some(found)) => {
                    for (slope, by) in gradient.iter_mut().zip(slopes) {
                        *slope = feature.slope(&found, by) / tolerance;
                    }
                    (found.value - measured.value) / tolerance
                }
                // A feature that the model lacks is farther away than any that it could have; nothing says in which direction.
                (Some(_), None) => feature.reach(trace) / tolerance,
                (None, _) => 0.0,
            };
            push(residual, &gradient, self.weight.sqrt());
            out.own[2] += usize::from(measured.is_some());
            return;
        }
        let rms = trace.rms().max(f64::MIN_POSITIVE);
        let place = CurvePlace::new(self, trace, curve);
        let mut informative = 0;
        for index in 0..trace.len() {
            let weight = trace.weights[index];
            if weight <= 0.0 {
                continue;
            }
            let residual = match &place {
                Some(place) => place.distance(index, &mut gradient),
                None => {
                    let (d, m) = (trace.response[index], curve.values[index]);
                    let (residual, slope) = self.measure.pointwise(d, m, rms);
                    for (out, by) in gradient.iter_mut().zip(&curve.gradients) {
                        *out = slope * by[index];
                    }
                    residual
                }
            };
            let agrees = trace.censoring[index].agrees(trace.response[index], curve.values[index]);
            if agrees {
                gradient.fill(0.0);
                push(0.0, &gradient, 0.0);
            } else {
                push(residual, &gradient, scale * weight.sqrt());
                informative += 1;
            }
        }
        let [own, points, _] = &mut out.own;
        *own = informative.max(*own);
        *points = trace.n_used();
    }
}

impl Measure {
    /// Residual of a prediction `m` of a measurement `d`, and its derivative by `m`.
    fn pointwise(&self, d: f64, m: f64, rms: f64) -> (f64, f64) {
        match self {
            Measure::Relative { floor } => {
                let size = d.hypot(*floor).max(f64::MIN_POSITIVE);
                ((m - d) / size, 1.0 / size)
            }
            Measure::Log { floor } => {
                let (height, slope) = decades(m, *floor);
                (height - decades(d, *floor).0, slope)
            }
            _ => ((m - d) / rms, 1.0 / rms),
        }
    }
}

/// `log₁₀ √(y² + floor²)` and its derivative.
fn decades(y: f64, floor: f64) -> (f64, f64) {
    let square = (y * y + floor * floor).max(f64::MIN_POSITIVE);
    (0.5 * square.log10(), y / (square * std::f64::consts::LN_10))
}

/// The predicted curve as a polyline, for distances from it.
struct CurvePlace<'a> {
    /// Abscissa over its tolerance, height in decades, and the height's derivative by the response, along the polyline.
    x: Vec<f64>,
    y: Vec<f64>,
    slopes: Vec<f64>,
    gradients: &'a [Vec<f64>],
    /// Place of each measured point along the polyline, and the point itself.
    places: Vec<usize>,
    measured: Vec<(f64, f64)>,
    /// Predicted height at each measured point.
    heights: Vec<f64>,
}

impl<'a> CurvePlace<'a> {
    fn new(objective: &Objective, trace: &'a Trace, curve: &'a Curve) -> Option<CurvePlace<'a>> {
        let Measure::Curve { floor, tolerance } = objective.measure else { return None };
        let (sampled, gradients) = Sampled::predicted(trace, curve);
        let heights = sampled.values.iter().map(|y| decades(*y, floor));
        let (y, slopes) = heights.unzip();
        let points = trace.abscissa().1.iter().zip(&trace.response);
        Some(CurvePlace {
            x: sampled.x.iter().map(|x| x / tolerance).collect(),
            y,
            slopes,
            gradients,
            places: match &curve.path {
                Some(path) => path.places.clone(),
                None => (0..trace.len()).collect(),
            },
            measured: points.map(|(x, y)| (x / tolerance, decades(*y, floor).0)).collect(),
            heights: curve.values.iter().map(|y| decades(*y, floor).0).collect(),
        })
    }

    /// Signed distance of a measured point from the polyline, looked for within a few tolerances of its place along the
    /// sweep; the sign is that of the vertical difference.
    fn distance(&self, index: usize, gradient: &mut [f64]) -> f64 {
        const REACH: f64 = 8.0;
        let (px, py) = self.measured[index];
        let place = self.places[index];
        // Distance, segment, place on it, vertical part.
        let mut best = (f64::INFINITY, place, 0.0, 0.0);
        let mut look = |a: usize| {
            let b = a + 1;
            let (dx, dy) = (self.x[b] - self.x[a], self.y[b] - self.y[a]);
            let length = dx * dx + dy * dy;
            let along = (px - self.x[a]) * dx + (py - self.y[a]) * dy;
            let t = if length > 0.0 { (along / length).clamp(0.0, 1.0) } else { 0.0 };
            let (ex, ey) = (self.x[a] + t * dx - px, self.y[a] + t * dy - py);
            let distance = ex.hypot(ey);
            if distance < best.0 {
                best = (distance, a, t, ey);
            }
        };
        let near = |a: usize| (self.x[a] - px).abs() <= REACH;
        let last = self.x.len() - 1;
        let place = place.min(last.saturating_sub(1));
        (place..last).take_while(|&a| near(a)).for_each(&mut look);
        (0..place).rev().take_while(|&a| near(a + 1)).for_each(&mut look);
        let (distance, a, t, ey) = best;
        if !distance.is_finite() || distance == 0.0 {
            gradient.fill(0.0);
            return 0.0;
        }
        let sign = if self.heights[index] >= py { 1.0 } else { -1.0 };
        // The nearest place is stationary along the segment, so only its ends' heights count.
        let b = (a + 1).min(last);
        for (out, by) in gradient.iter_mut().zip(self.gradients) {
            let height = (1.0 - t) * self.slopes[a] * by[a] + t * self.slopes[b] * by[b];
            *out = sign * ey / distance * height;
        }
        sign * distance
    }
}

impl Loss {
    /// `sign(r)·√ρ(r²)` and its derivative.
    fn apply(self, r: f64) -> (f64, f64) {
        let (scale, z) = match self {
            Loss::Square => return (r, 1.0),
            Loss::SoftL1 { scale } | Loss::Cauchy { scale } => (scale, (r / scale).powi(2)),
        };
        if z < 1e-12 {
            return (r, 1.0);
        }
        let (rho, slope) = match self {
            Loss::Cauchy { .. } => (z.ln_1p(), 1.0 / (1.0 + z)),
            _ => (2.0 * ((1.0 + z).sqrt() - 1.0), 1.0 / (1.0 + z).sqrt()),
        };
        let root = rho.sqrt();
        (r.signum() * scale * root, slope * z.sqrt() / root)
    }
}

/// Residuals with their derivatives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Residuals {
    pub(crate) values: Vec<f64>,
    /// Row by row, one entry a parameter of the problem; empty if not asked for.
    pub(crate) jacobian: Vec<f64>,
    /// Data that say something here: points that are not merely in agreement with a censored value, or features.
    pub(crate) informative: usize,
    /// Data, those that say nothing here included.
    pub(crate) total: usize,
    n_parameters: usize,
    has_jacobian: bool,
    /// Of the present trace: points that say something, points, features.
    own: [usize; 3],
}

impl Residuals {
    pub(crate) fn new(n_parameters: usize, has_jacobian: bool) -> Residuals {
        Residuals { n_parameters, has_jacobian, ..Residuals::default() }
    }

    fn push(&mut self, value: f64, factor: f64, gradient: &[f64], uses: &[usize], slopes: &[f64]) {
        self.values.push(value);
        if self.has_jacobian {
            let start = self.jacobian.len();
            self.jacobian.resize(start + self.n_parameters, 0.0);
            for (&index, slope) in uses.iter().zip(gradient) {
                self.jacobian[start + index] += factor * slope * slopes[index];
            }
        }
    }

    /// Ends a trace: however many objectives look at a point, it is one datum.
    pub(crate) fn end_trace(&mut self) {
        let [informative, points, features] = std::mem::take(&mut self.own);
        self.informative += informative.max(features);
        self.total += points.max(features);
    }

    /// Forgets the derivatives by one parameter.
    pub(crate) fn without(&mut self, index: usize) {
        let n = self.n_parameters;
        let mut position = 0;
        self.jacobian.retain(|_| {
            position += 1;
            (position - 1) % n != index
        });
        self.n_parameters -= 1;
    }

    /// Whether all residuals and derivatives are numbers that can be reckoned with.
    pub(crate) fn is_finite(&self) -> bool {
        self.values.iter().chain(&self.jacobian).all(|value| value.is_finite())
    }

    /// Degrees of freedom that a fit of `p` parameters leaves.
    pub(crate) fn freedom(&self, p: usize) -> usize {
        self.informative.saturating_sub(p).max(1)
    }

    #[cfg(test)]
    pub(crate) fn made(values: Vec<f64>, jacobian: Vec<f64>, n_parameters: usize) -> Residuals {
        let count = values.len();
        let (informative, total) = (count, count);
        Residuals { values, jacobian, informative, total, n_parameters, ..Residuals::default() }
    }

    /// Sum of squares.
    pub(crate) fn cost(&self) -> f64 {
        self.values.iter().map(|value| value * value).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Censoring, DataFile, Mapping, Preparation, traces};

    fn trace(text: &str) -> Trace {
        let file = DataFile::from_text("a.csv", text).unwrap();
        let mapping = Mapping::parse("V=1 I=2").unwrap();
        traces(&file, &mapping, &Preparation::default()).unwrap().remove(0)
    }

    /// Residuals of a trace at predictions that depend on one parameter by `model(x, p)`.
    fn residuals(
        objective: &Objective,
        trace: &Trace,
        model: impl Fn(f64, f64) -> f64,
        p: f64,
    ) -> Residuals {
        let step = 1e-7;
        let x = trace.abscissa().1;
        let slope = |x: f64| (model(x, p + step) - model(x, p - step)) / (2.0 * step);
        let curve = Curve {
            values: x.iter().map(|x| model(*x, p)).collect(),
            gradients: vec![x.iter().map(|x| slope(*x)).collect()],
            path: None,
        };
        let mut out = Residuals::new(1, true);
        objective.append(trace, &curve, &[0], &[1.0], &mut out);
        out
    }

    #[test]
    fn derivatives_are_those_of_the_residuals() {
        let rows: String = (0..20)
            .map(|k| format!("{},{}\n", 0.1 * f64::from(k), (0.3 * f64::from(k)).exp()))
            .collect();
        let trace = trace(&rows);
        let model = |x: f64, p: f64| (p * x * 3.1).exp() + 0.2 * p;
        let crossing = Feature::Threshold { level: 5.0 };
        for measure in [
            Measure::Linear,
            Measure::Relative { floor: 0.1 },
            Measure::Log { floor: 0.01 },
            Measure::Curve { floor: 0.01, tolerance: 0.3 },
            Measure::Feature { feature: crossing, tolerance: 0.1 },
        ] {
            for loss in [Loss::Square, Loss::SoftL1 { scale: 0.05 }, Loss::Cauchy { scale: 0.05 }] {
                let objective = Objective { measure: measure.clone(), weight: 2.0, loss };
                let at = |p: f64| residuals(&objective, &trace, model, p);
                let (here, step) = (at(1.07), 1e-5);
                let (above, below) = (at(1.07 + step), at(1.07 - step));
                for index in 0..here.values.len() {
                    let slope = (above.values[index] - below.values[index]) / (2.0 * step);
                    let found = here.jacobian[index];
                    assert!(
                        (slope - found).abs() < 1e-4 * (1.0 + slope.abs()),
                        "{objective:?} {index}: {slope} {found}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_linear_term_is_the_relative_error() {
        let trace = trace("0,3\n1,4\n");
        let cost = residuals(&Objective::new(Measure::Linear), &trace, |_, p| p, 0.0).cost();
        assert!((cost - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_shift_costs_its_size_on_a_curve() {
        let step = |x: f64, at: f64| 1e-9 * 10f64.powf(6.0 / (1.0 + ((at - x) / 0.002).exp()));
        let rows: String = (0..=100)
            .map(|k| 0.01 * f64::from(k))
            .map(|x| format!("{x},{}\n", step(x, 0.5)))
            .collect();
        let trace = trace(&rows);
        let cost = |measure: Measure, at: f64| {
            residuals(&Objective::new(measure), &trace, step, at).cost().sqrt()
        };
        let log = cost(Measure::Log { floor: 0.0 }, 0.55);
        let curve = |at| cost(Measure::Curve { floor: 0.0, tolerance: 0.1 }, at);
        assert!(log > 1.0, "{log}");
        assert!(curve(0.55) < 0.2, "{}", curve(0.55));
        assert!(curve(0.52) < curve(0.55));
        assert!(curve(0.5) < 1e-9);
    }

    #[test]
    fn censored_points_pull_only_when_they_are_contradicted() {
        let mut trace = trace("0,1\n1,1\n");
        trace.censoring = vec![Censoring::AtLeast, Censoring::AtMost];
        let at = |p| residuals(&Objective::new(Measure::Linear), &trace, |_, p| p, p).values;
        assert_eq!(at(2.0)[0], 0.0);
        assert!(at(2.0)[1] > 0.0);
        assert!(at(0.5)[0] < 0.0);
        assert_eq!(at(0.5)[1], 0.0);
    }
}
