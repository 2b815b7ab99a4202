//! Whether confidence intervals keep their word: many fits to synthetic data with fresh noise.
//!
//! ```text
//! for each case: predict at the truth; 200 times: add noise, fit, look whether the 95 % interval holds the truth
//! ```
//!
//! Of 200 intervals, 90 to 98 % should hold the truth; the run fails where a case or the whole does not.

use crate::Outcome;
use ovonic::calibrate::{
    DataFile, DataSet, FitOptions, Mapping, Measure, Objective, Parameter, Preparation, Problem,
    Trace, Unwatched, fit, traces,
};
use ovonic::{Deck, DeckExperiment, ExperimentOptions, ExperimentTarget, LoadOptions, Sweeping};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const REPEATS: usize = 200;
const ALLOWED: std::ops::RangeInclusive<f64> = 90.0..=98.0;

struct Case {
    name: &'static str,
    deck: &'static str,
    map: &'static str,
    /// Abscissa of the points.
    points: Vec<f64>,
    /// Name, lower bound, upper bound, whether logarithmic, truth.
    parameters: &'static [(&'static str, f64, f64, bool, f64)],
    measure: Measure,
    /// Relative noise.
    noise: f64,
    options: ExperimentOptions,
}

fn cases() -> Vec<Case> {
    let line = |low: f64, high: f64, count: usize| -> Vec<f64> {
        (0..count).map(|k| low + (high - low) * k as f64 / (count - 1) as f64).collect()
    };
    let up = line(0.0, 0.5, 41);
    let down = up.iter().rev().skip(1).copied();
    let loop_ = up.iter().copied().chain(down).collect();
    vec![
        Case {
            name: "diode",
            deck: "d\nV1 a 0 0\nD1 a 0 dm\n.model dm d(is=1e-14 n=1 rs=1)\n.end\n",
            map: "V=1 I=2",
            points: line(0.3, 1.2, 46),
            parameters: &[
                ("dm.is", 1e-17, 1e-10, true, 3e-14),
                ("dm.n", 0.9, 2.2, false, 1.35),
                ("dm.rs", 0.1, 1e3, true, 12.0),
            ],
            measure: Measure::Log { floor: 1e-16 },
            noise: 0.01,
            options: ExperimentOptions::default(),
        },
        Case {
            name: "low pass",
            deck: "c\nV1 in 0 0 ac 1\nR1 in out 1k\nC1 out 0 1n\nR2 out 0 10k\n.end\n",
            map: "f=1 Y=2",
            points: (0..30).map(|k| 1e3 * 10f64.powf(f64::from(k) / 7.0)).collect(),
            parameters: &[("c1", 1e-11, 1e-7, true, 2e-9), ("r2", 1e3, 1e6, true, 5e3)],
            measure: Measure::Log { floor: 1e-9 },
            noise: 0.02,
            options: ExperimentOptions {
                observe: Some("mag(v(out))".to_owned()),
                ..ExperimentOptions::default()
            },
        },
        Case {
            name: "ag_selector",
            deck: "s\nV1 a 0 0\nN1 a 0 sel\n.model sel ag_selector\n.end\n",
            map: "V=1 I=2",
            points: loop_,
            parameters: &[
                ("sel.ron_p", 1e2, 1e4, true, 900.0),
                ("sel.i_lk", 1e-13, 1e-10, true, 2e-12),
            ],
            measure: Measure::Log { floor: 1e-15 },
            noise: 0.02,
            options: ExperimentOptions {
                sweeping: Some(Sweeping::Rate(100.0)),
                ..ExperimentOptions::default()
            },
        },
    ]
}

pub(crate) fn run() -> Outcome {
    let (mut held, mut total) = (0, 0);
    let mut complaints = Vec::new();
    for case in cases() {
        let counts = case.run()?;
        for (parameter, count) in case.parameters.iter().zip(&counts) {
            println!("{:12} {:10} {count}/{REPEATS}", case.name, parameter.0);
        }
        let sum: usize = counts.iter().sum();
        let all = counts.len() * REPEATS;
        let share = 100.0 * sum as f64 / all as f64;
        println!("{:12} {:10} {share:.1} %", case.name, "all");
        if !ALLOWED.contains(&share) {
            complaints.push(format!("{}: {share:.1} %", case.name));
        }
        held += sum;
        total += all;
    }
    let share = 100.0 * f64::from(held as u32) / f64::from(total as u32);
    println!("pooled       {held}/{total}  {share:.1} %");
    if !ALLOWED.contains(&share) {
        complaints.push(format!("pooled: {share:.1} %"));
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join(", ")) }
}

impl Case {
    fn problem(&self, data: Vec<Trace>) -> Result<Problem, String> {
        let parameters: Vec<Parameter> = self
            .parameters
            .iter()
            .map(|&(name, low, high, log, truth)| {
                let made = if log { Parameter::log } else { Parameter::linear };
                Parameter { start: Some(truth), ..made(name.to_owned(), low, high) }
            })
            .collect();
        let targets = parameters.iter().map(|p| ExperimentTarget::new(&p.name, p.low, p.high));
        let deck = Deck::from_text(self.deck, &LoadOptions::default());
        let experiment = DeckExperiment::new(deck, data, targets.collect(), self.options.clone())
            .map_err(|error| error.to_string())?;
        Ok(Problem {
            data: vec![DataSet {
                name: self.name.to_owned(),
                experiment: Box::new(experiment),
                uses: (0..parameters.len()).collect(),
                objectives: vec![Objective::new(self.measure.clone())],
                guide: Vec::new(),
                hold_out: false,
            }],
            parameters,
        })
    }

    /// How many intervals held the truth, by parameter.
    fn run(&self) -> Result<Vec<usize>, String> {
        let rows: String = self.points.iter().map(|x| format!("{x:e},0\n")).collect();
        let file = DataFile::from_text(self.name, &rows).map_err(|error| error.to_string())?;
        let mapping = Mapping::parse(self.map).map_err(|error| error.to_string())?;
        let blank = traces(&file, &mapping, &Preparation::default());
        let blank = blank.map_err(|error| error.to_string())?;
        let truth: Vec<f64> = self.parameters.iter().map(|parameter| parameter.4).collect();
        let mut source = self.problem(blank.clone())?;
        let curves = source.data[0].experiment.predict(&truth, false, &|| false);
        let clean = curves.map_err(|error| error.to_string())?.remove(0).values;
        let mut counts = vec![0; truth.len()];
        let mut rng = ChaCha8Rng::seed_from_u64(2026);
        for _ in 0..REPEATS {
            let noisy = clean.iter().map(|value| value * (1.0 + self.noise * normal(&mut rng)));
            let trace = Trace { response: noisy.collect(), ..blank[0].clone() };
            let problem = self.problem(vec![trace])?;
            let options = FitOptions { starts: 1, ..FitOptions::default() };
            let report = fit(&problem, &options, &[], &Unwatched);
            let report = report.map_err(|error| error.to_string())?;
            let pairs = report.parameters.iter().zip(&truth);
            for (count, (fitted, truth)) in counts.iter_mut().zip(pairs) {
                let (low, high) = fitted.interval;
                *count += usize::from((low..=high).contains(truth));
            }
        }
        Ok(counts)
    }
}

/// A normal deviate (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
