//! Step by step along the curve.
//!
//! ```text
//! step σ from y with tangent t:   p = y + σ·t;  corrected to y₁, tangent t₁
//! bend: |y₁ − p| / σ in scales, and the angle between t and t₁
//! refused where the bend or the angle is large, since the step may have changed to another curve
//! next step: in proportion to what the bend allows, never twice as long
//! ```
//!
//! At a corner, as kinked models have them, no step makes the bend small: there the smallest one is taken as it is.

use super::bordered::{Bordered, Condition};
use super::locate::{self, Events};
use super::stability::{Modes, Pencil};
use super::{
    SpecialKind, SpecialPoint, TraceEnd, TraceError, TraceOptions, TracePoint, TraceRecorder,
    TraceReport,
};
use crate::dc::SweepVariable;
use crate::newton::{Newton, NewtonError};
use crate::op::{OpOptions, solve_operating_point};
use crate::options::{Observer, Progress, SolverOptions};
use crate::report::{self, SetupError};
use ovonic_circuit::Circuit;

/// Bend of a step, in parts of it, that is aimed at, and that is refused.
const BEND: (f64, f64) = (0.1, 0.4);
/// Cosine of the angle between successive tangents below which a step is refused.
const LEAST_COSINE: f64 = 0.8;
/// Step, in parts of the largest, at which a corner is taken for one.
const CORNER: f64 = 1e-4;
/// Newton iterations of a corrector above which the next step is shorter.
const MANY_ITERATIONS: usize = 25;
/// Part of the largest step to which a step is shortened to find where latches flip.
const FLIP_STEP: f64 = 1e-6;
/// Rounds of latch flips at one point.
const MAX_FLIP_ROUNDS: usize = 50;

/// A solved point of the curve.
#[derive(Clone, Debug)]
pub(super) struct Station {
    /// Unknowns, the variable last.
    pub(super) y: Vec<f64>,
    /// Direction of the curve, the largest entry 1 in scales.
    pub(super) tangent: Vec<f64>,
    /// Length of the curve so far.
    pub(super) arclength: f64,
    pub(super) modes: Modes,
    /// Rows of settled states that have a rate of their own here.
    moving: Vec<usize>,
}

impl Station {
    pub(super) fn value(&self) -> f64 {
        self.y[self.y.len() - 1]
    }
}

/// What an attempted step came to.
enum Step {
    Taken { to: Station, bend: f64, iterations: usize },
    TooFar,
    Failed(NewtonError),
}

pub(super) struct Walk<'a, 'r> {
    pub(super) system: Bordered<'a>,
    pub(super) pencil: Pencil,
    pub(super) request: &'a TraceOptions,
    record: &'a mut TraceRecorder<'r>,
    report: TraceReport,
    last_failure: Option<NewtonError>,
}

impl<'a, 'r> Walk<'a, 'r> {
    pub(super) fn new(
        circuit: Circuit,
        options: &'a SolverOptions,
        request: &'a TraceOptions,
        variable: &'a mut dyn SweepVariable,
        record: &'a mut TraceRecorder<'r>,
    ) -> Result<Self, TraceError> {
        let pencil = Pencil::new(&circuit, options).map_err(SetupError::from)?;
        let system = Bordered::new(circuit, variable, options, request)?;
        let report = TraceReport::default();
        Ok(Self { system, pencil, request, record, report, last_failure: None })
    }

    /// Follows the curve from its first point to its end.
    pub(super) fn run(
        mut self,
        start: &OpOptions,
        observer: &mut dyn Observer,
    ) -> Result<TraceReport, TraceError> {
        let mut at = self.first(start)?;
        self.record(&at)?;
        let mut step = self.request.first_step.unwrap_or(0.1 * self.request.max_step);
        step = step.clamp(self.request.min_step, self.request.max_step);
        self.report.end = loop {
            observer.progress(&self.progress(&at, step));
            if observer.cancelled() {
                break TraceEnd::Cancelled;
            }
            if self.report.points >= self.request.max_points {
                break TraceEnd::Points;
            }
            let (next, longer) = self.step(&at, step)?;
            if let Some((last, end)) = self.leave(&at, &next)? {
                self.events(&at, &last)?;
                self.record(&last)?;
                break end;
            }
            self.events(&at, &next)?;
            self.record(&next)?;
            self.system.anchor_rows(&next.moving, &next.y);
            at = self.flipped(next)?;
            step = longer;
        };
        self.report.iterations += self.system.iterations;
        self.report.loads += self.system.loads;
        Ok(self.report)
    }

    fn first(&mut self, start: &OpOptions) -> Result<Station, TraceError> {
        let value = self.request.start;
        self.system.set(value)?;
        let options = self.system.options;
        let mut newton = Newton::new(&self.system.circuit, options).map_err(SetupError::from)?;
        let point = solve_operating_point(&mut newton, options, start)
            .map_err(|error| TraceError::Start { value, error })?;
        self.report.iterations += point.statistics.iterations;
        let mut y = point.x;
        y[self.system.n()] = value;
        self.system.latches = point.latches;
        self.settle(y, 0.0)
    }

