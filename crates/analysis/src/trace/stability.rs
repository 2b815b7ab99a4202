//! The modes of a circuit that is let go at a solved point.
//!
//! ```text
//! C·ẋ + G·x = 0,  C = ∂q/∂x (singular, as a rule),  G = ∂f/∂x;   a mode e^(μt): (G + μC)·v = 0
//! M = (G + σC)⁻¹·C has the eigenvalues θ = 1/(σ − μ), zero for what has no dynamics of its own
//! few columns of C in use: all eigenvalues of that part of M;  otherwise the dominant ones, by Arnoldi, for
//! shifts σ over many decades, so that growing modes are found whatever their rate
//! ```
//!
//! The sign of det G alone would miss Hopf points, where a pair of modes starts to grow together: those make a
//! neuron fire. σ is put in the middle of the rates, so that signs can be told over some twenty decades of them.
//! Retained states stand still here, latches too, and a delay counts as none.

use crate::newton::NewtonError;
use crate::options::SolverOptions;
use num_complex::Complex64;
use ovonic_circuit::{Circuit, Point};
use ovonic_numerics::eigenvalues::{dominant_eigenvalues, eigenvalues};
use ovonic_numerics::sparse::{LinearSolver, SolverError};

/// Columns of C up to which all modes are computed.
const DENSE: usize = 200;
/// Vectors of a Krylov space.
const DIMENSION: usize = 60;
/// Shifts of a large circuit relative to the middle one.
const SHIFTS: [f64; 5] = [1e-6, 1e-3, 1.0, 1e3, 1e6];
/// Rates relative to the shift: smaller ones are zero, larger ones infinite, as far as rounding can tell.
const RATES: (f64, f64) = (1e-11, 1e11);
/// Rates whose middle is this far from the shift are computed again with a better one.
const OFF_CENTRE: f64 = 1e3;
/// Tolerances within which a rate is about to change its sign.
const NEAR_ZERO: f64 = 1e5;
/// Attempts at a shift.
const ATTEMPTS: usize = 4;
/// Modes that differ by less than this, relatively, are the same one found with two shifts.
const SAME: f64 = 1e-5;

/// Rates of the modes at a point, rad/s: the real part is the rate of growth.
#[derive(Clone, Debug, Default)]
pub(super) struct Modes {
    /// All finite ones; of a large circuit those that were found.
    pub(super) rates: Vec<Complex64>,
    /// Growth below this is rounding.
    tolerance: f64,
}

impl Modes {
    /// Number of growing modes.
    pub(super) fn unstable(&self) -> usize {
        self.rates.iter().filter(|rate| rate.re > self.tolerance).count()
    }

    /// Number of modes that grow at all: within rounding, modes at rest may be among them.
    pub(super) fn growing(&self) -> usize {
        self.rates.iter().filter(|rate| rate.re > 0.0).count()
    }

    /// The rate closest to the imaginary axis, above it, for its size: the pair that is about to change sides.
    pub(super) fn critical_pair(&self) -> Option<Complex64> {
        let pairs = self.rates.iter().filter(|rate| rate.im > self.tolerance);
        let closeness = |rate: &Complex64| (rate.re / rate.im).abs();
        pairs.min_by(|a, b| closeness(a).total_cmp(&closeness(b))).copied()
    }

    /// Whether a real mode is so slow that it is about to change sides through zero.
    pub(super) fn has_real_near_zero(&self) -> bool {
        let real = self.rates.iter().filter(|rate| rate.im == 0.0);
        real.map(|rate| rate.re.abs()).any(|size| size <= NEAR_ZERO * self.tolerance)
    }
}

/// Computes modes at point after point of one circuit.
pub(super) struct Pencil {
    solver: Box<dyn LinearSolver<f64>>,
    /// The last good shift, 1/s.
    shift: Option<f64>,
    /// ∂f/∂x and ∂q/∂x by the pattern's slots.
    resistive: Vec<f64>,
    reactive: Vec<f64>,
    /// Columns of ∂q/∂x with an entry.
    columns: Vec<usize>,
}

impl Pencil {
    /// For a circuit without condensation.
    pub(super) fn new(circuit: &Circuit, options: &SolverOptions) -> Result<Self, SolverError> {
        Ok(Self {
            solver: options.engines.real(circuit.pattern())?,
            shift: None,
            resistive: Vec::new(),
            reactive: Vec::new(),
            columns: Vec::new(),
        })
    }

    /// The modes at a solved point; `None` where they cannot be computed.
    pub(super) fn modes(&mut self, circuit: &Circuit, point: &Point<'_>) -> Option<Modes> {
        self.linearise(circuit, point);
        if self.columns.is_empty() {
            return Some(Modes::default());
        }
        let mut shift = self.shift.unwrap_or_else(|| self.typical_rate(circuit));
        let mut best = None;
        for _ in 0..ATTEMPTS {
            let Ok(modes) = self.modes_at(circuit, shift) else {
                // The shift may be a mode itself.
                shift *= 1.618;
                continue;
            };
            let modes = modes?;
            let centre = middle(&modes);
            self.shift = Some(shift);
            best = Some(modes);
            match centre {
                Some(centre) if !(1.0 / OFF_CENTRE..OFF_CENTRE).contains(&(centre / shift)) => {
                    shift = centre * 1.234;
                }
                _ => break,
            }
        }
        best
    }

