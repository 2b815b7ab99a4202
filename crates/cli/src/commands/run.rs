//! `ovonic run`: simulates a netlist.
//!
//! Results go to the files that were asked for and tables to standard output; what is said about the run goes to
//! standard error. Nothing is written beside the deck unless asked.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ovonic::netlist::parse_number;
use ovonic::waveforms::{Plot, PlotKind, split_path};
use ovonic::{LoadOptions, Simulation};

use crate::args::DialectArgs;
use crate::commands::plot::{draw, format_of};
use crate::console::Console;
use crate::exit::{Failure, Status};
use crate::outputs::{Files, Keep, is_standard, raw_bytes};
use crate::plot::{Format, PlotRequest};
use crate::render;
use crate::simulate::{self, Finished, Loaded, Manner, Order, analysis_of};
use crate::statistics::Statistics;
use crate::tables;
use crate::{measures, notes};

/// Arguments of `run`.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// Netlist; - is standard input
    pub(crate) deck: PathBuf,
    /// Write all results to a raw file; - is standard output, which the raw file gets at the end of the run
    #[arg(short, long, value_name = "FILE")]
    pub(crate) raw: Option<PathBuf>,
    /// Write the numbers of the raw file as text
    #[arg(long, requires = "raw")]
    pub(crate) ascii: bool,
    /// Write all results as comma-separated tables; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Give each analysis files of its own: out.raw becomes out.tran.raw
    #[arg(long)]
    pub(crate) split: bool,
    /// Write what .meas cards find, over what is stepped, to a raw file or a table (.csv)
    #[arg(long, value_name = "FILE")]
    pub(crate) measures: Option<PathBuf>,
    /// Plot what .plot cards ask for, or all voltages and currents; .svg, .png or .html, - for the terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Write tables, measures and statistics here instead of to the terminal
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// How to report the work that was done; json prints one object to standard output and no tables
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) stats: Stats,
    /// No progress, no statistics, no warnings
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Write the netlist with its arrays as single elements, for other simulators, and run nothing
    #[arg(long, value_name = "FILE")]
    pub(crate) expand: Option<PathBuf>,
    /// Give a .param another value
    #[arg(short = 'D', long = "define", value_name = "NAME=VALUE", value_parser = definition)]
    pub(crate) definitions: Vec<(String, f64)>,
    /// How to read the netlist.
    #[command(flatten)]
    pub(crate) dialect: DialectArgs,
}

/// How work is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stats {
    /// A table on standard error
    Table,
    /// One JSON object on standard output
    Json,
    /// Nothing
    None,
}

/// `name=value` with the suffixes of netlists.
fn definition(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "expected name=value".to_owned())?;
    let value = parse_number(value.trim()).map_err(|error| error.to_string())?;
    Ok((name.trim().to_lowercase(), value))
}

/// Writes the netlist without its arrays.
fn expand(path: &Path, simulation: &Simulation, console: &mut Console) -> Result<Status, Failure> {
    match simulation.plain_netlist() {
        Ok(text) => {
            std::fs::write(path, text).map_err(|error| Failure::write(path, error))?;
            Ok(Status::Success)
        }
        Err(error) => {
            render::show(error.diagnostics(), simulation.sources(), false, console);
            Ok(Status::Usage)
        }
    }
}

