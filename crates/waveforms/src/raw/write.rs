//! Writing raw files point by point.
//!
//! The number of points stands in the header, before the data, and is unknown until the end. It is therefore padded
//! with blanks and overwritten each time a block of data reaches the file: always after the data, so that a file is
//! valid at every moment, also after the process was killed.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use num_complex::Complex64;

use crate::number::{Bytes, write_scientific};
use crate::sink::{nested_begin, not_begun};
use crate::{Outcome, PlotHeader, Quantity, Scalar, Sink, Variable, WaveformError};

/// How the numbers of a raw file are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RawEncoding {
    /// Little-endian `f64`: exact, and what tools expect.
    #[default]
    Binary,
    /// Text, with enough digits to read back the same bits.
    Ascii,
}

/// What a [`RawWriter`] has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawOptions {
    /// How numbers are stored.
    pub encoding: RawEncoding,
    /// The text after `Date:`, by custom as `Mon Nov 23 22:52:33  2026`.
    pub date: String,
    /// The text after `Command:`. Readers take the dialect from it, so it names a program that they know.
    pub command: String,
}

impl Default for RawOptions {
    fn default() -> RawOptions {
        RawOptions {
            encoding: RawEncoding::Binary,
            date: String::new(),
            command: concat!("ngspice-44 compatible; ovonic ", env!("CARGO_PKG_VERSION"))
                .to_owned(),
        }
    }
}

/// Bytes that are collected before they go to the file.
const BLOCK: usize = 64 * 1024;
/// Width of the field for the number of points.
const COUNT_WIDTH: usize = 20;
/// Digits after the point with which text restores every `f64`.
const EXACT_DIGITS: usize = 16;

struct OpenPlot {
    header: PlotHeader,
    /// Where the number of points stands in the file.
    count_at: u64,
    points: u64,
}

/// Writes plots to a raw file, one after the other.
///
/// Each block of 64 KiB goes to the file at once, followed by the number of points so far; [`RawWriter::flush`] does
/// the same on demand. Dropping the writer writes what is left.
pub struct RawWriter<W: Write + Seek> {
    file: W,
    options: RawOptions,
    buffer: Vec<u8>,
    /// Length of the file without the buffer.
    written: u64,
    open: Option<OpenPlot>,
}

impl RawWriter<File> {
    /// A writer to a new file at `path`, replacing what was there.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(path: &Path, options: RawOptions) -> Result<RawWriter<File>, WaveformError> {
        Ok(RawWriter::new(File::create(path)?, options)?)
    }
}

impl<W: Write + Seek> RawWriter<W> {
    /// A writer that continues at the present position of `file`.
    ///
    /// # Errors
    /// When `file` cannot tell its position (a pipe): write to memory first.
    pub fn new(mut file: W, options: RawOptions) -> io::Result<RawWriter<W>> {
        let written = file.stream_position()?;
        Ok(RawWriter {
            file,
            options,
            buffer: Vec::with_capacity(BLOCK + BLOCK / 4),
            written,
            open: None,
        })
    }

    /// Brings all points so far to the file, with their number.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.file.write_all(&self.buffer)?;
            self.written += self.buffer.len() as u64;
            self.buffer.clear();
            if let Some(plot) = &self.open {
                self.file.seek(SeekFrom::Start(plot.count_at))?;
                write!(self.file, "{:<COUNT_WIDTH$}", plot.points)?;
                self.file.seek(SeekFrom::Start(self.written))?;
            }
        }
        self.file.flush()
    }

    fn added_point(&mut self) -> Result<(), WaveformError> {
        if let Some(plot) = &mut self.open {
            plot.points += 1;
        }
        if self.buffer.len() >= BLOCK {
            self.flush()?;
        }
        Ok(())
    }

    fn open_plot(&self, call: &'static str) -> Result<&OpenPlot, WaveformError> {
        self.open.as_ref().ok_or_else(|| not_begun(call))
    }

    fn add_header(&mut self, header: &PlotHeader) -> io::Result<u64> {
        let out = &mut self.buffer;
        writeln!(out, "Title: {}", one_line(&title(header)))?;
        writeln!(out, "Date: {}", one_line(&self.options.date))?;
        writeln!(out, "Command: {}", one_line(&self.options.command))?;
        writeln!(out, "Plotname: {}", one_line(header.kind.as_str()))?;
        writeln!(out, "Flags: {}", header.scalar.as_str())?;
        writeln!(out, "No. Variables: {}", header.variables.len())?;
        write!(out, "No. Points: ")?;
        let count_at = self.written + out.len() as u64;
        writeln!(out, "{:<COUNT_WIDTH$}", 0)?;
        writeln!(out, "Variables:")?;
        for (index, variable) in header.variables.iter().enumerate() {
            let word = variable.quantity.raw_type();
            writeln!(out, "\t{index}\t{}\t{word}", raw_name(variable))?;
        }
        let data = match self.options.encoding {
            RawEncoding::Binary => "Binary:",
            RawEncoding::Ascii => "Values:",
        };
        writeln!(out, "{data}")?;
        Ok(count_at)
    }
}