    /// A point of the curve at the value that `y` has, near `y`, with the curve's direction towards the last value.
    fn settle(&mut self, mut y: Vec<f64>, arclength: f64) -> Result<Station, TraceError> {
        let n = self.system.n();
        let value = y[n];
        self.system.anchor(&y);
        self.system.rescale(&y);
        // An operating point is as good as its tolerances; the curve is followed more exactly.
        let mut polished = y.clone();
        if self.system.correct(&mut polished, &Condition::Value(value))?.is_ok() {
            y = polished;
        }
        let mut ahead = vec![0.0; n + 1];
        ahead[n] = self.request.stop - self.request.start;
        let Some(tangent) = self.system.tangent(&y, &ahead)? else {
            return Err(self.lost(&y, arclength, 0.0));
        };
        let moving = self.system.moving();
        let modes = self.modes(&y)?;
        Ok(Station { y, tangent, arclength, modes, moving })
    }

    /// The modes at a point; the report remembers whether there are any.
    pub(super) fn modes(&mut self, y: &[f64]) -> Result<Modes, TraceError> {
        self.system.set(y[self.system.n()])?;
        let x = self.system.grounded(y);
        let point = self.system.point(&x);
        let modes = self.pencil.modes(&self.system.circuit, &point).unwrap_or_default();
        self.report.has_modes |= !modes.rates.is_empty();
        Ok(modes)
    }

    /// The next point, and the step to try after it.
    fn step(&mut self, from: &Station, first: f64) -> Result<(Station, f64), TraceError> {
        let (least, most) = (self.request.min_step, self.request.max_step);
        let mut step = first.min(most);
        loop {
            let attempt = self.attempt(from, step, step <= CORNER * most)?;
            match attempt {
                Step::Taken { to, .. }
                    if step > FLIP_STEP * most && self.system.wants_to_flip(&to.y)? =>
                {
                    step *= 0.5;
                }
                Step::Taken { mut to, bend, iterations } => {
                    to.modes = self.modes(&to.y)?;
                    self.system.rescale(&to.y);
                    let mut factor = (BEND.0 / bend.max(1e-12)).clamp(0.3, 2.0);
                    if iterations > MANY_ITERATIONS {
                        factor = factor.min(0.7);
                    }
                    return Ok((to, (step * factor).clamp(least, most)));
                }
                Step::TooFar => step *= 0.5,
                Step::Failed(error) => {
                    self.last_failure = Some(error);
                    step *= 0.25;
                }
            }
            self.report.rejected += 1;
            if step < least {
                let y = predicted(from, step);
                return Err(self.lost(&y, from.arclength, step));
            }
        }
    }

    /// Tries a step; one at a corner is taken however sharp the turn. Modes are left to who needs them: they cost more
    /// than all the rest where a circuit has many.
    fn attempt(&mut self, from: &Station, step: f64, corner: bool) -> Result<Step, TraceError> {
        let target = predicted(from, step);
        let mut y = target.clone();
        let condition = Condition::Plane { direction: &from.tangent, target: &target };
        let iterations = match self.system.correct(&mut y, &condition) {
            Ok(Ok(iterations)) => iterations,
            Ok(Err(error)) => return Ok(Step::Failed(error)),
            // A value that no circuit has is as far as it goes, unless a shorter step avoids it.
            Err(TraceError::Variable { .. }) if step > self.request.min_step * 4.0 => {
                return Ok(Step::TooFar);
            }
            Err(error) => return Err(error),
        };
        let missed: Vec<f64> = y.iter().zip(&target).map(|(y, t)| y - t).collect();
        let bend = self.system.size(&missed) / step;
        if bend > BEND.1 && !corner {
            return Ok(Step::TooFar);
        }
        // Where another curve crosses, the direction stays what it was.
        let tangent = self.system.tangent(&y, &from.tangent)?;
        let tangent = tangent.unwrap_or_else(|| from.tangent.clone());
        let moving = self.system.moving();
        let along = self.system.dot(&tangent, &from.tangent);
        let lengths =
            self.system.dot(&tangent, &tangent) * self.system.dot(&from.tangent, &from.tangent);
        if along < LEAST_COSINE * lengths.sqrt() && !corner {
            return Ok(Step::TooFar);
        }
        let moved: Vec<f64> = y.iter().zip(&from.y).map(|(to, from)| to - from).collect();
        let arclength = from.arclength + self.system.size(&moved);
        let to = Station { y, tangent, arclength, modes: Modes::default(), moving };
        Ok(Step::Taken { to, bend, iterations })
    }

    /// The point at a distance `step` from a station along its tangent, between it and the next one, without its modes.
    pub(super) fn between(
        &mut self,
        from: &Station,
        step: f64,
    ) -> Result<Option<Station>, TraceError> {
        Ok(match self.attempt(from, step, true)? {
            Step::Taken { to, .. } => Some(to),
            Step::TooFar | Step::Failed(_) => None,
        })
    }

