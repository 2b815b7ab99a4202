//! Files of measured data: separated by commas, semicolons, tabs or blanks, or npy.
//!
//! ```text
//! separator   tab, semicolon or comma, whichever the first row of numbers has most of; otherwise blanks
//! comments    lines that begin with # or %
//! names       the last row before the first number whose cells are not all numbers, if it fits
//! absent      an empty cell, or one of nan, na, inf, -, is NaN; whether that is an error is for `examine` to say
//! ```
//!
//! Instruments write rows of names, units and remarks above the numbers, so everything above the first row that begins
//! with a number is a heading. Each row remembers its line: whatever is found wrong later is found in the file.

use crate::DataError;
use ovonic_waveforms::{Samples, read_npy};
use std::fs;
use std::path::Path;

/// A table of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFile {
    /// The file, as messages name it.
    pub name: String,
    /// Names of the columns; `column1`, … where the file has none.
    pub names: Vec<String>,
    /// Whether the file itself names them.
    pub is_named: bool,
    /// Values by column.
    pub columns: Vec<Vec<f64>>,
    /// Line of each row, from 1; the row's number in an npy file.
    pub lines: Vec<usize>,
}

impl DataFile {
    /// Reads a file, as npy if its name ends so.
    ///
    /// # Errors
    /// When it cannot be read or is no table; with the line.
    pub fn read(path: &Path) -> Result<DataFile, DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(io)?;
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npy")) {
            return DataFile::from_npy(&name, &bytes);
        }
        DataFile::from_text(&name, &String::from_utf8_lossy(&bytes))
    }

    /// Understands a table of text; `name` stands for it in messages.
    ///
    /// # Errors
    /// When it is no table; with the line.
    pub fn from_text(name: &str, text: &str) -> Result<DataFile, DataError> {
        let text = text.trim_start_matches('\u{feff}');
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end()));
        let mut lines = lines.filter(|(_, line)| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with(['#', '%'])
        });
        let mut heading: Vec<&str> = Vec::new();
        let first = lines.by_ref().find(|(_, line)| {
            let found = begins_with_number(line);
            if !found {
                heading.push(line);
            }
            found
        });
        let Some(first) = first else {
            return Err(DataError::Empty { file: name.to_owned() });
        };
        let separator = Separator::of(first.1);
        let width = separator.split(first.1).count();
        let mut table = DataFile {
            name: name.to_owned(),
            names: Vec::new(),
            is_named: false,
            columns: vec![Vec::new(); width],
            lines: Vec::new(),
        };
        table.take_names(&heading, separator, width);
        for (line, row) in std::iter::once(first).chain(lines) {
            table.take_row(line, row, separator)?;
        }
        Ok(table)
    }

    fn take_names(&mut self, heading: &[&str], separator: Separator, width: usize) {
        let mut rows = heading.iter().rev().map(|row| {
            let cells = separator.split(row).map(|cell| cell.trim_matches('"').to_owned());
            cells.collect::<Vec<_>>()
        });
        // A row of numbers behind empty cells numbers the columns, which is no name.
        let is_name = |cell: &String| !cell.is_empty() && cell.parse::<f64>().is_err();
        let names = rows.rfind(|cells| cells.len() == width && cells.first().is_some_and(is_name));
        self.is_named = names.is_some();
        let unnamed = |index: usize| format!("column{}", index + 1);
        self.names = match names {
            Some(names) => names
                .into_iter()
                .enumerate()
                .map(|(index, name)| if name.is_empty() { unnamed(index) } else { name })
                .collect(),
            None => (0..width).map(unnamed).collect(),
        };
    }

    fn take_row(&mut self, line: usize, row: &str, separator: Separator) -> Result<(), DataError> {
        let cells: Vec<&str> = separator.split(row).collect();
        if cells.len() != self.columns.len() {
            return Err(DataError::Row {
                file: self.name.clone(),
                line,
                expected: self.columns.len(),
                found: cells.len(),
            });
        }
        for (index, (cell, column)) in cells.iter().zip(&mut self.columns).enumerate() {
            let value = number(cell).ok_or_else(|| DataError::Number {
                file: self.name.clone(),
                line,
                column: index + 1,
                found: (*cell).to_owned(),
            })?;
            column.push(value);
        }
        self.lines.push(line);
        Ok(())
    }

    /// Understands an array of one or two dimensions, a row a point.
    ///
    /// # Errors
    /// When it is another kind of array.
    pub fn from_npy(name: &str, bytes: &[u8]) -> Result<DataFile, DataError> {
        let wrong = |reason: String| DataError::Array { file: name.to_owned(), reason };
        let array = read_npy(bytes).map_err(|error| wrong(error.to_string()))?;
        let Samples::Real(values) = array.samples else {
            return Err(wrong("complex numbers, expected real ones".to_owned()));
        };
        let (rows, width) = match array.shape[..] {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => {
                let found = array.shape.len();
                return Err(wrong(format!("{found} dimensions, expected 1 or 2")));
            }
        };
        if rows == 0 || width == 0 {
            return Err(DataError::Empty { file: name.to_owned() });
        }
        let column = |c: usize| (0..rows).map(|r| values[r * width + c]).collect();
        Ok(DataFile {
            name: name.to_owned(),
            names: (1..=width).map(|index| format!("column{index}")).collect(),
            is_named: false,
            columns: (0..width).map(column).collect(),
            lines: (1..=rows).collect(),
        })
    }

    /// The columns that `pattern` names: a number from 1, a range `2-13`, a name in any case, a name with `*`, or
    /// `col3` where no column is called so.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, pattern: &str) -> Result<Vec<usize>, DataError> {
        let width = self.columns.len();
        let lower = pattern.to_lowercase();
        let named = self.names.iter().position(|name| name.to_lowercase() == lower);
        if let Some(index) = named {
            return Ok(vec![index]);
        }
        if let Some((before, after)) = lower.split_once('*') {
            let names = self.names.iter().map(|name| name.to_lowercase()).enumerate();
            let fits = |name: &str| {
                name.len() >= before.len() + after.len()
                    && name.starts_with(before)
                    && name.ends_with(after)
            };
            let found: Vec<usize> =
                names.filter(|(_, name)| fits(name)).map(|(index, _)| index).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let numbers = lower.strip_prefix("col").unwrap_or(&lower);
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        match (first.parse::<usize>(), last.parse::<usize>()) {
            (Ok(first), Ok(last)) if 1 <= first && first <= last && last <= width => {
                Ok((first - 1..last).collect())
            }
            _ => Err(DataError::Column {
                file: self.name.clone(),
                name: pattern.to_owned(),
                columns: self.listing(),
            }),
        }
    }

    /// The columns in words, the first dozen of them.
    fn listing(&self) -> String {
        const SHOWN: usize = 12;
        let shown = self.names.iter().take(SHOWN).map(|name| format!("\"{name}\""));
        let mut text = shown.collect::<Vec<_>>().join(", ");
        if self.names.len() > SHOWN {
            text += &format!(" and {} more", self.names.len() - SHOWN);
        }
        text
    }
}

