//! The time loop.

use super::delays::Delays;
use super::follow::{Follower, Started, Step, StepFormula};
use super::history::{History, Stage, adds_up};
use super::integrator::{ErrorEstimate, Formula, GAMMA, IntegrationMethod};
use super::stability::growing_mode;
use super::{Transient, TransientError, TransientOptions, TransientPoint, TransientStatistics};
use crate::newton::{Equation, Newton, NewtonError};
use crate::op::{Attempt, OpOptions, OperatingPoint, flip_latches, solve_operating_point};
use crate::options::{Observer, Progress, SolverOptions, Tolerances};
use crate::report::{ConvergenceError, SetupError, report};
use ovonic_circuit::{Circuit, Point};
use ovonic_device::{Rates, Time};
use ovonic_waveforms::WaveformError;

/// Smallest step, as a part of the largest one.
const SMALLEST_STEP: f64 = 1e-12;
/// The smallest step is not larger than this, s, however long the simulation: switching takes picoseconds in a second
/// and in a year.
const SHORTEST_STEP: f64 = 1e-18;
/// A step that is a smaller part than this of the time since the base makes its end the new base: rounding must not
/// see it.
const REBASE: f64 = 1e-6;
/// How far behind a latch's crossing a step may end, as a part of the steps around it.
const CROSSING_TOLERANCE: f64 = 1e-6;
/// Largest coefficient of the integrator by which a start from initial conditions is made consistent, 1/s.
const HASTIEST: f64 = 1e18;
/// A step grows by at most this factor.
const MAX_GROWTH: f64 = 2.0;
/// A wanted growth below this is not worth a new factorisation.
const MIN_GROWTH: f64 = 1.1;
/// Alternations of a rate after which the trapezoidal rule is said to ring.
const RINGING_COUNT: u8 = 3;
/// A circuit rests when no unknown has moved by this part of its tolerance in a step,
const REST: f64 = 1e-3;
/// for as many steps.
const REST_STEPS: usize = 16;
/// Steps between reports of progress.
const PROGRESS_INTERVAL: usize = 512;

/// Receives each recorded point.
pub type Recorder<'a> = dyn FnMut(&TransientPoint<'_>) -> Result<(), WaveformError> + 'a;

/// Simulates `circuit` in time, passing each accepted point from `tran.start` on to `record`.
///
/// # Errors
/// When there is no operating point, when the step becomes too small, or when recording fails; points recorded
/// until then stand.
pub fn transient(
    circuit: &Circuit,
    options: &SolverOptions,
    tran: &TransientOptions,
    record: &mut Recorder<'_>,
    observer: &mut dyn Observer,
) -> Result<Transient, TransientError> {
    check(tran)?;
    let newton = Newton::new(circuit, options)
        .map_err(|error| ConvergenceError::from(SetupError::from(error)))?;
    run(Driver::new(circuit, options, tran, newton, None)?, record, observer)
}

/// [`transient`] with a computation that goes along with its steps.
pub(super) fn followed(
    circuit: &Circuit,
    options: &SolverOptions,
    tran: &TransientOptions,
    follower: &mut dyn Follower,
    record: &mut Recorder<'_>,
    observer: &mut dyn Observer,
) -> Result<Transient, TransientError> {
    check(tran)?;
    let newton = Newton::new(circuit, options)
        .map_err(|error| ConvergenceError::from(SetupError::from(error)))?;
    run(Driver::new(circuit, options, tran, newton, Some(follower))?, record, observer)
}

fn run(
    mut driver: Driver<'_, '_>,
    record: &mut Recorder<'_>,
    observer: &mut dyn Observer,
) -> Result<Transient, TransientError> {
    driver.record(record)?;
    let cancelled = driver.run(record, observer)?;
    Ok(driver.finish(cancelled))
}

fn check(tran: &TransientOptions) -> Result<(), TransientError> {
    let wrong = |name, value, reason| Err(TransientError::Options { name, value, reason });
    if !(tran.stop > 0.0 && tran.stop.is_finite()) {
        return wrong("tstop", tran.stop, "the end has to be a positive time");
    }
    if !(tran.start >= 0.0 && tran.start < tran.stop) {
        return wrong("tstart", tran.start, "recording has to start between zero and the end");
    }
    if !(tran.step >= 0.0 && tran.step.is_finite()) {
        return wrong("tstep", tran.step, "the step cannot be negative");
    }
    match tran.max_step {
        Some(h) if !(h > 0.0 && h.is_finite()) => {
            wrong("tmax", h, "the largest step has to be positive")
        }
        _ => Ok(()),
    }
}

