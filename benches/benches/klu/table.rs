//! The race's results as a table in Markdown.

use std::fmt;

use ovonic_benches::Family;

/// The families of the summary.
const FAMILIES: [(Family, &str); 3] = [
    (Family::Ladder, "ladders"),
    (Family::Mesh, "grids and crossbars"),
    (Family::Circuit, "circuits"),
];

/// One matrix; thrice means ours, KLU without row scaling, KLU with its default.
pub(crate) struct Row {
    /// `None` for a matrix from a file.
    pub(crate) family: Option<Family>,
    pub(crate) name: String,
    pub(crate) unknowns: usize,
    /// Ours and KLU's.
    pub(crate) factor_entries: [usize; 2],
    /// Of analysis, factorisation, refactorisation and solution.
    pub(crate) seconds: [[f64; 3]; 4],
    /// Componentwise backward errors of the solution, without refinement.
    pub(crate) errors: [f64; 3],
}

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(crate) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "| matrix | unknowns | factor entries, × KLU | analysis | factor | refactor | solve | refactor, × scaled | refactor, µs | error | KLU's |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let ratio =
                |phase: usize, rival: usize| row.seconds[phase][0] / row.seconds[phase][rival];
            writeln!(
                out,
                "| {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {:.0e} | {:.0e} |",
                row.name,
                row.unknowns,
                row.factor_entries[0] as f64 / row.factor_entries[1] as f64,
                ratio(0, 1),
                ratio(1, 1),
                ratio(2, 1),
                ratio(3, 1),
                ratio(2, 2),
                1e6 * row.seconds[2][0],
                row.errors[0],
                row.errors[1],
            )?;
        }
        for (family, name) in FAMILIES {
            let rows: Vec<&Row> =
                self.rows.iter().filter(|row| row.family == Some(family)).collect();
            if rows.len() < 2 {
                continue;
            }
            let mean = |phase: usize, rival: usize| {
                let logs: f64 = rows
                    .iter()
                    .map(|row| (row.seconds[phase][0] / row.seconds[phase][rival]).ln())
                    .sum();
                (logs / rows.len() as f64).exp()
            };
            writeln!(
                out,
                "| **{name}, geometric mean** | | | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | | | |",
                mean(0, 1),
                mean(1, 1),
                mean(2, 1),
                mean(3, 1),
                mean(2, 2),
            )?;
        }
        Ok(())
    }
}
