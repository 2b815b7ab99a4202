//! The engines to choose from, as one list.

use std::sync::Arc;

use super::{DenseLu, Element, LinearSolver, Pattern, SolverError, SparseLu};

/// A way to solve general linear systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Sparse LU for circuits: block triangular form, frozen pivots.
    #[default]
    SparseLu,
    /// The sparse LU of `faer`, for cross-checks.
    #[cfg(feature = "faer")]
    Faer,
    /// Dense LU; a reference for small systems.
    Dense,
}

impl Engine {
    /// Every engine of this build, the default first.
    pub const ALL: &[Engine] = &[
        Engine::SparseLu,
        #[cfg(feature = "faer")]
        Engine::Faer,
        Engine::Dense,
    ];

    /// A solver for matrices of this pattern, not yet factored.
    ///
    /// # Errors
    /// [`SolverError::Singular`] if the engine sees that no values could make the pattern regular.
    pub fn build<T: Element>(
        self,
        pattern: Arc<Pattern>,
    ) -> Result<Box<dyn LinearSolver<T>>, SolverError> {
        Ok(match self {
            Engine::SparseLu => Box::new(SparseLu::new(pattern)?),
            #[cfg(feature = "faer")]
            Engine::Faer => Box::new(super::FaerLu::new(pattern)?),
            Engine::Dense => Box::new(DenseLu::new(pattern)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::gallery;
    use super::*;

    #[test]
    fn every_engine_solves_and_transposes() {
        let sample = gallery::random_circuit(80, 4).unwrap();
        let x: Vec<f64> = (0..80).map(|k| 1.0 + f64::from(k % 7)).collect();
        for &engine in Engine::ALL {
            let mut solver = engine.build(sample.pattern.clone()).unwrap();
            assert_eq!(solver.solve(&mut [0.0; 80]), Err(SolverError::NotFactored));
            solver.update(&sample.values).unwrap();
            for transposed in [false, true] {
                let mut b = vec![0.0; 80];
                if transposed {
                    sample.pattern.multiply_add_transposed(&sample.values, &x, &mut b);
                    solver.solve_transposed(&mut b).unwrap();
                } else {
                    sample.pattern.multiply_add(&sample.values, &x, &mut b);
                    solver.solve(&mut b).unwrap();
                }
                for (found, wanted) in b.iter().zip(&x) {
                    // Condition numbers of these circuits stay below 1e8.
                    assert!((found - wanted).abs() < 1e-6, "{engine:?}: {found} {wanted}");
                }
            }
        }
    }

    #[test]
    fn every_engine_refuses_a_singular_matrix() {
        let pattern = Arc::new(Pattern::new(2, [(0, 0), (1, 0), (0, 1), (1, 1)]).unwrap());
        for &engine in Engine::ALL {
            let mut solver = engine.build::<f64>(pattern.clone()).unwrap();
            let result = solver.factor(&[1.0, -1.0, -1.0, 1.0]);
            assert!(matches!(result, Err(SolverError::Singular(_))), "{engine:?}");
        }
    }
}
