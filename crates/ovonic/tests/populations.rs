//! Distributions of a device: cycles drawn by the model itself come back as the spreads that it drew them with, and the
//! statistical card's Monte Carlo gives the same features.

use std::fmt::Write;
use std::path::Path;

use ovonic::calibrate::{Curve, DataFile, Experiment, Mapping, Preparation, Unwatched, traces};
use ovonic::{
    Deck, DeckExperiment, ExperimentOptions, ExperimentTarget, FitPlan, LoadOptions, Recording,
    RunOptions, Simulation,
};

const DECK: &str = "\
a silver switch under a pulse
V1 in 0 PULSE(20m 0.5 0.2m 1u 1u 2.8m)
N1 in 0 silver
.model silver ag_diffusive(tau_s=1.5e-4 tau_r=4e-4 b=1.2 e=0.01 delay=1 hold=1)
.tran 20u 8m
.end
";
const POINTS: usize = 80;
const CYCLES: usize = 24;

fn observed() -> ExperimentOptions {
    ExperimentOptions { observe: Some("mag(i(v1))".to_owned()), ..ExperimentOptions::default() }
}

/// Cycles of the deck with spreads of 0.25 and 0.2, as the columns of a file.
fn cycles() -> String {
    let times: Vec<f64> = (1..=POINTS).map(|k| 1e-4 * k as f64).collect();
    let blank: String = times.iter().map(|t| format!("{t:e},0\n")).collect();
    let file = DataFile::from_text("blank", &blank).unwrap();
    let blank =
        traces(&file, &Mapping::parse("t=1 I=2").unwrap(), &Preparation::default()).unwrap();
    let targets = ["silver.c2c_delay", "silver.c2c_hold"];
    let targets = targets.map(|name| ExperimentTarget::new(name, 0.0, 1.0)).to_vec();
    let deck = Deck::from_text(DECK, &LoadOptions::default());
    let mut experiment = DeckExperiment::new(deck, blank, targets, observed()).unwrap();
    let columns: Vec<Curve> = (0..CYCLES)
        .map(|cycle| {
            experiment.set_seed(1000 + cycle as u64).unwrap();
            experiment.predict(&[0.25, 0.2], false, &|| false).unwrap().remove(0)
        })
        .collect();
    let mut text = String::from("t");
    (0..CYCLES).for_each(|cycle| write!(text, ",i{cycle}").unwrap());
    for (point, time) in times.iter().enumerate() {
        write!(text, "\n{time:e}").unwrap();
        columns.iter().for_each(|curve| write!(text, ",{:e}", curve.values[point]).unwrap());
    }
    text + "\n"
}

#[test]
fn cycles_come_back_as_the_spreads_that_drew_them() {
    let folder = std::env::temp_dir().join(format!("ovonic-population-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("deck.cir"), DECK).unwrap();
    std::fs::write(folder.join("cycles.csv"), cycles()).unwrap();
    let plan: FitPlan = toml::from_str(
        r#"
deck = "deck.cir"
starts = 1
candidates = 8
[[parameter]]
name = "silver.tau_s"
low = 7e-5
high = 3e-4
start = 1.8e-4
[[parameter]]
name = "silver.delay"
low = 0.2
high = 3
start = 1
[[parameter]]
name = "silver.hold"
low = 0.3
high = 3
start = 1
[[variation]]
name = "silver.delay"
law = "relative"
cycle = "silver.c2c_delay"
[[variation]]
name = "silver.hold"
law = "factor"
cycle = "silver.c2c_hold"
[[data]]
file = "cycles.csv"
map = "t=t I=i*"
observe = "mag(i(v1))"
[[objective]]
measure = "log"
floor = 1e-9
[[check]]
feature = "delay"
level = 1e-6
from = 2e-4
median = 0.1
trials = 80
[[check]]
feature = "relaxation"
level = 1e-6
from = 3e-3
median = 0.1
trials = 80
"#,
    )
    .unwrap();
    let prepared = plan.prepare(&folder, &LoadOptions::default()).unwrap();
    let found = prepared.fit_population(&Unwatched).unwrap();
    // The normal deviates that the seeds drew have spreads of their own; four standard errors of so many draws.
    let error = 4.0 / (2.0 * CYCLES as f64).sqrt();
    for (distribution, truth) in found.distributions.iter().zip([0.25, 0.2]) {
        assert_eq!(distribution.n, CYCLES, "{:?}", found.warnings());
        let cycle = distribution.cycle.unwrap().value;
        assert!((cycle / truth - 1.0).abs() < error, "{distribution:?}");
        assert!((distribution.centre - 1.0).abs() < 0.15, "{distribution:?}");
    }
    // Each trace is one curve of the model; a collapse of four decades between two points leaves what an instant is off.
    let mut decades: Vec<f64> = found.members.iter().map(|member| member.trace.decades).collect();
    decades.sort_by(f64::total_cmp);
    assert!(decades[CYCLES / 2] < 0.02, "{decades:?}");
    let checks = prepared.check(&plan, &found, &Unwatched).unwrap();
    assert!(checks.iter().all(|check| check.is_met), "{checks:?}");
    let card = prepared.statistical_card(&plan, &found, &[]).unwrap();
    assert!(card.contains("+ c2c_delay=") && card.contains("+ c2c_hold="), "{card}");
    assert_draws(&folder, &card);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A `.step seed` over the card gives another delay in each step.
fn assert_draws(folder: &Path, card: &str) {
    let lines = DECK.lines().filter(|line| !line.starts_with(".model") && *line != ".end");
    let deck: String = lines.map(|line| format!("{line}\n")).collect();
    let deck =
        format!("{deck}{card}.step seed 1 5 1\n.meas tran delay when i(v1)=-1u cross=1\n.end\n");
    let path = folder.join("drawn.cir");
    std::fs::write(&path, deck).unwrap();
    let mut simulation = Simulation::from_file(&path).unwrap();
    assert_eq!(simulation.n_steps(), 5);
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording).unwrap();
    let measured = simulation.measure(&recording.into_results());
    let delays = measured.iter().map(|measurement| measurement.result.as_ref().unwrap().value);
    let delays: Vec<f64> = delays.collect();
    assert_eq!(delays.len(), 5);
    for pair in delays.windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
}
