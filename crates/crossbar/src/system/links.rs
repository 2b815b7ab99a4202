//! Which unknowns of a circuit are nodes of lines, and which of these a cell joins.
//!
//! ```text
//! coupled pairs of node voltages, by conductance
//! strong  those above a gap in the conductances: segments of lines
//! chains  paths of strong pairs; a node with three keeps two of them (the third is a cell that is shorted)
//! cells   weak pairs between chains, and small parts of the circuit that touch two chains and nothing else
//! rest    everything else: drivers, sources, amplifiers – the periphery
//! ```
//!
//! The gap is looked for, not assumed: each of the largest ones is tried until one makes a crossbar.

use ovonic_numerics::sparse::Pattern;

/// Largest number of unknowns of a part that counts as a cell.
const CELL: usize = 8;
/// A node with more neighbours is no node of a line but a rail.
const DEGREE: usize = 6;
/// Gaps that are tried.
const GAPS: usize = 6;
/// Two neighbouring conductances with a smaller ratio are no gap.
const RATIO: f64 = 1.25;

/// No unknown, or no part.
pub(super) const NONE: u32 = u32::MAX;

/// What recognition sees of a circuit.
pub(super) struct Graph<'a> {
    pub(super) pattern: &'a Pattern,
    /// Which unknowns are voltages of nodes whose rows balance currents.
    pub(super) is_node: &'a [bool],
    /// Neighbours of each unknown, both ways, ascending.
    starts: Vec<usize>,
    neighbours: Vec<u32>,
    /// The larger of the two entries of each neighbour.
    strengths: Vec<f64>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(pattern: &'a Pattern, values: &'a [f64], is_node: &'a [bool]) -> Graph<'a> {
        let n = pattern.n();
        let mut starts = vec![0; n + 1];
        let pairs = || pattern.entries().enumerate().filter(|(_, (row, column))| row != column);
        let mirrored = |row, column| pattern.slot(column, row).is_some();
        for (_, (row, column)) in pairs() {
            starts[column + 1] += 1;
            starts[row + 1] += usize::from(!mirrored(row, column));
        }
        for k in 0..n {
            starts[k + 1] += starts[k];
        }
        let mut next = starts.clone();
        let mut neighbours = vec![0; starts[n]];
        let mut strengths = vec![0.0; starts[n]];
        for (slot, (row, column)) in pairs() {
            let back = pattern.slot(column, row);
            let strength = values[slot].abs().max(back.map_or(0.0, |slot| values[slot].abs()));
            let ways = [(column, row), (row, column)];
            for (at, other) in ways.into_iter().take(if back.is_some() { 1 } else { 2 }) {
                neighbours[next[at]] = other as u32;
                strengths[next[at]] = strength;
                next[at] += 1;
            }
        }
        Graph { pattern, is_node, starts, neighbours, strengths }
    }

    pub(super) fn n(&self) -> usize {
        self.pattern.n()
    }

    /// Neighbours of an unknown with the size of the coupling.
    pub(super) fn around(&self, k: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[k]..self.starts[k + 1];
        let pairs = self.neighbours[range.clone()].iter().zip(&self.strengths[range]);
        pairs.map(|(&other, &strength)| (other as usize, strength))
    }

    fn degree(&self, k: usize) -> usize {
        self.starts[k + 1] - self.starts[k]
    }

    /// Unknowns that may be nodes of lines: voltages that no ideal branch fixes and that few others touch.
    fn candidates(&self) -> Vec<bool> {
        let has_diagonal = |k: usize| self.pattern.slot(k, k).is_some();
        let may_be = |k: usize| {
            self.is_node[k]
                && has_diagonal(k)
                && self.degree(k) <= DEGREE
                && self.around(k).all(|(other, _)| has_diagonal(other))
        };
        (0..self.n()).map(may_be).collect()
    }
}

/// A cell: two nodes of lines, and the part of the circuit between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) nodes: [u32; 2],
    /// Position among [`Links::parts`], or [`NONE`] where only an entry of the matrix couples the two.
    pub(super) part: u32,
}