    fn linearise(&mut self, circuit: &Circuit, point: &Point<'_>) {
        let small = circuit.linearise(point);
        let nnz = circuit.pattern().nnz();
        let mut values = vec![Complex64::ZERO; circuit.n_values()];
        small.assemble(0.0, &mut values);
        self.resistive = values[..nnz].iter().map(|value| value.re).collect();
        self.reactive = small.reactive[..nnz].to_vec();
        let entries = circuit.pattern().entries().zip(&self.reactive);
        self.columns = entries.filter(|(_, c)| **c != 0.0).map(|((_, column), _)| column).collect();
        self.columns.dedup();
    }

    /// Geometric mean of the ratios of the largest resistive to the largest reactive entries of columns.
    fn typical_rate(&self, circuit: &Circuit) -> f64 {
        let n = circuit.n();
        let (mut g, mut c) = (vec![0.0f64; n], vec![0.0f64; n]);
        let entries = circuit.pattern().entries().zip(self.resistive.iter().zip(&self.reactive));
        for ((_, column), (resistive, reactive)) in entries {
            g[column] = g[column].max(resistive.abs());
            c[column] = c[column].max(reactive.abs());
        }
        let ratios = self.columns.iter().map(|&column| (g[column] / c[column]).ln());
        let ratios: Vec<f64> = ratios.filter(|ratio| ratio.is_finite()).collect();
        if ratios.is_empty() {
            return 1.0;
        }
        (ratios.iter().sum::<f64>() / ratios.len() as f64).exp()
    }

    fn factor(&mut self, shift: f64) -> Result<(), NewtonError> {
        let pairs = self.resistive.iter().zip(&self.reactive);
        let values: Vec<f64> = pairs.map(|(g, c)| g + shift * c).collect();
        self.solver.factor(&values)?;
        Ok(())
    }

    fn modes_at(&mut self, circuit: &Circuit, shift: f64) -> Result<Option<Modes>, NewtonError> {
        if self.columns.len() <= DENSE {
            self.factor(shift)?;
            let values = self.all(circuit)?;
            return Ok(values.map(|values| modes(&values, shift)));
        }
        let mut found = Modes { tolerance: RATES.0 * shift, ..Modes::default() };
        for factor in SHIFTS {
            let shift = shift * factor;
            if self.factor(shift).is_err() {
                continue;
            }
            let values = self.dominant(circuit)?;
            for rate in modes(&values, shift).rates {
                let known = |other: &Complex64| (other - rate).norm() <= SAME * rate.norm();
                if !found.rates.iter().any(known) {
                    found.rates.push(rate);
                }
            }
        }
        Ok(Some(found))
    }

    /// All eigenvalues of M that differ from zero: those of its rows and columns where C has a column.
    fn all(&self, circuit: &Circuit) -> Result<Option<Vec<Complex64>>, NewtonError> {
        let k = self.columns.len();
        let mut place = vec![usize::MAX; circuit.n()];
        for (index, &column) in self.columns.iter().enumerate() {
            place[column] = index;
        }
        let mut right = vec![vec![0.0; circuit.n()]; k];
        for ((row, column), &c) in circuit.pattern().entries().zip(&self.reactive) {
            if c != 0.0 {
                right[place[column]][row] = c;
            }
        }
        let mut matrix = vec![0.0; k * k];
        for (j, rhs) in right.iter_mut().enumerate() {
            self.solver.solve(rhs)?;
            for (i, &row) in self.columns.iter().enumerate() {
                matrix[i * k + j] = rhs[row];
            }
        }
        Ok(eigenvalues(k, &matrix))
    }

    fn dominant(&self, circuit: &Circuit) -> Result<Vec<Complex64>, NewtonError> {
        let values = dominant_eigenvalues(circuit.n(), DIMENSION, |x| {
            let mut image = vec![0.0; x.len()];
            circuit.pattern().multiply_add(&self.reactive, x, &mut image);
            self.solver.solve(&mut image)?;
            *x = image;
            Ok::<(), SolverError>(())
        })?;
        Ok(values)
    }
}

/// The rates that the eigenvalues of M stand for.
fn modes(values: &[Complex64], shift: f64) -> Modes {
    let finite = values.iter().filter(|value| (**value * shift).norm() > 1.0 / RATES.1);
    let rates = finite.map(|value| shift - value.inv()).collect();
    Modes { rates, tolerance: RATES.0 * shift }
}

/// Geometric middle of the sizes of the rates that are not zero.
fn middle(modes: &Modes) -> Option<f64> {
    let sizes = modes.rates.iter().map(|rate| rate.norm()).filter(|&size| size > modes.tolerance);
    let range = sizes.fold(None, |range: Option<(f64, f64)>, size| {
        let (low, high) = range.unwrap_or((size, size));
        Some((low.min(size), high.max(size)))
    });
    range.map(|(low, high)| (low * high).sqrt())
}
