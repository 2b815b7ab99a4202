//! `ovonic crossbar read`, `write`, `disturb`, `margin` and `mvm`: what a memory array can do.
//!
//! All of them share one description of the array ([`ArrayArgs`]); results are tables of comma-separated numbers, or JSON.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ovonic::crossbar::{
    Access, Background, Scheme, Selection, SinhSelector, Technology, access, margin, product,
};
use ovonic::waveforms::Matrix;

use super::files::{number, read};
use super::map::{self, Quantity};
use super::pictures;
use super::rows::{Rows, curve};
use crate::console::Console;
use crate::exit::{Failure, Status};

/// What an array is made of.
#[derive(Args, Debug)]
pub(crate) struct ArrayArgs {
    /// Resistance of a cell that conducts, ohm
    #[arg(long, value_name = "OHM", default_value = "10k", value_parser = number)]
    low: f64,
    /// Resistance of a cell that insulates, ohm
    #[arg(long, value_name = "OHM", default_value = "1meg", value_parser = number)]
    high: f64,
    /// Standard deviation of the logarithm of resistances
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = number)]
    spread: f64,
    /// A selector in series with each cell, i = I0 sinh(v/V0)
    #[arg(long, value_name = "I0,V0", value_parser = selector)]
    selector: Option<SinhSelector>,
    /// Resistance of a segment of a word line, ohm
    #[arg(long, value_name = "OHM", default_value = "1", value_parser = number)]
    r_word: f64,
    /// Resistance of a segment of a bit line, ohm
    #[arg(long, value_name = "OHM", default_value = "1", value_parser = number)]
    r_bit: f64,
    /// Resistance of drivers of word lines, ohm
    #[arg(long, value_name = "OHM", default_value = "0", value_parser = number)]
    r_driver: f64,
    /// Resistance behind bit lines, ohm
    #[arg(long, value_name = "OHM", default_value = "0", value_parser = number)]
    r_sense: f64,
    /// Seed of everything that is drawn
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    seed: u64,
    /// Number of threads; results do not depend on it
    #[arg(long, value_name = "COUNT", default_value = "1")]
    threads: usize,
    /// Print JSON instead of comma-separated numbers
    #[arg(long)]
    json: bool,
}

impl ArrayArgs {
    fn technology(&self) -> Technology {
        Technology {
            low: self.low,
            high: self.high,
            spread: self.spread,
            selector: self.selector,
            word_segment: self.r_word,
            bit_segment: self.r_bit,
            driver: self.r_driver,
            sense: self.r_sense,
        }
    }
}

