//! The sparse kernel against the dense reference, on circuits and on random patterns.

use std::sync::Arc;

use num_complex::Complex64;
use proptest::prelude::*;

use super::gallery::{self, Random, Sample, Stamps};
use super::*;

/// Unknowns of voltage-source loops and islands in the order they are reported.
fn indices(involved: &[Involved]) -> Vec<usize> {
    let mut indices: Vec<usize> = involved.iter().map(|entry| entry.index).collect();
    indices.sort_unstable();
    indices
}

fn singular(result: Result<(), SolverError>) -> Singular {
    match result {
        Err(SolverError::Singular(singular)) => singular,
        other => panic!("expected a singular matrix, got {other:?}"),
    }
}

fn random_vector<T: Element>(n: usize, seed: u64, part: fn(f64, f64) -> T) -> Vec<T> {
    let mut random = Random::new(seed);
    (0..n).map(|_| part(random.uniform() - 0.5, random.uniform() - 0.5)).collect()
}

/// The transposed system of a solver, so that one checker serves both.
#[derive(Debug)]
struct Adjoint<'a, T> {
    solver: &'a SparseLu<T>,
    pattern: Arc<Pattern>,
}

impl<T: Element> LinearSolver<T> for Adjoint<'_, T> {
    fn pattern(&self) -> &Arc<Pattern> {
        &self.pattern
    }
    fn factor(&mut self, _: &[T]) -> Result<(), SolverError> {
        Err(SolverError::NotFactored)
    }
    fn refactor(&mut self, _: &[T]) -> Result<(), SolverError> {
        Err(SolverError::NotFactored)
    }
    fn solve(&self, rhs: &mut [T]) -> Result<(), SolverError> {
        self.solver.solve_transposed(rhs)
    }
    fn solve_transposed(&self, rhs: &mut [T]) -> Result<(), SolverError> {
        self.solver.solve(rhs)
    }
    fn statistics(&self) -> Statistics {
        self.solver.statistics()
    }
}

/// Factors and refactors, then checks direct and transposed solutions row by row after at most one
/// step of refinement.
fn check_solutions<T: Element>(pattern: &Arc<Pattern>, values: &[T], part: fn(f64, f64) -> T) {
    let tolerance = ResidualTolerance { relative: 1e-13, absolute: 1e-15 };
    let (transposed, origin) = pattern.transposed();
    let transposed = Arc::new(transposed);
    let turned: Vec<T> = origin.iter().map(|&slot| values[slot]).collect();
    let n = pattern.n();
    let mut refiner = Refiner::new(n);
    let mut x = vec![T::ZERO; n];
    let mut lu = SparseLu::new(pattern.clone()).unwrap();
    lu.factor(values).unwrap();
    for round in 0..2 {
        let rhs = random_vector(n, 7 + round, part);
        let accuracy = refiner.solve(&lu, values, &rhs, &mut x, tolerance).unwrap();
        assert!(accuracy.is_sufficient(), "round {round}: {accuracy:?}");
        let adjoint = Adjoint { solver: &lu, pattern: transposed.clone() };
        let accuracy = refiner.solve(&adjoint, &turned, &rhs, &mut x, tolerance).unwrap();
        assert!(accuracy.is_sufficient(), "round {round}, transposed: {accuracy:?}");
        lu.refactor(values).unwrap();
    }
}

fn with_capacitances(sample: &Sample, seed: u64) -> Vec<Complex64> {
    let mut random = Random::new(seed);
    sample.values.iter().map(|&g| Complex64::new(g, g * (random.uniform() - 0.3))).collect()
}

#[test]
fn circuits_are_solved_real_and_complex() {
    let samples = [
        gallery::ladder(300).unwrap(),
        gallery::grid(17).unwrap(),
        gallery::crossbar(9, 3).unwrap(),
        gallery::random_circuit(50, 1).unwrap(),
        gallery::random_circuit(2000, 2).unwrap(),
    ];
    for sample in &samples {
        check_solutions(&sample.pattern, &sample.values, |re, _| re);
        let complex = with_capacitances(sample, 5);
        check_solutions(&sample.pattern, &complex, Complex64::new);
    }
}

