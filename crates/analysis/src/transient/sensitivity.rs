//! Transient sensitivities: the derivative of every accepted step, with the step's own formula.
//!
//! ```text
//! a step solves       f(x, t) + α·q(x) + one·q₁ + two·q₂ + rate·q̇₁ = 0
//! its derivative      J·s = −(∂f/∂p + α·∂q/∂p + one·Q₁ + two·Q₂ + rate·Q̇₁) − (α′q + one′q₁ + two′q₂)·dh/dp
//! then                Q = C·s + ∂q/∂p,    Q̇ = α·Q + one·Q₁ + two·Q₂ + rate·Q̇₁
//! at a latch          g(x(h), t) stays what it is, so with w = ∂x/∂h from J·w = −(α′q + … + ∂f/∂t):
//!                     dt*/dp = −(∇g·s + ∂g/∂p)/(∇g·w + ∂g/∂t),   s ← s + w·dt*/dp,   the next h loses dt*/dp
//! ```
//!
//! where `Q = dq/dp`, `J = ∂f/∂x + α·∂q/∂x`, `C = ∂q/∂x`. A current `c(x)·dv/dt` goes along as a term of `f` whose `v̇` has
//! a past of its own: `c·(one·V₁ + two·V₂ + rate·V̇₁)` joins the right-hand side, where `V = dv/dp`; vectors of `dq/dp`
//! are followed by those of `dv/dp`, by stored quantity. Step lengths stand, but for those on either side of an event:
//! this is the derivative of the discrete solution, and in the limit of small steps the saltation rule (Rozenvasser
//! 1967; Hiskens and Pai, IEEE Trans. CAS I 47 (2000) 204).

use super::driver::followed;
use super::follow::{Follower, Started, Step, StepFormula};
use super::integrator::{Formula, GAMMA};
use super::{Transient, TransientError, TransientOptions, TransientPoint};
use crate::options::{Observer, SolverOptions};
use crate::sensitivity::{SensitivityError, Tangent, Variation, starting_sensitivity};
use ovonic_circuit::{Circuit, Point, SmallSignal};
use ovonic_device::{Rates, Time};
use ovonic_waveforms::WaveformError;
use std::cell::RefCell;

/// Derivatives at an accepted point.
pub struct TransientSensitivity<'a> {
    /// Derivative of the unknowns, one vector of length `n + 1` for each parameter.
    pub s: &'a [Vec<f64>],
    /// Derivative of the point's own time, s per unit of each parameter: zero but where an event ended the step.
    pub instant: &'a [f64],
}

/// Receives each recorded point with its derivatives.
pub type SensitivityRecorder<'a> =
    dyn FnMut(&TransientPoint<'_>, &TransientSensitivity<'_>) -> Result<(), WaveformError> + 'a;

/// [`crate::transient`] with the derivatives of its unknowns with respect to parameters.
///
/// # Errors
/// As the transient itself, and where there are no derivatives.
pub fn transient_sensitivity(
    circuit: &Circuit,
    options: &SolverOptions,
    tran: &TransientOptions,
    variations: &mut [Variation],
    record: &mut SensitivityRecorder<'_>,
    observer: &mut dyn Observer,
) -> Result<Transient, TransientError> {
    let state = RefCell::new(Sensitivities::new(circuit, options, tran, variations)?);
    let mut follower = Shared(&state);
    let mut recorder = |point: &TransientPoint<'_>| {
        let state = state.borrow();
        record(point, &TransientSensitivity { s: &state.s, instant: &state.instant })
    };
    followed(circuit, options, tran, &mut follower, &mut recorder, observer)
}

/// Lets the driver advance what the recorder reads.
struct Shared<'a, 'c>(&'a RefCell<Sensitivities<'c>>);

impl Follower for Shared<'_, '_> {
    fn start(&mut self, at: &Started<'_>) -> Result<(), SensitivityError> {
        self.0.borrow_mut().start(at)
    }

