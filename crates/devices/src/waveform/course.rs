//! The value of a waveform at each instant, and its corners.

use super::elapsed::Elapsed;
use ovonic_device::{ParamError, Time};

/// A waveform whose defaults are filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// Trapezoids.
    Pulse(PulseTrain),
    /// Straight lines between points.
    Points(PointSequence),
    /// A damped sine.
    Sine {
        /// Mean.
        offset: f64,
        /// Amplitude.
        amplitude: f64,
        /// Frequency, Hz.
        frequency: f64,
        /// Start, s.
        delay: f64,
        /// Damping, 1/s.
        damping: f64,
        /// Phase at the start, rad.
        phase: f64,
        /// Time after which the value stays, s.
        duration: f64,
    },
    /// An exponential rise and fall, each with its start and time constant, s.
    Exponential {
        /// Value before.
        initial: f64,
        /// Value that the rise tends to.
        pulsed: f64,
        /// Start and time constant of the rise.
        rise: (f64, f64),
        /// Start and time constant of the fall.
        fall: (f64, f64),
    },
    /// A modulated sine.
    Modulated(Modulation),
}

impl Course {
    /// The value at `time`; at a jump, that before it.
    pub fn value(&self, time: Time) -> f64 {
        match *self {
            Course::Pulse(ref train) => train.value(time),
            Course::Points(ref points) => points.value(time),
            Course::Sine { offset, amplitude, frequency, delay, damping, phase, duration } => {
                let elapsed = Elapsed::since(time, delay);
                let running = elapsed.seconds().clamp(0.0, duration);
                let angle = if elapsed.seconds() == running {
                    elapsed.angle(frequency)
                } else {
                    Elapsed::since(Time::new(running), 0.0).angle(frequency)
                };
                offset + amplitude * (angle + phase).sin() * (-damping * running).exp()
            }
            Course::Exponential { initial, pulsed, rise, fall } => {
                let approach = |(start, time_constant): (f64, f64)| {
                    let t = Elapsed::since(time, start).seconds();
                    if t <= 0.0 {
                        0.0
                    } else if time_constant > 0.0 {
                        -(-t / time_constant).exp_m1()
                    } else {
                        1.0
                    }
                };
                initial + (pulsed - initial) * (approach(rise) - approach(fall))
            }
            Course::Modulated(ref modulation) => modulation.value(time),
        }
    }

    /// The first corner after `after`: where a pulse or a polygon bends, where a sine or an exponential starts or
    /// stops. In the base of `after`; an instant within rounding of a corner counts as being there.
    pub fn next_event(&self, after: Time) -> Option<Time> {
        match *self {
            Course::Pulse(ref train) => train.next_event(after),
            Course::Points(ref points) => points.next_event(after),
            Course::Sine { delay, duration, .. } => {
                let end = Some(duration).filter(|duration| duration.is_finite());
                first_after(after, delay, &[Some(0.0), end])
            }
            Course::Exponential { rise, fall, .. } => {
                let mut starts = [rise.0, fall.0];
                starts.sort_by(f64::total_cmp);
                first_after(after, 0.0, &starts.map(Some))
            }
            Course::Modulated(ref modulation) => first_after(after, modulation.delay, &[Some(0.0)]),
        }
    }
}

/// The first of some ascending corners (s after `start`) after `after`.
fn first_after(after: Time, start: f64, corners: &[Option<f64>]) -> Option<Time> {
    let elapsed = Elapsed::since(after, start);
    let corner = corners
        .iter()
        .flatten()
        .find(|&&corner| corner > elapsed.seconds() + elapsed.tolerance(corner))?;
    Some(elapsed.instant(after, 0.0, 0.0, *corner))
}

/// The first corner of a repetition after `after`, which is past its start; `following` gives the first corner of
/// one cycle after a position within it, the cycle's end included.
fn next_in_cycle(
    after: Time,
    elapsed: Elapsed,
    period: f64,
    following: impl Fn(f64) -> Option<f64>,
) -> Option<Time> {
    let phase = elapsed.phase(period);
    if period.is_infinite() {
        let corner = following(phase + elapsed.tolerance(phase))?;
        return Some(elapsed.instant(after, 0.0, 0.0, corner));
    }
    let cycles = ((elapsed.seconds() - phase) / period).round();
    // Within the first cycle nothing was multiplied, so that a long period costs no digits.
    let reach = if cycles == 0.0 { phase } else { period };
    let position = phase + elapsed.tolerance(reach);
    let (cycles, corner) = match following(position) {
        Some(corner) => (cycles, corner),
        // Within rounding of the cycle's end: the next one has begun.
        None => (cycles + 1.0, following(position - period)?),
    };
    Some(elapsed.instant(after, cycles, period, corner))
}

/// A train of trapezoids.
#[derive(Clone, Debug, PartialEq)]
pub struct PulseTrain {
    /// Value before and between the pulses.
    pub(super) initial: f64,
    /// Value on top.
    pub(super) pulsed: f64,
    /// Start of the first rise, s.
    pub(super) delay: f64,
    /// Rise time, s.
    pub(super) rise: f64,
    /// Fall time, s.
    pub(super) fall: f64,
    /// Time on top, s.
    pub(super) width: f64,
    /// Time from rise to rise, s; infinite without repetition.
    pub(super) period: f64,
    /// Number of pulses.
    pub(super) count: f64,
}

