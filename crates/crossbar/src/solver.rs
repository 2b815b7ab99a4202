//! Solution of linear arrays: which method, for how many inputs, and how good the answer is.
//!
//! Iteration with the two-level preconditioner is the rule. Small arrays, arrays in which nodes coincide (a resistance of
//! zero) and arrays that the iteration gives up are factored. A result that misses its tolerance is an error.

use ovonic_waveforms::Matrix;

use crate::CrossbarError;
use crate::array::{Direction, LinearArray};
use crate::balance::{Balance, balance};
use crate::bonds::{Bonds, Island, crossing, islands};
use crate::conjugate::{Goal, Iteration, conjugate_gradients, magnitude};
use crate::contract::Contracted;
use crate::crew::Crew;
use crate::field::Field;
use crate::network::{Network, Nodes};
use crate::port::PortSystem;
use crate::precondition::{CoarseGrid, Preconditioner};

/// How an array is solved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Whichever suits the array.
    #[default]
    Auto,
    /// Conjugate gradients with the two-level preconditioner.
    Iterative,
    /// Factorisation in the order of nested dissection.
    Direct,
}

/// Options of [`Solver`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SolveOptions {
    /// The method.
    pub method: Method,
    /// Error of the voltages relative to them, and residual relative to the right-hand side, both in the Euclidean norm.
    pub tolerance: f64,
    /// Iterations before the iterative method gives up.
    pub max_iterations: usize,
    /// Number of threads; results do not depend on it.
    pub threads: usize,
}

impl Default for SolveOptions {
    fn default() -> SolveOptions {
        SolveOptions { method: Method::Auto, tolerance: 1e-12, max_iterations: 300, threads: 1 }
    }
}

/// Crossings up to which an array is factored when nobody asks for a method.
const SMALL: usize = 256;
/// Crossings up to which an array that the iteration gives up is factored; the factors then take about a gigabyte.
const FACTORABLE: usize = 1 << 21;

/// Largest imbalance of a node's currents, relative to their absolute sum, of an array that counts as solved.
pub(crate) const NODE_BALANCE: f64 = 1e-10;
/// How often the iteration is taken up again for the balance of nodes.
const PASSES: usize = 5;

/// What was done to solve one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SolveReport {
    /// The method that produced the result, never `Auto`.
    pub method: Method,
    /// Iterations, or solutions with refinement of the direct method.
    pub iterations: usize,
    /// Estimated error of the voltages relative to them, in the Euclidean norm.
    pub error: f64,
    /// Residual of the result, computed anew, relative to the right-hand side, in the Euclidean norm.
    pub residual: f64,
    /// Largest imbalance of currents at a node relative to the sum of absolute currents there, beyond what rounding the
    /// voltages to double precision makes of it.
    pub node_imbalance: f64,
    /// Largest imbalance of currents at a node, A.
    pub largest_imbalance: f64,
    /// Sum of the currents from all ends relative to the sum of their absolute values.
    pub array_imbalance: f64,
    /// Power that the sources deliver, W.
    pub power: f64,
}

/// Voltages and currents of one input.
#[derive(Clone, Debug)]
pub struct Solution {
    volts: Voltages,
    /// Current into the array from the first and the last end of each word line, A.
    pub word_currents: Vec<[f64; 2]>,
    /// Current into the array from the first and the last end of each bit line, A.
    pub bit_currents: Vec<[f64; 2]>,
    /// What was done.
    pub report: SolveReport,
}

#[derive(Clone, Debug)]
enum Voltages {
    Fields(Nodes<f64>),
    Rows { rows: usize, cols: usize, values: Vec<f64> },
}

impl Solution {
    /// Voltage of a wire node, V.
    ///
    /// # Panics
    /// Outside the array.
    #[must_use]
    pub fn voltage(&self, direction: Direction, row: usize, col: usize) -> f64 {
        match (&self.volts, direction) {
            (Voltages::Fields(nodes), Direction::Word) => nodes.word.at(row, col),
            (Voltages::Fields(nodes), Direction::Bit) => nodes.bit.at(row, col),
            (Voltages::Rows { rows, cols, values }, direction) => {
                let layer = if direction == Direction::Bit { rows * cols } else { 0 };
                values[layer + row * cols + col]
            }
        }
    }