/// Simulates, and shows what the netlist and the command line ask for.
pub(crate) fn run(arguments: &RunArgs, console: &mut Console) -> Result<Status, Failure> {
    let data = arguments.data_on_standard_output()?;
    let format =
        arguments.plot.as_deref().map(|path| format_of(Some(path), console)).transpose()?;
    let options = LoadOptions {
        dialect: arguments.dialect.dialect(),
        parameters: arguments.definitions.clone(),
        ..LoadOptions::default()
    };
    let quiet = arguments.quiet;
    let Some(loaded) = simulate::load(&arguments.deck, &options, quiet, console)? else {
        return Ok(Status::Usage);
    };
    let Loaded { mut simulation, seconds } = loaded;
    if let Some(path) = &arguments.expand {
        return expand(path, &simulation, console);
    }
    let mut log = open_log(arguments.log.as_deref())?;
    // Raw files are completed from behind, which a pipe does not allow: their bytes go out at the end.
    let raw_file = arguments.raw.clone().filter(|path| !is_standard(path));
    let piped = arguments.raw.is_some() && raw_file.is_none();
    let files = Files {
        raw: raw_file,
        ascii: arguments.ascii,
        csv: arguments.csv.clone(),
        split: arguments.split,
    };
    let keep = match format {
        _ if piped => Keep::All,
        Some(_) => Keep::All,
        None => simulate::needed(&simulation),
    };
    let progress = console.interactive() && !quiet;
    let mut printed = String::new();
    let finished = {
        // A log gets everything at its end; a standard output of data is for nothing else.
        let mut print = |text: &str| match (&log, data) {
            (Some(_), _) => printed.push_str(text),
            (None, true) => console.say(text),
            (None, false) => console.print(text),
        };
        let manner =
            Manner { files, keep, order: Order::Cards, show_progress: progress, print: &mut print };
        simulate::run(&mut simulation, manner)?
    };
    let status = finished.status();
    if let Some(control) = &finished.control {
        render::show(&control.diagnostics, simulation.sources(), quiet, console);
    }
    let report = Report {
        printed,
        arguments,
        simulation: &simulation,
        finished: &finished,
        statistics: Statistics {
            simulation: &simulation,
            finished: &finished,
            load_seconds: seconds,
            status,
        },
    };
    report.show(log.as_mut(), console)?;
    if piped {
        let bytes = raw_bytes(finished.outputs.results(), arguments.ascii)?;
        console.out().write_all(&bytes)?;
    }
    if let Some(path) = &arguments.measures {
        measures::write(&finished.measurements, simulation.title(), path)?;
    }
    if let (Some(path), Some(format)) = (&arguments.plot, format) {
        plot(&simulation, &finished, path, format, console)?;
    }
    // The program ends here, and the system takes a large circuit's memory back faster than it can be freed.
    std::mem::forget(simulation);
    Ok(status)
}

fn open_log(path: Option<&Path>) -> Result<Option<(PathBuf, File)>, Failure> {
    let open = |path: &Path| match File::create(path) {
        Ok(file) => Ok((path.to_owned(), file)),
        Err(error) => Err(Failure::write(path, error)),
    };
    path.filter(|path| !is_standard(path)).map(open).transpose()
}

impl RunArgs {
    /// Whether standard output carries data for another program, and nothing else.
    ///
    /// # Errors
    /// When it would carry several kinds at once.
    fn data_on_standard_output(&self) -> Result<bool, Failure> {
        let files = [&self.raw, &self.csv, &self.measures];
        let piped = files.iter().filter(|path| path.as_deref().is_some_and(is_standard)).count();
        match piped + usize::from(self.stats == Stats::Json) {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Failure::Crowded),
        }
    }
}

/// What is shown at the end of a run.
struct Report<'a> {
    /// What control blocks have said to a log.
    printed: String,
    arguments: &'a RunArgs,
    simulation: &'a Simulation,
    finished: &'a Finished,
    statistics: Statistics<'a>,
}

