//! Rows and columns for the nodes of recognised lines.
//!
//! ```text
//! colour the chains: those that a cell joins are of different families
//! order each family: along a chain of the other family its members follow each other, or the other way round
//! a node with a cell stands where the two lines cross, one without a cell between its neighbours
//! ```
//!
//! A line need not reach every crossing: where it passes over one, its segment is cut into equal parts by nodes that carry no
//! other current, which changes nothing; beyond its ends there is nothing. A node that finds no place ends up in the
//! periphery if it lies beyond the crossings of its line; elsewhere there is no crossbar.

use super::links::{Graph, Link, Links, NONE};

/// A crossing that a line passes over without a node of the circuit.
pub(super) const PASSED: u32 = NONE - 1;

/// Which unknown stands where.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) rows: usize,
    pub(super) cols: usize,
    /// Unknown of the word line at each crossing, row by row; [`NONE`] where the line does not reach, [`PASSED`] where it
    /// passes.
    pub(super) word: Vec<u32>,
    pub(super) bit: Vec<u32>,
    /// Cells with unknowns of their own: the crossing, and the unknowns.
    pub(super) parts: Vec<(u32, Vec<u32>)>,
    /// All other unknowns.
    pub(super) periphery: Vec<u32>,
}

/// One family of lines while it is put in order.
struct Family {
    /// Chains in the order of their lines.
    chains: Vec<u32>,
    /// Place of each chain in that order, or [`NONE`] for chains of no line of this family.
    rank: Vec<u32>,
}

impl Family {
    /// Makes room for nodes of `others` that lie between two lines of this family and have no cell, as where a whole line's
    /// cells are open; returns the number of places.
    fn widen(&mut self, chains: &[Vec<u32>], others: &[u32], across: &[u32]) -> usize {
        let mut extra = vec![0; self.chains.len()];
        for &other in others {
            let (mut before, mut loose): (Option<u32>, u32) = (None, 0);
            for &node in &chains[other as usize] {
                let met = across[node as usize];
                if met == NONE {
                    loose += 1;
                    continue;
                }
                let here = self.rank[met as usize];
                if let Some(before) = before.filter(|before| *before < here) {
                    let room = here - before - 1;
                    let wanted = &mut extra[before as usize];
                    *wanted = loose.saturating_sub(room).max(*wanted);
                }
                (before, loose) = (Some(here), 0);
            }
        }
        let mut next = 0;
        for (&chain, extra) in self.chains.iter().zip(extra) {
            self.rank[chain as usize] = next;
            next += 1 + extra;
        }
        next as usize
    }
}

/// Arranges chains and cells as a crossbar, if they are one.
pub(super) fn layout(graph: &Graph<'_>, links: Links) -> Option<Layout> {
    let Links { mut chains, chain_of, links, parts } = links;
    // The chain that a node's cell leads to.
    let mut across = vec![NONE; graph.n()];
    for Link { nodes: [a, b], .. } in &links {
        across[*a as usize] = chain_of[*b as usize];
        across[*b as usize] = chain_of[*a as usize];
    }
    let families = colours(&chains, &across)?;
    let [words, bits] = &families;
    let bit = order(&mut chains, words, bits, &across)?;
    let word = order(&mut chains, bits, words, &across)?;
    let (mut word, mut bit) = (word, bit);
    let cols = bit.widen(&chains, words, &across);
    let rows = word.widen(&chains, bits, &across);
    let crossings = rows.checked_mul(cols)?;
    let nodes: usize = words.iter().chain(bits).map(|&chain| chains[chain as usize].len()).sum();
    // An array with this many gaps is better served by a general solver.
    if crossings > 2 * nodes || crossings >= PASSED as usize / 2 {
        return None;
    }
    let mut layout = Layout {
        rows,
        cols,
        word: vec![NONE; crossings],
        bit: vec![NONE; crossings],
        parts: Vec::new(),
        periphery: Vec::new(),
    };
    for &chain in &word.chains {
        let row = word.rank[chain as usize] as usize;
        let line = place(&chains[chain as usize], &across, &bit.rank, cols)?;
        for (col, node) in line.into_iter().enumerate() {
            layout.word[row * cols + col] = node;
        }
    }
    for &chain in &bit.chains {
        let col = bit.rank[chain as usize] as usize;
        let line = place(&chains[chain as usize], &across, &word.rank, rows)?;
        for (row, node) in line.into_iter().enumerate() {
            layout.bit[row * cols + col] = node;
        }
    }
    let mut taken = vec![false; graph.n()];
    let placed = layout.word.iter().chain(&layout.bit).filter(|&&node| node < PASSED);
    placed.for_each(|&node| taken[node as usize] = true);
    for Link { nodes: [a, b], part } in links {
        let (mut i, mut j) = (chain_of[a as usize] as usize, chain_of[b as usize] as usize);
        if word.rank[i] == NONE {
            (i, j) = (j, i);
        }
        if part == NONE || word.rank[i] == NONE {
            continue;
        }
        let members = parts[part as usize].clone();
        members.iter().for_each(|&member| taken[member as usize] = true);
        layout.parts.push((word.rank[i] * cols as u32 + bit.rank[j], members));
    }
    layout.periphery = (0..graph.n() as u32).filter(|&k| !taken[k as usize]).collect();
    (layout.periphery.len() <= graph.n() / 4 + 64).then_some(layout)
}

