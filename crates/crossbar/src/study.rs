//! Studies of memory arrays: how a cell is biased, what is sensed, and what the other cells suffer.
//!
//! One cell is selected by putting `V` on its word line and zero on its bit line. What the other lines are put to is the
//! scheme:
//!
//! | scheme | other word lines | other bit lines | half-selected cells | the others |
//! |---|---|---|---|---|
//! | V/2 | V/2 | V/2 | V/2 | 0 |
//! | V/3 | V/3 | 2V/3 | V/3 | −V/3 |
//! | floating | open | open | | |
//! | grounded | 0 | 0 | V on the word line, 0 on the bit line | 0 |
//!
//! The current that is sensed on the selected bit line is that of the cell, and of all paths that sneak around it.

use std::fmt;

use ovonic_device::Variation;
use ovonic_waveforms::Matrix;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::CrossbarError;
use crate::array::{Direction, End, LinearArray, Lines};
use crate::cells::{Branch, Cells, SelectedResistors, SinhSelector};
use crate::newton::solve_nonlinear;
use crate::solver::{Solution, SolveOptions, Solver};

/// What lines that are not selected are put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// All to half the voltage.
    Half,
    /// Word lines to a third, bit lines to two thirds.
    Third,
    /// Nothing: they float.
    Floating,
    /// All to ground.
    Grounded,
}

impl fmt::Display for Scheme {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Scheme::Half => "V/2",
            Scheme::Third => "V/3",
            Scheme::Floating => "floating",
            Scheme::Grounded => "grounded",
        })
    }
}

impl Scheme {
    /// Voltages of other word lines and other bit lines, in units of that of the selected word line.
    fn others(self) -> [Option<f64>; 2] {
        match self {
            Scheme::Half => [Some(0.5), Some(0.5)],
            Scheme::Third => [Some(1.0 / 3.0), Some(2.0 / 3.0)],
            Scheme::Floating => [None, None],
            Scheme::Grounded => [Some(0.0), Some(0.0)],
        }
    }
}

/// State of the cells around the selected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// All conduct.
    Low,
    /// All insulate.
    High,
    /// Either with equal probability.
    Random,
}

/// What an array is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Technology {
    /// Resistance of a cell that conducts, Ω.
    pub low: f64,
    /// Resistance of a cell that insulates, Ω.
    pub high: f64,
    /// Standard deviation of the logarithm of resistances from cell to cell.
    pub spread: f64,
    /// Selector in series with each cell.
    pub selector: Option<SinhSelector>,
    /// Resistance of a segment of a word line, Ω.
    pub word_segment: f64,
    /// Resistance of a segment of a bit line, Ω.
    pub bit_segment: f64,
    /// Resistance of drivers of word lines, Ω.
    pub driver: f64,
    /// Resistance behind bit lines, Ω.
    pub sense: f64,
}

impl Technology {
    /// Resistances of an array of which `selected` has a state of its own.
    ///
    /// The same seed and trial always give the same array, whatever the background: a cell's deviation is drawn apart
    /// from its state.
    #[must_use]
    pub fn resistances(
        &self,
        (rows, cols): (usize, usize),
        background: Background,
        selected: Option<(usize, usize, bool)>,
        (seed, trial): (u64, u64),
    ) -> Matrix {
        let variation = Variation::new(seed).of_instance("crossbar");
        let mut states = variation.generator("state", trial);
        let mut deviations = variation.generator("resistance", trial);
        Matrix::from_fn(rows, cols, |row, col| {
            let drawn = background == Background::Random && states.random::<bool>();
            let conducts = match selected {
                Some((r, c, conducts)) if (r, c) == (row, col) => conducts,
                _ => drawn || background == Background::Low,
            };
            let nominal = if conducts { self.low } else { self.high };
            if self.spread == 0.0 {
                return nominal;
            }
            let normal: f64 = StandardNormal.sample(&mut deviations);
            nominal * (self.spread * normal).exp()
        })
    }
}

/// How one cell is selected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    /// Its row, from 0.
    pub row: usize,
    /// Its column, from 0.
    pub col: usize,
    /// Voltage of its word line, V.
    pub volts: f64,
    /// What the other lines are put to.
    pub scheme: Scheme,
}

/// Voltages across cells, without their sign.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stress {
    /// Largest of cells that share a line with the selected one, V.
    pub half_selected: f64,
    /// Largest of all others, V.
    pub unselected: f64,
}

