//! Which kernel renews which columns, decided once from the pattern of the factors.
//!
//! ```text
//! for each group of up to eight neighbouring columns with nearly the same rows
//!     panel      if its predicted cost is below that of its columns one by one
//!     columns    else; runs of columns that form a chain get the kernel for chains
//! ```
//!
//! The prediction counts rows, sources and operations with weights in processor cycles. They were
//! fitted once on one machine and are constants: the choice must not depend on where or when the
//! program runs. In a circuit the many small columns at the start of the elimination go one by one
//! and the dense end, where most of the operations are, by panels.

use super::Element;
use super::panels::{Extent, NO_PANEL, Panels, Source, WIDTH};
use super::plan::{Plan, span};

/// Share of a panel that may be padding.
const PADDING: f64 = 0.3;

/// Entries that may be padded regardless: narrow panels lose more by their number.
const FREE_PADDING: f64 = 16.0;

/// Shortest run of chained columns that is worth a segment of its own.
const CHAIN: usize = 8;

/// Cycles for one source of one column: loads of its place, a branch that is hard to predict.
const COLUMN_SOURCE: f64 = 10.0;

/// Cycles for one entry of a source column: two loads, a multiplication, a load and a store.
const COLUMN_ENTRY: f64 = 1.6;

/// Cycles for one source of a panel.
const PANEL_SOURCE: f64 = 30.0;

/// Cycles for one row of a panel beside its operations: load, store, and their indices.
const PANEL_ROW: f64 = 2.5;

/// Cycles for one row of lanes to be multiplied and subtracted.
const PANEL_STEP: f64 = 1.0;

/// Which kernels a schedule may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernels {
    /// The one that is predicted to be fastest for each run of columns.
    Best,
    /// Columns and chains alone.
    #[cfg(test)]
    Columns,
    /// Panels wherever columns can be grouped, and of one column elsewhere.
    #[cfg(test)]
    Panels,
}

/// A run of columns and its kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segment {
    Columns { first: u32, end: u32 },
    Chain { first: u32, end: u32 },
    Panel(u32),
}

/// All columns in order, each with a kernel.
#[derive(Debug, Default)]
pub(super) struct Schedule<T> {
    segments: Vec<Segment>,
    panels: Panels<T>,
}

impl<T: Element> Schedule<T> {
    /// Decides for a plan whose lists are complete.
    pub(super) fn new(plan: &Plan<T>, kernels: Kernels) -> Self {
        let mut builder = Builder {
            plan,
            schedule: Self { segments: Vec::new(), panels: Panels::new() },
            panel_of: vec![NO_PANEL; plan.n],
            pending: 0,
        };
        let mut group = Group::default();
        let mut sources = Vec::new();
        let mut first = 0;
        while first < plan.n {
            group.collect(plan, first);
            let extent = Extent { first, end: first + group.width };
            first = extent.end;
            let wanted = match kernels {
                Kernels::Best => group.width > 1,
                #[cfg(test)]
                Kernels::Columns => false,
                #[cfg(test)]
                Kernels::Panels => true,
            };
            if !wanted {
                continue;
            }
            builder.list_sources(extent, &mut sources);
            let pays = builder.panel_cost(extent, group.rows.len(), &sources)
                < builder.column_cost(extent);
            if pays || kernels != Kernels::Best {
                builder.push_panel(extent, &group.rows, &sources);
            }
        }
        builder.push_columns(plan.n);
        builder.schedule
    }

    /// Renews all factors of the plan; the error is a column and its growth.
    pub(super) fn run(&mut self, plan: &mut Plan<T>, values: &[T]) -> Result<(), (usize, f64)> {
        let done = self.dispatch(plan, values);
        if done.is_err() {
            self.panels.clear();
        }
        done
    }

    fn dispatch(&mut self, plan: &mut Plan<T>, values: &[T]) -> Result<(), (usize, f64)> {
        #[cfg(target_arch = "x86_64")]
        if self.panels.len() > 0 && is_x86_feature_detected!("fma") {
            #[allow(unsafe_code)]
            // SAFETY: the processor has just been found to have the instructions.
            unsafe {
                if is_x86_feature_detected!("avx512f") {
                    return self.run_512(plan, values);
                } else if is_x86_feature_detected!("avx2") {
                    return self.run_256(plan, values);
                }
            }
        }
        self.run_any::<false>(plan, values)
    }