    /// Voltages of all nodes of one layer, rows × columns, V.
    #[must_use]
    pub fn voltages(&self, direction: Direction) -> Matrix {
        let (rows, cols) = match &self.volts {
            Voltages::Fields(nodes) => (nodes.word.shape.rows, nodes.word.shape.cols),
            Voltages::Rows { rows, cols, .. } => (*rows, *cols),
        };
        Matrix::from_fn(rows, cols, |row, col| self.voltage(direction, row, col))
    }

    /// Current out of each bit line through its ends, A: what sense amplifiers see.
    #[must_use]
    pub fn outputs(&self) -> Vec<f64> {
        self.bit_currents.iter().map(|ends| -(ends[0] + ends[1])).collect()
    }
}

/// An array that is ready to be solved for any number of inputs.
pub struct Solver {
    options: SolveOptions,
    crew: Crew,
    engine: Engine,
    islands: Vec<Island>,
    shape: (usize, usize),
}

enum Engine {
    Iterative { network: Box<Network>, preconditioner: Box<Preconditioner>, may_factor: bool },
    Direct(Box<Contracted>),
}

impl Solver {
    /// Prepares an array.
    ///
    /// # Errors
    /// When memory does not suffice, or [`Method::Iterative`] is asked for and a resistance is zero.
    pub fn new(array: LinearArray, options: SolveOptions) -> Result<Solver, CrossbarError> {
        let crew = Crew::new(options.threads)?;
        let shape = (array.rows(), array.cols());
        let cells = shape.0 * shape.1;
        let shorts = array.has_shorts();
        let islands = islands(&array);
        let direct = match options.method {
            Method::Auto => shorts || cells <= SMALL,
            Method::Iterative if shorts => return Err(CrossbarError::IterativeShort),
            Method::Iterative => false,
            Method::Direct => true,
        };
        let engine = if direct {
            Engine::Direct(Box::new(Contracted::new(&array, &islands)?))
        } else {
            let network = Box::new(Network::of_array(&array));
            drop(array);
            let preconditioner = Box::new(Preconditioner::new(&network, &crew)?);
            let may_factor = options.method == Method::Auto && cells <= FACTORABLE;
            Engine::Iterative { network, preconditioner, may_factor }
        };
        Ok(Solver { options, crew, engine, islands, shape })
    }

    /// Number of word lines and of bit lines.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// Parts of the array that no source reaches; their voltage is set to zero.
    #[must_use]
    pub fn islands(&self) -> &[Island] {
        &self.islands
    }

    /// The coarse grids of the iterative method.
    #[must_use]
    pub fn coarse_grid(&self) -> Option<CoarseGrid> {
        match &self.engine {
            Engine::Iterative { preconditioner, .. } => Some(preconditioner.coarse),
            Engine::Direct(_) => None,
        }
    }

    /// Unknowns and entries of the factor of the direct method.
    #[must_use]
    pub fn factor_size(&self) -> Option<(usize, usize)> {
        match &self.engine {
            Engine::Iterative { .. } => None,
            Engine::Direct(direct) => Some((direct.unknowns(), direct.factor_nnz())),
        }
    }

