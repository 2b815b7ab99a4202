//! Races the sparse kernel against KLU, phase by phase, on matrices of typical circuits.
//!
//! ```sh
//! cargo bench --package ovonic-benches --bench klu -- [--only NAME] [--complex] [--rounds N] [FILE.mtx]…
//! ```
//!
//! KLU (SuiteSparse, LGPL) is a yardstick and no dependency: `driver.c` is compiled against the
//! installed library, runs as a process of its own for each scaling, and is asked for one phase at a
//! time, in turn with ours, so that whatever slows the machine slows all alike. Times are processor
//! seconds of the thread; a sample repeats its phase until it is long enough to be told from the
//! clock, and medians of the samples are compared. Without a compiler or the library it says so and
//! stops.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod rival;
mod table;

use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use cpu_time::ThreadTime;
use num_complex::Complex64;
use ovonic_benches::{Family, MATRICES, PHASES};
use ovonic_numerics::sparse::gallery::Sample;
use ovonic_numerics::sparse::{
    LinearSolver, MarketNumber, Refiner, ResidualTolerance, SparseLu, read_market,
};
use rival::Klu;
use table::{Row, Table};

/// A sample lasts at least this long unless one repetition does.
const SAMPLE: Duration = Duration::from_millis(20);

const USAGE: &str = "usage: klu [--only NAME] [--complex] [--rounds N] [FILE.mtx]…";

struct Options {
    only: Option<String>,
    complex: bool,
    rounds: usize,
    files: Vec<String>,
}

fn main() -> ExitCode {
    let outcome = options().and_then(|options| run(&options));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("klu: {message}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options { only: None, complex: false, rounds: 5, files: Vec::new() };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            // Cargo says so to every bench.
            "--bench" => {}
            "--only" => options.only = Some(words.next().ok_or(USAGE)?),
            "--complex" => options.complex = true,
            "--rounds" => {
                let rounds = words.next().and_then(|text| text.parse().ok());
                options.rounds = rounds.filter(|&rounds| rounds > 0).ok_or(USAGE)?;
            }
            file if !file.starts_with('-') => options.files.push(file.to_owned()),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<(), String> {
    let klu = match Klu::compile()? {
        Some(klu) => klu,
        None => {
            eprintln!("klu: SKIPPED: no C compiler, or no libsuitesparse-dev to compile against");
            return Ok(());
        }
    };
    let mut table = Table::default();
    for (family, name, build) in MATRICES {
        if !options.files.is_empty()
            || options.only.as_ref().is_some_and(|only| !name.contains(only.as_str()))
        {
            continue;
        }
        let sample = build().map_err(|error| format!("{name}: {error}"))?;
        table.push(race_sample(&klu, options, Some(family), name, &sample)?);
    }
    for file in &options.files {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        let (pattern, values) =
            read_market::<f64>(&text).map_err(|error| format!("{file}: {error}"))?;
        let sample = Sample { pattern: pattern.into(), values };
        table.push(race_sample(&klu, options, None, file, &sample)?);
    }
    println!("{table}");
    Ok(())
}

/// The matrix of a small signal: each conductance with some susceptance, sources as they are.
fn with_storage(sample: &Sample) -> Vec<Complex64> {
    let storage = |g: f64| if g.abs() == 1.0 { 0.0 } else { 0.3 * g };
    sample.values.iter().map(|&g| Complex64::new(g, storage(g))).collect()
}

fn race_sample(
    klu: &Klu,
    options: &Options,
    family: Option<Family>,
    name: &str,
    sample: &Sample,
) -> Result<Row, String> {
    eprintln!("racing on {name}");
    let rounds = options.rounds;
    let (seconds, factor_entries, errors) = if options.complex {
        race(klu, name, sample, &with_storage(sample), rounds, Complex64::new)
    } else {
        race(klu, name, sample, &sample.values, rounds, |re, _| re)
    }?;
    let (name, unknowns) = (name.to_owned(), sample.pattern.n());
    Ok(Row { family, name, unknowns, factor_entries, seconds, errors })
}

/// What a race measures: the fields of [`Row`].
type Measured = ([[f64; 3]; 4], [usize; 2], [f64; 3]);

fn race<T: MarketNumber>(
    klu: &Klu,
    name: &str,
    sample: &Sample,
    values: &[T],
    rounds: usize,
    number: fn(f64, f64) -> T,
) -> Result<Measured, String> {
    let unsound = |error: ovonic_numerics::sparse::SolverError| format!("{name}: {error}");
    let pattern = &sample.pattern;
    let mut scaled = klu.start(pattern, values, 2, number)?;
    let mut unscaled = klu.start(pattern, values, -1, number)?;
    let mut ours = SparseLu::<T>::new(pattern.clone()).map_err(unsound)?;
    ours.factor(values).map_err(unsound)?;
    let mut x = vec![T::ONE; pattern.n()];
    let mut run_ours = |phase: usize, count: usize| -> Result<f64, String> {
        let start = ThreadTime::now();
        for _ in 0..count {
            match phase {
                0 => drop(SparseLu::<T>::new(pattern.clone()).map_err(unsound)?),
                1 => ours.factor(values).map_err(unsound)?,
                2 => ours.refactor(values).map_err(unsound)?,
                _ => {
                    x.fill(T::ONE);
                    ours.solve(&mut x).map_err(unsound)?;
                }
            }
        }
        Ok(start.elapsed().as_secs_f64())
    };
    let mut seconds = [[0.0; 3]; 4];
    for (phase, word) in PHASES.iter().enumerate() {
        let mut samples: [Vec<f64>; 3] = Default::default();
        let mut counts = [1; 3];
        // The first turn warms caches and tells how often to repeat.
        for round in 0..=rounds {
            for (who, times) in samples.iter_mut().enumerate() {
                let count = counts[who];
                let elapsed = match who {
                    0 => run_ours(phase, count)?,
                    1 => unscaled.time(word, count)?,
                    _ => scaled.time(word, count)?,
                };
                if round == 0 {
                    counts[who] = (SAMPLE.as_secs_f64() / elapsed.max(1e-7)).ceil() as usize;
                } else {
                    times.push(elapsed / count as f64);
                }
            }
        }
        seconds[phase] = samples.map(median);
    }
    let error = |x: &[T]| backward_error(pattern, values, x);
    let errors = [error(&x), error(&unscaled.solution()?), error(&scaled.solution()?)];
    let entries = [ours.statistics().factor_nnz, unscaled.factor_entries()?];
    Ok((seconds, entries, errors))
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// The largest componentwise |b − A·x| / (|A|·|x| + |b|) for b of ones.
fn backward_error<T: MarketNumber>(
    pattern: &ovonic_numerics::sparse::Pattern,
    values: &[T],
    x: &[T],
) -> f64 {
    let rhs = vec![T::ONE; pattern.n()];
    let tolerance = ResidualTolerance { relative: 1.0, absolute: 1.0 };
    Refiner::new(pattern.n()).check(pattern, values, &rhs, x, tolerance).error
}
