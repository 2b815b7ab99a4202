//! From the values of a circuit's matrix to the conductances of an array, crossing by crossing.
//!
//! A conductance is the negative of an entry off the diagonal (the mean of the two where they differ), and what the diagonal has
//! beyond the conductances of its node leads somewhere else: through a driver, a capacitor, or `gmin`.

use super::border::{Border, Port, alike};
use super::links::{Graph, NONE};
use super::parts::Parts;
use super::place::{Layout, PASSED};
use crate::array::Direction;
use crate::field::{Field, Shape};
use crate::network::{Along, Family, Network, Nodes};

/// What is left of a diagonal by rounding, in units of the last place of what was taken from it.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// A segment that passes over crossings: where it starts, and into how many parts it is cut.
#[derive(Clone, Copy, Debug)]
struct Long {
    direction: Direction,
    crossing: u32,
    parts: u32,
}

impl Long {
    fn key(&self) -> (usize, usize) {
        (usize::from(self.direction == Direction::Bit), self.crossing as usize)
    }
}

/// Slots of the lines of one direction.
#[derive(Debug, Default)]
struct Slots {
    diagonal: Vec<u32>,
    /// The two entries of a node and the next one of its line.
    next: Vec<[u32; 2]>,
}

/// Where each number of an array comes from.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    shape: Shape,
    word: Slots,
    bit: Slots,
    device: Vec<[u32; 2]>,
    long: Vec<Long>,
    is_full: bool,
    /// Whether some nodes of the array are coupled otherwise than by lines and cells.
    has_more: bool,
}

/// An array's conductances, and whether its matrix is symmetric.
pub(super) struct Filled {
    pub(super) network: Network,
    pub(super) is_symmetric: bool,
}

