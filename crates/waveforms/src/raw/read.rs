//! Reading raw files of this and of other programs.
//!
//! Files of killed runs are common: their last point is incomplete or their number of points is wrong. What is there
//! is read and the deviation is a warning, never an error and never silence.

use std::fmt;
use std::io::Read;

use num_complex::Complex64;

use super::header::{self, RawHeader};
use super::source::Source;
use crate::{MemorySink, Outcome, Results, Scalar, Sink, WaveformError};

/// A deviation that did not prevent reading.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawWarning {
    /// Fewer points than the header states.
    Truncated {
        /// Number of the plot in the file, from 1.
        plot: usize,
        /// Points that the header states.
        stated: u64,
        /// Points that were read.
        read: u64,
    },
    /// More points than the header states, which writers leave behind when they are killed.
    Uncounted {
        /// Number of the plot in the file, from 1.
        plot: usize,
        /// Points that the header states.
        stated: u64,
        /// Points that were read.
        read: u64,
    },
    /// The last point is incomplete and was dropped.
    PartialPoint {
        /// Number of the plot in the file, from 1.
        plot: usize,
    },
    /// What follows the last plot is not another plot.
    Trailing {
        /// Number of plots that were read.
        plots: usize,
        /// Line of text at which reading stopped.
        line: usize,
    },
}

impl fmt::Display for RawWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RawWarning::Truncated { plot, stated, read } => {
                write!(f, "plot {plot} of the raw file ends after {read} of {stated} points")
            }
            RawWarning::Uncounted { plot, stated, read } => write!(
                f,
                "plot {plot} of the raw file states {stated} points but has {read}; its writer was interrupted"
            ),
            RawWarning::PartialPoint { plot } => write!(
                f,
                "the last point of plot {plot} of the raw file is incomplete and was dropped"
            ),
            RawWarning::Trailing { plots, line } => write!(
                f,
                "after {plots} plots, line {line} of the raw file does not begin another plot"
            ),
        }
    }
}

/// A raw file in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawFile {
    /// The plots.
    pub results: Results,
    /// What was odd about the file.
    pub warnings: Vec<RawWarning>,
}

/// Reads a whole raw file, binary or text, of ngspice, LTspice or this crate.
///
/// # Errors
/// [`WaveformError::Io`] when reading fails, [`WaveformError::RawFormat`] when the first header is not one.
pub fn read_raw(input: impl Read) -> Result<RawFile, WaveformError> {
    let mut reader = RawReader::new(input);
    let mut sink = MemorySink::new();
    let mut dates = Vec::new();
    while let Some(header) = reader.copy_plot(&mut sink)? {
        dates.push(header.date);
    }
    let mut results = sink.into_results();
    for (plot, date) in results.plots.iter_mut().zip(dates) {
        plot.date = date;
    }
    Ok(RawFile { results, warnings: reader.into_warnings() })
}

/// Reads a raw file plot by plot without holding it in memory.
pub struct RawReader<R> {
    source: Source<R>,
    plots: usize,
    stopped: bool,
    warnings: Vec<RawWarning>,
}

impl<R: Read> RawReader<R> {
    /// A reader of `input`, which needs no buffer of its own.
    pub fn new(input: R) -> RawReader<R> {
        RawReader { source: Source::new(input), plots: 0, stopped: false, warnings: Vec::new() }
    }

    /// What was odd about the file so far.
    pub fn into_warnings(self) -> Vec<RawWarning> {
        self.warnings
    }

