//! Clusters: instances whose private unknowns are eliminated before the global solve.
//!
//! With private unknowns `p` and public ones `t`, a cluster's rows are
//!
//! ```text
//! ⎡ A_pp  A_pt ⎤ ⎡ dp ⎤   ⎡ r_p ⎤
//! ⎣ A_tp  A_tt ⎦ ⎣ dt ⎦ = ⎣ r_t ⎦
//! ```
//!
//! `condense` factors `A_pp`, subtracts `A_tp A_pp⁻¹ A_pt` from the public entries and `A_tp A_pp⁻¹ r_p` from
//! the public right-hand side; `expand` gives `dp` back. It is a linear Schur step, so that Newton's iterates
//! are those of the full system. A million-cell array pays no matrix row for its cells' states.
//!
//! The adjoint system `Aᵀ·z = e` of noise and sensitivities is condensed to `Sᵀ·z_t = e_t − (A_pp⁻¹ A_pt)ᵀ e_p`
//! with the same public matrix `S`, and `z_p = A_pp⁻ᵀ (e_p − A_tpᵀ z_t)` completes it.

use crate::error::CondensationError;
use crate::ids::InstanceId;
use ovonic_numerics::small::{factor, substitute, substitute_transposed};
use ovonic_numerics::sparse::{Element, Pattern};

#[derive(Clone, Debug, Default)]
pub(crate) struct ClusterShape {
    pub(crate) instances: Vec<InstanceId>,
    /// Global numbers, ascending; contiguous.
    pub(crate) private: Vec<usize>,
    /// Global numbers, ascending.
    pub(crate) public: Vec<usize>,
}

/// One cluster with the place of its block among the values.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    pub(crate) shape: ClusterShape,
    /// First slot of the block: `A_pp`, `A_pt`, `A_tp`, each row by row.
    first: usize,
    /// Slots of `A_tt` in the pattern, row by row.
    public_slots: Vec<usize>,
}

impl Cluster {
    pub(crate) fn new(shape: ClusterShape, first: usize, pattern: &Pattern) -> Self {
        let pairs = shape.public.iter().flat_map(|&r| shape.public.iter().map(move |&c| (r, c)));
        let public_slots =
            pairs.map(|(r, c)| pattern.slot(r, c).expect("public pairs are stored")).collect();
        Self { shape, first, public_slots }
    }

    fn sizes(&self) -> (usize, usize) {
        (self.shape.private.len(), self.shape.public.len())
    }

    /// The slot after the block's last.
    pub(crate) fn end(&self) -> usize {
        let (p, t) = self.sizes();
        self.first + p * (p + 2 * t)
    }

    /// Slot of an entry with at least one private position.
    pub(crate) fn slot(&self, row: usize, column: usize) -> Option<usize> {
        let (p, t) = self.sizes();
        let private = |unknown: usize| self.shape.private.iter().position(|&u| u == unknown);
        let public = |unknown: usize| self.shape.public.iter().position(|&u| u == unknown);
        Some(match (private(row), private(column)) {
            (Some(r), Some(c)) => self.first + r * p + c,
            (Some(r), None) => self.first + p * p + r * t + public(column)?,
            (None, Some(c)) => self.first + p * p + p * t + public(row)? * p + c,
            (None, None) => return None,
        })
    }

    /// Condenses the block; afterwards it holds the factors and `A_pp⁻¹ A_pt`, and the private part of `rhs`
    /// holds `A_pp⁻¹ r_p`.
    fn condense<T: Element>(&self, values: &mut [T], rhs: &mut [T], order: &mut [u32]) -> bool {
        let (p, t) = self.sizes();
        let private = self.shape.private[0];
        let (pattern_values, rest) = values.split_at_mut(self.first);
        let (pp, rest) = rest.split_at_mut(p * p);
        let (pt, rest) = rest.split_at_mut(p * t);
        let tp = &rest[..t * p];
        if !factor(pp, p, order) {
            return false;
        }
        substitute(pp, p, order, pt, t);
        substitute(pp, p, order, &mut rhs[private..private + p], 1);
        for r in 0..t {
            for k in 0..p {
                let factor = tp[r * p + k];
                if factor == T::ZERO {
                    continue;
                }
                for c in 0..t {
                    pattern_values[self.public_slots[r * t + c]] -= factor * pt[k * t + c];
                }
                let correction = factor * rhs[private + k];
                rhs[self.shape.public[r]] -= correction;
            }
        }
        true
    }

