//! Law: how equations are solved changes no result.
//!
//! Every circuit, and every kind of device by itself, runs through every linear engine, in one thread and beside
//! others, with and without limiting, condensed and not. Rounding differs between ways, so results agree within what
//! Newton's iteration and time steps leave open, and expectations hold with each. One way gives the same bits however
//! many simulations run beside it.

use ovonic::device::Class;
use ovonic::waveforms::{Plot, PlotKind, Results, Vector, Waveform};
use ovonic::{Engine, Numerics, Simulation};
use ovonic_tests::{
    CASES, Case, complaints, decks, expectations, folder, simulate_by, with_requested_analyses,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More than there are processors, so that threads also wait for each other.
const THREADS: usize = 4;

/// A difference, relative to a vector's full scale, that rounding explains in solutions of equations: Newton stops
/// within a thousandth of the step that these tolerances would have it make.
const SOLVED: f64 = 1e-6;
/// The same for waveforms, whose time steps may be cut otherwise: the truncation error that the default tolerances
/// allow, `trtol·reltol`.
const STEPPED: f64 = 7e-3;
/// Part of a transient's span by which one way may be early or late against another.
const LATE: f64 = 1e-3;
/// What a full scale is at least: below this, rounding is all that there is (V, A).
const FLOOR: f64 = 1e-9;

type Outcome = Result<Results, String>;

struct Deck {
    path: PathBuf,
    text: String,
}

impl Deck {
    fn of_case(case: &Case, bias: f64, tail: &str) -> Deck {
        let path = PathBuf::from(format!("{} at {bias} V", case.kind));
        Deck { path, text: case.deck(bias, 0.01, tail) }
    }

    fn run(&self, numerics: Numerics) -> Outcome {
        simulate_by(&self.path, &self.text, numerics)
    }
}

/// The circuits with expectations.
fn circuits() -> Vec<Deck> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        Deck { path, text: with_requested_analyses(&text) }
    };
    decks(&folder("tests/circuits")).into_iter().map(read).collect()
}

/// Each kind of device in an operating point, ac and a transient over a period.
fn kinds() -> Vec<Deck> {
    let deck = |case: &Case| {
        let frequency = case.frequency;
        let (step, stop) = (0.02 / frequency, 1.0 / frequency);
        let analyses =
            format!(".op\n.ac lin 1 {frequency} {frequency}\n.tran {step} {stop} 0 {step}");
        Deck::of_case(case, case.bias, &analyses)
    };
    CASES.iter().map(deck).collect()
}

/// Runs decks in `threads` threads, each taking the next that nobody has.
fn run_all(decks: &[Deck], numerics: Numerics, threads: usize) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Option<Outcome>>> = decks.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(deck) = decks.get(index) else { break };
                    *outcomes[index].lock().unwrap() = Some(deck.run(numerics));
                }
            });
        }
    });
    outcomes.into_iter().map(|cell| cell.into_inner().unwrap().expect("each deck ran")).collect()
}

/// Real values; real and imaginary parts in turn.
fn parts(vector: &Vector) -> Vec<f64> {
    match vector.as_complex() {
        Some(values) => values.iter().flat_map(|z| [z.re, z.im]).collect(),
        None => vector.as_real().unwrap_or_default().to_vec(),
    }
}

fn bits(results: &Results) -> Vec<u64> {
    let vectors = results.plots.iter().flat_map(|plot| &plot.vectors);
    vectors.flat_map(parts).map(f64::to_bits).collect()
}

/// What is different beyond rounding between two results of the same deck.
fn disagreements(a: &Results, b: &Results) -> Vec<String> {
    if a.plots.len() != b.plots.len() {
        return vec![format!("{} results and {}", a.plots.len(), b.plots.len())];
    }
    a.plots.iter().zip(&b.plots).filter_map(|(a, b)| disagreement(a, b)).collect()
}

fn disagreement(a: &Plot, b: &Plot) -> Option<String> {
    let allowed = match a.kind {
        // The points of a curve lie where each step ended; expectations compare the curves.
        PlotKind::Trace | PlotKind::TracePoints => return None,
        PlotKind::Transient => STEPPED,
        _ => SOLVED,
    };
    let names = |plot: &Plot| -> Vec<String> {
        let mut names: Vec<String> = plot.vectors.iter().map(|v| v.name.clone()).collect();
        names.sort();
        names
    };
    if names(a) != names(b) {
        return Some(format!("{:?} has other vectors", a.kind));
    }
    let mut found = a.vectors.iter().filter_map(|x| {
        let y = b.vector(&x.name).ok()?;
        let (x_parts, y_parts) = (parts(x), parts(y));
        let full = x_parts.iter().fold(FLOOR, |size: f64, value| size.max(value.abs()));
        let worst = match a.kind {
            PlotKind::Transient => apart(a, b, &x_parts, &y_parts),
            _ if x_parts.len() != y_parts.len() => f64::INFINITY,
            _ => x_parts.iter().zip(&y_parts).fold(0.0, |m: f64, (x, y)| m.max((x - y).abs())),
        };
        // Written so that NaN is different.
        let same = worst / full <= allowed;
        (!same).then(|| format!("{:?} {}: {:.1e} of full scale", a.kind, x.name, worst / full))
    });
    found.next()
}

