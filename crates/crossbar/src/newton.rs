//! Arrays of devices that are not linear: Newton's iteration around the two-level conjugate gradients.
//!
//! ```text
//! x from a linear array of secant conductances at the applied voltages
//! repeat:  D = dI/dv at x,  r = currents that are missing at each node
//!          solve  A(D)·δ = r  to 1e-2, later to 1e-4
//!          x += α·δ, with α < 1 where r turns against δ: there the co-content has been passed its least
//! ```
//!
//! While no current falls with voltage the co-content is convex, and its slope along a step, `δᵀr`, tells alone whether the
//! step went too far. The result is judged by the balance of the devices' own currents, as for linear arrays. A device
//! whose current falls with its voltage makes the system indefinite: that is noticed and reported.

use crate::CrossbarError;
use crate::array::LinearArray;
use crate::balance::{Balance, balance};
use crate::cells::{Branch, Cells};
use crate::conjugate::{Goal, conjugate_gradients, dot, magnitude};
use crate::crew::Crew;
use crate::field::{Field, LANES, WIDTH};
use crate::network::{Magnitude, Network, Nodes};
use crate::precondition::Preconditioner;
use crate::solver::{NODE_BALANCE, Solution};

/// How Newton's iteration went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NewtonReport {
    /// Newton iterations.
    pub iterations: usize,
    /// Conjugate gradient iterations of all of them, and of the linear start.
    pub inner_iterations: usize,
    /// Steps that were shortened.
    pub shortened: usize,
    /// Size of the last step relative to the voltages, in the Euclidean norm.
    pub step: f64,
    /// Largest imbalance of currents at a node relative to the sum of absolute currents there, beyond what rounding the
    /// voltages makes of it.
    pub node_imbalance: f64,
    /// Largest imbalance of currents at a node, A.
    pub largest_imbalance: f64,
}

/// Most Newton iterations.
const MOST: usize = 60;
/// Size of a step, relative to the voltages, from which on the inner iteration is exact enough for the last digits.
const NEAR: f64 = 1e-3;

/// Solves an array whose devices are `cells`; `array` states lines and ends, its own devices do not count. Voltages are
/// those behind the ends of lines, V.
///
/// # Errors
/// [`CrossbarError::NewtonFailed`] when currents cannot be balanced, [`CrossbarError::NotPositiveDefinite`] when a
/// device's current falls with its voltage, [`CrossbarError::IterativeShort`] when a resistance is zero, and
/// [`CrossbarError::Shape`].
pub fn solve_nonlinear(
    array: &LinearArray,
    cells: &dyn Cells,
    (word_volts, bit_volts): (&[f64], &[f64]),
    threads: usize,
) -> Result<(Solution, NewtonReport), CrossbarError> {
    let shape = (array.rows(), array.cols());
    if cells.shape() != shape || (word_volts.len(), bit_volts.len()) != shape {
        let (found_rows, found_cols) = cells.shape();
        let expected = format!("{} x {} devices, and one voltage a line", shape.0, shape.1);
        return Err(CrossbarError::Shape { what: "devices", found_rows, found_cols, expected });
    }
    if array.has_shorts() {
        return Err(CrossbarError::IterativeShort);
    }
    let crew = Crew::new(threads)?;
    let network = Network::of_array(array);
    let zeros = || Nodes::zeros(network.shape);
    let mut newton = Newton {
        cells,
        volts: (word_volts, bit_volts),
        crew,
        x: zeros(),
        r: zeros(),
        step: zeros(),
        excess: Field::zeros(network.shape),
        network,
        report: NewtonReport::default(),
    };
    newton.start()?;
    newton.iterate()?;
    let Newton { network, x, report, .. } = newton;
    Ok((Solution::of_nodes(&network, x, (word_volts, bit_volts)), report))
}

struct Newton<'a> {
    cells: &'a dyn Cells,
    volts: (&'a [f64], &'a [f64]),
    crew: Crew,
    /// Its devices are the slopes, or the secants, of the cells at `x`.
    network: Network,
    x: Nodes<f64>,
    /// Currents that are missing.
    r: Nodes<f64>,
    step: Nodes<f64>,
    /// What a cell's current exceeds that of its linear device by.
    excess: Field<f64>,
    report: NewtonReport,
}

