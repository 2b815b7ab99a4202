//! Traces of random circuits, forth and back: the same curve, the same special points, every point a solution.

use ovonic::waveforms::{PlotKind, Results};
use ovonic::{AnalysisReport, Observer, Recording, RunOptions, Simulation, SpecialKind, TraceEnd};
use ovonic::{SpecialPoint, waveforms::Sink};

/// Keeps reports beside results.
#[derive(Default)]
struct Watcher {
    recording: Recording,
    reports: Vec<AnalysisReport>,
}

impl Observer for Watcher {
    fn sink(&mut self) -> &mut dyn Sink {
        self.recording.sink()
    }

    fn end(&mut self, report: &AnalysisReport) {
        self.reports.push(report.clone());
    }
}

fn run(text: &str) -> (Results, Vec<AnalysisReport>) {
    let mut simulation = Simulation::from_text(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut watcher = Watcher::default();
    let ran = simulation.run(&RunOptions::default(), &mut watcher);
    ran.unwrap_or_else(|e| panic!("{e}\n{text}"));
    (watcher.recording.into_results(), watcher.reports)
}

fn values(results: &Results, name: &str) -> Vec<f64> {
    let plot = results.of_kind(&PlotKind::Trace).expect("a trace");
    plot.vector(name).unwrap_or_else(|e| panic!("{e}")).real_parts()
}

/// Pseudo-random numbers (splitmix64).
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    fn decades(&mut self, low: f64, high: f64) -> f64 {
        10f64.powf(self.within(low, high))
    }
}

/// A polynomial that rises, falls between `roots[0]` and `roots[1]`, and so on; coefficients from the constant one up.
fn polynomial(roots: &[f64]) -> Vec<f64> {
    let mut slope = vec![1.0];
    for root in roots {
        let mut next = vec![0.0; slope.len() + 1];
        for (power, c) in slope.iter().enumerate() {
            next[power + 1] += c;
            next[power] -= root * c;
        }
        slope = next;
    }
    std::iter::once(0.0)
        .chain(slope.iter().enumerate().map(|(k, c)| c / (k as f64 + 1.0)))
        .collect()
}

