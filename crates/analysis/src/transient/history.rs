//! The accepted past that formulas, predictor and error estimates look back on.

use super::integrator::{ErrorEstimate, Formula};
use crate::options::Tolerances;
use ovonic_circuit::StoredQuantity;
use ovonic_device::Nature;

/// One accepted point.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// Step that led to it, s.
    pub(super) h: f64,
    pub(super) x: Vec<f64>,
    pub(super) q: Vec<f64>,
    pub(super) stored: Vec<f64>,
}

/// Up to four accepted points, newest first, and the rates at the newest.
#[derive(Clone, Debug)]
pub(super) struct History {
    points: [Past; 4],
    /// How many of the points count since the last corner.
    pub(super) depth: usize,
    /// `q̇` by row at the newest point.
    pub(super) rate: Vec<f64>,
    /// Rate of each stored quantity at the newest point.
    pub(super) stored_rate: Vec<f64>,
}

impl History {
    /// A past of one point, at rest.
    pub(super) fn new(x: &[f64], q: &[f64], stored: &[f64]) -> Self {
        let first = Past { h: 0.0, x: x.to_vec(), q: q.to_vec(), stored: stored.to_vec() };
        Self {
            points: [first.clone(), first.clone(), first.clone(), first],
            depth: 1,
            rate: vec![0.0; q.len()],
            stored_rate: vec![0.0; stored.len()],
        }
    }

    /// The point `k` back from the newest.
    pub(super) fn back(&self, k: usize) -> &Past {
        &self.points[k]
    }

    /// Forgets all but the newest point: what lies before a corner says nothing of what follows.
    pub(super) fn restart(&mut self) {
        self.depth = 1;
    }

    /// Moves the newest point elsewhere, at rest and without a past.
    pub(super) fn displace(&mut self, x: &[f64], q: &[f64], stored: &[f64]) {
        let newest = &mut self.points[0];
        newest.x.copy_from_slice(x);
        newest.q.copy_from_slice(q);
        newest.stored.copy_from_slice(stored);
        self.rate.fill(0.0);
        self.stored_rate.fill(0.0);
        self.restart();
    }

    /// Takes an accepted point.
    pub(super) fn push(&mut self, h: f64, x: &[f64], q: &[f64], stored: &[f64]) {
        self.points.rotate_right(1);
        let newest = &mut self.points[0];
        newest.h = h;
        newest.x.copy_from_slice(x);
        newest.q.copy_from_slice(q);
        newest.stored.copy_from_slice(stored);
        self.depth = (self.depth + 1).min(4);
    }

    /// A guess of the unknowns a step `h` ahead: the polynomial through up to three points.
    pub(super) fn predict(&self, h: f64, x: &mut [f64]) {
        let [p0, p1, p2, _] = &self.points;
        match self.depth {
            1 => x.copy_from_slice(&p0.x),
            2 => {
                let a = h / p0.h;
                for ((x, x0), x1) in x.iter_mut().zip(&p0.x).zip(&p1.x) {
                    *x = x0 + a * (x0 - x1);
                }
            }
            _ => {
                let (h1, h2) = (p0.h, p1.h);
                let a = h / h1;
                let b = h * (h + h1) / (h1 + h2);
                for (((x, x0), x1), x2) in x.iter_mut().zip(&p0.x).zip(&p1.x).zip(&p2.x) {
                    let d1 = x0 - x1;
                    let d2 = d1 / h1 - (x1 - x2) / h2;
                    *x = x0 + a * d1 + b * d2;
                }
            }
        }
    }

    /// The history vector of a formula that starts from the newest point.
    pub(super) fn formula_history(&self, formula: &Formula, out: &mut [f64]) {
        formula.history(&self.points[0].q, &self.points[1].q, &self.rate, out);
    }

    /// The same by stored quantity.
    pub(super) fn quantity_history(&self, formula: &Formula, out: &mut [f64]) {
        formula.history(&self.points[0].stored, &self.points[1].stored, &self.stored_rate, out);
    }