#[test]
fn solutions_equal_the_dense_reference() {
    for seed in 0..20 {
        let sample = gallery::random_circuit(60, seed).unwrap();
        let mut sparse = SparseLu::new(sample.pattern.clone()).unwrap();
        let mut dense = DenseLu::new(sample.pattern.clone());
        sparse.factor(&sample.values).unwrap();
        dense.factor(&sample.values).unwrap();
        let rhs = random_vector(60, seed, |re, _| re);
        let (mut x, mut reference) = (rhs.clone(), rhs);
        sparse.solve(&mut x).unwrap();
        dense.solve(&mut reference).unwrap();
        let scale = reference.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
        for (x, reference) in x.iter().zip(&reference) {
            // The condition numbers reach 1e8, so 1e-16 may grow to 1e-8.
            assert!((x - reference).abs() <= 1e-7 * scale, "seed {seed}");
        }
    }
}

#[test]
fn refactoring_by_columns_gives_the_bits_of_factoring() {
    // Too small for panels, which fuse operations; a chain has a kernel of its own.
    check_bits(&gallery::random_circuit(60, 11).unwrap());
    check_bits(&gallery::ladder(500).unwrap());
}

fn check_bits(sample: &Sample) {
    let mut lu = SparseLu::new(sample.pattern.clone()).unwrap();
    lu.factor(&sample.values).unwrap();
    let rhs = random_vector(sample.pattern.n(), 3, |re, _| re);
    let mut first = rhs.clone();
    lu.solve(&mut first).unwrap();
    lu.refactor(&sample.values).unwrap();
    let mut second = rhs;
    lu.solve(&mut second).unwrap();
    assert_eq!(first, second);
}

#[test]
fn source_rows_become_blocks_of_one() {
    let sample = gallery::ladder(50).unwrap();
    let mut lu = SparseLu::<f64>::new(sample.pattern.clone()).unwrap();
    lu.factor(&sample.values).unwrap();
    let statistics = lu.statistics();
    // The source's current, its node, and the rest of the ladder.
    assert_eq!(statistics.blocks, 3);
    assert!(statistics.factor_nnz <= sample.pattern.nnz());
    assert_eq!(statistics.factorizations, 1);
}

#[test]
fn a_floating_island_is_named() {
    // Nodes 0..3 are grounded, nodes 3..7 only hang together, with conductances that do not cancel
    // exactly.
    let mut stamps = Stamps::new(8);
    stamps.conductance(Some(0), None, 1e-3);
    stamps.conductance(Some(0), Some(1), 3e-4);
    stamps.conductance(Some(1), Some(2), 7e-5);
    stamps.voltage_source(Some(2), None, 7);
    for (a, b, siemens) in [(3, 4, 0.1), (4, 5, 0.3), (5, 6, 0.7), (6, 3, 0.9), (3, 5, 1e-3)] {
        stamps.conductance(Some(a), Some(b), siemens);
    }
    // A sensing element sees the island without holding it.
    stamps.transconductance(Some(1), None, Some(5), Some(6), 1e-3);
    let sample = stamps.finish().unwrap();
    let mut lu = SparseLu::new(sample.pattern.clone()).unwrap();
    let report = singular(lu.factor(&sample.values));
    assert_eq!(report.kind, Singularity::Numerical);
    assert_eq!(report.deficiency, 1);
    assert_eq!(indices(&report.columns), [3, 4, 5, 6]);
    assert_eq!(indices(&report.rows), [3, 4, 5, 6]);
    assert_eq!(lu.solve(&mut [0.0; 8]), Err(SolverError::NotFactored));
}

#[test]
fn two_islands_are_both_named() {
    let mut stamps = Stamps::new(5);
    stamps.conductance(Some(0), None, 1.0);
    stamps.conductance(Some(1), Some(2), 1.0);
    stamps.conductance(Some(3), Some(4), 1e-9);
    let sample = stamps.finish().unwrap();
    let mut lu = SparseLu::new(sample.pattern.clone()).unwrap();
    let report = singular(lu.factor(&sample.values));
    assert_eq!(report.deficiency, 2);
    assert_eq!(indices(&report.columns), [1, 2, 3, 4]);
}