struct Driver<'c, 'o> {
    circuit: &'c Circuit,
    options: &'o SolverOptions,
    /// Those of the options, with that of charges.
    tolerances: Tolerances,
    tran: &'o TransientOptions,
    newton: Newton<'c>,
    time: Time,
    history: History,
    latches: Vec<f64>,
    crossings: Vec<f64>,
    delays: Delays,
    /// Corners that travel along delays, latest first.
    echoes: Vec<Time>,
    next_corner: Option<Time>,
    attempts: Vec<Attempt>,
    statistics: TransientStatistics,
    largest: f64,
    /// Whether the last step was rejected for its truncation error.
    hesitant: bool,
    work: Work,
    ringing: Ringing,
    rest: Rest,
    follower: Option<&'o mut dyn Follower>,
}

/// Vectors of a trial step.
struct Work {
    x: Vec<f64>,
    rate: Vec<f64>,
    stored_rate: Vec<f64>,
    history: Vec<f64>,
    /// History of the formula by stored quantity; empty where no capacitance varies.
    quantity_history: Vec<f64>,
    delayed: Vec<f64>,
    limits: Vec<f64>,
    middle_x: Vec<f64>,
    middle_q: Vec<f64>,
    middle_stored: Vec<f64>,
    middle_rate: Vec<f64>,
    crossings: Vec<f64>,
}

/// Watches for rates that alternate from step to step.
struct Ringing {
    last_change: Vec<f64>,
    count: Vec<u8>,
    damp: bool,
}

/// Watches for a circuit that has come to rest, perhaps where it would not stay.
#[derive(Default)]
struct Rest {
    /// Steps since anything moved.
    still: usize,
    /// How often it has rested.
    times: usize,
}

/// How a step is integrated.
#[derive(Clone, Copy, PartialEq)]
enum Scheme {
    Single(Formula, ErrorEstimate),
    TrBdf2,
}

impl<'c, 'o> Driver<'c, 'o> {
    fn new(
        circuit: &'c Circuit,
        options: &'o SolverOptions,
        tran: &'o TransientOptions,
        mut newton: Newton<'c>,
        mut follower: Option<&'o mut dyn Follower>,
    ) -> Result<Self, TransientError> {
        let n = circuit.n() + 1;
        let n_stored = circuit.stored().len();
        let delays = Delays::new(circuit.delays());
        let start = Start::find(circuit, options, tran, &mut newton)?;
        if let Some(follower) = &mut follower {
            follower.start(&Started { x: &start.x, latches: &start.latches })?;
        }
        let mut driver = Self {
            circuit,
            options,
            tolerances: Tolerances {
                charge: Some(options.tolerances.charge_in(circuit)),
                ..options.tolerances
            },
            tran,
            time: Time::new(0.0),
            history: History::new(&start.x, &start.q, &start.stored),
            crossings: vec![f64::NEG_INFINITY; circuit.n_latches()],
            latches: start.latches,
            largest: tran.largest_step().min(delays.shortest()),
            hesitant: false,
            delays,
            echoes: Vec::new(),
            next_corner: circuit.next_event(Time::new(0.0)),
            attempts: start.attempts,
            statistics: TransientStatistics { perturbed: start.perturbed, ..Default::default() },
            work: Work {
                x: start.x,
                rate: vec![0.0; n],
                stored_rate: vec![0.0; n_stored],
                history: vec![0.0; n],
                quantity_history: vec![0.0; if circuit.has_capacitances() { n_stored } else { 0 }],
                delayed: vec![0.0; circuit.delays().len()],
                limits: newton.assembly.limits().to_vec(),
                middle_x: vec![0.0; n],
                middle_q: vec![0.0; n],
                middle_stored: vec![0.0; n_stored],
                middle_rate: vec![0.0; n_stored],
                crossings: vec![0.0; circuit.n_latches()],
            },
            ringing: Ringing {
                last_change: vec![0.0; n_stored],
                count: vec![0; n_stored],
                damp: false,
            },
            rest: Rest::default(),
            newton,
            follower,
        };
        driver.newton.refresh();
        driver.delays.push(driver.time, &start.signals);
        driver.echo(driver.time);
        let equation = driver.equation(driver.time, 0.0, None, None);
        if circuit.n_latches() > 0 {
            let mut values = vec![0.0; circuit.n_latches()];
            circuit.crossings(&equation.point(&driver.work.x), &mut values);
            driver.crossings = values;
        }
        Ok(driver)
    }

