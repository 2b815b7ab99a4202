//! Matrices of typical circuits, for tests and benchmarks of solvers.
//!
//! They are assembled as modified nodal analysis does it: conductances around the diagonal, and for
//! each voltage source a branch row and column with a zero where they meet. Values are reproducible:
//! the random ones come from a fixed generator (SplitMix64) and a seed.

use std::sync::Arc;

use super::{Pattern, SolverError};

/// A matrix of the gallery.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Positions of the entries.
    pub pattern: Arc<Pattern>,
    /// Values in pattern order; siemens, and ±1 or gains in branch rows.
    pub values: Vec<f64>,
}

/// Collects the stamps of elements between unknowns; `None` is ground.
#[derive(Clone, Debug, Default)]
pub struct Stamps {
    n: usize,
    entries: Vec<(usize, usize, f64)>,
}

impl Stamps {
    /// An empty matrix of order `n`.
    pub fn new(n: usize) -> Self {
        Self { n, entries: Vec::new() }
    }

    /// Adds a conductance (S) between two nodes.
    pub fn conductance(&mut self, a: Option<usize>, b: Option<usize>, siemens: f64) {
        self.transconductance(a, b, a, b, siemens);
    }

    /// Adds a current of `siemens` times the voltage from `c` to `d`, flowing from `a` to `b`.
    pub fn transconductance(
        &mut self,
        a: Option<usize>,
        b: Option<usize>,
        c: Option<usize>,
        d: Option<usize>,
        siemens: f64,
    ) {
        for (row, row_sign) in [(a, 1.0), (b, -1.0)] {
            for (column, column_sign) in [(c, 1.0), (d, -1.0)] {
                if let (Some(row), Some(column)) = (row, column) {
                    self.entries.push((row, column, row_sign * column_sign * siemens));
                }
            }
        }
    }

    /// Adds an ideal voltage source between two nodes; unknown `branch` is its current.
    pub fn voltage_source(&mut self, a: Option<usize>, b: Option<usize>, branch: usize) {
        for (node, sign) in [(a, 1.0), (b, -1.0)] {
            if let Some(node) = node {
                self.entries.push((node, branch, sign));
                self.entries.push((branch, node, sign));
            }
        }
    }

    /// The sum of all stamps.
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub fn finish(self) -> Result<Sample, SolverError> {
        let positions = self.entries.iter().map(|&(row, column, _)| (row, column));
        let pattern = Pattern::new(self.n, positions)?;
        let mut values = vec![0.0; pattern.nnz()];
        for (row, column, value) in self.entries {
            if let Some(slot) = pattern.slot(row, column) {
                values[slot] += value;
            }
        }
        Ok(Sample { pattern: Arc::new(pattern), values })
    }
}

/// A ladder of `n` nodes: series resistors, shunt resistors, a source at the near end.
///
/// # Errors
/// As [`Pattern::new`].
pub fn ladder(n: usize) -> Result<Sample, SolverError> {
    let mut stamps = Stamps::new(n + 1);
    for node in 0..n {
        stamps.conductance(Some(node), None, 1e-4);
        if node + 1 < n {
            stamps.conductance(Some(node), Some(node + 1), 1e-3);
        }
    }
    match n {
        // Nothing to drive: a lone resistor stands for the source.
        0 => stamps.conductance(Some(0), None, 1.0),
        _ => stamps.voltage_source(Some(0), None, n),
    }
    stamps.finish()
}

/// A mesh of `side` × `side` nodes with a leak to ground at each: one step of an RC grid.
///
/// # Errors
/// As [`Pattern::new`].
pub fn grid(side: usize) -> Result<Sample, SolverError> {
    let mut stamps = Stamps::new(side * side);
    let node = |i: usize, j: usize| Some(i * side + j);
    for i in 0..side {
        for j in 0..side {
            stamps.conductance(node(i, j), None, 1e-5);
            if i + 1 < side {
                stamps.conductance(node(i, j), node(i + 1, j), 1e-3);
            }
            if j + 1 < side {
                stamps.conductance(node(i, j), node(i, j + 1), 1e-3);
            }
        }
    }
    stamps.finish()
}

/// A crossbar of `lines` × `lines` cells with line resistance, word lines driven by ideal sources,
/// bit lines grounded through the last segment: 2·lines² + lines unknowns.
///
/// # Errors
/// As [`Pattern::new`].
pub fn crossbar(lines: usize, seed: u64) -> Result<Sample, SolverError> {
    let mut random = Random::new(seed);
    let cells = lines * lines;
    let mut stamps = Stamps::new(2 * cells + lines);
    let word = |i: usize, j: usize| Some(i * lines + j);
    let bit = |i: usize, j: usize| Some(cells + i * lines + j);
    for i in 0..lines {
        stamps.voltage_source(word(i, 0), None, 2 * cells + i);
        stamps.conductance(bit(lines - 1, i), None, 1.0);
        for j in 0..lines {
            stamps.conductance(word(i, j), bit(i, j), random.log_uniform(1e-6, 1e-3));
            if j + 1 < lines {
                stamps.conductance(word(i, j), word(i, j + 1), 1.0);
                stamps.conductance(bit(j, i), bit(j + 1, i), 1.0);
            }
        }
    }
    stamps.finish()
}

