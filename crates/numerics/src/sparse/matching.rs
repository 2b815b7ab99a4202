//! Maximum matching of rows to columns, and what it says about singular patterns.
//!
//! A pattern can be solved for some values exactly if every column can be given a row of its own.
//! Diagonal entries are taken first, because the pivots of a circuit matrix are best sought there;
//! the rest is found by augmenting paths (Duff, ACM TOMS 7, 1981, algorithm 575).
//!
//! If columns stay alone, the alternating paths that start at them reach exactly the unknowns that
//! the equations cannot determine, and those from the lonely rows the equations that are too many
//! (Dulmage and Mendelsohn, Can. J. Math. 10, 1958).

use super::Pattern;
use super::solver::{Involved, Singular, Singularity};

pub(super) const NONE: u32 = u32::MAX;

/// A maximum matching.
#[derive(Debug)]
pub(super) struct Matching {
    /// The row of each column, or `NONE`; length n.
    pub(super) row_of: Vec<u32>,
    /// The column of each row, or `NONE`; length n.
    pub(super) column_of: Vec<u32>,
    /// Number of pairs: the structural rank.
    pub(super) rank: usize,
}

/// Finds a maximum matching in O(n · nnz) at worst, near O(nnz) for circuits.
pub(super) fn maximum_matching(pattern: &Pattern) -> Matching {
    let n = pattern.n();
    let mut matching = Matching { row_of: vec![NONE; n], column_of: vec![NONE; n], rank: 0 };
    for column in 0..n {
        if pattern.slot(column, column).is_some() {
            matching.pair(column, column);
        }
    }
    let mut search = Search {
        visited: vec![NONE; n],
        lookahead: vec![0; n],
        next: vec![0; n],
        path: Vec::new(),
    };
    for column in 0..n {
        if matching.row_of[column] == NONE {
            search.augment(pattern, &mut matching, column);
        }
    }
    matching
}

impl Matching {
    fn pair(&mut self, row: usize, column: usize) {
        self.row_of[column] = row as u32;
        self.column_of[row] = column as u32;
        self.rank += 1;
    }
}

struct Search {
    /// The start column of the last search that saw each column.
    visited: Vec<u32>,
    /// How far each column was scanned for free rows; rows never become free again.
    lookahead: Vec<u32>,
    /// Where the depth-first scan of each column on the path continues.
    next: Vec<u32>,
    path: Vec<u32>,
}

impl Search {
    /// Looks for an alternating path from `start` to a free row and flips it.
    fn augment(&mut self, pattern: &Pattern, matching: &mut Matching, start: usize) {
        self.path.clear();
        self.enter(start, start);
        while let Some(&top) = self.path.last() {
            let column = top as usize;
            if let Some(row) = self.free_row(pattern, matching, column) {
                self.flip(matching, row);
                return;
            }
            let rows = pattern.column(column);
            let mut descended = false;
            while (self.next[column] as usize) < rows.len() {
                let row = rows[self.next[column] as usize] as usize;
                self.next[column] += 1;
                let through = matching.column_of[row] as usize;
                if self.visited[through] != start as u32 {
                    self.enter(start, through);
                    descended = true;
                    break;
                }
            }
            if !descended {
                self.path.pop();
            }
        }
    }

    fn enter(&mut self, start: usize, column: usize) {
        self.visited[column] = start as u32;
        self.next[column] = 0;
        self.path.push(column as u32);
    }

    fn free_row(&mut self, pattern: &Pattern, matching: &Matching, column: usize) -> Option<usize> {
        let rows = pattern.column(column);
        while (self.lookahead[column] as usize) < rows.len() {
            let row = rows[self.lookahead[column] as usize] as usize;
            self.lookahead[column] += 1;
            if matching.column_of[row] == NONE {
                return Some(row);
            }
        }
        None
    }

