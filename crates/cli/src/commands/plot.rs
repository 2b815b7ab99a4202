//! `ovonic plot`: pictures of results that a simulator left in a raw or csv file.

use std::fs::{self, File};
use std::path::Path;

use ovonic::waveforms::{Plot, PlotKind, Results, read_csv, read_raw};

use crate::args::PlotArgs;
use crate::console::Console;
use crate::exit::{Failure, Status};
use crate::outputs::is_standard;
use crate::plot::{Format, PlotRequest, figure};

/// Rows of a terminal plot.
const ROWS: usize = 24;

/// Draws the chosen signals of a file, on the terminal if no other file is named.
pub(crate) fn run(arguments: &PlotArgs, console: &mut Console) -> Result<Status, Failure> {
    let output = arguments.output.as_deref().filter(|path| !is_standard(path));
    let format = format_of(output, console)?;
    let results = read(&arguments.results, console)?;
    let plots = choose(&results, arguments.analysis.as_deref())?;
    let request = PlotRequest {
        signals: arguments.signals.clone(),
        x: arguments.x.clone(),
        title: arguments.title.clone(),
        log_x: arguments.log_x.then_some(true),
        log_y: arguments.log_y,
        ..PlotRequest::default()
    };
    draw(&plots, &request, format, output, console)?;
    Ok(Status::Success)
}

/// The format that a file's name stands for; text for the terminal without one, or for `-`.
pub(crate) fn format_of(path: Option<&Path>, console: &Console) -> Result<Format, Failure> {
    match path {
        Some(path) if !is_standard(path) => Ok(Format::of_path(path)?),
        _ => {
            let (columns, colour) = (console.width(), console.colour_out());
            Ok(Format::Terminal { columns, rows: ROWS, colour })
        }
    }
}

/// Draws plots into a file, or on standard output.
pub(crate) fn draw(
    plots: &[&Plot],
    request: &PlotRequest,
    format: Format,
    path: Option<&Path>,
    console: &mut Console,
) -> Result<(), Failure> {
    let figure = figure(plots, request)?;
    let picture = format.render(&figure)?;
    match path {
        Some(path) => fs::write(path, picture).map_err(|error| Failure::write(path, error))?,
        None => console.out().write_all(&picture)?,
    }
    for note in &figure.notes {
        console.say(&format!("note: {note}\n"));
    }
    Ok(())
}

/// Reads a raw file, or a table if the name ends in `.csv`; oddities are warnings.
fn read(path: &Path, console: &mut Console) -> Result<Results, Failure> {
    let file = File::open(path).map_err(|error| Failure::read(path, error))?;
    let is_table = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if is_table {
        return Ok(read_csv(file)?);
    }
    let raw = read_raw(file)?;
    for warning in &raw.warnings {
        console.say(&format!("warning: {}: {warning}\n", path.display()));
    }
    Ok(raw.results)
}

/// The plots of the wanted analysis, or of the first that has a scale: several if the run was stepped.
fn choose<'a>(results: &'a Results, analysis: Option<&str>) -> Result<Vec<&'a Plot>, Failure> {
    let kind = match analysis {
        Some(word) => kind_of(word),
        None => {
            let first = results.plots.iter().find(|plot| plot.kind.has_scale());
            first.map_or(PlotKind::OperatingPoint, |plot| plot.kind.clone())
        }
    };
    let plots: Vec<&Plot> = results.plots.iter().filter(|plot| plot.kind == kind).collect();
    match analysis {
        Some(word) if plots.is_empty() => Err(Failure::UnknownName {
            what: "analysis",
            name: word.to_owned(),
            suggestion: results.plots.first().map(|plot| plot.kind.as_str().to_owned()),
        }),
        _ => Ok(plots),
    }
}

/// The analysis that a directive's word or a plot's name means.
fn kind_of(word: &str) -> PlotKind {
    match word.to_ascii_lowercase().as_str() {
        "op" => PlotKind::OperatingPoint,
        "dc" => PlotKind::DcTransfer,
        "ac" => PlotKind::Ac,
        "tran" => PlotKind::Transient,
        "noise" => PlotKind::NoiseSpectrum,
        "trace" => PlotKind::Trace,
        _ => PlotKind::from_name(word),
    }
}
