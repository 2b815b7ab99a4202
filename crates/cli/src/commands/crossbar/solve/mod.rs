//! `ovonic crossbar solve`: voltages and currents of an array of resistors, for any number of inputs.

mod results;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use ovonic::crossbar::{
    CrossbarError, End, LinearArray, Lines, Method, SolveOptions, Solver, Wire, port_system,
};
use ovonic::waveforms::Matrix;

use results::{Results, report};

use super::files::{NumberOrFile, number, read};
use super::netlist;
use crate::commands::run::Stats;
use crate::console::Console;
use crate::exit::{Failure, Status};

/// Arguments of `crossbar solve`.
#[derive(Args, Debug)]
pub(crate) struct SolveArgs {
    /// Resistance of each device, ohm: a row a word line; inf is open, 0 a short; .csv or .npy
    #[arg(short = 'R', long, value_name = "FILE")]
    resistances: PathBuf,
    /// Voltage of each word line, one column an input
    #[arg(short = 'V', long, value_name = "FILE")]
    voltages: PathBuf,
    /// Voltage of each bit line, one column an input or one for all; 0 if absent
    #[arg(long, value_name = "FILE")]
    bit_voltages: Option<PathBuf>,
    /// Resistance of a segment of a word line, ohm, or a file with one for each: rows x (columns + 1)
    #[arg(long, value_name = "OHM|FILE", default_value = "0", value_parser = NumberOrFile::parse)]
    r_word: NumberOrFile,
    /// Resistance of a segment of a bit line, ohm, or a file with one for each: (rows + 1) x columns
    #[arg(long, value_name = "OHM|FILE", default_value = "0", value_parser = NumberOrFile::parse)]
    r_bit: NumberOrFile,
    /// Resistance of a driver, in series with the end of a word line, ohm
    #[arg(long, value_name = "OHM", default_value = "0", value_parser = number)]
    r_driver: f64,
    /// Resistance of a sense amplifier, in series with the end of a bit line, ohm
    #[arg(long, value_name = "OHM", default_value = "0", value_parser = number)]
    r_sense: f64,
    /// Resistance of the contacts of a device, in series with it, ohm
    #[arg(long, value_name = "OHM", default_value = "0", value_parser = number)]
    r_via: f64,
    /// Which ends of word lines are driven
    #[arg(long, value_name = "ENDS", default_value = "left")]
    drive: WordEnds,
    /// Which ends of bit lines are connected
    #[arg(long, value_name = "ENDS", default_value = "bottom")]
    sense: BitEnds,
    /// Word lines without any driver, such as 3,7-9; the first is 1
    #[arg(long, value_name = "LIST", value_parser = lines, value_delimiter = ',')]
    float_word: Vec<std::ops::RangeInclusive<usize>>,
    /// Bit lines without any connection
    #[arg(long, value_name = "LIST", value_parser = lines, value_delimiter = ',')]
    float_bit: Vec<std::ops::RangeInclusive<usize>>,
    /// A fault at a crossing: open@ROW,COL, short@ROW,COL, word@ROW,COL (segment behind it broken) or bit@ROW,COL
    #[arg(long, value_name = "FAULT", value_parser = Fault::parse)]
    fault: Vec<Fault>,
    /// Write the current out of each bit line: a row an input; .csv or .npy; standard output if absent
    #[arg(short = 'I', long, value_name = "FILE")]
    currents: Option<PathBuf>,
    /// Write the voltages of all nodes to word.csv and bit.csv in this folder, input after input
    #[arg(long, value_name = "DIR")]
    node_voltages: Option<PathBuf>,
    /// Write node voltages as npy
    #[arg(long)]
    npy: bool,
    /// Write the array with the first input as a plain netlist (- is standard output) instead of solving it
    #[arg(long, value_name = "FILE")]
    netlist: Option<PathBuf>,
    /// How to solve
    #[arg(long, value_name = "METHOD", default_value = "auto")]
    method: MethodName,
    /// Relative error of the voltages, and of the balance of currents
    #[arg(long, value_name = "NUMBER", default_value = "1e-12", value_parser = number)]
    tolerance: f64,
    /// Number of threads; results do not depend on it
    #[arg(long, value_name = "COUNT", default_value = "1")]
    threads: usize,
    /// How to report the work that was done; json prints one object to standard output and no currents there
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    stats: Stats,
}

/// Ends of word lines.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum WordEnds {
    Left,
    Right,
    Both,
}

/// Ends of bit lines.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum BitEnds {
    Top,
    Bottom,
    Both,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MethodName {
    /// Whichever suits the array
    Auto,
    /// Conjugate gradients with a two-level preconditioner
    Iterative,
    /// Factorisation
    Direct,
}

