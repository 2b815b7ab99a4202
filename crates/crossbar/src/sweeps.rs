//! Exact solution of all lines of one direction, with everything on the other lines held.
//!
//! A line with conductances `g_k` between neighbours and `D_k` to elsewhere is eliminated from its first crossing to its
//! last. `c_k` is what crossing `k` sees towards its past and the devices, which needs no subtraction and is therefore
//! accurate for any ratio of conductances:
//!
//! ```text
//! c_0 = D_0 + end,   p_k = c_k + g_k,   c_{k+1} = D_{k+1} + c_k·g_k/p_k
//! y_k = f_k + (g_{k−1}/p_{k−1})·y_{k−1},   x_k = (y_k + g_k·x_{k+1})/p_k
//! ```
//!
//! Only `1/p_k` is kept, in single precision: this is a preconditioner. Sixteen word lines or sixty-four bit lines run
//! side by side, which hides the latency of the recurrences, and a line comes back from its last crossing while it is
//! still in the cache. A crossing that nothing touches has `1/p = 0` and stays at zero.

use crate::crew::Crew;
use crate::field::{Field, LANES, Shape, TILE, WIDTH, row_of, row_of_mut};
use crate::network::{Along, Network};

/// Factors of all lines of an array.
pub(crate) struct Sweeps {
    shape: Shape,
    /// Reciprocal pivots of word lines, sixteen lines interleaved: `[block][crossing][lane]`.
    word: Vec<[f32; LANES]>,
    bit: Field<f32>,
    /// Conductance of each device.
    device: Field<f32>,
    word_along: Along,
    bit_along: Along,
}

/// One sixteenth of a tile: the same crossing of sixteen word lines.
type Column = [f32; LANES];

impl Sweeps {
    pub(crate) fn new(network: &Network, crew: &Crew) -> Sweeps {
        let shape = network.shape;
        let mut device = Field::zeros(shape);
        crew.map(
            device.strips_mut(),
            || (),
            |(), strip, values| {
                for (single, double) in values.iter_mut().zip(network.device.strip(strip)) {
                    *single = *double as f32;
                }
            },
        );
        let mut word = vec![[0.0; LANES]; shape.blocks * shape.cols];
        let blocks = word.chunks_mut(shape.cols).collect();
        crew.map(blocks, || (), |(), block, pivots| factor_words(network, block, pivots));
        let mut bit = Field::zeros(shape);
        crew.map(bit.strips_mut(), || (), |(), strip, pivots| factor_bits(network, strip, pivots));
        let (word_along, bit_along) = (network.word.along.clone(), network.bit.along.clone());
        Sweeps { shape, word, bit, device, word_along, bit_along }
    }

    /// Conductances behind one crossing of sixteen word lines.
    #[inline]
    fn word_step(&self, block: usize, col: usize) -> Column {
        match &self.word_along {
            Along::Uniform(g) => [*g as f32; LANES],
            Along::Varied(field) => column(field, block, col).map(|g| g as f32),
        }
    }

    /// `w = word lines solved for scale·r`.
    pub(crate) fn first_words(&self, r: &Field<f64>, scale: f64, w: &mut Field<f32>, crew: &Crew) {
        crew.map(
            w.blocks_mut(),
            || self.word_scratch(),
            |line, block, mut tiles| {
                self.solve_words(block, line, |strip, lane| {
                    row_of(r.tile(block, strip), lane).map(|r| (scale * r) as f32)
                });
                for (strip, tile) in tiles.iter_mut().enumerate() {
                    scatter(line, strip, self.shape.width(strip), |place, x| tile[place] = x);
                }
            },
        );
    }

    /// `w += word lines solved for D·b`.
    pub(crate) fn last_words(&self, b: &Field<f32>, w: &mut Field<f32>, crew: &Crew) {
        crew.map(
            w.blocks_mut(),
            || self.word_scratch(),
            |line, block, mut tiles| {
                self.solve_words(block, line, |strip, lane| {
                    let d = row_of(self.device.tile(block, strip), lane);
                    let b = row_of(b.tile(block, strip), lane);
                    std::array::from_fn(|k| d[k] * b[k])
                });
                for (strip, tile) in tiles.iter_mut().enumerate() {
                    scatter(line, strip, self.shape.width(strip), |place, x| tile[place] += x);
                }
            },
        );
    }