    fn equation<'e>(
        &'e self,
        time: Time,
        alpha: f64,
        history: Option<&'e [f64]>,
        delayed: Option<&'e [f64]>,
    ) -> Equation<'e> {
        Equation {
            time: Some(time),
            alpha,
            history,
            delayed,
            settle: false,
            ..Equation::dc(&self.latches, self.options.gmin)
        }
    }

    /// The loop; returns whether it was cancelled.
    fn run(
        &mut self,
        record: &mut Recorder<'_>,
        observer: &mut dyn Observer,
    ) -> Result<bool, TransientError> {
        let smallest = (self.largest * SMALLEST_STEP).min(SHORTEST_STEP);
        let stop = Time::new(self.tran.stop);
        let mut wanted = self.first_step();
        while stop.minus(self.time) > self.resolution() {
            if self.statistics.accepted.is_multiple_of(PROGRESS_INTERVAL) {
                observer.progress(&self.progress(wanted));
                if observer.cancelled() {
                    return Ok(true);
                }
            }
            let (target, corner) = self.target(stop);
            let (h, lands) = self.fit(wanted, target, smallest);
            let end = if lands { target } else { self.time.plus(h) };
            wanted = match self.attempt(h, end) {
                Err(error) => {
                    self.statistics.failed += 1;
                    self.retreat();
                    if h <= smallest {
                        return Err(self.too_small(error, h).into());
                    }
                    (h / 8.0).max(smallest)
                }
                Ok(ratio) => match self.judge(h, ratio, smallest) {
                    Verdict::Reject(h) => {
                        self.retreat_for_error();
                        h
                    }
                    Verdict::Locate(h) => {
                        self.statistics.located += 1;
                        self.restore();
                        h
                    }
                    Verdict::Accept { next, flips } => {
                        self.follow(h, end, flips)?;
                        self.accept(h, end, flips);
                        self.record(record)?;
                        if lands && corner {
                            self.echo(end);
                        }
                        if (lands && corner) || flips || self.leaves_rest() {
                            self.after_corner(h)
                        } else {
                            next
                        }
                    }
                },
            };
        }
        observer.progress(&self.progress(wanted));
        Ok(false)
    }

    /// Instants closer than this are the same: what rounding leaves of the time since the last corner, s.
    fn resolution(&self) -> f64 {
        16.0 * f64::EPSILON * self.time.offset.abs().max(f64::EPSILON * self.largest)
    }

    fn progress(&self, step: f64) -> Progress {
        let position = self.time.seconds();
        Progress {
            fraction: position / self.tran.stop,
            position,
            end: self.tran.stop,
            step,
            accepted: self.statistics.accepted,
            rejected: self.statistics.rejected + self.statistics.failed,
            iterations: self.newton.statistics.iterations,
        }
    }

    fn first_step(&self) -> f64 {
        if self.tran.fixed_step {
            return self.largest;
        }
        let print = if self.tran.step > 0.0 { self.tran.step } else { self.tran.stop / 50.0 };
        let gap = self.gap_after(self.time);
        (0.01 * print.min(self.tran.stop / 100.0)).min(0.1 * gap).min(self.largest)
    }

    /// The first step after a corner.
    fn after_corner(&self, h: f64) -> f64 {
        if self.tran.fixed_step {
            return self.largest;
        }
        0.1 * h.min(self.gap_after(self.time)).min(self.largest)
    }

    fn gap_after(&self, time: Time) -> f64 {
        let corner = self.next_corner.map_or(f64::INFINITY, |corner| corner.minus(time));
        let echo = self.echoes.last().map_or(f64::INFINITY, |echo| echo.minus(time));
        corner.min(echo).min(self.tran.stop - time.seconds()).max(0.0)
    }

    /// Where a step has to end at the latest, and whether that is a corner.
    fn target(&self, stop: Time) -> (Time, bool) {
        let corners = self.next_corner.iter().chain(self.echoes.last());
        let first = corners.min_by(|a, b| a.minus(**b).total_cmp(&0.0));
        match first {
            Some(corner) if corner.minus(stop) < 0.0 => (*corner, true),
            _ => (stop, false),
        }
    }

    /// The step to try, and whether it lands on the target.
    fn fit(&self, wanted: f64, target: Time, smallest: f64) -> (f64, bool) {
        let gap = target.minus(self.time);
        let h = wanted.min(self.largest).max(smallest);
        if h >= gap * (1.0 - 1e-9) {
            (gap, true)
        } else if !self.tran.fixed_step && 2.0 * h > gap {
            // Two equal steps rather than a long one and a sliver.
            (0.5 * gap, false)
        } else {
            (h, false)
        }
    }

    fn scheme(&self, h: f64) -> Scheme {
        let depth = self.history.depth;
        let h1 = self.history.back(0).h;
        if depth == 1 {
            return Scheme::Single(Formula::backward_euler(h), ErrorEstimate::First);
        }
        let third = |estimate| {
            if depth >= 3 { estimate } else { ErrorEstimate::None }
        };
        match self.tran.method {
            IntegrationMethod::BackwardEuler => {
                Scheme::Single(Formula::backward_euler(h), ErrorEstimate::backward_euler(h))
            }
            IntegrationMethod::Trapezoidal if !self.ringing.damp => {
                Scheme::Single(Formula::trapezoidal(h), third(ErrorEstimate::trapezoidal(h)))
            }
            IntegrationMethod::Gear2 => {
                Scheme::Single(Formula::gear2(h, h1), third(ErrorEstimate::gear2(h, h1)))
            }
            IntegrationMethod::Trapezoidal | IntegrationMethod::TrBdf2 => Scheme::TrBdf2,
        }
    }

    /// Solves a step of length `h` to `end`; returns the ratio of truncation error to tolerance.
    fn attempt(&mut self, h: f64, end: Time) -> Result<f64, NewtonError> {
        let scheme = self.scheme(h);
        let estimate = match scheme {
            Scheme::Single(formula, estimate) => {
                self.history.predict(h, &mut self.work.x);
                self.start_formula(&formula);
                self.solve(end, formula.alpha)?;
                let (one, two) = (self.history.back(0), self.history.back(1));
                let assembly = &self.newton.assembly;
                self.work.rate.copy_from_slice(&self.history.rate);
                formula.rates(&assembly.reactive, &one.q, &two.q, &mut self.work.rate);
                self.work.stored_rate.copy_from_slice(&self.history.stored_rate);
                formula.rates(
                    &assembly.stored,
                    &one.stored,
                    &two.stored,
                    &mut self.work.stored_rate,
                );
                estimate
            }
            Scheme::TrBdf2 => {
                self.two_stages(h, end)?;
                self.estimate_of_stages(h)
            }
        };
        let assembly = &self.newton.assembly;
        let new = Stage {
            stored: &assembly.stored,
            capacitances: &assembly.capacitances,
            rate: &self.work.stored_rate,
        };
        Ok(self.history.error_ratio(
            estimate,
            h,
            &new,
            &self.work.middle_rate,
            self.circuit.stored(),
            &self.tolerances,
        ))
    }

    /// A step that damps ringing starts from rates that ring, which say nothing of its error: its estimate comes from
    /// the past, as that of the steps around it.
    fn estimate_of_stages(&self, h: f64) -> ErrorEstimate {
        match self.tran.method {
            IntegrationMethod::TrBdf2 => ErrorEstimate::tr_bdf2(h),
            _ if self.history.depth >= 3 => ErrorEstimate::tr_bdf2_by_differences(h),
            _ => ErrorEstimate::None,
        }
    }

    fn two_stages(&mut self, h: f64, end: Time) -> Result<(), NewtonError> {
        let first = Formula::tr_stage(h);
        self.history.predict(GAMMA * h, &mut self.work.x);
        self.start_formula(&first);
        self.solve(self.time.plus(GAMMA * h), first.alpha)?;
        let start = self.history.back(0);
        let (work, assembly) = (&mut self.work, &self.newton.assembly);
        work.middle_x.copy_from_slice(&work.x);
        work.middle_q.copy_from_slice(&assembly.reactive);
        work.middle_stored.copy_from_slice(&assembly.stored);
        work.middle_rate.copy_from_slice(&self.history.stored_rate);
        first.rates(&assembly.stored, &start.stored, &[], &mut work.middle_rate);

        let second = Formula::bdf_stage(h);
        second.history(&work.middle_q, &start.q, &[], &mut work.history);
        if self.circuit.has_capacitances() {
            second.history(&work.middle_stored, &start.stored, &[], &mut work.quantity_history);
        }
        // From the intermediate point on: what the first stage did not know of the step, the second learns.
        for (x, x0) in work.x.iter_mut().zip(&start.x) {
            *x += (1.0 - GAMMA) / GAMMA * (*x - x0);
        }
        self.solve(end, second.alpha)?;
        let start = self.history.back(0);
        let (work, assembly) = (&mut self.work, &self.newton.assembly);
        second.rates(&assembly.reactive, &work.middle_q, &start.q, &mut work.rate);
        second.rates(&assembly.stored, &work.middle_stored, &start.stored, &mut work.stored_rate);
        Ok(())
    }

    /// The history vectors of a formula that starts from the newest point.
    fn start_formula(&mut self, formula: &Formula) {
        self.history.formula_history(formula, &mut self.work.history);
        if self.circuit.has_capacitances() {
            self.history.quantity_history(formula, &mut self.work.quantity_history);
        }
    }

    /// Newton at `time`, from the guess in the trial's unknowns and with its history vector.
    fn solve(&mut self, time: Time, alpha: f64) -> Result<(), NewtonError> {
        if !self.delays.is_empty() {
            self.delays.at(time, &mut self.work.delayed);
        }
        let delayed = (!self.delays.is_empty()).then_some(self.work.delayed.as_slice());
        // Field by field, so that Newton can be borrowed beside it.
        let rates = if self.circuit.has_capacitances() {
            Rates::Formula { alpha, history: &self.work.quantity_history }
        } else {
            Rates::Rest
        };
        let equation = Equation {
            time: Some(time),
            alpha,
            history: Some(&self.work.history),
            rates,
            delayed,
            settle: false,
            ..Equation::dc(&self.latches, self.options.gmin)
        };
        self.newton.solve(&equation, &mut self.work.x, self.options.step_iterations)?;
        Ok(())
    }

    /// What becomes of a solved step.
    fn judge(&mut self, h: f64, ratio: f64, smallest: f64) -> Verdict {
        let mut flips = false;
        if self.circuit.n_latches() > 0 {
            let point = Point {
                time: Some(self.time.plus(h)),
                gmin: self.options.gmin,
                ..Point::dc(&self.work.x, &self.latches)
            };
            self.circuit.crossings(&point, &mut self.work.crossings);
            let local = h.max(self.history.back(0).h);
            let tolerance = (local * CROSSING_TOLERANCE).max(smallest);
            let mut earliest = h;
            for (before, after) in self.crossings.iter().zip(&self.work.crossings) {
                if *after > 0.0 {
                    flips = true;
                    if *before < 0.0 {
                        earliest = earliest.min(h * before / (before - after));
                    }
                }
            }
            if flips && h - earliest > tolerance && !self.tran.fixed_step {
                return Verdict::Locate((earliest + 0.5 * tolerance).max(0.05 * h));
            }
        }
        if self.tran.fixed_step {
            return Verdict::Accept { next: self.largest, flips };
        }
        let order = if self.history.depth == 1 { 1 } else { self.tran.method.order() };
        // The error is proportional to h^(order + 1), its tolerance to h or to nothing: each exponent is the
        // careful one.
        let power = |p: i32| if ratio > 0.0 { ratio.powf(-1.0 / f64::from(p)) } else { MAX_GROWTH };
        let shrink = power(order);
        if shrink < 0.9 && h > 2.0 * smallest {
            self.hesitant = true;
            return Verdict::Reject(h * (0.9 * shrink).max(0.1));
        }
        // What has just failed is not tried again at once.
        let limit = if std::mem::take(&mut self.hesitant) { 1.0 } else { MAX_GROWTH };
        let growth = (0.95 * if shrink < 1.0 { shrink } else { power(order + 1) }).min(limit);
        let next = if growth > 1.0 && growth < MIN_GROWTH { h } else { h * growth };
        Verdict::Accept { next: next.min(self.largest), flips }
    }

    /// Lets the computation that goes along see a step before it becomes past.
    fn follow(&mut self, h: f64, end: Time, flips: bool) -> Result<(), TransientError> {
        let scheme = self.scheme(h);
        let Some(follower) = &mut self.follower else { return Ok(()) };
        let (newest, older) = (self.history.back(0), self.history.back(1));
        let formula = match scheme {
            Scheme::TrBdf2 => StepFormula::TrBdf2,
            Scheme::Single(formula, _) if formula == Formula::backward_euler(h) => {
                StepFormula::BackwardEuler
            }
            Scheme::Single(formula, _) if formula == Formula::trapezoidal(h) => {
                StepFormula::Trapezoidal
            }
            Scheme::Single(..) => StepFormula::Gear2,
        };
        let point = Point {
            time: Some(end),
            gmin: self.options.gmin,
            rates: Rates::Known(&self.work.stored_rate),
            ..Point::dc(&self.work.x, &self.latches)
        };
        // Of the latches that want to flip, the one that is nearest to its crossing set the instant.
        let wanting = self.work.crossings.iter().enumerate().filter(|(_, value)| **value > 0.0);
        let event = wanting.min_by(|a, b| a.1.total_cmp(b.1)).map(|(latch, _)| latch);
        follower.step(&Step {
            start: self.time,
            h,
            h1: newest.h,
            formula,
            point,
            q: &self.newton.assembly.reactive,
            middle_x: &self.work.middle_x,
            middle_q: &self.work.middle_q,
            q1: &newest.q,
            q2: &older.q,
            rate: &self.history.rate,
            stored: &self.newton.assembly.stored,
            middle_stored: &self.work.middle_stored,
            middle_rate: &self.work.middle_rate,
            stored1: &newest.stored,
            stored2: &older.stored,
            stored_rate: &self.history.stored_rate,
            event: event.filter(|_| flips && !self.tran.fixed_step),
        })?;
        Ok(())
    }

    fn accept(&mut self, h: f64, end: Time, flips: bool) {
        self.statistics.accepted += 1;
        if self.ringing.damp {
            self.statistics.damped += 1;
        }
        self.watch_ringing();
        let assembly = &self.newton.assembly;
        self.history.push(h, &self.work.x, &assembly.reactive, &assembly.stored);
        self.history.rate.copy_from_slice(&self.work.rate);
        self.history.stored_rate.copy_from_slice(&self.work.stored_rate);
        self.work.limits.copy_from_slice(assembly.limits());
        self.time = if h < REBASE * end.offset { end.rebased() } else { end };
        self.delays.push(end, &assembly.signals);
        if self.circuit.n_latches() > 0 {
            self.settle_latches(flips);
        }
        let resolution = self.resolution();
        let passed = |corner: Time| corner.minus(end) <= resolution;
        while self.echoes.last().is_some_and(|&echo| passed(echo)) {
            self.echoes.pop();
            self.history.restart();
        }
        if self.next_corner.is_some_and(passed) {
            self.time = self.time.rebased();
            self.history.restart();
            self.next_corner = self.following_corner();
        }
    }

    /// Whether the circuit has come to rest where it would not stay, and has been moved from there: as at the start, what
    /// is symmetric to the last bit would never begin to oscillate. Rests are examined the first time, the second, the
    /// fourth and so on, since most are what they seem.
    fn leaves_rest(&mut self) -> bool {
        if self.circuit.is_linear() || self.circuit.stored().is_empty() || !self.delays.is_empty() {
            return false;
        }
        let (newest, before) = (self.history.back(0), self.history.back(1));
        if self.newton.differs(&newest.x, &before.x, REST) {
            self.rest.still = 0;
            return false;
        }
        self.rest.still += 1;
        if self.rest.still != REST_STEPS {
            return false;
        }
        self.rest.times += 1;
        if !self.rest.times.is_power_of_two() {
            return false;
        }
        let point = Point {
            time: Some(self.time),
            gmin: self.options.gmin,
            ..Point::dc(&newest.x, &self.latches)
        };
        let Some(x) = displaced(self.circuit, self.options, &point, self.largest) else {
            return false;
        };
        self.circuit.residual(&Point { x: &x, ..point }, &mut self.newton.assembly);
        let assembly = &self.newton.assembly;
        self.history.displace(&x, &assembly.reactive, &assembly.stored);
        self.statistics.perturbed = true;
        true
    }

    /// The first corner that rounding lets stand apart from now.
    fn following_corner(&self) -> Option<Time> {
        let mut corner = self.circuit.next_event(self.time)?;
        while corner.minus(self.time) <= self.resolution() {
            let next = self.circuit.next_event(corner)?;
            if next.minus(corner) <= 0.0 {
                return None;
            }
            corner = next;
        }
        Some(corner)
    }

    /// Flips latches at an accepted point and lets devices do their bookkeeping.
    fn settle_latches(&mut self, flips: bool) {
        let point = Point {
            time: Some(self.time),
            gmin: self.options.gmin,
            ..Point::dc(&self.work.x, &self.latches)
        };
        let mut next = self.latches.clone();
        self.circuit.accept(&point, &mut next);
        self.latches = next;
        if flips {
            let equation = Equation {
                time: Some(self.time),
                settle: false,
                ..Equation::dc(&self.latches, self.options.gmin)
            };
            let mut next = self.latches.clone();
            self.statistics.flips += flip_latches(self.circuit, &equation, &self.work.x, &mut next);
            self.latches = next;
            self.history.restart();
        }
        let point = Point {
            time: Some(self.time),
            gmin: self.options.gmin,
            ..Point::dc(&self.work.x, &self.latches)
        };
        self.circuit.crossings(&point, &mut self.crossings);
    }

    /// Notes which rates alternate; asks for a damping step when one has done so several times.
    fn watch_ringing(&mut self) {
        let was_damping = std::mem::take(&mut self.ringing.damp);
        if self.tran.method != IntegrationMethod::Trapezoidal || was_damping {
            self.ringing.count.fill(0);
            return;
        }
        let tolerances = &self.options.tolerances;
        let ringing = &mut self.ringing;
        let capacitances = &self.newton.assembly.capacitances;
        let rates = self.work.stored_rate.iter().zip(&self.history.stored_rate);
        let memory = ringing.last_change.iter_mut().zip(&mut ringing.count);
        let quantities = self.circuit.stored().iter().enumerate();
        for ((k, quantity), ((new, old), (last, count))) in quantities.zip(rates.zip(memory)) {
            // A voltage's rate counts as the current through its capacitance.
            let unit = if quantity.is_voltage { capacitances[k] } else { 1.0 };
            let change = unit * (new - old);
            let size = tolerances.relative * unit * new.abs().max(old.abs());
            let alternates = change * *last < 0.0
                && change.abs() > 0.5 * last.abs()
                && change.abs() > 10.0 * (tolerances.current + size);
            *count = if alternates { *count + 1 } else { 0 };
            ringing.damp |= *count >= RINGING_COUNT;
            *last = change;
        }
    }

    /// After a step that did not converge: back to the accepted point, first order, fresh pivots.
    fn retreat(&mut self) {
        self.restore();
        self.newton.refresh();
        self.history.restart();
    }

    fn retreat_for_error(&mut self) {
        self.statistics.rejected += 1;
        self.restore();
    }

    fn restore(&mut self) {
        self.newton.assembly.set_limits(&self.work.limits);
    }

    /// A corner at `time` comes back along every delay.
    fn echo(&mut self, time: Time) {
        let stop = self.tran.stop;
        for delay in self.delays.distinct() {
            let echo = time.plus(delay);
            let known = |kept: &Time| kept.minus(echo).abs() <= self.resolution();
            if echo.seconds() < stop && !self.echoes.iter().any(known) {
                self.echoes.push(echo);
            }
        }
        self.echoes.sort_by(|a, b| b.minus(*a).total_cmp(&0.0));
    }

    fn record(&mut self, record: &mut Recorder<'_>) -> Result<(), WaveformError> {
        if self.time.seconds() < self.tran.start {
            return Ok(());
        }
        let delayed = (!self.delays.is_empty()).then_some(self.work.delayed.as_slice());
        let point = Point {
            time: Some(self.time),
            gmin: self.options.gmin,
            delayed: if self.statistics.accepted > 0 { delayed } else { None },
            rates: Rates::Known(&self.history.stored_rate),
            ..Point::dc(&self.history.back(0).x, &self.latches)
        };
        record(&TransientPoint {
            time: self.time,
            circuit: self.circuit,
            point,
            rates: &self.history.stored_rate,
        })
    }

    fn too_small(&mut self, error: NewtonError, h: f64) -> ConvergenceError {
        let end = self.time.plus(h);
        let equation = Equation {
            time: Some(end),
            alpha: 1.0 / h,
            history: Some(&self.work.history),
            rates: Rates::Known(&self.history.stored_rate),
            settle: false,
            ..Equation::dc(&self.latches, self.options.gmin)
        };
        let attempts = std::mem::take(&mut self.attempts);
        let mut report = report(&self.newton, &equation, &self.work.x, attempts, Some(error));
        report.time = Some(self.time.seconds());
        report.step = Some(h);
        ConvergenceError::Report(Box::new(report))
    }

    fn finish(self, cancelled: bool) -> Transient {
        let mut statistics = self.statistics;
        statistics.newton = self.newton.statistics;
        statistics.linear = self.newton.linear_statistics();
        statistics.loads = self.newton.assembly.n_loads;
        Transient {
            x: self.history.back(0).x.clone(),
            latches: self.latches,
            cancelled,
            attempts: self.attempts,
            statistics,
        }
    }
}

