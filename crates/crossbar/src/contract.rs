//! Direct solution of any linear array: nodes that coincide are one, islands are pinned, the rest is factored.
//!
//! Voltages are refined with residuals that are computed from voltage differences, so that the result is as accurate as
//! the array's own condition allows, whatever the ratio of its conductances.

use crate::CrossbarError;
use crate::array::Direction;
use crate::balance::Balance;
use crate::bonds::{Bonds, Island, Sets, crossing};
use crate::direct::{Cut, Factors, Symmetric, dissection};
use crate::port::PortEnd;

/// A line's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Source {
    direction: Direction,
    line: usize,
    end: usize,
}

impl Source {
    fn name(self) -> String {
        format!("{} line {}", self.direction, self.line + 1)
    }
}

/// What determines the voltage of a group of coinciding nodes.
#[derive(Clone, Copy, Debug)]
enum Held {
    /// The unknown of this number.
    Free(u32),
    /// A source without resistance.
    Fixed(Source),
    /// It belongs to an island and is zero by choice.
    Pinned,
}

/// A bond with a finite conductance, between groups.
#[derive(Clone, Copy, Debug)]
struct Bond {
    a: u32,
    b: u32,
    g: f64,
}

/// A factored array.
pub(crate) struct Contracted {
    rows: usize,
    cols: usize,
    /// Group of each node, word nodes first.
    groups: Vec<u32>,
    held: Vec<Held>,
    bonds: Vec<Bond>,
    /// Connected ends, the group they lead to, and their conductance (infinite for a fixed group).
    ends: Vec<(Source, u32, f64)>,
    factors: Option<Factors>,
    free: usize,
    /// Groups at the ends of lines in the order of their elimination, if they come last.
    ports: Vec<u32>,
}

/// Voltages and currents of one input.
pub(crate) struct Contraction {
    /// Voltage of each node, word nodes first, row by row.
    pub(crate) volts: Vec<f64>,
    /// Current into the array from the first and the last end of each line.
    pub(crate) word: Vec<[f64; 2]>,
    pub(crate) bit: Vec<[f64; 2]>,
    pub(crate) refinements: usize,
    /// Norm of the last correction relative to the voltages.
    pub(crate) error: f64,
    /// Norm of the residual relative to that of the right-hand side.
    pub(crate) residual: f64,
    pub(crate) balance: Balance,
}

impl Contracted {
    /// Factors an array.
    ///
    /// # Errors
    /// [`CrossbarError::TooLarge`] and [`CrossbarError::NotPositiveDefinite`].
    pub(crate) fn new(array: &impl Bonds, islands: &[Island]) -> Result<Contracted, CrossbarError> {
        Contracted::build(array, islands, false)
    }

    /// Factors an array with the nodes at the ends of lines last.
    ///
    /// # Errors
    /// See [`Contracted::new`].
    pub(crate) fn with_ports(
        array: &impl Bonds,
        islands: &[Island],
    ) -> Result<Contracted, CrossbarError> {
        Contracted::build(array, islands, true)
    }

    fn build(
        array: &impl Bonds,
        islands: &[Island],
        ports_last: bool,
    ) -> Result<Contracted, CrossbarError> {
        let (rows, cols) = (array.rows(), array.cols());
        let layer = rows * cols;
        let node = |direction, row: usize, col: usize| {
            row * cols + col + if direction == Direction::Bit { layer } else { 0 }
        };
        let (groups, bonds) = contract(array, node);
        let count = groups.iter().max().map_or(0, |last| *last as usize + 1);
        let mut held: Vec<Option<Held>> = vec![None; count];
        let mut ends = Vec::new();
        for direction in [Direction::Word, Direction::Bit] {
            let (lines, length) = array.lines(direction);
            for line in 0..lines {
                for end in 0..2 {
                    let g = array.end(direction, line, end);
                    if g == 0.0 {
                        continue;
                    }
                    let (row, col) = crossing(direction, line, end * (length - 1));
                    let group = groups[node(direction, row, col)];
                    let source = Source { direction, line, end };
                    if g.is_infinite() && held[group as usize].is_none() {
                        held[group as usize] = Some(Held::Fixed(source));
                    }
                    ends.push((source, group, g));
                }
            }
        }
        for island in islands {
            let group = groups[node(island.direction, island.row, island.col)];
            held[group as usize] = Some(Held::Pinned);
        }
        // Unknowns are numbered by nodes, which come row by row; the last node of a group in the order of elimination
        // decides when the group is eliminated.
        let mut last = vec![0_u32; count];
        for (place, node) in dissection(rows, cols, Cut::OneLayer).into_iter().enumerate() {
            last[groups[node as usize] as usize] = place as u32;
        }
        let mut free = 0;
        let held: Vec<Held> = held
            .into_iter()
            .map(|state| {
                state.unwrap_or_else(|| {
                    free += 1;
                    Held::Free(free - 1)
                })
            })
            .collect();
        let mut is_port = vec![false; count];
        if ports_last {
            ends.iter().for_each(|(_, group, _)| is_port[*group as usize] = true);
        }
        // Ports after everything else, each part in the order of dissection.
        let mut order: Vec<(bool, u32, u32, u32)> = held
            .iter()
            .enumerate()
            .filter_map(|(group, state)| match state {
                Held::Free(unknown) => Some((is_port[group], last[group], *unknown, group as u32)),
                _ => None,
            })
            .collect();
        order.sort_unstable();
        let ports = order.iter().filter(|(port, ..)| *port).map(|(.., group)| *group).collect();
        let order: Vec<u32> = order.into_iter().map(|(_, _, unknown, _)| unknown).collect();
        let mut this = Contracted {
            rows,
            cols,
            groups,
            held,
            bonds,
            ends,
            factors: None,
            free: free as usize,
            ports,
        };
        if free > 0 {
            let matrix = this.matrix();
            this.factors = Some(match ports_last {
                true => Factors::with_root(&matrix, &order)?,
                false => Factors::new(&matrix, &order)?,
            });
        }
        Ok(this)
    }

