//! The array as bonds between nodes, and the parts of it that nothing holds.
//!
//! Resistances of zero make infinite conductances here: nodes that coincide. An island is a set of nodes without any
//! path to a source; its voltage is arbitrary, and its devices carry no current.

use crate::array::{Direction, LinearArray};
use crate::network::Network;

/// What a solver may ask of an array, whatever stores it. Conductances in S, infinite for a short.
pub(crate) trait Bonds {
    fn rows(&self) -> usize;
    fn cols(&self) -> usize;
    /// Between the word node and the bit node of a crossing.
    fn device(&self, row: usize, col: usize) -> f64;
    /// From a crossing to the next one of its line.
    fn along(&self, direction: Direction, row: usize, col: usize) -> f64;
    /// From the first or last crossing of a line to its source.
    fn end(&self, direction: Direction, line: usize, end: usize) -> f64;
    /// Whether some segment between crossings may be broken.
    fn may_break(&self, direction: Direction) -> bool;

    /// Lines of a direction, and crossings of each.
    fn lines(&self, direction: Direction) -> (usize, usize) {
        match direction {
            Direction::Word => (self.rows(), self.cols()),
            Direction::Bit => (self.cols(), self.rows()),
        }
    }
}

impl Bonds for LinearArray {
    fn rows(&self) -> usize {
        LinearArray::rows(self)
    }

    fn cols(&self) -> usize {
        LinearArray::cols(self)
    }

    fn device(&self, row: usize, col: usize) -> f64 {
        1.0 / self.devices().at(row, col)
    }

    fn along(&self, direction: Direction, row: usize, col: usize) -> f64 {
        1.0 / self.segment(direction, row, col)
    }

    fn end(&self, direction: Direction, line: usize, end: usize) -> f64 {
        1.0 / LinearArray::end(self, direction, line, end)
    }

    fn may_break(&self, direction: Direction) -> bool {
        match &LinearArray::lines(self, direction).wire {
            crate::Wire::Uniform(resistance) => resistance.is_infinite(),
            crate::Wire::PerSegment(matrix) => matrix.values().contains(&f64::INFINITY),
        }
    }
}

impl Bonds for Network {
    fn rows(&self) -> usize {
        self.shape.rows
    }

    fn cols(&self) -> usize {
        self.shape.cols
    }

    fn device(&self, row: usize, col: usize) -> f64 {
        self.device.at(row, col)
    }

    fn along(&self, direction: Direction, row: usize, col: usize) -> f64 {
        self.family(direction).along.at(row, col)
    }

    fn end(&self, direction: Direction, line: usize, end: usize) -> f64 {
        self.family(direction).ends[line][end]
    }

    fn may_break(&self, direction: Direction) -> bool {
        match &self.family(direction).along {
            crate::network::Along::Uniform(g) => *g == 0.0,
            crate::network::Along::Varied(_) => true,
        }
    }
}

/// Row and column of a crossing of a line.
pub(crate) fn crossing(direction: Direction, line: usize, k: usize) -> (usize, usize) {
    match direction {
        Direction::Word => (line, k),
        Direction::Bit => (k, line),
    }
}

/// Sets that can be united.
pub(crate) struct Sets {
    parents: Vec<u32>,
}

impl Sets {
    pub(crate) fn new(n: usize) -> Sets {
        Sets { parents: (0..n as u32).collect() }
    }

    pub(crate) fn root(&mut self, node: usize) -> usize {
        let mut node = node as u32;
        while self.parents[node as usize] != node {
            let above = self.parents[self.parents[node as usize] as usize];
            self.parents[node as usize] = above;
            node = above;
        }
        node as usize
    }

    /// Unites two sets; whether they were different. The smaller root stays one.
    pub(crate) fn unite(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parents[high] = low as u32;
        a != b
    }
}

/// A part of the array that no source reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Island {
    /// Layer of its first node.
    pub direction: Direction,
    /// Row of its first node, from 0.
    pub row: usize,
    /// Column of its first node, from 0.
    pub col: usize,
    /// Runs of unbroken line that belong to it, as line, first and last crossing.
    pub(crate) runs: Vec<(Direction, usize, usize, usize)>,
}