    /// With eight lanes to an instruction.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx2,fma")]
    fn run_512(&mut self, plan: &mut Plan<T>, values: &[T]) -> Result<(), (usize, f64)> {
        self.run_any::<true>(plan, values)
    }

    /// With four lanes to an instruction.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn run_256(&mut self, plan: &mut Plan<T>, values: &[T]) -> Result<(), (usize, f64)> {
        self.run_any::<true>(plan, values)
    }

    #[inline(always)]
    fn run_any<const FUSED: bool>(
        &mut self,
        plan: &mut Plan<T>,
        values: &[T],
    ) -> Result<(), (usize, f64)> {
        for &segment in &self.segments {
            match segment {
                Segment::Columns { first, end } => {
                    plan.refactor_columns(first as usize..end as usize, values)?;
                }
                Segment::Chain { first, end } => {
                    plan.refactor_chain(first as usize..end as usize, values)?;
                }
                Segment::Panel(panel) => {
                    self.panels.refactor::<FUSED>(plan, values, panel as usize)?;
                }
            }
        }
        Ok(())
    }
}

struct Builder<'a, T> {
    plan: &'a Plan<T>,
    schedule: Schedule<T>,
    /// The panel of each column.
    panel_of: Vec<u32>,
    /// The first column without a segment.
    pending: usize,
}

impl<T: Element> Builder<'_, T> {
    /// Lists what a group of columns depends on, ascending.
    fn list_sources(&self, extent: Extent, list: &mut Vec<Source>) {
        list.clear();
        for k in extent.first..extent.end {
            for &row in &self.plan.upper_rows[self.plan.inner(k)] {
                if (row as usize) < extent.first {
                    list.push(Source { panel: self.panel_of[row as usize], first: row });
                }
            }
        }
        list.sort_unstable_by_key(|source| source.first);
        list.dedup_by(|next, kept| match next.panel {
            NO_PANEL => next.first == kept.first,
            panel => panel == kept.panel,
        });
    }

    fn column_cost(&self, extent: Extent) -> f64 {
        let columns = extent.first..extent.end;
        let rows = columns.flat_map(|k| &self.plan.upper_rows[self.plan.inner(k)]);
        rows.map(|&j| COLUMN_SOURCE + COLUMN_ENTRY * self.height(j as usize)).sum()
    }

    fn panel_cost(&self, extent: Extent, height: usize, sources: &[Source]) -> f64 {
        let panels = &self.schedule.panels;
        let updates: f64 = sources
            .iter()
            .map(|source| match source.panel {
                NO_PANEL => {
                    COLUMN_SOURCE + (PANEL_ROW + PANEL_STEP) * self.height(source.first as usize)
                }
                panel => {
                    let active = panels.extent(panel as usize).end - source.first as usize;
                    let rows = (panels.height(panel as usize) + active) as f64;
                    PANEL_SOURCE + rows * (PANEL_ROW + PANEL_STEP * active as f64)
                }
            })
            .sum();
        let width = extent.width();
        // The triangle, its rows, and two copies of what came out.
        let own = (width + height) as f64 * (2.0 * PANEL_ROW + PANEL_STEP * width as f64);
        updates + own + PANEL_SOURCE
    }

    fn height(&self, column: usize) -> f64 {
        span(&self.plan.lower_starts, column).len() as f64
    }

    fn push_panel(&mut self, extent: Extent, rows: &[u32], sources: &[Source]) {
        self.push_columns(extent.first);
        let panel = self.schedule.panels.len() as u32;
        self.panel_of[extent.first..extent.end].fill(panel);
        self.schedule.panels.push(self.plan.n, extent, rows, sources);
        self.schedule.segments.push(Segment::Panel(panel));
        self.pending = extent.end;
    }

    /// Gives the pending columns before `end` to the kernels by columns.
    fn push_columns(&mut self, end: usize) {
        let mut first = self.pending;
        let mut k = first;
        while k < end {
            let chain = (k..end).take_while(|&k| self.plan.is_chained(k)).count();
            if chain >= CHAIN {
                self.push_run(first, k);
                first = k + chain;
                let (k, end) = (k as u32, first as u32);
                self.schedule.segments.push(Segment::Chain { first: k, end });
            }
            k += chain.max(1);
        }
        self.push_run(first, end);
        self.pending = end;
    }

    fn push_run(&mut self, first: usize, end: usize) {
        if first < end {
            let (first, end) = (first as u32, end as u32);
            self.schedule.segments.push(Segment::Columns { first, end });
        }
    }
}

