//! Spacing of coarse crossings, interpolation, and the entries of coarse matrices as Galerkin products.

use crate::field::Shape;
use crate::network::{Network, Nodes};

/// Coarse crossings along one direction.
#[derive(Clone, Debug)]
pub(crate) struct Spacing {
    /// Fine position of each coarse crossing, ascending; the first and the last fine position are among them.
    pub(crate) nodes: Vec<usize>,
    /// The coarse crossing nearest to each fine position: the band that it belongs to.
    pub(crate) bands: Vec<usize>,
    /// The coarse interval of each fine position and the fraction of it that lies before, for interpolation.
    places: Vec<(usize, f64)>,
}

impl Spacing {
    fn new(fine: usize, distance: usize) -> Spacing {
        let intervals = (fine - 1).div_ceil(distance.max(1)).max(usize::from(fine > 1));
        let nodes: Vec<usize> =
            (0..=intervals).map(|k| (k * (fine - 1)).checked_div(intervals).unwrap_or(0)).collect();
        let mut places = Vec::with_capacity(fine);
        let mut interval = 0;
        for position in 0..fine {
            while interval + 2 < nodes.len() && position >= nodes[interval + 1] {
                interval += 1;
            }
            let start = nodes[interval];
            let length = nodes.get(interval + 1).map_or(1, |end| end - start);
            places.push((interval, (position - start) as f64 / length as f64));
        }
        let nearest = |&(interval, t): &(usize, f64)| interval + usize::from(t >= 0.5);
        let bands = places.iter().map(nearest).collect();
        Spacing { nodes, bands, places }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Weights of a fine position on coarse crossings.
    fn weights(&self, position: usize) -> [(usize, f64); 2] {
        let (interval, t) = self.places[position];
        [(interval, 1.0 - t), (interval + usize::from(t > 0.0), t)]
    }

    /// `coarse += Pᵀ·fine` along one line.
    pub(crate) fn restrict(&self, fine: impl Iterator<Item = f64>, coarse: &mut [f64]) {
        for (value, &(interval, t)) in fine.zip(&self.places) {
            coarse[interval] += (1.0 - t) * value;
            if t > 0.0 {
                coarse[interval + 1] += t * value;
            }
        }
    }

    /// The interpolated values along one line.
    pub(crate) fn prolong<'a>(&'a self, coarse: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.places.iter().map(|&(interval, t)| {
            let next = if t > 0.0 { coarse[interval + 1] } else { 0.0 };
            (1.0 - t) * coarse[interval] + t * next
        })
    }
}

/// The grid between a fine array and the next coarser one.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) rows: Spacing,
    pub(crate) cols: Spacing,
}

impl Grid {
    /// A grid with a spacing for each direction: down the rows, and along the columns.
    pub(crate) fn new(rows: usize, cols: usize, down: usize, along: usize) -> Grid {
        Grid { rows: Spacing::new(rows, down), cols: Spacing::new(cols, along) }
    }
}

/// Entries of a coarse matrix: `diagonal` and `next` (towards the next crossing of the line, negative) of each layer,
/// and the coupling of a word crossing with the bit crossings around it.
#[derive(Clone, Debug)]
pub(crate) struct Stencils {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) word: Vec<[f64; 2]>,
    pub(crate) bit: Vec<[f64; 2]>,
    pub(crate) coupling: Vec<[f64; 9]>,
}

impl Stencils {
    fn zeros(rows: usize, cols: usize) -> Stencils {
        let n = rows * cols;
        Stencils {
            rows,
            cols,
            word: vec![[0.0; 2]; n],
            bit: vec![[0.0; 2]; n],
            coupling: vec![[0.0; 9]; n],
        }
    }

    /// Offsets of the neighbour that a coupling belongs to, if it is inside.
    pub(crate) fn neighbour(&self, row: usize, col: usize, k: usize) -> Option<usize> {
        let (row, col) = ((row + k / 3).checked_sub(1)?, (col + k % 3).checked_sub(1)?);
        (row < self.rows && col < self.cols).then_some(row * self.cols + col)
    }

    /// Adds `value · (from the word line at `word` to the bit line at `bit`)` to the coupling.
    fn couple(&mut self, word: (usize, usize), bit: (usize, usize), value: f64) {
        let (down, right) = (bit.0 + 1 - word.0, bit.1 + 1 - word.1);
        self.coupling[word.0 * self.cols + word.1][3 * down + right] += value;
    }

