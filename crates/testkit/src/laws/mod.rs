//! The laws that every device obeys, one function each, at random parameters and unknowns.
//!
//! A law takes a [`Subject`], which is a kind with a way to draw its parameters, and a seeded generator. It says
//! nothing when it holds, and names the device, the place and the numbers when it does not. Laws select the devices
//! that they apply to by the declared class.

mod derivatives;
mod energy;
mod limiting;
mod records;
mod smoothness;
#[cfg(test)]
mod tests;

pub use derivatives::{derivatives, pattern};
pub use energy::{conservation, dissipation, finite, noise, parallel, rest};
pub use limiting::{limiting_lets_go, limits_give_tangents};
pub use records::{every_parameter_counts, latches_settle, tables};
pub use smoothness::smooth;

use crate::draw;
use crate::specimen::{Setting, Specimen};
use ovonic_device::{AnyParams, Environment, Kind, Time};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::fmt;

/// Draws parameters of a kind.
pub type DrawParams = fn(&mut StdRng) -> Box<dyn AnyParams>;

/// A kind of device under test.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The kind.
    pub kind: &'static Kind,
    /// How its parameters are drawn, where their table does not tell.
    pub draw: Option<DrawParams>,
}

/// A law that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// The law.
    pub law: &'static str,
    /// The kind of device.
    pub kind: &'static str,
    /// Where, and by how much.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} breaks the law \"{}\": {}", self.kind, self.law, self.detail)
    }
}

/// One law.
pub type Law = fn(&Subject, &mut StdRng) -> Result<(), Violation>;

/// All laws with their names.
pub const ALL: &[(&str, Law)] = &[
    ("tables", tables),
    ("derivatives", derivatives),
    ("pattern", pattern),
    ("smooth", smooth),
    ("conservation", conservation),
    ("finite", finite),
    ("dissipation", dissipation),
    ("rest", rest),
    ("noise", noise),
    ("parallel", parallel),
    ("every parameter counts", every_parameter_counts),
    ("latches settle", latches_settle),
    ("limiting lets go", limiting_lets_go),
    ("limits give tangents", limits_give_tangents),
];

/// Devices that a law draws.
const DEVICES: usize = 40;
/// Draws before a kind is said to have no legal parameters.
const ATTEMPTS: usize = 400;

impl Subject {
    /// A kind whose parameters are drawn by their table.
    pub fn of(kind: &'static Kind) -> Self {
        Self { kind, draw: None }
    }

    /// Runs every law with a generator of its own; all that do not hold.
    pub fn violations(&self, seed: u64) -> Vec<Violation> {
        let run = |(_, law): &(&str, Law)| {
            let mut rng = StdRng::seed_from_u64(seed);
            law(self, &mut rng).err()
        };
        ALL.iter().filter_map(run).collect()
    }

    fn params(&self, rng: &mut StdRng) -> Box<dyn AnyParams> {
        match self.draw {
            Some(draw) => draw(rng),
            None => draw::params(self.kind.new_params, rng),
        }
    }

    /// A device at random parameters and temperature.
    fn device(&self, law: &'static str, rng: &mut StdRng) -> Result<Drawn, Violation> {
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            let (params, env) = (self.params(rng), draw::environment(rng));
            match Specimen::new(self.kind, &*params, &env) {
                Ok(specimen) => {
                    return Ok(Drawn { specimen, params, env });
                }
                Err(error) => reason = error.to_string(),
            }
        }
        Err(self.violation(law, format!("no parameters made a device: {reason}")))
    }

    fn violation(&self, law: &'static str, detail: String) -> Violation {
        Violation { law, kind: self.kind.name, detail }
    }
}

/// A device as it was drawn.
struct Drawn {
    specimen: Specimen,
    params: Box<dyn AnyParams>,
    env: Environment,
}

impl Drawn {
    /// Its parameters that differ from the defaults, for messages.
    fn describe(&self, kind: &Kind) -> String {
        let default = (kind.new_params)();
        let table = self.params.table().iter().enumerate();
        let changed = table.filter_map(|(index, info)| {
            let value = self.params.value(index)?;
            (default.value(index) != Some(value)).then(|| format!("{}={value:e}", info.name))
        });
        let mut words: Vec<String> = changed.collect();
        words.push(format!("at {:.1} K", self.env.temperature));
        words.join(" ")
    }
}

/// Random unknowns with voltages up to `volts`.
fn unknowns(specimen: &Specimen, volts: f64, rng: &mut StdRng) -> Vec<f64> {
    specimen.unknowns().iter().map(|unknown| draw::unknown(unknown, volts, rng)).collect()
}

/// A random setting: with or without a time, latches as they are or flipped.
fn setting(specimen: &Specimen, x: &[f64], rng: &mut StdRng) -> Setting {
    let mut setting = specimen.setting();
    setting.gmin = 1e-12;
    if draw::chance(rng, 0.5) {
        setting.time = Some(Time::new(rng.random_range(0.0..1e-6)));
    }
    for latch in 0..setting.latches.len() {
        if draw::chance(rng, 0.5) {
            specimen.flip(latch, x, &mut setting);
        }
    }
    setting
}

/// `Σ |∂f/∂x|·nominal` of each row: the size of what the row adds up.
fn row_sizes(specimen: &Specimen, matrix: &[f64], n: usize) -> Vec<f64> {
    let nominal = |column: usize| specimen.unknowns()[column].nominal;
    (0..n).map(|row| (0..n).map(|c| matrix[row * n + c].abs() * nominal(c)).sum()).collect()
}