/// A selected cell and what it is surrounded by.
#[derive(Clone, Debug)]
pub struct Access {
    /// Current out of the selected bit line, A.
    pub sensed: f64,
    /// Current through the selected cell, A.
    pub cell: f64,
    /// Voltage across the selected cell (and its selector), V.
    pub volts: f64,
    /// What the other cells suffer.
    pub stress: Stress,
    /// Power of all sources, W.
    pub power: f64,
    /// Conjugate gradient iterations, or solutions of the direct method.
    pub iterations: usize,
    /// Newton iterations; none where nothing is nonlinear.
    pub newton: usize,
    /// Largest imbalance of currents at a node, relative to the sum of absolute currents there.
    pub node_imbalance: f64,
    /// Voltage across each cell, V.
    pub cell_volts: Matrix,
    /// Current through each cell, A.
    pub cell_currents: Matrix,
    /// Voltages of nodes.
    pub solution: Solution,
}

impl Access {
    /// Current of all paths around the cell, A.
    #[must_use]
    pub fn sneak(&self) -> f64 {
        self.sensed - self.cell
    }
}

/// Solves an array with one cell selected.
///
/// # Errors
/// See [`Solver::solve`] and [`solve_nonlinear`]; [`CrossbarError::Shape`] when the cell is outside.
pub fn access(
    technology: &Technology,
    resistances: &Matrix,
    selection: Selection,
    threads: usize,
) -> Result<Access, CrossbarError> {
    let (rows, cols) = (resistances.rows(), resistances.cols());
    let Selection { row, col, volts, scheme } = selection;
    if row >= rows || col >= cols {
        return Err(CrossbarError::Shape {
            what: "selected cell",
            found_rows: row + 1,
            found_cols: col + 1,
            expected: format!("a row up to {rows} and a column up to {cols}"),
        });
    }
    let [word, bit] = scheme.others();
    let lines = |count: usize, selected: usize, other: Option<f64>, own: f64, ends: [End; 2]| {
        let voltage = |line| if line == selected { own } else { other.unwrap_or(0.0) * volts };
        let open = |line| line != selected && other.is_none();
        let volts: Vec<f64> = (0..count).map(voltage).collect();
        let ends = (0..count).map(|line| if open(line) { [None, None] } else { ends });
        (volts, ends.collect::<Vec<_>>())
    };
    let (word_volts, word_ends) = lines(rows, row, word, volts, [Some(technology.driver), None]);
    let (bit_volts, bit_ends) = lines(cols, col, bit, 0.0, [None, Some(technology.sense)]);
    let word = Lines { wire: crate::Wire::Uniform(technology.word_segment), ends: word_ends };
    let bit = Lines { wire: crate::Wire::Uniform(technology.bit_segment), ends: bit_ends };
    let array = LinearArray::new(resistances.clone(), word, bit)?;
    let cells =
        SelectedResistors { resistances: resistances.clone(), selector: technology.selector };
    let (solution, newton) = if technology.selector.is_some() {
        let (solution, report) =
            solve_nonlinear(&array, &cells, (&word_volts, &bit_volts), threads)?;
        (solution, Some(report))
    } else {
        let options = SolveOptions { threads, ..SolveOptions::default() };
        (Solver::new(array, options)?.solve(&word_volts, &bit_volts)?, None)
    };
    Ok(examine(&cells, selection, solution, newton))
}

fn examine(
    cells: &SelectedResistors,
    selection: Selection,
    solution: Solution,
    newton: Option<crate::NewtonReport>,
) -> Access {
    let (rows, cols) = cells.shape();
    let (word, bit) = (solution.voltages(Direction::Word), solution.voltages(Direction::Bit));
    let cell_volts = Matrix::from_fn(rows, cols, |row, col| word.at(row, col) - bit.at(row, col));
    let branch = |row, col| -> Branch { cells.branch(row, col, cell_volts.at(row, col)) };
    let cell_currents = Matrix::from_fn(rows, cols, |row, col| branch(row, col).current);
    let mut stress = Stress::default();
    for row in 0..rows {
        for (col, volts) in cell_volts.row(row).iter().enumerate() {
            let worst = match (row == selection.row, col == selection.col) {
                (true, true) => continue,
                (false, false) => &mut stress.unselected,
                _ => &mut stress.half_selected,
            };
            *worst = worst.max(volts.abs());
        }
    }
    let report = solution.report;
    Access {
        sensed: solution.outputs()[selection.col],
        cell: cell_currents.at(selection.row, selection.col),
        volts: cell_volts.at(selection.row, selection.col),
        stress,
        power: report.power,
        iterations: newton.map_or(report.iterations, |newton| newton.inner_iterations),
        newton: newton.map_or(0, |newton| newton.iterations),
        node_imbalance: newton.map_or(report.node_imbalance, |newton| newton.node_imbalance),
        cell_volts,
        cell_currents,
        solution,
    }
}

