//! The observable of an experiment and its derivative.

use super::CalibrationError;
use crate::formula::Formula;
use crate::session::Simulation;
use num_complex::Complex64;
use ovonic_analysis::Probe;
use ovonic_circuit::Circuit;

/// A formula over unknowns.
pub(crate) struct Observable {
    formula: Formula,
    probes: Vec<Probe>,
}

/// Relative step of the formula's difference; most formulas are linear.
const STEP: f64 = 1e-5;

impl Observable {
    pub(crate) fn new(simulation: &mut Simulation, text: &str) -> Result<Self, CalibrationError> {
        let requests = simulation.understand_outputs(text).map_err(CalibrationError::Deck)?;
        let wanted = requests.into_iter().flat_map(|request| request.outputs).next();
        let wrong = || CalibrationError::Observable(text.to_owned());
        let formula = wanted.ok_or_else(wrong)?.formula;
        let mut probes = Vec::new();
        formula.collect(&mut probes);
        let is_row = |probe: &Probe| {
            matches!(probe, Probe::Node(_) | Probe::Difference(..) | Probe::Local { .. })
        };
        if !probes.iter().all(is_row) {
            return Err(wrong());
        }
        Ok(Self { formula, probes })
    }

    /// The rows whose difference a probe is; `n` is ground.
    fn rows(circuit: &Circuit, probe: Probe) -> (usize, usize) {
        let node = |id| circuit.node(id).map_or(circuit.n(), |row| row.index());
        match probe {
            Probe::Node(id) => (node(id), circuit.n()),
            Probe::Difference(a, b) => (node(a), node(b)),
            Probe::Local { instance, unknown } => {
                (circuit.local_unknowns(instance)[unknown], circuit.n())
            }
            Probe::TerminalCurrent { .. }
            | Probe::DeviceOutput { .. }
            | Probe::Parameter { .. } => (circuit.n(), circuit.n()),
        }
    }

    /// The value at unknowns `x` (length `n + 1`).
    pub(crate) fn value(&self, circuit: &Circuit, x: &[f64]) -> f64 {
        let at = |probe: Probe| {
            let (plus, minus) = Observable::rows(circuit, probe);
            Complex64::new(x[plus] - x[minus], 0.0)
        };
        self.formula.value(&at).re
    }

    /// Its derivative, given that of the unknowns.
    pub(crate) fn slope(&self, circuit: &Circuit, x: &[f64], s: &[f64]) -> f64 {
        let pairs = |values: &[f64]| -> Vec<f64> {
            let rows = self.probes.iter().map(|probe| Observable::rows(circuit, *probe));
            rows.map(|(plus, minus)| values[plus] - values[minus]).collect()
        };
        let (values, slopes) = (pairs(x), pairs(s));
        let largest = slopes.iter().fold(0.0f64, |largest, slope| largest.max(slope.abs()));
        if largest == 0.0 {
            return 0.0;
        }
        let size = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let step = STEP * if size > 0.0 { size } else { 1.0 };
        let at = |sign: f64| {
            let value = |probe: Probe| {
                let place = self.probes.iter().position(|known| *known == probe).unwrap_or(0);
                // Over the largest: a derivative that has all but died out is too small to divide by.
                Complex64::new(values[place] + sign * step * (slopes[place] / largest), 0.0)
            };
            self.formula.value(&value).re
        };
        (at(1.0) - at(-1.0)) / (2.0 * step) * largest
    }

    /// The value at phasors (length `n + 1`), and its derivative along each of `s`.
    pub(crate) fn phasor(
        &self,
        circuit: &Circuit,
        x: &[Complex64],
        s: &[Vec<Complex64>],
    ) -> (f64, Vec<f64>) {
        let pick = |values: &[Complex64], probe: Probe| {
            let (plus, minus) = Observable::rows(circuit, probe);
            values[plus] - values[minus]
        };
        let value = self.formula.value(&|probe| pick(x, probe)).re;
        let slope = |s: &Vec<Complex64>| {
            let norm = |values: &[Complex64]| {
                let norms = self.probes.iter().map(|probe| pick(values, *probe).norm());
                norms.fold(0.0f64, f64::max)
            };
            let (size, largest) = (norm(x), norm(s));
            if largest == 0.0 {
                return 0.0;
            }
            let step = STEP * if size > 0.0 { size } else { 1.0 };
            let at = |sign: f64| {
                let moved = |probe| pick(x, probe) + pick(s, probe) / largest * (sign * step);
                self.formula.value(&moved).re
            };
            (at(1.0) - at(-1.0)) / (2.0 * step) * largest
        };
        (value, s.iter().map(slope).collect())
    }
}