#[test]
fn a_loop_of_voltage_sources_is_named() {
    // Three sources around nodes 0, 1, 2 and resistors everywhere: structurally sound.
    let mut stamps = Stamps::new(6);
    for node in 0..3 {
        stamps.conductance(Some(node), None, 1e-3);
    }
    stamps.voltage_source(Some(0), Some(1), 3);
    stamps.voltage_source(Some(1), Some(2), 4);
    stamps.voltage_source(Some(2), Some(0), 5);
    let sample = stamps.finish().unwrap();
    let mut lu = SparseLu::new(sample.pattern.clone()).unwrap();
    let report = singular(lu.factor(&sample.values));
    assert_eq!(report.kind, Singularity::Numerical);
    assert_eq!(indices(&report.columns), [3, 4, 5]);
    assert_eq!(indices(&report.rows), [3, 4, 5]);
}

#[test]
fn parallel_voltage_sources_are_structurally_singular() {
    let mut stamps = Stamps::new(3);
    stamps.conductance(Some(0), None, 1.0);
    stamps.voltage_source(Some(0), None, 1);
    stamps.voltage_source(Some(0), None, 2);
    let sample = stamps.finish().unwrap();
    let Err(SolverError::Singular(report)) = SparseLu::<f64>::new(sample.pattern) else {
        panic!("expected a singular pattern");
    };
    assert_eq!(report.kind, Singularity::Structural);
    assert_eq!(indices(&report.columns), [1, 2]);
    assert_eq!(indices(&report.rows), [1, 2]);
}

#[test]
fn a_leak_keeps_a_node_solvable() {
    // 1e-12 S beside 1 mΩ: tiny, but no rounding error.
    let mut stamps = Stamps::new(2);
    stamps.conductance(Some(0), Some(1), 1e3);
    stamps.conductance(Some(1), None, 1e-12);
    let sample = stamps.finish().unwrap();
    let mut lu = SparseLu::new(sample.pattern.clone()).unwrap();
    lu.factor(&sample.values).unwrap();
    let report = lu.weakest(&sample.values).unwrap();
    assert_eq!(indices(&report.columns), [0, 1]);
}

#[test]
fn a_sound_matrix_has_no_weakest_part() {
    let sample = gallery::grid(6).unwrap();
    let mut lu = SparseLu::new(sample.pattern.clone()).unwrap();
    lu.factor(&sample.values).unwrap();
    assert_eq!(lu.weakest(&sample.values), None);
}

#[test]
fn stale_pivots_are_noticed() {
    let pattern = Arc::new(Pattern::new(2, [(0, 0), (0, 1), (1, 0), (1, 1)]).unwrap());
    let mut lu = SparseLu::new(pattern).unwrap();
    lu.factor(&[1.0, 0.5, 0.5, 1.0]).unwrap();
    let stale = [1e-9, 1.0, 1.0, 1e-9];
    let Err(SolverError::NeedsPivoting { growth, .. }) = lu.refactor(&stale) else {
        panic!("stale pivots went unnoticed");
    };
    assert!((growth / 1e9 - 1.0).abs() < 1e-15);
    assert_eq!(lu.solve(&mut [1.0, 1.0]), Err(SolverError::NotFactored));
    lu.update(&stale).unwrap();
    let mut x = [2.0, 3.0];
    lu.solve(&mut x).unwrap();
    assert!((x[0] - 3.0).abs() < 1e-8 && (x[1] - 2.0).abs() < 1e-8);
    assert_eq!(lu.statistics().factorizations, 2);
}

#[test]
fn vanished_and_cancelled_pivots_are_noticed() {
    let pattern = Arc::new(Pattern::new(2, [(0, 0), (0, 1), (1, 0), (1, 1)]).unwrap());
    let mut lu = SparseLu::new(pattern).unwrap();
    lu.factor(&[1.0, 0.5, 0.5, 1.0]).unwrap();
    for values in [[0.0, 1.0, 1.0, 0.0], [0.1 + 0.2, -0.3, -0.3, 0.3], [f64::NAN, 1.0, 1.0, 1.0]] {
        let refused = lu.refactor(&values);
        assert!(
            matches!(refused, Err(SolverError::NeedsPivoting { .. })),
            "{values:?}: {refused:?}"
        );
        // Whatever the failure left behind must not leak into the next factors.
        lu.refactor(&[1.0, 0.5, 0.5, 1.0]).unwrap();
        let mut x = [1.5, 1.5];
        lu.solve(&mut x).unwrap();
        assert_eq!(x, [1.0, 1.0]);
    }
}

