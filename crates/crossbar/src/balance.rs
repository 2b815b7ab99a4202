//! Balance of currents at each node of a solved array.

use crate::array::Direction;
use crate::bonds::Bonds;
use crate::crew::Crew;
use crate::field::{Field, LANES, Shape, WIDTH, row_of};
use crate::network::{Network, Nodes};

/// How well currents balance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Balance {
    /// Largest imbalance of a node, relative to the sum of absolute currents there.
    pub(crate) node: f64,
    /// Largest imbalance of a node, A.
    pub(crate) largest: f64,
}

impl Balance {
    /// Takes in a node. An imbalance that rounding its voltages alone would make is none.
    pub(crate) fn add(&mut self, imbalance: f64, total: f64, rounding: f64) {
        let imbalance = imbalance.abs();
        self.largest = self.largest.max(imbalance);
        let beyond = imbalance - 8.0 * f64::EPSILON * rounding;
        if beyond > 0.0 {
            self.node = self.node.max(beyond / total);
        }
    }

    fn of(parts: &[Balance]) -> Balance {
        parts.iter().fold(Balance::default(), |all, part| Balance {
            node: all.node.max(part.node),
            largest: all.largest.max(part.largest),
        })
    }
}

/// The balance at all nodes for voltages `x` with the residual `r`.
pub(crate) fn balance(
    network: &Network,
    x: &Nodes<f64>,
    r: &Nodes<f64>,
    (word_volts, bit_volts): (&[f64], &[f64]),
    crew: &Crew,
) -> Balance {
    let Shape { strips, .. } = network.shape;
    let parts = crew.map(
        (0..strips).collect(),
        || (),
        |(), _, strip| {
            let mut seen = Balance::default();
            words(network, x, &r.word, word_volts, strip, &mut seen);
            bits(network, x, &r.bit, bit_volts, strip, &mut seen);
            seen
        },
    );
    Balance::of(&parts)
}

fn words(
    network: &Network,
    x: &Nodes<f64>,
    r: &Field<f64>,
    volts: &[f64],
    strip: usize,
    seen: &mut Balance,
) {
    let Shape { rows, cols, .. } = network.shape;
    let width = network.shape.width(strip);
    for (row, volts) in volts.iter().enumerate().take(rows) {
        let (block, lane) = (row / LANES, row % LANES);
        let g = network.word.along.row(block, strip, lane);
        let v = row_of(x.word.tile(block, strip), lane);
        let b = row_of(x.bit.tile(block, strip), lane);
        let d = row_of(network.device.tile(block, strip), lane);
        let r = row_of(r.tile(block, strip), lane);
        let before = (strip > 0).then(|| {
            let v = row_of(x.word.tile(block, strip - 1), lane)[WIDTH - 1];
            (network.word.along.row(block, strip - 1, lane)[WIDTH - 1], v)
        });
        for k in 0..width {
            let col = strip * WIDTH + k;
            let left = if k > 0 { Some((g[k - 1], v[k - 1])) } else { before };
            let right = (col + 1 < cols).then(|| {
                let next = if k + 1 < WIDTH { v[k + 1] } else { x.word.at(row, col + 1) };
                (g[k], next)
            });
            let ends = network.word.ends[row];
            let first = (col == 0).then_some((ends[0], *volts));
            let last = (col + 1 == cols).then_some((ends[1], *volts));
            let bonds = [Some((d[k], b[k])), left, right, first, last];
            add_node(v[k], r[k], &bonds, seen);
        }
    }
}

fn bits(
    network: &Network,
    x: &Nodes<f64>,
    r: &Field<f64>,
    volts: &[f64],
    strip: usize,
    seen: &mut Balance,
) {
    let (_, length) = Bonds::lines(network, Direction::Bit);
    let width = network.shape.width(strip);
    let (values, across, device) =
        (x.bit.strip(strip), x.word.strip(strip), network.device.strip(strip));
    let g = |row: usize| network.bit.along.row(row / LANES, strip, row % LANES);
    let mut above = [0.0; WIDTH];
    for row in 0..length {
        let below = g(row);
        let (v, w, d) = (row_of(values, row), row_of(across, row), row_of(device, row));
        let r = row_of(r.strip(strip), row);
        for k in 0..width {
            let line = strip * WIDTH + k;
            let ends = network.bit.ends[line];
            let up = (row > 0).then(|| (above[k], values[(row - 1) * WIDTH + k]));
            let down = (row + 1 < length).then(|| (below[k], values[(row + 1) * WIDTH + k]));
            let first = (row == 0).then_some((ends[0], volts[line]));
            let last = (row + 1 == length).then_some((ends[1], volts[line]));
            add_node(v[k], r[k], &[Some((d[k], w[k])), up, down, first, last], seen);
        }
        above = below;
    }
}

#[inline]
fn add_node(v: f64, r: f64, bonds: &[Option<(f64, f64)>; 5], seen: &mut Balance) {
    let (mut total, mut rounding) = (0.0, 0.0);
    for (g, other) in bonds.iter().flatten() {
        total += g * (v - other).abs();
        rounding += g * (v.abs() + other.abs());
    }
    seen.add(r, total, rounding);
}