    /// Solves for the voltage behind the ends of each word line and of each bit line, V.
    ///
    /// # Errors
    /// [`CrossbarError::NotConverged`] or [`CrossbarError::NotBalanced`] when the result would miss the tolerance, [`CrossbarError::ShortedSources`],
    /// [`CrossbarError::Voltage`], and [`CrossbarError::Shape`] when there is not one voltage a line.
    pub fn solve(
        &mut self,
        word_volts: &[f64],
        bit_volts: &[f64],
    ) -> Result<Solution, CrossbarError> {
        check_volts(Direction::Word, word_volts, self.shape.0)?;
        check_volts(Direction::Bit, bit_volts, self.shape.1)?;
        if let Engine::Iterative { network, preconditioner, may_factor } = &self.engine {
            match self.iterate(network, preconditioner, word_volts, bit_volts) {
                Err(
                    CrossbarError::NotConverged { .. }
                    | CrossbarError::NotBalanced { .. }
                    | CrossbarError::NotPositiveDefinite,
                ) if *may_factor => {
                    let contracted = Contracted::new(&**network, &self.islands)?;
                    self.engine = Engine::Direct(Box::new(contracted));
                }
                result => return result,
            }
        }
        match &self.engine {
            Engine::Direct(direct) => self.factor(direct, word_volts, bit_volts),
            Engine::Iterative { .. } => unreachable!("the iterative engine has returned"),
        }
    }

    fn factor(
        &self,
        direct: &Contracted,
        word_volts: &[f64],
        bit_volts: &[f64],
    ) -> Result<Solution, CrossbarError> {
        let found = direct.solve(word_volts, bit_volts)?;
        let (rows, cols) = self.shape;
        let report = SolveReport {
            method: Method::Direct,
            iterations: found.refinements,
            error: found.error,
            residual: found.residual,
            node_imbalance: found.balance.node,
            largest_imbalance: found.balance.largest,
            array_imbalance: 0.0,
            power: 0.0,
        };
        let volts = Voltages::Rows { rows, cols, values: found.volts };
        let (word_currents, bit_currents) = (found.word, found.bit);
        let mut solution = Solution { volts, word_currents, bit_currents, report };
        solution.complete(word_volts, bit_volts);
        self.judge(solution)
    }

    fn iterate(
        &self,
        network: &Network,
        preconditioner: &Preconditioner,
        word_volts: &[f64],
        bit_volts: &[f64],
    ) -> Result<Solution, CrossbarError> {
        let crew = &self.crew;
        let mut x = Nodes::zeros(network.shape);
        let mut r = Nodes::zeros(network.shape);
        network.injection(word_volts, bit_volts, &mut r);
        let start = magnitude(&r, crew).squares.sqrt();
        let mut goal = Goal {
            tolerance: self.options.tolerance,
            max_iterations: self.options.max_iterations,
            start,
        };
        let mut went = Iteration::default();
        let (mut left, mut seen) = (0.0, Balance::default());
        // Where voltages are small the balance of currents asks for more than the norms do.
        for _ in 0..PASSES {
            let pass = conjugate_gradients(network, preconditioner, (&mut x, &mut r), goal, crew)?;
            went = Iteration { iterations: went.iterations + pass.iterations, error: pass.error };
            self.pin_islands(&mut x);
            network.injection(word_volts, bit_volts, &mut r);
            left = network.subtract_product(1.0, &x, &mut r, crew).squares.sqrt();
            seen = balance(network, &x, &r, (word_volts, bit_volts), crew);
            if seen.node <= NODE_BALANCE {
                break;
            }
            goal.tolerance = (goal.tolerance * 1e-2).min(1e-2 * left / start);
        }
        let mut solution = Solution::of_nodes(network, x, (word_volts, bit_volts));
        solution.report = SolveReport {
            method: Method::Iterative,
            iterations: went.iterations,
            error: went.error,
            residual: if start > 0.0 { left / start } else { 0.0 },
            node_imbalance: seen.node,
            largest_imbalance: seen.largest,
            ..solution.report
        };
        self.judge(solution)
    }

    fn pin_islands(&self, x: &mut Nodes<f64>) {
        for island in &self.islands {
            for &(direction, line, first, last) in &island.runs {
                let layer = x.layer_mut(direction);
                for k in first..=last {
                    let (row, col) = crossing(direction, line, k);
                    layer.set(row, col, 0.0);
                }
            }
        }
    }

