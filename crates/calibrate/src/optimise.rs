//! The thin adapter to the optimisation library `basin`: bounded trust-region least squares (reflective, Branch, Coleman
//! and Li 1999) and differential evolution (Storn and Price 1997), both in the unit cube.
//!
//! Nothing else names the library. The best point ever evaluated is kept here, so that a run that is cancelled or fails
//! late still has a result.

use crate::experiment::ExperimentError;
use crate::objective::Residuals;
use basin::{
    BoxBounds, ConstraintDescription, ConstraintSet, ConstraintSolveError, Constraints,
    CostFunction, De, DenseMatrix, Executor, Jacobian, PopulationProgress, Residual,
    TerminationCode, TrustRegionReflective,
};
use std::cell::RefCell;

/// Evaluates residuals at places in the unit cube, with derivatives if asked for.
pub(crate) type Evaluate<'a> = dyn FnMut(&[f64], bool) -> Result<Residuals, ExperimentError> + 'a;

/// How an optimisation ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Optimum {
    pub(crate) u: Vec<f64>,
    /// Sum of squares.
    pub(crate) cost: f64,
    pub(crate) has_converged: bool,
}

struct Adapter<'a, 'b> {
    evaluate: RefCell<&'a mut Evaluate<'b>>,
    best: &'a RefCell<Option<Optimum>>,
    n_residuals: RefCell<usize>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Adapter<'_, '_> {
    fn at(&self, u: &[f64], gradients: bool) -> Result<Residuals, ExperimentError> {
        let residuals = (self.evaluate.borrow_mut())(u, gradients)?;
        *self.n_residuals.borrow_mut() = residuals.values.len();
        let cost = residuals.cost();
        let mut best = self.best.borrow_mut();
        if cost.is_finite() && best.as_ref().is_none_or(|best| cost < best.cost) {
            *best = Some(Optimum { u: u.to_vec(), cost, has_converged: false });
        }
        Ok(residuals)
    }
}

impl Constraints for Adapter<'_, '_> {
    type Set = ConstraintSet<BoxBounds<Vec<f64>>>;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        ConstraintSet::new().with_bounds(BoxBounds::new(Some(&self.low), Some(&self.high)))
    }
}

impl CostFunction for Adapter<'_, '_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = ExperimentError;

    fn cost(&self, u: &Vec<f64>) -> Result<f64, ExperimentError> {
        match self.at(u, false) {
            Ok(residuals) => Ok(residuals.cost()),
            // Where there is no solution there is no optimum either.
            Err(ExperimentError::NoSolution(_)) => Ok(f64::INFINITY),
            Err(error) => Err(error),
        }
    }
}

impl Residual for Adapter<'_, '_> {
    type Param = Vec<f64>;
    type Output = Vec<f64>;
    type Error = ExperimentError;

    fn residual(&self, u: &Vec<f64>) -> Result<Vec<f64>, ExperimentError> {
        match self.at(u, false) {
            Ok(residuals) => Ok(residuals.values),
            // A trial without a solution is rejected and the region shrinks; at the start it is an error.
            Err(ExperimentError::NoSolution(_)) if *self.n_residuals.borrow() > 0 => {
                Ok(vec![f64::NAN; *self.n_residuals.borrow()])
            }
            Err(error) => Err(error),
        }
    }
}

impl Jacobian for Adapter<'_, '_> {
    type Jacobian = DenseMatrix;

    fn jacobian(&self, u: &Vec<f64>) -> Result<DenseMatrix, ExperimentError> {
        Ok(self.residual_and_jacobian(u)?.1)
    }

    fn residual_and_jacobian(
        &self,
        u: &Vec<f64>,
    ) -> Result<(Vec<f64>, DenseMatrix), ExperimentError> {
        let residuals = self.at(u, true)?;
        let (rows, columns) = (residuals.values.len(), u.len());
        let jacobian = DenseMatrix::from_row_slice(rows, columns, &residuals.jacobian);
        Ok((residuals.values, jacobian))
    }
}

fn own(error: ConstraintSolveError<ExperimentError>) -> ExperimentError {
    match error {
        ConstraintSolveError::Evaluation(error) => error,
        error => ExperimentError::Unsuitable(error.to_string()),
    }
}

