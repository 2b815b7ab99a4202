//! `ovonic crossbar netlist`: the same array as a plain netlist, for checks in any SPICE simulator.

use std::io::Write;

use ovonic::crossbar::{Direction, LinearArray};

/// Writes an array with the voltages behind the ends of its lines. Node names are `w<row>_<col>` and `b<row>_<col>`, sources
/// `vw<row>` and `vb<col>`, all counted from 1.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn write(
    out: &mut dyn Write,
    array: &LinearArray,
    word_volts: &[f64],
    bit_volts: &[f64],
) -> std::io::Result<()> {
    let (rows, cols) = (array.rows(), array.cols());
    writeln!(out, "* crossbar of {rows} word lines and {cols} bit lines")?;
    for direction in [Direction::Word, Direction::Bit] {
        let (volts, name) = match direction {
            Direction::Word => (word_volts, 'w'),
            Direction::Bit => (bit_volts, 'b'),
        };
        let count = array.count(direction);
        let length = rows * cols / count;
        for (line, volts) in volts.iter().enumerate().take(count) {
            let node = |k: usize| match direction {
                Direction::Word => format!("w{}_{}", line + 1, k + 1),
                Direction::Bit => format!("b{}_{}", k + 1, line + 1),
            };
            let ends = [(0, 0, 'f'), (1, length - 1, 'l')];
            let driven: Vec<_> = ends
                .into_iter()
                .map(|(end, k, suffix)| (array.end(direction, line, end), k, suffix))
                .filter(|(resistance, ..)| resistance.is_finite())
                .collect();
            if !driven.is_empty() {
                writeln!(out, "v{name}{} s{name}{0} 0 {:e}", line + 1, volts)?;
            }
            for (resistance, k, suffix) in driven {
                let number = line + 1;
                writeln!(
                    out,
                    "r{name}{number}{suffix} s{name}{number} {} {resistance:e}",
                    node(k)
                )?;
            }
            for k in 0..length.saturating_sub(1) {
                let (row, col) = match direction {
                    Direction::Word => (line, k),
                    Direction::Bit => (k, line),
                };
                let resistance = array.segment(direction, row, col);
                if resistance.is_finite() {
                    let number = line + 1;
                    writeln!(
                        out,
                        "r{name}{number}_{} {} {} {resistance:e}",
                        k + 1,
                        node(k),
                        node(k + 1)
                    )?;
                }
            }
        }
    }
    for row in 0..rows {
        for (col, resistance) in array.devices().row(row).iter().enumerate() {
            if resistance.is_finite() {
                let (row, col) = (row + 1, col + 1);
                writeln!(out, "rd{row}_{col} w{row}_{col} b{row}_{col} {resistance:e}")?;
            }
        }
    }
    writeln!(out, ".op\n.end")
}
