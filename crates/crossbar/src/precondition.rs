//! The two-level preconditioner: exact line solves, and the coarse grid for what they leave.
//!
//! One application is the symmetric cycle
//!
//! ```text
//! w ← word lines for r_w,   b ← bit lines for r_b + D·w        (the residual is now D·b, on word lines alone)
//! c ← coarse solution for Pᵀ·D·b, added to w
//! b ← b + bit lines for D·c,   w ← w + word lines for D·b      (which is the same as solving both anew)
//! ```
//!
//! Slow errors of the line solves are those that are smooth in both directions over the length √(R_device/r_segment)
//! over which a line's voltage decays; they are what the coarse grid removes. All of it in single precision.

use crate::CrossbarError;
use crate::coarse::{
    CoarseOptions, Grid, Level, Stencils, distance, mean_device, prolong_bands, restrict_bands,
};
use crate::crew::Crew;
use crate::field::WIDTH;
use crate::network::{Network, Nodes};
use crate::sweeps::Sweeps;

/// What the coarse systems of an array look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoarseGrid {
    /// Distance of coarse crossings, down and along.
    pub distance: [usize; 2],
    /// Crossings of the first coarse grid, rows and columns.
    pub size: [usize; 2],
    /// Number of coarse grids.
    pub levels: usize,
}

/// The preconditioner of one array.
pub(crate) struct Preconditioner {
    sweeps: Sweeps,
    grid: Grid,
    level: Level,
    pub(crate) coarse: CoarseGrid,
}

impl Preconditioner {
    pub(crate) fn new(network: &Network, crew: &Crew) -> Result<Preconditioner, CrossbarError> {
        let shape = network.shape;
        let sweeps = Sweeps::new(network, crew);
        let device = mean_device(network);
        let down = distance(network.bit.along.typical(), device);
        let along = distance(network.word.along.typical(), device);
        let grid = Grid::new(shape.rows, shape.cols, down, along);
        let stencils = Stencils::of_network(network, &grid);
        // A factored system of a 256th of the array costs less than the sweeps, up to where its factors fill.
        let factored = (shape.rows * shape.cols / 256).clamp(1 << 12, 1 << 16);
        let size = [stencils.rows, stencils.cols];
        let level = Level::new(stencils, CoarseOptions { factored, distance: 4 })?;
        let coarse = CoarseGrid { distance: [down, along], size, levels: level.depth() };
        Ok(Preconditioner { sweeps, grid, level, coarse })
    }

    /// `z = M⁻¹·(scale·r)`.
    pub(crate) fn apply(&self, r: &Nodes<f64>, scale: f64, z: &mut Nodes<f32>, crew: &Crew) {
        let bands = &self.grid.rows.bands;
        self.sweeps.first_words(&r.word, scale, &mut z.word, crew);
        let Nodes { word, bit } = z;
        let sums = self.sweeps.first_bits((&r.bit, scale), word, bit, bands, crew);
        let coarse = self.level.solve(&restrict_bands(&self.grid, &sums));
        let padded = r.word.shape.strips * WIDTH;
        let correction = prolong_bands(&self.grid, &coarse, padded);
        self.sweeps.last_bits(&correction, bit, bands, crew);
        self.sweeps.last_words(bit, word, crew);
    }
}
