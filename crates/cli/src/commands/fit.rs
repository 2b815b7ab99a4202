//! `ovonic fit`: from measured curves to a model card.
//!
//! The plan comes from a file (`fit.toml`) or from the command line. Progress goes to standard error, the card to
//! standard output, the report to the files that were asked for. The exit code is 4 when the asked tolerance was not met.

mod plan;
mod population;
mod report;
mod resume;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use ovonic::calibrate::{FitError, FitReport, fit};
use ovonic::{FitPlan, LoadOptions, PlanError, PreparedFit};

use crate::args::DialectArgs;
use crate::console::Console;
use crate::exit::{Failure, Status};
use crate::host;

/// Arguments of `fit`.
#[derive(Args, Debug, Default)]
pub(crate) struct FitArgs {
    /// Plan (.toml), or the netlist that is the experiment
    pub(crate) plan: PathBuf,
    /// Measured data: csv, tsv, blanks or npy
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Data that only judge the result
    #[arg(long, value_name = "FILE")]
    hold_out: Vec<PathBuf>,
    /// What the columns are, such as V=1,I=2:uA or t=time,I=i_*
    #[arg(long, value_name = "ROLE=COLUMN")]
    map: Vec<String>,
    /// What to fit, such as d1.is=1e-16..1e-12 or r1=10..1k,log,start=100
    #[arg(short, long = "param", value_name = "NAME=LOW..HIGH")]
    parameters: Vec<String>,
    /// Another name with a parameter's value, such as d2.is=d1.is or r2=2*r1
    #[arg(long = "tie", value_name = "NAME=NAME")]
    ties: Vec<String>,
    /// Source that takes the measured drive
    #[arg(long, value_name = "NAME")]
    drive: Option<String>,
    /// What the response is in the deck, such as v(out); by default the current that the drive delivers
    #[arg(long, value_name = "OUTPUT")]
    observe: Option<String>,
    /// Rate of a sweep without times, V/s
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    rate: Option<f64>,
    /// Time from point to point of a sweep without times, s
    #[arg(long, value_name = "NUMBER", value_parser = number, conflicts_with = "rate")]
    dwell: Option<f64>,
    /// Minimise differences in decades, of responses above this
    #[arg(long, value_name = "FLOOR", value_parser = number, num_args = 0..=1, default_missing_value = "0")]
    log_current: Option<f64>,
    /// Minimise relative differences, of responses above this
    #[arg(long, value_name = "FLOOR", value_parser = number, num_args = 0..=1, default_missing_value = "0")]
    relative: Option<f64>,
    /// Minimise the distance from the curve; the abscissa that counts as a decade
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    curve: Option<f64>,
    /// Compliance of the instrument: the true response may be larger there
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    compliance: Option<f64>,
    /// Noise floor of the instrument: the true response is at most that below
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    noise_floor: Option<f64>,
    /// Branches of the sweep that count: up, down, set, reset
    #[arg(long, value_name = "BRANCH")]
    branch: Vec<String>,
    /// At most so many points of each trace count
    #[arg(long, value_name = "N")]
    max_points: Option<usize>,
    /// Leave rows with missing values out
    #[arg(long)]
    skip_missing: bool,
    /// Number of starts
    #[arg(long, value_name = "N")]
    starts: Option<usize>,
    /// Generations of a global search before each start
    #[arg(long, value_name = "N")]
    generations: Option<u64>,
    /// Seed of everything that is drawn
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Find intervals by profile likelihood too
    #[arg(long)]
    profile: bool,
    /// Largest relative error that is good enough, such as 0.02
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    max_error: Option<f64>,
    /// Largest difference in decades that is good enough
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    max_decades: Option<f64>,
    /// Write the model card here instead of to standard output
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    /// Write a report; .html or .json
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
    /// Keep finished starts here, and do not run those again that it has
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// No progress, no table
    #[arg(short, long)]
    quiet: bool,
    /// How to read the netlist.
    #[command(flatten)]
    dialect: DialectArgs,
}