/// The two families of the chains that hang together with the longest one; chains without cells belong to neither.
fn colours(chains: &[Vec<u32>], across: &[u32]) -> Option<[Vec<u32>; 2]> {
    let longest = (0..chains.len()).max_by_key(|&k| (chains[k].len(), usize::MAX - k))?;
    let mut colour = vec![u8::MAX; chains.len()];
    colour[longest] = 0;
    let mut queue = vec![longest as u32];
    let mut at = 0;
    while at < queue.len() {
        let chain = queue[at] as usize;
        at += 1;
        for &node in &chains[chain] {
            let other = across[node as usize];
            if other == NONE {
                continue;
            }
            if colour[other as usize] == u8::MAX {
                colour[other as usize] = 1 - colour[chain];
                queue.push(other);
            } else if colour[other as usize] == colour[chain] {
                return None;
            }
        }
    }
    let family =
        |c: u8| (0..chains.len() as u32).filter(|&k| colour[k as usize] == c).collect::<Vec<u32>>();
    let families = [family(0), family(1)];
    families.iter().all(|family| !family.is_empty()).then_some(families)
}

/// The order of `family`, from the order in which `others` meet its members; turns `others` so that they agree with it.
fn order(
    chains: &mut [Vec<u32>],
    others: &[u32],
    family: &[u32],
    across: &[u32],
) -> Option<Family> {
    let met = |chain: &[u32]| {
        let met = chain.iter().map(|&node| across[node as usize]).filter(|&other| other != NONE);
        met.collect::<Vec<u32>>()
    };
    // Which way round a chain is found by those of its crossings that an earlier one has put in order.
    let mut provisional = vec![f64::NAN; chains.len()];
    let mut waiting: Vec<u32> = others.to_vec();
    waiting.sort_by_key(|&chain| (usize::MAX - met(&chains[chain as usize]).len(), chain));
    let mut turned: Vec<u32> = Vec::new();
    let mut first = true;
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut left = Vec::new();
        for &chain in &waiting {
            let sequence = met(&chains[chain as usize]);
            let known: Vec<f64> = sequence.iter().map(|&k| provisional[k as usize]).collect();
            let slope = slope(&known);
            if sequence.len() > 1 && !first && slope == 0.0 {
                left.push(chain);
                continue;
            }
            let sequence: Vec<u32> = if slope < 0.0 {
                chains[chain as usize].reverse();
                sequence.into_iter().rev().collect()
            } else {
                sequence
            };
            extend(&mut provisional, &sequence);
            first = false;
            turned.push(chain);
        }
        if left.len() == before {
            return None;
        }
        waiting = left;
    }
    let sequences = turned.iter().map(|&chain| met(&chains[chain as usize]));
    let chains = sorted(sequences, family, chains.len())?;
    let mut rank = vec![NONE; provisional.len()];
    for (place, &chain) in chains.iter().enumerate() {
        rank[chain as usize] = place as u32;
    }
    Some(Family { chains, rank })
}

