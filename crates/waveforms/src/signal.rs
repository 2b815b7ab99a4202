//! Signals that are computed from vectors: differences and parts, as output requests name them.
//!
//! `.print`, `.plot` and measures speak of `v(a,b)`, `vdb(out)` or `ph(out)`. Only these forms are understood; general
//! expressions belong to the reader of the deck.

use crate::{Plot, Samples, Vector, WaveformError};

impl Plot {
    /// The signal that a user means by `text`: a vector, or one computed from vectors.
    ///
    /// Beyond the names of [`Plot::vector`] there are differences of nodes, `v(a,b)`; parts of any vector, `mag(x)`,
    /// `db(x)`, `ph(x)`, `cph(x)` (without jumps), `re(x)`, `im(x)`; and parts of a voltage or current, `vm(a)`,
    /// `vdb(a,b)`, `vp(a)`, `vr(a)`, `vi(a)`, `im(v1)`, `idb(v1)`, … Phases are in degrees.
    ///
    /// # Errors
    /// [`WaveformError::UnknownVector`] for a name that occurs in `text`.
    pub fn signal(&self, text: &str) -> Result<Vector, WaveformError> {
        let direct = match self.vector(text) {
            Ok(vector) => return Ok(vector.clone()),
            Err(error) => error,
        };
        let text = text.trim();
        let Some((function, argument)) =
            text.strip_suffix(')').and_then(|open| open.split_once('('))
        else {
            return Err(direct);
        };
        let function = function.trim().to_ascii_lowercase();
        let mut signal = if function == "v" {
            self.difference(argument)?.ok_or(direct)?
        } else if let Some(part) = part(&function)
            && let Ok(vector) = self.signal(argument)
        {
            part(&vector)
        } else if let Some(part) = function.strip_prefix('v').and_then(part) {
            part(&self.signal(&format!("v({argument})"))?)
        } else if let Some(part) = function.strip_prefix('i').and_then(part) {
            part(&self.signal(&format!("i({argument})"))?)
        } else if let Some(part) = part(&function) {
            part(&self.signal(argument)?)
        } else {
            return Err(direct);
        };
        text.clone_into(&mut signal.name);
        Ok(signal)
    }

    /// The difference of two nodes; nothing if `nodes` is not a pair.
    fn difference(&self, nodes: &str) -> Result<Option<Vector>, WaveformError> {
        let Some((a, b)) = nodes.split_once(',') else {
            return Ok(None);
        };
        let mut sum: Option<Vector> = None;
        for (node, sign) in [(a.trim(), 1.0), (b.trim(), -1.0)] {
            if node == "0" || node.eq_ignore_ascii_case("gnd") {
                continue;
            }
            let mut term = self.vector(&format!("v({node})"))?.clone();
            match &mut term.samples {
                Samples::Real(values) => values.iter_mut().for_each(|v| *v *= sign),
                Samples::Complex(values) => values.iter_mut().for_each(|z| *z *= sign),
            }
            sum = Some(match sum {
                None => term,
                Some(first) => add(first, &term),
            });
        }
        Ok(sum)
    }
}

fn add(mut a: Vector, b: &Vector) -> Vector {
    match (&mut a.samples, &b.samples) {
        (Samples::Real(a), Samples::Real(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a += b),
        (Samples::Complex(a), Samples::Complex(b)) => {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
        (mine, theirs) => {
            let len = mine.len().min(theirs.len());
            let sum = (0..len).map(|k| mine.at(k) + theirs.at(k)).collect();
            *mine = Samples::Complex(sum);
        }
    }
    a
}

/// The part of a vector that a word stands for.
fn part(word: &str) -> Option<fn(&Vector) -> Vector> {
    Some(match word {
        "m" | "mag" => Vector::magnitude,
        "db" => Vector::decibels,
        "p" | "ph" | "phase" => Vector::phase,
        "cph" => Vector::continuous_phase,
        "r" | "re" | "real" => Vector::real_part,
        "i" | "im" | "imag" => Vector::imaginary_part,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::{Outcome, PlotKind, Quantity};

    fn plot() -> Plot {
        let vector = |name: &str, re, im| {
            let value = vec![Complex64::new(re, im)];
            Vector::complex(name, Quantity::from_name(name), value)
        };
        Plot {
            title: String::new(),
            date: String::new(),
            kind: PlotKind::Ac,
            steps: vec![],
            vectors: vec![
                vector("frequency", 1.0, 0.0),
                vector("v(a)", 3.0, 4.0),
                vector("v(b)", 3.0, -6.0),
                vector("i(v1)", 0.0, 2.0),
            ],
            outcome: Outcome::Complete,
        }
    }

    #[test]
    fn differences_and_parts() {
        let plot = plot();
        for (text, value) in [
            ("mag(v(a))", 5.0),
            ("vm(A)", 5.0),
            ("re(a)", 3.0),
            ("vdb(a,b)", 20.0),
            ("vm(0,a)", 5.0),
            ("vi(b)", -6.0),
            ("ip(v1)", 90.0),
            ("im(i(v1))", 2.0),
            ("im(v1)", 2.0),
            ("ph( v(a,b) )", 90.0),
        ] {
            let signal = plot.signal(text).unwrap();
            assert_eq!(signal.as_real().unwrap()[0], value, "{text}");
            assert_eq!(signal.name, text);
        }
        let difference = plot.signal("v(a,b)").unwrap();
        assert_eq!(difference.samples.at(0), Complex64::new(0.0, 10.0));
        assert_eq!(difference.quantity, Quantity::Voltage);
    }

    #[test]
    fn unknown_names_are_reported_as_written() {
        for (text, name) in [
            ("v(a,c)", "v(c)"),
            ("vdb(c)", "v(c)"),
            ("v(0,0)", "v(0,0)"),
            ("sin(a)", "sin(a)"),
            ("nothing", "nothing"),
        ] {
            match plot().signal(text) {
                Err(WaveformError::UnknownVector { name: found, .. }) => assert_eq!(found, name),
                other => panic!("{other:?}"),
            }
        }
    }
}
