//! `f`, `q` and their first derivatives are continuous.

use super::{Subject, Violation, row_sizes, setting, unknowns};
use crate::specimen::{Evaluation, Setting, Specimen};
use rand::rngs::StdRng;

/// Pieces that a line is cut into before each is searched for a jump.
const PIECES: usize = 32;
/// Bisections of a piece: what still differs after them is a jump.
const BISECTIONS: usize = 34;
/// The last of them, over which a jump must not shrink.
const SHRINKING: usize = 8;
/// Change of a value, relative to what its row adds up, that is a jump.
const VALUE_JUMP: f64 = 1e-6;
/// Change of a derivative, relative to it, that is a jump: derivatives carry more rounding than values.
const SLOPE_JUMP: f64 = 1e-3;

/// Along random lines through the unknowns, bisection finds no place where `f`, `q` or a derivative jumps.
///
/// # Errors
/// With the place of a jump.
pub fn smooth(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    const LAW: &str = "smooth";
    for _ in 0..10 {
        let drawn = subject.device(LAW, rng)?;
        let specimen = &drawn.specimen;
        let (from, to) = (unknowns(specimen, 2.0, rng), unknowns(specimen, 2.0, rng));
        let setting = setting(specimen, &from, rng);
        let line = Line { specimen, setting: &setting, from: &from, to: &to };
        if let Some(place) = line.jump() {
            let at = drawn.describe(subject.kind);
            let x = line.point(place.position);
            return Err(subject.violation(LAW, format!("{} at x = {x:?}, {at}", place.what)));
        }
    }
    Ok(())
}

struct Line<'a> {
    specimen: &'a Specimen,
    setting: &'a Setting,
    from: &'a [f64],
    to: &'a [f64],
}

struct Place {
    position: f64,
    what: String,
}

impl Line<'_> {
    fn point(&self, position: f64) -> Vec<f64> {
        let ends = self.from.iter().zip(self.to);
        ends.map(|(a, b)| a + (b - a) * position).collect()
    }

    fn at(&self, position: f64) -> Evaluation {
        self.specimen.load(&self.point(position), self.setting)
    }

    fn jump(&self) -> Option<Place> {
        let mut left = (0.0, self.at(0.0));
        for piece in 1..=PIECES {
            let end = piece as f64 / PIECES as f64;
            let right = (end, self.at(end));
            for of in [Search::Values, Search::Slopes] {
                if let Some(place) = self.search(of, left.clone(), right.clone()) {
                    return Some(place);
                }
            }
            left = right;
        }
        None
    }

    /// Follows the half with the greater change. What differs in the end jumps there if it does not shrink with the
    /// interval: something that passes through zero differs too, but in proportion.
    fn search(
        &self,
        of: Search,
        mut left: (f64, Evaluation),
        mut right: (f64, Evaluation),
    ) -> Option<Place> {
        let mut wider = None;
        for step in 0..BISECTIONS {
            if self.change(of, &left.1, &right.1).relative < 1.0 {
                return None;
            }
            if step == BISECTIONS - SHRINKING {
                wider = Some((left.1.clone(), right.1.clone()));
            }
            let middle = 0.5 * (left.0 + right.0);
            let middle = (middle, self.at(middle));
            let before = self.change(of, &left.1, &middle.1).relative;
            if before > self.change(of, &middle.1, &right.1).relative {
                right = middle;
            } else {
                left = middle;
            }
        }
        let change = self.change(of, &left.1, &right.1);
        let (from, to) = wider?;
        let stays = change.entry.difference(&left.1, &right.1).abs()
            > 0.5 * change.entry.difference(&from, &to).abs();
        (change.relative >= 1.0 && stays).then(|| Place {
            position: left.0,
            what: change.entry.describe(&left.1, &right.1, self.specimen.n()),
        })
    }

    /// The greatest change of a value or of a derivative, in units of what is a jump, and which one.
    fn change(&self, of: Search, a: &Evaluation, b: &Evaluation) -> Change {
        let n = self.specimen.n();
        let mut worst = Change { relative: 0.0, entry: Entry { part: Part::F, index: 0 } };
        for (values, slopes) in [(Part::F, Part::DfDx), (Part::Q, Part::DqDx)] {
            let sizes = row_sizes(self.specimen, slopes.of(a), n);
            let others = row_sizes(self.specimen, slopes.of(b), n);
            for row in 0..n {
                let size = sizes[row].max(others[row]);
                let mut note = |part: Part, index: usize, floor: f64, jump: f64| {
                    let (old, new) = (part.of(a)[index], part.of(b)[index]);
                    let difference = (new - old).abs();
                    let relative = difference / (old.abs().max(new.abs()) + floor) / jump;
                    // Differences between numbers that underflow are no jumps.
                    if difference > f64::MIN_POSITIVE && relative > worst.relative {
                        let entry = Entry { part, index };
                        worst = Change { relative, entry };
                    }
                };
                match of {
                    Search::Values => note(values, row, size, VALUE_JUMP),
                    Search::Slopes => {
                        for column in 0..n {
                            let floor = 1e-6 * size / self.specimen.unknowns()[column].nominal;
                            note(slopes, row * n + column, floor, SLOPE_JUMP);
                        }
                    }
                }
            }
        }
        worst
    }
}

/// What jumps are looked for in.
#[derive(Clone, Copy)]
enum Search {
    Values,
    Slopes,
}

/// What an entry belongs to.
#[derive(Clone, Copy)]
enum Part {
    F,
    Q,
    DfDx,
    DqDx,
}

impl Part {
    fn of(self, out: &Evaluation) -> &[f64] {
        match self {
            Part::F => &out.f,
            Part::Q => &out.q,
            Part::DfDx => &out.df_dx,
            Part::DqDx => &out.dq_dx,
        }
    }
}

/// One value or derivative.
#[derive(Clone, Copy)]
struct Entry {
    part: Part,
    index: usize,
}

impl Entry {
    fn difference(self, a: &Evaluation, b: &Evaluation) -> f64 {
        self.part.of(b)[self.index] - self.part.of(a)[self.index]
    }

    fn describe(self, a: &Evaluation, b: &Evaluation, n: usize) -> String {
        let (row, column) = (self.index / n, self.index % n);
        let name = match self.part {
            Part::F => format!("f[{}]", self.index),
            Part::Q => format!("q[{}]", self.index),
            Part::DfDx => format!("df[{row}]/dx[{column}]"),
            Part::DqDx => format!("dq[{row}]/dx[{column}]"),
        };
        let (old, new) = (self.part.of(a)[self.index], self.part.of(b)[self.index]);
        format!("{name} jumps from {old:e} to {new:e}")
    }
}

struct Change {
    relative: f64,
    entry: Entry,
}
