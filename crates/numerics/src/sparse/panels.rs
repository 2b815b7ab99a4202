//! Refactorisation by panels of neighbouring columns, for meshes and the dense ends of circuits.
//!
//! When elimination fills in, columns of L that follow each other share nearly all their rows. Up
//! to eight of them form a panel, stored densely with its rows side by side, and updates reach all
//! columns of the target panel at once:
//!
//! ```text
//! for each panel J of width w                       W: one row of eight numbers per unknown
//!     W = A(:, J)
//!     for each source S of J, ascending             a panel, or a column outside of panels
//!         W(S) = L(S, S)⁻¹ · W(S)                   a small triangle: rows of U
//!         W(r) -= L(r, S) · W(S)  for rows r of S   the bulk of the work
//!     factor the w × w triangle, then W(r) ← W(r) · U(J, J)⁻¹ for the rows of J
//! ```
//!
//! Each index is loaded once for up to 64 multiplications and lanes need no gathering; the
//! column-wise kernel loads one index for each. Rows that only some columns of a panel have are
//! carried as exact zeros. Multiplications and subtractions are fused where the processor can, which
//! rounds differently from the kernel by columns; wider instructions do not change the bits.

use super::Element;
use super::plan::{Plan, span};

/// Columns of a panel, and lanes of the dense work rows.
pub(super) const WIDTH: usize = 8;

/// Stands for the panel of a column that is in none.
pub(super) const NO_PANEL: u32 = u32::MAX;

/// Columns grouped into panels with their own copy of L.
#[derive(Debug, Default)]
pub(super) struct Panels<T> {
    extents: Vec<Extent>,
    /// Per panel: what it depends on, ascending.
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

/// What a panel depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// The panel, or [`NO_PANEL`] for a single column.
    pub(super) panel: u32,
    /// The column, or the first column of the panel that the target has entries in.
    pub(super) first: u32,
}

/// The columns of one panel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) first: usize,
    pub(super) end: usize,
}

impl<T: Element> Panels<T> {
    /// No panels yet.
    pub(super) fn new() -> Self {
        Self {
            source_starts: vec![0],
            row_starts: vec![0],
            value_starts: vec![0],
            ..Self::default()
        }
    }

    /// Adds a panel of a plan with the rows below its triangle and what it depends on.
    pub(super) fn push(&mut self, n: usize, extent: Extent, rows: &[u32], sources: &[Source]) {
        self.work.resize(n * WIDTH, T::ZERO);
        let width = extent.width();
        self.extents.push(extent);
        self.values.resize(self.values.len() + width * (width + rows.len()), T::ZERO);
        self.value_starts.push(self.values.len());
        self.rows.extend(rows);
        self.row_starts.push(self.rows.len() as u32);
        self.sources.extend(sources);
        self.source_starts.push(self.sources.len() as u32);
    }

    pub(super) fn len(&self) -> usize {
        self.extents.len()
    }

    /// Number of rows below the triangle of a panel.
    pub(super) fn height(&self, panel: usize) -> usize {
        span(&self.row_starts, panel).len()
    }

    pub(super) fn extent(&self, panel: usize) -> Extent {
        self.extents[panel]
    }

    /// Clears what a failed call may have left.
    pub(super) fn clear(&mut self) {
        self.work.fill(T::ZERO);
    }

    /// Renews one panel, with instructions for fused operations or without; the error is a column
    /// and its growth.
    #[inline(always)]
    pub(super) fn refactor<const FUSED: bool>(
        &mut self,
        plan: &mut Plan<T>,
        values: &[T],
        panel: usize,
    ) -> Result<(), (usize, f64)> {
        match self.extents[panel].width() {
            1 => self.refactor_lanes::<1, FUSED>(plan, values, panel),
            2 => self.refactor_lanes::<2, FUSED>(plan, values, panel),
            3 | 4 => self.refactor_lanes::<4, FUSED>(plan, values, panel),
            _ => self.refactor_lanes::<WIDTH, FUSED>(plan, values, panel),
        }
    }

    /// One panel with `LANES` ≥ its width.
    #[inline(always)]
    fn refactor_lanes<const LANES: usize, const FUSED: bool>(
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
            match self.sources[index] {
                Source { panel: NO_PANEL, first } => {
                    self.update_from_column::<LANES, FUSED>(plan, first as usize);
                }
                Source { panel, first } => {
                    self.update::<LANES, FUSED>(panel as usize, first as usize);
                }
            }
        }
        self.eliminate::<LANES, FUSED>(plan, panel, extent)?;
        self.store::<LANES>(plan, panel, extent);
        let (work, _) = self.work.as_chunks_mut::<LANES>();
        for source in &self.sources[sources] {
            let end = match source.panel {
                NO_PANEL => source.first as usize + 1,
                panel => self.extents[panel as usize].end,
            };
            work[source.first as usize..end].fill([T::ZERO; LANES]);
        }
        Ok(())
    }

    /// Subtracts what one column outside of panels contributes.
    #[inline(always)]
    fn update_from_column<const LANES: usize, const FUSED: bool>(
        &mut self,
        plan: &Plan<T>,
        column: usize,
    ) {
        let (work, _) = self.work.as_chunks_mut::<LANES>();
        let known = work[column];
        let below = span(&plan.lower_starts, column);
        let rows = &plan.lower_rows[below.clone()];
        for (&row, &l) in rows.iter().zip(&plan.lower[below]) {
            subtract::<T, LANES, FUSED>(&mut work[row as usize], l, &known);
        }
    }

    /// Subtracts what one source panel contributes from its column `first` on.
    #[inline(always)]
    fn update<const LANES: usize, const FUSED: bool>(&mut self, panel: usize, first: usize) {
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
    pub(super) fn width(self) -> usize {
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