    /// Unknowns that were solved for.
    pub(crate) fn unknowns(&self) -> usize {
        self.free
    }

    /// The ends of lines with the number of their port, and the number of ports; nothing where an end has no
    /// resistance.
    pub(crate) fn ports(&self) -> Option<(Vec<PortEnd>, usize)> {
        let mut numbers = vec![usize::MAX; self.held.len()];
        for (number, group) in self.ports.iter().enumerate() {
            numbers[*group as usize] = number;
        }
        let mut ends = Vec::with_capacity(self.ends.len());
        for (source, group, g) in &self.ends {
            let port = numbers[*group as usize];
            if port == usize::MAX {
                return None;
            }
            let is_word = source.direction == Direction::Word;
            ends.push(PortEnd { is_word, line: source.line, port, g: *g });
        }
        Some((ends, self.ports.len()))
    }

    /// The factor of the ports' dense system, column by column.
    pub(crate) fn root(&self, count: usize) -> Option<Vec<f64>> {
        self.factors.as_ref()?.root(count)
    }

    /// Entries of the factor.
    pub(crate) fn factor_nnz(&self) -> usize {
        self.factors.as_ref().map_or(0, Factors::nnz)
    }

    fn matrix(&self) -> Symmetric {
        let mut matrix = Symmetric::zeros(self.free);
        for bond in &self.bonds {
            match (self.held[bond.a as usize], self.held[bond.b as usize]) {
                (Held::Free(a), Held::Free(b)) => matrix.connect(a as usize, b as usize, bond.g),
                (Held::Free(a), _) | (_, Held::Free(a)) => matrix.diagonal[a as usize] += bond.g,
                _ => {}
            }
        }
        for (_, group, g) in &self.ends {
            if let Held::Free(a) = self.held[*group as usize] {
                matrix.diagonal[a as usize] += g;
            }
        }
        matrix
    }

    /// Solves for the voltages of all sources.
    ///
    /// # Errors
    /// [`CrossbarError::ShortedSources`].
    pub(crate) fn solve(
        &self,
        word_volts: &[f64],
        bit_volts: &[f64],
    ) -> Result<Contraction, CrossbarError> {
        let volts_of = |source: Source| match source.direction {
            Direction::Word => word_volts[source.line],
            Direction::Bit => bit_volts[source.line],
        };
        let mut volts = vec![0.0; self.held.len()];
        for (state, volts) in self.held.iter().zip(&mut volts) {
            if let Held::Fixed(source) = state {
                *volts = volts_of(*source);
            }
        }
        for (source, group, g) in &self.ends {
            if let Held::Fixed(first) = self.held[*group as usize]
                && g.is_infinite()
                && volts_of(*source) != volts_of(first)
            {
                let (first, second) = (first.name(), source.name());
                return Err(CrossbarError::ShortedSources { first, second });
            }
        }
        let norm = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>().sqrt();
        let (mut refinements, mut error) = (0, 0.0);
        let (mut r, mut totals) = self.residual(&volts, volts_of);
        let start = norm(&self.restrict(&r));
        let mut last = f64::INFINITY;
        // One solution and up to three corrections; they end when rounding is all that changes.
        while let Some(factors) = &self.factors
            && start > 0.0
            && refinements < 4
        {
            let mut correction = self.restrict(&r);
            factors.solve(&mut correction);
            let size = norm(&correction);
            if refinements > 0 && size > 0.5 * last {
                break;
            }
            for (state, volts) in self.held.iter().zip(&mut volts) {
                if let Held::Free(unknown) = state {
                    *volts += correction[*unknown as usize];
                }
            }
            (r, totals) = self.residual(&volts, volts_of);
            (last, error) = (size, size / norm(&volts).max(f64::MIN_POSITIVE));
            refinements += 1;
        }
        let mut balance = Balance::default();
        for (group, state) in self.held.iter().enumerate() {
            if matches!(state, Held::Free(_)) {
                balance.add(r[group], totals[group][0], totals[group][1]);
            }
        }
        let residual = if start > 0.0 { norm(&self.restrict(&r)) / start } else { 0.0 };
        let [word, bit] = self.end_currents(&volts, &r, volts_of);
        let volts = self.groups.iter().map(|group| volts[*group as usize]).collect();
        Ok(Contraction { volts, word, bit, refinements, error, residual, balance })
    }