/// What is wrong at a crossing; rows and columns count from 1.
#[derive(Clone, Copy, Debug)]
struct Fault {
    kind: FaultKind,
    row: usize,
    col: usize,
}

#[derive(Clone, Copy, Debug)]
enum FaultKind {
    Open,
    Short,
    Word,
    Bit,
}

impl Fault {
    fn parse(text: &str) -> Result<Fault, String> {
        let expected = || "expected open@ROW,COL, short@…, word@… or bit@…".to_owned();
        let (kind, place) = text.split_once('@').ok_or_else(expected)?;
        let kind = match kind {
            "open" => FaultKind::Open,
            "short" => FaultKind::Short,
            "word" => FaultKind::Word,
            "bit" => FaultKind::Bit,
            _ => return Err(expected()),
        };
        let (row, col) = place.split_once(',').ok_or_else(expected)?;
        let count = |text: &str| text.trim().parse::<usize>().ok().filter(|n| *n > 0);
        match (count(row), count(col)) {
            (Some(row), Some(col)) => Ok(Fault { kind, row, col }),
            _ => Err("rows and columns count from 1".to_owned()),
        }
    }
}

/// Numbers and ranges of lines, from 1.
fn lines(text: &str) -> Result<std::ops::RangeInclusive<usize>, String> {
    let number = |text: &str| match text.trim().parse::<usize>() {
        Ok(line) if line > 0 => Ok(line),
        _ => Err(format!("\"{text}\" is no line; lines count from 1")),
    };
    match text.split_once('-') {
        Some((first, last)) => Ok(number(first)?..=number(last)?),
        None => number(text).map(|line| line..=line),
    }
}

