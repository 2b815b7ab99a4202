//! Poles and zeros of the circuit linearised at an operating point.
//!
//! ```text
//! natural frequencies     det(G + s·C) = 0
//! poles of v_out/i_in     the circuit as it is
//! poles of v_out/v_in     with the input shorted:       │G + sC  b│       b = e_in+ − e_in−
//!                                                       │bᵀ      0│
//! zeros of both           with an input that keeps the  │G + sC  b│       e = e_out+ − e_out−
//!                         output at zero:               │eᵀ      0│
//! ```
//!
//! The finite eigenvalues of such a pencil are `s = σ − 1/μ` with those of `M = (G + σC)⁻¹·C`, for a shift σ of the size
//! that its rates have. Each is then improved by inverse iteration in complex numbers, `s ← s − 1/μ` with
//! `μ = vᴴ(G + sC)⁻¹Cv`, which also tells true ones from those that rounding makes of eigenvalues at infinity: from
//! there the iteration leaves for somewhere else.
//!
//! A voltage source that has an ac value drives the input: its branch is taken out, as other programs of the family do.

use crate::op::OperatingPoint;
use crate::options::SolverOptions;
use crate::small_signal::{SmallSignalError, small_signal_point};
use num_complex::Complex64;
use ovonic_circuit::{BuildOptions, Circuit, NodeId, Point};
use ovonic_device::Nature;
use ovonic_numerics::eigenvalues::eigenvalues;
use ovonic_numerics::sparse::Pattern;
use std::sync::Arc;

/// What drives the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// A voltage.
    Voltage,
    /// A current.
    Current,
}

/// Between which nodes a transfer function leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoPort {
    /// The input.
    pub input: (NodeId, NodeId),
    /// The output.
    pub output: (NodeId, NodeId),
    /// What drives the input.
    pub drive: Drive,
}

/// Poles and zeros, rad/s, each list by magnitude; conjugate pairs stand together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolesAndZeros {
    /// Poles.
    pub poles: Vec<Complex64>,
    /// Zeros.
    pub zeros: Vec<Complex64>,
}

/// Shifts that are tried where the pencil is singular at one.
const ATTEMPTS: usize = 8;
/// Shifts, in units of the typical rate: rates far from one are less exact, and the farthest are lost in rounding.
const SHIFTS: [f64; 3] = [1.0, 1e5, 1e-5];
/// Rates this much below a shift are left to a smaller one, and are zero where there is none.
const ZERO: f64 = 1e-6;
/// Steps of inverse iteration for each rate, and how far it may move for it to be one.
const STEPS: usize = 4;
const MOVED: f64 = 1e-2;
/// Two rates this close, relative to them, are one that two shifts found.
const SAME: f64 = 1e-6;

/// The poles and zeros of a transfer function.
///
/// # Errors
/// When the circuit has delays, whose transfer functions have infinitely many poles, or when the input is shorted.
pub fn poles_and_zeros(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OperatingPoint,
    port: &TwoPort,
) -> Result<PolesAndZeros, SmallSignalError> {
    if !circuit.delays().is_empty() {
        return Err(SmallSignalError::PolesOfDelays);
    }
    let full = circuit
        .rebuilt(BuildOptions { condense: false })
        .expect("a circuit can be built as often as one likes");
    let x = circuit.translate(&op.x, &full);
    let point = Point { x: &x, ..small_signal_point(op, options) };
    let plain = Pencil::of(&full, &point);
    let row = |id: NodeId| full.node(id).map_or(full.n(), |row| row.index());
    let pair = |(plus, minus): (NodeId, NodeId)| [(row(plus), 1.0), (row(minus), -1.0)];
    let (input, output) = (pair(port.input), pair(port.output));
    let poles = match port.drive {
        Drive::Voltage => plain.bordered(&input, &input).rates(options)?,
        Drive::Current => plain.rates(options)?,
    };
    let zeros = plain.bordered(&input, &output).rates(options)?;
    Ok(PolesAndZeros { poles, zeros })
}

/// `G + s·C` by entries.
#[derive(Clone)]
struct Pencil {
    n: usize,
    /// Row, column, `g` and `c`.
    entries: Vec<(usize, usize, f64, f64)>,
}