/// Columns that suit one panel, and the rows below them.
#[derive(Debug, Default)]
struct Group {
    width: usize,
    rows: Vec<u32>,
    union: Vec<u32>,
}

impl Group {
    /// Takes the columns from `first` on, as long as each next one is the first row below the ones
    /// before and little is padded.
    fn collect<T: Element>(&mut self, plan: &Plan<T>, first: usize) {
        self.width = 1;
        self.rows.clear();
        self.rows.extend(&plan.lower_rows[span(&plan.lower_starts, first)]);
        let mut entries = self.rows.len();
        while self.width < WIDTH {
            let end = first + self.width;
            if self.rows.first() != Some(&(end as u32)) {
                break;
            }
            let next = &plan.lower_rows[span(&plan.lower_starts, end)];
            merge(&self.rows[1..], next, &mut self.union);
            let width = self.width + 1;
            let area = width * self.union.len() + width * (width - 1) / 2;
            let padding = area - (entries + next.len());
            if padding as f64 > PADDING * area as f64 + FREE_PADDING {
                break;
            }
            entries += next.len();
            std::mem::swap(&mut self.rows, &mut self.union);
            self.width = width;
        }
    }
}

/// The union of two ascending lists.
fn merge(a: &[u32], b: &[u32], union: &mut Vec<u32>) {
    union.clear();
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        union.push(a[i].min(b[j]));
        let (left, right) = (a[i], b[j]);
        i += usize::from(left <= right);
        j += usize::from(right <= left);
    }
    union.extend(&a[i..]);
    union.extend(&b[j..]);
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::super::analysis::analyze;
    use super::super::factor::factor;
    use super::super::gallery::{self, Sample};
    use super::super::refine::ResidualTolerance;
    use super::super::{Pattern, Refiner, SolverError};
    use super::*;

    fn plan_with_panels<T: Element>(pattern: &Pattern, values: &[T]) -> Plan<T> {
        let analysis = analyze(pattern).unwrap();
        let factors = factor(pattern, &analysis, values);
        let mut plan = Plan::new(pattern, &analysis, &factors, values).unwrap();
        plan.schedule = Schedule::new(&plan, Kernels::Panels);
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
        plan.schedule = Schedule::new(&plan, Kernels::Columns);
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
    fn each_run_of_columns_gets_the_kernel_that_suits_it() {
        let segments = |sample: Sample| {
            let analysis = analyze(&sample.pattern).unwrap();
            let factors = factor(&sample.pattern, &analysis, &sample.values);
            let plan = Plan::new(&sample.pattern, &analysis, &factors, &sample.values).unwrap();
            let segments = plan.schedule.segments.clone();
            // Every column is there once, in order.
            let mut next = 0;
            for segment in &segments {
                let (first, end) = match *segment {
                    Segment::Columns { first, end } | Segment::Chain { first, end } => (first, end),
                    Segment::Panel(panel) => {
                        let extent = plan.schedule.panels.extent(panel as usize);
                        (extent.first as u32, extent.end as u32)
                    }
                };
                assert_eq!(first, next);
                next = end;
            }
            assert_eq!(next as usize, sample.pattern.n());
            segments
        };
        let ladder = segments(gallery::ladder(100).unwrap());
        assert!(
            ladder.iter().any(|s| matches!(s, Segment::Chain { first, end } if end - first > 90))
        );
        let grid = segments(gallery::grid(30).unwrap());
        assert!(matches!(grid[0], Segment::Columns { .. }));
        assert!(matches!(grid.last(), Some(Segment::Panel(_))));
    }

    #[test]
    fn merging_keeps_order_and_drops_repetitions() {
        let mut union = vec![7];
        merge(&[1, 3, 5], &[2, 3, 9], &mut union);
        assert_eq!(union, [1, 2, 3, 5, 9]);
        merge(&[], &[4], &mut union);
        assert_eq!(union, [4]);
    }
}
