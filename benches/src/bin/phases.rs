//! Repeats one phase of the sparse solver on one matrix, for counting its instructions.
//!
//! ```sh
//! phases MATRIX analyze|factor|refactor|solve COUNT
//! ```
//!
//! Two runs with different counts differ by the phase alone; building the matrix drops out.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::env;
use std::process::ExitCode;

use ovonic_benches::{PHASES, matrix};
use ovonic_numerics::sparse::{LinearSolver, SolverError, SparseLu};

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let [name, phase, count] = words.as_slice() else {
        return usage();
    };
    let (Ok(count), true) = (count.parse(), PHASES.contains(&phase.as_str())) else {
        return usage();
    };
    match repeat(name, phase, count) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("phases: {error}");
            ExitCode::FAILURE
        }
        None => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: phases MATRIX {} COUNT", PHASES.join("|"));
    ExitCode::FAILURE
}

fn repeat(name: &str, phase: &str, count: usize) -> Option<Result<(), SolverError>> {
    let sample = matrix(name)?;
    let run = || -> Result<(), SolverError> {
        let sample = sample?;
        let mut solver = SparseLu::<f64>::new(sample.pattern.clone())?;
        solver.factor(&sample.values)?;
        let mut x = vec![1.0; sample.pattern.n()];
        for _ in 0..count {
            match phase {
                "analyze" => drop(SparseLu::<f64>::new(sample.pattern.clone())?),
                "factor" => solver.factor(&sample.values)?,
                "refactor" => solver.refactor(&sample.values)?,
                _ => solver.solve(&mut x)?,
            }
        }
        Ok(())
    };
    Some(run())
}
