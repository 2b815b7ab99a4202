//! Curves of one array: voltages and currents along the selected lines, and a histogram of what cells suffer.

use std::path::Path;

use ovonic::crossbar::{Access, Direction, Selection};
use ovonic::waveforms::Matrix;

use crate::exit::Failure;
use crate::plot::{Axis, Curve, Figure, Format, Panel};

fn axis(label: &str, unit: &'static str, log: bool) -> Axis {
    Axis { label: label.to_owned(), unit, log }
}

fn curve(name: String, x: Vec<f64>, y: Vec<f64>) -> Curve {
    Curve { name, unstable: false, x, y }
}

fn write(path: &Path, figure: &Figure) -> Result<(), Failure> {
    let picture = Format::of_path(path)?.render(figure)?;
    std::fs::write(path, picture).map_err(|error| Failure::write(path, error))
}

/// The array and how it is driven, as a title.
fn title(found: &Matrix, selection: Selection) -> String {
    format!(
        "{} x {} array, {}, {} V at row {}, column {}",
        found.rows(),
        found.cols(),
        selection.scheme,
        selection.volts,
        selection.row + 1,
        selection.col + 1
    )
}

/// Voltages of the selected lines and currents of their cells, from crossing to crossing.
pub(super) fn profile(path: &Path, found: &Access, selection: Selection) -> Result<(), Failure> {
    let Selection { row, col, .. } = selection;
    let (word, bit) =
        (found.solution.voltages(Direction::Word), found.solution.voltages(Direction::Bit));
    let (rows, cols) = (word.rows(), word.cols());
    let numbers = |count: usize| (1..=count).map(|k| k as f64).collect::<Vec<f64>>();
    let down = |matrix: &Matrix| (0..rows).map(|k| matrix.at(k, col)).collect::<Vec<f64>>();
    let currents = |values: &[f64]| values.iter().map(|i| i.abs()).collect::<Vec<f64>>();
    let word_name = format!("word line {}", row + 1);
    let bit_name = format!("bit line {}", col + 1);
    let figure = Figure {
        title: title(&word, selection),
        x: axis("crossing", "", false),
        panels: vec![
            Panel {
                y: axis("line", "V", false),
                curves: vec![
                    curve(word_name.clone(), numbers(cols), word.row(row).to_vec()),
                    curve(bit_name.clone(), numbers(rows), down(&bit)),
                ],
            },
            Panel {
                y: axis("cell", "A", true),
                curves: vec![
                    curve(word_name, numbers(cols), currents(found.cell_currents.row(row))),
                    curve(bit_name, numbers(rows), currents(&down(&found.cell_currents))),
                ],
            },
        ],
        notes: Vec::new(),
    };
    write(path, &figure)
}

/// Cells by the voltage that they suffer: `counts` of each class, half-selected and unselected, up to `top` V.
pub(super) fn histogram(
    path: &Path,
    found: &Access,
    selection: Selection,
    counts: &[[usize; 2]],
    top: f64,
) -> Result<(), Failure> {
    let width = top / counts.len() as f64;
    let steps = |which: usize| {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (k, count) in counts.iter().enumerate() {
            x.extend([k as f64 * width, (k + 1) as f64 * width]);
            // A logarithmic axis shows what it can of an empty class: its edge.
            y.extend([(count[which] as f64).max(0.5); 2]);
        }
        (x, y)
    };
    let named = |name: &str, which: usize| {
        let (x, y) = steps(which);
        curve(name.to_owned(), x, y)
    };
    let figure = Figure {
        title: title(&found.cell_volts, selection),
        x: axis("voltage across a cell", "V", false),
        panels: vec![Panel {
            y: axis("cells", "", true),
            curves: vec![named("half-selected", 0), named("unselected", 1)],
        }],
        notes: Vec::new(),
    };
    write(path, &figure)
}
