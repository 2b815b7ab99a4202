//! Writing tables point by point.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};

use num_complex::Complex64;

use crate::number::Bytes;
use crate::sink::{nested_begin, not_begun};
use crate::{Outcome, PlotHeader, Quantity, Scalar, Sink, Variable, WaveformError};

/// Writes plots as comma-separated tables.
pub struct CsvWriter<W: Write> {
    out: BufWriter<W>,
    row: Vec<u8>,
    names: Vec<u8>,
    open: Option<OpenTable>,
}

struct OpenTable {
    header: PlotHeader,
    /// The values of the stepped parameters, with a comma before each.
    steps: String,
}

impl<W: Write> CsvWriter<W> {
    /// A writer to `out`, which it buffers itself.
    pub fn new(out: W) -> CsvWriter<W> {
        CsvWriter {
            out: BufWriter::with_capacity(64 * 1024, out),
            row: Vec::new(),
            names: Vec::new(),
            open: None,
        }
    }

    /// Brings all rows so far to the output.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }

    fn table(&self, call: &'static str) -> Result<&OpenTable, WaveformError> {
        self.open.as_ref().ok_or_else(|| not_begun(call))
    }

    /// Ends the row, whose fields each have a comma behind them, with the stepped parameters.
    fn finish_row(&mut self) -> Result<(), WaveformError> {
        self.row.pop();
        if let Some(table) = &self.open {
            self.row.extend_from_slice(table.steps.as_bytes());
        }
        self.row.push(b'\n');
        self.out.write_all(&self.row)?;
        Ok(())
    }
}

impl<W: Write> Sink for CsvWriter<W> {
    fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError> {
        if self.open.is_some() {
            return Err(nested_begin());
        }
        let names = name_row(header)?;
        if names != self.names {
            if !self.names.is_empty() {
                self.out.write_all(b"\n")?;
            }
            self.out.write_all(&names)?;
            self.names = names;
        }
        let mut steps = String::new();
        for (_, value) in &header.steps {
            let _ = write!(steps, ",{value:e}");
        }
        self.open = Some(OpenTable { header: header.clone(), steps });
        Ok(())
    }

    fn point(&mut self, values: &[f64]) -> Result<(), WaveformError> {
        self.table("point")?.header.check(Scalar::Real, values.len())?;
        self.row.clear();
        for value in values {
            add(&mut self.row, *value);
        }
        self.finish_row()
    }

    fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError> {
        let header = match &self.open {
            Some(table) => &table.header,
            None => return Err(not_begun("complex_point")),
        };
        header.check(Scalar::Complex, values.len())?;
        self.row.clear();
        for (variable, value) in header.variables.iter().zip(values) {
            add(&mut self.row, value.re);
            if !is_real(variable) {
                add(&mut self.row, value.im);
            }
        }
        self.finish_row()
    }

    fn end(&mut self, _outcome: &Outcome) -> Result<(), WaveformError> {
        self.table("end")?;
        self.open = None;
        self.out.flush()?;
        Ok(())
    }
}

/// A frequency never has an imaginary part.
fn is_real(variable: &Variable) -> bool {
    variable.quantity == Quantity::Frequency
}

fn add(row: &mut Vec<u8>, value: f64) {
    // Appending to memory cannot fail.
    let _ = write!(Bytes(row), "{value:e},");
}

fn name_row(header: &PlotHeader) -> Result<Vec<u8>, WaveformError> {
    let mut names = Vec::new();
    for variable in &header.variables {
        let name = &variable.name;
        if header.scalar == Scalar::Complex && !is_real(variable) {
            names.push(format!("re({name})"));
            names.push(format!("im({name})"));
        } else {
            names.push(name.clone());
        }
    }
    names.extend(header.steps.iter().map(|(name, _)| name.clone()));
    let mut row = csv::Writer::from_writer(Vec::new());
    row.write_record(&names).map_err(std::io::Error::other)?;
    row.into_inner().map_err(|error| WaveformError::Io(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PlotKind;

    #[test]
    fn names_then_numbers() {
        let mut text = Vec::new();
        let mut writer = CsvWriter::new(&mut text);
        let mut header = PlotHeader::real(
            "t",
            PlotKind::Transient,
            vec![Variable::new("time", Quantity::Time), Variable::new("v(a,b)", Quantity::Voltage)],
        );
        for r in [1.0, 2.0] {
            header.steps = vec![("r".into(), r)];
            writer.begin(&header).unwrap();
            writer.point(&[1e-9, 0.1]).unwrap();
            writer.end(&Outcome::Complete).unwrap();
        }
        let ac = PlotHeader::complex(
            "t",
            PlotKind::Ac,
            vec![
                Variable::new("frequency", Quantity::Frequency),
                Variable::new("v(o)", Quantity::Voltage),
            ],
        );
        writer.begin(&ac).unwrap();
        writer.complex_point(&[Complex64::new(1e3, 0.0), Complex64::new(-1.0, 2.0)]).unwrap();
        writer.end(&Outcome::Complete).unwrap();
        drop(writer);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "time,\"v(a,b)\",r\n1e-9,1e-1,1e0\n1e-9,1e-1,2e0\n\n\
             frequency,re(v(o)),im(v(o))\n1e3,-1e0,2e0\n"
        );
    }
}
