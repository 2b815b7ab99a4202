//! Decks as experiments: parameters come back from data that the models themselves made.

use ovonic::calibrate::{
    DataFile, DataSet, Experiment, FitOptions, FitReport, Mapping, Measure, Objective, Parameter,
    Preparation, Problem, Trace, Unwatched, Verdict, fit, traces,
};
use ovonic::{Deck, DeckExperiment, ExperimentOptions, ExperimentTarget, LoadOptions, Sweeping};

fn read(text: &str, map: &str) -> Vec<Trace> {
    let file = DataFile::from_text("synthetic.csv", text).unwrap();
    traces(&file, &Mapping::parse(map).unwrap(), &Preparation::default()).unwrap()
}

fn experiment(
    deck: &str,
    data: Vec<Trace>,
    parameters: &[Parameter],
    options: &ExperimentOptions,
) -> DeckExperiment {
    let targets = parameters.iter().map(|p| ExperimentTarget::new(&p.name, p.low, p.high));
    let deck = Deck::from_text(deck, &LoadOptions::default());
    DeckExperiment::new(deck, data, targets.collect(), options.clone()).unwrap()
}

/// Data that the deck itself makes at `truth`, over the abscissa of `data`.
fn synthetic(
    deck: &str,
    data: &[Trace],
    parameters: &[Parameter],
    truth: &[f64],
    options: &ExperimentOptions,
) -> Vec<Trace> {
    let mut source = experiment(deck, data.to_vec(), parameters, options);
    let curves = source.predict(truth, false, &|| false).unwrap();
    let pairs = data.iter().zip(curves);
    pairs.map(|(trace, curve)| Trace { response: curve.values, ..trace.clone() }).collect()
}

fn recover(
    deck: &str,
    data: &[Trace],
    parameters: &[Parameter],
    truth: &[f64],
    (measure, guide): (Measure, Option<Measure>),
    options: &ExperimentOptions,
) -> FitReport {
    let made = synthetic(deck, data, parameters, truth, options);
    let problem = Problem {
        parameters: parameters.to_vec(),
        data: vec![DataSet {
            name: "synthetic".to_owned(),
            experiment: Box::new(experiment(deck, made, parameters, options)),
            uses: (0..parameters.len()).collect(),
            objectives: vec![Objective::new(measure)],
            guide: guide.map(Objective::new).into_iter().collect(),
            hold_out: false,
        }],
    };
    fit(&problem, &FitOptions { starts: 3, ..FitOptions::default() }, &[], &Unwatched).unwrap()
}

fn assert_recovered(report: &FitReport, truth: &[f64]) {
    for (fitted, truth) in report.parameters.iter().zip(truth) {
        assert_eq!(fitted.verdict, Verdict::Determined, "{fitted:?}");
        let off = (fitted.value / truth - 1.0).abs();
        assert!(off < 0.02, "{}: {:e}, expected {truth:e}", fitted.name, fitted.value);
    }
}

const DIODE: &str = "\
a diode
V1 a 0 0
D1 a 0 dm
.model dm d(is=1e-14 n=1 rs=1)
.end
";

fn sweep(low: f64, high: f64, points: usize) -> String {
    let step = (high - low) / (points - 1) as f64;
    (0..points).map(|k| format!("{},0\n", low + step * k as f64)).collect()
}

#[test]
fn a_diode_comes_back_from_its_characteristic() {
    let parameters = [
        Parameter::log("dm.is", 1e-17, 1e-10),
        Parameter::linear("dm.n", 0.9, 2.2),
        Parameter::log("dm.rs", 0.1, 1e3),
    ];
    let truth = [3e-14, 1.35, 12.0];
    let data = read(&sweep(0.3, 1.2, 46), "V=1 I=2");
    let options = ExperimentOptions::default();
    let report =
        recover(DIODE, &data, &parameters, &truth, (Measure::Log { floor: 1e-15 }, None), &options);
    assert_recovered(&report, &truth);
    assert!(report.spread() < 0.1 || report.cost < 1e-12, "{report:?}");
}