/// Chains and the cells between them.
#[derive(Debug)]
pub(super) struct Links {
    /// Nodes of each chain, from one end to the other.
    pub(super) chains: Vec<Vec<u32>>,
    /// Chain of each unknown, or [`NONE`].
    pub(super) chain_of: Vec<u32>,
    pub(super) links: Vec<Link>,
    /// Unknowns inside of cells, part by part.
    pub(super) parts: Vec<Vec<u32>>,
}

/// Conductances between which a gap separates segments from cells, the widest gap first; zero last.
pub(super) fn thresholds(graph: &Graph<'_>) -> Vec<f64> {
    let candidates = graph.candidates();
    let mut sizes: Vec<f64> = Vec::new();
    for k in (0..graph.n()).filter(|&k| candidates[k]) {
        let pairs = graph.around(k).filter(|&(other, g)| other > k && candidates[other] && g > 0.0);
        sizes.extend(pairs.map(|(_, g)| g));
    }
    sizes.sort_unstable_by(f64::total_cmp);
    let gaps = sizes.windows(2).map(|pair| (pair[1] / pair[0], (pair[0] * pair[1]).sqrt()));
    let mut gaps: Vec<(f64, f64)> = gaps.filter(|(ratio, _)| *ratio > RATIO).collect();
    gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
    gaps.truncate(GAPS);
    gaps.into_iter().map(|(_, middle)| middle).chain([0.0]).collect()
}

/// Chains and cells, if segments conduct more than `threshold` and cells less.
pub(super) fn links(graph: &Graph<'_>, threshold: f64) -> Option<Links> {
    let candidates = graph.candidates();
    let ties = ties(graph, &candidates, threshold)?;
    let chains = chains(&ties)?;
    let mut chain_of = vec![NONE; graph.n()];
    for (index, chain) in chains.iter().enumerate() {
        for &node in chain {
            chain_of[node as usize] = index as u32;
        }
    }
    let (links, parts) = cells(graph, &candidates, &chain_of)?;
    Some(Links { chains, chain_of, links, parts })
}

/// The two strong neighbours of each node of a chain.
fn ties(graph: &Graph<'_>, candidates: &[bool], threshold: f64) -> Option<Vec<[u32; 2]>> {
    let n = graph.n();
    let mut ties = vec![[NONE; 2]; n];
    let (mut members, mut crowded) = (0_usize, 0_usize);
    for k in (0..n).filter(|&k| candidates[k]) {
        let strong = graph.around(k).filter(|&(other, g)| candidates[other] && g > threshold);
        let mut strong: Vec<(usize, f64)> = strong.collect();
        members += usize::from(!strong.is_empty());
        if strong.len() > 2 {
            // A via may conduct as well as a segment, but the node behind it leads to a cell and to nothing else.
            let behind_via = |other: usize| {
                let weak = |(far, g): (usize, f64)| far != k && g <= threshold;
                graph.degree(other) == 2 && graph.around(other).any(weak)
            };
            crowded += usize::from(strong.iter().filter(|s| !behind_via(s.0)).count() > 2);
            strong.sort_by(|a, b| {
                let order = behind_via(a.0).cmp(&behind_via(b.0));
                order.then(b.1.total_cmp(&a.1)).then(a.0.cmp(&b.0))
            });
        }
        for (tie, (other, _)) in ties[k].iter_mut().zip(strong) {
            *tie = other as u32;
        }
    }
    if members < 2 || crowded * 20 > members {
        return None;
    }
    // A pair counts where both ends have kept it.
    let mutual = |k: usize, other: u32| other != NONE && ties[other as usize].contains(&(k as u32));
    let kept = (0..n).map(|k| {
        let [a, b] = ties[k].map(|other| if mutual(k, other) { other } else { NONE });
        if a == NONE { [b, a] } else { [a, b] }
    });
    Some(kept.collect())
}