    /// `out += B·bit`.
    pub(crate) fn add_words(&self, bit: &[f64], out: &mut [f64]) {
        for row in 0..self.rows {
            for col in 0..self.cols {
                let at = row * self.cols + col;
                let near = (0..9).filter_map(|k| Some((k, self.neighbour(row, col, k)?)));
                out[at] += near.map(|(k, other)| self.coupling[at][k] * bit[other]).sum::<f64>();
            }
        }
    }

    /// `out += Bᵀ·word`.
    pub(crate) fn add_bits(&self, word: &[f64], out: &mut [f64]) {
        for row in 0..self.rows {
            for col in 0..self.cols {
                let at = row * self.cols + col;
                for k in 0..9 {
                    if let Some(other) = self.neighbour(row, col, k) {
                        out[other] += self.coupling[at][k] * word[at];
                    }
                }
            }
        }
    }

    /// `PᵀA·P` of an array.
    pub(crate) fn of_network(network: &Network, grid: &Grid) -> Stencils {
        let Shape { rows, cols, .. } = network.shape;
        let mut coarse = Stencils::zeros(grid.rows.len(), grid.cols.len());
        for row in 0..rows {
            let band = grid.rows.bands[row];
            let (above, s) = grid.rows.places[row];
            let mut chain = Chain::new(&mut coarse.word[band * coarse.cols..]);
            let ends = network.word.ends[row];
            chain.add_ends(&grid.cols, ends);
            for col in 0..cols.saturating_sub(1) {
                chain.add_segment(&grid.cols, col, network.word.along.at(row, col));
            }
            // Sums over each half of a coarse interval: of D, D·t and D·t².
            let mut sums = [0.0; 3];
            for col in 0..cols {
                let (interval, t) = grid.cols.places[col];
                let d = network.device.at(row, col);
                sums = [sums[0] + d, sums[1] + d * t, sums[2] + d * t * t];
                let here = (interval, grid.cols.bands[col]);
                let next = (col + 1 < cols)
                    .then(|| (grid.cols.places[col + 1].0, grid.cols.bands[col + 1]));
                if next != Some(here) {
                    coarse.add_devices((band, above, s), here, sums);
                    sums = [0.0; 3];
                }
            }
        }
        for col in 0..cols {
            let band = grid.cols.bands[col];
            let mut ends = [0.0; 2];
            for (end, g) in ends.iter_mut().zip(network.bit.ends[col]) {
                *end = g;
            }
            let (first, last) = (band, (coarse.rows - 1) * coarse.cols + band);
            coarse.bit[first][0] += ends[0];
            coarse.bit[last][0] += ends[1];
        }
        coarse.add_bit_segments(network, grid);
        if let Some(leak) = &network.leak {
            coarse.add_leaks(leak, grid);
        }
        coarse
    }

    fn add_leaks(&mut self, leak: &Nodes<f64>, grid: &Grid) {
        let Shape { rows, cols, .. } = leak.word.shape;
        for row in 0..rows {
            let (band, down) = (grid.rows.bands[row], grid.rows.weights(row));
            for col in 0..cols {
                let (bit_band, along) = (grid.cols.bands[col], grid.cols.weights(col));
                let line = &mut self.word[band * self.cols..];
                add_product(line, 1, leak.word.at(row, col), along, along);
                let line = &mut self.bit[bit_band..];
                add_product(line, self.cols, leak.bit.at(row, col), down, down);
            }
        }
    }

    /// Devices of one row in half a coarse interval, given as sums of `D`, `D·t` and `D·t²`.
    fn add_devices(
        &mut self,
        (band, above, s): (usize, usize, f64),
        (interval, bit_band): (usize, usize),
        [d0, d1, d2]: [f64; 3],
    ) {
        let at = band * self.cols + interval;
        self.word[at][0] += d0 - 2.0 * d1 + d2;
        let below = above * self.cols + bit_band;
        self.bit[below][0] += (1.0 - s) * (1.0 - s) * d0;
        if interval + 1 < self.cols {
            self.word[at][1] += d1 - d2;
            self.word[at + 1][0] += d2;
        }
        if above + 1 < self.rows {
            self.bit[below][1] += s * (1.0 - s) * d0;
            self.bit[below + self.cols][0] += s * s * d0;
        }
        for (right, along) in [(0, d0 - d1), (1, d1)] {
            for (down, across) in [(0, 1.0 - s), (1, s)] {
                if interval + right < self.cols && above + down < self.rows {
                    let word = (band, interval + right);
                    self.couple(word, (above + down, bit_band), along * across);
                }
            }
        }
    }

