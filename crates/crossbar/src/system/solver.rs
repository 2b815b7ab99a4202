//! The linear system of a recognised crossbar, behind the trait that Newton sees.
//!
//! ```text
//! symmetric: conjugate gradients on S = A − B·C⁻¹·D, with the two-level preconditioner
//! otherwise, or where pᵀS·p ≤ 0: flexible GMRES on the whole circuit, preconditioned by one cycle and the periphery's factors
//! where that fails: the general sparse factorisation
//! ```
//!
//! Whatever the way, the residual of each row of the circuit's own matrix is computed anew, and the solution is refined until
//! it is small against the terms of that row. A preconditioner is kept from one matrix to the next while it serves.

use std::sync::{Arc, Mutex};

use ovonic_numerics::sparse::{LinearSolver, Pattern, SolverError, SparseLu, Statistics};

use super::System;
use super::flexible;
use super::plan::Filled;
use crate::CrossbarError;
use crate::conjugate::{Goal, Operator, conjugate_gradients, magnitude};
use crate::crew::Crew;
use crate::field::Shape;
use crate::network::{Magnitude, Network, Nodes};
use crate::precondition::Preconditioner;

/// Residual of a row relative to the sum of its terms that refinement aims at.
const TARGET: f64 = 1e-12;
/// Residual of a row relative to the sum of its terms beyond which a system counts as not solved.
const ACCEPTED: f64 = 1e-10;
/// Solutions of a residual after the first one.
const REFINEMENTS: usize = 5;
/// Relative tolerance of the first pass of conjugate gradients, and of those that refine it.
const TOLERANCES: [f64; 2] = [1e-11, 1e-5];
/// Iterations of one pass before the method gives up.
const MAX_ITERATIONS: usize = 200;
/// A pass that needed more iterations asks for a new preconditioner.
const SERVES: usize = 12;

/// The ladder, from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rung {
    Conjugate,
    Flexible,
    General,
}

/// What changes while systems are solved.
#[derive(Default)]
struct Work {
    preconditioner: Option<Preconditioner>,
    /// Whether the preconditioner was made for an earlier matrix.
    is_stale: bool,
    /// Whether the next matrix should have one of its own.
    is_worn: bool,
    rung: Option<Rung>,
    general: Option<SparseLu<f64>>,
    general_is_current: bool,
    iterations: usize,
    fallbacks: usize,
}

/// Solver of a circuit that holds a crossbar.
pub(super) struct CrossbarSolver {
    pattern: Arc<Pattern>,
    system: System,
    crew: Crew,
    values: Vec<f64>,
    filled: Option<Filled>,
    work: Mutex<Work>,
    statistics: Statistics,
}

impl std::fmt::Debug for CrossbarSolver {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CrossbarSolver")
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

impl CrossbarSolver {
    pub(super) fn new(pattern: Arc<Pattern>, system: System, crew: Crew) -> CrossbarSolver {
        let Shape { rows, cols, .. } = system.plan.shape();
        let statistics = Statistics {
            n: pattern.n(),
            nnz: pattern.nnz(),
            blocks: 1,
            crossbar: Some((rows, cols)),
            ..Statistics::default()
        };
        CrossbarSolver {
            values: Vec::new(),
            filled: None,
            work: Mutex::default(),
            pattern,
            system,
            crew,
            statistics,
        }
    }

    /// Takes new values; `is_fresh` where nothing of an earlier matrix may be kept.
    fn take(&mut self, values: &[f64], is_fresh: bool) -> Result<(), SolverError> {
        self.values.clear();
        self.values.extend_from_slice(values);
        let System { plan, parts, border } = &mut self.system;
        let bordered = border.update(values).is_ok();
        self.filled = if bordered { plan.fill(values, parts, border) } else { None };
        let work = self.work.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        work.general_is_current = false;
        work.is_stale = true;
        if is_fresh || work.is_worn {
            (work.preconditioner, work.is_worn) = (None, false);
        }
        let regular = |filled: &Filled| !is_fresh || !plan.floats(&filled.network);
        work.rung = Some(match &self.filled {
            Some(filled) if !regular(filled) => Rung::General,
            Some(filled) if filled.is_symmetric => Rung::Conjugate,
            Some(_) => Rung::Flexible,
            None => Rung::General,
        });
        // What cannot be solved in another way has to be factored now, so that the caller learns what is wrong with it.
        if work.rung == Some(Rung::General) {
            self.factor_general(is_fresh)?;
        }
        Ok(())
    }