    fn step(&mut self, step: &Step<'_>) -> Result<(), SensitivityError> {
        self.0.borrow_mut().step(step)
    }
}

struct Sensitivities<'c> {
    circuit: &'c Circuit,
    options: &'c SolverOptions,
    tran: &'c TransientOptions,
    variations: &'c mut [Variation],
    tangent: Tangent<'c>,
    s: Vec<Vec<f64>>,
    instant: Vec<f64>,
    /// `dq/dp` at the newest point and the one before it, and `dq̇/dp` at the newest, for each parameter; each of
    /// length `n + 1` and then, for voltages across varying capacitances, by stored quantity.
    q1: Vec<Vec<f64>>,
    q2: Vec<Vec<f64>>,
    rate: Vec<Vec<f64>>,
    /// Derivative of the length of the step before, for each parameter.
    before: Vec<f64>,
    f_p: Vec<f64>,
    q_p: Vec<f64>,
}

/// What one solved stage leaves.
struct Solved {
    linear: SmallSignal,
    formula: Formula,
    /// `dq/dp` and `dv/dp` for each parameter.
    q: Vec<Vec<f64>>,
}

impl<'c> Sensitivities<'c> {
    fn new(
        circuit: &'c Circuit,
        options: &'c SolverOptions,
        tran: &'c TransientOptions,
        variations: &'c mut [Variation],
    ) -> Result<Self, SensitivityError> {
        let (n, count) = (circuit.n() + 1, variations.len());
        let zeros = vec![vec![0.0; n]; count];
        let past = vec![vec![0.0; n + circuit.stored().len()]; count];
        Ok(Self {
            circuit,
            options,
            tran,
            variations,
            tangent: Tangent::new(circuit, options)?,
            s: zeros,
            instant: vec![0.0; count],
            q1: past.clone(),
            q2: past.clone(),
            rate: past,
            before: vec![0.0; count],
            f_p: vec![0.0; n],
            q_p: vec![0.0; n],
        })
    }

    fn point<'a>(&self, time: Time, x: &'a [f64], latches: &'a [f64]) -> Point<'a> {
        Point { time: Some(time), gmin: self.options.gmin, ..Point::dc(x, latches) }
    }

    fn start(&mut self, at: &Started<'_>) -> Result<(), SensitivityError> {
        let time = Time::new(0.0);
        if self.tran.use_initial_conditions {
            return self.start_consistent(at);
        }
        self.tangent.clamp(self.tran.initial_conditions.iter().map(|(row, _)| *row));
        self.s = starting_sensitivity(
            self.circuit,
            self.options,
            (at.x, at.latches),
            Some(time),
            &mut self.tangent,
            self.variations,
        )?;
        self.tangent.clamp([]);
        let point = self.point(time, at.x, at.latches);
        let linear = self.circuit.linearise(&point);
        for (k, variation) in self.variations.iter_mut().enumerate() {
            variation.derivatives(self.circuit, &point, &mut self.f_p, &mut self.q_p);
            self.q1[k] = moved(self.circuit, &linear, &self.q_p, &self.s[k]);
        }
        Ok(())
    }

