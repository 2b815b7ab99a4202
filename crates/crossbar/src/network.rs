//! The array as conductances: what the solvers work on.
//!
//! Unknowns are the voltages `w` of the word lines and `b` of the bit lines at each crossing. With the conductance `D` of
//! each device and the chains `T_w`, `T_b` of line segments (ends that are driven add to their diagonals) the balance
//! of currents is
//!
//! ```text
//! ⎡ T_w + D    −D    ⎤ ⎡w⎤   ⎡ currents from the ends of word lines ⎤
//! ⎣   −D     T_b + D ⎦ ⎣b⎦ = ⎣ currents from the ends of bit lines  ⎦
//! ```
//!
//! Products are computed from differences of neighbouring voltages, whose rounding errors are those of the voltages and
//! not of the much larger sums of conductances.

use std::borrow::Cow;

use crate::array::{Direction, LinearArray, Wire};
use crate::crew::Crew;
use crate::field::{Field, LANES, Shape, TILE, WIDTH, row_of, row_of_mut};

/// Conductances along the lines of one direction.
#[derive(Clone, Debug)]
pub(crate) enum Along {
    /// Each segment has this one.
    Uniform(f64),
    /// The segment from this crossing to the next one of the line; zero behind the last.
    Varied(Field<f64>),
}

impl Along {
    /// Conductance from a crossing to the next one of its line.
    pub(crate) fn at(&self, row: usize, col: usize) -> f64 {
        match self {
            Along::Uniform(g) => *g,
            Along::Varied(field) => field.at(row, col),
        }
    }

    /// Conductances behind a row of a tile.
    #[inline]
    pub(crate) fn row(&self, block: usize, strip: usize, lane: usize) -> [f64; WIDTH] {
        match self {
            Along::Uniform(g) => [*g; WIDTH],
            Along::Varied(field) => *row_of(field.tile(block, strip), lane),
        }
    }

    /// Mean over the whole array of those that conduct.
    pub(crate) fn typical(&self) -> f64 {
        match self {
            Along::Uniform(g) => *g,
            Along::Varied(field) => {
                let Shape { rows, cols, .. } = field.shape;
                let all = (0..rows).flat_map(|row| (0..cols).map(move |col| field.at(row, col)));
                let (sum, count) = all
                    .filter(|g| *g > 0.0)
                    .fold((0.0, 0_usize), |(sum, count), g| (sum + 1.0 / g, count + 1));
                if count == 0 { 0.0 } else { count as f64 / sum }
            }
        }
    }
}

/// The lines of one direction.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) along: Along,
    /// Conductance from the first and from the last crossing of each line to its source; zero where nothing is there.
    pub(crate) ends: Vec<[f64; 2]>,
}

/// An array whose conductances are all finite.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) shape: Shape,
    pub(crate) device: Field<f64>,
    pub(crate) word: Family,
    pub(crate) bit: Family,
    /// Conductance from each node to somewhere else, beside those of `ends`.
    pub(crate) leak: Option<Box<Nodes<f64>>>,
}

/// A number for each wire node.
#[derive(Clone, Debug)]
pub(crate) struct Nodes<T> {
    pub(crate) word: Field<T>,
    pub(crate) bit: Field<T>,
}

impl<T: Copy + Default> Nodes<T> {
    pub(crate) fn zeros(shape: Shape) -> Nodes<T> {
        Nodes { word: Field::zeros(shape), bit: Field::zeros(shape) }
    }
}

impl<T> Nodes<T> {
    /// The nodes of one layer.
    pub(crate) fn layer(&self, direction: Direction) -> &Field<T> {
        match direction {
            Direction::Word => &self.word,
            Direction::Bit => &self.bit,
        }
    }

    /// The nodes of one layer.
    pub(crate) fn layer_mut(&mut self, direction: Direction) -> &mut Field<T> {
        match direction {
            Direction::Word => &mut self.word,
            Direction::Bit => &mut self.bit,
        }
    }
}

/// What a pass over all nodes has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Magnitude {
    /// Sum of squares.
    pub(crate) squares: f64,
    /// Largest absolute value.
    pub(crate) largest: f64,
}