    fn factor_general(&mut self, is_fresh: bool) -> Result<(), SolverError> {
        let work = self.work.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut general = match work.general.take() {
            Some(general) => general,
            None => SparseLu::new(self.pattern.clone())?,
        };
        let factored =
            if is_fresh { general.factor(&self.values) } else { general.update(&self.values) };
        work.general = Some(general);
        work.general_is_current = factored.is_ok();
        factored
    }

    /// The largest residual of a row relative to its terms; `residual` receives `b − A·x`.
    fn check(&self, b: &[f64], x: &[f64], residual: &mut [f64]) -> f64 {
        let mut bound: Vec<f64> = b.iter().map(|b| b.abs()).collect();
        residual.copy_from_slice(b);
        for (column, &scale) in x.iter().enumerate() {
            let slots = self.pattern.column_slots(column);
            for (&row, value) in self.pattern.column(column).iter().zip(&self.values[slots]) {
                let product = value * scale;
                residual[row as usize] -= product;
                bound[row as usize] += product.abs();
            }
        }
        let ratios = residual.iter().zip(&bound).filter(|(r, _)| **r != 0.0);
        let worst = ratios.map(|(r, bound)| r.abs() / bound);
        // NaN is worse than anything.
        worst.fold(0.0, |worst, ratio| if ratio <= worst { worst } else { ratio })
    }

    /// `x ← M⁻¹·x` over the whole circuit, with the array solved by `solve`.
    fn bordered<E: From<SolverError>>(
        &self,
        x: &mut [f64],
        solve: impl FnOnce(Nodes<f64>) -> Result<Nodes<f64>, E>,
    ) -> Result<(), E> {
        let System { plan, parts, border } = &self.system;
        let mut own = Vec::new();
        parts.condense(x, &mut own);
        let mut outside: Vec<f64> = border.unknowns.iter().map(|&k| x[k as usize]).collect();
        let rest = outside.clone();
        border.solve(&mut outside)?;
        let mut r = Nodes::zeros(plan.shape());
        plan.gather(x, &mut r);
        border.scatter(-1.0, &outside, &mut r);
        let found = solve(r)?;
        outside.fill(0.0);
        border.gather(&found, &mut outside);
        outside.iter_mut().zip(&rest).for_each(|(y, rest)| *y = rest - *y);
        border.solve(&mut outside)?;
        plan.scatter(&found, x);
        for (&k, value) in border.unknowns.iter().zip(outside) {
            x[k as usize] = value;
        }
        parts.expand(x);
        Ok(())
    }

