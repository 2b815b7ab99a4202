//! Waveforms of independent sources: what a user writes, and what it means once the analysis is known.
//!
//! A [`Waveform`] holds the arguments as they were given; [`Waveform::course`] fills in the defaults that depend on
//! the transient analysis (print step `TSTEP`, stop time `TSTOP`) and yields a [`Course`], which has a value at each
//! instant and knows its corners. Instants are compared by differences that lose no digit, so that a nanosecond pulse
//! after years keeps its edges.
//!
//! At a jump (a rise time of zero, two points at one time) the value is that before the jump.

mod course;
mod elapsed;
#[cfg(test)]
mod tests;

pub use course::Course;

use course::{Modulation, PointSequence, PulseTrain};
use ovonic_device::{Environment, ParamError};

/// A waveform as it was written. Times in s, frequencies in Hz, phases in degrees, values in the source's unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Waveform {
    /// None: the source is constant.
    #[default]
    None,
    /// `PULSE(v1 v2 td tr tf pw per np)`: trapezoids.
    Pulse {
        /// Value before and between the pulses.
        initial: f64,
        /// Value on top.
        pulsed: f64,
        /// Start of the first rise.
        delay: f64,
        /// Rise time; the print step if absent or not positive.
        rise: Option<f64>,
        /// Fall time; the print step if absent or not positive.
        fall: Option<f64>,
        /// Time on top; the stop time if absent.
        width: Option<f64>,
        /// Time from rise to rise; no repetition within the stop time if absent or not positive.
        period: Option<f64>,
        /// Number of pulses; endless if absent or not positive.
        count: Option<f64>,
    },
    /// `SIN(vo va freq td theta phase ncycles)`: a damped sine, `vo + va·sin(2πf·t + φ)·e^(−θt)` with `t` from td on.
    Sine {
        /// Mean.
        offset: f64,
        /// Amplitude.
        amplitude: f64,
        /// Frequency; one period in the stop time if absent or zero.
        frequency: Option<f64>,
        /// Start; before it the sine stands at its phase.
        delay: f64,
        /// Damping, 1/s.
        damping: f64,
        /// Phase at the start.
        phase: f64,
        /// Number of cycles, after which the value stays; endless if absent or not positive.
        cycles: Option<f64>,
    },
    /// `EXP(v1 v2 td1 tau1 td2 tau2)`: a rise and a fall, both exponential.
    Exponential {
        /// Value before.
        initial: f64,
        /// Value that the rise tends to.
        pulsed: f64,
        /// Start of the rise.
        rise_delay: f64,
        /// Time constant of the rise; the print step if absent or not positive.
        rise_time_constant: Option<f64>,
        /// Start of the fall; the print step after the rise's start if absent.
        fall_delay: Option<f64>,
        /// Time constant of the fall; the print step if absent or not positive.
        fall_time_constant: Option<f64>,
    },
    /// `PWL(t1 v1 t2 v2 …)`: straight lines between points, constant before the first and after the last.
    PieceWiseLinear {
        /// `(time, value)`; times must not decrease.
        points: Vec<(f64, f64)>,
        /// Time of the points from which the waveform repeats when it has come to its end.
        repeat: Option<f64>,
        /// Delay of everything.
        delay: f64,
    },
    /// `SFFM(vo va fc mdi fs phasec phases)`: `vo + va·sin(2π·fc·t + φc + mdi·sin(2π·fs·t + φs))`.
    SingleFrequencyFm {
        /// Mean.
        offset: f64,
        /// Amplitude.
        amplitude: f64,
        /// Frequency of the carrier; one period in the stop time if absent or zero.
        carrier_frequency: Option<f64>,
        /// Modulation index.
        modulation_index: f64,
        /// Frequency of the signal; one period in the stop time if absent or zero.
        signal_frequency: Option<f64>,
        /// Start; the source is zero before a start that is not zero.
        delay: f64,
        /// Phase of the carrier.
        carrier_phase: f64,
        /// Phase of the signal.
        signal_phase: f64,
    },
    /// `AM(va vo mf fc td phase)`: `va·(vo + sin(2π·mf·t + φ))·sin(2π·fc·t + φ)`.
    AmplitudeModulation {
        /// Amplitude.
        amplitude: f64,
        /// Mean of the modulating signal.
        offset: f64,
        /// Frequency of the modulating signal; one period in the stop time if absent or zero.
        modulation_frequency: Option<f64>,
        /// Frequency of the carrier; zero if absent.
        carrier_frequency: Option<f64>,
        /// Start; the source is zero before a start that is not zero.
        delay: f64,
        /// Phase of both.
        phase: f64,
    },
}