/// A number with the suffixes of netlists.
fn number(text: &str) -> Result<f64, String> {
    ovonic::netlist::parse_number(text.trim()).map_err(|error| error.to_string())
}

/// Fits, and shows what came of it.
pub(crate) fn run(arguments: &FitArgs, console: &mut Console) -> Result<Status, Failure> {
    let (plan, folder) = plan::read(arguments)?;
    let load = LoadOptions { dialect: arguments.dialect.dialect(), ..LoadOptions::default() };
    let prepared = match plan.prepare(&folder, &load) {
        Ok(prepared) => prepared,
        Err(PlanError::Unfit(findings)) => {
            for finding in &findings {
                console.say(&format!("{finding}\n"));
            }
            return Ok(Status::Usage);
        }
        Err(error) => return Err(Failure::Fit(error.to_string())),
    };
    for finding in prepared.findings.iter().filter(|_| !arguments.quiet) {
        console.say(&format!("{finding}\n"));
    }
    if !plan.variation.is_empty() {
        return population::run(arguments, &plan, &prepared, console);
    }
    let state = arguments.resume.as_deref().map(|path| resume::State::open(path, &prepared));
    let state = state.transpose()?;
    let finished = state.as_ref().map_or_else(Vec::new, |state| state.starts().to_vec());
    let began = Instant::now();
    let shown = console.interactive() && !arguments.quiet;
    let watch = watch::Watch::new(shown, prepared.options.starts, state);
    let fitted = fit(&prepared.problem, &prepared.options, &finished, &watch);
    watch.clear();
    let report = match fitted {
        Ok(report) => report,
        Err(error) => return no_fit(error, console),
    };
    let is_met = plan.is_met(&report);
    let seconds = began.elapsed().as_secs_f64();
    conclude(arguments, &plan, &prepared, &report, seconds, is_met, console)?;
    Ok(if is_met { Status::Success } else { Status::Unmet })
}

/// A fit without a result.
fn no_fit(error: FitError, console: &mut Console) -> Result<Status, Failure> {
    if let FitError::Problem(error) = error {
        return Err(Failure::Fit(error.to_string()));
    }
    console.say(&format!("error: {error}\n"));
    Ok(Status::NotConverged)
}

fn conclude(
    arguments: &FitArgs,
    plan: &FitPlan,
    prepared: &PreparedFit,
    report: &FitReport,
    seconds: f64,
    is_met: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    if !arguments.quiet {
        console.say(&report::table(report, seconds));
    }
    for warning in report.warnings() {
        console.say(&format!("warning: {warning}\n"));
    }
    if report.is_cancelled {
        console.say("interrupted; this is the best so far\n");
    }
    if !is_met {
        console.say("the asked tolerance was not met\n");
    }
    let files: Vec<String> = plan.data.iter().map(|data| data.file.display().to_string()).collect();
    let provenance = [
        format!("fitted by ovonic {} on {}", env!("CARGO_PKG_VERSION"), host::date()),
        format!("data: {}", files.join(", ")),
        format!(
            "relative error {:.3} %, {:.3} decades, {} points, {} starts with a spread of {:.1} %",
            100.0 * report.relative_error(false),
            report.decades(false),
            report.n_points,
            report.starts.len(),
            100.0 * report.spread(),
        ),
    ];
    let mut provenance = provenance.to_vec();
    provenance.extend(report.warnings().iter().map(|warning| format!("warning: {warning}")));
    let card = prepared.card(report, &provenance).map_err(|e| Failure::Fit(e.to_string()))?;
    write_card(arguments, &card, console)?;
    for path in &arguments.report {
        let json = path.extension().is_some_and(|ending| ending == "json");
        let bytes = if json {
            serde_json::to_vec_pretty(report).unwrap_or_default()
        } else {
            report::page(report, &card, "")?
        };
        write(path, &bytes)?;
    }
    Ok(())
}

fn write_card(arguments: &FitArgs, card: &str, console: &mut Console) -> Result<(), Failure> {
    match &arguments.card {
        Some(path) => write(path, card.as_bytes()),
        None => Ok(console.out().write_all(card.as_bytes())?),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| Failure::write(path, error))
}
