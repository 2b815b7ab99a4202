//! Refactorisation by panels of neighbouring columns, for meshes.
//!
//! When elimination fills in, columns of L that follow each other share nearly all their rows. Up
//! to eight of them form a panel, stored densely with its rows side by side, and updates reach all
//! columns of the target panel at once:
//!
//! ```text
//! for each panel J of width w                       W: one row of eight numbers per unknown
//!     W = A(:, J)
//!     for each panel S that J depends on, ascending
//!         W(S) = L(S, S)⁻¹ · W(S)                   a small triangle: rows of U
//!         W(r) -= L(r, S) · W(S)  for rows r of S   the bulk of the work
//!     factor the w × w triangle, then W(r) ← W(r) · U(J, J)⁻¹ for the rows of J
//! ```
//!
//! Each index is loaded once for up to 64 multiplications and lanes need no gathering; the
//! column-wise kernel loads one index for each. Rows that only some columns of a panel have are
//! carried as exact zeros. On circuits with little fill the padding costs more than it saves, so
//! the plan decides by the count of operations per stored entry.

use super::plan::{Plan, span};
use super::{Element, SolverError};

/// Columns of a panel, and lanes of the dense work rows.
const WIDTH: usize = 8;

/// Share of a panel that may be padding.
const PADDING: f64 = 0.3;

/// Entries that may be padded regardless: narrow panels lose more by their number.
const FREE_PADDING: f64 = 16.0;

/// Columns grouped into panels with their own copy of L.
#[derive(Debug)]
pub(super) struct Panels<T> {
    /// First column of each panel, and n.
    starts: Vec<u32>,
    /// Per panel: the panels it depends on, ascending.
    source_starts: Vec<u32>,
    sources: Vec<Source>,
    /// Per panel: the rows below its triangle, ascending.
    row_starts: Vec<u32>,
    rows: Vec<u32>,
    /// Per panel: the w × w triangle and then the rows below, w numbers each.
    value_starts: Vec<usize>,
    values: Vec<T>,
    /// One row of up to [`WIDTH`] lanes per unknown, zero between panels.
    work: Vec<T>,
}

/// A panel that another depends on.
#[derive(Clone, Copy, Debug)]
struct Source {
    panel: u32,
    /// The first column of it that the other panel has entries in.
    first: u32,
}

/// One panel's view of itself.
#[derive(Clone, Copy)]
struct Extent {
    first: usize,
    end: usize,
}

impl<T: Element> Panels<T> {
    /// Groups the columns of a plan.
    pub(super) fn new(plan: &Plan<T>) -> Self {
        let mut panels = Self {
            starts: vec![0],
            source_starts: vec![0],
            sources: Vec::new(),
            row_starts: vec![0],
            rows: Vec::new(),
            value_starts: vec![0],
            values: Vec::new(),
            work: vec![T::ZERO; plan.n * WIDTH],
        };
        panels.group_columns(plan);
        panels.list_sources(plan);
        panels
    }

    /// Extends each panel while its next column is the first row below it and little is padded.
    fn group_columns(&mut self, plan: &Plan<T>) {
        let mut first = 0;
        while first < plan.n {
            let mut rows = plan.lower_rows[span(&plan.lower_starts, first)].to_vec();
            let mut entries = rows.len();
            let mut end = first + 1;
            while end < plan.n && end - first < WIDTH && rows.first() == Some(&(end as u32)) {
                let next = &plan.lower_rows[span(&plan.lower_starts, end)];
                let union = merge(&rows[1..], next);
                let width = end + 1 - first;
                let area = width * union.len() + width * (width - 1) / 2;
                let padding = area - (entries + next.len());
                if padding as f64 > PADDING * area as f64 + FREE_PADDING {
                    break;
                }
                entries += next.len();
                rows = union;
                end += 1;
            }
            let width = end - first;
            let size = width * (width + rows.len());
            self.values.resize(self.values.len() + size, T::ZERO);
            self.value_starts.push(self.values.len());
            self.rows.extend(rows);
            self.row_starts.push(self.rows.len() as u32);
            self.starts.push(end as u32);
            first = end;
        }
    }