    /// Largest ratio of truncation error to tolerance over all stored quantities, for a step `h` that ended at
    /// `stored` with rates `rate`.
    pub(super) fn error_ratio(
        &self,
        estimate: ErrorEstimate,
        h: f64,
        new: &Stage<'_>,
        middle: &[f64],
        quantities: &[StoredQuantity],
        tolerances: &Tolerances,
    ) -> f64 {
        let [p0, p1, p2, _] = &self.points;
        let (h1, h2) = (p0.h, p1.h);
        let mut largest: f64 = 0.0;
        for (k, quantity) in quantities.iter().enumerate() {
            let (s, s0) = (new.stored[k], p0.stored[k]);
            let error = match estimate {
                ErrorEstimate::None => return 0.0,
                ErrorEstimate::First if adds_up(quantity) => 0.5 * (s - s0),
                ErrorEstimate::First => continue,
                ErrorEstimate::Second { constant } => {
                    let d0 = (s - s0) / h;
                    let d1 = (s0 - p1.stored[k]) / h1;
                    constant * (d0 - d1) / (h + h1)
                }
                ErrorEstimate::Third { constant, .. } => {
                    let d0 = (s - s0) / h;
                    let d1 = (s0 - p1.stored[k]) / h1;
                    let d2 = (p1.stored[k] - p2.stored[k]) / h2;
                    let dd0 = (d0 - d1) / (h + h1);
                    let dd1 = (d1 - d2) / (h1 + h2);
                    constant * (dd0 - dd1) / (h + h1 + h2)
                }
                ErrorEstimate::Stages { constant, .. } => {
                    use super::integrator::GAMMA;
                    let start = self.stored_rate[k] / GAMMA;
                    let end = new.rate[k] / (1.0 - GAMMA);
                    constant * (start - middle[k] / (GAMMA * (1.0 - GAMMA)) + end)
                }
            };
            let rate = new.rate[k].abs().max(self.stored_rate[k].abs());
            // The error of a voltage counts as that of the charge which it moves.
            let unit = if quantity.is_voltage { new.capacitances[k].abs() } else { 1.0 };
            let size = s.abs().max(s0.abs());
            let tolerance = tolerance(quantity, unit * size, unit * rate, h, tolerances);
            let error = unit * if adds_up(quantity) { error * estimate.share() } else { error };
            largest = largest.max(error.abs() / tolerance);
        }
        largest / tolerances.truncation
    }
}

/// A solved stage.
pub(super) struct Stage<'a> {
    pub(super) stored: &'a [f64],
    pub(super) capacitances: &'a [f64],
    pub(super) rate: &'a [f64],
}

/// Size from which heat has a relative error, J: what a switch of 1e-16 J/K holds at a tenth of a kelvin.
const LEAST_HEAT: Option<f64> = Some(1e-17);

/// Whether errors of a quantity are counted whole: SPICE's way of counting is one of charges and fluxes, which follow
/// voltages and currents, while those of states and heat add up.
pub(super) fn adds_up(quantity: &StoredQuantity) -> bool {
    !matches!(quantity.residual, Nature::Current | Nature::Voltage)
}

/// What a stored quantity's error in one step may be, in the quantity's unit.
fn tolerance(
    quantity: &StoredQuantity,
    size: f64,
    rate: f64,
    h: f64,
    tolerances: &Tolerances,
) -> f64 {
    if quantity.is_state {
        return tolerances.relative * size + quantity.tolerance.unwrap_or(1e-6);
    }
    let (absolute_rate, least) = match quantity.residual {
        Nature::Voltage => (tolerances.voltage, tolerances.charge),
        Nature::HeatFlow => (tolerances.current, LEAST_HEAT),
        _ => (tolerances.current, tolerances.charge),
    };
    let by_rate = (absolute_rate + tolerances.relative * rate) * h;
    let by_size = tolerances.relative * size.max(least.unwrap_or(0.0));
    by_rate.max(by_size)
}
