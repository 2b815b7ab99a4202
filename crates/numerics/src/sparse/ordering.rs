//! Fill-reducing orderings of one irreducible block, chosen by predicted work.
//!
//! No ordering wins everywhere: approximate minimum degree is safe, approximate minimum fill is a
//! little better on most circuits, nested dissection several times better on large meshes. All are
//! cheap beside a factorisation, so each is tried and an exact symbolic count of operations
//! (elimination tree and column counts of the symmetrised pattern) decides. Time is never
//! measured: the choice must not depend on the machine.

use feral_ordering_core::CscPattern;

use super::matching::NONE;

/// Predicted operations from which nested dissection is worth trying.
const DISSECTION_FLOPS: f64 = 1e7;

/// Largest block whose given order is a candidate.
const NATURAL_ORDER_LIMIT: usize = 256;

/// The full symmetric pattern of a block without its diagonal, compressed by columns.
#[derive(Debug)]
pub(super) struct Graph {
    /// Length n + 1.
    pub(super) starts: Vec<i32>,
    /// Ascending neighbours of each vertex.
    pub(super) neighbours: Vec<i32>,
}

impl Graph {
    /// The graph of these (row, column) positions in 0..n, mirrored.
    pub(super) fn symmetrized(n: usize, entries: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut keys = Vec::new();
        for (row, column) in entries {
            if row != column {
                keys.push((u64::from(row) << 32) | u64::from(column));
                keys.push((u64::from(column) << 32) | u64::from(row));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let mut starts = vec![0; n + 1];
        let mut neighbours = Vec::with_capacity(keys.len());
        for key in keys {
            starts[(key >> 32) as usize + 1] += 1;
            neighbours.push(key as u32 as i32);
        }
        for vertex in 0..n {
            starts[vertex + 1] += starts[vertex];
        }
        Self { starts, neighbours }
    }

    fn n(&self) -> usize {
        self.starts.len() - 1
    }

    fn neighbours_of(&self, vertex: usize) -> &[i32] {
        &self.neighbours[self.starts[vertex] as usize..self.starts[vertex + 1] as usize]
    }
}

/// The best ordering found: `order[k]` is the vertex eliminated k-th.
pub(super) fn best_ordering(graph: &Graph) -> Vec<u32> {
    let n = graph.n();
    let natural: Vec<u32> = (0..n as u32).collect();
    if n <= 2 {
        return natural;
    }
    // The natural order of a large graph may fill in completely, and counting that costs as much.
    let mut best_flops =
        if n <= NATURAL_ORDER_LIMIT { elimination_flops(graph, &natural) } else { f64::INFINITY };
    let mut best = natural;
    let Some(pattern) = CscPattern::new(n, &graph.starts, &graph.neighbours) else {
        return best;
    };
    let mut consider = |candidate: Option<Vec<i32>>| {
        let order = candidate.and_then(|order| as_permutation(n, &order));
        if let Some(order) = order {
            let flops = elimination_flops(graph, &order);
            if flops < best_flops {
                best_flops = flops;
                best = order;
            }
        }
        best_flops
    };
    consider(feral_amd::amd_order(&pattern).ok());
    let flops = consider(feral_amf::amf_order(&pattern).ok());
    if flops > DISSECTION_FLOPS {
        consider(feral_metis::metis_order(&pattern).ok());
    }
    postorder(graph, best)
}

/// The same elimination with each subtree of the elimination tree in one run.
///
/// Fill and operations stay, but columns with the same rows become neighbours.
fn postorder(graph: &Graph, order: Vec<u32>) -> Vec<u32> {
    let n = order.len();
    let mut position = vec![0; n];
    for (k, &vertex) in order.iter().enumerate() {
        position[vertex as usize] = k as u32;
    }
    let parent = elimination_tree(graph, &order, &position);
    // Children as linked lists, the smallest first.
    let mut first_child = vec![NONE; n];
    let mut sibling = vec![NONE; n];
    let mut stack = Vec::new();
    for k in (0..n).rev() {
        match parent[k] {
            NONE => stack.push(k as u32),
            parent => {
                sibling[k] = std::mem::replace(&mut first_child[parent as usize], k as u32);
            }
        }
    }
    let mut arranged = Vec::with_capacity(n);
    while let Some(&top) = stack.last() {
        let child = std::mem::replace(&mut first_child[top as usize], NONE);
        if child == NONE {
            arranged.push(order[top as usize]);
            stack.pop();
        } else {
            first_child[top as usize] = sibling[child as usize];
            stack.push(child);
        }
    }
    arranged
}

/// The order as unsigned indices if it is a permutation of 0..n.
fn as_permutation(n: usize, order: &[i32]) -> Option<Vec<u32>> {
    let mut seen = vec![false; n];
    let mut checked = Vec::with_capacity(n);
    for &vertex in order {
        let vertex = usize::try_from(vertex).ok()?;
        if std::mem::replace(seen.get_mut(vertex)?, true) {
            return None;
        }
        checked.push(vertex as u32);
    }
    (checked.len() == n).then_some(checked)
}

/// Operations of an LU factorisation without fill from pivoting: 2·Σ c² over the column counts c
/// below the diagonal.
///
/// The counts come from row subtrees of the elimination tree (Gilbert, Ng and Peyton, SIAM J.
/// Matrix Anal. Appl. 15, 1994) in the plain form, whose cost is the number of factor entries.
fn elimination_flops(graph: &Graph, order: &[u32]) -> f64 {
    let n = order.len();
    let mut position = vec![0; n];
    for (k, &vertex) in order.iter().enumerate() {
        position[vertex as usize] = k as u32;
    }
    let parent = elimination_tree(graph, order, &position);
    let mut counts = vec![0_u32; n];
    let mut visited = vec![NONE; n];
    for (k, &vertex) in order.iter().enumerate() {
        visited[k] = k as u32;
        for &neighbour in graph.neighbours_of(vertex as usize) {
            let mut j = position[neighbour as usize] as usize;
            if j > k {
                continue;
            }
            while visited[j] != k as u32 {
                visited[j] = k as u32;
                counts[j] += 1;
                j = parent[j] as usize;
            }
        }
    }
    counts.iter().map(|&count| 2.0 * f64::from(count) * f64::from(count) + f64::from(count)).sum()
}

/// The parent of each position in the elimination tree, `NONE` at roots (Liu, ACM TOMS 12, 1986).
fn elimination_tree(graph: &Graph, order: &[u32], position: &[u32]) -> Vec<u32> {
    let n = order.len();
    let mut parent = vec![NONE; n];
    let mut ancestor = vec![NONE; n];
    for (k, &vertex) in order.iter().enumerate() {
        for &neighbour in graph.neighbours_of(vertex as usize) {
            let mut j = position[neighbour as usize] as usize;
            while j < k {
                let up = std::mem::replace(&mut ancestor[j], k as u32);
                if up == NONE {
                    parent[j] = k as u32;
                    break;
                }
                j = up as usize;
            }
        }
    }
    parent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn star(n: u32) -> Graph {
        Graph::symmetrized(n as usize, (1..n).map(|leaf| (leaf, 0)))
    }

    #[test]
    fn counts_of_a_star_depend_on_when_the_hub_goes() {
        let graph = star(6);
        let hub_last: Vec<u32> = (0..6).rev().collect();
        assert_eq!(elimination_flops(&graph, &hub_last), 5.0 * 3.0);
        let hub_first: Vec<u32> = (0..6).collect();
        let dense: f64 = (0..6).map(|c| f64::from(2 * c * c + c)).sum();
        assert_eq!(elimination_flops(&graph, &hub_first), dense);
    }

    #[test]
    fn the_hub_is_ordered_late() {
        let order = best_ordering(&star(40));
        assert!(elimination_flops(&star(40), &order) <= 39.0 * 3.0);
    }

    #[test]
    fn postordering_keeps_the_operations() {
        // Three chains that join in a spine; smaller children come first.
        let edges = [(0, 3), (3, 6), (1, 4), (4, 7), (2, 5), (5, 8), (6, 7), (7, 8)];
        let graph = Graph::symmetrized(9, edges.into_iter());
        let order: Vec<u32> = (0..9).collect();
        let arranged = postorder(&graph, order.clone());
        assert_eq!(arranged, [2, 5, 1, 4, 0, 3, 6, 7, 8]);
        assert_eq!(elimination_flops(&graph, &arranged), elimination_flops(&graph, &order));
    }

    #[test]
    fn broken_orders_are_refused() {
        assert_eq!(as_permutation(2, &[0, 0]), None);
        assert_eq!(as_permutation(2, &[0]), None);
        assert_eq!(as_permutation(2, &[0, -1]), None);
        assert_eq!(as_permutation(2, &[1, 0]), Some(vec![1, 0]));
    }
}
