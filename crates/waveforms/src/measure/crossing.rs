//! Places where a signal reaches a level, and what follows from them: delays, edges, periods.

use super::{Waveform, interpolate};
use crate::WaveformError;

/// The direction in which a level is crossed, along the scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Edge {
    /// From below to the level or beyond.
    Rise,
    /// From above to the level or beyond.
    Fall,
    /// Either direction.
    #[default]
    Either,
}

impl Edge {
    fn as_str(self) -> &'static str {
        match self {
            Edge::Rise => "rise",
            Edge::Fall => "fall",
            Edge::Either => "crossing",
        }
    }
}

/// Which of several crossings is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occurrence {
    /// The n-th, counted from 1.
    Nth(usize),
    /// The last.
    Last,
}

impl Default for Occurrence {
    fn default() -> Occurrence {
        Occurrence::Nth(1)
    }
}

/// A place where a level is crossed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Where on the scale.
    pub at: f64,
    /// [`Edge::Rise`] or [`Edge::Fall`].
    pub edge: Edge,
}

/// A level to be crossed, as `when`, `trig` and `targ` state it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// The level, in the unit of the signal.
    pub level: f64,
    /// The direction.
    pub edge: Edge,
    /// Which crossing of that direction.
    pub occurrence: Occurrence,
    /// Crossings before this place of the scale are not counted.
    pub delay: Option<f64>,
}

impl Condition {
    /// The first crossing of `level` in either direction.
    pub fn level(level: f64) -> Condition {
        Condition { level, edge: Edge::Either, occurrence: Occurrence::default(), delay: None }
    }

    /// The n-th crossing of `level` in the direction of `edge`.
    pub fn nth(level: f64, edge: Edge, n: usize) -> Condition {
        Condition { edge, occurrence: Occurrence::Nth(n), ..Condition::level(level) }
    }

    /// The last crossing of `level` in the direction of `edge`.
    pub fn last(level: f64, edge: Edge) -> Condition {
        Condition { edge, occurrence: Occurrence::Last, ..Condition::level(level) }
    }
}

/// One passage between two levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// Where the first level was left for the last time.
    pub start: f64,
    /// Where the second level was reached.
    pub end: f64,
}

impl Transition {
    /// Length of the passage: the rise or fall time.
    pub fn duration(&self) -> f64 {
        (self.end - self.start).abs()
    }
}