impl<W: Write + Seek> Sink for RawWriter<W> {
    fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError> {
        if self.open.is_some() {
            return Err(nested_begin());
        }
        let count_at = self.add_header(header)?;
        self.open = Some(OpenPlot { header: header.clone(), count_at, points: 0 });
        self.flush()?;
        Ok(())
    }

    fn point(&mut self, values: &[f64]) -> Result<(), WaveformError> {
        let plot = self.open_plot("point")?;
        plot.header.check(Scalar::Real, values.len())?;
        let index = plot.points;
        match self.options.encoding {
            RawEncoding::Binary => {
                for value in values {
                    self.buffer.extend_from_slice(&value.to_le_bytes());
                }
            }
            RawEncoding::Ascii => add_text(&mut self.buffer, index, values, |out, value| {
                write_scientific(out, *value, EXACT_DIGITS)
            }),
        }
        self.added_point()
    }

    fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError> {
        let plot = self.open_plot("complex_point")?;
        plot.header.check(Scalar::Complex, values.len())?;
        let index = plot.points;
        match self.options.encoding {
            RawEncoding::Binary => {
                for value in values {
                    self.buffer.extend_from_slice(&value.re.to_le_bytes());
                    self.buffer.extend_from_slice(&value.im.to_le_bytes());
                }
            }
            RawEncoding::Ascii => add_text(&mut self.buffer, index, values, |out, value| {
                write_scientific(out, value.re, EXACT_DIGITS)?;
                out.write_char(',')?;
                write_scientific(out, value.im, EXACT_DIGITS)
            }),
        }
        self.added_point()
    }

    fn end(&mut self, _outcome: &Outcome) -> Result<(), WaveformError> {
        self.open_plot("end")?;
        self.flush()?;
        self.open = None;
        Ok(())
    }
}

impl<W: Write + Seek> Drop for RawWriter<W> {
    fn drop(&mut self) {
        // An error cannot be reported from here; who must know calls `flush` or `end`.
        let _ = self.flush();
    }
}