fn evaluate(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

fn formula(coefficients: &[f64], x: &str) -> String {
    let mut text = String::from("0");
    for c in coefficients.iter().rev() {
        text = format!("({text})*{x}+({c:e})");
    }
    text
}

fn assert_same_points(deck: &str, forth: &[SpecialPoint], back: &[SpecialPoint]) {
    assert_eq!(forth.len(), back.len(), "{forth:?}\n{back:?}\n{deck}");
    for (a, b) in forth.iter().zip(back.iter().rev()) {
        let (av, ai) = a.delivered.expect("a source");
        let (bv, bi) = b.delivered.expect("a source");
        // Where a pair crosses the axis is known as well as eigenvalues are.
        let exact = !matches!(a.kind, SpecialKind::Hopf { .. } | SpecialKind::Branch);
        let relative = if exact { 1e-9 } else { 1e-7 };
        assert!((av - bv).abs() <= relative * av.abs() + 1e-12, "{a:?}\n{b:?}\n{deck}");
        assert!((ai - bi).abs() <= 10.0 * relative * ai.abs() + 1e-15, "{a:?}\n{b:?}\n{deck}");
    }
}

/// Traces from `start` to `stop` and back.
fn there_and_back(deck: &str, start: f64, stop: f64) -> (Results, Vec<SpecialPoint>) {
    let directed = |a: f64, b: f64| format!("{deck}.trace v1 {a:e} {b:e}\n.end\n");
    let (results, reports) = run(&directed(start, stop));
    let forth = reports[0].trace.clone().expect("a trace").report;
    let (_, reports) = run(&directed(stop, start));
    let back = reports[0].trace.clone().expect("a trace").report;
    assert_eq!((forth.end, back.end), (TraceEnd::Stop, TraceEnd::Stop), "{deck}");
    assert_same_points(deck, &forth.special, &back.special);
    (results, forth.special)
}

#[test]
fn random_polynomials_are_the_same_forth_and_back() {
    let mut draw = Draw(1);
    let mut folds = 0;
    for _ in 0..100 {
        let mut roots: Vec<f64> =
            (0..2 + 2 * (draw.unit() * 2.0) as usize).map(|_| draw.within(0.3, 5.0)).collect();
        roots.sort_by(f64::total_cmp);
        let mut g = polynomial(&roots);
        // At 6 V, on its last branch, the resistor takes one to thirty times the voltage of the element.
        let (r, share) = (draw.decades(1.0, 4.0), draw.decades(0.0, 1.5));
        let size = 6.0 * share / r / evaluate(&g, 6.0).abs();
        g.iter_mut().for_each(|c| *c *= size);
        let (l, c) = (draw.decades(-9.0, -3.0), draw.decades(-12.0, -8.0));
        let stop = 6.0 + r * evaluate(&g, 6.0);
        let along = (1..600).map(|k| 0.01 * f64::from(k)).map(|v| v + r * evaluate(&g, v));
        let (lowest, highest) =
            along.fold((stop, 0.0f64), |(low, high), f| (low.min(f), high.max(f)));
        // Only where the last value has one solution, and the curve does not come back to the first, is it the same
        // from both ends.
        if stop < 1.01 * highest || lowest < 0.0 {
            continue;
        }
        let deck = format!(
            "polynomial\nV1 in 0 0\nR1 in m {r:e}\nL1 m a {l:e}\nC1 a 0 {c:e}\nB1 a 0 I={}\n",
            formula(&g, "v(a)")
        );
        let (results, special) = there_and_back(&deck, 0.0, stop);
        let (swept, v) = (values(&results, "v-sweep"), values(&results, "v(a)"));
        for (swept, v) in swept.iter().zip(&v) {
            let expected = v + r * evaluate(&g, *v);
            assert!((swept - expected).abs() <= 1e-11 * stop, "{swept} {expected}\n{deck}");
        }
        folds += special.iter().filter(|s| matches!(s.kind, SpecialKind::Fold { .. })).count();
    }
    assert!(folds >= 20, "only {folds} folds");
}

#[test]
fn random_threshold_switches_and_thyristors_are_the_same_forth_and_back() {
    let mut draw = Draw(2);
    let mut thresholds = 0;
    for _ in 0..8 {
        let (r, h, rth) = (draw.decades(2.0, 4.5), draw.within(10.0, 80.0), draw.decades(6.0, 7.0));
        let (c, celsius) = (draw.decades(-14.0, -11.0), draw.within(-20.0, 80.0));
        let deck = format!(
            "switch\n.temp {celsius}\nV1 in 0 0\nR1 in a {r:e}\nN1 a 0 sw\nC1 a 0 {c:e}\n\
             .model sw ots(h={h}n r_th={rth:e})\n"
        );
        let (_, special) = there_and_back(&deck, 0.0, 10.0);
        thresholds += special.len();
        let (gain, shunt) = (draw.within(5.0, 80.0), draw.decades(3.0, 5.0));
        let deck = format!(
            "thyristor\nV1 in 0 0\nR1 in a {r:e}\nQ1 g n a qp\nQ2 n g 0 qn\nR2 g 0 {shunt:e}\nR3 a n {shunt:e}\n\
             D1 n g dz\n.model dz d(is=1e-14 bv=5 ibv=1u)\n.model qp pnp(is=1e-15 bf={gain} tf=1n cje=1p cjc=1p)\n\
             .model qn npn(is=1e-15 bf={gain} tf=1n cje=1p cjc=1p)\n"
        );
        let (_, special) = there_and_back(&deck, 0.0, 20.0);
        thresholds += special.len();
    }
    assert!(thresholds >= 16, "only {thresholds} special points");
}

#[test]
fn a_trace_leaves_the_circuit_as_it_was_and_agrees_with_op() {
    let deck = "twice\nV1 in 0 1.2\nR1 in a 10k\nN1 a 0 sw\n.model sw ots(h=50n)\n";
    let (alone, _) = run(&format!("{deck}.op\n.end\n"));
    let (after, _) = run(&format!("{deck}.trace v1 0 1.2\n.op\n.end\n"));
    let at = |results: &Results| {
        let plot = results.of_kind(&PlotKind::OperatingPoint).expect("an operating point");
        plot.vector("v(a)").expect("the node").real_parts()[0]
    };
    assert_eq!(at(&alone), at(&after));
    let last = *values(&after, "v(a)").last().expect("points");
    assert!((last - at(&after)).abs() < 1e-9, "{last} {}", at(&after));
}

#[test]
fn a_sweep_over_any_switch_says_where_it_jumped_which_is_the_traces_fold() {
    for (instance, model, stop) in [
        ("N1 a 0 x", ".model x ots", 3.5),
        ("N1 a 0 x ua0=29n", ".model x pcm", 4.0),
        (
            "N1 a 0 x ua0=20n",
            ".model x ts_pcm(pcm=m ts=s)\n.model m pcm\n.model s ots(r_th=10meg)",
            5.0,
        ),
        ("N1 a 0 x", ".model x vo2", 12.0),
        ("N1 a 0 x", ".model x nbo2", 4.0),
        ("N1 a 0 x", ".model x ag_diffusive", 1.0),
    ] {
        let deck = format!("switch\nV1 a 0 0\n{instance}\n{model}\n.options temp=26.85\n");
        let (_, swept) = run(&format!("{deck}.dc v1 0 {stop} {:e}\n.end\n", stop / 50.0));
        let jump = swept[0].jumps.first().unwrap_or_else(|| panic!("no jump: {model}"));
        let (_, traced) = run(&format!("{deck}.trace v1 0 {stop}\n.end\n"));
        let special = traced[0].trace.clone().expect("a trace").special;
        let threshold = special.iter().find(|found| found.name == "th").expect("a threshold");
        let (at, fold) = (jump.values[0], threshold.point.value);
        assert!((at - fold).abs() < jump.width + 2e-6 * fold, "{model}: {at} {fold}");
    }
}