    fn list_sources(&mut self, plan: &Plan<T>) {
        let mut panel_of = vec![0; plan.n];
        for (panel, columns) in self.starts.windows(2).enumerate() {
            panel_of[columns[0] as usize..columns[1] as usize].fill(panel as u32);
        }
        let mut list: Vec<Source> = Vec::new();
        for columns in self.starts.windows(2) {
            list.clear();
            for k in columns[0]..columns[1] {
                for &row in &plan.upper_rows[plan.inner(k as usize)] {
                    if row < columns[0] {
                        list.push(Source { panel: panel_of[row as usize], first: row });
                    }
                }
            }
            list.sort_unstable_by_key(|source| source.first);
            list.dedup_by_key(|source| source.panel);
            self.sources.extend(&list);
            self.source_starts.push(self.sources.len() as u32);
        }
    }

    /// Renews the factors of the plan that these panels were made for.
    ///
    /// # Errors
    /// As [`Plan::refactor`].
    pub(super) fn refactor(&mut self, plan: &mut Plan<T>, values: &[T]) -> Result<(), SolverError> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            #[allow(unsafe_code)]
            // SAFETY: the processor has just been found to have the instructions.
            return unsafe { self.refactor_wide(plan, values) };
        }
        self.refactor_any::<false>(plan, values)
    }

    /// The same with four lanes to an instruction.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn refactor_wide(&mut self, plan: &mut Plan<T>, values: &[T]) -> Result<(), SolverError> {
        self.refactor_any::<true>(plan, values)
    }

    #[inline(always)]
    fn refactor_any<const FUSED: bool>(
        &mut self,
        plan: &mut Plan<T>,
        values: &[T],
    ) -> Result<(), SolverError> {
        // An overflow of an earlier call may have left NaN in rows that nothing clears.
        self.work.fill(T::ZERO);
        for panel in 0..self.starts.len() - 1 {
            let width = self.extent(panel).width();
            let done = match width {
                1 => self.refactor_panel::<1, FUSED>(plan, values, panel),
                2 => self.refactor_panel::<2, FUSED>(plan, values, panel),
                3 | 4 => self.refactor_panel::<4, FUSED>(plan, values, panel),
                _ => self.refactor_panel::<WIDTH, FUSED>(plan, values, panel),
            };
            if let Err((k, growth)) = done {
                return Err(plan.stale(k, growth));
            }
        }
        Ok(())
    }

    fn extent(&self, panel: usize) -> Extent {
        Extent { first: self.starts[panel] as usize, end: self.starts[panel + 1] as usize }
    }

    /// One panel with `LANES` ≥ its width; the error is a column and its growth.
    #[inline(always)]
    fn refactor_panel<const LANES: usize, const FUSED: bool>(
        &mut self,
        plan: &mut Plan<T>,
        values: &[T],
        panel: usize,
    ) -> Result<(), (usize, f64)> {
        let extent = self.extent(panel);
        let (work, _) = self.work.as_chunks_mut::<LANES>();
        for k in extent.first..extent.end {
            for entry in &plan.scatter[span(&plan.scatter_starts, k)] {
                work[entry.to as usize][k - extent.first] = values[entry.slot as usize];
            }
        }
        let sources = span(&self.source_starts, panel);
        for index in sources.clone() {
            self.update::<LANES, FUSED>(index);
        }
        self.eliminate::<LANES, FUSED>(plan, panel, extent)?;
        self.store::<LANES>(plan, panel, extent);
        let (work, _) = self.work.as_chunks_mut::<LANES>();
        for source in &self.sources[sources] {
            let end = self.starts[source.panel as usize + 1] as usize;
            work[source.first as usize..end].fill([T::ZERO; LANES]);
        }
        Ok(())
    }

    /// Subtracts what one source panel contributes.
    #[inline(always)]
    fn update<const LANES: usize, const FUSED: bool>(&mut self, index: usize) {
        let Source { panel, first } = self.sources[index];
        let (panel, first) = (panel as usize, first as usize);
        let source = self.extent(panel);
        let (width, skip) = (source.width(), first - source.first);
        let active = source.end - first;
        let block = &self.values[self.value_starts[panel]..self.value_starts[panel + 1]];
        let (triangle, below) = block.split_at(width * width);
        let (work, _) = self.work.as_chunks_mut::<LANES>();

        let mut upper = [[T::ZERO; LANES]; WIDTH];
        upper[..active].copy_from_slice(&work[first..source.end]);
        for c in 0..active {
            let known = upper[c];
            for d in c + 1..active {
                let l = triangle[(skip + d) * width + skip + c];
                subtract::<T, LANES, FUSED>(&mut upper[d], l, &known);
            }
        }
        work[first..source.end].copy_from_slice(&upper[..active]);

        let rows = &self.rows[span(&self.row_starts, panel)];
        if active == WIDTH {
            // Lengths known to the compiler let it keep everything in registers.
            let (below, _) = below.as_chunks::<WIDTH>();
            for (&row, l) in rows.iter().zip(below) {
                let target = &mut work[row as usize];
                let mut sum = *target;
                for c in 0..WIDTH {
                    subtract::<T, LANES, FUSED>(&mut sum, l[c], &upper[c]);
                }
                *target = sum;
            }
            return;
        }
        let upper = &upper[..active];
        for (&row, l) in rows.iter().zip(below.chunks_exact(width)) {
            let target = &mut work[row as usize];
            let mut sum = *target;
            for (&l, known) in l[skip..].iter().zip(upper) {
                subtract::<T, LANES, FUSED>(&mut sum, l, known);
            }
            *target = sum;
        }
    }

    /// Factors the triangle of the panel and divides its rows.
    #[inline(always)]
    fn eliminate<const LANES: usize, const FUSED: bool>(
        &mut self,
        plan: &mut Plan<T>,
        panel: usize,
        extent: Extent,
    ) -> Result<(), (usize, f64)> {
        let width = extent.width();
        let (work, _) = self.work.as_chunks_mut::<LANES>();
        let mut inverses = [T::ZERO; LANES];
        // Rows of the triangle of U without what lies on and left of the diagonal.
        let mut upper = [[T::ZERO; LANES]; LANES];
        for p in 0..width {
            let mut row = work[extent.first + p];
            let growth = divide::<T, LANES, FUSED>(&mut row, &inverses, &upper, p);
            plan.watch_growth(growth).map_err(|g| (extent.first + p, g))?;
            inverses[p] =
                plan.watch_pivot(extent.first + p, row[p]).map_err(|g| (extent.first + p, g))?;
            work[extent.first + p] = row;
            upper[p][p + 1..].copy_from_slice(&row[p + 1..]);
        }
        let mut growth = 0.0_f64;
        for &row in &self.rows[span(&self.row_starts, panel)] {
            let row = &mut work[row as usize];
            growth = growth.max(divide::<T, LANES, FUSED>(row, &inverses, &upper, width));
        }
        plan.watch_growth(growth).map_err(|g| (extent.first, g))
    }

    /// Copies the finished columns to the panel and to the plan, and clears their rows.
    #[inline(always)]
    fn store<const LANES: usize>(&mut self, plan: &mut Plan<T>, panel: usize, extent: Extent) {
        let width = extent.width();
        let (work, _) = self.work.as_chunks_mut::<LANES>();
        for k in extent.first..extent.end {
            let lane = k - extent.first;
            let below = span(&plan.lower_starts, k);
            let rows = &plan.lower_rows[below.clone()];
            for (&row, value) in rows.iter().zip(&mut plan.lower[below]) {
                *value = work[row as usize][lane];
            }
            let above = plan.inner(k);
            let rows = &plan.upper_rows[above.clone()];
            for (&row, value) in rows.iter().zip(&mut plan.upper[above]) {
                *value = work[row as usize][lane];
            }
        }
        let block = &mut self.values[self.value_starts[panel]..self.value_starts[panel + 1]];
        let below = &self.rows[span(&self.row_starts, panel)];
        let rows = (extent.first as u32..extent.end as u32).chain(below.iter().copied());
        for (row, kept) in rows.zip(block.chunks_exact_mut(width)) {
            let row = &mut work[row as usize];
            kept.copy_from_slice(&row[..width]);
            *row = [T::ZERO; LANES];
        }
    }
}