    fn add_bit_segments(&mut self, network: &Network, grid: &Grid) {
        let Shape { rows, cols, .. } = network.shape;
        for row in 0..rows.saturating_sub(1) {
            let (interval, _) = grid.rows.places[row];
            let length = (grid.rows.nodes[interval + 1] - grid.rows.nodes[interval]) as f64;
            for col in 0..cols {
                let g = network.bit.along.at(row, col) / (length * length);
                let at = interval * self.cols + grid.cols.bands[col];
                self.bit[at][0] += g;
                self.bit[at][1] -= g;
                self.bit[at + self.cols][0] += g;
            }
        }
    }

    /// `PᵀA·P` of a coarse matrix.
    pub(crate) fn coarser(&self, grid: &Grid) -> Stencils {
        let mut coarse = Stencils::zeros(grid.rows.len(), grid.cols.len());
        for row in 0..self.rows {
            let (band, down) = (grid.rows.bands[row], grid.rows.weights(row));
            for col in 0..self.cols {
                let at = row * self.cols + col;
                let (bit_band, along) = (grid.cols.bands[col], grid.cols.weights(col));
                add_product(
                    &mut coarse.word[band * coarse.cols..],
                    1,
                    self.word[at][0],
                    along,
                    along,
                );
                add_product(&mut coarse.bit[bit_band..], coarse.cols, self.bit[at][0], down, down);
                if col + 1 < self.cols {
                    let (g, next) = (2.0 * self.word[at][1], grid.cols.weights(col + 1));
                    add_product(&mut coarse.word[band * coarse.cols..], 1, g, along, next);
                }
                if row + 1 < self.rows {
                    let (g, next) = (2.0 * self.bit[at][1], grid.rows.weights(row + 1));
                    add_product(&mut coarse.bit[bit_band..], coarse.cols, g, down, next);
                }
                for k in 0..9 {
                    let Some(other) = self.neighbour(row, col, k) else { continue };
                    let (other_row, other_col) = (other / self.cols, other % self.cols);
                    let bit_band = grid.cols.bands[other_col];
                    for (right, s) in along {
                        for (below, t) in grid.rows.weights(other_row) {
                            let value = self.coupling[at][k] * s * t;
                            if value != 0.0 {
                                coarse.couple((band, right), (below, bit_band), value);
                            }
                        }
                    }
                }
            }
        }
        coarse
    }
}

/// Adds `g · (xᵀ·left)(right·x)`, symmetrised, to a chain whose crossings are `stride` apart.
fn add_product(
    chain: &mut [[f64; 2]],
    stride: usize,
    g: f64,
    left: [(usize, f64); 2],
    right: [(usize, f64); 2],
) {
    for (a, s) in left {
        for (b, t) in right {
            let value = g * s * t;
            if value == 0.0 {
                continue;
            }
            // A product of two neighbours counts once in the form and twice in the matrix.
            if a == b {
                chain[a * stride][0] += value;
            } else {
                chain[a.min(b) * stride][1] += 0.5 * value;
            }
        }
    }
}

/// The coarse word line that one fine line adds to.
struct Chain<'a> {
    entries: &'a mut [[f64; 2]],
}

impl<'a> Chain<'a> {
    fn new(entries: &'a mut [[f64; 2]]) -> Chain<'a> {
        Chain { entries }
    }

    fn add_ends(&mut self, spacing: &Spacing, ends: [f64; 2]) {
        self.entries[0][0] += ends[0];
        self.entries[spacing.len() - 1][0] += ends[1];
    }

    fn add_segment(&mut self, spacing: &Spacing, position: usize, g: f64) {
        let (interval, _) = spacing.places[position];
        let length = (spacing.nodes[interval + 1] - spacing.nodes[interval]) as f64;
        let g = g / (length * length);
        self.entries[interval][0] += g;
        self.entries[interval][1] -= g;
        self.entries[interval + 1][0] += g;
    }
}
