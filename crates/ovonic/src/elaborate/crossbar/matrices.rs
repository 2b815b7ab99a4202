//! Values of an array that a card gives as numbers or as files with a number for each place.

use super::super::Elaborator;
use super::super::reporter::Reported;
use super::read::Card;
use super::values::Values;
use ovonic_netlist::ast::{Param, Value};
use ovonic_netlist::{Diagnostic, codes};
use ovonic_waveforms::Matrix;
use std::sync::Arc;

impl Elaborator {
    /// What a key says, for each place: a number, or a file with rows × cols of them, none negative.
    pub(super) fn optional_values(
        &mut self,
        card: &Card<'_>,
        key: &str,
        shape: (u32, u32),
    ) -> Result<Option<Values>, Reported> {
        let Some(param) = card.param(key) else {
            return Ok(None);
        };
        let values = self.values(card, param, shape)?;
        match &values {
            Values::Matrix(matrix, span) => {
                let negative = matrix.values().iter().position(|value| *value < 0.0);
                if let Some(index) = negative {
                    let (row, col) = (index / matrix.cols() + 1, index % matrix.cols() + 1);
                    let value = matrix.values()[index];
                    return Err(self.reporter.report(Diagnostic::error(
                        codes::VALUE_OUT_OF_RANGE,
                        *span,
                        format!("\"{key}\" is {value} in row {row}, column {col} of its file"),
                    )));
                }
            }
            _ => {
                self.positive(card, param)?;
            }
        }
        Ok(Some(values))
    }

    /// What a key says, for each place.
    pub(super) fn values(
        &mut self,
        card: &Card<'_>,
        param: &Param,
        (rows, cols): (u32, u32),
    ) -> Result<Values, Reported> {
        let span = param.value.span;
        let Value::Text(path) = &param.value.node else {
            if let Value::Name(name) = &param.value.node
                && name.contains('.')
            {
                return Err(self.reporter.report(
                    Diagnostic::error(
                        codes::BARE_NAME,
                        span,
                        format!("\"{name}\" is not a number"),
                    )
                    .help("a file is named in double quotes"),
                ));
            }
            return Ok(Values::Uniform(param.value.clone()));
        };
        let Some(file) = card.file(&param.key.node) else {
            // That it cannot be read has been said.
            return Err(Reported);
        };
        let is_npy = file.bytes.starts_with(b"\x93NUMPY");
        let read = if is_npy {
            Matrix::read_npy(&file.bytes[..])
        } else {
            Matrix::read_csv(&file.bytes[..])
        };
        let matrix = read.map_err(|error| {
            self.reporter.report(Diagnostic::error(
                codes::INVALID_VALUE,
                span,
                format!("\"{path}\": {error}"),
            ))
        })?;
        let found = (matrix.rows(), matrix.cols());
        if found != (rows as usize, cols as usize) {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    span,
                    format!(
                        "\"{path}\" has {} rows and {} columns, but \"{}\" of this array has {rows} rows \
                         and {cols} columns",
                        found.0, found.1, param.key
                    ),
                )
                .label(expected_shape(&param.key.node)),
            ));
        }
        Ok(Values::Matrix(Arc::new(matrix), span))
    }
}

/// What stands in the places of a file.
fn expected_shape(key: &str) -> &'static str {
    match key {
        "rword" => "segments of word lines: one more than columns in each row",
        "rbit" => "segments of bit lines: one more than rows in each column",
        _ => "one number for each crossing",
    }
}