enum Verdict {
    /// Too large an error; the step to try next.
    Reject(f64),
    /// A latch flips within the step; the step that ends at its crossing.
    Locate(f64),
    Accept {
        next: f64,
        flips: bool,
    },
}

/// Moves an unstable operating point along its growing mode, by no more than the tolerances: a simulation that
/// started exactly there would stay. Returns whether it did.
fn leave_unstable_point(
    circuit: &Circuit,
    options: &SolverOptions,
    tran: &TransientOptions,
    newton: &mut Newton<'_>,
    found: &mut OperatingPoint,
) -> bool {
    if circuit.is_linear() || circuit.stored().is_empty() || !tran.initial_conditions.is_empty() {
        return false;
    }
    let point = Point {
        time: Some(Time::new(0.0)),
        gmin: options.gmin,
        ..Point::dc(&found.x, &found.latches)
    };
    let Some(x) = displaced(circuit, options, &point, tran.largest_step()) else {
        return false;
    };
    found.x = x;
    let point = Point {
        time: Some(Time::new(0.0)),
        gmin: options.gmin,
        ..Point::dc(&found.x, &found.latches)
    };
    circuit.residual(&point, &mut newton.assembly);
    found.reactive.copy_from_slice(&newton.assembly.reactive);
    found.stored.copy_from_slice(&newton.assembly.stored);
    found.signals.copy_from_slice(&newton.assembly.signals);
    true
}