impl Waveform<'_> {
    /// All crossings of `level` in the direction of `edge`, along the scale.
    ///
    /// A signal that reaches the level has crossed it; one that starts there has not.
    pub fn crossings(&self, level: f64, edge: Edge) -> Vec<Crossing> {
        self.segments()
            .filter_map(|(x0, y0, x1, y1)| {
                let direction = if y0 < level && y1 >= level {
                    Edge::Rise
                } else if y0 > level && y1 <= level {
                    Edge::Fall
                } else {
                    return None;
                };
                (edge == Edge::Either || edge == direction)
                    .then(|| Crossing { at: interpolate(y0, x0, y1, x1, level), edge: direction })
            })
            .collect()
    }

    /// Where `condition` is met.
    ///
    /// # Errors
    /// [`WaveformError::NoCrossing`] when the signal crosses too few times.
    pub fn when(&self, condition: &Condition) -> Result<f64, WaveformError> {
        let mut found = self.crossings(condition.level, condition.edge);
        if let Some(delay) = condition.delay {
            found.retain(|crossing| !self.is_before(crossing.at, delay));
        }
        let (chosen, wanted) = match condition.occurrence {
            Occurrence::Nth(n) => (n.checked_sub(1).and_then(|k| found.get(k)), n),
            Occurrence::Last => (found.last(), 1),
        };
        chosen.map(|crossing| crossing.at).ok_or(WaveformError::NoCrossing {
            level: condition.level,
            edge: condition.edge.as_str(),
            wanted,
            found: found.len(),
        })
    }

    /// Where this signal equals `other`; the level of `condition` is added to `other`.
    ///
    /// # Errors
    /// As [`Waveform::when`] and [`Waveform::minus`].
    pub fn when_equal(
        &self,
        other: &Waveform<'_>,
        condition: &Condition,
    ) -> Result<f64, WaveformError> {
        self.minus(other)?.when(condition)
    }

    /// The value of this signal where `other` meets `condition`.
    ///
    /// # Errors
    /// As [`Waveform::when`] and [`Waveform::value_at`].
    pub fn find_when(
        &self,
        other: &Waveform<'_>,
        condition: &Condition,
    ) -> Result<f64, WaveformError> {
        self.value_at(other.when(condition)?)
    }

    /// All passages from `first` to `second`: rises if `second` is above, falls if it is below.
    pub fn transitions(&self, first: f64, second: f64) -> Vec<Transition> {
        let edge = if second > first { Edge::Rise } else { Edge::Fall };
        let starts = self.crossings(first, edge);
        let mut transitions = Vec::new();
        let mut next = 0;
        for end in self.crossings(second, edge) {
            let mut start = None;
            while let Some(candidate) = starts.get(next) {
                if self.is_before(end.at, candidate.at) {
                    break;
                }
                start = Some(candidate.at);
                next += 1;
            }
            // Without a new start the signal only wavered about the second level.
            if let Some(start) = start {
                transitions.push(Transition { start, end: end.at });
            }
        }
        transitions
    }

    /// The distances between neighbouring crossings of `level` in the direction of `edge`.
    ///
    /// With [`Edge::Either`] these are half periods.
    pub fn periods(&self, level: f64, edge: Edge) -> Vec<f64> {
        self.crossings(level, edge).windows(2).map(|pair| (pair[1].at - pair[0].at).abs()).collect()
    }

    /// The mean period between rises through `level`.
    ///
    /// # Errors
    /// [`WaveformError::NoCrossing`] with fewer than two rises.
    pub fn period(&self, level: f64) -> Result<f64, WaveformError> {
        let periods = self.periods(level, Edge::Rise);
        if periods.is_empty() {
            return Err(WaveformError::NoCrossing {
                level,
                edge: Edge::Rise.as_str(),
                wanted: 2,
                found: self.crossings(level, Edge::Rise).len(),
            });
        }
        Ok(periods.iter().sum::<f64>() / periods.len() as f64)
    }

    /// The reciprocal of [`Waveform::period`].
    ///
    /// # Errors
    /// As [`Waveform::period`].
    pub fn frequency(&self, level: f64) -> Result<f64, WaveformError> {
        Ok(1.0 / self.period(level)?)
    }

    /// The distance from where `trigger` is met by this signal to where `target` is met by `other`; negative if the
    /// target comes first.
    ///
    /// # Errors
    /// As [`Waveform::when`].
    pub fn delay_to(
        &self,
        trigger: &Condition,
        other: &Waveform<'_>,
        target: &Condition,
    ) -> Result<f64, WaveformError> {
        Ok(other.when(target)? - self.when(trigger)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Straight edges of length 0.2 between 0 and 1, rising at 0, 2, 4 and falling at 1, 3.
    fn trapezoids() -> (Vec<f64>, Vec<f64>) {
        let x = vec![0.0, 0.2, 1.0, 1.2, 2.0, 2.2, 3.0, 3.2, 4.0, 4.2];
        let y = vec![0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0];
        (x, y)
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} against {b}");
    }

    #[test]
    fn crossings_by_direction_and_number() {
        let (x, y) = trapezoids();
        let w = Waveform::new(&x, &y).unwrap();
        close(w.when(&Condition::nth(0.5, Edge::Rise, 2)).unwrap(), 2.1);
        close(w.when(&Condition::nth(0.25, Edge::Fall, 1)).unwrap(), 1.15);
        close(w.when(&Condition::nth(0.5, Edge::Either, 2)).unwrap(), 1.1);
        close(w.when(&Condition::last(0.5, Edge::Fall)).unwrap(), 3.1);
        let delayed = Condition { delay: Some(2.15), ..Condition::nth(0.5, Edge::Rise, 1) };
        close(w.when(&delayed).unwrap(), 4.1);
        // Reaching a plateau is one crossing.
        assert_eq!(w.crossings(1.0, Edge::Either).len(), 3);
        assert!(matches!(
            w.when(&Condition::nth(0.5, Edge::Rise, 4)),
            Err(WaveformError::NoCrossing { wanted: 4, found: 3, .. })
        ));
        assert!(w.when(&Condition::nth(0.5, Edge::Rise, 0)).is_err());
    }

    #[test]
    fn rise_fall_period_and_delay() {
        let (x, y) = trapezoids();
        let w = Waveform::new(&x, &y).unwrap();
        let rises = w.transitions(0.1, 0.9);
        assert_eq!(rises.len(), 3);
        for rise in rises {
            close(rise.duration(), 0.16);
        }
        assert_eq!(w.transitions(0.9, 0.1).len(), 2);
        close(w.period(0.3).unwrap(), 2.0);
        close(w.frequency(0.3).unwrap(), 0.5);
        let later: Vec<f64> = x.iter().map(|t| t + 0.03).collect();
        let other = Waveform::new(&later, &y).unwrap();
        let delay = w.delay_to(
            &Condition::nth(0.5, Edge::Rise, 1),
            &other,
            &Condition::nth(0.5, Edge::Fall, 1),
        );
        close(delay.unwrap(), 1.03);
    }

    #[test]
    fn wavering_edges_are_one_transition() {
        let x = [0.0, 1.0, 2.0, 3.0, 4.0];
        let y = [0.0, 0.95, 0.5, 0.95, 0.0];
        let w = Waveform::new(&x, &y).unwrap();
        assert_eq!(w.transitions(0.1, 0.9).len(), 1);
    }

    #[test]
    fn signals_that_meet() {
        let x = [0.0, 1.0];
        let up = Waveform::new(&x, &[0.0, 1.0]).unwrap();
        let down = Waveform::new(&[0.0, 0.4, 1.0], &[1.0, 0.6, 0.0]).unwrap();
        close(up.when_equal(&down, &Condition::level(0.0)).unwrap(), 0.5);
        close(down.find_when(&up, &Condition::level(0.25)).unwrap(), 0.75);
    }
}