impl Plan {
    /// The plan of a layout; absent where too much of the circuit would not be in it.
    pub(super) fn new(graph: &Graph<'_>, layout: Layout) -> Option<Plan> {
        let shape = Shape::new(layout.rows, layout.cols);
        let slot = |a: u32, b: u32| {
            let slot = |row: u32, column: u32| {
                graph.pattern.slot(row as usize, column as usize).map_or(NONE, |slot| slot as u32)
            };
            [slot(a, b), slot(b, a)]
        };
        let mut long = Vec::new();
        let mut slots = |direction: Direction, nodes: &[u32]| {
            let (count, length, step, stride) = match direction {
                Direction::Word => (layout.rows, layout.cols, 1, layout.cols),
                Direction::Bit => (layout.cols, layout.rows, layout.cols, 1),
            };
            let mut slots = Slots::default();
            slots.diagonal.extend(nodes.iter().map(|&node| match node {
                NONE | PASSED => NONE,
                node => slot(node, node)[0],
            }));
            slots.next = vec![[NONE; 2]; nodes.len()];
            for line in 0..count {
                let mut before: Option<usize> = None;
                for k in 0..length {
                    let here = line * stride + k * step;
                    if nodes[here] >= PASSED {
                        continue;
                    }
                    if let Some(start) = before {
                        let parts = ((here - start) / step) as u32;
                        slots.next[start] = slot(nodes[start], nodes[here]);
                        if parts > 1 {
                            long.push(Long { direction, crossing: start as u32, parts });
                        }
                    }
                    before = Some(here);
                }
            }
            slots
        };
        let word = slots(Direction::Word, &layout.word);
        let bit = slots(Direction::Bit, &layout.bit);
        long.sort_by_key(Long::key);
        let pairs = layout.word.iter().zip(&layout.bit);
        let device = pairs.map(|(&a, &b)| match (a < PASSED, b < PASSED) {
            (true, true) => slot(a, b),
            _ => [NONE; 2],
        });
        let device: Vec<[u32; 2]> = device.collect();
        let taken = device.iter().chain(&word.next).chain(&bit.next).flatten();
        let accounted = taken.filter(|&&slot| slot != NONE).count();
        let is_full = layout.word.iter().chain(&layout.bit).all(|&node| node < PASSED);
        let mut inside = vec![false; graph.n()];
        let nodes = layout.word.iter().chain(&layout.bit).filter(|&&k| k < PASSED);
        nodes.for_each(|&node| inside[node as usize] = true);
        let entries = graph.pattern.entries();
        let all = entries.filter(|&(r, c)| r != c && inside[r] && inside[c]).count();
        let (more, has_more) = (all - accounted, all > accounted);
        let plan = Plan { shape, word, bit, device, long, is_full, has_more, layout };
        (more * 20 <= all).then_some(plan)
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// The network of given values.
    pub(super) fn fill(
        &self,
        values: &[f64],
        parts: &mut Parts,
        border: &Border,
    ) -> Option<Filled> {
        let Layout { rows, cols, .. } = self.layout;
        let n = rows * cols;
        // What is in no line and no cell is left to the iteration that works on the whole circuit.
        let mut is_symmetric = border.is_symmetric && !self.has_more;
        let mut extra: Vec<(usize, [f64; 4])> = Vec::new();
        if !parts.update(values, |crossing, entries| extra.push((crossing, entries))) {
            return None;
        }
        let mut leak = [vec![0.0; n], vec![0.0; n]];
        // What has been taken from each diagonal tells how much of the rest is rounding.
        let mut taken = [vec![0.0; n], vec![0.0; n]];
        let at = |slot: u32| if slot == NONE { 0.0 } else { values[slot as usize] };
        let mut device = Field::zeros(self.shape);
        for (k, &[wb, bw]) in self.device.iter().enumerate() {
            leak[0][k] = at(self.word.diagonal[k]);
            leak[1][k] = at(self.bit.diagonal[k]);
            if wb == NONE {
                continue;
            }
            let (wb, bw) = (at(wb), at(bw));
            is_symmetric &= alike(wb, bw);
            for (layer, value) in [(0, wb), (1, bw)] {
                leak[layer][k] += value;
                taken[layer][k] += value.abs();
            }
            device.set(k / cols, k % cols, -0.5 * (wb + bw));
        }
        for (k, [ww, wb, bw, bb]) in extra {
            is_symmetric &= alike(wb, bw);
            for (layer, own, other) in [(0, ww, wb), (1, bb, bw)] {
                leak[layer][k] += own + other;
                taken[layer][k] += own.abs() + other.abs();
            }
            let (row, col) = (k / cols, k % cols);
            device.set(row, col, device.at(row, col) - 0.5 * (wb + bw));
        }
        let mut along = |direction: Direction, slots: &Slots, layer: usize| {
            let step = if direction == Direction::Word { 1 } else { cols };
            let mut values = vec![0.0; n];
            for (k, &[to, back]) in slots.next.iter().enumerate() {
                if to == NONE {
                    continue;
                }
                let (to, back) = (at(to), at(back));
                is_symmetric &= alike(to, back);
                values[k] = -0.5 * (to + back);
                leak[layer][k] += to;
                taken[layer][k] += to.abs();
                let parts = self.long.binary_search_by_key(&(layer, k), Long::key);
                let parts = parts.map_or(1, |found| self.long[found].parts as usize);
                leak[layer][k + parts * step] += back;
                taken[layer][k + parts * step] += back.abs();
                let cut = values[k] * parts as f64;
                (0..parts).for_each(|part| values[k + part * step] = cut);
            }
            self.along(direction, &values)
        };
        let along = [along(Direction::Word, &self.word, 0), along(Direction::Bit, &self.bit, 1)];
        for (leak, taken) in leak.iter_mut().zip(&taken) {
            for (leak, taken) in leak.iter_mut().zip(taken) {
                if leak.abs() <= ROUNDING * taken {
                    *leak = 0.0;
                }
            }
        }
        for &(Port { direction, row, col }, term) in border.probed() {
            let layer = usize::from(direction == Direction::Bit);
            let k = row as usize * cols + col as usize;
            let left = leak[layer][k] - term;
            leak[layer][k] = if left.abs() <= ROUNDING * term.abs() { 0.0 } else { left };
        }
        let [word, bit] = along;
        let network = self.network(device, [word, bit], &leak);
        Some(Filled { network, is_symmetric })
    }

    /// Conductances along the lines of one direction, as one number where they are all the same.
    fn along(&self, direction: Direction, values: &[f64]) -> Along {
        let Layout { rows, cols, .. } = self.layout;
        let is_segment = |k: usize| match direction {
            Direction::Word => k % cols + 1 < cols,
            Direction::Bit => k / cols + 1 < rows,
        };
        let mut segments = (0..values.len()).filter(|&k| is_segment(k)).map(|k| values[k]);
        if self.is_full
            && let Some(first) = segments.next()
            && segments.all(|g| g == first)
        {
            return Along::Uniform(first);
        }
        let mut field = Field::zeros(self.shape);
        for (row, line) in values.chunks(cols).enumerate() {
            field.set_row(row, line.iter().copied());
        }
        Along::Varied(field)
    }

    /// Puts leaks at the ends of lines where there are no others.
    fn network(
        &self,
        device: Field<f64>,
        [word, bit]: [Along; 2],
        leak: &[Vec<f64>; 2],
    ) -> Network {
        let Layout { rows, cols, .. } = self.layout;
        let ends = |layer: usize, count: usize, place: &dyn Fn(usize, usize) -> usize| {
            let ends = (0..count).map(|line| {
                let [first, last] = [place(line, 0), place(line, 1)];
                // A line of one crossing has both ends there.
                [leak[layer][first], if first == last { 0.0 } else { leak[layer][last] }]
            });
            ends.collect::<Vec<[f64; 2]>>()
        };
        let word_ends = ends(0, rows, &|line, end| line * cols + end * (cols - 1));
        let bit_ends = ends(1, cols, &|line, end| end * (rows - 1) * cols + line);
        let inner_word = |k: usize| (1..cols - 1).contains(&(k % cols));
        let inner_bit = |k: usize| (1..rows - 1).contains(&(k / cols));
        let spread = (0..rows * cols)
            .any(|k| (inner_word(k) && leak[0][k] != 0.0) || (inner_bit(k) && leak[1][k] != 0.0));
        let shape = self.shape;
        if !spread {
            let (word, bit) =
                (Family { along: word, ends: word_ends }, Family { along: bit, ends: bit_ends });
            return Network { shape, device, word, bit, leak: None };
        }
        let mut nodes = Nodes::zeros(shape);
        for row in 0..rows {
            nodes.word.set_row(row, leak[0][row * cols..][..cols].iter().copied());
            nodes.bit.set_row(row, leak[1][row * cols..][..cols].iter().copied());
        }
        let (word, bit) = (
            Family { along: word, ends: vec![[0.0; 2]; rows] },
            Family { along: bit, ends: vec![[0.0; 2]; cols] },
        );
        Network { shape, device, word, bit, leak: Some(Box::new(nodes)) }
    }

    /// Takes the array's part out of a vector of the circuit.
    pub(super) fn gather(&self, from: &[f64], to: &mut Nodes<f64>) {
        let Layout { cols, word, bit, .. } = &self.layout;
        for (layer, field) in [(word, &mut to.word), (bit, &mut to.bit)] {
            for (row, line) in layer.chunks(*cols).enumerate() {
                let values = line.iter().map(|&node| from.get(node as usize).copied());
                field.set_row(row, values.map(Option::unwrap_or_default));
            }
        }
    }

    /// Puts the array's part back.
    pub(super) fn scatter(&self, from: &Nodes<f64>, to: &mut [f64]) {
        let Layout { cols, word, bit, .. } = &self.layout;
        for (layer, field) in [(word, &from.word), (bit, &from.bit)] {
            for (k, &node) in layer.iter().enumerate() {
                if node < PASSED {
                    to[node as usize] = field.at(k / cols, k % cols);
                }
            }
        }
    }

    /// Whether part of the array is tied to nothing, so that its matrix is singular.
    pub(super) fn floats(&self, network: &Network) -> bool {
        let Layout { rows, cols, .. } = self.layout;
        let n = rows * cols;
        let mut islands = Islands::new(2 * n + 1);
        let tie = 2 * n;
        let leak = |direction: Direction, row: usize, col: usize| {
            let spread =
                network.leak.as_ref().map_or(0.0, |leak| leak.layer(direction).at(row, col));
            let (line, k, last) = match direction {
                Direction::Word => (row, col, cols - 1),
                Direction::Bit => (col, row, rows - 1),
            };
            let [first, end] = network.family(direction).ends[line];
            spread + if k == 0 { first } else { 0.0 } + if k == last { end } else { 0.0 }
        };
        for k in 0..n {
            let (row, col) = (k / cols, k % cols);
            let pairs = [
                (k, n + k, network.device.at(row, col), true),
                (k, k + 1, network.word.along.at(row, col), col + 1 < cols),
                (n + k, n + k + cols, network.bit.along.at(row, col), row + 1 < rows),
                (k, tie, leak(Direction::Word, row, col), true),
                (n + k, tie, leak(Direction::Bit, row, col), true),
            ];
            for (a, b, g, exists) in pairs {
                if exists && g != 0.0 {
                    islands.join(a, b);
                }
            }
        }
        let root = islands.root(tie);
        let layers = self.layout.word.iter().chain(&self.layout.bit).enumerate();
        layers.into_iter().any(|(k, &node)| node < PASSED && islands.root(k) != root)
    }
}

/// Disjoint sets of nodes.
struct Islands {
    parent: Vec<u32>,
}

impl Islands {
    fn new(n: usize) -> Islands {
        Islands { parent: (0..n as u32).collect() }
    }

    fn root(&mut self, mut k: usize) -> usize {
        while self.parent[k] as usize != k {
            let above = self.parent[k] as usize;
            self.parent[k] = self.parent[above];
            k = self.parent[k] as usize;
        }
        k
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b) as u32;
    }
}