    /// The start from initial conditions: stored quantities are what these say, everything else follows from a step too
    /// short for them to move.
    fn start_consistent(&mut self, at: &Started<'_>) -> Result<(), SensitivityError> {
        let circuit = self.circuit;
        let mut conditions = vec![0.0; circuit.n() + 1];
        for &(row, value) in &self.tran.initial_conditions {
            conditions[row] = value;
        }
        let point = self.point(Time::new(0.0), at.x, at.latches);
        let stated = self.point(Time::new(0.0), &conditions, at.latches);
        let alpha = 1e9 / self.tran.largest_step();
        let rates = starting_rates(circuit, &point, &stated, alpha);
        let point = Point { rates: Rates::Known(&rates), ..point };
        let linear = circuit.linearise(&point);
        self.tangent.factor(&linear.resistive, &linear.reactive, alpha)?;
        for (k, variation) in self.variations.iter_mut().enumerate() {
            self.q1[k] = variation.initial_storage(circuit, &stated);
            variation.derivatives(circuit, &point, &mut self.f_p, &mut self.q_p);
            let mut known: Vec<f64> = self.q1[k].iter().map(|q| -alpha * q).collect();
            add_capacitances(circuit, &linear, &mut known);
            for (row, s) in self.s[k].iter_mut().enumerate() {
                *s = -(self.f_p[row] + alpha * self.q_p[row] + known[row]);
            }
            self.tangent.solve(&mut self.s[k])?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>) -> Result<(), SensitivityError> {
        // The step loses what its start moved by; its end stands.
        let change: Vec<f64> = self.instant.iter().map(|instant| -instant).collect();
        self.instant.fill(0.0);
        let end = self.end_stage(step, &change)?;
        if let Some(latch) = step.event {
            self.event(step, latch, end)?;
        } else {
            self.keep(end);
        }
        self.before = change;
        Ok(())
    }

    fn end_stage(&mut self, step: &Step<'_>, change: &[f64]) -> Result<Solved, SensitivityError> {
        let end = step.point;
        let StepFormula::TrBdf2 = step.formula else {
            let formula = formula(step.formula, step.h, step.h1);
            let known: Vec<Vec<f64>> = (0..self.s.len())
                .map(|k| {
                    let mut known = combine(&formula, &self.q1[k], &self.q2[k], &self.rate[k]);
                    if change[k] != 0.0 || self.before[k] != 0.0 {
                        let slope = formula_slope(step, change[k], self.before[k]);
                        add_slope(&slope, &Pasts::of(step), &mut known);
                    }
                    known
                })
                .collect();
            let solved = self.stage(&end, formula, &known)?;
            for (k, known) in known.into_iter().enumerate() {
                self.set_rate(k, formula.alpha, &solved.q[k], known);
            }
            return Ok(solved);
        };
        let first = Formula::tr_stage(step.h);
        let known = self.known(&first, &self.q1, &self.q2);
        let middle = self.stage(&middle_point(step), first, &known)?;
        let second = Formula::bdf_stage(step.h);
        let known = self.known(&second, &middle.q, &self.q1);
        let solved = self.stage(&end, second, &known)?;
        for (k, known) in known.into_iter().enumerate() {
            self.set_rate(k, second.alpha, &solved.q[k], known);
        }
        Ok(solved)
    }

    fn known(&self, formula: &Formula, q1: &[Vec<f64>], q2: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let pasts = q1.iter().zip(q2).zip(&self.rate);
        pasts.map(|((q1, q2), rate)| combine(formula, q1, q2, rate)).collect()
    }

    fn set_rate(&mut self, k: usize, alpha: f64, q: &[f64], known: Vec<f64>) {
        for ((rate, q), known) in self.rate[k].iter_mut().zip(q).zip(known) {
            *rate = alpha * q + known;
        }
    }

    /// Solves one stage for all parameters into `s`, given the history's derivative `known`.
    fn stage(
        &mut self,
        point: &Point<'_>,
        formula: Formula,
        known: &[Vec<f64>],
    ) -> Result<Solved, SensitivityError> {
        let circuit = self.circuit;
        let linear = circuit.linearise(point);
        self.tangent.factor(&linear.resistive, &linear.reactive, formula.alpha)?;
        let mut q = Vec::with_capacity(known.len());
        for (k, variation) in self.variations.iter_mut().enumerate() {
            variation.derivatives(circuit, point, &mut self.f_p, &mut self.q_p);
            let s = &mut self.s[k];
            let mut known = known[k].clone();
            add_capacitances(circuit, &linear, &mut known);
            for (row, s) in s.iter_mut().enumerate() {
                *s = -(self.f_p[row] + formula.alpha * self.q_p[row] + known[row]);
            }
            self.tangent.solve(s)?;
            q.push(moved(circuit, &linear, &self.q_p, s));
        }
        Ok(Solved { linear, formula, q })
    }

    fn keep(&mut self, end: Solved) {
        std::mem::swap(&mut self.q1, &mut self.q2);
        self.q1 = end.q;
    }

    /// The step ended where a latch's event function had reached a value: the end moves with the parameters.
    fn event(
        &mut self,
        step: &Step<'_>,
        latch: usize,
        mut end: Solved,
    ) -> Result<(), SensitivityError> {
        let w = self.response(step, &end)?;
        let q_w = moved(self.circuit, &end.linear, &vec![0.0; w.len()], &w);
        let (owner, local) = self.circuit.latch_owner(latch);
        let slope = self.crossing_slope(step, latch, &w, 1.0);
        for k in 0..self.s.len() {
            let along = self.crossing_slope(step, latch, &self.s[k], 0.0);
            let own = self.variations[k].crossing(owner, local, &step.point);
            // An event function that stands still at its crossing gives no instant; the jump is left out.
            let instant = if slope == 0.0 { 0.0 } else { -(along + own) / slope };
            self.instant[k] = instant;
            for (s, w) in self.s[k].iter_mut().zip(&w) {
                *s += instant * w;
            }
            for (q, w) in end.q[k].iter_mut().zip(&q_w) {
                *q += instant * w;
            }
        }
        self.keep(end);
        Ok(())
    }

    /// `∂x/∂h` of the step's end.
    fn response(&mut self, step: &Step<'_>, end: &Solved) -> Result<Vec<f64>, SensitivityError> {
        let mut rhs = self.time_slope(&step.point);
        if step.formula != StepFormula::TrBdf2 {
            let slope = formula_slope(step, 1.0, 0.0);
            add_slope(&slope, &Pasts::of(step), &mut rhs);
            add_capacitances(self.circuit, &end.linear, &mut rhs);
        } else {
            // The intermediate point moves by γ.
            let middle = middle_point(step);
            let linear = self.circuit.linearise(&middle);
            let first = Formula::tr_stage(step.h);
            self.tangent.factor(&linear.resistive, &linear.reactive, first.alpha)?;
            let mut w: Vec<f64> = self.time_slope(&middle).iter().map(|f| GAMMA * f).collect();
            let slope = difference(step.h, Formula::tr_stage);
            add_slope(&slope, &Pasts::of_first_stage(step), &mut w);
            add_capacitances(self.circuit, &linear, &mut w);
            w.iter_mut().for_each(|value| *value = -*value);
            w.truncate(self.circuit.n() + 1);
            self.tangent.solve(&mut w)?;
            let q_w = moved(self.circuit, &linear, &vec![0.0; w.len()], &w);
            let slope = difference(step.h, Formula::bdf_stage);
            add_slope(&slope, &Pasts::of_second_stage(step), &mut rhs);
            for (rhs, q) in rhs.iter_mut().zip(&q_w) {
                *rhs += end.formula.one * q;
            }
            add_capacitances(self.circuit, &end.linear, &mut rhs);
            let (g, c) = (&end.linear.resistive, &end.linear.reactive);
            self.tangent.factor(g, c, end.formula.alpha)?;
        }
        rhs.iter_mut().for_each(|value| *value = -*value);
        rhs.truncate(self.circuit.n() + 1);
        self.tangent.solve(&mut rhs)?;
        Ok(rhs)
    }

    /// `∂f/∂t` at standing unknowns, with zeros after it for the stored quantities.
    fn time_slope(&self, point: &Point<'_>) -> Vec<f64> {
        let mut assembly = self.circuit.assembly();
        let step = 1e-6 * self.tran.largest_step();
        let time = point.time.unwrap_or_default();
        // Backwards: what comes after a corner is not this step's.
        let mut at = |time: Time| {
            self.circuit.residual(&Point { time: Some(time), ..*point }, &mut assembly);
            assembly.resistive.clone()
        };
        let (later, earlier) = (at(time), at(time.plus(-step)));
        let mut slope: Vec<f64> =
            later.iter().zip(&earlier).map(|(later, earlier)| (later - earlier) / step).collect();
        slope[self.circuit.n()] = 0.0;
        slope.resize(slope.len() + self.circuit.stored().len(), 0.0);
        slope
    }

    /// Slope of a latch's event function along `direction` of the unknowns and `speed` of time.
    fn crossing_slope(&self, step: &Step<'_>, latch: usize, direction: &[f64], speed: f64) -> f64 {
        let largest = |values: &[f64]| values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let size = largest(direction);
        // A direction that has all but died out is too small to divide by.
        let unit = if size > 0.0 { size } else { 1.0 };
        let mut scale = if size > 0.0 { 1e-6 * largest(step.point.x).max(1.0) } else { 1.0 };
        if speed != 0.0 {
            scale = scale.min(1e-3 * step.h * unit);
        }
        let time = step.point.time.unwrap_or_default();
        let at = |sign: f64| {
            let moved = step.point.x.iter().zip(direction);
            let x: Vec<f64> = moved.map(|(x, d)| x + sign * scale * (d / unit)).collect();
            let time = Some(time.plus(sign * scale * (speed / unit)));
            let mut values = vec![0.0; self.circuit.n_latches()];
            self.circuit.crossings(&Point { x: &x, time, ..step.point }, &mut values);
            values[latch]
        };
        (at(1.0) - at(-1.0)) / (2.0 * scale) * unit
    }
}

fn formula(kind: StepFormula, h: f64, h1: f64) -> Formula {
    match kind {
        StepFormula::BackwardEuler => Formula::backward_euler(h),
        StepFormula::Trapezoidal => Formula::trapezoidal(h),
        StepFormula::Gear2 => Formula::gear2(h, h1),
        StepFormula::TrBdf2 => Formula::bdf_stage(h),
    }
}

/// `one·q₁ + two·q₂ + rate·q̇₁`.
fn combine(formula: &Formula, q1: &[f64], q2: &[f64], rate: &[f64]) -> Vec<f64> {
    let rows = q1.iter().zip(q2).zip(rate);
    rows.map(|((q1, q2), rate)| formula.one * q1 + formula.two * q2 + formula.rate * rate).collect()
}

/// Slopes of a formula's coefficients.
struct Slope {
    alpha: f64,
    one: f64,
    two: f64,
    rate: f64,
}

/// Slopes by a relative central difference, which is exact to rounding for these rational functions of `h`.
fn difference(h: f64, formula: impl Fn(f64) -> Formula) -> Slope {
    let step = 1e-5 * h;
    let (above, below) = (formula(h + step), formula(h - step));
    let slope = |above: f64, below: f64| (above - below) / (2.0 * step);
    Slope {
        alpha: slope(above.alpha, below.alpha),
        one: slope(above.one, below.one),
        two: slope(above.two, below.two),
        rate: slope(above.rate, below.rate),
    }
}

/// Slopes along a change of the step and of the step before it.
fn formula_slope(step: &Step<'_>, change: f64, before: f64) -> Slope {
    let own = difference(step.h, |h| formula(step.formula, h, step.h1));
    let mut slope = Slope {
        alpha: change * own.alpha,
        one: change * own.one,
        two: change * own.two,
        rate: change * own.rate,
    };
    if before != 0.0 && step.formula == StepFormula::Gear2 {
        let other = difference(step.h1, |h1| formula(step.formula, step.h, h1));
        slope.alpha += before * other.alpha;
        slope.one += before * other.one;
        slope.two += before * other.two;
    }
    slope
}

/// What the derivative of a formula by its step multiplies: stored residuals with the stored quantities after them, at the
/// end of a stage and before it, and the rates at the step's begin.
struct Pasts {
    end: Vec<f64>,
    one: Vec<f64>,
    two: Vec<f64>,
    rate: Vec<f64>,
}

impl Pasts {
    fn new(end: [&[f64]; 2], one: [&[f64]; 2], two: [&[f64]; 2], step: &Step<'_>) -> Self {
        Self {
            end: end.concat(),
            one: one.concat(),
            two: two.concat(),
            rate: [step.rate, step.stored_rate].concat(),
        }
    }