    fn prepare<'w>(
        &self,
        work: &'w mut Work,
        network: &Network,
    ) -> Result<&'w Preconditioner, CrossbarError> {
        if work.preconditioner.is_none() {
            let made = Preconditioner::new(&network.without_negative(), &self.crew)?;
            work.preconditioner = Some(made);
            work.is_stale = false;
        }
        work.preconditioner.as_ref().ok_or(CrossbarError::NotPositiveDefinite)
    }

    /// One solution by conjugate gradients to a relative tolerance.
    fn conjugate(
        &self,
        filled: &Filled,
        work: &mut Work,
        x: &mut [f64],
        tolerance: f64,
    ) -> Result<(), Failure> {
        let matrix = Bordered { network: &filled.network, system: &self.system };
        self.bordered(x, |mut r| {
            let mut iterations = 0;
            for attempt in 0..2 {
                let preconditioner = self.prepare(work, &filled.network)?;
                let mut found = Nodes::zeros(self.system.plan.shape());
                let mut left = r.clone();
                let start = magnitude(&r, &self.crew).squares.sqrt();
                let goal = Goal { tolerance, max_iterations: MAX_ITERATIONS, start };
                let pair = (&mut found, &mut left);
                let went = conjugate_gradients(&matrix, preconditioner, pair, goal, &self.crew);
                match went {
                    Ok(went) => {
                        iterations += went.iterations;
                        work.iterations += iterations;
                        let passes = if tolerance < 1e-8 { 1 } else { 2 };
                        work.is_worn |= passes * went.iterations > SERVES && work.is_stale;
                        r = found;
                        return Ok(r);
                    }
                    Err(CrossbarError::NotConverged { .. }) if attempt == 0 && work.is_stale => {
                        work.preconditioner = None;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Err(Failure)
        })
    }

    /// Conjugate gradients and refinement.
    fn by_conjugates(&self, filled: &Filled, work: &mut Work, b: &[f64], x: &mut [f64]) -> bool {
        let mut residual = b.to_vec();
        let mut before = f64::INFINITY;
        x.fill(0.0);
        for pass in 0..=REFINEMENTS {
            let tolerance = TOLERANCES[pass.min(1)];
            if self.conjugate(filled, work, &mut residual, tolerance).is_err() {
                return before <= ACCEPTED;
            }
            let kept = x.to_vec();
            x.iter_mut().zip(&residual).for_each(|(x, step)| *x += step);
            let reached = self.check(b, x, &mut residual);
            if reached.is_nan() || reached > before {
                x.copy_from_slice(&kept);
                return before <= ACCEPTED;
            }
            if reached <= TARGET || (reached > 0.5 * before && reached <= ACCEPTED) {
                return true;
            }
            before = reached;
        }
        before <= ACCEPTED
    }

    /// Flexible GMRES and refinement.
    fn by_residuals(&self, filled: &Filled, work: &mut Work, b: &[f64], x: &mut [f64]) -> bool {
        if work.is_stale {
            work.preconditioner = None;
        }
        if self.prepare(work, &filled.network).is_err() {
            return false;
        }
        let mut count = 0;
        let mut done = false;
        x.fill(0.0);
        let Some(preconditioner) = &work.preconditioner else { return false };
        let product = |x: &[f64], y: &mut [f64]| self.pattern.multiply_add(&self.values, x, y);
        let cycle = |v: &mut [f64]| {
            let solved = self.bordered(v, |r| -> Result<Nodes<f64>, SolverError> {
                Ok(self.cycle(preconditioner, &r))
            });
            solved.is_ok()
        };
        let (mut residual, mut before) = (b.to_vec(), f64::INFINITY);
        for pass in 0..=REFINEMENTS {
            let mut step = vec![0.0; b.len()];
            let goal = (TOLERANCES[pass.min(1)], MAX_ITERATIONS);
            let outcome = flexible::solve(&residual, &mut step, goal, product, cycle);
            count += outcome.iterations;
            x.iter_mut().zip(&step).for_each(|(x, step)| *x += step);
            let reached = self.check(b, x, &mut residual);
            let stands = reached >= 0.5 * before;
            done = reached <= ACCEPTED;
            if reached <= TARGET || stands || reached.is_nan() || outcome.residual > 0.1 {
                break;
            }
            before = reached;
        }
        work.iterations += count;
        done
    }

    /// One cycle of the preconditioner.
    fn cycle(&self, preconditioner: &Preconditioner, r: &Nodes<f64>) -> Nodes<f64> {
        let shape = self.system.plan.shape();
        let largest = magnitude(r, &self.crew).largest;
        let mut z = Nodes::zeros(shape);
        let mut found = Nodes::zeros(shape);
        if largest > 0.0 && largest.is_finite() {
            preconditioner.apply(r, 1.0 / largest, &mut z, &self.crew);
            for (field, z) in [(&mut found.word, &z.word), (&mut found.bit, &z.bit)] {
                for (strip, values) in field.strips_mut().into_iter().enumerate() {
                    for (value, z) in values.iter_mut().zip(z.strip(strip)) {
                        *value = largest * f64::from(*z);
                    }
                }
            }
        }
        found
    }

    fn by_factors(&self, work: &mut Work, b: &[f64], x: &mut [f64]) -> Result<(), SolverError> {
        if work.general.is_none() {
            work.general = Some(SparseLu::new(self.pattern.clone())?);
        }
        let Some(general) = &mut work.general else { return Err(SolverError::NotFactored) };
        if !work.general_is_current {
            general.update(&self.values)?;
            work.general_is_current = true;
        }
        x.copy_from_slice(b);
        general.solve(x)
    }
}

/// Why the array could not be solved; what to do about it is always the same.
struct Failure;

impl From<SolverError> for Failure {
    fn from(_: SolverError) -> Failure {
        Failure
    }
}

impl From<CrossbarError> for Failure {
    fn from(_: CrossbarError) -> Failure {
        Failure
    }
}

/// `S = A − B·C⁻¹·D`.
struct Bordered<'a> {
    network: &'a Network,
    system: &'a System,
}

impl Bordered<'_> {
    /// `D·p` and `C⁻¹·D·p`.
    fn outside(&self, p: &Nodes<f32>) -> (Vec<f64>, Vec<f64>) {
        let border = &self.system.border;
        let mut currents = vec![0.0; border.unknowns.len()];
        border.gather(p, &mut currents);
        let mut y = currents.clone();
        // Factors that exist can be solved with.
        if border.solve(&mut y).is_err() {
            y.fill(f64::NAN);
        }
        (currents, y)
    }
}