/// A duration that counts only when it is positive.
fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|&value| value > 0.0)
}

/// A frequency with the default of one period in the stop time; zero where there is no stop time.
fn frequency_or(value: Option<f64>, stop: f64) -> f64 {
    let default = if stop > 0.0 { 1.0 / stop } else { 0.0 };
    value.filter(|&value| value != 0.0).unwrap_or(default)
}

impl Waveform {
    /// The course that the waveform means in a transient analysis with the environment's step and stop time; absent
    /// for [`Waveform::None`].
    ///
    /// # Errors
    /// When a pulse has a negative width, points decrease in time or a repetition has no length.
    pub fn course(&self, env: &Environment) -> Result<Option<Course>, ParamError> {
        let course = match *self {
            Waveform::None => return Ok(None),
            Waveform::Pulse { .. } => Course::Pulse(self.pulse_train(env)?),
            Waveform::PieceWiseLinear { ref points, repeat, delay } => {
                Course::Points(PointSequence::new(points, repeat, delay)?)
            }
            Waveform::Sine { offset, amplitude, frequency, delay, damping, phase, cycles } => {
                let frequency = frequency_or(frequency, env.stop);
                Course::Sine {
                    offset,
                    amplitude,
                    frequency,
                    delay,
                    damping,
                    phase: phase.to_radians(),
                    duration: positive(cycles)
                        .filter(|_| frequency != 0.0)
                        .map_or(f64::INFINITY, |cycles| cycles / frequency.abs()),
                }
            }
            Waveform::Exponential {
                initial,
                pulsed,
                rise_delay,
                rise_time_constant,
                fall_delay,
                fall_time_constant,
            } => Course::Exponential {
                initial,
                pulsed,
                rise: (rise_delay, positive(rise_time_constant).unwrap_or(env.step)),
                fall: (
                    fall_delay.unwrap_or(rise_delay + env.step),
                    positive(fall_time_constant).unwrap_or(env.step),
                ),
            },
            Waveform::SingleFrequencyFm { .. } | Waveform::AmplitudeModulation { .. } => {
                Course::Modulated(self.modulation(env))
            }
        };
        Ok(Some(course))
    }

    fn pulse_train(&self, env: &Environment) -> Result<PulseTrain, ParamError> {
        let &Waveform::Pulse { initial, pulsed, delay, rise, fall, width, period, count } = self
        else {
            unreachable!("only a pulse is asked for its train");
        };
        if let Some(value) = width.filter(|&width| width < 0.0) {
            return Err(ParamError::Inconsistent {
                name: "pw",
                value,
                reason: "a pulse cannot have a negative width",
            });
        }
        let or_stop = |value: Option<f64>| {
            value.unwrap_or(if env.stop > 0.0 { env.stop } else { f64::INFINITY })
        };
        Ok(PulseTrain {
            initial,
            pulsed,
            delay,
            rise: positive(rise).unwrap_or(env.step),
            fall: positive(fall).unwrap_or(env.step),
            width: or_stop(width),
            period: or_stop(positive(period)),
            count: positive(count).unwrap_or(f64::INFINITY),
        })
    }

    fn modulation(&self, env: &Environment) -> Modulation {
        match *self {
            Waveform::SingleFrequencyFm {
                offset,
                amplitude,
                carrier_frequency,
                modulation_index,
                signal_frequency,
                delay,
                carrier_phase,
                signal_phase,
            } => Modulation {
                amplitude,
                offset,
                carrier: (frequency_or(carrier_frequency, env.stop), carrier_phase.to_radians()),
                signal: (frequency_or(signal_frequency, env.stop), signal_phase.to_radians()),
                index: Some(modulation_index),
                delay,
            },
            Waveform::AmplitudeModulation {
                amplitude,
                offset,
                modulation_frequency,
                carrier_frequency,
                delay,
                phase,
            } => Modulation {
                amplitude,
                offset,
                carrier: (carrier_frequency.unwrap_or(0.0), phase.to_radians()),
                signal: (frequency_or(modulation_frequency, env.stop), phase.to_radians()),
                index: None,
                delay,
            },
            _ => unreachable!("only modulated waveforms are asked for their modulation"),
        }
    }
}