impl Newton<'_> {
    /// Solves a linear array of the cells' secants at the voltages that ideal lines would have.
    fn start(&mut self) -> Result<(), CrossbarError> {
        let (word, bit) = self.volts;
        // `None` for a line that nothing drives.
        let applied = |volts: &[f64], ends: &[[f64; 2]]| -> Vec<Option<f64>> {
            let lines = volts.iter().zip(ends);
            lines.map(|(volts, ends)| (ends[0] + ends[1] > 0.0).then_some(*volts)).collect()
        };
        let word_applied = applied(word, &self.network.word.ends);
        let bit_applied = applied(bit, &self.network.bit.ends);
        for (row, word) in word_applied.iter().enumerate() {
            for (col, bit) in bit_applied.iter().enumerate() {
                let volts = word.zip(*bit).map_or(0.0, |(word, bit)| word - bit);
                let branch = self.cells.branch(row, col, volts);
                self.network.device.set(row, col, secant(branch, volts));
            }
        }
        self.network.injection(word, bit, &mut self.r);
        let start = magnitude(&self.r, &self.crew).squares.sqrt();
        let preconditioner = Preconditioner::new(&self.network, &self.crew)?;
        let goal = Goal { tolerance: 1e-3, max_iterations: 200, start };
        let vectors = (&mut self.x, &mut self.r);
        let went = conjugate_gradients(&self.network, &preconditioner, vectors, goal, &self.crew)?;
        self.report.inner_iterations += went.iterations;
        Ok(())
    }

    fn iterate(&mut self) -> Result<(), CrossbarError> {
        self.linearise(slope);
        let mut near = false;
        loop {
            let size = self.missing();
            if size.squares == 0.0 {
                return Ok(());
            }
            if near {
                let seen = self.verify();
                self.report.node_imbalance = seen.node;
                self.report.largest_imbalance = seen.largest;
                if seen.node <= NODE_BALANCE {
                    return Ok(());
                }
                self.linearise(slope);
            }
            if self.report.iterations >= MOST {
                let NewtonReport { iterations, step, node_imbalance, .. } = self.report;
                return Err(CrossbarError::NewtonFailed { iterations, step, node_imbalance });
            }
            self.newton_step(if near { 1e-5 } else { 1e-2 })?;
            near = self.report.step < NEAR;
        }
    }

    /// One step: the direction, and how far along it.
    fn newton_step(&mut self, tolerance: f64) -> Result<(), CrossbarError> {
        let preconditioner = Preconditioner::new(&self.network, &self.crew)?;
        self.missing();
        let start = magnitude(&self.r, &self.crew).squares.sqrt();
        let before = self.r.clone();
        self.step = Nodes::zeros(self.network.shape);
        let goal = Goal { tolerance, max_iterations: 300, start };
        let vectors = (&mut self.step, &mut self.r);
        let went = conjugate_gradients(&self.network, &preconditioner, vectors, goal, &self.crew)?;
        self.report.inner_iterations += went.iterations;
        self.report.iterations += 1;
        let falling = dot(&self.step, &before, &self.crew);
        let mut alpha = 1.0;
        self.move_by(1.0);
        self.linearise(slope);
        for _ in 0..12 {
            self.missing();
            let slope_here = dot(&self.step, &self.r, &self.crew);
            if slope_here.is_finite() && slope_here >= -0.5 * falling {
                break;
            }
            // The least of the co-content lies between: where the slope would vanish if it were a straight line.
            let fraction = falling / (falling - slope_here);
            let shorter = alpha * if fraction.is_finite() { fraction.clamp(0.1, 0.7) } else { 0.1 };
            self.move_by(shorter - alpha);
            alpha = shorter;
            self.report.shortened += 1;
            self.linearise(slope);
        }
        let moved = alpha * magnitude(&self.step, &self.crew).squares.sqrt();
        let size = magnitude(&self.x, &self.crew).squares.sqrt();
        self.report.step = moved / size.max(f64::MIN_POSITIVE);
        Ok(())
    }

    fn move_by(&mut self, alpha: f64) {
        for (x, step) in [(&mut self.x.word, &self.step.word), (&mut self.x.bit, &self.step.bit)] {
            self.crew.map(
                x.strips_mut(),
                || (),
                |(), strip, x| {
                    for (x, step) in x.iter_mut().zip(step.strip(strip)) {
                        *x += alpha * step;
                    }
                },
            );
        }
    }

    /// Makes the network's devices linear ones that have the cells' currents at `x`, together with `excess`.
    fn linearise(&mut self, conductance: impl Fn(Branch, f64) -> f64 + Send + Sync) {
        let shape = self.network.shape;
        let (cells, x) = (self.cells, &self.x);
        let devices = self.network.device.strips_mut().into_iter();
        let strips = devices.zip(self.excess.strips_mut()).collect();
        self.crew.map(
            strips,
            || (),
            |(), strip, (device, excess)| {
                let (w, b) = (x.word.strip(strip), x.bit.strip(strip));
                for row in 0..shape.rows {
                    for k in 0..shape.width(strip) {
                        let at = row * WIDTH + k;
                        let volts = w[at] - b[at];
                        let branch = cells.branch(row, strip * WIDTH + k, volts);
                        device[at] = conductance(branch, volts);
                        excess[at] = branch.current - device[at] * volts;
                    }
                }
            },
        );
    }

    /// Computes the currents that are missing at each node.
    fn missing(&mut self) -> Magnitude {
        self.network.injection(self.volts.0, self.volts.1, &mut self.r);
        self.network.subtract_product(1.0, &self.x, &mut self.r, &self.crew);
        let shape = self.network.shape;
        let mut seen = Magnitude::default();
        for strip in 0..shape.strips {
            let excess = self.excess.strip(strip);
            for (layer, sign) in [(&mut self.r.word, -1.0), (&mut self.r.bit, 1.0)] {
                let values = layer.strip_mut(strip);
                let used = shape.blocks * LANES * WIDTH;
                for (r, excess) in values[..used].iter_mut().zip(excess) {
                    *r += sign * excess;
                }
                values.as_chunks::<WIDTH>().0.iter().for_each(|row| seen.add_row(row));
            }
        }
        seen
    }

    /// The balance of the cells' own currents; leaves the network with their secants.
    fn verify(&mut self) -> Balance {
        self.linearise(secant);
        self.missing();
        balance(&self.network, &self.x, &self.r, self.volts, &self.crew)
    }
}

fn slope(branch: Branch, _volts: f64) -> f64 {
    branch.conductance
}

/// The conductance of the linear device that carries the same current.
fn secant(branch: Branch, volts: f64) -> f64 {
    // Below this the quotient is rounding, and the slope is as good.
    if volts.abs() > 1e-9 { branch.current / volts } else { branch.conductance }
}