impl Pencil {
    fn of(circuit: &Circuit, point: &Point<'_>) -> Self {
        let small = circuit.linearise(point);
        let drives = |row: usize| {
            let driven = small.stimulus[row] != Complex64::ZERO;
            driven && circuit.unknowns()[row].residual == Nature::Voltage
        };
        let values = small.resistive.iter().zip(&small.reactive);
        let entries = circuit.pattern().entries().zip(values);
        let kept = entries.filter(|((row, _), _)| !drives(*row));
        let mut entries: Vec<_> =
            kept.map(|((row, column), (&g, &c))| (row, column, g, c)).collect();
        entries.extend((0..circuit.n()).filter(|row| drives(*row)).map(|row| (row, row, 1.0, 0.0)));
        Self { n: circuit.n(), entries }
    }

    /// With one more unknown, whose column and row these are; ground is left out.
    fn bordered(&self, column: &[(usize, f64)], row: &[(usize, f64)]) -> Self {
        let (n, mut entries) = (self.n, self.entries.clone());
        let inside = |list: &[(usize, f64)]| -> Vec<(usize, f64)> {
            list.iter().copied().filter(|(place, _)| *place < n).collect()
        };
        entries.extend(inside(column).into_iter().map(|(place, value)| (place, n, value, 0.0)));
        entries.extend(inside(row).into_iter().map(|(place, value)| (n, place, value, 0.0)));
        Self { n: n + 1, entries }
    }

    /// All finite eigenvalues.
    fn rates(&self, options: &SolverOptions) -> Result<Vec<Complex64>, SmallSignalError> {
        let system = System::new(self)?;
        if system.columns.is_empty() {
            return Ok(Vec::new());
        }
        let centre = system.typical_rate();
        let mut found: Vec<Complex64> = Vec::new();
        for factor in SHIFTS {
            let Some((shift, values)) = system.shifted(options, factor * centre) else {
                continue;
            };
            let is_smallest = factor < 1.0;
            let of_shift = values.iter().filter(|value| (**value * shift).norm() > f64::EPSILON);
            let guesses = of_shift
                .map(|value| shift - value.inv())
                .filter(|guess| guess.im >= 0.0 && (is_smallest || guess.norm() > ZERO * shift));
            let rates: Vec<Complex64> =
                guesses.filter_map(|guess| system.improved(options, guess, shift)).collect();
            let known = found.clone();
            let near = |a: &Complex64, b: &Complex64| (a - b).norm() <= SAME * a.norm();
            for rate in rates.into_iter().filter(|rate| !known.iter().any(|k| near(k, rate))) {
                found.push(rate);
                if rate.im > 0.0 {
                    found.push(rate.conj());
                }
            }
        }
        if found.is_empty() && system.shifted(options, centre).is_none() {
            return Err(SmallSignalError::Pencil);
        }
        found.sort_by(|a, b| {
            a.norm().total_cmp(&b.norm()).then(a.re.total_cmp(&b.re)).then(b.im.total_cmp(&a.im))
        });
        Ok(found)
    }
}

/// A pencil as a sparse pattern with values.
struct System {
    pattern: Arc<Pattern>,
    g: Vec<f64>,
    c: Vec<f64>,
    /// Columns of C with an entry.
    columns: Vec<usize>,
}

impl System {
    fn new(pencil: &Pencil) -> Result<Self, SmallSignalError> {
        let places = pencil.entries.iter().map(|&(row, column, ..)| (row, column));
        let pattern = Pattern::new(pencil.n, places).map_err(|_| SmallSignalError::Pencil)?;
        let (mut g, mut c) = (vec![0.0; pattern.nnz()], vec![0.0; pattern.nnz()]);
        for &(row, column, resistive, reactive) in &pencil.entries {
            let slot = pattern.slot(row, column).expect("each entry is in the pattern");
            g[slot] += resistive;
            c[slot] += reactive;
        }
        let entries = pattern.entries().zip(&c);
        let mut columns: Vec<usize> =
            entries.filter(|(_, c)| **c != 0.0).map(|((_, column), _)| column).collect();
        columns.dedup();
        Ok(Self { pattern: Arc::new(pattern), g, c, columns })
    }