    /// Gives the next plot to `sink` and returns its header; nothing when there is no further plot.
    ///
    /// # Errors
    /// As [`read_raw`], and those of the sink.
    pub fn copy_plot(&mut self, sink: &mut dyn Sink) -> Result<Option<RawHeader>, WaveformError> {
        if self.stopped {
            return Ok(None);
        }
        let header = match header::read(&mut self.source) {
            Ok(Some(header)) => header,
            Ok(None) if self.plots == 0 => {
                return Err(header::unexpected(1, "an empty file", "`Title:`"));
            }
            Ok(None) => return Ok(None),
            Err(WaveformError::RawFormat { line, .. }) if self.plots > 0 => {
                self.stopped = true;
                self.warnings.push(RawWarning::Trailing { plots: self.plots, line });
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.plots += 1;
        sink.begin(&header.plot)?;
        let mut point = Point::new(&header);
        let read = if header.layout.text {
            self.text(&header, &mut point, sink)?
        } else if header.layout.by_variable {
            self.by_variable(&header, &mut point, sink)?
        } else {
            self.binary(&header, &mut point, sink)?
        };
        let outcome = self.compare_count(header.points, read);
        sink.end(&outcome)?;
        Ok(Some(header))
    }

    fn compare_count(&mut self, stated: u64, read: u64) -> Outcome {
        let plot = self.plots;
        if read < stated {
            self.warnings.push(RawWarning::Truncated { plot, stated, read });
            return Outcome::Interrupted;
        }
        if read > stated {
            self.warnings.push(RawWarning::Uncounted { plot, stated, read });
            return Outcome::Interrupted;
        }
        Outcome::Complete
    }

    fn binary(
        &mut self,
        header: &RawHeader,
        point: &mut Point,
        sink: &mut dyn Sink,
    ) -> Result<u64, WaveformError> {
        let size: usize = (0..point.len()).map(|index| header.width(index)).sum();
        let mut read = 0;
        loop {
            // Beyond the stated number, further points are told from a further plot by what comes next.
            if read >= header.points && self.source.at_header()? {
                return Ok(read);
            }
            let Some(bytes) = self.source.take(size)? else {
                if !self.source.rest_is_blank(size)? {
                    let plot = self.plots;
                    self.warnings.push(RawWarning::PartialPoint { plot });
                }
                self.stopped = true;
                return Ok(read);
            };
            let mut rest = bytes;
            for index in 0..point.len() {
                let (value, tail) = rest.split_at(header.width(index));
                point.set(index, decode(value));
                rest = tail;
            }
            point.send(header, sink)?;
            read += 1;
        }
    }

    fn by_variable(
        &mut self,
        header: &RawHeader,
        point: &mut Point,
        sink: &mut dyn Sink,
    ) -> Result<u64, WaveformError> {
        let mut columns: Vec<Vec<Complex64>> = Vec::with_capacity(point.len());
        for index in 0..point.len() {
            let mut column = Vec::new();
            while (column.len() as u64) < header.points {
                match self.source.take(header.width(index))? {
                    Some(bytes) => column.push(decode(bytes)),
                    None => break,
                }
            }
            columns.push(column);
        }
        let complete = columns.iter().map(Vec::len).min().unwrap_or(0);
        for row in 0..complete {
            for (index, column) in columns.iter().enumerate() {
                point.set(index, column[row]);
            }
            point.send(header, sink)?;
        }
        self.stopped = (complete as u64) < header.points;
        Ok(complete as u64)
    }

    fn text(
        &mut self,
        header: &RawHeader,
        point: &mut Point,
        sink: &mut dyn Sink,
    ) -> Result<u64, WaveformError> {
        let mut read = 0;
        // Position within a point: 0 is its index, then come the values.
        let mut field = 0;
        while !(field == 0 && read >= header.points && self.source.at_header()?) {
            let Some(line) = self.source.line()? else {
                break;
            };
            for word in line.split_whitespace() {
                if field == 0 {
                    if word.parse::<u64>().is_err() {
                        self.stopped = true;
                        return Ok(read);
                    }
                } else {
                    let Some(value) = parse_value(word) else {
                        self.stopped = true;
                        return Ok(read);
                    };
                    point.set(field - 1, value);
                }
                field += 1;
                if field > point.len() {
                    point.send(header, sink)?;
                    read += 1;
                    field = 0;
                }
            }
        }
        if field > 0 {
            let plot = self.plots;
            self.warnings.push(RawWarning::PartialPoint { plot });
        }
        Ok(read)
    }
}

/// One point, in the scalar of its plot.
enum Point {
    Real(Vec<f64>),
    Complex(Vec<Complex64>),
}

impl Point {
    fn new(header: &RawHeader) -> Point {
        let len = header.plot.variables.len();
        match header.plot.scalar {
            Scalar::Real => Point::Real(vec![0.0; len]),
            Scalar::Complex => Point::Complex(vec![Complex64::default(); len]),
        }
    }

    fn len(&self) -> usize {
        match self {
            Point::Real(values) => values.len(),
            Point::Complex(values) => values.len(),
        }
    }

    fn set(&mut self, index: usize, value: Complex64) {
        match self {
            Point::Real(values) => values[index] = value.re,
            Point::Complex(values) => values[index] = value,
        }
    }

    fn send(&mut self, header: &RawHeader, sink: &mut dyn Sink) -> Result<(), WaveformError> {
        match self {
            Point::Real(values) => {
                if header.layout.signed_time {
                    values[0] = values[0].abs();
                }
                sink.point(values)
            }
            Point::Complex(values) => sink.complex_point(values),
        }
    }
}

/// A value of 4, 8 or 16 bytes: `f32`, `f64` or a pair.
fn decode(bytes: &[u8]) -> Complex64 {
    let double = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[at..at + 8]);
        f64::from_le_bytes(eight)
    };
    match *bytes {
        [a, b, c, d] => Complex64::new(f64::from(f32::from_le_bytes([a, b, c, d])), 0.0),
        _ if bytes.len() == 16 => Complex64::new(double(0), double(8)),
        _ => Complex64::new(double(0), 0.0),
    }
}

/// `re` or `re,im`.
fn parse_value(word: &str) -> Option<Complex64> {
    match word.split_once(',') {
        Some((re, im)) => Some(Complex64::new(re.parse().ok()?, im.parse().ok()?)),
        None => Some(Complex64::new(word.parse().ok()?, 0.0)),
    }
}
