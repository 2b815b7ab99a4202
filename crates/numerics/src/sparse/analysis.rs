//! What the pattern alone decides: block triangular form and the order of elimination.
//!
//! ```text
//! maximum matching            or: structurally singular, named by Dulmage–Mendelsohn sets
//! → block triangular form
//! → per block: orderings raced by predicted operations
//! ```

use super::blocks::block_triangular_form;
use super::matching::{maximum_matching, structural_singularity};
use super::ordering::{Graph, best_ordering};
use super::{Pattern, Singular};

/// A symmetric-looking arrangement of the matrix: position k has a column and its matched row.
#[derive(Debug)]
pub(super) struct Analysis {
    /// Original row at each position; length n.
    pub(super) rows: Vec<u32>,
    /// Original column at each position; length n.
    pub(super) columns: Vec<u32>,
    /// First position of each block, and n; entries lie on or above the block diagonal.
    pub(super) block_starts: Vec<usize>,
}

/// Arranges a pattern for elimination.
pub(super) fn analyze(pattern: &Pattern) -> Result<Analysis, Singular> {
    let n = pattern.n();
    let matching = maximum_matching(pattern);
    if matching.rank < n {
        return Err(structural_singularity(pattern, &matching));
    }
    let blocks = block_triangular_form(pattern, &matching);
    let mut position = vec![0_u32; n];
    for (k, &column) in blocks.columns.iter().enumerate() {
        position[column as usize] = k as u32;
    }
    let mut columns = Vec::with_capacity(n);
    for window in blocks.starts.windows(2) {
        let (start, end) = (window[0], window[1]);
        let members = &blocks.columns[start..end];
        if members.len() <= 2 {
            columns.extend_from_slice(members);
            continue;
        }
        let entries = members.iter().enumerate().flat_map(|(local, &column)| {
            let (matching, position) = (&matching, &position);
            pattern
                .column(column as usize)
                .iter()
                .map(move |&row| position[matching.column_of[row as usize] as usize])
                .filter(move |&k| k >= start as u32)
                .map(move |k| (k - start as u32, local as u32))
        });
        let graph = Graph::symmetrized(end - start, entries);
        let order = best_ordering(&graph);
        columns.extend(order.iter().map(|&local| members[local as usize]));
    }
    let rows = columns.iter().map(|&column| matching.row_of[column as usize]).collect();
    Ok(Analysis { rows, columns, block_starts: blocks.starts })
}
