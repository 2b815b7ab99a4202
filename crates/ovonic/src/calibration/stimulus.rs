//! The measured drive as the stimulus of a source.

use super::CalibrationError;
use ovonic_calibrate::Trace;

/// How fast a sweep without a time column was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sweeping {
    /// At this rate, V/s.
    Rate(f64),
    /// With this time from point to point, s.
    Dwell(f64),
}

/// When the points of a trace were taken, s from zero on, and what drove them; both empty where the deck has its own
/// stimulus.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stimulus {
    pub(crate) times: Vec<f64>,
    /// Corners of the drive: time, V.
    pub(crate) corners: Vec<(f64, f64)>,
}

impl Stimulus {
    pub(crate) fn new(
        trace: &Trace,
        sweeping: Option<Sweeping>,
        pulses: Option<(f64, f64)>,
    ) -> Result<Stimulus, CalibrationError> {
        let drive = trace.drive.as_deref();
        if let (Some(pulse), None) = (&trace.pulse, &trace.time) {
            let Some((first, period)) = pulses else {
                return Err(CalibrationError::Data(format!(
                    "trace \"{}\" counts pulses; say when they are read: the first read and the period",
                    trace.name
                )));
            };
            let start = pulse.first().copied().unwrap_or(0.0);
            let times = pulse.iter().map(|pulse| first + (pulse - start) * period).collect();
            return Ok(Stimulus { times, corners: Vec::new() });
        }
        let times = match (&trace.time, drive) {
            // A drive is replayed from its own first point on; a stimulus of the deck has the deck's zero.
            (Some(time), Some(_)) => time.iter().map(|t| t - time[0]).collect(),
            (Some(time), None) => time.clone(),
            (None, Some(drive)) => match sweeping {
                Some(sweeping) => sweep_times(drive, sweeping),
                None => {
                    return Err(CalibrationError::Data(format!(
                        "the circuit has a memory, and trace \"{}\" has no time column: say how fast the sweep was, by \
                         its rate in V/s or the time from point to point",
                        trace.name
                    )));
                }
            },
            (None, None) => {
                return Err(CalibrationError::Data(format!(
                    "trace \"{}\" has neither a time nor a drive",
                    trace.name
                )));
            }
        };
        let corners = drive.map_or_else(Vec::new, |drive| corners(&times, drive));
        Ok(Stimulus { times, corners })
    }
}

fn sweep_times(drive: &[f64], sweeping: Sweeping) -> Vec<f64> {
    let span = drive.iter().fold(0.0f64, |largest, v| largest.max(v.abs()));
    let mut time = 0.0;
    let mut times = vec![0.0];
    for pair in drive.windows(2) {
        time += match sweeping {
            Sweeping::Dwell(dwell) => dwell,
            // A point that repeats its predecessor still takes time.
            Sweeping::Rate(rate) => (pair[1] - pair[0]).abs().max(1e-6 * span) / rate,
        };
        times.push(time);
    }
    times
}

/// Corners of the polygon through the points: what lies on a straight line, up to a millionth of the range, is none.
/// Every corner restarts the integrator, so a ramp in 500 points must not have 500 of them.
fn corners(times: &[f64], drive: &[f64]) -> Vec<(f64, f64)> {
    let low = drive.iter().copied().fold(f64::INFINITY, f64::min);
    let high = drive.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let tolerance = 1e-6 * (high - low);
    let point = |index: usize| (times[index], drive[index]);
    let mut kept = vec![point(0)];
    let mut start = 0;
    let mut end = 1;
    while end < times.len() {
        // The line from the last corner must meet everything that it skips.
        let next = end + 1;
        let straight = next < times.len() && {
            let slope = (drive[next] - drive[start]) / (times[next] - times[start]);
            (start + 1..next).all(|k| {
                (drive[start] + slope * (times[k] - times[start]) - drive[k]).abs() <= tolerance
            })
        };
        if !straight {
            kept.push(point(end));
            start = end;
        }
        end = next;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_has_as_many_corners_as_it_turns() {
        let up = (0..=50).map(|k| 0.02 * f64::from(k));
        let down = (0..50).rev().map(|k| 0.02 * f64::from(k));
        let drive: Vec<f64> = up.chain(down).collect();
        let times = sweep_times(&drive, Sweeping::Dwell(0.1));
        let corners = corners(&times, &drive);
        assert_eq!(corners.len(), 3, "{corners:?}");
        assert!((corners[1].0 - 5.0).abs() < 1e-9 && (corners[1].1 - 1.0).abs() < 1e-12);
        let times = sweep_times(&drive, Sweeping::Rate(0.2));
        assert!((times[100] - 10.0).abs() < 1e-9);
    }
}
