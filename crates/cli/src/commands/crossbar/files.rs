//! Matrices on the command line: csv or npy files, or one number where that is enough.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use ovonic::netlist::parse_number;
use ovonic::waveforms::Matrix;

use crate::exit::Failure;

/// One number, or a file with a matrix of them.
#[derive(Clone, Debug)]
pub(crate) enum NumberOrFile {
    Number(f64),
    File(PathBuf),
}

impl NumberOrFile {
    /// Reads a word of the command line; whatever is no number is a file.
    pub(crate) fn parse(text: &str) -> Result<NumberOrFile, std::convert::Infallible> {
        Ok(match number(text) {
            Ok(value) => NumberOrFile::Number(value),
            Err(_) => NumberOrFile::File(PathBuf::from(text)),
        })
    }
}

/// A number with the suffixes of netlists, or `inf`.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    if text.eq_ignore_ascii_case("inf") {
        return Ok(f64::INFINITY);
    }
    parse_number(text).map_err(|error| error.to_string())
}

fn is_npy(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npy"))
}

/// Reads a matrix; a name that ends in `.npy` is that format, everything else is text.
pub(crate) fn read(path: &Path) -> Result<Matrix, Failure> {
    let file = File::open(path).map_err(|error| Failure::read(path, error))?;
    let input = BufReader::new(file);
    let matrix = if is_npy(path) { Matrix::read_npy(input) } else { Matrix::read_csv(input) };
    matrix.map_err(|error| Failure::Matrix { path: path.to_owned(), error })
}

/// Writes a matrix in the format of the file's ending.
pub(crate) fn write(path: &Path, matrix: &Matrix) -> Result<(), Failure> {
    let file = File::create(path).map_err(|error| Failure::write(path, error))?;
    let written = if is_npy(path) { matrix.write_npy(file) } else { matrix.write_csv(file) };
    written.map_err(|error| Failure::Matrix { path: path.to_owned(), error })
}

/// Makes a folder unless it is there.
pub(crate) fn folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::write(path, error))
}