/// How a cell is selected.
#[derive(Args, Debug)]
pub(crate) struct SelectArgs {
    /// What lines that are not selected are put to
    #[arg(long, value_name = "SCHEME", default_value = "half")]
    scheme: SchemeName,
    /// Voltage of the selected word line, V
    #[arg(long, value_name = "VOLT", default_value = "1", value_parser = number)]
    voltage: f64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SchemeName {
    /// All to V/2
    Half,
    /// Word lines to V/3, bit lines to 2V/3
    Third,
    /// Nothing
    Floating,
    /// Ground
    Grounded,
}

impl SchemeName {
    fn scheme(self) -> Scheme {
        match self {
            SchemeName::Half => Scheme::Half,
            SchemeName::Third => Scheme::Third,
            SchemeName::Floating => Scheme::Floating,
            SchemeName::Grounded => Scheme::Grounded,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// It conducts
    Low,
    /// It insulates
    High,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BackgroundName {
    /// All conduct
    Low,
    /// All insulate
    High,
    /// Either, drawn from the seed
    Random,
}

impl BackgroundName {
    fn background(self) -> Background {
        match self {
            BackgroundName::Low => Background::Low,
            BackgroundName::High => Background::High,
            BackgroundName::Random => Background::Random,
        }
    }
}

/// Arguments of `read`, `write` and `disturb`.
#[derive(Args, Debug)]
pub(crate) struct AccessArgs {
    /// Number of word lines
    #[arg(long, default_value = "64")]
    rows: usize,
    /// Number of bit lines; as many as word lines if absent
    #[arg(long)]
    cols: Option<usize>,
    /// Resistance of each cell, ohm, instead of states; .csv or .npy
    #[arg(short = 'R', long, value_name = "FILE")]
    resistances: Option<PathBuf>,
    /// Row of the selected cell; 1, far from where bit lines end, if absent
    #[arg(long, default_value = "1")]
    row: usize,
    /// Column of the selected cell; the last, far from the drivers, if absent
    #[arg(long)]
    col: Option<usize>,
    /// State of the selected cell
    #[arg(long, default_value = "low")]
    state: State,
    /// State of the other cells
    #[arg(long, default_value = "low")]
    background: BackgroundName,
    /// How the cell is selected.
    #[command(flatten)]
    select: SelectArgs,
    /// What the array is made of.
    #[command(flatten)]
    array: ArrayArgs,
    /// Draw a map of the array: .svg, .png or .html
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// What the map shows
    #[arg(long, value_name = "QUANTITY", default_value = "volts")]
    map: Quantity,
    /// Draw voltages and currents along the selected lines: .svg, .png or .html
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

/// Arguments of `disturb`.
#[derive(Args, Debug)]
pub(crate) struct DisturbArgs {
    /// The array and the selected cell.
    #[command(flatten)]
    access: AccessArgs,
    /// Number of classes of the histogram
    #[arg(long, value_name = "COUNT", default_value = "50")]
    bins: usize,
    /// Draw the histogram: .svg, .png or .html
    #[arg(long, value_name = "FILE")]
    histogram: Option<PathBuf>,
}

/// Arguments of `margin`.
#[derive(Args, Debug)]
pub(crate) struct MarginArgs {
    /// Sizes of square arrays
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "8,16,32,64,128")]
    sizes: Vec<usize>,
    /// Select the cell next to drivers and bit line ends instead of the one farthest from them
    #[arg(long)]
    near: bool,
    /// States of the other cells, of which the worst counts
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "low,high")]
    background: Vec<BackgroundName>,
    /// Arrays of each size, drawn with different deviations and states
    #[arg(long, value_name = "COUNT", default_value = "1")]
    trials: u64,
    /// How the cell is selected.
    #[command(flatten)]
    select: SelectArgs,
    /// What the array is made of.
    #[command(flatten)]
    array: ArrayArgs,
    /// Draw the margin against the size: .svg, .png or .html
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

/// Arguments of `mvm`.
#[derive(Args, Debug)]
pub(crate) struct ProductArgs {
    /// Sizes of square arrays
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "16,32,64,128")]
    sizes: Vec<usize>,
    /// Arrays of each size
    #[arg(long, value_name = "COUNT", default_value = "1")]
    trials: u64,
    /// Largest voltage of a word line, V
    #[arg(long, value_name = "VOLT", default_value = "1", value_parser = number)]
    voltage: f64,
    /// What the array is made of.
    #[command(flatten)]
    array: ArrayArgs,
    /// Draw the error against the size: .svg, .png or .html
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

fn selector(text: &str) -> Result<SinhSelector, String> {
    let (current, voltage) = text.split_once(',').ok_or("expected I0,V0 such as 1n,50m")?;
    let (current, voltage) = (number(current.trim())?, number(voltage.trim())?);
    let good = |value: f64| value > 0.0 && value.is_finite();
    if good(current) && good(voltage) {
        Ok(SinhSelector { current, voltage })
    } else {
        Err("I0 and V0 are greater than zero".to_owned())
    }
}

impl AccessArgs {
    fn resistances(&self) -> Result<Matrix, Failure> {
        if let Some(path) = &self.resistances {
            return read(path);
        }
        let shape = (self.rows, self.cols.unwrap_or(self.rows));
        let (row, col) = (self.row.wrapping_sub(1), self.col.unwrap_or(shape.1).wrapping_sub(1));
        let own = Some((row, col, self.state == State::Low));
        let key = (self.array.seed, 0);
        Ok(self.array.technology().resistances(shape, self.background.background(), own, key))
    }

