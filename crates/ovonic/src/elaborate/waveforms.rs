//! Waveforms of independent sources, from arguments to numbers.

use super::assign::Assignment;
use super::reporter::Reported;
use ovonic_devices::waveform::Waveform as Course;
use ovonic_netlist::ast::{Argument, PiecewiseLinear, Waveform};
use ovonic_netlist::{Diagnostic, Spanned, codes};

/// The waveform of a source.
pub(super) fn waveform(
    assignment: &mut Assignment<'_>,
    waveform: &Spanned<Waveform>,
) -> Result<Course, Reported> {
    let mut numbers = Numbers { assignment };
    match &waveform.node {
        Waveform::Pulse(pulse) => Ok(Course::Pulse {
            initial: numbers.or_zero(&pulse.initial)?,
            pulsed: numbers.or_zero(&pulse.pulsed)?,
            delay: numbers.or_zero(&pulse.delay)?,
            rise: numbers.optional(&pulse.rise)?,
            fall: numbers.optional(&pulse.fall)?,
            width: numbers.optional(&pulse.width)?,
            period: numbers.optional(&pulse.period)?,
            count: numbers.optional(&pulse.count)?,
        }),
        Waveform::Sine(sine) => Ok(Course::Sine {
            offset: numbers.or_zero(&sine.offset)?,
            amplitude: numbers.or_zero(&sine.amplitude)?,
            frequency: numbers.frequency(&sine.frequency)?,
            delay: numbers.or_zero(&sine.delay)?,
            damping: numbers.or_zero(&sine.damping)?,
            phase: numbers.or_zero(&sine.phase)?,
            cycles: numbers.optional(&sine.cycles)?,
        }),
        Waveform::Exponential(course) => Ok(Course::Exponential {
            initial: numbers.or_zero(&course.initial)?,
            pulsed: numbers.or_zero(&course.pulsed)?,
            rise_delay: numbers.or_zero(&course.rise_delay)?,
            rise_time_constant: numbers.optional(&course.rise_time_constant)?,
            fall_delay: numbers.optional(&course.fall_delay)?,
            fall_time_constant: numbers.optional(&course.fall_time_constant)?,
        }),
        Waveform::PiecewiseLinear(course) => piecewise(&mut numbers, course),
        Waveform::FrequencyModulated(course) => Ok(Course::SingleFrequencyFm {
            offset: numbers.or_zero(&course.offset)?,
            amplitude: numbers.or_zero(&course.amplitude)?,
            carrier_frequency: numbers.optional(&course.carrier_frequency)?,
            modulation_index: numbers.or_zero(&course.modulation_index)?,
            signal_frequency: numbers.optional(&course.signal_frequency)?,
            delay: 0.0,
            carrier_phase: numbers.or_zero(&course.carrier_phase)?,
            signal_phase: numbers.or_zero(&course.signal_phase)?,
        }),
        Waveform::AmplitudeModulated(course) => Ok(Course::AmplitudeModulation {
            amplitude: numbers.or_zero(&course.amplitude)?,
            offset: numbers.or_zero(&course.offset)?,
            modulation_frequency: numbers.optional(&course.modulation_frequency)?,
            carrier_frequency: numbers.optional(&course.carrier_frequency)?,
            delay: numbers.or_zero(&course.delay)?,
            phase: numbers.or_zero(&course.phase)?,
        }),
        Waveform::Other { keyword, .. } => Err(assignment.reporter.report(Diagnostic::error(
            codes::NOT_SUPPORTED,
            keyword.span,
            format!("waveform \"{keyword}\" is not supported"),
        ))),
    }
}

fn piecewise(numbers: &mut Numbers<'_, '_>, course: &PiecewiseLinear) -> Result<Course, Reported> {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(course.points.len());
    for [time, value] in &course.points {
        let point = (numbers.number(time)?, numbers.number(value)?);
        if points.last().is_some_and(|last| point.0 < last.0) {
            return Err(numbers.assignment.reporter.report(Diagnostic::error(
                codes::BAD_WAVEFORM,
                time.span,
                "the times of a piecewise-linear waveform must not decrease",
            )));
        }
        points.push(point);
    }
    Ok(Course::PieceWiseLinear {
        points,
        repeat: numbers.optional(&course.repeat_from)?,
        delay: numbers.or_zero(&course.delay)?,
    })
}

/// Arguments in the scope of the source.
struct Numbers<'a, 'b> {
    assignment: &'a mut Assignment<'b>,
}

impl Numbers<'_, '_> {
    fn number(&mut self, argument: &Argument) -> Result<f64, Reported> {
        let Assignment { scopes, reporter, scope, dependence, .. } = self.assignment;
        let value = scopes.argument(reporter, *scope, argument)?;
        dependence.extend(&value.dependence);
        Ok(value.value)
    }

    fn optional(&mut self, argument: &Option<Argument>) -> Result<Option<f64>, Reported> {
        argument.as_ref().map(|argument| self.number(argument)).transpose()
    }

    /// A frequency. What a negative one does is well defined, but hardly meant.
    fn frequency(&mut self, argument: &Option<Argument>) -> Result<Option<f64>, Reported> {
        let value = self.optional(argument)?;
        if let (Some(argument), Some(frequency)) = (argument, value)
            && frequency < 0.0
        {
            let diagnostic = Diagnostic::warning(
                codes::BAD_WAVEFORM,
                argument.span,
                format!("the frequency {frequency} Hz is negative: the sine starts downwards"),
            );
            let help = "write a positive frequency, and a negative amplitude if that is meant";
            self.assignment.reporter.report(diagnostic.help(help));
        }
        Ok(value)
    }

    fn or_zero(&mut self, argument: &Option<Argument>) -> Result<f64, Reported> {
        Ok(self.optional(argument)?.unwrap_or(0.0))
    }
}