    /// Maps a right-hand side of the adjoint system to the public one.
    fn condense_adjoint<T: Element>(&self, values: &[T], rhs: &mut [T]) {
        let (p, t) = self.sizes();
        let pt = &values[self.first + p * p..self.first + p * p + p * t];
        for (k, &private) in self.shape.private.iter().enumerate() {
            for (c, &public) in self.shape.public.iter().enumerate() {
                let product = pt[k * t + c] * rhs[private];
                rhs[public] -= product;
            }
        }
    }

    /// Turns the private right-hand side of the adjoint system into its solution, given the public one.
    fn expand_adjoint<T: Element>(&self, values: &[T], order: &[u32], solution: &mut [T]) {
        let (p, t) = self.sizes();
        let block = &values[self.first..self.end()];
        let (pp, tp) = (&block[..p * p], &block[p * p + p * t..]);
        for (r, &public) in self.shape.public.iter().enumerate() {
            for (k, &private) in self.shape.private.iter().enumerate() {
                let product = tp[r * p + k] * solution[public];
                solution[private] -= product;
            }
        }
        let private = self.shape.private[0];
        substitute_transposed(pp, p, order, &mut solution[private..private + p]);
    }

    /// `y ← y + A·x` over the block, as it is before condensation.
    pub(crate) fn multiply_add<T: Element>(&self, values: &[T], x: &[T], y: &mut [T]) {
        let all = || self.shape.private.iter().chain(&self.shape.public);
        for &row in all() {
            for &column in all() {
                if let Some(slot) = self.slot(row, column) {
                    y[row] += values[slot] * x[column];
                }
            }
        }
    }

    /// Turns `A_pp⁻¹ r_p` into the private solution, given the public one.
    fn expand<T: Element>(&self, values: &[T], solution: &mut [T]) {
        let (p, t) = self.sizes();
        let pt = &values[self.first + p * p..self.first + p * p + p * t];
        for (k, &private) in self.shape.private.iter().enumerate() {
            for (c, &public) in self.shape.public.iter().enumerate() {
                let product = pt[k * t + c] * solution[public];
                solution[private] -= product;
            }
        }
    }
}

/// Row swaps of all clusters' factors, which the adjoint system needs beside the factors themselves.
#[derive(Clone, Debug, Default)]
pub struct Pivots {
    order: Vec<u32>,
}

/// [`condense`] that keeps the pivots.
pub(crate) fn condense_with_pivots<T: Element>(
    clusters: &[Cluster],
    values: &mut [T],
    rhs: &mut [T],
    pivots: &mut Pivots,
) -> Result<(), CondensationError> {
    let total = clusters.iter().map(|cluster| cluster.shape.private.len()).sum();
    pivots.order.resize(total, 0);
    let mut order = pivots.order.as_mut_slice();
    for (index, cluster) in clusters.iter().enumerate() {
        let (own, rest) = order.split_at_mut(cluster.shape.private.len());
        if !cluster.condense(values, rhs, own) {
            return Err(CondensationError { cluster: index });
        }
        order = rest;
    }
    Ok(())
}

/// Maps a right-hand side of the adjoint system to the public one; `values` as [`condense`] left them.
pub(crate) fn condense_adjoint<T: Element>(clusters: &[Cluster], values: &[T], rhs: &mut [T]) {
    for cluster in clusters {
        cluster.condense_adjoint(values, rhs);
    }
}

/// Completes a solution of the adjoint system; `values` and `pivots` as [`condense_with_pivots`] left them.
pub(crate) fn expand_adjoint<T: Element>(
    clusters: &[Cluster],
    values: &[T],
    pivots: &Pivots,
    solution: &mut [T],
) {
    let mut order = pivots.order.as_slice();
    for cluster in clusters {
        let (own, rest) = order.split_at(cluster.shape.private.len());
        cluster.expand_adjoint(values, own, solution);
        order = rest;
    }
}

/// Condenses all clusters: `values` (all slots) and `rhs` (length `n + 1`) are those of the full system on
/// entry; the first `nnz` values and the public part of `rhs` are those of the public system on return.
pub(crate) fn condense<T: Element>(
    clusters: &[Cluster],
    values: &mut [T],
    rhs: &mut [T],
) -> Result<(), CondensationError> {
    let largest = clusters.iter().map(|cluster| cluster.shape.private.len()).max().unwrap_or(0);
    let mut order = vec![0; largest];
    for (index, cluster) in clusters.iter().enumerate() {
        if !cluster.condense(values, rhs, &mut order) {
            return Err(CondensationError { cluster: index });
        }
    }
    Ok(())
}

/// Gives the private part of a solution; `values` as [`condense`] left them.
pub(crate) fn expand<T: Element>(clusters: &[Cluster], values: &[T], solution: &mut [T]) {
    for cluster in clusters {
        cluster.expand(values, solution);
    }
}
