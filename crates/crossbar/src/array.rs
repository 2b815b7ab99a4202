//! What an array is made of: devices, line segments, and what stands at the ends of lines.
//!
//! ```text
//!                bit line 1        bit line 2
//!                   │                 │
//!  V ─[end]─[seg]─ w11 ──[seg]──── w12 ─[seg]─[end]─ V     word line 1: first end left, last end right
//!                   ╲ device          ╲ device
//!                   b11               b12
//!                   │[seg]            │[seg]
//! ```
//!
//! A line has a segment before its first crossing, one between neighbours, and one behind its last crossing. The outer two
//! carry current only where that end is connected.

use std::fmt;

use ovonic_waveforms::Matrix;

use crate::CrossbarError;

/// Word lines run along rows, bit lines along columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Along a row, first end left.
    Word,
    /// Along a column, first end at the top.
    Bit,
}

impl fmt::Display for Direction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Direction::Word => "word",
            Direction::Bit => "bit",
        })
    }
}

/// Resistance of line segments, Ω.
#[derive(Clone, Debug, PartialEq)]
pub enum Wire {
    /// The same for each segment.
    Uniform(f64),
    /// One number a segment, in the direction of the array: rows × (columns + 1) for word lines, (rows + 1) × columns
    /// for bit lines. An infinite one is a broken segment.
    PerSegment(Matrix),
}

/// Series resistance of whatever connects the end of a line to its source (driver, sense amplifier), Ω; `None` where the
/// end is left open.
pub type End = Option<f64>;

/// The lines of one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// Resistance of their segments.
    pub wire: Wire,
    /// First and last end of each line.
    pub ends: Vec<[End; 2]>,
}

impl Lines {
    /// Lines that are all connected in the same way.
    #[must_use]
    pub fn uniform(count: usize, resistance: f64, ends: [End; 2]) -> Lines {
        Lines { wire: Wire::Uniform(resistance), ends: vec![ends; count] }
    }
}

/// A crossbar of linear devices.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearArray {
    devices: Matrix,
    word: Lines,
    bit: Lines,
}

impl LinearArray {
    /// An array from the resistance of each device in Ω (infinite: open; zero: a short) and its lines.
    ///
    /// # Errors
    /// When a matrix does not fit or a resistance is negative or no number.
    pub fn new(devices: Matrix, word: Lines, bit: Lines) -> Result<LinearArray, CrossbarError> {
        let (rows, cols) = (devices.rows(), devices.cols());
        if rows == 0 || cols == 0 {
            return Err(CrossbarError::Empty { rows, cols });
        }
        check_resistances("a device", &devices)?;
        check_lines(&word, Direction::Word, (rows, cols + 1), rows)?;
        check_lines(&bit, Direction::Bit, (rows + 1, cols), cols)?;
        if word.ends.iter().chain(&bit.ends).flatten().all(Option::is_none) {
            return Err(CrossbarError::Undriven);
        }
        Ok(LinearArray { devices, word, bit })
    }

    /// The usual arrangement: each word line is driven from the left, each bit line grounded at the bottom, each through
    /// one segment.
    ///
    /// # Errors
    /// See [`LinearArray::new`].
    pub fn driven_left(devices: Matrix, word: f64, bit: f64) -> Result<LinearArray, CrossbarError> {
        let (rows, cols) = (devices.rows(), devices.cols());
        let word = Lines::uniform(rows, word, [Some(0.0), None]);
        let bit = Lines::uniform(cols, bit, [None, Some(0.0)]);
        LinearArray::new(devices, word, bit)
    }

