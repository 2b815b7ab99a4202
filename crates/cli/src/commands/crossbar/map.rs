//! Maps of arrays: cells as colours, and for small arrays the wires with them.
//!
//! A small array is drawn as it is: word lines across, bit lines down, coloured by their voltages, and a square at each
//! crossing coloured by what its device does. A large one is a heat map, in which a pixel shows the largest of the cells
//! that it stands for, so that a single cell that suffers is never averaged away.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use kuva::backend::raster::RasterBackend;
use kuva::backend::svg::SvgBackend;
use kuva::plot::heatmap::{ColorMap, Heatmap};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;
use ovonic::crossbar::{Access, Direction, Selection};
use ovonic::waveforms::Matrix;

use crate::exit::Failure;
use crate::plot::{Format, PlotError};

/// What a map shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Quantity {
    /// Voltage across each cell
    Volts,
    /// Current through each cell
    Current,
    /// Voltage of word lines
    Word,
    /// Voltage of bit lines
    Bit,
    /// Voltage that word lines have lost since their drivers
    Drop,
    /// Resistance of each cell, as its logarithm
    State,
}

impl Quantity {
    fn label(self) -> &'static str {
        match self {
            Quantity::Volts => "|cell voltage| (V)",
            Quantity::Current => "|cell current| (A)",
            Quantity::Word => "word line (V)",
            Quantity::Bit => "bit line (V)",
            Quantity::Drop => "word line drop (V)",
            Quantity::State => "log10 of the cell (ohm)",
        }
    }

    fn of(self, found: &Access, resistances: &Matrix) -> Matrix {
        let absolute = |matrix: &Matrix| {
            Matrix::from_fn(matrix.rows(), matrix.cols(), |row, col| matrix.at(row, col).abs())
        };
        let word = || found.solution.voltages(Direction::Word);
        match self {
            Quantity::Volts => absolute(&found.cell_volts),
            Quantity::Current => absolute(&found.cell_currents),
            Quantity::Word => word(),
            Quantity::Bit => found.solution.voltages(Direction::Bit),
            // What is open has no logarithm: it is drawn as more than anything that conducts.
            Quantity::State => {
                Matrix::from_fn(resistances.rows(), resistances.cols(), |row, col| {
                    resistances.at(row, col).clamp(1e-3, 1e15).log10()
                })
            }
            Quantity::Drop => {
                let word = word();
                let drop = |row, col| (word.at(row, 0) - word.at(row, col)).abs();
                Matrix::from_fn(word.rows(), word.cols(), drop)
            }
        }
    }
}

/// Lines of a side up to which wires are drawn.
const DIAGRAM: usize = 24;
/// Pixels of a side of a heat map.
const PIXELS: usize = 256;

/// Draws a map into a file.
pub(crate) fn draw(
    path: &Path,
    quantity: Quantity,
    found: &Access,
    resistances: &Matrix,
    selection: Selection,
) -> Result<(), Failure> {
    let values = quantity.of(found, resistances);
    let small = values.rows() <= DIAGRAM && values.cols() <= DIAGRAM;
    let title = format!(
        "{} x {} array, {}, {} V at row {}, column {}",
        values.rows(),
        values.cols(),
        selection.scheme,
        selection.volts,
        selection.row + 1,
        selection.col + 1
    );
    let svg = || {
        if small {
            diagram(&title, quantity, &values, found)
        } else {
            SvgBackend::new().render_scene(&heat_map(&title, quantity, &values))
        }
    };
    let picture = match Format::of_path(path)? {
        Format::Png => {
            let scene = heat_map(&title, quantity, &values);
            RasterBackend::new().with_scale(2.0).render_scene(&scene).map_err(PlotError::Drawing)?
        }
        Format::Html => {
            let head =
                format!("<!doctype html>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n");
            (head + &svg() + "\n").into_bytes()
        }
        Format::Svg | Format::Terminal { .. } => svg().into_bytes(),
    };
    std::fs::write(path, picture).map_err(|error| Failure::write(path, error))
}

/// The largest value of each of at most [`PIXELS`] × [`PIXELS`] parts.
fn reduce(values: &Matrix) -> Matrix {
    let parts = |count: usize| count.min(PIXELS);
    let (rows, cols) = (parts(values.rows()), parts(values.cols()));
    let range = |k: usize, parts: usize, count: usize| k * count / parts..(k + 1) * count / parts;
    Matrix::from_fn(rows, cols, |row, col| {
        let lines = range(row, rows, values.rows());
        let columns = range(col, cols, values.cols());
        let largest = |line: usize| {
            values.row(line)[columns.clone()].iter().copied().fold(f64::NEG_INFINITY, f64::max)
        };
        lines.map(largest).fold(f64::NEG_INFINITY, f64::max)
    })
}