/// Whether known values rise or fall along a line; zero where two are not known.
fn slope(known: &[f64]) -> f64 {
    let mut known = known.iter().filter(|value| !value.is_nan());
    let first = known.next();
    match (first, known.next_back()) {
        (Some(first), Some(last)) => last - first,
        _ => 0.0,
    }
}

/// Gives members of a line that have no provisional place yet one between or beyond their neighbours.
fn extend(provisional: &mut [f64], sequence: &[u32]) {
    let mut last: Option<f64> = None;
    for (k, &member) in sequence.iter().enumerate() {
        let here = provisional[member as usize];
        if here.is_nan() {
            let rest = sequence[k + 1..].iter().map(|&other| provisional[other as usize]);
            let next = rest.take(64).find(|value| !value.is_nan());
            provisional[member as usize] = match (last, next) {
                (Some(last), Some(next)) => 0.5 * (last + next),
                (Some(last), None) => last + 1.0,
                (None, Some(next)) => next - 1.0,
                (None, None) => 0.0,
            };
        }
        last = Some(provisional[member as usize]);
    }
}

/// The members of a family in an order that all sequences agree with (Kahn's algorithm; of several the first).
fn sorted(
    sequences: impl Iterator<Item = Vec<u32>>,
    family: &[u32],
    count: usize,
) -> Option<Vec<u32>> {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for sequence in sequences {
        pairs.extend(sequence.windows(2).map(|pair| (pair[0], pair[1])));
        // Most lines say the same, so that this keeps the list short.
        if pairs.len() > 1 << 20 {
            pairs.sort_unstable();
            pairs.dedup();
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut before = vec![0_u32; count];
    pairs.iter().for_each(|&(_, b)| before[b as usize] += 1);
    let mut ready: std::collections::BinaryHeap<std::cmp::Reverse<u32>> = (family.iter())
        .filter(|&&member| before[member as usize] == 0)
        .map(|&member| std::cmp::Reverse(member))
        .collect();
    let mut order = Vec::with_capacity(family.len());
    while let Some(std::cmp::Reverse(member)) = ready.pop() {
        order.push(member);
        let start = pairs.partition_point(|&(a, _)| a < member);
        for &(_, b) in pairs[start..].iter().take_while(|&&(a, _)| a == member) {
            before[b as usize] -= 1;
            if before[b as usize] == 0 {
                ready.push(std::cmp::Reverse(b));
            }
        }
    }
    (order.len() == family.len()).then_some(order)
}

/// The nodes of a line at each of `length` crossings.
fn place(chain: &[u32], across: &[u32], rank: &[u32], length: usize) -> Option<Vec<u32>> {
    let mut line = vec![NONE; length];
    let at = |node: u32| match across[node as usize] {
        NONE => None,
        other => Some(rank[other as usize] as usize),
    };
    let first = chain.iter().position(|&node| at(node).is_some())?;
    let start = at(chain[first])?;
    // Nodes before the first crossing with a cell stand before it while there is room.
    for k in 1..=first.min(start) {
        line[start - k] = chain[first - k];
    }
    let (mut previous, mut loose) = (start, 0);
    line[start] = chain[first];
    for (k, &node) in chain.iter().enumerate().skip(first + 1) {
        let Some(here) = at(node) else {
            loose += 1;
            continue;
        };
        if here <= previous + loose {
            return None;
        }
        // Those without a cell follow the one before; what is left of the way has no node.
        for (step, &between) in chain[k - loose..k].iter().enumerate() {
            line[previous + 1 + step] = between;
        }
        line[previous + loose + 1..here].fill(PASSED);
        line[here] = node;
        (previous, loose) = (here, 0);
    }
    let behind = chain.len() - loose;
    for (step, &node) in chain[behind..].iter().take(length - 1 - previous).enumerate() {
        line[previous + 1 + step] = node;
    }
    Some(line)
}