fn number(cell: &str) -> Option<f64> {
    match cell.to_ascii_lowercase().as_str() {
        "" | "-" | "na" | "n/a" | "null" => Some(f64::NAN),
        text => text.parse().ok(),
    }
}

fn begins_with_number(line: &str) -> bool {
    let cell = line.trim_start().split([',', ';', '\t', ' ']).next().unwrap_or_default();
    let cell = cell.trim_matches('"');
    cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && cell.parse::<f64>().is_ok()
}

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Separator {
    Character(char),
    Blanks,
}

impl Separator {
    fn of(row: &str) -> Separator {
        let count = |separator: char| row.trim().matches(separator).count();
        let candidates = ['\t', ';', ','].map(|separator| (count(separator), separator));
        match candidates.into_iter().max_by_key(|(count, _)| *count) {
            Some((count, separator)) if count > 0 => Separator::Character(separator),
            _ => Separator::Blanks,
        }
    }

    fn split(self, row: &str) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Separator::Character(separator) => Box::new(row.split(separator).map(str::trim)),
            Separator::Blanks => Box::new(row.split_whitespace()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> DataFile {
        DataFile::from_text("a.csv", text).unwrap()
    }

    #[test]
    fn every_separator_gives_the_same_table() {
        for text in ["V,I\n0,1e-9\n1,2\n", "V;I\n0;1e-9\n1;2\n", "V\tI\n0\t1e-9\n1\t2\n"] {
            let table = table(text);
            assert_eq!(table.names, ["V", "I"], "{text}");
            assert_eq!(table.columns, [vec![0.0, 1.0], vec![1e-9, 2.0]], "{text}");
            assert_eq!(table.lines, [2, 3], "{text}");
        }
        let blanks = table("# an instrument\n\n 0   1e-9\n 1  2\n");
        assert_eq!(blanks.names, ["column1", "column2"]);
        assert_eq!(blanks.lines, [3, 4]);
    }

    #[test]
    fn headings_of_several_rows_are_skipped() {
        let table = table("Voltage,I1,I2\n,1.0,2.0\n-0.5,1,2\n");
        assert_eq!(table.names, ["Voltage", "I1", "I2"]);
        assert_eq!(table.columns[0], [-0.5]);
    }

    #[test]
    fn arrays_are_tables_too() {
        let mut bytes = Vec::new();
        let plot = ovonic_waveforms::Vector::real(
            "x",
            ovonic_waveforms::Quantity::Voltage,
            vec![1.0, 2.0],
        );
        ovonic_waveforms::write_npy(&mut bytes, &plot).unwrap();
        let table = DataFile::from_npy("a.npy", &bytes).unwrap();
        assert_eq!((table.columns, table.lines), (vec![vec![1.0, 2.0]], vec![1, 2]));
    }

    #[test]
    fn mistakes_are_found_in_the_file() {
        let error = |text: &str| DataFile::from_text("a.csv", text).unwrap_err().to_string();
        assert_eq!(error("V,I\n0,1\n1,x\n"), "a.csv:3: column 2: \"x\" is not a number");
        assert_eq!(error("V,I\n0,1\n1\n"), "a.csv:3: 1 cells, expected 2");
        assert_eq!(error("V,I\n"), "a.csv: there are no rows of numbers");
    }

    #[test]
    fn columns_are_found_by_name_number_range_and_star() {
        let table = table("t,i_1,i_2,v\n0,1,2,3\n");
        assert_eq!(table.find("V").unwrap(), [3]);
        assert_eq!(table.find("2").unwrap(), [1]);
        assert_eq!(table.find("col2").unwrap(), [1]);
        assert_eq!(table.find("2-3").unwrap(), [1, 2]);
        assert_eq!(table.find("i_*").unwrap(), [1, 2]);
        let error = table.find("w").unwrap_err().to_string();
        assert_eq!(
            error,
            "a.csv: there is no column \"w\"; there are \"t\", \"i_1\", \"i_2\", \"v\""
        );
        assert!(table.find("0").is_err() && table.find("5").is_err());
    }
}