/// Bounded least squares from `start`, within `low` to `high`.
///
/// # Errors
/// When the experiment fails in a way that another step cannot mend; the best point is in `best` all the same.
pub(crate) fn least_squares(
    evaluate: &mut Evaluate<'_>,
    (low, high): (Vec<f64>, Vec<f64>),
    start: Vec<f64>,
    max_iterations: u64,
    best: &RefCell<Option<Optimum>>,
) -> Result<Optimum, ExperimentError> {
    let adapter =
        Adapter { evaluate: RefCell::new(evaluate), best, n_residuals: RefCell::new(0), low, high };
    let solver = TrustRegionReflective::new()
        .with_absolute_scaled_gradient_tolerance(1e-10)
        .with_relative_cost_change_tolerance(1e-6)
        .with_relative_step_tolerance(1e-8);
    let result =
        Executor::from_start(adapter, solver, start).max_iter(max_iterations).run().map_err(own)?;
    let has_converged =
        !matches!(result.report.code(), TerminationCode::SolverFailed | TerminationCode::MaxIter);
    let best = best.borrow();
    let found = best.as_ref().map(|best| (best.u.clone(), best.cost));
    let (u, cost) = found.unwrap_or_else(|| (result.param().clone(), 2.0 * result.cost()));
    Ok(Optimum { u, cost, has_converged })
}

/// Differential evolution within the unit cube, `generations` of them after the first population.
///
/// # Errors
/// As [`least_squares`].
pub(crate) fn evolve(
    evaluate: &mut Evaluate<'_>,
    n: usize,
    seed: u64,
    generations: u64,
    best: &RefCell<Option<Optimum>>,
) -> Result<(), ExperimentError> {
    let adapter = Adapter {
        evaluate: RefCell::new(evaluate),
        best,
        n_residuals: RefCell::new(0),
        low: vec![0.0; n],
        high: vec![1.0; n],
    };
    let population = (4 * n).clamp(16, 40);
    let solver = De::new(seed).with_pop_size(population).with_dither(0.4, 0.9).with_cr(0.9);
    let ended =
        Executor::new(adapter, solver, PopulationProgress::empty()).max_iter(generations).run();
    ended.map(|_| ()).map_err(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Residuals of Rosenbrock's function over the cube from −2 to 2.
    fn rosenbrock(u: &[f64], gradients: bool) -> Result<Residuals, ExperimentError> {
        let (x, y) = (4.0 * u[0] - 2.0, 4.0 * u[1] - 2.0);
        let mut out = Residuals::new(2, gradients);
        out.values = vec![10.0 * (y - x * x), 1.0 - x];
        if gradients {
            out.jacobian = vec![-80.0 * x, 40.0, -4.0, 0.0];
        }
        Ok(out)
    }

    #[test]
    fn least_squares_finds_an_optimum_and_keeps_to_its_bounds() {
        let best = RefCell::new(None);
        let cube = (vec![0.0; 2], vec![1.0; 2]);
        let found = least_squares(&mut rosenbrock, cube, vec![0.1, 0.9], 200, &best).unwrap();
        assert!(found.has_converged);
        assert!(found.u.iter().all(|u| (u - 0.75).abs() < 1e-6), "{found:?}");
        let best = RefCell::new(None);
        let part = (vec![0.0; 2], vec![0.6, 1.0]);
        let found = least_squares(&mut rosenbrock, part, vec![0.1, 0.9], 200, &best).unwrap();
        assert!(found.u[0] <= 0.6 && found.u[0] > 0.599, "{found:?}");
    }

    #[test]
    fn evolution_comes_near_and_depends_on_its_seed_alone() {
        let run = |seed| {
            let best = RefCell::new(None);
            evolve(&mut rosenbrock, 2, seed, 60, &best).unwrap();
            best.into_inner().unwrap()
        };
        assert!(run(1).cost < 1e-2, "{:?}", run(1));
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn a_trial_without_solution_is_stepped_back_from() {
        let mut walled = |u: &[f64], gradients: bool| {
            if u[0] > 0.5 {
                return Err(ExperimentError::NoSolution("wall".to_owned()));
            }
            rosenbrock(u, gradients)
        };
        let best = RefCell::new(None);
        let cube = (vec![0.0; 2], vec![1.0; 2]);
        let found = least_squares(&mut walled, cube, vec![0.1, 0.9], 100, &best).unwrap();
        assert!(found.u[0] <= 0.5 && found.cost < 5.0, "{found:?}");
    }
}