    fn word_scratch(&self) -> Vec<Column> {
        vec![[0.0; LANES]; self.shape.strips * WIDTH]
    }

    /// Solves sixteen word lines; `rhs` yields the right-hand side by strip and lane.
    fn solve_words(
        &self,
        block: usize,
        line: &mut [Column],
        rhs: impl Fn(usize, usize) -> [f32; WIDTH],
    ) {
        let Shape { cols, strips, .. } = self.shape;
        let pivots = &self.word[block * cols..][..cols];
        let mut y: Column = [0.0; LANES];
        // Of the crossing before: conductance over pivot.
        let mut multiplier: Column = [0.0; LANES];
        for strip in 0..strips {
            let tile = &mut line[strip * WIDTH..][..WIDTH];
            for lane in 0..LANES {
                for (column, f) in tile.iter_mut().zip(rhs(strip, lane)) {
                    column[lane] = f;
                }
            }
            let start = strip * WIDTH;
            let width = self.shape.width(strip);
            for (k, (column, pivot)) in tile[..width].iter_mut().zip(&pivots[start..]).enumerate() {
                let g = self.word_step(block, start + k);
                for lane in 0..LANES {
                    y[lane] = column[lane] + multiplier[lane] * y[lane];
                    multiplier[lane] = g[lane] * pivot[lane];
                }
                *column = y;
            }
        }
        let mut x: Column = [0.0; LANES];
        for col in (0..cols).rev() {
            let g = if col + 1 < cols { self.word_step(block, col) } else { [0.0; LANES] };
            let (column, pivot) = (&mut line[col], &pivots[col]);
            for lane in 0..LANES {
                x[lane] = pivot[lane] * (column[lane] + g[lane] * x[lane]);
            }
            *column = x;
        }
    }

    /// `b = bit lines solved for scale·r + D·w`; returns `D·b` summed over each band of rows, one row of columns
    /// a band.
    pub(crate) fn first_bits(
        &self,
        (r, scale): (&Field<f64>, f64),
        w: &Field<f32>,
        b: &mut Field<f32>,
        bands: &[usize],
        crew: &Crew,
    ) -> Vec<Vec<[f32; WIDTH]>> {
        crew.map(
            b.strips_mut(),
            || (),
            |(), strip, values| {
                let (device, w) = (self.device.strip(strip), w.strip(strip));
                let r = r.strip(strip);
                self.bits_forward(strip, values, |row| {
                    let (r, d, w) = (row_of(r, row), row_of(device, row), row_of(w, row));
                    std::array::from_fn(|k| (scale * r[k]) as f32 + d[k] * w[k])
                });
                let count = bands.last().map_or(0, |last| last + 1);
                let mut sums = vec![[0.0; WIDTH]; count];
                self.bits_backward(strip, values, |row, x| {
                    let (sum, d) = (&mut sums[bands[row]], row_of(device, row));
                    for k in 0..WIDTH {
                        sum[k] += d[k] * x[k];
                    }
                });
                sums
            },
        )
    }

    /// `b += bit lines solved for D·c`, where `c` is constant over each band of rows.
    pub(crate) fn last_bits(
        &self,
        c: &[Vec<f32>],
        b: &mut Field<f32>,
        bands: &[usize],
        crew: &Crew,
    ) {
        let scratch = || vec![0.0_f32; self.shape.blocks * TILE];
        crew.map(b.strips_mut(), scratch, |line, strip, values| {
            let device = self.device.strip(strip);
            self.bits_forward(strip, line, |row| {
                let d = row_of(device, row);
                let c = row_of(&c[bands[row]], strip);
                std::array::from_fn(|k| d[k] * c[k])
            });
            self.bits_backward(strip, line, |row, x| {
                let b = row_of_mut(values, row);
                for k in 0..WIDTH {
                    b[k] += x[k];
                }
            });
        });
    }

    fn bits_forward(&self, strip: usize, line: &mut [f32], rhs: impl Fn(usize) -> [f32; WIDTH]) {
        let pivots = self.bit.strip(strip);
        let mut y = [0.0; WIDTH];
        let mut multiplier = [0.0; WIDTH];
        for row in 0..self.shape.rows {
            let g = self.bit_along.row(row / LANES, strip, row % LANES);
            let (f, pivot) = (rhs(row), row_of(pivots, row));
            for k in 0..WIDTH {
                y[k] = f[k] + multiplier[k] * y[k];
                multiplier[k] = g[k] as f32 * pivot[k];
            }
            *row_of_mut(line, row) = y;
        }
    }

