//! The coarse grid: what line solves alone remove slowly, errors that are smooth in both directions.
//!
//! Coarse crossings lie on fine ones, `H` apart. A coarse word line stands for the band of word lines nearest to it, and
//! its voltages are interpolated linearly along the line and constant across the band; bit lines likewise. The coarse
//! matrix is the Galerkin product `PᵀA·P` (one that is discretised anew needs several times the iterations). It keeps the
//! structure of an array, with tridiagonal lines, except that the coupling of the two layers becomes a stencil of 3 × 3
//! crossings, so that the same construction repeats:
//!
//! ```text
//! A = ⎡  T_w  −B  ⎤      w ← T_w⁻¹·f,  b ← T_b⁻¹·(g + Bᵀ·w)      (then the residual is B·b, on word lines alone)
//!     ⎣ −Bᵀ   T_b ⎦      solve the coarse system for Pᵀ·B·b, add it to w
//!                        b ← T_b⁻¹·(g + Bᵀ·w),  w ← T_w⁻¹·(f + B·b)
//! ```
//!
//! A small system is factored.

mod stencils;

use crate::CrossbarError;
use crate::direct::Factors;
use crate::field::Shape;
use crate::network::Network;

pub(crate) use stencils::{Grid, Stencils};

/// One voltage a coarse crossing, row by row, for each of the two layers.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) word: Vec<f64>,
    pub(crate) bit: Vec<f64>,
}

impl Pair {
    fn zeros(n: usize) -> Pair {
        Pair { word: vec![0.0; n], bit: vec![0.0; n] }
    }
}

/// Reciprocal pivots of tridiagonal lines.
struct Lines {
    reciprocals: Vec<f64>,
}

impl Lines {
    /// Factors `count` lines of `length` crossings; `at` says where a crossing of a line is stored.
    fn new(
        entries: &[[f64; 2]],
        (count, length): (usize, usize),
        at: impl Fn(usize, usize) -> usize,
    ) -> Lines {
        let mut reciprocals = vec![0.0; entries.len()];
        for line in 0..count {
            for k in 0..length {
                let here = entries[at(line, k)];
                let pivot = if k == 0 {
                    here[0]
                } else {
                    let [_, next] = entries[at(line, k - 1)];
                    here[0] - next * next * reciprocals[at(line, k - 1)]
                };
                // What rounding leaves of a line that nothing holds.
                let held = pivot > 1e-14 * here[0];
                reciprocals[at(line, k)] = if held { 1.0 / pivot } else { 0.0 };
            }
        }
        Lines { reciprocals }
    }

    fn solve(
        &self,
        entries: &[[f64; 2]],
        (count, length): (usize, usize),
        at: impl Fn(usize, usize) -> usize,
        x: &mut [f64],
    ) {
        for k in 1..length {
            for line in 0..count {
                let (before, here) = (at(line, k - 1), at(line, k));
                x[here] -= entries[before][1] * self.reciprocals[before] * x[before];
            }
        }
        for k in (0..length).rev() {
            for line in 0..count {
                let here = at(line, k);
                let after =
                    if k + 1 < length { entries[here][1] * x[at(line, k + 1)] } else { 0.0 };
                x[here] = (x[here] - after) * self.reciprocals[here];
            }
        }
    }
}

/// A coarse system that can be solved, exactly or by one cycle.
pub(crate) struct Level {
    stencils: Stencils,
    solver: LevelSolver,
}

enum LevelSolver {
    Factored(Factors),
    Cycle { word: Lines, bit: Lines, grid: Grid, next: Box<Level> },
}

/// How coarse systems are built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CoarseOptions {
    /// Crossings up to which a system is factored.
    pub(crate) factored: usize,
    /// Distance of crossings from one level to the next.
    pub(crate) distance: usize,
}

impl Level {
    pub(crate) fn new(stencils: Stencils, options: CoarseOptions) -> Result<Level, CrossbarError> {
        let (rows, cols) = (stencils.rows, stencils.cols);
        if rows * cols <= options.factored || (rows < 3 && cols < 3) {
            let factors = Factors::of_stencils(&stencils)?;
            return Ok(Level { stencils, solver: LevelSolver::Factored(factors) });
        }
        let grid = Grid::new(rows, cols, options.distance, options.distance);
        let next = Box::new(Level::new(stencils.coarser(&grid), options)?);
        let word = Lines::new(&stencils.word, (rows, cols), |line, k| line * cols + k);
        let bit = Lines::new(&stencils.bit, (cols, rows), |line, k| k * cols + line);
        Ok(Level { stencils, solver: LevelSolver::Cycle { word, bit, grid, next } })
    }

    /// Number of systems from this one to the smallest.
    pub(crate) fn depth(&self) -> usize {
        match &self.solver {
            LevelSolver::Factored(_) => 1,
            LevelSolver::Cycle { next, .. } => 1 + next.depth(),
        }
    }

    /// Voltages of word lines for currents `f` into word lines.
    pub(crate) fn solve(&self, f: &[f64]) -> Vec<f64> {
        let g = vec![0.0; f.len()];
        match &self.solver {
            LevelSolver::Factored(factors) => {
                let mut x = Pair { word: f.to_vec(), bit: g };
                factors.solve_pair(&mut x);
                x.word
            }
            LevelSolver::Cycle { .. } => {
                // Two cycles, the second on what the first has left.
                let mut x = self.cycle(f, &g);
                let (mut f, mut g) = (f.to_vec(), g);
                self.subtract(&x, &mut f, &mut g);
                let correction = self.cycle(&f, &g);
                for (x, correction) in x.word.iter_mut().zip(&correction.word) {
                    *x += correction;
                }
                x.word
            }
        }
    }