    /// Gives `free` to the last column of the path and passes each column's old row to the one
    /// before it.
    fn flip(&mut self, matching: &mut Matching, free: usize) {
        let mut row = free as u32;
        while let Some(column) = self.path.pop() {
            let previous = std::mem::replace(&mut matching.row_of[column as usize], row);
            matching.column_of[row as usize] = column;
            row = previous;
        }
        matching.rank += 1;
    }
}

/// The rows and columns to blame for a matching that is not perfect.
pub(super) fn structural_singularity(pattern: &Pattern, matching: &Matching) -> Singular {
    let lonely = |partner: &[u32]| -> Vec<usize> {
        (0..partner.len()).filter(|&index| partner[index] == NONE).collect()
    };
    let (by_row, _) = pattern.transposed();
    let columns = alternating_reach(pattern, &matching.column_of, lonely(&matching.row_of));
    let rows = alternating_reach(&by_row, &matching.row_of, lonely(&matching.column_of));
    let equal_weights =
        |set: Vec<usize>| set.into_iter().map(|index| Involved { index, weight: 1.0 }).collect();
    Singular {
        kind: Singularity::Structural,
        deficiency: pattern.n() - matching.rank,
        rows: equal_weights(rows),
        columns: equal_weights(columns),
    }
}

/// Columns of `pattern` reached from `start` by stepping to a row of the column and on to the
/// partner of that row; ascending.
fn alternating_reach(pattern: &Pattern, partner: &[u32], start: Vec<usize>) -> Vec<usize> {
    let mut reached = vec![false; pattern.n()];
    for &column in &start {
        reached[column] = true;
    }
    let mut stack = start;
    while let Some(column) = stack.pop() {
        for &row in pattern.column(column) {
            let next = partner[row as usize];
            if next != NONE && !reached[next as usize] {
                reached[next as usize] = true;
                stack.push(next as usize);
            }
        }
    }
    (0..pattern.n()).filter(|&column| reached[column]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indices(involved: &[Involved]) -> Vec<usize> {
        involved.iter().map(|entry| entry.index).collect()
    }

    #[test]
    fn diagonal_is_kept_where_it_exists() {
        let pattern = Pattern::new(3, [(0, 0), (1, 0), (1, 1), (2, 2), (0, 2)]).unwrap();
        let matching = maximum_matching(&pattern);
        assert_eq!(matching.row_of, [0, 1, 2]);
    }

    #[test]
    fn a_long_augmenting_path_is_found() {
        // Column j holds rows j and j + 1, but the diagonal of column 0 is missing: everything
        // must shift by one to make room.
        let n = 500;
        let entries =
            (0..n).filter(|&j| j > 0).map(|j| (j, j)).chain((0..n).map(|j| ((j + 1) % n, j)));
        let pattern = Pattern::new(n, entries).unwrap();
        let matching = maximum_matching(&pattern);
        assert_eq!(matching.rank, n);
        for column in 0..n {
            let row = matching.row_of[column] as usize;
            assert!(pattern.slot(row, column).is_some());
            assert_eq!(matching.column_of[row] as usize, column);
        }
    }

    #[test]
    fn two_parallel_sources_are_named() {
        // Unknowns: node a, currents of two ideal sources from a to ground.
        let pattern = Pattern::new(3, [(0, 1), (0, 2), (1, 0), (2, 0)]).unwrap();
        let matching = maximum_matching(&pattern);
        assert_eq!(matching.rank, 2);
        let singular = structural_singularity(&pattern, &matching);
        assert_eq!(singular.deficiency, 1);
        assert_eq!(indices(&singular.columns), [1, 2]);
        assert_eq!(indices(&singular.rows), [1, 2]);
    }

    #[test]
    fn an_unconnected_node_is_named_alone() {
        let pattern = Pattern::new(3, [(0, 0), (2, 2), (0, 2), (2, 0)]).unwrap();
        let singular = structural_singularity(&pattern, &maximum_matching(&pattern));
        assert_eq!(indices(&singular.columns), [1]);
        assert_eq!(indices(&singular.rows), [1]);
    }
}