#[test]
fn values_that_are_not_finite_are_located() {
    let sample = gallery::ladder(4).unwrap();
    let mut values = sample.values.clone();
    let slot = sample.pattern.slot(2, 1).unwrap();
    values[slot] = f64::NAN;
    let mut lu = SparseLu::new(sample.pattern.clone()).unwrap();
    assert_eq!(lu.factor(&values), Err(SolverError::NotFinite { row: 2, column: 1 }));
}

#[test]
fn overflow_is_an_error() {
    let pattern = Arc::new(Pattern::new(2, [(0, 0), (0, 1), (1, 0), (1, 1)]).unwrap());
    let mut lu = SparseLu::new(pattern).unwrap();
    // The diagonal is just large enough to be kept, and the second pivot is -5e308.
    let result = lu.factor(&[2e303, -1e306, -1e306, 2e303]);
    assert!(matches!(result, Err(SolverError::Overflow { .. })), "{result:?}");
}

#[test]
fn orders_zero_and_one_work() {
    let mut empty = SparseLu::<f64>::new(Arc::new(Pattern::new(0, []).unwrap())).unwrap();
    empty.factor(&[]).unwrap();
    empty.solve(&mut []).unwrap();
    let mut one = SparseLu::new(Arc::new(Pattern::new(1, [(0, 0)]).unwrap())).unwrap();
    one.factor(&[4.0]).unwrap();
    let mut x = [2.0];
    one.solve(&mut x).unwrap();
    assert_eq!(x, [0.5]);
    assert_eq!(singular(one.factor(&[0.0])).deficiency, 1);
}

prop_compose! {
    /// A pattern of order up to 25 with a hidden permutation of large entries, so that it is
    /// regular although its diagonal is mostly empty.
    fn regular_matrix()(n in 1_usize..25)(
        order in Just((0..n).collect::<Vec<_>>()).prop_shuffle(),
        large in prop::collection::vec(5.0..50.0_f64, n),
        small in prop::collection::vec((0..n, 0..n, -1.0..1.0_f64), 0..4 * n),
    ) -> (Vec<usize>, Vec<f64>, Vec<(usize, usize, f64)>) {
        (order, large, small)
    }
}

proptest! {
    #[test]
    fn hidden_permutations_are_solved((order, large, small) in regular_matrix()) {
        let n = order.len();
        let mut entries: Vec<(usize, usize, f64)> = Vec::new();
        let mut load = vec![0.0; n];
        for &(row, column, value) in &small {
            load[column] += value.abs();
            entries.push((row, column, value));
        }
        // Columns are dominated by their large entry.
        for (column, &row) in order.iter().enumerate() {
            entries.push((row, column, large[column] + 2.0 * load[column]));
        }
        let pattern = Pattern::new(n, entries.iter().map(|&(row, column, _)| (row, column)));
        let pattern = Arc::new(pattern.unwrap());
        let mut values = vec![0.0; pattern.nnz()];
        for &(row, column, value) in &entries {
            values[pattern.slot(row, column).unwrap()] += value;
        }
        check_solutions(&pattern, &values, |re, _| re);
    }

    #[test]
    fn structural_rank_agrees_with_a_dense_rank(
        n in 1_usize..9,
        picks in prop::collection::vec((0..9_usize, 0..9_usize), 1..20),
    ) {
        // Random values attain the structural rank with probability one.
        let entries: Vec<_> = picks.iter().map(|&(i, j)| (i % n, j % n)).collect();
        let pattern = Arc::new(Pattern::new(n, entries).unwrap());
        let mut random = Random::new(42);
        let mut matrix = nalgebra::DMatrix::zeros(n, n);
        for (row, column) in pattern.entries() {
            matrix[(row, column)] = 0.5 + random.uniform();
        }
        let rank = matrix.rank(1e-9);
        match SparseLu::<f64>::new(pattern) {
            Ok(_) => prop_assert_eq!(rank, n),
            Err(SolverError::Singular(report)) => {
                prop_assert_eq!(report.deficiency, n - rank);
                // The named columns have fewer rows to live in than there are columns.
                let columns = indices(&report.columns);
                let block = matrix.select_columns(&columns);
                prop_assert_eq!(block.rank(1e-9), columns.len() - report.deficiency);
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