impl Island {
    /// Number of wire nodes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.runs.iter().map(|(_, _, first, last)| last - first + 1).sum()
    }
}

/// A stretch of a line without a broken segment.
struct Run {
    direction: Direction,
    line: usize,
    first: usize,
    last: usize,
    held: bool,
}

/// Finds all parts of an array that no source reaches.
pub(crate) fn islands(bonds: &impl Bonds) -> Vec<Island> {
    let (runs, names) = runs(bonds);
    let mut sets = Sets::new(runs.len());
    // Everything that is held is one set; as soon as nothing else is left there are no islands.
    let mut loose = runs.iter().filter(|run| !run.held).count();
    if loose == 0 {
        return Vec::new();
    }
    let anchor = runs.iter().position(|run| run.held);
    if let Some(anchor) = anchor {
        for (k, run) in runs.iter().enumerate() {
            if run.held {
                sets.unite(anchor, k);
            }
        }
    }
    'devices: for row in 0..bonds.rows() {
        for col in 0..bonds.cols() {
            if bonds.device(row, col) > 0.0 {
                let (word, bit) = names.of(row, col);
                loose -= usize::from(sets.unite(word, bit));
                if loose == 0 && anchor.is_some() {
                    break 'devices;
                }
            }
        }
    }
    let held = anchor.map(|anchor| sets.root(anchor));
    let mut found: Vec<(usize, Island)> = Vec::new();
    let mut places = vec![usize::MAX; runs.len()];
    for (k, run) in runs.iter().enumerate() {
        let root = sets.root(k);
        if Some(root) == held {
            continue;
        }
        let member = (run.direction, run.line, run.first, run.last);
        if places[root] == usize::MAX {
            places[root] = found.len();
            let (row, col) = crossing(run.direction, run.line, run.first);
            let island = Island { direction: run.direction, row, col, runs: vec![member] };
            found.push((root, island));
        } else {
            found[places[root]].1.runs.push(member);
        }
    }
    found.into_iter().map(|(_, island)| island).collect()
}

/// Which run a crossing belongs to, in each layer.
struct RunNames {
    /// First run of each line.
    starts: [Vec<usize>; 2],
    /// For layers with broken segments, how many runs of its line end before a crossing.
    inner: [Option<Vec<u32>>; 2],
    cols: usize,
}

impl RunNames {
    fn of(&self, row: usize, col: usize) -> (usize, usize) {
        let inner = |layer: usize| {
            self.inner[layer].as_ref().map_or(0, |names| names[row * self.cols + col] as usize)
        };
        (self.starts[0][row] + inner(0), self.starts[1][col] + inner(1))
    }
}

fn runs(bonds: &impl Bonds) -> (Vec<Run>, RunNames) {
    let mut runs = Vec::new();
    let (rows, cols) = (bonds.rows(), bonds.cols());
    let mut names = RunNames { starts: Default::default(), inner: Default::default(), cols };
    for (layer, direction) in [Direction::Word, Direction::Bit].into_iter().enumerate() {
        let (count, length) = bonds.lines(direction);
        let mut inner = bonds.may_break(direction).then(|| vec![0_u32; rows * cols]);
        for line in 0..count {
            names.starts[layer].push(runs.len());
            let mut first = 0;
            for k in 0..length {
                let (row, col) = crossing(direction, line, k);
                if let Some(inner) = &mut inner {
                    inner[row * cols + col] = (runs.len() - names.starts[layer][line]) as u32;
                }
                let last = k + 1 == length;
                let breaks = inner.is_some() && !last && bonds.along(direction, row, col) == 0.0;
                if !last && !breaks {
                    continue;
                }
                let held = (first == 0 && bonds.end(direction, line, 0) > 0.0)
                    || (last && bonds.end(direction, line, 1) > 0.0);
                runs.push(Run { direction, line, first, last: k, held });
                first = k + 1;
            }
        }
        names.inner[layer] = inner;
    }
    (runs, names)
}