impl Extent {
    fn width(self) -> usize {
        self.end - self.first
    }
}

/// row -= l · known, lane by lane.
#[inline(always)]
fn subtract<T: Element, const LANES: usize, const FUSED: bool>(
    row: &mut [T; LANES],
    l: T,
    known: &[T; LANES],
) {
    for lane in 0..LANES {
        row[lane] = if FUSED {
            row[lane].fused_subtract(l, known[lane])
        } else {
            row[lane] - l * known[lane]
        };
    }
}

/// Turns the first `count` numbers of a row into multipliers and updates the rest; the largest
/// multiplier is returned.
#[inline(always)]
fn divide<T: Element, const LANES: usize, const FUSED: bool>(
    row: &mut [T; LANES],
    inverses: &[T; LANES],
    upper: &[[T; LANES]; LANES],
    count: usize,
) -> f64 {
    let mut growth = 0.0_f64;
    for p in 0..count {
        let l = row[p] * inverses[p];
        row[p] = l;
        subtract::<T, LANES, FUSED>(row, l, &upper[p]);
        growth = growth.max(l.magnitude());
    }
    growth
}

/// The union of two ascending lists.
fn merge(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut union = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        union.push(a[i].min(b[j]));
        let (left, right) = (a[i], b[j]);
        i += usize::from(left <= right);
        j += usize::from(right <= left);
    }
    union.extend(&a[i..]);
    union.extend(&b[j..]);
    union
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::super::analysis::analyze;
    use super::super::factor::factor;
    use super::super::gallery::{self, Sample};
    use super::super::refine::ResidualTolerance;
    use super::super::{Pattern, Refiner};
    use super::*;

    fn plan_with_panels<T: Element>(pattern: &Pattern, values: &[T]) -> Plan<T> {
        let analysis = analyze(pattern).unwrap();
        let factors = factor(pattern, &analysis, values);
        let mut plan = Plan::new(pattern, &analysis, &factors, values).unwrap();
        plan.panels = Some(Box::new(Panels::new(&plan)));
        plan
    }

    /// Solutions after a refactorisation by panels pass the componentwise test.
    fn check<T: Element>(sample: &Sample, convert: fn(f64) -> T) {
        let n = sample.pattern.n();
        let values: Vec<T> = sample.values.iter().map(|&value| convert(value)).collect();
        let mut plan = plan_with_panels(&sample.pattern, &values);
        let rhs: Vec<T> = (0..n).map(|k| T::real_value(1.0 + (k % 5) as f64)).collect();
        let tolerance = ResidualTolerance { relative: 1e-11, absolute: 0.0 };
        for transposed in [false, true] {
            plan.refactor(&values).unwrap();
            let mut x = rhs.clone();
            if transposed {
                plan.solve_transposed(&mut x);
            } else {
                plan.solve(&mut x);
            }
            let (pattern, values) = if transposed {
                let (pattern, origin) = sample.pattern.transposed();
                let values = origin.iter().map(|&slot| values[slot]).collect();
                (pattern, values)
            } else {
                ((*sample.pattern).clone(), values.clone())
            };
            let accuracy = Refiner::new(n).check(&pattern, &values, &rhs, &x, tolerance);
            assert!(accuracy.is_sufficient(), "{accuracy:?}");
        }
    }

    #[test]
    fn panels_agree_with_the_equations() {
        for sample in [
            gallery::grid(23).unwrap(),
            gallery::crossbar(14, 2).unwrap(),
            gallery::ladder(40).unwrap(),
        ] {
            check(&sample, |value| value);
            check(&sample, |value| Complex64::new(value, 0.3 * value));
        }
    }

    #[test]
    fn panels_agree_with_columns_on_a_circuit() {
        let sample = gallery::random_circuit(700, 9).unwrap();
        let mut plan = plan_with_panels(&sample.pattern, &sample.values);
        plan.refactor(&sample.values).unwrap();
        let by_panels = (plan.lower.clone(), plan.upper.clone());
        plan.panels = None;
        plan.refactor(&sample.values).unwrap();
        for (panels, columns) in [(&by_panels.0, &plan.lower), (&by_panels.1, &plan.upper)] {
            for (a, b) in panels.iter().zip(columns) {
                // Only the rounding of fused operations differs, magnified by the conditioning.
                assert!((a - b).abs() <= 1e-9 * b.abs() + 1e-18, "{a} {b}");
            }
        }
    }

    #[test]
    fn stale_pivots_are_noticed_by_panels() {
        let sample = gallery::grid(12).unwrap();
        let mut plan = plan_with_panels(&sample.pattern, &sample.values);
        let mut values = sample.values.clone();
        for node in 0..144 {
            values[sample.pattern.slot(node, node).unwrap()] *= 1e-12;
        }
        let refused = plan.refactor(&values);
        assert!(matches!(refused, Err(SolverError::NeedsPivoting { .. })));
        values.fill(f64::NAN);
        assert!(plan.refactor(&values).is_err());
        // What the failures left behind is gone.
        plan.refactor(&sample.values).unwrap();
        let mut x = vec![1.0; 144];
        plan.solve(&mut x);
        assert!(x.iter().all(|x| x.is_finite()));
    }

    #[test]
    fn merging_keeps_order_and_drops_repetitions() {
        assert_eq!(merge(&[1, 3, 5], &[2, 3, 9]), [1, 2, 3, 5, 9]);
        assert_eq!(merge(&[], &[4]), [4]);
    }
}