impl Operator for Bordered<'_> {
    fn shape(&self) -> Shape {
        self.network.shape
    }

    fn energy(&self, p: &Nodes<f32>, crew: &Crew) -> f64 {
        let (currents, y) = self.outside(p);
        let outside: f64 = currents.iter().zip(&y).map(|(a, b)| a * b).sum();
        // The network's own ends hold what each port sees of its part of the periphery: see `Plan::fill`.
        self.network.energy(p, crew) + self.system.border.probed_energy(p) - outside
    }

    fn subtract_product(
        &self,
        factor: f64,
        p: &Nodes<f32>,
        r: &mut Nodes<f64>,
        crew: &Crew,
    ) -> Magnitude {
        let (_, y) = self.outside(p);
        let size = self.network.subtract_product(factor, p, r, crew);
        let border = &self.system.border;
        let old = border.size(r);
        border.scatter(factor, &y, r);
        border.subtract_probed(factor, p, r);
        let new = border.size(r);
        Magnitude {
            squares: (size.squares - old.squares + new.squares).max(new.squares),
            largest: size.largest.max(new.largest),
        }
    }
}

impl LinearSolver<f64> for CrossbarSolver {
    fn pattern(&self) -> &Arc<Pattern> {
        &self.pattern
    }

    fn factor(&mut self, values: &[f64]) -> Result<(), SolverError> {
        if let Some(slot) = values.iter().position(|value| !value.is_finite()) {
            let (row, column) = self.pattern.entries().nth(slot).unwrap_or_default();
            return Err(SolverError::NotFinite { row, column });
        }
        self.take(values, true)?;
        self.statistics.factorizations += 1;
        Ok(())
    }

    fn refactor(&mut self, values: &[f64]) -> Result<(), SolverError> {
        if self.values.is_empty() || values.iter().any(|value| !value.is_finite()) {
            return Err(SolverError::NeedsPivoting { column: 0, growth: f64::INFINITY });
        }
        self.take(values, false)?;
        self.statistics.refactorizations += 1;
        Ok(())
    }

    fn solve(&self, rhs: &mut [f64]) -> Result<(), SolverError> {
        let mut work = self.work.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let work = &mut *work;
        let mut rung = work.rung.ok_or(SolverError::NotFactored)?;
        let b = rhs.to_vec();
        if b.iter().all(|b| *b == 0.0) {
            return Ok(());
        }
        if let Some(filled) = &self.filled {
            if rung == Rung::Conjugate && self.by_conjugates(filled, work, &b, rhs) {
                return Ok(());
            }
            if rung <= Rung::Flexible && self.by_residuals(filled, work, &b, rhs) {
                work.rung = Some(Rung::Flexible);
                return Ok(());
            }
            if rung < Rung::General {
                work.fallbacks += 1;
            }
        }
        rung = Rung::General;
        work.rung = Some(rung);
        self.by_factors(work, &b, rhs)
    }

    fn solve_transposed(&self, rhs: &mut [f64]) -> Result<(), SolverError> {
        if self.filled.as_ref().is_some_and(|filled| filled.is_symmetric) {
            return self.solve(rhs);
        }
        let mut work = self.work.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let work = &mut *work;
        work.rung.ok_or(SolverError::NotFactored)?;
        let (b, mut scratch) = (rhs.to_vec(), rhs.to_vec());
        self.by_factors(work, &b, &mut scratch)?;
        rhs.copy_from_slice(&b);
        work.general.as_ref().map_or(Err(SolverError::NotFactored), |lu| lu.solve_transposed(rhs))
    }

    fn statistics(&self) -> Statistics {
        let work = self.work.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let general = work.general.as_ref().map(LinearSolver::statistics).unwrap_or_default();
        Statistics {
            factor_nnz: general.factor_nnz,
            flops: general.flops,
            growth: general.growth,
            iterations: work.iterations,
            fallbacks: work.fallbacks,
            ..self.statistics
        }
    }
}
