//! Headers of raw files.
//!
//! Programs agree in the keys but not in all of them, nor in their order, so that only the row of variables and the
//! line that opens the data are required; keys that say nothing about the data are passed over.

use std::io::Read;

use super::source::Source;
use crate::{PlotHeader, PlotKind, Quantity, Scalar, Variable, WaveformError};

/// The header of one plot in a raw file.
#[derive(Clone, Debug, PartialEq)]
pub struct RawHeader {
    /// What the plot contains.
    pub plot: PlotHeader,
    /// The text after `Date:`.
    pub date: String,
    /// The text after `Command:`, empty if there is none.
    pub command: String,
    /// The number of points that the header states; writers that were killed leave 0.
    pub points: u64,
    pub(super) layout: Layout,
}

/// How the data behind a header are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) text: bool,
    /// LTspice stores all but the first variable of a real plot as `f32`.
    pub(super) single: bool,
    /// All points of one variable together instead of all variables of one point.
    pub(super) by_variable: bool,
    /// LTspice marks points that its compression kept by a negative time.
    pub(super) signed_time: bool,
}

impl RawHeader {
    /// Bytes of the value of variable `index` in binary data.
    pub(super) fn width(&self, index: usize) -> usize {
        match self.plot.scalar {
            Scalar::Complex => 16,
            Scalar::Real if self.layout.single && index > 0 => 4,
            Scalar::Real => 8,
        }
    }
}

#[derive(Default)]
struct Lines {
    title: String,
    date: String,
    command: String,
    plot_name: String,
    flags: String,
    points: u64,
    count: Option<usize>,
    variables: Vec<Variable>,
}

/// Reads the next header; nothing at the end of the input.
pub(super) fn read<R: Read>(source: &mut Source<R>) -> Result<Option<RawHeader>, WaveformError> {
    let mut lines = Lines::default();
    let mut started = false;
    while let Some(line) = source.line()? {
        if line.trim().is_empty() {
            continue;
        }
        let Some((key, rest)) = line.split_once(':') else {
            return Err(unexpected(source.line, &line, "a header line such as `Title: …`"));
        };
        let rest = rest.trim();
        let key = key.trim().to_ascii_lowercase();
        if !started && !key.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            return Err(unexpected(source.line, &line, "a header line such as `Title: …`"));
        }
        started = true;
        match key.as_str() {
            "title" => rest.clone_into(&mut lines.title),
            "date" => rest.clone_into(&mut lines.date),
            "command" => rest.clone_into(&mut lines.command),
            "plotname" => rest.clone_into(&mut lines.plot_name),
            "flags" => lines.flags = rest.to_ascii_lowercase(),
            "no. variables" => lines.count = Some(number(source.line, rest)?),
            "no. points" => lines.points = number(source.line, rest)?,
            "variables" => {
                let text = variables(source, rest, &mut lines)?;
                let wide = source.is_wide()?;
                return Ok(Some(finish(lines, text, wide)));
            }
            _ => {}
        }
    }
    if started {
        return Err(unexpected(source.line, "end of file", "`Variables:`"));
    }
    Ok(None)
}

/// Reads the rows of variables up to the line that opens the data; returns whether data are text.
fn variables<R: Read>(
    source: &mut Source<R>,
    first: &str,
    lines: &mut Lines,
) -> Result<bool, WaveformError> {
    // Old writers put the first row behind the key.
    if !first.is_empty() {
        lines.variables.push(variable(source.line, first)?);
    }
    loop {
        let Some(line) = source.line()? else {
            return Err(unexpected(source.line, "end of file", "`Binary:` or `Values:`"));
        };
        let text = match line.trim().to_ascii_lowercase().as_str() {
            "" => continue,
            "binary:" => false,
            "values:" => true,
            _ => {
                lines.variables.push(variable(source.line, &line)?);
                continue;
            }
        };
        let found = lines.variables.len();
        if found == 0 || lines.count.is_some_and(|count| count != found) {
            let found = format!("{found} variables");
            return Err(unexpected(source.line, &found, "as many rows as `No. Variables:` states"));
        }
        return Ok(text);
    }
}

/// A row: index, name, type word, and hints for drawing.
fn variable(line: usize, row: &str) -> Result<Variable, WaveformError> {
    let row = row.trim();
    // Names may contain blanks where fields are separated by tabs.
    let mut fields: Box<dyn Iterator<Item = &str>> = if row.contains('\t') {
        Box::new(row.split('\t').filter(|f| !f.trim().is_empty()))
    } else {
        Box::new(row.split_whitespace())
    };
    match (fields.next(), fields.next(), fields.next()) {
        (Some(index), Some(name), Some(word)) if index.trim().parse::<u64>().is_ok() => {
            let word = word.split_whitespace().next().unwrap_or_default();
            Ok(Variable::new(name.trim(), Quantity::from_raw_type(word)))
        }
        _ => Err(unexpected(line, row, "index, name and type of a variable")),
    }
}

fn finish(lines: Lines, text: bool, wide: bool) -> RawHeader {
    let has = |flag: &str| lines.flags.split_whitespace().any(|f| f == flag);
    let ltspice = wide || lines.command.to_ascii_lowercase().contains("ltspice");
    let kind = PlotKind::from_name(&lines.plot_name);
    let layout = Layout {
        text,
        single: ltspice && !has("double"),
        by_variable: has("fastaccess"),
        signed_time: ltspice && kind == PlotKind::Transient,
    };
    let scalar = if has("complex") { Scalar::Complex } else { Scalar::Real };
    let (title, steps) = split_steps(&lines.title);
    RawHeader {
        plot: PlotHeader { title, kind, scalar, variables: lines.variables, steps },
        date: lines.date,
        command: lines.command,
        points: lines.points,
        layout,
    }
}

/// Takes ` step: name=value …`, with which this crate's writer marks stepped plots, off a title.
fn split_steps(title: &str) -> (String, Vec<(String, f64)>) {
    let parsed = title.rsplit_once(" step: ").and_then(|(title, steps)| {
        let steps: Option<Vec<(String, f64)>> = steps
            .split_whitespace()
            .map(|step| {
                let (name, value) = step.split_once('=')?;
                Some((name.to_owned(), value.parse().ok()?))
            })
            .collect();
        Some((title.to_owned(), steps?))
    });
    parsed.unwrap_or_else(|| (title.to_owned(), Vec::new()))
}

fn number<T: std::str::FromStr>(line: usize, text: &str) -> Result<T, WaveformError> {
    text.parse().map_err(|_| unexpected(line, text, "a whole number"))
}

pub(super) fn unexpected(line: usize, found: &str, expected: &'static str) -> WaveformError {
    let found = found.chars().take(60).map(|c| if c.is_control() { '.' } else { c }).collect();
    WaveformError::RawFormat { line, found, expected }
}