impl Magnitude {
    pub(crate) fn of(parts: &[Magnitude]) -> Magnitude {
        parts.iter().fold(Magnitude::default(), |sum, part| Magnitude {
            squares: sum.squares + part.squares,
            largest: sum.largest.max(part.largest),
        })
    }

    pub(crate) fn add_row(&mut self, row: &[f64; WIDTH]) {
        let mut squares = [0.0; 8];
        let mut largest = [0.0_f64; 8];
        for eight in row.as_chunks::<8>().0 {
            for k in 0..8 {
                squares[k] += eight[k] * eight[k];
                largest[k] = if eight[k].abs() > largest[k] { eight[k].abs() } else { largest[k] };
            }
        }
        self.squares += squares.iter().sum::<f64>();
        self.largest = largest.iter().fold(self.largest, |a, b| a.max(*b));
    }
}

impl Network {
    /// The lines of one direction.
    pub(crate) fn family(&self, direction: Direction) -> &Family {
        match direction {
            Direction::Word => &self.word,
            Direction::Bit => &self.bit,
        }
    }

    /// The network with the sizes of those devices whose conductance is negative.
    pub(crate) fn without_negative(&self) -> Cow<'_, Network> {
        let strips = 0..self.shape.strips;
        if strips.into_iter().all(|strip| self.device.strip(strip).iter().all(|g| *g >= 0.0)) {
            return Cow::Borrowed(self);
        }
        let mut positive = self.clone();
        let strips = positive.device.strips_mut();
        strips.into_iter().flatten().for_each(|g| *g = g.abs());
        Cow::Owned(positive)
    }

    /// The conductances of an array without shorts.
    pub(crate) fn of_array(array: &LinearArray) -> Network {
        let shape = Shape::new(array.rows(), array.cols());
        let mut device = Field::zeros(shape);
        for row in 0..shape.rows {
            device.set_row(row, array.devices().row(row).iter().map(|resistance| 1.0 / resistance));
        }
        let family = |direction| {
            let along = match &array.lines(direction).wire {
                Wire::Uniform(resistance) => Along::Uniform(1.0 / resistance),
                Wire::PerSegment(_) => {
                    let mut along = Field::zeros(shape);
                    let (rows, cols) = match direction {
                        Direction::Word => (shape.rows, shape.cols - 1),
                        Direction::Bit => (shape.rows - 1, shape.cols),
                    };
                    for row in 0..rows {
                        let segments =
                            (0..cols).map(|col| 1.0 / array.segment(direction, row, col));
                        along.set_row(row, segments);
                    }
                    Along::Varied(along)
                }
            };
            let lines = 0..array.count(direction);
            let end = |line, end| 1.0 / array.end(direction, line, end);
            Family { along, ends: lines.map(|line| [end(line, 0), end(line, 1)]).collect() }
        };
        let (word, bit) = (family(Direction::Word), family(Direction::Bit));
        Network { shape, device, word, bit, leak: None }
    }

    /// Currents into the nodes from the sources behind the ends of lines: `rhs` of the balance.
    pub(crate) fn injection(&self, word_volts: &[f64], bit_volts: &[f64], rhs: &mut Nodes<f64>) {
        let Shape { rows, cols, .. } = self.shape;
        rhs.word.fill(0.0);
        rhs.bit.fill(0.0);
        for (row, (volts, ends)) in word_volts.iter().zip(&self.word.ends).enumerate() {
            for (col, g) in [(0, ends[0]), (cols - 1, ends[1])] {
                rhs.word.set(row, col, rhs.word.at(row, col) + g * volts);
            }
        }
        for (col, (volts, ends)) in bit_volts.iter().zip(&self.bit.ends).enumerate() {
            for (row, g) in [(0, ends[0]), (rows - 1, ends[1])] {
                rhs.bit.set(row, col, rhs.bit.at(row, col) + g * volts);
            }
        }
    }

    /// `r −= factor · A·p`; returns the size of the new `r`.
    pub(crate) fn subtract_product<T: Copy + Default + Into<f64> + Sync>(
        &self,
        factor: f64,
        p: &Nodes<T>,
        r: &mut Nodes<f64>,
        crew: &Crew,
    ) -> Magnitude {
        let mut parts = crew.map(
            r.word.blocks_mut(),
            || (),
            |(), block, tiles| self.subtract_word_block(factor, p, block, tiles),
        );
        parts.extend(crew.map(
            r.bit.strips_mut(),
            || (),
            |(), strip, values| self.subtract_bit_strip(factor, p, strip, values),
        ));
        Magnitude::of(&parts)
    }

    fn subtract_word_block<T: Copy + Default + Into<f64>>(
        &self,
        factor: f64,
        p: &Nodes<T>,
        block: usize,
        mut tiles: Vec<&mut [f64; TILE]>,
    ) -> Magnitude {
        let Shape { cols, strips, .. } = self.shape;
        let mut seen = Magnitude::default();
        let lanes = self.shape.lanes(block);
        for (strip, tile) in tiles.iter_mut().enumerate() {
            let (device, here) = (self.device.tile(block, strip), p.word.tile(block, strip));
            let across = p.bit.tile(block, strip);
            let before = (strip > 0).then(|| p.word.tile(block, strip - 1));
            let after = (strip + 1 < strips).then(|| p.word.tile(block, strip + 1));
            let width = self.shape.width(strip);
            for lane in 0..lanes {
                // The current from each crossing to the next, one more to the left for the strip's first.
                let v: [f64; WIDTH] = row_of(here, lane).map(Into::into);
                let g = self.word.along.row(block, strip, lane);
                let mut flow = [0.0; WIDTH + 1];
                if let Some(before) = before {
                    let g = self.word.along.row(block, strip - 1, lane)[WIDTH - 1];
                    flow[0] = g * (before[lane * WIDTH + WIDTH - 1].into() - v[0]);
                }
                for k in 0..WIDTH - 1 {
                    flow[k + 1] = g[k] * (v[k] - v[k + 1]);
                }
                if let Some(after) = after {
                    flow[WIDTH] = g[WIDTH - 1] * (v[WIDTH - 1] - after[lane * WIDTH].into());
                } else {
                    flow[width..].fill(0.0);
                }
                let (d, b) = (row_of(device, lane), row_of(across, lane));
                let r = row_of_mut(&mut tile[..], lane);
                for k in 0..WIDTH {
                    let through = d[k] * (v[k] - b[k].into());
                    r[k] -= factor * (flow[k + 1] - flow[k] + through);
                }
                if let Some(leak) = &self.leak {
                    let leak = row_of(leak.word.tile(block, strip), lane);
                    for k in 0..WIDTH {
                        r[k] -= factor * leak[k] * v[k];
                    }
                }
                let ends = self.word.ends[block * LANES + lane];
                if strip == 0 {
                    r[0] -= factor * ends[0] * v[0];
                }
                if strip + 1 == strips {
                    let last = (cols - 1) % WIDTH;
                    r[last] -= factor * ends[1] * v[last];
                }
                seen.add_row(r);
            }
        }
        seen
    }

    fn subtract_bit_strip<T: Copy + Default + Into<f64>>(
        &self,
        factor: f64,
        p: &Nodes<T>,
        strip: usize,
        values: &mut [f64],
    ) -> Magnitude {
        let rows = self.shape.rows;
        let width = self.shape.width(strip);
        let (device, across) = (self.device.strip(strip), p.word.strip(strip));
        let here = p.bit.strip(strip);
        let ends = &self.bit.ends[strip * WIDTH..][..width];
        let mut seen = Magnitude::default();
        let mut above = [0.0; WIDTH];
        let mut v: [f64; WIDTH] = row_of(here, 0).map(Into::into);
        for row in 0..rows {
            let (d, w) = (row_of(device, row), row_of(across, row));
            let r = row_of_mut(values, row);
            let mut below = [0.0; WIDTH];
            let mut next = v;
            if row + 1 < rows {
                next = row_of(here, row + 1).map(Into::into);
                let g = self.bit.along.row(row / LANES, strip, row % LANES);
                for k in 0..WIDTH {
                    below[k] = g[k] * (v[k] - next[k]);
                }
            }
            for k in 0..WIDTH {
                let through = d[k] * (v[k] - w[k].into());
                r[k] -= factor * (below[k] - above[k] + through);
            }
            if let Some(leak) = &self.leak {
                let leak = row_of(leak.bit.strip(strip), row);
                for k in 0..WIDTH {
                    r[k] -= factor * leak[k] * v[k];
                }
            }
            for (end, at_end) in [(0, row == 0), (1, row + 1 == rows)] {
                if at_end {
                    for (k, ends) in ends.iter().enumerate() {
                        r[k] -= factor * ends[end] * v[k];
                    }
                }
            }
            seen.add_row(r);
            above = below;
            v = next;
        }
        seen
    }

    /// `pᵀA·p`, as the sum of what each resistor dissipates.
    pub(crate) fn energy(&self, p: &Nodes<f32>, crew: &Crew) -> f64 {
        let blocks = (0..self.shape.blocks).collect();
        let strips = (0..self.shape.strips).collect();
        crew.sum(blocks, |_, block| self.word_block_energy(p, block))
            + crew.sum(strips, |_, strip| self.bit_strip_energy(p, strip))
    }

    fn word_block_energy(&self, p: &Nodes<f32>, block: usize) -> f64 {
        let Shape { cols, strips, .. } = self.shape;
        let mut total = 0.0;
        let mut last = [0.0_f64; LANES];
        let mut last_g = [0.0; LANES];
        for strip in 0..strips {
            let (device, here) = (self.device.tile(block, strip), p.word.tile(block, strip));
            let across = p.bit.tile(block, strip);
            let width = self.shape.width(strip);
            for lane in 0..self.shape.lanes(block) {
                let v: [f64; WIDTH] = row_of(here, lane).map(f64::from);
                let g = self.word.along.row(block, strip, lane);
                let (d, b) = (row_of(device, lane), row_of(across, lane));
                let mut sums = [0.0; 8];
                for k in 0..WIDTH {
                    let through = v[k] - f64::from(b[k]);
                    sums[k % 8] += d[k] * through * through;
                }
                if let Some(leak) = &self.leak {
                    let leak = row_of(leak.word.tile(block, strip), lane);
                    for k in 0..WIDTH {
                        sums[k % 8] += leak[k] * v[k] * v[k];
                    }
                }
                for k in 0..width - 1 {
                    let step = v[k] - v[k + 1];
                    sums[k % 8] += g[k] * step * step;
                }
                if strip > 0 {
                    let step = last[lane] - v[0];
                    sums[0] += last_g[lane] * step * step;
                }
                (last[lane], last_g[lane]) = (v[WIDTH - 1], g[WIDTH - 1]);
                let ends = self.word.ends[block * LANES + lane];
                if strip == 0 {
                    sums[0] += ends[0] * v[0] * v[0];
                }
                if strip + 1 == strips {
                    let end = v[(cols - 1) % WIDTH];
                    sums[1] += ends[1] * end * end;
                }
                total += sums.iter().sum::<f64>();
            }
        }
        total
    }

    fn bit_strip_energy(&self, p: &Nodes<f32>, strip: usize) -> f64 {
        let rows = self.shape.rows;
        let here = p.bit.strip(strip);
        let mut sums = [0.0; WIDTH];
        let mut v: [f64; WIDTH] = row_of(here, 0).map(f64::from);
        let ends = &self.bit.ends[strip * WIDTH..][..self.shape.width(strip)];
        for (k, ends) in ends.iter().enumerate() {
            let last = f64::from(here[(rows - 1) * WIDTH + k]);
            sums[k] += ends[0] * v[k] * v[k] + ends[1] * last * last;
        }
        if let Some(leak) = &self.leak {
            let rows = here.as_chunks::<WIDTH>().0.iter().take(rows);
            for (v, leak) in rows.zip(leak.bit.strip(strip).as_chunks::<WIDTH>().0) {
                for k in 0..WIDTH {
                    let v = f64::from(v[k]);
                    sums[k] += leak[k] * v * v;
                }
            }
        }
        for row in 1..rows {
            let g = self.bit.along.row((row - 1) / LANES, strip, (row - 1) % LANES);
            let next: [f64; WIDTH] = row_of(here, row).map(f64::from);
            for k in 0..WIDTH {
                let step = v[k] - next[k];
                sums[k] += g[k] * step * step;
            }
            v = next;
        }
        sums.iter().sum()
    }
}
