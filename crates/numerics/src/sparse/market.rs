//! Matrix Market files, the format in which solvers exchange test matrices.
//!
//! The format is read and written by `sprs`. Its reader trusts the counts and indices of the file,
//! so they are checked before it sees them.

use std::io;
use std::ops::Neg;

use num_complex::Complex64;
use sprs::num_kinds::PrimitiveKind;
use sprs::num_matrixmarket::{MatrixMarketConjugate, MatrixMarketRead};
use sprs::{CsMatViewI, TriMatI, io as exchange};

use super::{Element, Pattern, SolverError};

/// Why a Matrix Market file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// The file could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The text does not follow the format.
    #[error("line {line}: {expected}")]
    Syntax {
        /// Line number, from 1.
        line: usize,
        /// What the format wants there.
        expected: &'static str,
    },
    /// The values are not of the wanted kind, or the variant of the format is unknown.
    #[error("unsupported Matrix Market file: {0}")]
    Unsupported(exchange::IoError),
    /// The matrix is not square.
    #[error("matrix has {rows} rows and {columns} columns, expected a square one")]
    NotSquare {
        /// Rows of the file.
        rows: usize,
        /// Columns of the file.
        columns: usize,
    },
    /// The matrix is too large.
    #[error(transparent)]
    Pattern(#[from] SolverError),
}

/// A number that Matrix Market files can hold.
pub trait MarketNumber:
    Element + PrimitiveKind + MatrixMarketRead + MatrixMarketConjugate + Neg<Output = Self>
{
    /// Writes one matrix; `values` are in pattern order.
    ///
    /// # Errors
    /// Those of the writer.
    fn write_to(
        pattern: &Pattern,
        values: &[Self],
        out: &mut dyn io::Write,
    ) -> Result<(), io::Error>;
}

impl MarketNumber for f64 {
    fn write_to(
        pattern: &Pattern,
        values: &[Self],
        out: &mut dyn io::Write,
    ) -> Result<(), io::Error> {
        exchange::write_matrix_market_to_bufwrite(out, view(pattern, values))
    }
}

impl MarketNumber for Complex64 {
    fn write_to(
        pattern: &Pattern,
        values: &[Self],
        out: &mut dyn io::Write,
    ) -> Result<(), io::Error> {
        exchange::write_matrix_market_to_bufwrite(out, view(pattern, values))
    }
}

fn view<'a, T>(pattern: &'a Pattern, values: &'a [T]) -> CsMatViewI<'a, T, u32, usize> {
    let shape = (pattern.n(), pattern.n());
    CsMatViewI::new_csc(shape, pattern.column_starts(), pattern.rows(), values)
}

/// Writes a matrix, explicit zeros included, so that reading it gives the same pattern and bits.
///
/// # Errors
/// Those of the writer.
///
/// # Panics
/// If `values` does not have one number per stored entry.
pub fn write_market<T: MarketNumber>(
    pattern: &Pattern,
    values: &[T],
    out: &mut dyn io::Write,
) -> Result<(), io::Error> {
    T::write_to(pattern, values, out)
}

/// Reads a square matrix: its pattern and the values in pattern order. Repeated entries are summed.
///
/// # Errors
/// [`MarketError`].
pub fn read_market<T: MarketNumber>(text: &str) -> Result<(Pattern, Vec<T>), MarketError> {
    check(text)?;
    let triplets: TriMatI<T, u32> = exchange::read_matrix_market_from_bufread(&mut text.as_bytes())
        .map_err(MarketError::Unsupported)?;
    let positions = triplets.row_inds().iter().zip(triplets.col_inds());
    let pattern = Pattern::new(
        triplets.rows(),
        positions.clone().map(|(&row, &column)| (row as usize, column as usize)),
    )?;
    let mut values = vec![T::ZERO; pattern.nnz()];
    for ((&row, &column), &value) in positions.zip(triplets.data()) {
        if let Some(slot) = pattern.slot(row as usize, column as usize) {
            values[slot] += value;
        }
    }
    Ok((pattern, values))
}