#[test]
fn what_the_data_do_not_say_is_named() {
    // Below its knee a diode says nothing of its series resistance, and its temperature acts like its ideality.
    let parameters = [Parameter::log("dm.is", 1e-17, 1e-10), Parameter::log("dm.rs", 1e-3, 10.0)];
    let data = read(&sweep(0.1, 0.4, 20), "V=1 I=2");
    let options = ExperimentOptions::default();
    let made = synthetic(DIODE, &data, &parameters, &[1e-14, 1.0], &options);
    // A little noise, without which even the smallest effect determines.
    let noisy: Vec<Trace> = made
        .into_iter()
        .map(|trace| {
            let factor = |k: usize| 1.0 + 0.01 * (k as f64 * 2.399).sin();
            let response = trace.response.iter().enumerate().map(|(k, i)| i * factor(k)).collect();
            Trace { response, ..trace }
        })
        .collect();
    let problem = Problem {
        parameters: parameters.to_vec(),
        data: vec![DataSet {
            name: "synthetic".to_owned(),
            experiment: Box::new(experiment(DIODE, noisy, &parameters, &options)),
            uses: vec![0, 1],
            objectives: vec![Objective::new(Measure::Log { floor: 1e-15 })],
            guide: Vec::new(),
            hold_out: false,
        }],
    };
    let report = fit(&problem, &FitOptions::default(), &[], &Unwatched).unwrap();
    assert_eq!(report.parameters[0].verdict, Verdict::Determined);
    assert_eq!(report.parameters[1].verdict, Verdict::Undetermined, "{report:?}");
    assert!(report.warnings().iter().any(|w| w.contains("dm.rs")), "{:?}", report.warnings());
}

#[test]
fn derivatives_of_predictions_are_those_of_runs() {
    let parameters = [
        Parameter::log("sel.ron_p", 100.0, 1e4),
        Parameter::log("sel.tau_s", 1e-8, 1e-6),
        Parameter::log("r1", 10.0, 1e4),
    ];
    let deck = "\
a selector behind a resistor
V1 in 0 PULSE(0 0.6 50n 50n 50n 500n)
R1 in a 200
N1 a 0 sel
.model sel ag_selector(x0=0.01)
.options reltol=1e-7
.end
";
    let rows: String = (0..=60).map(|k| format!("{},0\n", 12e-9 * f64::from(k))).collect();
    let data = read(&rows, "t=1 I=2");
    // Steps that hardly differ from run to run.
    let options = ExperimentOptions { max_step: Some(1e-9), ..ExperimentOptions::default() };
    let mut experiment = experiment(deck, data, &parameters, &options);
    let at = [806.0, 1.2e-7, 200.0];
    let here = experiment.predict(&at, true, &|| false).unwrap().remove(0);
    for index in 0..at.len() {
        // Of fourth order with a long step, so that what is left of their difference is not amplified.
        let mut side = |k: f64| {
            let mut moved = at;
            moved[index] *= 1.0 + k * 2e-2;
            experiment.predict(&moved, false, &|| false).unwrap().remove(0).values
        };
        let sides = [-2.0, -1.0, 1.0, 2.0].map(&mut side);
        let slope = |k: usize| {
            (sides[0][k] - 8.0 * sides[1][k] + 8.0 * sides[2][k] - sides[3][k])
                / (12.0 * 2e-2 * at[index])
        };
        let expected: Vec<f64> = (0..here.values.len()).map(slope).collect();
        let size = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (point, (found, expected)) in here.gradients[index].iter().zip(&expected).enumerate() {
            let off = (found - expected).abs() / size;
            assert!(off < 1e-2, "{index} {point}: {found:e} {expected:e}");
        }
    }
}

#[test]
fn a_selector_comes_back_from_its_loop() {
    let parameters = [
        Parameter::linear("sel.vth_p", 0.2, 0.4),
        Parameter::log("sel.ron_p", 100.0, 1e4),
        Parameter::linear("sel.vh_p", 0.04, 0.12),
    ];
    let deck = "\
a selector
V1 a 0 0
N1 a 0 sel
.model sel ag_selector
.end
";
    let up = (0..=120).map(|k| f64::from(k) / 240.0);
    let down = (0..120).rev().map(|k| f64::from(k) / 240.0);
    let rows: String = up.chain(down).map(|v| format!("{v},0\n")).collect();
    let data = read(&rows, "V=1 I=2");
    let options =
        ExperimentOptions { sweeping: Some(Sweeping::Rate(100.0)), ..ExperimentOptions::default() };
    let truth = [0.3, 900.0, 0.085];
    let guide = Measure::Curve { floor: 1e-8, tolerance: 0.05 };
    let measure = (Measure::Linear, Some(guide));
    let report = recover(deck, &data, &parameters, &truth, measure, &options);
    assert_recovered(&report, &truth);
}

