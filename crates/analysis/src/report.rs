//! Non-convergence as a report: what was tried, where the residual is worst, who contributes to it.

use crate::newton::{Equation, Newton, NewtonError, WorstRow};
use crate::op::Attempt;
use ovonic_circuit::Circuit;
use ovonic_device::LocalResidual;
use ovonic_numerics::sparse::SolverError;
use std::fmt;

/// A row of a report, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportRow {
    /// Name of the unknown.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Residual of its row, in the unit.
    pub residual: f64,
    /// What the residual may be.
    pub tolerance: f64,
    /// Unit of the residual.
    pub unit: &'static str,
    /// Instances that contribute most to the row, with their contributions.
    pub contributors: Vec<(String, f64)>,
}

/// Why an analysis did not converge.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
    /// Worst rows first.
    pub rows: Vec<ReportRow>,
    /// Unknowns that a singular matrix does not determine, by name.
    pub singular: Vec<String>,
    /// What the last solve died of.
    pub cause: Option<NewtonError>,
    /// Simulated time, for a transient, s.
    pub time: Option<f64>,
    /// Time step, for a transient, s.
    pub step: Option<f64>,
    /// What to try.
    pub suggestion: &'static str,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(time) = self.time {
            write!(f, "no convergence at t = {time:.9e} s")?;
            if let Some(step) = self.step {
                write!(f, " (step {step:.3e} s)")?;
            }
        } else {
            write!(f, "no operating point found")?;
        }
        for attempt in &self.attempts {
            write!(
                f,
                "\n  {} reached {:.3e} in {} iterations",
                attempt.method.name(),
                attempt.reached,
                attempt.iterations
            )?;
            if let Some(failure) = &attempt.failure {
                write!(f, ": {failure}")?;
            }
        }
        if !self.singular.is_empty() {
            write!(f, "\n  not determined: {}", self.singular.join(", "))?;
        }
        for row in &self.rows {
            write!(
                f,
                "\n  {} = {:.6e}: residual {:.3e} {}, tolerance {:.3e}",
                row.name, row.value, row.residual, row.unit, row.tolerance
            )?;
            for (name, value) in &row.contributors {
                write!(f, "\n    {name} {value:.3e}")?;
            }
        }
        write!(f, "\n  help: {}", self.suggestion)
    }
}

/// The solver could not even be set up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("linear solver: {0}")]
pub struct SetupError(#[from] pub SolverError);

/// Why there is no solution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConvergenceError {
    /// Every method failed.
    #[error("{0}")]
    Report(Box<Report>),
    /// Latches flip for ever.
    #[error("switches do not settle: {flips} flips in one operating point")]
    LatchCycle {
        /// How many flips were made.
        flips: usize,
    },
    /// The solver could not be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

pub(crate) fn operating_point_failure(
    newton: &Newton<'_>,
    equation: &Equation<'_>,
    x: &[f64],
    attempts: Vec<Attempt>,
    cause: Option<NewtonError>,
) -> ConvergenceError {
    ConvergenceError::Report(Box::new(report(newton, equation, x, attempts, cause)))
}

/// A report on the last solve of `newton`.
pub(crate) fn report(
    newton: &Newton<'_>,
    equation: &Equation<'_>,
    x: &[f64],
    attempts: Vec<Attempt>,
    cause: Option<NewtonError>,
) -> Report {
    let circuit = newton.circuit();
    let singular = match &cause {
        Some(NewtonError::Linear(SolverError::Singular(singular))) => {
            let columns = singular.columns.iter();
            columns.map(|involved| circuit.unknowns()[involved.index].name.clone()).collect()
        }
        _ => Vec::new(),
    };
    let rows: Vec<ReportRow> = newton
        .worst_rows(equation, x, 5)
        .into_iter()
        .map(|row| report_row(circuit, equation, x, row))
        .collect();
    let suggestion = if singular.is_empty() {
        "check the devices named above, give a .nodeset near the expected solution, or loosen reltol"
    } else {
        "give each node named above a path for direct current to ground"
    };
    Report { attempts, rows, singular, cause, time: None, step: None, suggestion }
}

fn report_row(circuit: &Circuit, equation: &Equation<'_>, x: &[f64], worst: WorstRow) -> ReportRow {
    let entry = &circuit.unknowns()[worst.row];
    let point = equation.point(x);
    let mut local = LocalResidual::default();
    let mut contributors: Vec<(String, f64)> = Vec::new();
    for (id, spec) in circuit.instances() {
        let bound = circuit.local_unknowns(id);
        if !bound.contains(&worst.row) {
            continue;
        }
        circuit.local_residual(id, &point, &mut local);
        let rows = bound.iter().zip(local.resistive.iter().zip(&local.reactive));
        let of_row = rows.filter(|(row, _)| **row == worst.row);
        let value = of_row.map(|(_, (f, q))| f + equation.alpha * q).sum();
        contributors.push((spec.name.clone(), value));
    }
    contributors.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    contributors.truncate(3);
    ReportRow {
        name: entry.name.clone(),
        value: worst.value,
        residual: worst.residual,
        tolerance: worst.tolerance,
        unit: entry.residual.unit(),
        contributors,
    }
}
