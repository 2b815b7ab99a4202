//! Block triangular form: the strongly connected parts of a matched pattern.
//!
//! With rows permuted so that the matching lies on the diagonal, columns that depend on each other
//! form irreducible blocks. Tarjan's algorithm (SIAM J. Comput. 1, 1972) yields each part after all
//! parts it leads to, which is just the order that puts every entry on or above the block diagonal.
//! Rows of ideal sources become 1 × 1 blocks that cost nothing; without this step they multiply
//! the fill.

use super::Pattern;
use super::matching::{Matching, NONE};

/// Columns in block order and where each block starts.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Original columns, block by block; length n.
    pub(super) columns: Vec<u32>,
    /// Length blocks + 1.
    pub(super) starts: Vec<usize>,
}

/// Finds the irreducible blocks of a perfectly matched pattern.
pub(super) fn block_triangular_form(pattern: &Pattern, matching: &Matching) -> Blocks {
    let n = pattern.n();
    let mut walk = Walk {
        pattern,
        matching,
        index: vec![NONE; n],
        low: vec![0; n],
        next: vec![0; n],
        open: Vec::new(),
        path: Vec::new(),
        counter: 0,
        blocks: Blocks { columns: Vec::with_capacity(n), starts: vec![0] },
        closed: vec![false; n],
    };
    for root in 0..n {
        if walk.index[root] == NONE {
            walk.run(root);
        }
    }
    walk.blocks
}

struct Walk<'a> {
    pattern: &'a Pattern,
    matching: &'a Matching,
    index: Vec<u32>,
    low: Vec<u32>,
    next: Vec<u32>,
    /// Columns seen whose block is not yet complete.
    open: Vec<u32>,
    path: Vec<u32>,
    counter: u32,
    blocks: Blocks,
    closed: Vec<bool>,
}

impl Walk<'_> {
    fn run(&mut self, root: usize) {
        self.enter(root);
        while let Some(&top) = self.path.last() {
            let column = top as usize;
            let rows = self.pattern.column(column);
            if (self.next[column] as usize) < rows.len() {
                let row = rows[self.next[column] as usize] as usize;
                self.next[column] += 1;
                let target = self.matching.column_of[row] as usize;
                if self.index[target] == NONE {
                    self.enter(target);
                } else if !self.closed[target] {
                    self.low[column] = self.low[column].min(self.index[target]);
                }
            } else {
                self.leave(column);
            }
        }
    }

    fn enter(&mut self, column: usize) {
        self.index[column] = self.counter;
        self.low[column] = self.counter;
        self.counter += 1;
        self.open.push(column as u32);
        self.path.push(column as u32);
    }

    fn leave(&mut self, column: usize) {
        self.path.pop();
        if let Some(&parent) = self.path.last() {
            let parent = parent as usize;
            self.low[parent] = self.low[parent].min(self.low[column]);
        }
        if self.low[column] == self.index[column] {
            while let Some(member) = self.open.pop() {
                self.closed[member as usize] = true;
                self.blocks.columns.push(member);
                if member as usize == column {
                    break;
                }
            }
            self.blocks.starts.push(self.blocks.columns.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::matching::maximum_matching;
    use super::*;

    #[test]
    fn blocks_are_upper_triangular_and_irreducible() {
        // 0 ⇄ 1, 2 ⇄ 3 and 4 alone, with couplings between the parts.
        let entries = [
            (0, 0),
            (1, 0),
            (0, 1),
            (1, 1),
            (2, 2),
            (3, 2),
            (2, 3),
            (3, 3),
            (4, 4),
            (0, 2),
            (3, 4),
        ];
        let pattern = Pattern::new(5, entries).unwrap();
        let matching = maximum_matching(&pattern);
        let blocks = block_triangular_form(&pattern, &matching);
        assert_eq!(blocks.starts.len(), 4);
        let mut block_of = [0; 5];
        for block in 0..3 {
            for &column in &blocks.columns[blocks.starts[block]..blocks.starts[block + 1]] {
                block_of[column as usize] = block;
            }
        }
        for (row, column) in entries {
            let row_block = block_of[matching.column_of[row] as usize];
            assert!(row_block <= block_of[column]);
        }
        assert_eq!(block_of[0], block_of[1]);
        assert_eq!(block_of[2], block_of[3]);
    }
}