/// A random circuit of `n` unknowns: a tree of resistors, so that nothing floats, some more
/// resistors and transconductances nearby, and a tenth of the unknowns as branches of sources, some
/// of them controlled.
///
/// # Errors
/// As [`Pattern::new`].
pub fn random_circuit(n: usize, seed: u64) -> Result<Sample, SolverError> {
    let mut random = Random::new(seed);
    let branches = n / 10;
    let nodes = n - branches;
    let mut stamps = Stamps::new(n);
    let near = |random: &mut Random, node: usize| {
        let reach = 1 + random.below(50);
        (node >= reach).then(|| node - reach)
    };
    for node in 0..nodes {
        let towards = near(&mut random, node);
        stamps.conductance(Some(node), towards, random.log_uniform(1e-6, 1e-1));
        if random.below(3) == 0 {
            let other = near(&mut random, node);
            stamps.conductance(Some(node), other, random.log_uniform(1e-9, 1e-2));
        }
        if random.below(4) == 0 {
            let (to, gate) = (near(&mut random, node), near(&mut random, node));
            let siemens = random.log_uniform(1e-6, 1e-4);
            stamps.transconductance(Some(node), to, gate, None, siemens);
        }
    }
    // Each source hangs on a node of its own, so that no two of them can form a loop.
    for index in 0..branches {
        let (node, branch) = (index * 9, nodes + index);
        stamps.voltage_source(Some(node), None, branch);
        if index > 0 && random.below(2) == 0 {
            let control = index * 9 - 1 - random.below(8);
            stamps.entries.push((branch, control, random.log_uniform(0.1, 100.0)));
        }
    }
    stamps.finish()
}

/// What the transistors of [`logic`] contribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// Channels alone: gates are driven and do not drive, so that the matrix falls into blocks.
    Dc,
    /// Capacitances of gates and junctions too, as one time step sees them: the pattern is
    /// symmetric but for controlled currents.
    Transient,
}

/// Static CMOS logic of about `n` unknowns: NAND gates of four transistors with an inner node each,
/// wired to gates nearby, one input in eight from a later gate (latches), all on one supply.
///
/// # Errors
/// As [`Pattern::new`].
pub fn logic(n: usize, seed: u64, regime: Regime) -> Result<Sample, SolverError> {
    let mut random = Random::new(seed);
    let gates = (n.saturating_sub(2) / 2).max(1);
    let (supply, branch) = (2 * gates, 2 * gates + 1);
    let mut stamps = Stamps::new(branch + 1);
    stamps.voltage_source(Some(supply), None, branch);
    let (output, inner) = (|gate: usize| 2 * gate, |gate: usize| Some(2 * gate + 1));
    let mut transistor = |random: &mut Random, d: Option<usize>, g: usize, s: Option<usize>| {
        let on = random.log_uniform(1e-9, 1e-3);
        stamps.conductance(d, s, on);
        // Gains of a few, so that a chain of many gates stays within the range of numbers.
        stamps.transconductance(d, s, Some(g), s, on * random.log_uniform(0.05, 2.0));
        if regime == Regime::Transient {
            for (a, b) in [(Some(g), d), (Some(g), s), (d, None), (s, None)] {
                stamps.conductance(a, b, random.log_uniform(1e-5, 1e-3));
            }
        }
    };
    for gate in 0..gates {
        let inputs = [0, 1].map(|_| {
            let reach = 1 + random.below(60);
            let source = match random.below(8) {
                0 => gate + reach,
                _ => gate.wrapping_sub(reach),
            };
            // The first gates and the last are driven from the supply.
            if source < gates { output(source) } else { supply }
        });
        let out = Some(output(gate));
        transistor(&mut random, out, inputs[0], Some(supply));
        transistor(&mut random, out, inputs[1], Some(supply));
        transistor(&mut random, out, inputs[0], inner(gate));
        transistor(&mut random, inner(gate), inputs[1], None);
    }
    stamps.finish()
}

/// The SplitMix64 generator (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A generator that repeats for equal seeds.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform among 0..`bound`; 0 for an empty range.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.uniform() * bound as f64) as usize
    }

    /// Between two positive limits, uniform in the logarithm.
    pub fn log_uniform(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.uniform())
    }
}