fn heat_map(title: &str, quantity: Quantity, values: &Matrix) -> kuva::render::render::Scene {
    let reduced = reduce(values);
    // The drawing's rows run upwards, those of an array downwards.
    let rows: Vec<Vec<f64>> =
        (0..reduced.rows()).rev().map(|row| reduced.row(row).to_vec()).collect();
    let (height, width) = (values.rows() as f64, values.cols() as f64);
    let map = Heatmap::new()
        .with_data(rows)
        .with_color_map(ColorMap::Viridis)
        .with_cell_size(1.0)
        .with_x_range(0.5, width + 0.5)
        .with_y_range(0.5, height + 0.5)
        .with_legend(quantity.label());
    let plots = vec![Plot::Heatmap(map)];
    let layout = Layout::auto_from_plots(&plots)
        .with_title(format!("{title}: {}", quantity.label()))
        .with_x_axis_min(0.5)
        .with_x_axis_max(width + 0.5)
        .with_y_axis_min(0.5)
        .with_y_axis_max(height + 0.5)
        .with_y_tick_format(TickFormat::Custom(Arc::new(move |place| {
            format!("{}", (height + 1.0 - place).round())
        })))
        .with_width(760.0)
        .with_height(640.0)
        .with_x_label("bit lines")
        .with_y_label("word lines");
    render_multiple(plots, layout)
}

/// Wires and devices as they lie, coloured by voltage and by the quantity.
fn diagram(title: &str, quantity: Quantity, values: &Matrix, found: &Access) -> String {
    const STEP: f64 = 30.0;
    const LEFT: f64 = 40.0;
    const TOP: f64 = 50.0;
    let (rows, cols) = (values.rows(), values.cols());
    let (width, height) = (LEFT + STEP * cols as f64 + 130.0, TOP + STEP * rows as f64 + 40.0);
    let word = found.solution.voltages(Direction::Word);
    let bit = found.solution.voltages(Direction::Bit);
    let all = || word.values().iter().chain(bit.values()).copied();
    let volts = Scale::new(all());
    let shown = Scale::new(values.values().iter().copied());
    let place = |row: usize, col: usize| {
        (LEFT + STEP * (col as f64 + 0.5), TOP + STEP * (row as f64 + 0.5))
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"14\">{title}</text>\n"
    );
    // Writing to a string cannot fail.
    let mut line = |from: (f64, f64), to: (f64, f64), colour: String| {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            svg,
            "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{colour}\" stroke-width=\"4\"/>"
        );
    };
    for row in 0..rows {
        for col in 0..cols {
            let (x, y) = place(row, col);
            line((x - STEP, y), (x, y), volts.colour(word.at(row, col)));
            line((x, y + 6.0), (x, y + STEP), volts.colour(bit.at(row, col)));
        }
    }
    for row in 0..rows {
        for col in 0..cols {
            let (x, y) = place(row, col);
            let value = values.at(row, col);
            let _ = writeln!(
                svg,
                "<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"14\" fill=\"{}\" stroke=\"#333\">\
                 <title>row {}, column {}: {value:.4e}</title></rect>",
                x - 7.0,
                y - 7.0,
                shown.colour(value),
                row + 1,
                col + 1
            );
        }
    }
    let right = LEFT + STEP * cols as f64 + 16.0;
    svg += &shown.legend(right, TOP, quantity.label());
    svg += &volts.legend(right, TOP + 130.0, "wires (V)");
    svg + "</svg>\n"
}

/// From values to colours.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn new(values: impl Iterator<Item = f64>) -> Scale {
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        Scale { low, high }
    }

    fn colour(&self, value: f64) -> String {
        let span = self.high - self.low;
        ColorMap::Viridis.map(if span > 0.0 { (value - self.low) / span } else { 0.5 })
    }

    fn legend(&self, x: f64, y: f64, label: &str) -> String {
        let mut svg = format!("<text x=\"{x}\" y=\"{}\">{label}</text>\n", y + 4.0);
        for k in 0..5 {
            let value = self.high - (self.high - self.low) * f64::from(k) / 4.0;
            let top = y + 12.0 + 18.0 * f64::from(k);
            svg += &format!(
                "<rect x=\"{x}\" y=\"{top}\" width=\"14\" height=\"18\" fill=\"{}\"/>\
                 <text x=\"{}\" y=\"{}\">{value:.3e}</text>\n",
                self.colour(value),
                x + 20.0,
                top + 13.0
            );
        }
        svg
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_cell_is_never_averaged_away() {
        let mut values = Matrix::filled(1000, 700, 1.0);
        values.set(501, 333, 9.0);
        let reduced = reduce(&values);
        assert_eq!((reduced.rows(), reduced.cols()), (256, 256));
        assert_eq!(reduced.values().iter().filter(|v| **v == 9.0).count(), 1);
    }
}
