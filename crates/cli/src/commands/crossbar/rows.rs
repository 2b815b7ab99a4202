//! Results of studies: tables of named columns, and curves of them.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::console::Console;
use crate::exit::Failure;
use crate::plot::{Axis, Curve, Figure, Format, Panel};

/// Rows of a table with named columns.
pub(super) struct Rows {
    names: Vec<&'static str>,
    pub(super) rows: Vec<Vec<f64>>,
}

impl Rows {
    pub(super) fn new(names: &[&'static str]) -> Rows {
        Rows { names: names.to_vec(), rows: Vec::new() }
    }

    pub(super) fn print(&self, json: bool, console: &mut Console) -> Result<(), Failure> {
        let text = if json {
            let object = |row: &Vec<f64>| {
                let fields = self.names.iter().zip(row);
                Value::Object(
                    fields.map(|(name, v)| ((*name).to_owned(), json!(v))).collect::<Map<_, _>>(),
                )
            };
            format!("{}\n", Value::Array(self.rows.iter().map(object).collect()))
        } else {
            let line = |row: &Vec<f64>| {
                row.iter().map(|v| format!("{v:e}")).collect::<Vec<_>>().join(",") + "\n"
            };
            self.names.join(",") + "\n" + &self.rows.iter().map(line).collect::<String>()
        };
        Ok(console.out().write_all(text.as_bytes())?)
    }
}

/// Draws one column against the first, a curve a trial.
pub(super) fn curve(
    path: &Path,
    title: String,
    label: &str,
    rows: &Rows,
    column: usize,
) -> Result<(), Failure> {
    let mut curves: Vec<Curve> = Vec::new();
    for row in &rows.rows {
        let name = format!("trial {}", row[1] + 1.0);
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => {
                curve.x.push(row[0]);
                curve.y.push(row[column]);
            }
            None => {
                curves.push(Curve { name, x: vec![row[0]], y: vec![row[column]], unstable: false })
            }
        }
    }
    let axis = |label: &str, log| Axis { label: label.to_owned(), unit: "", log };
    let figure = Figure {
        title,
        x: axis("lines of a side", true),
        panels: vec![Panel { y: axis(label, false), curves }],
        notes: Vec::new(),
    };
    let picture = Format::of_path(path)?.render(&figure)?;
    std::fs::write(path, picture).map_err(|error| Failure::write(path, error))
}
