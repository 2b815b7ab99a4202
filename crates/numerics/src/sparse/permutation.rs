//! Permutations applied in place, cycle by cycle.
//!
//! A solve takes a shared reference and one vector; with cycles it needs no second vector, and a
//! matrix whose pivots are all on the diagonal moves little.

/// A permutation of 0..n as its non-trivial cycles.
#[derive(Clone, Debug, Default)]
pub(super) struct Permutation {
    members: Vec<u32>,
    /// Start of each cycle in `members`, and the end of the last.
    starts: Vec<u32>,
    n: usize,
}

impl Permutation {
    /// The permutation that gathers: new\[k\] = old\[`order[k]`\]. `order` must be a permutation.
    pub(super) fn gathering(order: &[u32]) -> Self {
        let mut members = Vec::new();
        let mut starts = vec![0];
        let mut seen = vec![false; order.len()];
        for first in 0..order.len() {
            if seen[first] || order[first] as usize == first {
                continue;
            }
            let mut k = first;
            while !std::mem::replace(&mut seen[k], true) {
                members.push(k as u32);
                k = order[k] as usize;
            }
            starts.push(members.len() as u32);
        }
        Self { members, starts, n: order.len() }
    }

    /// new\[k\] = old\[order\[k\]\].
    pub(super) fn gather<T: Copy>(&self, x: &mut [T]) {
        assert_eq!(x.len(), self.n);
        for cycle in self.cycles() {
            let mut to = cycle[0] as usize;
            let first = x[to];
            for &from in &cycle[1..] {
                x[to] = x[from as usize];
                to = from as usize;
            }
            x[to] = first;
        }
    }

    /// new\[order\[k\]\] = old\[k\]: undoes [`gather`](Self::gather).
    pub(super) fn scatter<T: Copy>(&self, x: &mut [T]) {
        assert_eq!(x.len(), self.n);
        for cycle in self.cycles() {
            let mut carried = x[cycle[cycle.len() - 1] as usize];
            for &at in cycle {
                std::mem::swap(&mut carried, &mut x[at as usize]);
            }
        }
    }

    fn cycles(&self) -> impl Iterator<Item = &[u32]> {
        self.starts.windows(2).map(|window| &self.members[window[0] as usize..window[1] as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gather_and_scatter_follow_the_order() {
        let order = [2, 0, 1, 3, 5, 4];
        let permutation = Permutation::gathering(&order);
        let old = [10, 11, 12, 13, 14, 15];
        let mut x = old;
        permutation.gather(&mut x);
        for k in 0..6 {
            assert_eq!(x[k], old[order[k] as usize]);
        }
        permutation.scatter(&mut x);
        assert_eq!(x, old);
    }
}
