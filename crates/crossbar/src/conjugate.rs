//! Preconditioned conjugate gradients with the two-level preconditioner.
//!
//! ```text
//! r = rhs;  repeat:  z = M⁻¹·r,  p = z + (rᵀz / r'ᵀz')·p,  α = rᵀz / pᵀA·p,  x += α·p,  r −= α·A·p
//! ```
//!
//! `x` and `r` are double precision; `p` and `z` are single, which saves half of the memory traffic and costs nothing: the
//! product `A·p` is that of the rounded `p`, so that `r` remains the residual of `x`. `A·p` is never stored: its energy
//! is summed first, and it is computed again when it is subtracted. `z` is the estimate of the error, and the iteration
//! stops by it; in the end the residual is computed anew.

use crate::CrossbarError;
use crate::crew::Crew;
use crate::field::{Field, Shape, TILE, WIDTH};
use crate::network::{Magnitude, Network, Nodes};
use crate::precondition::Preconditioner;

/// A symmetric matrix on the nodes of an array.
pub(crate) trait Operator {
    /// Size of the array.
    fn shape(&self) -> Shape;

    /// `pᵀA·p`.
    fn energy(&self, p: &Nodes<f32>, crew: &Crew) -> f64;

    /// `r −= factor · A·p`; returns the size of the new `r`.
    fn subtract_product(
        &self,
        factor: f64,
        p: &Nodes<f32>,
        r: &mut Nodes<f64>,
        crew: &Crew,
    ) -> Magnitude;
}

impl Operator for Network {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn energy(&self, p: &Nodes<f32>, crew: &Crew) -> f64 {
        Network::energy(self, p, crew)
    }

    fn subtract_product(
        &self,
        factor: f64,
        p: &Nodes<f32>,
        r: &mut Nodes<f64>,
        crew: &Crew,
    ) -> Magnitude {
        Network::subtract_product(self, factor, p, r, crew)
    }
}

/// How the iteration went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Iteration {
    pub(crate) iterations: usize,
    /// Estimated error of the voltages relative to them, both in the Euclidean norm.
    pub(crate) error: f64,
}

/// When the iteration ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    /// Error of the voltages and residual, relative to the solution and to the right-hand side.
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: usize,
    /// Norm of the right-hand side.
    pub(crate) start: f64,
}

/// Improves the solution `x`, whose residual is `r`; `r` is left as the new residual.
///
/// # Errors
/// [`CrossbarError::NotConverged`], and [`CrossbarError::NotPositiveDefinite`] where `pᵀA·p ≤ 0`.
pub(crate) fn conjugate_gradients(
    matrix: &impl Operator,
    preconditioner: &Preconditioner,
    (x, r): (&mut Nodes<f64>, &mut Nodes<f64>),
    goal: Goal,
    crew: &Crew,
) -> Result<Iteration, CrossbarError> {
    let Goal { tolerance, max_iterations, start } = goal;
    let mut z = Nodes::zeros(matrix.shape());
    let mut p = Nodes::zeros(matrix.shape());
    let mut size = magnitude(r, crew);
    let (mut before, mut best) = (0.0, f64::INFINITY);
    let mut solution = magnitude(x, crew).squares.sqrt();
    if start == 0.0 {
        return Ok(Iteration::default());
    }
    for iterations in 0.. {
        if size.largest == 0.0 {
            return Ok(Iteration { iterations, error: 0.0 });
        }
        let scale = power_of_two(1.0 / size.largest);
        preconditioner.apply(r, scale, &mut z, crew);
        let (product, squares) = products(r, &z, crew);
        let error = squares.sqrt() / scale / solution.max(f64::MIN_POSITIVE);
        let residual = size.squares.sqrt() / start;
        if solution > 0.0 && error <= tolerance && residual <= tolerance {
            return Ok(Iteration { iterations, error });
        }
        let reached = if solution == 0.0 { f64::INFINITY } else { error.max(residual) };
        let slow = iterations > 20 && iterations % 20 == 0 && reached > 0.5 * best;
        if iterations % 20 == 0 {
            best = best.min(reached);
        }
        if iterations >= max_iterations || slow || !product.is_finite() {
            return Err(CrossbarError::NotConverged { iterations, reached, wanted: tolerance });
        }
        let beta = if iterations == 0 { 0.0 } else { product / before };
        before = product;
        advance(&mut p, beta, &z, crew);
        let energy = matrix.energy(&p, crew);
        if energy.is_nan() || energy <= 0.0 {
            return Err(CrossbarError::NotPositiveDefinite);
        }
        let alpha = product / energy;
        solution = add_scaled(x, alpha, &p, crew).sqrt();
        size = matrix.subtract_product(alpha, &p, r, crew);
    }
    unreachable!("the loop ends by itself")
}