    /// Number of word lines.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.devices.rows()
    }

    /// Number of bit lines.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.devices.cols()
    }

    /// Resistance of each device, Ω.
    #[must_use]
    pub fn devices(&self) -> &Matrix {
        &self.devices
    }

    /// The lines of one direction.
    #[must_use]
    pub fn lines(&self, direction: Direction) -> &Lines {
        match direction {
            Direction::Word => &self.word,
            Direction::Bit => &self.bit,
        }
    }

    /// Resistance from a crossing to the next one of its line, Ω.
    #[must_use]
    pub fn segment(&self, direction: Direction, row: usize, col: usize) -> f64 {
        match (&self.lines(direction).wire, direction) {
            (Wire::Uniform(resistance), _) => *resistance,
            (Wire::PerSegment(matrix), Direction::Word) => matrix.at(row, col + 1),
            (Wire::PerSegment(matrix), Direction::Bit) => matrix.at(row + 1, col),
        }
    }

    /// Resistance from the first (0) or the last (1) crossing of a line to its source, Ω; infinite where nothing is.
    #[must_use]
    pub fn end(&self, direction: Direction, line: usize, end: usize) -> f64 {
        let lines = self.lines(direction);
        let Some(series) = lines.ends[line][end] else {
            return f64::INFINITY;
        };
        let segment = match (&lines.wire, direction) {
            (Wire::Uniform(resistance), _) => *resistance,
            (Wire::PerSegment(matrix), Direction::Word) => matrix.at(line, end * self.cols()),
            (Wire::PerSegment(matrix), Direction::Bit) => matrix.at(end * self.rows(), line),
        };
        series + segment
    }

    /// Number of lines of one direction.
    #[must_use]
    pub fn count(&self, direction: Direction) -> usize {
        match direction {
            Direction::Word => self.rows(),
            Direction::Bit => self.cols(),
        }
    }

    /// Whether some resistance is zero, so that nodes coincide.
    pub(crate) fn has_shorts(&self) -> bool {
        let wire = |direction| match &self.lines(direction).wire {
            Wire::Uniform(resistance) => *resistance == 0.0,
            Wire::PerSegment(matrix) => matrix.values().contains(&0.0),
        };
        let ends = |direction| {
            (0..self.count(direction))
                .any(|line| (0..2).any(|end| self.end(direction, line, end) == 0.0))
        };
        [Direction::Word, Direction::Bit].into_iter().any(|side| wire(side) || ends(side))
            || self.devices.values().contains(&0.0)
    }
}

/// Zero and infinity are; what is no number is not.
fn is_resistance(value: f64) -> bool {
    value >= 0.0
}

fn check_resistances(what: &'static str, matrix: &Matrix) -> Result<(), CrossbarError> {
    let Some(index) = matrix.values().iter().position(|value| !is_resistance(*value)) else {
        return Ok(());
    };
    let (row, col) = (index / matrix.cols() + 1, index % matrix.cols() + 1);
    Err(CrossbarError::Resistance { what, value: matrix.values()[index], row, col })
}

fn check_lines(
    lines: &Lines,
    direction: Direction,
    (rows, cols): (usize, usize),
    count: usize,
) -> Result<(), CrossbarError> {
    let what = match direction {
        Direction::Word => "a segment of a word line",
        Direction::Bit => "a segment of a bit line",
    };
    match &lines.wire {
        Wire::Uniform(value) => check_resistances(what, &Matrix::filled(1, 1, *value))?,
        Wire::PerSegment(matrix) => {
            if (matrix.rows(), matrix.cols()) != (rows, cols) {
                return Err(CrossbarError::Shape {
                    what: match direction {
                        Direction::Word => "segments of word lines",
                        Direction::Bit => "segments of bit lines",
                    },
                    found_rows: matrix.rows(),
                    found_cols: matrix.cols(),
                    expected: format!("{rows} x {cols}"),
                });
            }
            check_resistances(what, matrix)?;
        }
    }
    if lines.ends.len() != count {
        return Err(CrossbarError::Shape {
            what: "ends of lines",
            found_rows: lines.ends.len(),
            found_cols: 2,
            expected: format!("{count} x 2"),
        });
    }
    for (line, ends) in lines.ends.iter().enumerate() {
        for (end, value) in ends.iter().enumerate() {
            if value.is_some_and(|value| !is_resistance(value)) {
                let value = value.unwrap_or_default();
                let (row, col) = (line + 1, end + 1);
                return Err(CrossbarError::Resistance {
                    what: "an end of a line",
                    value,
                    row,
                    col,
                });
            }
        }
    }
    Ok(())
}
