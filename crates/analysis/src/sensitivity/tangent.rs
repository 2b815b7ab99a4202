//! The linearised circuit, factored once and solved for one parameter after the other.

use super::SensitivityError;
use crate::options::SolverOptions;
use ovonic_circuit::Circuit;
use ovonic_numerics::sparse::LinearSolver;

/// A linearisation with its factors.
pub(crate) struct Tangent<'c> {
    circuit: &'c Circuit,
    solver: Box<dyn LinearSolver<f64>>,
    /// Before condensation, which goes along with each right-hand side.
    values: Vec<f64>,
    work: Vec<f64>,
    nothing: Vec<f64>,
    clamped: Vec<usize>,
    is_fresh: bool,
}

impl<'c> Tangent<'c> {
    pub(crate) fn new(
        circuit: &'c Circuit,
        options: &SolverOptions,
    ) -> Result<Self, SensitivityError> {
        Ok(Self {
            circuit,
            solver: options.engines.real_for(circuit)?,
            values: vec![0.0; circuit.n_values()],
            work: vec![0.0; circuit.n_values()],
            nothing: vec![0.0; circuit.n() + 1],
            clamped: Vec::new(),
            is_fresh: true,
        })
    }

    /// Rows of public nodes that are held at a voltage.
    pub(crate) fn clamp(&mut self, rows: impl IntoIterator<Item = usize>) {
        self.clamped = rows.into_iter().collect();
    }

    /// Factors `resistive + alpha·reactive`, each of length [`Circuit::n_values`].
    pub(crate) fn factor(
        &mut self,
        resistive: &[f64],
        reactive: &[f64],
        alpha: f64,
    ) -> Result<(), SensitivityError> {
        for (value, (g, c)) in self.values.iter_mut().zip(resistive.iter().zip(reactive)) {
            *value = g + alpha * c;
        }
        self.work.copy_from_slice(&self.values);
        self.nothing.fill(0.0);
        self.circuit.condense(&mut self.work, &mut self.nothing)?;
        self.impose();
        let values = &self.work[..self.circuit.pattern().nnz()];
        if self.is_fresh {
            self.solver.factor(values)?;
            self.is_fresh = false;
        } else {
            self.solver.update(values)?;
        }
        Ok(())
    }

    fn impose(&mut self) {
        for (slot, (row, column)) in self.circuit.pattern().entries().enumerate() {
            if self.clamped.contains(&row) {
                self.work[slot] = if row == column { 1.0 } else { 0.0 };
            }
        }
    }

    /// Solves for a right-hand side of length `n + 1` in place.
    pub(crate) fn solve(&mut self, rhs: &mut [f64]) -> Result<(), SensitivityError> {
        rhs[self.circuit.n()] = 0.0;
        if self.circuit.n() != self.circuit.n_public() {
            self.work.copy_from_slice(&self.values);
            self.circuit.condense(&mut self.work, rhs)?;
        }
        for &row in &self.clamped {
            rhs[row] = 0.0;
        }
        self.solver.solve(&mut rhs[..self.circuit.n_public()])?;
        self.circuit.expand(&self.work, rhs);
        rhs[self.circuit.n()] = 0.0;
        Ok(())
    }
}