/// Checks the size line, the number of entries and their indices.
fn check(text: &str) -> Result<(), MarketError> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .skip(1)
        .skip_while(|(_, line)| line.starts_with('%'));
    let syntax = |line, expected| MarketError::Syntax { line, expected };
    let size = "expected the numbers of rows, columns and entries";
    let (at, line) = lines.next().ok_or_else(|| syntax(1, size))?;
    let [rows, columns, count] = integers(line).ok_or_else(|| syntax(at, size))?;
    if rows != columns {
        return Err(MarketError::NotSquare { rows, columns });
    }
    if rows >= u32::MAX as usize {
        return Err(SolverError::TooLarge { n: rows }.into());
    }
    let mut found = 0;
    for (at, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let [row, column] =
            integers(line).ok_or_else(|| syntax(at, "expected a row, a column and a value"))?;
        if row == 0 || row > rows || column == 0 || column > columns {
            return Err(syntax(at, "expected indices from 1 to the number of rows"));
        }
        found += 1;
    }
    if found != count {
        let last = text.lines().count();
        return Err(syntax(last, "expected as many entries as the size line says"));
    }
    Ok(())
}

/// The leading integers of a line.
fn integers<const N: usize>(line: &str) -> Option<[usize; N]> {
    let mut fields = line.split_whitespace();
    let mut parsed = [0; N];
    for number in &mut parsed {
        *number = fields.next()?.parse().ok()?;
    }
    Some(parsed)
}

#[cfg(test)]
mod tests {
    use super::super::gallery;
    use super::*;

    #[test]
    fn matrices_survive_the_round_trip() {
        let sample = gallery::random_circuit(40, 6).unwrap();
        let mut text = Vec::new();
        write_market(&sample.pattern, &sample.values, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let (pattern, values) = read_market::<f64>(&text).unwrap();
        assert_eq!(pattern, *sample.pattern);
        assert_eq!(values, sample.values);

        let complex: Vec<Complex64> = values.iter().map(|&v| Complex64::new(v, -0.1 * v)).collect();
        let mut text = Vec::new();
        write_market(&pattern, &complex, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let (again, values) = read_market::<Complex64>(&text).unwrap();
        assert_eq!((again, values), (pattern, complex));
    }

    #[test]
    fn symmetric_files_are_mirrored() {
        let text = "%%MatrixMarket matrix coordinate real symmetric\n% from a mesh\n2 2 2\n1 1 4\n2 1 -1.5e0\n";
        let (pattern, values) = read_market::<f64>(text).unwrap();
        assert_eq!(pattern.entries().collect::<Vec<_>>(), [(0, 0), (1, 0), (0, 1)]);
        assert_eq!(values, [4.0, -1.5, -1.5]);
    }

    #[test]
    fn broken_files_are_errors() {
        let header = "%%MatrixMarket matrix coordinate real general\n";
        for (body, line) in [
            ("", 1),
            ("% nothing\n", 1),
            ("2 2\n", 2),
            ("2 2 1\n3 1 1.0\n", 3),
            ("2 2 1\n0 1 1.0\n", 3),
            ("2 2 2\n1 1 1.0\n", 3),
            ("2 2 999999999999999999\n", 2),
            ("2 2 1\nx 1 1.0\n", 3),
        ] {
            match read_market::<f64>(&format!("{header}{body}")) {
                Err(MarketError::Syntax { line: found, .. }) => assert_eq!(found, line, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
        let complex = "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 2\n";
        assert!(matches!(read_market::<f64>(complex), Err(MarketError::Unsupported(_))));
        let wide = "%%MatrixMarket matrix coordinate real general\n1 2 0\n";
        assert!(matches!(
            read_market::<f64>(wide),
            Err(MarketError::NotSquare { rows: 1, columns: 2 })
        ));
        let empty = read_market::<f64>("");
        assert!(empty.is_err());
    }
}
