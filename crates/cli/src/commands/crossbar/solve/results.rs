//! What is kept of solutions, how it is written, and what is said about it.

use ovonic::crossbar::{
    CrossbarError, Direction, Island, Method, PortCurrents, Solution, SolveReport, Solver,
};
use ovonic::waveforms::Matrix;
use serde_json::{Value, json};

use super::SolveArgs;
use crate::commands::crossbar::files::{folder, write};
use crate::commands::run::Stats;
use crate::console::Console;
use crate::exit::Failure;
use crate::host;
use crate::text::{engineering, grouped};

/// What is kept of the solutions.
pub(super) struct Results {
    cols: usize,
    currents: Vec<f64>,
    node_voltages: Option<[(usize, Vec<f64>); 2]>,
    reports: Vec<SolveReport>,
    /// Power of each input.
    power: Vec<f64>,
    /// Difference between ports and the whole array for the first input, relative; `None` where ports were not used.
    ports: Option<f64>,
}

impl Results {
    pub(super) fn new(arguments: &SolveArgs, rows: usize, cols: usize, inputs: usize) -> Results {
        let layer = || (rows, Vec::with_capacity(rows * cols * inputs));
        Results {
            cols,
            currents: Vec::with_capacity(cols * inputs),
            node_voltages: arguments.node_voltages.is_some().then(|| [layer(), layer()]),
            reports: Vec::new(),
            power: Vec::new(),
            ports: None,
        }
    }

    pub(super) fn take(&mut self, solution: &Solution) {
        self.currents.extend(solution.outputs());
        if let Some([word, bit]) = &mut self.node_voltages {
            word.1.extend(solution.voltages(Direction::Word).values());
            bit.1.extend(solution.voltages(Direction::Bit).values());
        }
        self.power.push(solution.report.power);
        self.reports.push(solution.report);
    }

    /// Replaces what has been taken by the currents of all inputs, which for the first must be the same.
    pub(super) fn take_ports(&mut self, found: &PortCurrents) -> Result<(), Failure> {
        let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|v| v * v).sum::<f64>().sqrt();
        let first = found.outputs.row(0).iter().zip(&self.currents);
        let off = norm(&mut first.map(|(a, b)| a - b)) / norm(&mut self.currents.iter().copied());
        if off > 1e-9 {
            let error = CrossbarError::NotConverged { iterations: 1, reached: off, wanted: 1e-9 };
            return Err(error.into());
        }
        self.currents = found.outputs.values().to_vec();
        self.power.clone_from(&found.power);
        self.ports = Some(off);
        for report in &mut self.reports {
            report.array_imbalance = report.array_imbalance.max(found.array_imbalance);
        }
        Ok(())
    }

    pub(super) fn write(
        &mut self,
        arguments: &SolveArgs,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let currents = Matrix::new(self.power.len(), self.cols, std::mem::take(&mut self.currents));
        match &arguments.currents {
            Some(path) => write(path, &currents)?,
            None if arguments.stats != Stats::Json => currents.write_csv(console.out())?,
            None => {}
        }
        if let (Some(path), Some(layers)) = (&arguments.node_voltages, self.node_voltages.take()) {
            folder(path)?;
            let ending = if arguments.npy { "npy" } else { "csv" };
            for (name, (rows, values)) in ["word", "bit"].into_iter().zip(layers) {
                let matrix = Matrix::new(rows * self.reports.len(), self.cols, values);
                write(&path.join(format!("{name}.{ending}")), &matrix)?;
            }
        }
        Ok(())
    }

    /// The largest of a number over all inputs.
    fn worst(&self, of: impl Fn(&SolveReport) -> f64) -> f64 {
        self.reports.iter().map(of).fold(0.0, f64::max)
    }
}

/// Says how good the results are and what they took.
pub(super) fn report(
    arguments: &SolveArgs,
    solver: &Solver,
    results: &Results,
    [read, setup, solve]: [f64; 3],
    console: &mut Console,
) -> Result<(), Failure> {
    if !solver.islands().is_empty() && arguments.stats != Stats::None {
        console.say(&islands(solver));
    }
    let iterations: Vec<usize> = results.reports.iter().map(|report| report.iterations).collect();
    let method = match results.reports.last().map(|report| report.method) {
        _ if results.ports.is_some() => "ports",
        Some(Method::Direct) => "direct",
        _ => "iterative",
    };
    let (rows, cols) = solver.shape();
    let error = results.worst(|report| report.error);
    let residual = results.worst(|report| report.residual);
    let node = results.worst(|report| report.node_imbalance);
    let whole = results.worst(|report| report.array_imbalance);
    match arguments.stats {
        Stats::None => {}
        Stats::Table => {
            let most = iterations.iter().max().copied().unwrap_or(0);
            let mut text = format!(
                "{rows} x {cols} array, {} unknowns, {} input(s): {method}, {most} iterations\n",
                grouped(2 * rows * cols),
                results.power.len(),
            );
            text += &format!(
                "error {error:.1e}, residual {residual:.1e}, current balance {node:.1e} at nodes, \
                 {whole:.1e} of the whole array\n"
            );
            text += &format!("read {}s, solved {}s", engineering(read), engineering(solve));
            text += &format!(" (set-up {}s)", engineering(setup));
            if let Some(bytes) = host::peak_memory() {
                text += &format!(", peak memory {:.1} MB", bytes as f64 / 1e6);
            }
            console.say(&(text + "\n"));
        }
        Stats::Json => {
            let grid = solver.coarse_grid().map(|grid| {
                json!({ "distance": grid.distance, "size": grid.size, "levels": grid.levels })
            });
            let islands: Vec<Value> = solver.islands().iter().map(island).collect();
            let object = json!({
                "program": concat!("ovonic ", env!("CARGO_PKG_VERSION")),
                "rows": rows,
                "cols": cols,
                "unknowns": 2 * rows * cols,
                "inputs": results.power.len(),
                "method": method,
                "iterations": iterations,
                "error": error,
                "residual": residual,
                "node_imbalance": node,
                "largest_imbalance_amperes": results.worst(|report| report.largest_imbalance),
                "array_imbalance": whole,
                "power_watts": results.power,
                "ports_difference": results.ports,
                "islands": islands,
                "coarse_grid": grid,
                "factor_nnz": solver.factor_size().map(|(_, nnz)| nnz),
                "threads": arguments.threads,
                "read_seconds": read,
                "setup_seconds": setup,
                "solve_seconds": solve,
                "peak_memory_bytes": host::peak_memory(),
            });
            console.out().write_all(format!("{object}\n").as_bytes())?;
        }
    }
    Ok(())
}

fn island(island: &Island) -> Value {
    json!({
        "line": island.direction.to_string(),
        "row": island.row + 1,
        "col": island.col + 1,
        "nodes": island.nodes(),
    })
}

fn islands(solver: &Solver) -> String {
    let islands = solver.islands();
    let first = &islands[0];
    format!(
        "warning: {} part(s) of the array have no path to any source; their voltage is arbitrary and set to 0\n  \
         the first has {} node(s), among them the {} line's at row {}, column {}\n",
        islands.len(),
        first.nodes(),
        first.direction,
        first.row + 1,
        first.col + 1,
    )
}
