//! Cells with unknowns of their own (a selector and a memory element in series, a diode and a resistor), eliminated before
//! the array is solved.
//!
//! With a cell's own unknowns `m` and the two nodes `t` that it joins, `A_tt −= A_tm·A_mm⁻¹·A_mt`, as clusters are condensed by
//! the circuit; these are the cells that the netlist wrote out.

use ovonic_numerics::small::{factor, substitute};
use ovonic_numerics::sparse::Pattern;

/// No entry.
const ABSENT: u32 = u32::MAX;

/// One cell.
#[derive(Debug)]
struct Part {
    crossing: u32,
    /// Its own unknowns, and the nodes of word line and bit line.
    members: Vec<u32>,
    nodes: [u32; 2],
    /// Where its block starts among the numbers.
    first: usize,
    /// Where its row swaps start.
    order: usize,
}

/// All cells with unknowns of their own.
#[derive(Debug)]
pub(super) struct Parts {
    parts: Vec<Part>,
    /// Slot of each number: `A_mm`, `A_mt` and `A_tm` of each cell, row by row.
    slots: Vec<u32>,
    /// Factors of `A_mm`, `A_mm⁻¹·A_mt`, and `A_tm`.
    values: Vec<f64>,
    order: Vec<u32>,
}

impl Parts {
    /// Cells given as `(crossing, own unknowns, nodes)`.
    pub(super) fn new(
        pattern: &Pattern,
        cells: impl Iterator<Item = (u32, Vec<u32>, [u32; 2])>,
    ) -> Parts {
        let mut all =
            Parts { parts: Vec::new(), slots: Vec::new(), values: Vec::new(), order: Vec::new() };
        for (crossing, members, nodes) in cells {
            let (first, order) = (all.slots.len(), all.order.len());
            let slot = |row: u32, column: u32| {
                pattern.slot(row as usize, column as usize).map_or(ABSENT, |slot| slot as u32)
            };
            let mut block = |rows: &[u32], columns: &[u32]| {
                let pairs = rows.iter().flat_map(|&row| columns.iter().map(move |&c| (row, c)));
                all.slots.extend(pairs.map(|(row, column)| slot(row, column)));
            };
            block(&members, &members);
            block(&members, &nodes);
            block(&nodes, &members);
            all.order.resize(order + members.len(), 0);
            all.parts.push(Part { crossing, members, nodes, first, order });
        }
        all.values = vec![0.0; all.slots.len()];
        all
    }

    /// Factors the cells and shows what each adds to the entries `[ww, wb, bw, bb]` of its crossing; false if one is
    /// singular.
    pub(super) fn update(&mut self, values: &[f64], mut show: impl FnMut(usize, [f64; 4])) -> bool {
        for (own, &slot) in self.values.iter_mut().zip(&self.slots) {
            *own = if slot == ABSENT { 0.0 } else { values[slot as usize] };
        }
        for part in &self.parts {
            let m = part.members.len();
            let block = &mut self.values[part.first..part.first + m * (m + 4)];
            let (mm, rest) = block.split_at_mut(m * m);
            let (mt, tm) = rest.split_at_mut(2 * m);
            let order = &mut self.order[part.order..part.order + m];
            if !factor(mm, m, order) {
                return false;
            }
            substitute(mm, m, order, mt, 2);
            let entry = |r: usize, c: usize| -> f64 {
                -(0..m).map(|k| tm[r * m + k] * mt[2 * k + c]).sum::<f64>()
            };
            show(part.crossing as usize, [entry(0, 0), entry(0, 1), entry(1, 0), entry(1, 1)]);
        }
        true
    }

    /// Eliminates the cells' unknowns from a right-hand side; afterwards it holds `A_mm⁻¹·r_m` in their places.
    pub(super) fn condense(&self, rhs: &mut [f64], own: &mut Vec<f64>) {
        for part in &self.parts {
            let m = part.members.len();
            let block = &self.values[part.first..part.first + m * (m + 4)];
            own.clear();
            own.extend(part.members.iter().map(|&k| rhs[k as usize]));
            substitute(&block[..m * m], m, &self.order[part.order..part.order + m], own, 1);
            let tm = &block[m * (m + 2)..];
            for (r, &node) in part.nodes.iter().enumerate() {
                let taken: f64 = (0..m).map(|k| tm[r * m + k] * own[k]).sum();
                rhs[node as usize] -= taken;
            }
            for (&member, &value) in part.members.iter().zip(&*own) {
                rhs[member as usize] = value;
            }
        }
    }

    /// Completes a solution with the cells' unknowns.
    pub(super) fn expand(&self, solution: &mut [f64]) {
        for part in &self.parts {
            let m = part.members.len();
            let mt = &self.values[part.first + m * m..part.first + m * (m + 2)];
            let nodes = part.nodes.map(|node| solution[node as usize]);
            for (k, &member) in part.members.iter().enumerate() {
                solution[member as usize] -= mt[2 * k] * nodes[0] + mt[2 * k + 1] * nodes[1];
            }
        }
    }
}