impl PulseTrain {
    fn value(&self, time: Time) -> f64 {
        let elapsed = Elapsed::since(time, self.delay);
        let t = elapsed.seconds();
        if t <= 0.0 || t >= self.count * self.period {
            return self.initial;
        }
        let phase = elapsed.phase(self.period);
        let swing = self.pulsed - self.initial;
        let falling = phase - self.rise - self.width;
        if phase <= 0.0 {
            self.initial
        } else if phase < self.rise {
            self.initial + swing * (phase / self.rise)
        } else if falling <= 0.0 {
            self.pulsed
        } else if falling < self.fall {
            self.pulsed - swing * (falling / self.fall)
        } else {
            self.initial
        }
    }

    fn next_event(&self, after: Time) -> Option<Time> {
        let elapsed = Elapsed::since(after, self.delay);
        let t = elapsed.seconds();
        if t < -elapsed.tolerance(self.delay) {
            return Some(elapsed.instant(after, 0.0, 0.0, 0.0));
        }
        let end = self.count * self.period;
        if t >= end - elapsed.tolerance(end) {
            return None;
        }
        let top = self.rise + self.width;
        let corners = [0.0, self.rise, top, top + self.fall, self.period];
        next_in_cycle(after, elapsed, self.period, |position| {
            let ahead =
                corners.iter().filter(|&&c| c > position && c <= self.period && c.is_finite());
            ahead.copied().min_by(f64::total_cmp)
        })
    }
}

/// Straight lines between points.
#[derive(Clone, Debug, PartialEq)]
pub struct PointSequence {
    times: Vec<f64>,
    values: Vec<f64>,
    delay: f64,
    /// Start and length of what repeats, s.
    repetition: Option<(f64, f64)>,
}

impl PointSequence {
    pub(super) fn new(
        points: &[(f64, f64)],
        repeat: Option<f64>,
        delay: f64,
    ) -> Result<Self, ParamError> {
        let inconsistent = |name, value, reason| ParamError::Inconsistent { name, value, reason };
        let Some(&(end, _)) = points.last() else {
            return Err(ParamError::Missing { name: "pwl" });
        };
        if let Some(pair) = points.windows(2).find(|pair| pair[1].0 < pair[0].0) {
            return Err(inconsistent(
                "pwl",
                pair[1].0,
                "the times of the points must not decrease",
            ));
        }
        let repetition = match repeat {
            Some(start) if start < 0.0 || start >= end => {
                return Err(inconsistent(
                    "r",
                    start,
                    "the repetition must start within the waveform, before its last point",
                ));
            }
            Some(start) => Some((start, end - start)),
            None => None,
        };
        Ok(Self {
            times: points.iter().map(|point| point.0).collect(),
            values: points.iter().map(|point| point.1).collect(),
            delay,
            repetition,
        })
    }

    fn end(&self) -> f64 {
        self.times[self.times.len() - 1]
    }

    /// Position on the points' own time axis, s.
    fn position(&self, time: Time) -> f64 {
        let elapsed = Elapsed::since(time, self.delay);
        match self.repetition {
            Some((start, period)) if elapsed.seconds() > self.end() => {
                start + Elapsed::since(time, self.delay + start).phase(period)
            }
            _ => elapsed.seconds(),
        }
    }

    fn value(&self, time: Time) -> f64 {
        let position = self.position(time);
        let next = self.times.partition_point(|&t| t < position);
        if next == 0 {
            return self.values[0];
        }
        if next == self.times.len() {
            return self.values[next - 1];
        }
        let (t0, t1) = (self.times[next - 1], self.times[next]);
        let (v0, v1) = (self.values[next - 1], self.values[next]);
        v0 + (v1 - v0) * ((position - t0) / (t1 - t0))
    }

    fn following(&self, position: f64) -> Option<f64> {
        let next = self.times.partition_point(|&t| t <= position);
        self.times.get(next).copied()
    }

    fn next_event(&self, after: Time) -> Option<Time> {
        let elapsed = Elapsed::since(after, self.delay);
        let (t, end) = (elapsed.seconds(), self.end());
        if t < end - elapsed.tolerance(end) {
            let mut corner = self.following(t)?;
            if corner <= t + elapsed.tolerance(corner) {
                corner = self.following(t + elapsed.tolerance(corner))?;
            }
            return Some(elapsed.instant(after, 0.0, 0.0, corner));
        }
        let (start, period) = self.repetition?;
        let elapsed = Elapsed::since(after, self.delay + start);
        next_in_cycle(after, elapsed, period, |position| {
            self.following(position + start).map(|corner| corner - start)
        })
    }
}

/// A sine that another sine modulates; frequencies in Hz with phases in rad.
#[derive(Clone, Debug, PartialEq)]
pub struct Modulation {
    pub(super) amplitude: f64,
    pub(super) offset: f64,
    pub(super) carrier: (f64, f64),
    pub(super) signal: (f64, f64),
    /// Index of a modulated frequency; absent where the amplitude is modulated.
    pub(super) index: Option<f64>,
    pub(super) delay: f64,
}

impl Modulation {
    fn value(&self, time: Time) -> f64 {
        let elapsed = Elapsed::since(time, self.delay);
        let t = elapsed.seconds();
        if t < 0.0 || (t == 0.0 && self.delay > 0.0) {
            return 0.0;
        }
        let carrier = elapsed.angle(self.carrier.0) + self.carrier.1;
        let signal = (elapsed.angle(self.signal.0) + self.signal.1).sin();
        match self.index {
            Some(index) => self.offset + self.amplitude * (carrier + index * signal).sin(),
            None => self.amplitude * (self.offset + signal) * carrier.sin(),
        }
    }
}