impl Report<'_> {
    fn show(
        &self,
        log: Option<&mut (PathBuf, File)>,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let results = self.finished.outputs.results();
        let mut tables = self.printed.clone();
        tables += &tables::of(self.simulation, results, self.finished.control.is_some())?;
        tables += &tables::measurements(&self.finished.measurements, !tables.is_empty());
        tables += &tables::spectra(&self.finished.spectra);
        let data = self.arguments.data_on_standard_output()?;
        let logged = log.is_some();
        if let Some((path, file)) = log {
            let text = self.log(&tables);
            let written = file.write_all(text.as_bytes());
            written.map_err(|error| Failure::write(path, error))?;
        } else if !data {
            console.out().write_all(tables.as_bytes())?;
        } else if self.arguments.stats != Stats::Json && !self.arguments.quiet {
            console.say(&tables::measurements(&self.finished.measurements, false));
            console.say(&tables::spectra(&self.finished.spectra));
        }
        for error in self.finished.all_errors() {
            console.say(&format!("error: {error}\n"));
        }
        if !self.arguments.quiet {
            console.say(&self.notes());
        }
        if self.finished.is_interrupted() {
            console.say("interrupted; the results so far are complete up to that point\n");
        }
        match self.arguments.stats {
            Stats::Json => console.out().write_all(self.statistics.json().as_bytes())?,
            Stats::Table if !self.arguments.quiet && !logged => {
                console.say(&self.statistics.table());
            }
            Stats::Table | Stats::None => {}
        }
        let lost = tables.is_empty()
            && !self.finished.outputs.has_files()
            && self.arguments.raw.is_none()
            && self.arguments.plot.is_none()
            && self.arguments.measures.is_none()
            && self.finished.control.is_none()
            && !self.finished.analyses.is_empty();
        if lost && !self.arguments.quiet {
            console.say(
                "note: the results were not shown; ask for them with .print, -r, --csv or --plot\n",
            );
        }
        Ok(())
    }

    /// Remarks on the analyses.
    fn notes(&self) -> String {
        self.finished.analyses.iter().map(|ran| notes::of(&ran.report)).collect()
    }

    /// Everything in one text; its first line is what readers of logs look for.
    fn log(&self, tables: &str) -> String {
        let mut text = format!("Circuit: {}\n\n{tables}", self.simulation.title());
        for error in self.finished.all_errors() {
            text += &format!("error: {error}\n");
        }
        text += &self.notes();
        if self.arguments.stats != Stats::None {
            text.push('\n');
            text += &self.statistics.table();
        }
        text
    }
}

/// Draws what `.plot` cards list, one file for each analysis; without cards all that every analysis has.
fn plot(
    simulation: &Simulation,
    finished: &Finished,
    path: &Path,
    format: Format,
    console: &mut Console,
) -> Result<(), Failure> {
    let measured = measures::plots(&finished.measurements, simulation.title());
    let results = finished.outputs.results();
    let analyses = results.plots.iter().filter(|plot| plot.kind.has_scale());
    let mut groups: Vec<(Vec<&Plot>, PlotRequest)> = Vec::new();
    for plot in analyses.chain(&measured) {
        let same = groups.iter_mut().find(|(group, _)| group[0].kind == plot.kind);
        match (same, requested(simulation, &plot.kind)) {
            (Some((group, _)), _) => group.push(plot),
            (None, Some(request)) => groups.push((vec![plot], request)),
            (None, None) => {}
        }
    }
    if groups.is_empty() {
        console.say("note: there is nothing to plot; an operating point has no curves\n");
    }
    for (group, request) in &groups {
        let kind = &group[0].kind;
        if is_standard(path) {
            draw(group, request, format, None, console)?;
            continue;
        }
        let path = if groups.len() == 1 { path.to_owned() } else { split_path(path, kind, 0) };
        draw(group, request, format, Some(&path), console)?;
    }
    Ok(())
}

/// How plots of a kind are to be drawn; `None` where they are not.
fn requested(simulation: &Simulation, kind: &PlotKind) -> Option<PlotRequest> {
    let is_measures = *kind == measures::kind();
    if !simulation.has_pictures() {
        return (!is_measures).then(PlotRequest::default);
    }
    let analysis = if is_measures { Some("meas") } else { analysis_of(kind) };
    let picture = simulation.picture(analysis?)?;
    Some(PlotRequest {
        signals: picture.signals,
        x: picture.over,
        log_x: picture.log_x.then_some(true),
        log_y: picture.log_y,
        ..PlotRequest::default()
    })
}
