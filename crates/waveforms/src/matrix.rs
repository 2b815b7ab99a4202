//! Matrices of numbers in files: comma-separated text and npy, in and out.
//!
//! Arrays of devices are described by matrices that other programs write, so every complaint says file line and column
//! of the number it is about.

use std::io::{BufWriter, Read, Write};

use crate::npy::{read_npy, write_npy_rows};
use crate::{Samples, WaveformError};

/// A dense matrix of real numbers, stored row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    rows: usize,
    cols: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// A matrix from its numbers, row by row.
    ///
    /// # Panics
    /// When there are not `rows · cols` numbers.
    #[must_use]
    pub fn new(rows: usize, cols: usize, values: Vec<f64>) -> Matrix {
        assert_eq!(values.len(), rows * cols, "a matrix has rows times columns numbers");
        Matrix { rows, cols, values }
    }

    /// A matrix that holds one number everywhere.
    #[must_use]
    pub fn filled(rows: usize, cols: usize, value: f64) -> Matrix {
        Matrix { rows, cols, values: vec![value; rows * cols] }
    }

    /// A matrix from a function of row and column.
    pub fn from_fn(rows: usize, cols: usize, mut f: impl FnMut(usize, usize) -> f64) -> Matrix {
        let mut values = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            values.extend((0..cols).map(|col| f(row, col)));
        }
        Matrix { rows, cols, values }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The number in a row and a column.
    ///
    /// # Panics
    /// Outside the matrix.
    #[must_use]
    pub fn at(&self, row: usize, col: usize) -> f64 {
        self.row(row)[col]
    }

    /// Sets the number in a row and a column.
    ///
    /// # Panics
    /// Outside the matrix.
    pub fn set(&mut self, row: usize, col: usize, value: f64) {
        assert!(col < self.cols, "the column is inside the matrix");
        self.values[row * self.cols + col] = value;
    }

    /// One row, `cols` numbers.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.cols..][..self.cols]
    }

    /// All numbers, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All numbers, row by row.
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// The matrix with rows and columns exchanged.
    #[must_use]
    pub fn transposed(&self) -> Matrix {
        Matrix::from_fn(self.cols, self.rows, |row, col| self.at(col, row))
    }

    /// Reads comma-separated text: a line a row, `#` opens a comment, empty lines do not count. Blanks, tabs and
    /// semicolons separate too, `inf` is a number.
    ///
    /// # Errors
    /// [`WaveformError::MatrixNumber`] and [`WaveformError::MatrixRow`] with the line, [`WaveformError::MatrixEmpty`],
    /// and [`WaveformError::Io`].
    pub fn read_csv(mut input: impl Read) -> Result<Matrix, WaveformError> {
        let mut text = Vec::new();
        input.read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let mut matrix = Matrix::default();
        for (index, line) in text.lines().enumerate() {
            let content = line.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let before = matrix.values.len();
            read_line(content, index + 1, &mut matrix.values)?;
            let found = matrix.values.len() - before;
            if matrix.rows == 0 {
                matrix.cols = found;
            } else if found != matrix.cols {
                let expected = matrix.cols;
                return Err(WaveformError::MatrixRow { line: index + 1, found, expected });
            }
            matrix.rows += 1;
        }
        if matrix.rows == 0 { Err(WaveformError::MatrixEmpty) } else { Ok(matrix) }
    }

    /// Reads an npy array of one dimension (a column) or two.
    ///
    /// # Errors
    /// [`WaveformError::NpyFormat`] for complex numbers or another shape, and what [`read_npy`] says.
    pub fn read_npy(input: impl Read) -> Result<Matrix, WaveformError> {
        let array = read_npy(input)?;
        let expected = "real numbers in one or two dimensions";
        let (rows, cols) = match array.shape[..] {
            [rows] => (rows, 1),
            [rows, cols] => (rows, cols),
            _ => {
                return Err(WaveformError::NpyFormat {
                    found: format!("{:?}", array.shape),
                    expected,
                });
            }
        };
        match array.samples {
            Samples::Real(values) => Ok(Matrix { rows, cols, values }),
            Samples::Complex(_) => {
                Err(WaveformError::NpyFormat { found: "complex numbers".to_owned(), expected })
            }
        }
    }

    /// Writes comma-separated text that reads back to the same bits.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_csv(&self, out: impl Write) -> Result<(), WaveformError> {
        let mut out = BufWriter::new(out);
        for row in self.values.chunks(self.cols.max(1)) {
            for (col, value) in row.iter().enumerate() {
                let separator = if col == 0 { "" } else { "," };
                write!(out, "{separator}{value:e}")?;
            }
            writeln!(out)?;
        }
        Ok(out.flush()?)
    }

    /// Writes an npy array of two dimensions.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_npy(&self, out: impl Write) -> Result<(), WaveformError> {
        write_npy_rows(BufWriter::new(out), self.rows, self.cols, &self.values)
    }
}

fn read_line(content: &str, line: usize, values: &mut Vec<f64>) -> Result<(), WaveformError> {
    let by_comma = content.contains([',', ';']);
    let mut field = |column: usize, text: &str| {
        let value = text.parse::<f64>().ok().filter(|value| !value.is_nan());
        values.push(value.ok_or_else(|| WaveformError::MatrixNumber {
            line,
            column,
            found: text.chars().take(40).collect(),
        })?);
        Ok(())
    };
    if by_comma {
        let fields = content.split([',', ';']).map(str::trim);
        fields.enumerate().try_for_each(|(index, text)| field(index + 1, text))
    } else {
        content.split_whitespace().enumerate().try_for_each(|(index, text)| field(index + 1, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Matrix, WaveformError> {
        Matrix::read_csv(text.as_bytes())
    }

    #[test]
    fn text_becomes_a_matrix() {
        let matrix = read("# ohms\n1e3, 2e3,inf\n\n 4;5 ; 6 # last\n").unwrap();
        assert_eq!((matrix.rows(), matrix.cols()), (2, 3));
        assert_eq!(matrix.row(0), [1e3, 2e3, f64::INFINITY]);
        assert_eq!(matrix.row(1), [4.0, 5.0, 6.0]);
        assert_eq!(read("1 2\t3\n").unwrap().row(0), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn complaints_say_where() {
        let said = |text| read(text).unwrap_err().to_string();
        assert_eq!(said("1,2\n3,x4\n"), "line 2, column 2: \"x4\" is not a number");
        assert_eq!(said("1,2\n\n3,nan\n"), "line 3, column 2: \"nan\" is not a number");
        assert_eq!(said("1,2\n3,4,5\n"), "line 2 has 3 numbers, the lines before have 2");
        assert_eq!(said("# nothing\n"), "there are no numbers");
    }

    #[test]
    fn files_come_back_to_the_bit() {
        let matrix = Matrix::new(2, 2, vec![0.1, -1.0 / 3.0, 1e-300, f64::INFINITY]);
        let (mut text, mut npy) = (Vec::new(), Vec::new());
        matrix.write_csv(&mut text).unwrap();
        matrix.write_npy(&mut npy).unwrap();
        assert_eq!(Matrix::read_csv(&text[..]).unwrap(), matrix);
        assert_eq!(Matrix::read_npy(&npy[..]).unwrap(), matrix);
        assert_eq!(matrix.transposed().row(0), [0.1, 1e-300]);
    }
}