/// A point moved along its growing mode, if it has one. A state that rests at its bound is not pushed past it.
fn displaced(
    circuit: &Circuit,
    options: &SolverOptions,
    point: &Point<'_>,
    largest_step: f64,
) -> Option<Vec<f64>> {
    // A matrix that cannot be factored here says nothing of stability.
    let mode = growing_mode(circuit, options, point, largest_step).ok().flatten()?;
    let mut moved = point.x.to_vec();
    for ((x, mode), entry) in moved.iter_mut().zip(mode).zip(circuit.unknowns()) {
        let (low, high) = entry.bounds;
        *x = (*x + mode).clamp(low.min(*x), high.max(*x));
    }
    Some(moved)
}

/// Whether states and heat are where they were.
fn stands_still(circuit: &Circuit, before: &[f64], after: &[f64], options: &SolverOptions) -> bool {
    let quantities = circuit.stored().iter().zip(before).zip(after);
    quantities.filter(|((quantity, _), _)| adds_up(quantity)).all(|((quantity, a), b)| {
        let least = if quantity.is_state { quantity.tolerance.unwrap_or(1e-6) } else { 1e-20 };
        (a - b).abs() <= options.tolerances.relative * a.abs() + least
    })
}

/// The point that a transient starts from.
struct Start {
    perturbed: bool,
    x: Vec<f64>,
    q: Vec<f64>,
    stored: Vec<f64>,
    signals: Vec<f64>,
    latches: Vec<f64>,
    attempts: Vec<Attempt>,
}