    /// `(f, g) −= A·x`.
    fn subtract(&self, x: &Pair, f: &mut [f64], g: &mut [f64]) {
        let Stencils { rows, cols, word, bit, .. } = &self.stencils;
        let negative = |values: &[f64]| values.iter().map(|v| -v).collect::<Vec<_>>();
        self.stencils.add_words(&x.bit, f);
        self.stencils.add_bits(&x.word, g);
        let (w, b) = (negative(&x.word), negative(&x.bit));
        for row in 0..*rows {
            for col in 0..*cols {
                let at = row * cols + col;
                f[at] += word[at][0] * w[at];
                g[at] += bit[at][0] * b[at];
                if col + 1 < *cols {
                    f[at] += word[at][1] * w[at + 1];
                    f[at + 1] += word[at][1] * w[at];
                }
                if row + 1 < *rows {
                    g[at] += bit[at][1] * b[at + cols];
                    g[at + cols] += bit[at][1] * b[at];
                }
            }
        }
    }

    fn cycle(&self, f: &[f64], g: &[f64]) -> Pair {
        let LevelSolver::Cycle { word, bit, grid, next } = &self.solver else {
            let mut x = Pair { word: f.to_vec(), bit: g.to_vec() };
            if let LevelSolver::Factored(factors) = &self.solver {
                factors.solve_pair(&mut x);
            }
            return x;
        };
        let Stencils { rows, cols, .. } = self.stencils;
        let solve_words = |x: &mut [f64]| {
            word.solve(&self.stencils.word, (rows, cols), |line, k| line * cols + k, x);
        };
        let solve_bits = |x: &mut [f64]| {
            bit.solve(&self.stencils.bit, (cols, rows), |line, k| k * cols + line, x);
        };
        let mut x = Pair::zeros(rows * cols);
        x.word.copy_from_slice(f);
        solve_words(&mut x.word);
        x.bit.copy_from_slice(g);
        self.stencils.add_bits(&x.word, &mut x.bit);
        solve_bits(&mut x.bit);
        let mut residual = vec![0.0; rows * cols];
        self.stencils.add_words(&x.bit, &mut residual);
        let mut coarse = vec![0.0; grid.rows.len() * grid.cols.len()];
        for (row, values) in residual.chunks(cols).enumerate() {
            let band = grid.rows.bands[row] * grid.cols.len();
            let line = &mut coarse[band..band + grid.cols.len()];
            grid.cols.restrict(values.iter().copied(), line);
        }
        let correction = next.solve(&coarse);
        for (row, values) in x.word.chunks_mut(cols).enumerate() {
            let band = grid.rows.bands[row] * grid.cols.len();
            let line = &correction[band..band + grid.cols.len()];
            for (value, add) in values.iter_mut().zip(grid.cols.prolong(line)) {
                *value += add;
            }
        }
        x.bit.copy_from_slice(g);
        self.stencils.add_bits(&x.word, &mut x.bit);
        solve_bits(&mut x.bit);
        x.word.copy_from_slice(f);
        self.stencils.add_words(&x.bit, &mut x.word);
        solve_words(&mut x.word);
        x
    }
}

/// Sums of fine columns in each band of rows, strip by strip, to coarse word lines.
pub(crate) fn restrict_bands<const N: usize>(grid: &Grid, sums: &[Vec<[f32; N]>]) -> Vec<f64> {
    let mut coarse = vec![0.0; grid.rows.len() * grid.cols.len()];
    for (band, line) in coarse.chunks_mut(grid.cols.len()).enumerate() {
        let values = sums.iter().flat_map(|strip| strip[band]).map(f64::from);
        grid.cols.restrict(values, line);
    }
    coarse
}

/// Coarse word lines to one row of fine columns for each band of rows, padded with zeros.
pub(crate) fn prolong_bands(grid: &Grid, coarse: &[f64], padded: usize) -> Vec<Vec<f32>> {
    let lines = coarse.chunks(grid.cols.len());
    lines
        .map(|line| {
            let mut fine: Vec<f32> = grid.cols.prolong(line).map(|v| v as f32).collect();
            fine.resize(padded, 0.0);
            fine
        })
        .collect()
}

/// The distance of coarse crossings along lines with a conductance `along` and devices of `device` on average: a third
/// of the length over which a line's voltage decays, a power of two.
pub(crate) fn distance(along: f64, device: f64) -> usize {
    let decay = (along / device.max(f64::MIN_POSITIVE)).sqrt();
    let mut distance = 2;
    while distance < 32 && (2 * distance) as f64 <= decay / 2.0 {
        distance *= 2;
    }
    distance
}

/// Mean conductance of the devices.
pub(crate) fn mean_device(network: &Network) -> f64 {
    let Shape { rows, cols, strips, .. } = network.shape;
    let sum: f64 = (0..strips).map(|strip| network.device.strip(strip).iter().sum::<f64>()).sum();
    sum / (rows * cols) as f64
}
