//! Currents of many inputs from one factorisation.
//!
//! What the ends of lines see of an array is a small dense system: the Schur complement of everything else. With the nodes
//! at the ends (the ports) eliminated last, the lower right corner of the factor *is* the factor of that complement, and each
//! input costs two triangular solutions of the number of ports. The result is exact up to rounding; voltages inside the
//! array are never computed.

use ovonic_waveforms::Matrix;

use crate::CrossbarError;
use crate::contract::Contracted;

/// The factored system of an array's ports.
pub struct PortSystem {
    /// Lower triangle, column by column.
    factor: Vec<f64>,
    count: usize,
    ends: Vec<PortEnd>,
    shape: (usize, usize),
}

/// A connected end of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PortEnd {
    pub(crate) is_word: bool,
    pub(crate) line: usize,
    pub(crate) port: usize,
    /// Conductance to its source.
    pub(crate) g: f64,
}

/// Currents of many inputs.
#[derive(Clone, Debug)]
pub struct PortCurrents {
    /// Current out of each bit line, one row an input, A.
    pub outputs: Matrix,
    /// Sum of the currents from all ends relative to the sum of their absolute values, the worst of all inputs.
    pub array_imbalance: f64,
    /// Power that the sources deliver, one number an input, W.
    pub power: Vec<f64>,
}

/// Most ports of which the dense factor is kept: 128 MB.
const MOST: usize = 4096;

impl PortSystem {
    /// The ports of a factored array, if they were eliminated last and nothing is tied to a source without resistance.
    pub(crate) fn new(array: &Contracted, shape: (usize, usize)) -> Option<PortSystem> {
        let (ends, count) = array.ports()?;
        if count > MOST {
            return None;
        }
        let factor = array.root(count)?;
        Some(PortSystem { factor, count, ends, shape })
    }

    /// Number of ports.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no ports.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Currents for voltages behind the ends of word lines (rows × inputs) and of bit lines (columns × inputs, or × 1 for all
    /// inputs alike), V.
    ///
    /// # Errors
    /// [`CrossbarError::Shape`].
    pub fn currents(&self, word: &Matrix, bit: &Matrix) -> Result<PortCurrents, CrossbarError> {
        let (rows, cols) = self.shape;
        let inputs = word.cols();
        for (what, matrix, lines) in
            [("voltages of word lines", word, rows), ("voltages of bit lines", bit, cols)]
        {
            if matrix.rows() != lines || ![1, inputs].contains(&matrix.cols()) {
                let (found_rows, found_cols) = (matrix.rows(), matrix.cols());
                let expected = format!("{lines} x {inputs}");
                return Err(CrossbarError::Shape { what, found_rows, found_cols, expected });
            }
        }
        let volts = |end: &PortEnd, input: usize| {
            let matrix = if end.is_word { word } else { bit };
            matrix.at(end.line, if matrix.cols() == 1 { 0 } else { input })
        };
        let mut x = vec![0.0; self.count * inputs];
        for (input, x) in x.chunks_mut(self.count.max(1)).enumerate() {
            for end in &self.ends {
                x[end.port] += end.g * volts(end, input);
            }
        }
        self.solve(&mut x);
        let mut found = PortCurrents {
            outputs: Matrix::filled(inputs, cols, 0.0),
            array_imbalance: 0.0,
            power: Vec::with_capacity(inputs),
        };
        for (input, x) in x.chunks(self.count.max(1)).enumerate() {
            let (mut sum, mut total, mut power) = (0.0, 0.0, 0.0);
            for end in &self.ends {
                let volts = volts(end, input);
                let current = end.g * (volts - x[end.port]);
                sum += current;
                total += f64::abs(current);
                power += volts * current;
                if !end.is_word {
                    let before = found.outputs.at(input, end.line);
                    found.outputs.set(input, end.line, before - current);
                }
            }
            if total > 0.0 {
                found.array_imbalance = found.array_imbalance.max(f64::abs(sum) / total);
            }
            found.power.push(power);
        }
        Ok(found)
    }

    /// Replaces right-hand sides, one after the other, by solutions. A column of the factor serves all of them.
    fn solve(&self, x: &mut [f64]) {
        let n = self.count;
        let column = |k: usize| &self.factor[k * n..][..n];
        for k in 0..n {
            let column = column(k);
            for x in x.chunks_mut(n) {
                x[k] /= column[k];
                let scale = x[k];
                for (x, l) in x[k + 1..].iter_mut().zip(&column[k + 1..]) {
                    *x -= scale * l;
                }
            }
        }
        for k in (0..n).rev() {
            let column = column(k);
            for x in x.chunks_mut(n) {
                let mut sums = [0.0; 8];
                let (head, tail) = x.split_at_mut(k + 1);
                let pairs = tail.chunks(8).zip(column[k + 1..].chunks(8));
                for (x, l) in pairs {
                    for (sum, (x, l)) in sums.iter_mut().zip(x.iter().zip(l)) {
                        *sum += x * l;
                    }
                }
                head[k] = (head[k] - sums.iter().sum::<f64>()) / column[k];
            }
        }
    }
}
