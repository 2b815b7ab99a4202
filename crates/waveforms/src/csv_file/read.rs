//! Reading tables, also those that other programs and instruments wrote.

use std::io::Read;

use num_complex::Complex64;

use crate::{Outcome, Plot, PlotKind, Quantity, Results, Vector, WaveformError};

/// Reads a table, or several one below the other.
///
/// Cells are separated by commas, semicolons or tabs, whichever the first line has most of. Lines that begin with `#`
/// are comments. A row whose first cell is not a number names the columns and begins a plot; without such a row the
/// columns are called `column1`, `column2`, … Empty cells are NaN. Neighbouring columns `re(x)` and `im(x)` become the
/// complex vector `x`. The analysis is guessed from the first name.
///
/// # Errors
/// [`WaveformError::CsvNumber`], [`WaveformError::CsvRow`], or [`WaveformError::Io`].
pub fn read_csv(mut input: impl Read) -> Result<Results, WaveformError> {
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(delimiter(text))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut tables: Vec<Table> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(std::io::Error::other)?;
        let line = record.position().map_or(0, csv::Position::line);
        let first = record.get(0).unwrap_or_default();
        let is_names = !first.is_empty() && first.parse::<f64>().is_err();
        if is_names || tables.is_empty() {
            let names = record.iter().enumerate().map(|(index, cell)| {
                if is_names { cell.to_owned() } else { format!("column{}", index + 1) }
            });
            tables.push(Table::new(names.collect()));
        }
        if let (false, Some(table)) = (is_names, tables.last_mut()) {
            table.add(line, &record)?;
        }
    }
    Ok(Results { plots: tables.into_iter().map(Table::into_plot).collect() })
}

fn delimiter(text: &str) -> u8 {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .unwrap_or_default();
    let count = |d: u8| first.bytes().filter(|b| *b == d).count();
    let mut best = b',';
    for candidate in [b';', b'\t'] {
        if count(candidate) > count(best) {
            best = candidate;
        }
    }
    best
}

struct Table {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

impl Table {
    fn new(names: Vec<String>) -> Table {
        let columns = vec![Vec::new(); names.len()];
        Table { names, columns }
    }

    fn add(&mut self, line: u64, record: &csv::StringRecord) -> Result<(), WaveformError> {
        if record.len() != self.names.len() {
            return Err(WaveformError::CsvRow {
                line,
                expected: self.names.len(),
                found: record.len(),
            });
        }
        for (index, (column, cell)) in self.columns.iter_mut().zip(record).enumerate() {
            let value = if cell.is_empty() {
                f64::NAN
            } else {
                cell.parse().map_err(|_| WaveformError::CsvNumber {
                    line,
                    column: index + 1,
                    found: cell.to_owned(),
                })?
            };
            column.push(value);
        }
        Ok(())
    }

    fn into_plot(self) -> Plot {
        let kind = match self.names.first().map(|n| n.to_ascii_lowercase()).as_deref() {
            Some("time") => PlotKind::Transient,
            Some("frequency") => PlotKind::Ac,
            Some(name) if name.ends_with("-sweep") => PlotKind::DcTransfer,
            _ => PlotKind::Other("Table".to_owned()),
        };
        let mut vectors: Vec<Vector> = Vec::new();
        let mut columns = self.names.into_iter().zip(self.columns).peekable();
        while let Some((name, re)) = columns.next() {
            let inner = name.strip_prefix("re(").and_then(|n| n.strip_suffix(')'));
            let partner = inner
                .and_then(|inner| columns.next_if(|(next, _)| *next == format!("im({inner})")));
            vectors.push(match (inner, partner) {
                (Some(inner), Some((_, im))) => {
                    let values = re.iter().zip(&im).map(|(re, im)| Complex64::new(*re, *im));
                    Vector::complex(inner, Quantity::from_name(inner), values.collect())
                }
                _ => {
                    let quantity = Quantity::from_name(&name);
                    Vector::real(name, quantity, re)
                }
            });
        }
        Plot {
            title: String::new(),
            date: String::new(),
            kind,
            steps: Vec::new(),
            vectors,
            outcome: Outcome::Complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CsvWriter, Samples};

    #[test]
    fn written_tables_come_back() {
        let z = |re, im| Complex64::new(re, im);
        let plot = |kind, vectors| Plot {
            title: String::new(),
            date: String::new(),
            kind,
            steps: vec![],
            vectors,
            outcome: Outcome::Complete,
        };
        let real = plot(
            PlotKind::Transient,
            vec![
                Vector::real("time", Quantity::Time, vec![0.0, 0.1 + 0.2]),
                Vector::real("v(a,b)", Quantity::Voltage, vec![-1e-300, f64::INFINITY]),
            ],
        );
        let complex = plot(
            PlotKind::Ac,
            vec![
                Vector::real("frequency", Quantity::Frequency, vec![1.0]),
                Vector::complex("v(o)", Quantity::Voltage, vec![z(1.0 / 3.0, -2.0)]),
            ],
        );
        let mut text = Vec::new();
        {
            let mut writer = CsvWriter::new(&mut text);
            real.write_to(&mut writer).unwrap();
            complex.write_to(&mut writer).unwrap();
        }
        let results = read_csv(&text[..]).unwrap();
        assert_eq!(results.plots, [real, complex]);
    }

    #[test]
    fn tables_of_instruments() {
        let results = read_csv(&b"# measured\n1;2\n3;\n"[..]).unwrap();
        let plot = &results.plots[0];
        assert_eq!(plot.vectors[0].name, "column1");
        assert_eq!(plot.vectors[0].samples, Samples::Real(vec![1.0, 3.0]));
        let second = plot.vectors[1].as_real().unwrap();
        assert!(second[0] == 2.0 && second[1].is_nan());
    }

    #[test]
    fn bad_cells_and_rows_are_located() {
        let error = read_csv(&b"a,b\n1,2\n3,x\n"[..]).unwrap_err();
        assert_eq!(error.to_string(), "line 3, column 2 of the table: \"x\" is not a number");
        let error = read_csv(&b"a,b\n1\n"[..]).unwrap_err();
        assert_eq!(error.to_string(), "line 2 of the table has 1 cells, expected 2");
    }
}