/// How far the points of one waveform are from the other, where that may be early or late by a part [`LATE`] of the
/// whole: an edge says nothing of values, only of time.
fn apart(a: &Plot, b: &Plot, x: &[f64], y: &[f64]) -> f64 {
    let time = |plot: &Plot| parts(plot.scale().expect("time"));
    let (t_x, t_y) = (time(a), time(b));
    if t_x == t_y {
        return x.iter().zip(y).fold(0.0, |worst: f64, (x, y)| worst.max((x - y).abs()));
    }
    let late = LATE * (t_x[t_x.len() - 1] - t_x[0]);
    let wave = Waveform::new(&t_y, y).expect("a waveform");
    let mut worst = 0.0_f64;
    for (t, x) in t_x.iter().zip(x) {
        let (from, to) = (t - late, t + late);
        let inside = t_y.partition_point(|t| *t < from)..t_y.partition_point(|t| *t <= to);
        let ends = [from, to].map(|t| wave.value_at(t.clamp(t_y[0], t_y[t_y.len() - 1])).ok());
        let near = y[inside].iter().copied().chain(ends.into_iter().flatten());
        let (low, high) = near
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
        worst = worst.max(low - x).max(x - high);
    }
    worst
}

fn is_empty(complaints: &[String]) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn threads_change_no_bit() {
    let mut decks = circuits();
    decks.extend(kinds());
    let alone = run_all(&decks, Numerics::default(), 1);
    let beside = run_all(&decks, Numerics::default(), THREADS);
    let same = |(a, b): (&Outcome, &Outcome)| match (a, b) {
        (Ok(a), Ok(b)) => bits(a) == bits(b),
        _ => false,
    };
    let pairs = decks.iter().zip(alone.iter().zip(&beside));
    let complaints: Vec<String> = pairs
        .filter(|(_, pair)| !same(*pair))
        .map(|(deck, _)| deck.path.display().to_string())
        .collect();
    is_empty(&complaints);
}

#[test]
fn every_engine_solves_every_circuit() {
    let (mut decks, with_expectations) = (circuits(), circuits().len());
    decks.extend(kinds());
    let reference = run_all(&decks, Numerics::default(), 2);
    let mut found = Vec::new();
    for &engine in Engine::ALL {
        let outcomes = run_all(&decks, Numerics { engine, ..Numerics::default() }, 2);
        for (index, (deck, outcome)) in decks.iter().zip(&outcomes).enumerate() {
            let name = deck.path.display();
            let (Ok(reference), Ok(results)) = (&reference[index], outcome) else {
                found.push(format!("{engine:?}, {name}: {outcome:?}"));
                continue;
            };
            let expected = match index < with_expectations {
                true => expectations(&deck.text).expect("expectations can be read"),
                false => Vec::new(),
            };
            let unmet = complaints(&expected, results).into_iter();
            // The dense engine does not scale its rows: what it says of resistances from 1e-3 to 1e12 ohms meets
            // what is expected, but not to all digits.
            let compared = (engine != Engine::Dense).then(|| disagreements(reference, results));
            let all = unmet.chain(compared.into_iter().flatten());
            found.extend(all.map(|complaint| format!("{engine:?}, {name}: {complaint}")));
        }
    }
    is_empty(&found);
}

/// Whether a kind's characteristic has one current for each voltage, so that its operating point is one.
fn is_single_valued(kind: &str) -> bool {
    let kind = ovonic::DEVICES.iter().find(|known| known.name == kind);
    kind.is_some_and(|kind| kind.class != Class::Memory)
}

#[test]
fn limiting_changes_no_solution() {
    let unlimited = Numerics { limiting: false, ..Numerics::default() };
    let mut both = 0;
    let mut found = Vec::new();
    for case in CASES {
        let biases: &[f64] = match is_single_valued(case.kind) {
            true => &[-20.0, -2.0, -0.4, 0.3, 0.7, 1.5, 5.0, 30.0],
            false => &[case.bias],
        };
        for &bias in biases {
            let frequency = case.frequency;
            let analyses = format!(
                ".options reltol=1e-7 abstol=1e-15 vntol=1e-10\n\
                 .op\n.ac lin 1 {frequency} {frequency}"
            );
            let deck = Deck::of_case(case, bias, &analyses);
            match (deck.run(Numerics::default()), deck.run(unlimited)) {
                (Ok(a), Ok(b)) => {
                    both += 1;
                    let name = deck.path.display();
                    let all = disagreements(&a, &b).into_iter();
                    found.extend(all.map(|complaint| format!("{name}: {complaint}")));
                }
                // What limiting is for.
                (Ok(_), Err(_)) => {}
                (Err(error), _) => found.push(format!("{}: {error}", deck.path.display())),
            }
        }
    }
    is_empty(&found);
    assert!(both > 100, "only {both} converged both ways");
}

#[test]
fn condensing_changes_no_solution() {
    let uncondensed = Numerics { condense: false, ..Numerics::default() };
    let mut condensed_kinds = 0;
    let mut found = Vec::new();
    let mut all = circuits();
    all.extend(kinds());
    for deck in all {
        let mut simulation = Simulation::from_text(&deck.text).or_else(|_| {
            // Some circuits include files that stand beside them.
            Simulation::from_file(Path::new(&deck.path))
        });
        let Ok(simulation) = &mut simulation else {
            found.push(format!("{}: cannot be read", deck.path.display()));
            continue;
        };
        if simulation.circuit().n() == simulation.circuit().n_public() {
            continue;
        }
        condensed_kinds += 1;
        simulation.set_numerics(uncondensed);
        assert_eq!(simulation.circuit().n(), simulation.circuit().n_public());
        let name = deck.path.display();
        match (deck.run(Numerics::default()), deck.run(uncondensed)) {
            (Ok(a), Ok(b)) => {
                let all = disagreements(&a, &b).into_iter();
                found.extend(all.map(|complaint| format!("{name}: {complaint}")));
            }
            (a, b) => found.push(format!("{name}: {:?} {:?}", a.err(), b.err())),
        }
    }
    is_empty(&found);
    assert!(condensed_kinds >= 16, "only {condensed_kinds} have private unknowns");
}
