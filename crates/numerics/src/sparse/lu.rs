//! The general circuit solver: sparse LU with frozen pivots.
//!
//! It puts the phases together – analysis of the pattern, factorisation with pivoting, a plan for
//! everything after – and turns lost pivots into a report of what is singular.

use std::sync::Arc;

use super::analysis::{Analysis, analyze};
use super::factor::factor;
use super::plan::Plan;
use super::solver::{Involved, LinearSolver, Singular, Singularity, SolverError, Statistics};
use super::{Element, Pattern};

/// Share of a null vector's largest component below which a component is taken for rounding.
const SIGNIFICANT: f64 = 1e-4;

/// |A·v| beyond this share of |A|·|v| means that v is no null vector in any practical sense.
const NEARLY_NULL: f64 = 1e-10;

/// Sparse LU factors of a general square matrix.
///
/// ```
/// use std::sync::Arc;
/// use ovonic_numerics::sparse::{LinearSolver, Pattern, SparseLu};
/// // Resistor of 2 Ω to ground, and the branch of a 6 V source.
/// let pattern = Arc::new(Pattern::new(2, [(0, 0), (1, 0), (0, 1)]).unwrap());
/// let mut lu = SparseLu::<f64>::new(pattern).unwrap();
/// lu.factor(&[0.5, 1.0, 1.0]).unwrap();
/// let mut x = [0.0, 6.0];
/// lu.solve(&mut x).unwrap();
/// assert_eq!(x, [6.0, -3.0]);
/// ```
#[derive(Debug)]
pub struct SparseLu<T> {
    pattern: Arc<Pattern>,
    analysis: Analysis,
    plan: Option<Plan<T>>,
    /// Whether `plan` holds factors of the last values.
    usable: bool,
    statistics: Statistics,
}

impl<T: Element> SparseLu<T> {
    /// Analyses a pattern.
    ///
    /// # Errors
    /// [`SolverError::Singular`] if no values could make it regular.
    pub fn new(pattern: Arc<Pattern>) -> Result<Self, SolverError> {
        let analysis = analyze(&pattern)?;
        let statistics = Statistics {
            n: pattern.n(),
            nnz: pattern.nnz(),
            blocks: analysis.block_starts.len() - 1,
            ..Statistics::default()
        };
        Ok(Self { pattern, analysis, plan: None, usable: false, statistics })
    }

    fn plan(&self) -> Result<&Plan<T>, SolverError> {
        self.plan.as_ref().filter(|_| self.usable).ok_or(SolverError::NotFactored)
    }

    /// Right and left null vectors of the matrix whose pivots at `lost` positions were replaced.
    ///
    /// If A·v = 0, the perturbed matrix M maps v into the span of the unit vectors of the replaced
    /// pivot rows, so that the solutions of M·v = unit vector span the null space, one solve for
    /// each; likewise for the transposed.
    fn null_space(&self, plan: &Plan<T>, lost: &[u32]) -> Singular {
        let n = self.pattern.n();
        let mut row_weights = vec![0.0; n];
        let mut column_weights = vec![0.0; n];
        let mut vector = vec![T::ZERO; n];
        for &k in lost {
            let (row, column) = plan.pivot_place(k as usize);
            vector.fill(T::ZERO);
            vector[row] = T::ONE;
            plan.solve(&mut vector);
            merge_weights(&vector, &mut column_weights);
            vector.fill(T::ZERO);
            vector[column] = T::ONE;
            plan.solve_transposed(&mut vector);
            merge_weights(&vector, &mut row_weights);
        }
        Singular {
            kind: Singularity::Numerical,
            deficiency: lost.len(),
            rows: involved(&row_weights),
            columns: involved(&column_weights),
        }
    }
}

impl<T: Element> LinearSolver<T> for SparseLu<T> {
    fn pattern(&self) -> &Arc<Pattern> {
        &self.pattern
    }