    /// Refuses what missed its tolerance.
    fn judge(&self, solution: Solution) -> Result<Solution, CrossbarError> {
        let SolveReport { iterations, error, residual, node_imbalance, .. } = solution.report;
        let wanted = self.options.tolerance;
        // Rounding bounds what refinement can show, and what the residual of stiff lines can be.
        let (reached, allowed) = match solution.report.method {
            Method::Direct => (error, wanted.max(1e-11)),
            _ => (error.max(residual), wanted),
        };
        if node_imbalance > NODE_BALANCE {
            return Err(CrossbarError::NotBalanced { imbalance: node_imbalance });
        }
        if reached <= allowed {
            Ok(solution)
        } else {
            Err(CrossbarError::NotConverged { iterations, reached, wanted })
        }
    }
}

impl Solution {
    /// The solution that voltages of nodes make, with currents and power, and nothing known about its making.
    pub(crate) fn of_nodes(
        network: &Network,
        x: Nodes<f64>,
        (word_volts, bit_volts): (&[f64], &[f64]),
    ) -> Solution {
        let currents = |direction: Direction, layer: &Field<f64>, volts: &[f64]| {
            let (count, length) = Bonds::lines(network, direction);
            let ends = &network.family(direction).ends;
            let end = |line: usize, end: usize| {
                let (row, col) = crossing(direction, line, end * (length - 1));
                ends[line][end] * (volts[line] - layer.at(row, col))
            };
            (0..count).map(|line| [end(line, 0), end(line, 1)]).collect::<Vec<_>>()
        };
        let word_currents = currents(Direction::Word, &x.word, word_volts);
        let bit_currents = currents(Direction::Bit, &x.bit, bit_volts);
        let report = SolveReport {
            method: Method::Iterative,
            iterations: 0,
            error: 0.0,
            residual: 0.0,
            node_imbalance: 0.0,
            largest_imbalance: 0.0,
            array_imbalance: 0.0,
            power: 0.0,
        };
        let volts = Voltages::Fields(x);
        let mut solution = Solution { volts, word_currents, bit_currents, report };
        solution.complete(word_volts, bit_volts);
        solution
    }

    fn complete(&mut self, word_volts: &[f64], bit_volts: &[f64]) {
        let (mut sum, mut total, mut power) = (0.0, 0.0, 0.0);
        let words = self.word_currents.iter().zip(word_volts);
        for (currents, volts) in words.chain(self.bit_currents.iter().zip(bit_volts)) {
            for current in currents {
                sum += current;
                total += f64::abs(*current);
                power += volts * current;
            }
        }
        self.report.array_imbalance = if total > 0.0 { f64::abs(sum) / total } else { 0.0 };
        self.report.power = power;
    }
}

/// The system of an array's ports, from which the currents of any number of inputs follow; nothing where some end of a line
/// has no resistance at all, or there are too many ports or devices for a factorisation.
///
/// # Errors
/// See [`Solver::new`].
pub fn port_system(array: &LinearArray) -> Result<Option<PortSystem>, CrossbarError> {
    let (rows, cols) = (array.rows(), array.cols());
    if rows * cols > FACTORABLE || array.has_shorts() {
        return Ok(None);
    }
    let contracted = Contracted::with_ports(array, &islands(array))?;
    Ok(PortSystem::new(&contracted, (rows, cols)))
}

fn check_volts(direction: Direction, volts: &[f64], lines: usize) -> Result<(), CrossbarError> {
    if volts.len() != lines {
        return Err(CrossbarError::Shape {
            what: match direction {
                Direction::Word => "voltages of word lines",
                Direction::Bit => "voltages of bit lines",
            },
            found_rows: volts.len(),
            found_cols: 1,
            expected: format!("{lines} x 1"),
        });
    }
    match volts.iter().position(|volts| !volts.is_finite()) {
        None => Ok(()),
        Some(line) => Err(CrossbarError::Voltage { direction, line: line + 1, value: volts[line] }),
    }
}