/// How well two states can be told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin {
    /// Least current of a cell that conducts, over all backgrounds, A.
    pub low: f64,
    /// Largest current of a cell that insulates, over all backgrounds, A.
    pub high: f64,
    /// Sneak current as a share of what is sensed, at its worst.
    pub sneak: f64,
    /// Least voltage across the selected cell, V.
    pub volts: f64,
    /// What the other cells suffer at most.
    pub stress: Stress,
}

impl Margin {
    /// Difference of the two currents relative to that of a cell that conducts; negative where they overlap.
    #[must_use]
    pub fn relative(&self) -> f64 {
        (self.low - self.high) / self.low
    }
}

/// Reads a cell in both states before each of several backgrounds, and keeps the worst.
///
/// # Errors
/// See [`access`].
pub fn margin(
    technology: &Technology,
    shape: (usize, usize),
    selection: Selection,
    backgrounds: &[Background],
    (seed, trial): (u64, u64),
    threads: usize,
) -> Result<Margin, CrossbarError> {
    let mut worst = Margin {
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        sneak: 0.0,
        volts: f64::INFINITY,
        stress: Stress::default(),
    };
    for &background in backgrounds {
        for conducts in [true, false] {
            let own = Some((selection.row, selection.col, conducts));
            let resistances = technology.resistances(shape, background, own, (seed, trial));
            let found = access(technology, &resistances, selection, threads)?;
            if conducts {
                worst.low = worst.low.min(found.sensed);
            } else {
                worst.high = worst.high.max(found.sensed);
            }
            if found.sensed != 0.0 {
                worst.sneak = worst.sneak.max(found.sneak() / found.sensed);
            }
            worst.volts = worst.volts.min(found.volts);
            let stress = &mut worst.stress;
            stress.half_selected = stress.half_selected.max(found.stress.half_selected);
            stress.unselected = stress.unselected.max(found.stress.unselected);
        }
    }
    Ok(worst)
}

/// Product of voltages and conductances as an array computes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Current out of each bit line, A.
    pub currents: Vec<f64>,
    /// Sum of voltage over resistance of each bit line, A.
    pub ideal: Vec<f64>,
}

impl Product {
    /// Euclidean norm of the difference relative to that of the ideal product.
    #[must_use]
    pub fn error(&self) -> f64 {
        let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|v| v * v).sum::<f64>().sqrt();
        let difference = norm(&mut self.currents.iter().zip(&self.ideal).map(|(a, b)| a - b));
        difference / norm(&mut self.ideal.iter().copied()).max(f64::MIN_POSITIVE)
    }

    /// Largest difference of one bit line relative to its ideal current.
    #[must_use]
    pub fn worst(&self) -> f64 {
        let lines = self.currents.iter().zip(&self.ideal);
        lines.map(|(a, b)| (a - b).abs() / b.abs().max(f64::MIN_POSITIVE)).fold(0.0, f64::max)
    }
}

/// Drives all word lines with voltages between zero and `volts` that are drawn from the seed.
///
/// # Errors
/// See [`Solver::solve`] and [`solve_nonlinear`].
pub fn product(
    technology: &Technology,
    resistances: &Matrix,
    volts: f64,
    (seed, trial): (u64, u64),
    threads: usize,
) -> Result<Product, CrossbarError> {
    let (rows, cols) = (resistances.rows(), resistances.cols());
    let mut generator = Variation::new(seed).of_instance("crossbar").generator("input", trial);
    let word_volts: Vec<f64> = (0..rows).map(|_| volts * generator.random::<f64>()).collect();
    let bit_volts = vec![0.0; cols];
    let word = Lines::uniform(rows, technology.word_segment, [Some(technology.driver), None]);
    let bit = Lines::uniform(cols, technology.bit_segment, [None, Some(technology.sense)]);
    let array = LinearArray::new(resistances.clone(), word, bit)?;
    let cells =
        SelectedResistors { resistances: resistances.clone(), selector: technology.selector };
    let ideal = (0..cols)
        .map(|col| (0..rows).map(|row| cells.branch(row, col, word_volts[row]).current).sum())
        .collect();
    let solution = if technology.selector.is_some() {
        solve_nonlinear(&array, &cells, (&word_volts, &bit_volts), threads)?.0
    } else {
        let options = SolveOptions { threads, ..SolveOptions::default() };
        Solver::new(array, options)?.solve(&word_volts, &bit_volts)?
    };
    Ok(Product { currents: solution.outputs(), ideal })
}