#[test]
fn ties_factors_and_small_signals() {
    // Two equal capacitors in a low pass: |v| = 1/√(1 + (2πf·R·2C)²).
    let deck = "\
a low pass
V1 in 0 0 ac 1
R1 in out 1k
C1 out 0 1n
C2 out 0 1n
.end
";
    let c = 2.2e-9;
    let rows: String = (0..20)
        .map(|k| 1e3 * 1.5f64.powi(k))
        .map(|f| {
            let x = std::f64::consts::TAU * f * 1e3 * 2.0 * c;
            format!("{f},{}\n", 1.0 / x.hypot(1.0))
        })
        .collect();
    let data = read(&rows, "f=1 Y=2");
    let target = ExperimentTarget {
        name: "c".to_owned(),
        members: vec![("c1".to_owned(), 1.0), ("c2".to_owned(), 1.0)],
        range: (1e-10, 1e-7),
    };
    let options = ExperimentOptions {
        observe: Some("mag(v(out))".to_owned()),
        ..ExperimentOptions::default()
    };
    let source = Deck::from_text(deck, &LoadOptions::default());
    let experiment = DeckExperiment::new(source, data, vec![target], options).unwrap();
    let problem = Problem {
        parameters: vec![Parameter::log("c", 1e-10, 1e-7)],
        data: vec![DataSet {
            name: "closed form".to_owned(),
            experiment: Box::new(experiment),
            uses: vec![0],
            objectives: vec![Objective::new(Measure::Linear)],
            guide: Vec::new(),
            hold_out: false,
        }],
    };
    let report = fit(&problem, &FitOptions::default(), &[], &Unwatched).unwrap();
    assert!((report.parameters[0].value / c - 1.0).abs() < 1e-6, "{report:?}");
}

#[test]
fn results_do_not_depend_on_threads_and_go_on_where_they_stopped() {
    let parameters = [Parameter::log("dm.is", 1e-17, 1e-10), Parameter::linear("dm.n", 0.9, 2.2)];
    let data = read(&sweep(0.3, 0.8, 20), "V=1 I=2");
    let options = ExperimentOptions::default();
    let made = synthetic(DIODE, &data, &parameters, &[2e-14, 1.2], &options);
    let problem = Problem {
        parameters: parameters.to_vec(),
        data: vec![DataSet {
            name: "synthetic".to_owned(),
            experiment: Box::new(experiment(DIODE, made, &parameters, &options)),
            uses: vec![0, 1],
            objectives: vec![Objective::new(Measure::Log { floor: 0.0 })],
            guide: Vec::new(),
            hold_out: false,
        }],
    };
    let settings = FitOptions { starts: 4, ..FitOptions::default() };
    let all = fit(&problem, &settings, &[], &Unwatched).unwrap();
    let again = fit(&problem, &settings, &all.starts[..2], &Unwatched).unwrap();
    assert_eq!(all.starts, again.starts);
    assert_eq!(all.parameters, again.parameters);
    assert!(again.runs_with_gradients < all.runs_with_gradients);
}

#[test]
fn mistakes_are_said_before_the_fit() {
    let error = |name: &str, low: f64| {
        let data = read(&sweep(0.3, 0.8, 20), "V=1 I=2");
        let targets = vec![ExperimentTarget::new(name, low, 2.0)];
        let deck = Deck::from_text(DIODE, &LoadOptions::default());
        let made = DeckExperiment::new(deck, data, targets, ExperimentOptions::default());
        made.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(error("dmm.is", 1.0).contains("did you mean \"dm.is\"?"), "{}", error("dmm.is", 1.0));
    assert!(error("dm.iss", 1.0).contains("\"dm\" has no parameter \"iss\""));
    assert!(error("dm.n", -1.0).contains("n = -1"), "{}", error("dm.n", -1.0));
}