    /// The same with its modes.
    pub(super) fn between_with_modes(
        &mut self,
        from: &Station,
        step: f64,
    ) -> Result<Option<Station>, TraceError> {
        let mut at = self.between(from, step)?;
        if let Some(at) = &mut at {
            at.modes = self.modes(&at.y)?;
        }
        Ok(at)
    }

    /// Where the curve leaves the range between two stations, if it does.
    fn leave(
        &mut self,
        from: &Station,
        to: &Station,
    ) -> Result<Option<(Station, TraceEnd)>, TraceError> {
        let (start, stop) = (self.request.start, self.request.stop);
        let ahead = (stop - start).signum();
        let (bound, end) = if (to.value() - stop) * ahead >= 0.0 {
            (stop, TraceEnd::Stop)
        } else if (to.value() - start) * ahead < 0.0 {
            (start, TraceEnd::Start)
        } else {
            return Ok(None);
        };
        let part = (bound - from.value()) / (to.value() - from.value());
        let pairs = from.y.iter().zip(&to.y);
        let mut y: Vec<f64> = pairs.map(|(a, b)| a + part * (b - a)).collect();
        if self.system.correct(&mut y, &Condition::Value(bound))?.is_err() {
            // The curve turns just there; what lies beyond the end by less than a step is near enough.
            return Ok(Some((to.clone(), end)));
        }
        let tangent = self.system.tangent(&y, &from.tangent)?;
        let tangent = tangent.unwrap_or_else(|| from.tangent.clone());
        let moving = self.system.moving();
        let arclength = from.arclength + part * (to.arclength - from.arclength);
        let modes = self.modes(&y)?;
        Ok(Some((Station { y, tangent, arclength, modes, moving }, end)))
    }

    /// Locates, records and reports what lies between two stations.
    fn events(&mut self, from: &Station, to: &Station) -> Result<(), TraceError> {
        let Events { found } = locate::between(self, from, to)?;
        for (kind, station) in found {
            self.record(&station)?;
            let special = self.special(kind, &station);
            self.report.special.push(special);
        }
        Ok(())
    }

    fn special(&self, kind: SpecialKind, at: &Station) -> SpecialPoint {
        let delivered = locate::delivered(&self.system.circuit, self.request.source, &at.y);
        SpecialPoint { kind, arclength: at.arclength, value: at.value(), delivered }
    }

    /// Flips latches that want to, and finds the curve again; the station itself where none does.
    fn flipped(&mut self, at: Station) -> Result<Station, TraceError> {
        let mut y = at.y.clone();
        let mut count = 0;
        for _ in 0..MAX_FLIP_ROUNDS {
            let flips = self.system.flip(&y)?;
            if flips == 0 {
                break;
            }
            count += flips;
            let value = y[self.system.n()];
            if self.system.correct(&mut y, &Condition::Value(value))?.is_err() {
                return Err(self.lost(&y, at.arclength, 0.0));
            }
        }
        if count == 0 {
            return Ok(at);
        }
        let special = self.special(SpecialKind::Flip { count }, &at);
        self.report.special.push(special);
        let next = self.settle(y, at.arclength)?;
        self.record(&next)?;
        Ok(next)
    }

    fn record(&mut self, at: &Station) -> Result<(), TraceError> {
        self.system.set(at.value())?;
        let x = self.system.grounded(&at.y);
        let point = self.system.point(&x);
        self.report.points += 1;
        self.report.arclength = at.arclength;
        (self.record)(&TracePoint {
            arclength: at.arclength,
            value: at.value(),
            unstable: at.modes.unstable(),
            circuit: &self.system.circuit,
            point,
        })?;
        Ok(())
    }

    fn progress(&self, at: &Station, step: f64) -> Progress {
        let (start, stop) = (self.request.start, self.request.stop);
        Progress {
            fraction: ((at.value() - start) / (stop - start)).clamp(0.0, 1.0),
            position: at.value(),
            end: stop,
            step: step * (stop - start).abs(),
            accepted: self.report.points,
            rejected: self.report.rejected,
            iterations: self.system.iterations,
        }
    }

    /// A report on a curve that cannot be followed: how far plain Newton comes from the last guess.
    fn lost(&mut self, y: &[f64], arclength: f64, step: f64) -> TraceError {
        let value = y[self.system.n()];
        if let Err(error) = self.system.set(value) {
            return error;
        }
        let options = self.system.options;
        let mut newton = match Newton::new(&self.system.circuit, options) {
            Ok(newton) => newton,
            Err(error) => return TraceError::Setup(SetupError::from(error)),
        };
        let mut x = self.system.grounded(y);
        let equation = self.system.equation();
        let outcome = newton.solve(&equation, &mut x, 1).err();
        let cause = self.last_failure.clone().or(outcome);
        let report = report::report(&newton, &equation, &x, Vec::new(), cause);
        TraceError::Lost { value, arclength, step, report: Box::new(report) }
    }
}

fn predicted(from: &Station, step: f64) -> Vec<f64> {
    from.y.iter().zip(&from.tangent).map(|(y, t)| y + step * t).collect()
}