    fn selection(&self, shape: (usize, usize)) -> Result<Selection, Failure> {
        let (rows, cols) = shape;
        let (row, col) = (self.row, self.col.unwrap_or(cols));
        if !(1..=rows).contains(&row) || !(1..=cols).contains(&col) {
            return Err(Failure::Outside { what: "selected cell", row, col, rows, cols });
        }
        let SelectArgs { scheme, voltage } = self.select;
        Ok(Selection { row: row - 1, col: col - 1, volts: voltage, scheme: scheme.scheme() })
    }

    /// The pictures that were asked for.
    fn draw(
        &self,
        found: &Access,
        resistances: &Matrix,
        selection: Selection,
    ) -> Result<(), Failure> {
        if let Some(path) = &self.plot {
            map::draw(path, self.map, found, resistances, selection)?;
        }
        match &self.profile {
            Some(path) => pictures::profile(path, found, selection),
            None => Ok(()),
        }
    }

    fn solve(&self) -> Result<(Selection, Access), Failure> {
        let resistances = self.resistances()?;
        let selection = self.selection((resistances.rows(), resistances.cols()))?;
        let technology = self.array.technology();
        let found = access(&technology, &resistances, selection, self.array.threads)?;
        self.draw(&found, &resistances, selection)?;
        Ok((selection, found))
    }
}

/// Reads one cell.
pub(crate) fn run_read(arguments: &AccessArgs, console: &mut Console) -> Result<Status, Failure> {
    let (_, found) = arguments.solve()?;
    let mut rows = Rows::new(&[
        "sensed",
        "cell",
        "sneak",
        "volts",
        "half_selected_volts",
        "unselected_volts",
        "power",
        "newton_iterations",
        "iterations",
        "node_imbalance",
    ]);
    rows.rows.push(vec![
        found.sensed,
        found.cell,
        found.sneak(),
        found.volts,
        found.stress.half_selected,
        found.stress.unselected,
        found.power,
        found.newton as f64,
        found.iterations as f64,
        found.node_imbalance,
    ]);
    rows.print(arguments.array.json, console)?;
    Ok(Status::Success)
}

/// Writes the cells of a grid of positions, one after the other, and says what voltage each one gets.
pub(crate) fn run_write(arguments: &AccessArgs, console: &mut Console) -> Result<Status, Failure> {
    let mut rows = Rows::new(&[
        "row",
        "col",
        "volts",
        "current",
        "half_selected_volts",
        "unselected_volts",
        "power",
    ]);
    let resistances = arguments.resistances()?;
    let (m, n) = (resistances.rows(), resistances.cols());
    let technology = arguments.array.technology();
    let selected = arguments.selection((m, n))?;
    let places = |count: usize| {
        let mut places: Vec<usize> = (0..3).map(|k| k * (count - 1) / 2).collect();
        places.dedup();
        places
    };
    for row in places(m) {
        for col in places(n) {
            let mut resistances = resistances.clone();
            if arguments.resistances.is_none() {
                let state =
                    if arguments.state == State::Low { technology.low } else { technology.high };
                resistances.set(row, col, state);
            }
            let selection = Selection { row, col, ..selected };
            let found = access(&technology, &resistances, selection, arguments.array.threads)?;
            rows.rows.push(vec![
                (row + 1) as f64,
                (col + 1) as f64,
                found.volts,
                found.cell,
                found.stress.half_selected,
                found.stress.unselected,
                found.power,
            ]);
            if (row, col) == (selected.row, selected.col) {
                arguments.draw(&found, &resistances, selection)?;
            }
        }
    }
    rows.print(arguments.array.json, console)?;
    Ok(Status::Success)
}

/// Counts the cells by the voltage that they suffer while one is selected.
pub(crate) fn run_disturb(
    arguments: &DisturbArgs,
    console: &mut Console,
) -> Result<Status, Failure> {
    let (selection, found) = arguments.access.solve()?;
    let bins = arguments.bins.max(1);
    let top = found.stress.half_selected.max(found.stress.unselected).max(f64::MIN_POSITIVE);
    let mut counts = vec![[0_usize; 2]; bins];
    for row in 0..found.cell_volts.rows() {
        for (col, volts) in found.cell_volts.row(row).iter().enumerate() {
            let shared = (row == selection.row) as usize + (col == selection.col) as usize;
            if shared < 2 {
                let bin = ((volts.abs() / top * bins as f64) as usize).min(bins - 1);
                counts[bin][1 - shared] += 1;
            }
        }
    }
    let mut rows = Rows::new(&["from_volts", "to_volts", "half_selected", "unselected"]);
    for (k, [half, un]) in counts.iter().enumerate() {
        let edge = |k: usize| top * k as f64 / bins as f64;
        rows.rows.push(vec![edge(k), edge(k + 1), *half as f64, *un as f64]);
    }
    rows.print(arguments.access.array.json, console)?;
    if let Some(path) = &arguments.histogram {
        pictures::histogram(path, &found, selection, &counts, top)?;
    }
    Ok(Status::Success)
}

/// Reads a cell in both states in arrays of several sizes.
pub(crate) fn run_margin(arguments: &MarginArgs, console: &mut Console) -> Result<Status, Failure> {
    let technology = arguments.array.technology();
    let backgrounds: Vec<Background> =
        arguments.background.iter().map(|name| name.background()).collect();
    let mut rows = Rows::new(&[
        "size",
        "trial",
        "low_current",
        "high_current",
        "margin",
        "sneak_share",
        "volts",
        "half_selected_volts",
        "unselected_volts",
    ]);
    for &size in &arguments.sizes {
        let (row, col) = if arguments.near { (size.max(1) - 1, 0) } else { (0, size.max(1) - 1) };
        let SelectArgs { scheme, voltage } = arguments.select;
        let selection = Selection { row, col, volts: voltage, scheme: scheme.scheme() };
        for trial in 0..arguments.trials {
            let key = (arguments.array.seed, trial);
            let shape = (size, size);
            let threads = arguments.array.threads;
            let found = margin(&technology, shape, selection, &backgrounds, key, threads)?;
            rows.rows.push(vec![
                size as f64,
                trial as f64,
                found.low,
                found.high,
                found.relative(),
                found.sneak,
                found.volts,
                found.stress.half_selected,
                found.stress.unselected,
            ]);
        }
    }
    if let Some(path) = &arguments.plot {
        let title = format!("Read margin, {}", arguments.select.scheme.scheme());
        curve(path, title, "margin", &rows, 4)?;
    }
    rows.print(arguments.array.json, console)?;
    Ok(Status::Success)
}

/// Multiplies drawn voltages by drawn arrays of several sizes.
pub(crate) fn run_product(
    arguments: &ProductArgs,
    console: &mut Console,
) -> Result<Status, Failure> {
    let technology = arguments.array.technology();
    let mut rows = Rows::new(&["size", "trial", "error", "worst_line"]);
    for &size in &arguments.sizes {
        for trial in 0..arguments.trials {
            let key = (arguments.array.seed, trial);
            let resistances = technology.resistances((size, size), Background::Random, None, key);
            let threads = arguments.array.threads;
            let found = product(&technology, &resistances, arguments.voltage, key, threads)?;
            rows.rows.push(vec![size as f64, trial as f64, found.error(), found.worst()]);
        }
    }
    if let Some(path) = &arguments.plot {
        let title = "Error of the product of voltages and conductances".to_owned();
        curve(path, title, "error", &rows, 2)?;
    }
    rows.print(arguments.array.json, console)?;
    Ok(Status::Success)
}