    /// Replaces `y` by the solution and shows each row of it.
    fn bits_backward(
        &self,
        strip: usize,
        line: &mut [f32],
        mut show: impl FnMut(usize, &[f32; WIDTH]),
    ) {
        let pivots = self.bit.strip(strip);
        let mut x = [0.0; WIDTH];
        let mut g = [0.0; WIDTH];
        for row in (0..self.shape.rows).rev() {
            let (y, pivot) = (row_of_mut(line, row), row_of(pivots, row));
            for k in 0..WIDTH {
                x[k] = pivot[k] * (y[k] + g[k] as f32 * x[k]);
            }
            *y = x;
            show(row, &x);
            if row > 0 {
                g = self.bit_along.row((row - 1) / LANES, strip, (row - 1) % LANES);
            }
        }
    }
}

/// Writes what belongs to a strip back from the interleaved lines.
#[inline]
fn scatter(line: &[Column], strip: usize, width: usize, mut put: impl FnMut(usize, f32)) {
    let columns = &line[strip * WIDTH..][..width];
    for lane in 0..LANES {
        for (k, column) in columns.iter().enumerate() {
            put(lane * WIDTH + k, column[lane]);
        }
    }
}

/// One crossing of sixteen word lines.
fn column(field: &Field<f64>, block: usize, col: usize) -> [f64; LANES] {
    let tile = field.tile(block, col / WIDTH);
    std::array::from_fn(|lane| tile[lane * WIDTH + col % WIDTH])
}

fn factor_words(network: &Network, block: usize, pivots: &mut [Column]) {
    let shape = network.shape;
    let lanes = shape.lanes(block);
    let ends = &network.word.ends[block * LANES..][..lanes];
    let mut c = [0.0; LANES];
    for (lane, ends) in ends.iter().enumerate() {
        c[lane] = ends[0];
    }
    for (col, pivots) in pivots.iter_mut().enumerate() {
        let device = column(&network.device, block, col);
        let last = col + 1 == shape.cols;
        let g = match &network.word.along {
            _ if last => [0.0; LANES],
            Along::Uniform(g) => [*g; LANES],
            Along::Varied(field) => column(field, block, col),
        };
        let leak = network.leak.as_ref().map(|leak| column(&leak.word, block, col));
        for lane in 0..LANES {
            c[lane] += device[lane] + leak.map_or(0.0, |leak| leak[lane]);
        }
        if last {
            for (lane, ends) in ends.iter().enumerate() {
                c[lane] += ends[1];
            }
        }
        eliminate(&mut c, &g, lanes, pivots);
    }
}

fn factor_bits(network: &Network, strip: usize, pivots: &mut [f32]) {
    let shape = network.shape;
    let device = network.device.strip(strip);
    let width = shape.width(strip);
    let ends = &network.bit.ends[strip * WIDTH..][..width];
    let mut c = [0.0; WIDTH];
    for (k, ends) in ends.iter().enumerate() {
        c[k] = ends[0];
    }
    for row in 0..shape.rows {
        let last = row + 1 == shape.rows;
        let g = match last {
            true => [0.0; WIDTH],
            false => network.bit.along.row(row / LANES, strip, row % LANES),
        };
        for (c, d) in c.iter_mut().zip(row_of(device, row)) {
            *c += d;
        }
        if let Some(leak) = &network.leak {
            for (c, leak) in c.iter_mut().zip(row_of(leak.bit.strip(strip), row)) {
                *c += leak;
            }
        }
        if last {
            for (k, ends) in ends.iter().enumerate() {
                c[k] += ends[1];
            }
        }
        eliminate(&mut c, &g, width, row_of_mut(pivots, row));
    }
}

/// Eliminates one crossing of lines side by side; `c` becomes what the next one sees of it. Padding has no pivot.
#[inline]
fn eliminate<const N: usize>(c: &mut [f64; N], g: &[f64; N], used: usize, pivots: &mut [f32; N]) {
    for k in 0..N {
        let pivot = c[k] + g[k];
        let reciprocal = if pivot > 0.0 { 1.0 / pivot } else { 0.0 };
        c[k] *= g[k] * reciprocal;
        pivots[k] = reciprocal as f32;
    }
    pivots[used..].fill(0.0);
}