/// One point of text: the index, then each value on a line that begins with a tab.
fn add_text<T>(
    buffer: &mut Vec<u8>,
    index: u64,
    values: &[T],
    write: impl Fn(&mut Bytes<'_>, &T) -> std::fmt::Result,
) {
    let mut out = Bytes(buffer);
    let mut all = || {
        write!(out, " {index}")?;
        for value in values {
            out.write_char('\t')?;
            write(&mut out, value)?;
            out.write_char('\n')?;
        }
        out.write_char('\n')
    };
    // Appending to memory cannot fail.
    let _ = all();
}

/// The title, with the stepped parameters that tell this plot from its siblings.
fn title(header: &PlotHeader) -> String {
    let mut title = header.title.clone();
    for (index, (name, value)) in header.steps.iter().enumerate() {
        let separator = if index == 0 { " step:" } else { "" };
        let _ = write!(title, "{separator} {name}={value:e}");
    }
    title
}

/// A header line must stay one line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// The name as raw files of this dialect write it: lower case, `v(…)` around voltages, `i(…)` around currents.
fn raw_name(variable: &Variable) -> String {
    let name: String = variable
        .name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_whitespace() { '_' } else { c })
        .collect();
    match variable.quantity {
        Quantity::Voltage if !name.contains('(') => format!("v({name})"),
        Quantity::Current if !name.contains('(') => {
            format!("i({})", name.strip_suffix("#branch").unwrap_or(&name))
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::PlotKind;

    fn written(
        encoding: RawEncoding,
        feed: impl Fn(&mut RawWriter<&mut Cursor<Vec<u8>>>),
    ) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let options = RawOptions { encoding, date: "today".into(), command: "c".into() };
        feed(&mut RawWriter::new(&mut file, options).unwrap());
        file.into_inner()
    }

    fn transient() -> PlotHeader {
        PlotHeader::real(
            "A\ttitle\n",
            PlotKind::Transient,
            vec![
                Variable::new("time", Quantity::Time),
                Variable::new("V(Out)", Quantity::Voltage),
                Variable::new("V1#branch", Quantity::Current),
            ],
        )
    }

    const HEADER: &str = "Title: A title\nDate: today\nCommand: c\nPlotname: Transient Analysis\nFlags: real\n\
        No. Variables: 3\nNo. Points: 2                   \nVariables:\n\t0\ttime\ttime\n\t1\tv(out)\tvoltage\n\
        \t2\ti(v1)\tcurrent\n";

    #[test]
    fn binary_is_header_then_points() {
        let bytes = written(RawEncoding::Binary, |w| {
            w.begin(&transient()).unwrap();
            w.point(&[0.0, 1.0, 2.0]).unwrap();
            w.point(&[0.5, 3.0, 4.0]).unwrap();
            w.end(&Outcome::Complete).unwrap();
        });
        let head = format!("{HEADER}Binary:\n");
        assert_eq!(std::str::from_utf8(&bytes[..head.len()]).unwrap(), head);
        let numbers: Vec<f64> = bytes[head.len()..]
            .chunks(8)
            .map(|c| f64::from_le_bytes(c.try_into().unwrap()))
            .collect();
        assert_eq!(numbers, [0.0, 1.0, 2.0, 0.5, 3.0, 4.0]);
    }

    #[test]
    fn text_has_index_and_blank_lines() {
        let bytes = written(RawEncoding::Ascii, |w| {
            w.begin(&transient()).unwrap();
            w.point(&[0.0, 1.0, -2e-9]).unwrap();
            w.point(&[0.5, 3.0, 4.0]).unwrap();
        });
        let expected = format!(
            "{HEADER}Values:\n 0\t0.0000000000000000e+00\n\t1.0000000000000000e+00\n\t-2.0000000000000001e-09\n\n \
             1\t5.0000000000000000e-01\n\t3.0000000000000000e+00\n\t4.0000000000000000e+00\n\n"
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn file_is_valid_while_it_grows() {
        let mut file = Cursor::new(Vec::new());
        let mut writer = RawWriter::new(&mut file, RawOptions::default()).unwrap();
        writer.begin(&transient()).unwrap();
        for k in 0..5000 {
            writer.point(&[f64::from(k), 0.0, 0.0]).unwrap();
        }
        let bytes = writer.file.get_ref().clone();
        let text = String::from_utf8_lossy(&bytes);
        let count = text.split("No. Points: ").nth(1).unwrap();
        let count: usize = count.split_whitespace().next().unwrap().parse().unwrap();
        let marker = b"Binary:\n";
        let data = bytes.windows(8).position(|w| w == marker).unwrap() + 8;
        assert!(count > 0 && count < 5000);
        assert_eq!(bytes.len() - data, count * 24);
    }

    #[test]
    fn sweeps_and_steps_are_named() {
        let mut header = PlotHeader::real(
            "t",
            PlotKind::DcTransfer,
            vec![
                Variable::new("v-sweep", Quantity::Voltage),
                Variable::new("@d1[id]", Quantity::Current),
                Variable::new("temp-sweep", Quantity::TemperatureSweep),
            ],
        );
        header.steps = vec![("rload".into(), 1000.0), ("w".into(), 2.0)];
        let bytes = written(RawEncoding::Binary, |w| w.begin(&header).unwrap());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("Title: t step: rload=1e3 w=2e0\n"));
        assert!(text.contains("\t0\tv(v-sweep)\tvoltage\n"));
        assert!(text.contains("\t1\ti(@d1[id])\tcurrent\n"));
        assert!(text.contains("\t2\ttemp-sweep\ttemp-sweep\n"));
    }
}