/// The paths that ties make; a ring is none.
fn chains(ties: &[[u32; 2]]) -> Option<Vec<Vec<u32>>> {
    let mut seen = vec![false; ties.len()];
    let mut chains = Vec::new();
    for start in 0..ties.len() {
        if seen[start] || ties[start][0] == NONE || ties[start][1] != NONE {
            continue;
        }
        let mut chain = vec![start as u32];
        seen[start] = true;
        let mut next = ties[start][0];
        while next != NONE {
            let (at, before) = (next as usize, chain[chain.len() - 1]);
            seen[at] = true;
            chain.push(next);
            next = if ties[at][0] == before { ties[at][1] } else { ties[at][0] };
        }
        chains.push(chain);
    }
    let ring = (0..ties.len()).any(|k| ties[k][0] != NONE && !seen[k]);
    (!ring && chains.len() > 1).then_some(chains)
}

/// Pairs of chains' nodes that an entry of the matrix couples, each node with one partner at most. Where a node has several, a
/// pair that is coupled both ways and strongly counts; a few others may remain, as of controlled sources.
fn direct_cells(graph: &Graph<'_>, chain_of: &[u32]) -> Option<(Vec<u32>, Vec<Link>)> {
    let n = graph.n();
    let both = |a: usize, b: usize| {
        graph.pattern.slot(a, b).is_some() && graph.pattern.slot(b, a).is_some()
    };
    let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
    for a in (0..n).filter(|&k| chain_of[k] != NONE) {
        let across = graph.around(a).filter(|&(b, _)| {
            b > a && chain_of[b] != NONE && chain_of[b] != chain_of[a] && both(a, b)
        });
        pairs.extend(across.map(|(b, g)| (a, b, g)));
    }
    pairs.sort_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
    let mut partner = vec![NONE; n];
    let mut links = Vec::with_capacity(pairs.len());
    for &(a, b, _) in &pairs {
        if partner[a] == NONE && partner[b] == NONE {
            (partner[a], partner[b]) = (b as u32, a as u32);
            links.push(Link { nodes: [a as u32, b as u32], part: NONE });
        }
    }
    let left = pairs.len() - links.len();
    (left * 20 <= pairs.len()).then_some((partner, links))
}

/// Cells between chains. A node of a line has at most one.
fn cells(
    graph: &Graph<'_>,
    candidates: &[bool],
    chain_of: &[u32],
) -> Option<(Vec<Link>, Vec<Vec<u32>>)> {
    let n = graph.n();
    let has_diagonal = |k: usize| graph.pattern.slot(k, k).is_some();
    let (mut partner, mut links) = direct_cells(graph, chain_of)?;
    let mut parts: Vec<Vec<u32>> = Vec::new();
    let mut seen = vec![false; n];
    for start in 0..n {
        if chain_of[start] != NONE || seen[start] || !has_diagonal(start) {
            continue;
        }
        // A part that turns out to be large is walked once and is then known to be periphery.
        let (mut part, mut touched, mut inner) = (vec![start as u32], Vec::new(), true);
        seen[start] = true;
        let mut at = 0;
        while at < part.len() {
            let k = part[at] as usize;
            inner &= candidates[k] || (!graph.is_node[k] && has_diagonal(k));
            for (other, _) in graph.around(k) {
                if chain_of[other] != NONE {
                    if !touched.contains(&(other as u32)) && touched.len() < 3 {
                        touched.push(other as u32);
                    }
                } else if !seen[other] {
                    seen[other] = true;
                    part.push(other as u32);
                }
            }
            at += 1;
        }
        let [a, b] = touched[..] else { continue };
        let (i, j) = (a as usize, b as usize);
        if !inner || part.len() > CELL || chain_of[i] == chain_of[j] {
            continue;
        }
        match (partner[i], partner[j]) {
            (NONE, NONE) => {
                (partner[i], partner[j]) = (b, a);
                links.push(Link { nodes: [a, b], part: parts.len() as u32 });
                parts.push(part);
            }
            // Beside an entry of the matrix between the same two; the position of its link is not known, and a second
            // link of the same pair says the same.
            (p, q) if p == b && q == a => {
                links.push(Link { nodes: [a, b], part: parts.len() as u32 });
                parts.push(part);
            }
            _ => {}
        }
    }
    Some((links, parts))
}