    /// Those of a step of one stage.
    fn of(step: &Step<'_>) -> Self {
        let [one, two] = [[step.q1, step.stored1], [step.q2, step.stored2]];
        Self::new([step.q, step.stored], one, two, step)
    }

    /// Those of TR-BDF2's first stage.
    fn of_first_stage(step: &Step<'_>) -> Self {
        let [one, two] = [[step.q1, step.stored1], [step.q2, step.stored2]];
        Self::new([step.middle_q, step.middle_stored], one, two, step)
    }

    /// Those of its second.
    fn of_second_stage(step: &Step<'_>) -> Self {
        let [one, two] = [[step.middle_q, step.middle_stored], [step.q1, step.stored1]];
        Self::new([step.q, step.stored], one, two, step)
    }
}

fn add_slope(slope: &Slope, pasts: &Pasts, out: &mut [f64]) {
    for (row, out) in out.iter_mut().enumerate() {
        *out += slope.alpha * pasts.end[row]
            + slope.one * pasts.one[row]
            + slope.two * pasts.two[row]
            + slope.rate * pasts.rate[row];
    }
}

/// TR-BDF2's intermediate point.
fn middle_point<'a>(step: &Step<'a>) -> Point<'a> {
    let time = Some(step.start.plus(GAMMA * step.h));
    Point { time, x: step.middle_x, rates: Rates::Known(step.middle_rate), ..step.point }
}

