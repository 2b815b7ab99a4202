//! Factor, refactor and solve on matrices of typical circuits.
//!
//! Refactorisation is what a transient pays at each Newton iteration; a fresh factorisation with its
//! analysis is paid once per circuit, a fresh choice of pivots a few times.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use num_complex::Complex64;
use ovonic_numerics::sparse::gallery::{self, Sample};
use ovonic_numerics::sparse::{Element, LinearSolver, Pattern, SparseLu};

fn samples() -> Vec<(&'static str, Sample)> {
    let sample = |name, sample: Result<Sample, _>| (name, sample.expect("the gallery is sound"));
    vec![
        sample("divider 3", gallery::ladder(2)),
        sample("circuit 10", gallery::random_circuit(10, 1)),
        sample("ladder 10k", gallery::ladder(10_000)),
        sample("grid 100x100", gallery::grid(100)),
        sample("crossbar 64x64", gallery::crossbar(64, 1)),
        sample("circuit 10k", gallery::random_circuit(10_000, 1)),
    ]
}

fn phases<T: Element>(c: &mut Criterion, kind: &str, convert: fn(f64) -> T) {
    for (name, sample) in samples() {
        let values: Vec<T> = sample.values.iter().map(|&value| convert(value)).collect();
        let mut lu = solver(&sample.pattern, &values);
        let mut group = c.benchmark_group(format!("{kind} {name}"));
        group.sample_size(10);
        group.bench_function("analyze", |b| {
            b.iter(|| SparseLu::<T>::new(black_box(sample.pattern.clone())));
        });
        group.bench_function("factor", |b| b.iter(|| lu.factor(black_box(&values))));
        group.bench_function("refactor", |b| b.iter(|| lu.refactor(black_box(&values))));
        let rhs = vec![T::ONE; sample.pattern.n()];
        let mut x = rhs.clone();
        group.bench_function("solve", |b| {
            b.iter(|| {
                x.copy_from_slice(black_box(&rhs));
                lu.solve(&mut x)
            });
        });
        group.finish();
    }
}

fn solver<T: Element>(pattern: &Arc<Pattern>, values: &[T]) -> Box<dyn LinearSolver<T>> {
    let mut lu = SparseLu::new(pattern.clone()).expect("the gallery is regular");
    lu.factor(values).expect("the gallery is regular");
    Box::new(lu)
}

fn real(c: &mut Criterion) {
    phases(c, "real", |value| value);
}

fn complex(c: &mut Criterion) {
    phases(c, "complex", |value| Complex64::new(value, 0.1 * value));
}

criterion_group!(benches, real, complex);
criterion_main!(benches);