impl Start {
    fn find(
        circuit: &Circuit,
        options: &SolverOptions,
        tran: &TransientOptions,
        newton: &mut Newton<'_>,
    ) -> Result<Self, TransientError> {
        if tran.use_initial_conditions {
            return Self::consistent(circuit, options, tran, newton);
        }
        let op = OpOptions {
            clamps: tran.initial_conditions.clone(),
            nodesets: tran.nodesets.clone(),
            time: Some(Time::new(0.0)),
            ..OpOptions::default()
        };
        let mut found = solve_operating_point(newton, options, &op)?;
        let perturbed = leave_unstable_point(circuit, options, tran, newton, &mut found);
        Ok(Self {
            perturbed,
            x: found.x,
            q: found.reactive,
            stored: found.stored,
            signals: found.signals,
            latches: found.latches,
            attempts: found.attempts,
        })
    }

    /// Charges, fluxes and states as the initial conditions say, everything else consistent with them: one
    /// backward Euler step too short for them to move.
    fn consistent(
        circuit: &Circuit,
        options: &SolverOptions,
        tran: &TransientOptions,
        newton: &mut Newton<'_>,
    ) -> Result<Self, TransientError> {
        let mut conditions = vec![0.0; circuit.n() + 1];
        for &(row, value) in &tran.initial_conditions {
            conditions[row] = value;
        }
        let mut latches = circuit.initial_latches();
        let time = Time::new(0.0);
        let mut x = circuit.initial_unknowns(&conditions);
        for _ in 0..=circuit.n_latches() {
            let point =
                Point { time: Some(time), gmin: options.gmin, ..Point::dc(&conditions, &latches) };
            circuit.initial_storage(&point, &mut newton.assembly);
            let stored = newton.assembly.stored.clone();
            let charge = newton.assembly.reactive.clone();
            let mut alpha = 1e9 / tran.largest_step();
            let guess = x.clone();
            let solved = loop {
                let history: Vec<f64> = charge.iter().map(|q| -alpha * q).collect();
                let by_quantity: Vec<f64> = stored.iter().map(|v| -alpha * v).collect();
                let equation = Equation {
                    time: Some(time),
                    alpha,
                    history: Some(&history),
                    rates: Rates::Formula { alpha, history: &by_quantity },
                    settle: false,
                    ..Equation::dc(&latches, options.gmin)
                };
                newton.refresh();
                newton.forget_limits();
                let solved = newton.solve(&equation, &mut x, options.op_iterations);
                let stands = solved.is_ok()
                    && stands_still(circuit, &stored, &newton.assembly.stored, options);
                if stands || alpha >= HASTIEST {
                    break solved.map_err(|error| {
                        let report = report(newton, &equation, &x, Vec::new(), Some(error));
                        ConvergenceError::Report(Box::new(report))
                    });
                }
                // In a long run a thousand-millionth of a step is time enough for a fast state.
                alpha *= 1e3;
                x.copy_from_slice(&guess);
            };
            solved?;
            let equation = Equation { time: Some(time), ..Equation::dc(&latches, options.gmin) };
            let mut next = latches.clone();
            if flip_latches(circuit, &equation, &x, &mut next) == 0 {
                return Ok(Self {
                    perturbed: false,
                    x,
                    q: charge,
                    stored,
                    signals: newton.assembly.signals.clone(),
                    latches,
                    attempts: Vec::new(),
                });
            }
            latches = next;
        }
        Err(ConvergenceError::LatchCycle { flips: circuit.n_latches() }.into())
    }
}