/// Derivatives of the stored residual, `∂q/∂p + ∂q/∂x·s`, and after them of the voltages across varying capacitances.
fn moved(circuit: &Circuit, linear: &SmallSignal, q_p: &[f64], s: &[f64]) -> Vec<f64> {
    let mut out = q_p.to_vec();
    circuit.multiply_add(&linear.reactive, s, &mut out);
    let first = out.len();
    out.resize(first + circuit.stored().len(), 0.0);
    for (k, (quantity, c)) in circuit.stored().iter().zip(&linear.capacitances).enumerate() {
        if let (Some(from), true) = (quantity.from, quantity.is_voltage) {
            // The matrix takes the capacitance for that of a charge, which it is not.
            let v = s[quantity.row] - s[from];
            let charge = circuit.spec(quantity.instance).multiplicity * c * v;
            out[quantity.row] -= charge;
            out[from] += charge;
            out[first + k] = v;
        }
    }
    out
}

/// Adds the currents of varying capacitances at the rates that follow the rows in `known` to these rows.
fn add_capacitances(circuit: &Circuit, linear: &SmallSignal, known: &mut [f64]) {
    let first = circuit.n() + 1;
    for (k, (quantity, c)) in circuit.stored().iter().zip(&linear.capacitances).enumerate() {
        if let (Some(from), true) = (quantity.from, quantity.is_voltage) {
            let current = circuit.spec(quantity.instance).multiplicity * c * known[first + k];
            known[quantity.row] += current;
            known[from] -= current;
        }
    }
}

/// Rates of the stored quantities in the step that makes a start consistent with initial conditions.
fn starting_rates(circuit: &Circuit, at: &Point<'_>, stated: &Point<'_>, alpha: f64) -> Vec<f64> {
    let (mut there, mut begin) = (circuit.assembly(), circuit.assembly());
    circuit.residual(at, &mut there);
    circuit.initial_storage(stated, &mut begin);
    there.stored.iter().zip(&begin.stored).map(|(v, v0)| alpha * (v - v0)).collect()
}