    fn factor(&mut self, values: &[T]) -> Result<(), SolverError> {
        check_finite(&self.pattern, values)?;
        self.usable = false;
        let factors = factor(&self.pattern, &self.analysis, values);
        let plan = Plan::new(&self.pattern, &self.analysis, &factors, values)?;
        if let Some(k) = plan.overflow() {
            let (_, column) = plan.pivot_place(k);
            return Err(SolverError::Overflow { column });
        }
        if !factors.lost.is_empty() {
            return Err(self.null_space(&plan, &factors.lost).into());
        }
        self.statistics.factorizations += 1;
        self.statistics.factor_nnz = plan.factor_nnz();
        self.statistics.blocks = plan.blocks();
        self.statistics.flops = plan.flops();
        self.plan = Some(plan);
        self.usable = true;
        Ok(())
    }

    fn refactor(&mut self, values: &[T]) -> Result<(), SolverError> {
        self.usable = false;
        let Some(plan) = &mut self.plan else {
            return Err(SolverError::NeedsPivoting { column: 0, growth: f64::INFINITY });
        };
        plan.refactor(values)?;
        self.usable = true;
        self.statistics.refactorizations += 1;
        Ok(())
    }

    fn solve(&self, rhs: &mut [T]) -> Result<(), SolverError> {
        self.plan()?.solve(rhs);
        Ok(())
    }

    fn solve_transposed(&self, rhs: &mut [T]) -> Result<(), SolverError> {
        self.plan()?.solve_transposed(rhs);
        Ok(())
    }

    fn statistics(&self) -> Statistics {
        Statistics { growth: self.plan.as_ref().map_or(0.0, Plan::growth), ..self.statistics }
    }

    fn weakest(&self, values: &[T]) -> Option<Singular> {
        let plan = self.plan().ok()?;
        let smallest = plan.smallest_pivot(&self.pattern, values)?;
        let n = self.pattern.n();
        let (row, _) = plan.pivot_place(smallest);
        let mut vector = vec![T::ZERO; n];
        vector[row] = T::ONE;
        plan.solve(&mut vector);
        let largest = vector.iter().fold(0.0_f64, |max, v| max.max(v.magnitude()));
        if !(largest > 0.0 && largest < f64::INFINITY) {
            return None;
        }
        let mut product = vec![T::ZERO; n];
        self.pattern.multiply_add(values, &vector, &mut product);
        let mut bound = vec![0.0; n];
        for ((row, column), value) in self.pattern.entries().zip(values) {
            bound[row] += value.magnitude() * vector[column].magnitude();
        }
        let nearly_null = product
            .iter()
            .zip(&bound)
            .all(|(product, bound)| product.magnitude() <= NEARLY_NULL * bound);
        nearly_null.then(|| self.null_space(plan, &[smallest as u32]))
    }
}

/// Raises each weight to the component's share of the vector's largest.
fn merge_weights<T: Element>(vector: &[T], weights: &mut [f64]) {
    let largest = vector.iter().fold(0.0_f64, |max, v| max.max(v.magnitude()));
    for (weight, component) in weights.iter_mut().zip(vector) {
        *weight = weight.max(component.magnitude() / largest);
    }
}

fn involved(weights: &[f64]) -> Vec<Involved> {
    let mut involved: Vec<Involved> = weights
        .iter()
        .enumerate()
        .filter(|&(_, &weight)| weight >= SIGNIFICANT)
        .map(|(index, &weight)| Involved { index, weight })
        .collect();
    involved.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.index.cmp(&b.index)));
    involved
}

/// # Errors
/// [`SolverError::NotFinite`] with the first entry that is not.
pub(super) fn check_finite<T: Element>(pattern: &Pattern, values: &[T]) -> Result<(), SolverError> {
    assert_eq!(values.len(), pattern.nnz(), "values must have one number per stored entry");
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(slot) => {
            let (row, column) = pattern.entries().nth(slot).unwrap_or_default();
            Err(SolverError::NotFinite { row, column })
        }
    }
}