    fn restrict(&self, r: &[f64]) -> Vec<f64> {
        let free = self.held.iter().zip(r).filter(|(state, _)| matches!(state, Held::Free(_)));
        free.map(|(_, value)| *value).collect()
    }

    /// Current that is missing at each group; sums of absolute currents, and of conductance times voltage.
    fn residual(
        &self,
        volts: &[f64],
        volts_of: impl Fn(Source) -> f64,
    ) -> (Vec<f64>, Vec<[f64; 2]>) {
        let mut r = vec![0.0; volts.len()];
        let mut totals = vec![[0.0; 2]; volts.len()];
        for Bond { a, b, g } in &self.bonds {
            let (a, b) = (*a as usize, *b as usize);
            let current = g * (volts[a] - volts[b]);
            let rounding = g * (volts[a].abs() + volts[b].abs());
            r[a] -= current;
            r[b] += current;
            for node in [a, b] {
                totals[node][0] += current.abs();
                totals[node][1] += rounding;
            }
        }
        for (source, group, g) in &self.ends {
            let group = *group as usize;
            if g.is_finite() {
                let current = g * (volts_of(*source) - volts[group]);
                r[group] += current;
                totals[group][0] += current.abs();
                totals[group][1] += g * (volts_of(*source).abs() + volts[group].abs());
            }
        }
        (r, totals)
    }

    /// Currents from the ends; a source without resistance delivers what its group lacks.
    fn end_currents(
        &self,
        volts: &[f64],
        r: &[f64],
        volts_of: impl Fn(Source) -> f64,
    ) -> [Vec<[f64; 2]>; 2] {
        let mut currents = [vec![[0.0; 2]; self.rows], vec![[0.0; 2]; self.cols]];
        for (source, group, g) in &self.ends {
            let group = *group as usize;
            let current = match self.held[group] {
                _ if g.is_finite() => g * (volts_of(*source) - volts[group]),
                // Where several sources meet, what each delivers is not determined: the first takes all.
                Held::Fixed(first) if first == *source => -r[group],
                _ => 0.0,
            };
            let layer = usize::from(source.direction == Direction::Bit);
            currents[layer][source.line][source.end] = current;
        }
        currents
    }
}

/// Unites nodes that coincide; returns the group of each node and the bonds between different groups.
fn contract(
    array: &impl Bonds,
    node: impl Fn(Direction, usize, usize) -> usize,
) -> (Vec<u32>, Vec<Bond>) {
    let (rows, cols) = (array.rows(), array.cols());
    let mut bonds = Vec::new();
    let mut sets = Sets::new(2 * rows * cols);
    let mut bond = |a: usize, b: usize, g: f64| {
        if g.is_infinite() {
            sets.unite(a, b);
        } else if g > 0.0 {
            bonds.push(Bond { a: a as u32, b: b as u32, g });
        }
    };
    for row in 0..rows {
        for col in 0..cols {
            let (word, bit) = (node(Direction::Word, row, col), node(Direction::Bit, row, col));
            bond(word, bit, array.device(row, col));
            if col + 1 < cols {
                let next = node(Direction::Word, row, col + 1);
                bond(word, next, array.along(Direction::Word, row, col));
            }
            if row + 1 < rows {
                let next = node(Direction::Bit, row + 1, col);
                bond(bit, next, array.along(Direction::Bit, row, col));
            }
        }
    }
    let mut count = 0;
    let mut groups = vec![u32::MAX; 2 * rows * cols];
    for node in 0..groups.len() {
        // The root is the smallest node of its group and has been named before the others.
        let root = sets.root(node);
        if root == node {
            groups[node] = count;
            count += 1;
        } else {
            groups[node] = groups[root];
        }
    }
    for bond in &mut bonds {
        bond.a = groups[bond.a as usize];
        bond.b = groups[bond.b as usize];
    }
    bonds.retain(|bond| bond.a != bond.b);
    (groups, bonds)
}