/// The nearest power of two below, so that scaling is exact.
fn power_of_two(value: f64) -> f64 {
    let exponent = value.log2().floor().clamp(-1000.0, 1000.0);
    exponent.exp2()
}

/// Size of a vector.
pub(crate) fn magnitude(r: &Nodes<f64>, crew: &Crew) -> Magnitude {
    let mut parts = Vec::new();
    for field in [&r.word, &r.bit] {
        parts.extend(crew.map(
            (0..field.shape.strips).collect(),
            || (),
            |(), _, strip| {
                let values = field.strip(strip);
                let mut seen = Magnitude::default();
                values.as_chunks::<WIDTH>().0.iter().for_each(|row| seen.add_row(row));
                seen
            },
        ));
    }
    Magnitude::of(&parts)
}

/// `rᵀz` and `zᵀz`.
fn products(r: &Nodes<f64>, z: &Nodes<f32>, crew: &Crew) -> (f64, f64) {
    let mut sums = (0.0, 0.0);
    for (r, z) in [(&r.word, &z.word), (&r.bit, &z.bit)] {
        let parts = crew.map(
            (0..r.shape.strips).collect(),
            || (),
            |(), _, strip| {
                let (r, z) = (r.strip(strip), z.strip(strip));
                let (mut products, mut squares) = ([0.0; 16], [0.0; 16]);
                for (r, z) in r.as_chunks::<16>().0.iter().zip(z.as_chunks::<16>().0) {
                    for k in 0..16 {
                        let z = f64::from(z[k]);
                        products[k] += r[k] * z;
                        squares[k] += z * z;
                    }
                }
                (products.iter().sum::<f64>(), squares.iter().sum::<f64>())
            },
        );
        for (product, square) in parts {
            sums = (sums.0 + product, sums.1 + square);
        }
    }
    sums
}

/// `xᵀy`.
pub(crate) fn dot(x: &Nodes<f64>, y: &Nodes<f64>, crew: &Crew) -> f64 {
    let layer = |x: &Field<f64>, y: &Field<f64>| {
        crew.sum((0..x.shape.strips).collect(), |_, strip| {
            let pairs = x.strip(strip).iter().zip(y.strip(strip));
            pairs.map(|(x, y)| x * y).sum()
        })
    };
    layer(&x.word, &y.word) + layer(&x.bit, &y.bit)
}

/// `p = z + beta·p`.
fn advance(p: &mut Nodes<f32>, beta: f64, z: &Nodes<f32>, crew: &Crew) {
    let beta = beta as f32;
    for (p, z) in [(&mut p.word, &z.word), (&mut p.bit, &z.bit)] {
        crew.map(
            p.strips_mut(),
            || (),
            |(), strip, p| {
                for (p, z) in p.iter_mut().zip(z.strip(strip)) {
                    *p = z + beta * *p;
                }
            },
        );
    }
}

/// `x += alpha·p`; returns `xᵀx`.
fn add_scaled(x: &mut Nodes<f64>, alpha: f64, p: &Nodes<f32>, crew: &Crew) -> f64 {
    let mut total = 0.0;
    for (x, p) in [(&mut x.word, &p.word), (&mut x.bit, &p.bit)] {
        let parts = crew.map(
            x.strips_mut(),
            || (),
            |(), strip, x| {
                let p = p.strip(strip);
                let mut squares = [0.0; 16];
                let tiles = x.as_chunks_mut::<TILE>().0.iter_mut().zip(p.as_chunks::<TILE>().0);
                for (x, p) in tiles {
                    let rows = x.as_chunks_mut::<16>().0.iter_mut().zip(p.as_chunks::<16>().0);
                    for (x, p) in rows {
                        for k in 0..16 {
                            x[k] += alpha * f64::from(p[k]);
                            squares[k] += x[k] * x[k];
                        }
                    }
                }
                squares.iter().sum::<f64>()
            },
        );
        total += parts.iter().sum::<f64>();
    }
    total
}