/// Solves, writes what was asked for, and reports.
pub(crate) fn run(arguments: &SolveArgs, console: &mut Console) -> Result<Status, Failure> {
    let begin = Instant::now();
    let devices = read(&arguments.resistances)?;
    let inputs = read(&arguments.voltages)?;
    let (rows, cols) = (devices.rows(), devices.cols());
    let bit_inputs = match &arguments.bit_voltages {
        Some(path) => read(path)?,
        None => Matrix::filled(cols, 1, 0.0),
    };
    check_inputs(&inputs, "voltages of word lines", rows, None)?;
    check_inputs(&bit_inputs, "voltages of bit lines", cols, Some(inputs.cols()))?;
    let array = array(arguments, devices)?;
    let read_seconds = begin.elapsed().as_secs_f64();

    if let Some(path) = &arguments.netlist {
        return export(path, &array, &inputs, &bit_inputs, console);
    }
    let begin = Instant::now();
    let ports = if arguments.by_ports(inputs.cols()) { port_system(&array)? } else { None };
    let mut solver = Solver::new(array, arguments.options())?;
    let setup_seconds = begin.elapsed().as_secs_f64();
    let mut results = Results::new(arguments, rows, cols, inputs.cols());
    // By ports the first input is solved as well, to know how good the ports are.
    let solved = if ports.is_some() { 1 } else { inputs.cols() };
    for input in 0..solved {
        let (word, bit) = voltages(&inputs, &bit_inputs, input);
        results.take(&solver.solve(&word, &bit)?);
    }
    if let Some(ports) = ports {
        results.take_ports(&ports.currents(&inputs, &bit_inputs)?)?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    results.write(arguments, console)?;
    let times = [read_seconds, setup_seconds, seconds];
    report(arguments, &solver, &results, times, console)?;
    Ok(Status::Success)
}

/// Inputs from which on the ports' dense system is worth a factorisation.
const MANY: usize = 24;

impl SolveArgs {
    fn options(&self) -> SolveOptions {
        SolveOptions {
            method: match self.method {
                MethodName::Auto => Method::Auto,
                MethodName::Iterative => Method::Iterative,
                MethodName::Direct => Method::Direct,
            },
            tolerance: self.tolerance,
            threads: self.threads,
            ..SolveOptions::default()
        }
    }

    /// Whether currents alone are wanted, and of so many inputs that the ports' system pays.
    fn by_ports(&self, inputs: usize) -> bool {
        matches!(self.method, MethodName::Auto) && self.node_voltages.is_none() && inputs >= MANY
    }
}

/// Voltages of word lines and of bit lines of one input.
fn voltages(inputs: &Matrix, bit_inputs: &Matrix, input: usize) -> (Vec<f64>, Vec<f64>) {
    let column = if bit_inputs.cols() == 1 { 0 } else { input };
    let word = (0..inputs.rows()).map(|row| inputs.at(row, input)).collect();
    let bit = (0..bit_inputs.rows()).map(|col| bit_inputs.at(col, column)).collect();
    (word, bit)
}

/// Writes the array with its first input as a plain netlist.
fn export(
    path: &Path,
    array: &LinearArray,
    inputs: &Matrix,
    bit_inputs: &Matrix,
    console: &mut Console,
) -> Result<Status, Failure> {
    let (word, bit) = voltages(inputs, bit_inputs, 0);
    if path.as_os_str() == "-" {
        netlist::write(console.out(), array, &word, &bit)?;
        return Ok(Status::Success);
    }
    let written = File::create(path).and_then(|file| {
        let mut file = BufWriter::new(file);
        netlist::write(&mut file, array, &word, &bit)?;
        file.flush()
    });
    written.map_err(|error| Failure::write(path, error))?;
    Ok(Status::Success)
}

fn check_inputs(
    matrix: &Matrix,
    what: &'static str,
    lines: usize,
    inputs: Option<usize>,
) -> Result<(), Failure> {
    let fits =
        matrix.rows() == lines && inputs.is_none_or(|inputs| [1, inputs].contains(&matrix.cols()));
    if fits {
        return Ok(());
    }
    let columns = inputs.map_or("any".to_owned(), |inputs| format!("1 or {inputs}"));
    Err(Failure::Crossbar(CrossbarError::Shape {
        what,
        found_rows: matrix.rows(),
        found_cols: matrix.cols(),
        expected: format!("{lines} rows, one a line, and {columns} columns, one an input"),
    }))
}

/// The array that the arguments describe.
fn array(arguments: &SolveArgs, mut devices: Matrix) -> Result<LinearArray, Failure> {
    let (rows, cols) = (devices.rows(), devices.cols());
    let mut word = wire(&arguments.r_word)?;
    let mut bit = wire(&arguments.r_bit)?;
    for fault in &arguments.fault {
        let (row, col) = (fault.row - 1, fault.col - 1);
        if row >= rows || col >= cols {
            return Err(Failure::Outside {
                what: "fault",
                row: fault.row,
                col: fault.col,
                rows,
                cols,
            });
        }
        match fault.kind {
            FaultKind::Open => devices.set(row, col, f64::INFINITY),
            FaultKind::Short => devices.set(row, col, 0.0),
            FaultKind::Word => {
                per_segment(&mut word, rows, cols + 1).set(row, col + 1, f64::INFINITY);
            }
            FaultKind::Bit => {
                per_segment(&mut bit, rows + 1, cols).set(row + 1, col, f64::INFINITY)
            }
        }
    }
    if arguments.r_via != 0.0 {
        devices.values_mut().iter_mut().for_each(|device| *device += arguments.r_via);
    }
    let driver: End = Some(arguments.r_driver);
    let word_ends = match arguments.drive {
        WordEnds::Left => [driver, None],
        WordEnds::Right => [None, driver],
        WordEnds::Both => [driver, driver],
    };
    let sense: End = Some(arguments.r_sense);
    let bit_ends = match arguments.sense {
        BitEnds::Top => [sense, None],
        BitEnds::Bottom => [None, sense],
        BitEnds::Both => [sense, sense],
    };
    let mut word = Lines { wire: word, ends: vec![word_ends; rows] };
    let mut bit = Lines { wire: bit, ends: vec![bit_ends; cols] };
    for (floating, lines, what) in [
        (&arguments.float_word, &mut word, "word lines"),
        (&arguments.float_bit, &mut bit, "bit lines"),
    ] {
        for range in floating {
            let count = lines.ends.len();
            for line in range.clone() {
                let ends = lines.ends.get_mut(line - 1);
                *ends.ok_or(Failure::NoLine { what, line, count })? = [None, None];
            }
        }
    }
    Ok(LinearArray::new(devices, word, bit)?)
}

fn wire(what: &NumberOrFile) -> Result<Wire, Failure> {
    Ok(match what {
        NumberOrFile::Number(resistance) => Wire::Uniform(*resistance),
        NumberOrFile::File(path) => Wire::PerSegment(read(path)?),
    })
}

/// The segments one by one, so that one of them can be broken.
fn per_segment(wire: &mut Wire, rows: usize, cols: usize) -> &mut Matrix {
    if let Wire::Uniform(resistance) = wire {
        *wire = Wire::PerSegment(Matrix::filled(rows, cols, *resistance));
    }
    match wire {
        Wire::PerSegment(matrix) => matrix,
        Wire::Uniform(_) => unreachable!("it has just been made a matrix"),
    }
}