    /// Geometric mean over the columns of C of the ratio between the largest entries of G and C.
    fn typical_rate(&self) -> f64 {
        let n = self.pattern.n();
        let (mut g, mut c) = (vec![0.0f64; n], vec![0.0f64; n]);
        for ((_, column), (resistive, reactive)) in
            self.pattern.entries().zip(self.g.iter().zip(&self.c))
        {
            g[column] = g[column].max(resistive.abs());
            c[column] = c[column].max(reactive.abs());
        }
        let ratios = self.columns.iter().map(|&column| (g[column] / c[column]).ln());
        let ratios: Vec<f64> = ratios.filter(|ratio| ratio.is_finite()).collect();
        let mean = ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
        mean.exp()
    }

    /// The eigenvalues of M at a shift near this one; absent where the pencil is singular at all that are tried.
    fn shifted(&self, options: &SolverOptions, near: f64) -> Option<(f64, Vec<Complex64>)> {
        let mut shift = near;
        for _ in 0..ATTEMPTS {
            if let Some(values) = self.values_at(options, shift) {
                return Some((shift, values));
            }
            // The shift may be a rate itself.
            shift *= 1.618;
        }
        None
    }

    fn values_at(&self, options: &SolverOptions, shift: f64) -> Option<Vec<Complex64>> {
        let mut solver = options.engines.real(&self.pattern).ok()?;
        let values: Vec<f64> = self.g.iter().zip(&self.c).map(|(g, c)| g + shift * c).collect();
        solver.factor(&values).ok()?;
        let k = self.columns.len();
        let mut matrix = vec![0.0; k * k];
        for (j, &column) in self.columns.iter().enumerate() {
            let mut rhs = vec![0.0; self.pattern.n()];
            for slot in self.pattern.column_slots(column) {
                rhs[self.pattern.rows()[slot] as usize] = self.c[slot];
            }
            solver.solve(&mut rhs).ok()?;
            for (i, &row) in self.columns.iter().enumerate() {
                matrix[i * k + j] = rhs[row];
            }
        }
        eigenvalues(k, &matrix)
    }

    /// A rate, from a guess; absent where there is none nearby.
    fn improved(&self, options: &SolverOptions, guess: Complex64, shift: f64) -> Option<Complex64> {
        let mut rate = guess;
        let mut v: Vec<Complex64> =
            (0..self.pattern.n()).map(|k| Complex64::from_polar(1.0, 2.4 * k as f64)).collect();
        for _ in 0..STEPS {
            // Beside the rate, where the matrix can still be factored.
            let beside = rate + 1e-7 * rate.norm().max(ZERO * shift);
            let mut w = vec![Complex64::ZERO; v.len()];
            self.pattern.multiply_add(&self.complex(&self.c), &v, &mut w);
            let values: Vec<Complex64> =
                self.g.iter().zip(&self.c).map(|(g, c)| beside * c + g).collect();
            let mut solver = options.engines.complex(&self.pattern).ok()?;
            solver.factor(&values).ok()?;
            solver.solve(&mut w).ok()?;
            let (length, along) =
                v.iter().zip(&w).fold((0.0, Complex64::ZERO), |(l, a), (v, w)| {
                    (l + v.norm_sqr(), a + v.conj() * w)
                });
            let norm = w.iter().map(|w| w.norm_sqr()).sum::<f64>().sqrt();
            if !(norm > 0.0 && norm.is_finite() && along.norm() > 0.0) {
                return None;
            }
            rate = beside - (along / length).inv();
            v = w.into_iter().map(|w| w / norm).collect();
        }
        if rate.norm().max(guess.norm()) <= ZERO * shift {
            return Some(Complex64::ZERO);
        }
        if (rate - guess).norm() > MOVED * guess.norm() {
            return None;
        }
        let is_real = rate.im.abs() <= SAME * rate.norm();
        Some(if is_real {
            Complex64::new(rate.re, 0.0)
        } else {
            Complex64::new(rate.re, rate.im.abs())
        })
    }

    fn complex(&self, values: &[f64]) -> Vec<Complex64> {
        values.iter().map(|&value| Complex64::new(value, 0.0)).collect()
    }
}
