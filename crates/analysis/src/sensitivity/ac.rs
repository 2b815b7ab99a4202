//! Small signals: how phasors move with parameters.
//!
//! The matrix depends on a parameter directly and through the operating point. Its derivative is the central difference
//! of two linearisations, of the circuit with the parameter on either side, at the operating point moved along with it.

use super::{SensitivityError, Variation, op_sensitivity};
use crate::op::OperatingPoint;
use crate::options::SolverOptions;
use crate::small_signal::small_signal_point;
use num_complex::Complex64;
use ovonic_circuit::{Circuit, Point, SmallSignal};
use ovonic_numerics::sparse::LinearSolver;
use std::f64::consts::TAU;

/// Phasors at one frequency with their derivatives.
#[derive(Clone, Debug)]
pub struct AcSensitivityPoint {
    /// Frequency, Hz.
    pub frequency: f64,
    /// Phasors of the unknowns; length `n + 1`.
    pub x: Vec<Complex64>,
    /// Their derivatives, one vector for each parameter.
    pub s: Vec<Vec<Complex64>>,
}

/// Phasors and their derivatives at each of `frequencies`, Hz.
///
/// # Errors
/// When the linearised circuit has no solution.
pub fn ac_sensitivity(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OperatingPoint,
    frequencies: &[f64],
    variations: &mut [Variation],
) -> Result<Vec<AcSensitivityPoint>, SensitivityError> {
    let moved = op_sensitivity(circuit, options, op, variations)?;
    let linear = circuit.linearise(&small_signal_point(op, options));
    let sides = variations.iter().zip(&moved);
    let sides = sides.map(|(variation, s)| both_sides(circuit, options, op, variation, s));
    let sides = sides.collect::<Result<Vec<_>, _>>()?;
    let mut system = System {
        circuit,
        solver: options.engines.complex(circuit.pattern())?,
        values: vec![Complex64::ZERO; circuit.n_values()],
        work: vec![Complex64::ZERO; circuit.n_values()],
    };
    let mut points = Vec::with_capacity(frequencies.len());
    for &frequency in frequencies {
        let omega = TAU * frequency;
        linear.assemble(omega, &mut system.values);
        system.factor()?;
        let mut x = linear.stimulus.clone();
        system.solve(&mut x)?;
        let mut s = Vec::with_capacity(sides.len());
        for ([minus, plus], variation) in sides.iter().zip(variations.iter()) {
            let mut rhs = difference(circuit, omega, &x, minus, plus);
            rhs.iter_mut().for_each(|value| *value /= variation.span);
            system.solve(&mut rhs)?;
            s.push(rhs);
        }
        points.push(AcSensitivityPoint { frequency, x, s });
    }
    Ok(points)
}

/// The circuit linearised with the parameter below and above its value, at the operating points there.
fn both_sides(
    circuit: &Circuit,
    options: &SolverOptions,
    op: &OperatingPoint,
    variation: &Variation,
    s: &[f64],
) -> Result<[SmallSignal; 2], SensitivityError> {
    let side = |sign: f64| -> Result<SmallSignal, SensitivityError> {
        let name = |id| circuit.spec(id).name.clone();
        let first = variation.change.instances.first().map(|changed| changed.id);
        let structure =
            || SensitivityError::Structure { name: first.map_or_else(String::new, name) };
        let mut moved = circuit.rebuilt(circuit.options()).map_err(|_| structure())?;
        for changed in &variation.change.instances {
            let (params, environment) = if sign < 0.0 { &changed.minus } else { &changed.plus };
            moved
                .update(changed.id, params.clone(), *environment)
                .map_err(|error| SensitivityError::Params { name: name(changed.id), error })?;
        }
        let step = 0.5 * sign * variation.span;
        let x: Vec<f64> = op.x.iter().zip(s).map(|(x, s)| x + step * s).collect();
        // What a device has drawn or stored in its latches depends on its parameters: the same flips from its own start.
        let mut latches = moved.initial_latches();
        for (latch, initial) in circuit.initial_latches().into_iter().enumerate() {
            if op.latches[latch] != initial {
                moved.flip(latch, &x, &mut latches);
            }
        }
        let point = Point { gmin: options.gmin, ..Point::dc(&x, &latches) };
        Ok(moved.linearise(&point))
    };
    Ok([side(-1.0)?, side(1.0)?])
}

/// `(b⁺ − b⁻) − (A⁺ − A⁻)·x`.
fn difference(
    circuit: &Circuit,
    omega: f64,
    x: &[Complex64],
    minus: &SmallSignal,
    plus: &SmallSignal,
) -> Vec<Complex64> {
    let mut below = vec![Complex64::ZERO; circuit.n_values()];
    let mut values = below.clone();
    minus.assemble(omega, &mut below);
    plus.assemble(omega, &mut values);
    values.iter_mut().zip(&below).for_each(|(value, below)| *value = below - *value);
    let stimuli = plus.stimulus.iter().zip(&minus.stimulus);
    let mut rhs: Vec<Complex64> = stimuli.map(|(plus, minus)| plus - minus).collect();
    circuit.multiply_add(&values, x, &mut rhs);
    rhs
}

struct System<'c> {
    circuit: &'c Circuit,
    solver: Box<dyn LinearSolver<Complex64>>,
    values: Vec<Complex64>,
    work: Vec<Complex64>,
}

impl System<'_> {
    fn factor(&mut self) -> Result<(), SensitivityError> {
        let mut nothing = vec![Complex64::ZERO; self.circuit.n() + 1];
        self.work.copy_from_slice(&self.values);
        self.circuit.condense(&mut self.work, &mut nothing)?;
        Ok(self.solver.factor(&self.work[..self.circuit.pattern().nnz()])?)
    }

    fn solve(&mut self, rhs: &mut [Complex64]) -> Result<(), SensitivityError> {
        self.work.copy_from_slice(&self.values);
        self.circuit.condense(&mut self.work, rhs)?;
        self.solver.solve(&mut rhs[..self.circuit.n_public()])?;
        self.circuit.expand(&self.work, rhs);
        Ok(())
    }
}
