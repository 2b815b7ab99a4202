//! The cell of a threshold switch under a phase-change memory: what it is, how it learns, and why it learns again faster.

use ovonic_tests::{simulate, transient};
use std::path::Path;

const MODELS: &str = "
.model cell ts_pcm(pcm=memory ts=switch)
.model memory pcm(ftheta=0.55 fronts=40 r_n=60n s0=0.7)
.model switch ots(r_th=10meg)
.options temp=26.85
";

/// The last of `values` up to `at`.
fn at(time: &[f64], values: &[f64], at: f64) -> f64 {
    values[time.partition_point(|t| *t <= at) - 1]
}

/// A train of pulses on a cell of 29 nm, written as `body` connects it, with its vectors.
fn train(body: &str, save: &str) -> (Vec<f64>, Vec<Vec<f64>>) {
    transient(&format!(
        "train\nV1 in 0 pulse(0 3.6 10n 20n 2n 100n 500n 10)\nR1 in a 20k\n{body}{MODELS}.tran 0 5u 0 20n\n.save v(a) {save}\n.end\n"
    ))
}

#[test]
fn a_cell_is_its_parts_in_series() {
    // In the cell the middle and all states are eliminated together; outside the middle is a node of the circuit.
    let (time, cell) = train("N1 a 0 cell ua0=29n\n", "@n1[v_mid] @n1[u_a] i(n1) @n1[p]");
    let (plain_time, parts) =
        train("N1 a m memory ua0=29n\nN2 m 0 switch\n", "v(m) @n1[u_a] i(n1)");
    for k in 0..10 {
        // In the middle of the pulse, and in the pause after it.
        for instant in [60e-9, 300e-9].map(|offset| 10e-9 + offset + 500e-9 * f64::from(k)) {
            for (column, floor) in [(0, 1e-4), (1, 1e-4), (2, 1e-12), (3, 1e-9)] {
                let found = at(&time, &cell[column], instant);
                let expected = at(&plain_time, &parts[column], instant);
                let size = expected.abs().max(floor);
                assert!(
                    (found - expected).abs() < 2e-3 * size,
                    "{instant:e} {column}: {found:e} {expected:e}"
                );
            }
            let (power, current) = (at(&time, &cell[4], instant), at(&time, &cell[3], instant));
            let product = current * at(&time, &cell[0], instant);
            assert!((power - product).abs() <= 1e-9 * product.abs(), "{power:e} {product:e}");
        }
    }
}

#[test]
fn firing_strengthens_the_synapse_and_the_stronger_synapse_fires_sooner() {
    let (time, columns) = train("N1 a 0 cell ua0=29n\n", "@n1[u_a] @n1.ts[temp]");
    let (mut thickness, mut delay) = (29e-9, f64::INFINITY);
    let mut delays = Vec::new();
    for k in 0..10 {
        let start = 10e-9 + 500e-9 * f64::from(k);
        let from = time.partition_point(|t| *t < start);
        let fired = (from..time.len()).find(|&i| columns[2][i] > 500.0).expect("it fires");
        let (before, after) = (columns[2][fired - 1], columns[2][fired]);
        let part = (500.0 - before) / (after - before);
        let fired = time[fired - 1] + part * (time[fired] - time[fired - 1]) - start;
        delays.push(fired);
        assert!(fired <= delay * 1.02, "pulse {k}: {fired:e} after {delay:e}");
        let now = at(&time, &columns[1], start + 450e-9);
        assert!(now < thickness, "pulse {k}: {now:e} after {thickness:e}");
        (thickness, delay) = (now, fired);
    }
    assert!(delays[9] < 0.7 * delays[0], "{delays:?}");
}

/// What a cell remembers: thickness of the dome (m), part of the sites that hold a nucleus, disorder.
#[derive(Clone, Copy, Debug)]
struct Memory {
    thickness: f64,
    nuclei: f64,
    disorder: f64,
}

/// Pulses after which the dome is thinner than 15 nm, in a first training from `start` and, after a weak RESET, in a second
/// one; and what the RESET left.
fn trainings(start: Memory) -> (usize, usize, Memory) {
    let Memory { thickness, nuclei, disorder } = start;
    let deck = format!(
        "retraining
V1 in 0 pulse(0 5 10n 2n 2n 100n 500n 60)
V2 on in pulse(0 5 40.01u 2n 2n 100n 500n 60)
R1 on a 60k
Iforget 0 a pulse(0 460u 35u 1n 1n 15n 100u 1)
N1 a 0 cell ua0={thickness:e} nuc0={nuclei:e} s0={disorder:e}
{MODELS}.tran 0 71u 0 50n
.save @n1[u_a] @n1[nuc] @n1[s]
.end
"
    );
    let (time, columns) = transient(&deck);
    let after = |start: f64, k: usize| at(&time, &columns[0], start + 5e-9 + 500e-9 * k as f64);
    let count = |start: f64| (0..60).find(|&k| after(start, k) < 15e-9).expect("it learns");
    let forgotten = |column: usize| at(&time, &columns[column], 39.9e-6);
    let left = Memory { thickness: forgotten(0), nuclei: forgotten(1), disorder: forgotten(2) };
    (count(0.0), count(40e-6), left)
}

#[test]
fn a_forgotten_cell_learns_again_faster_because_of_its_nuclei() {
    let start = Memory { thickness: 30.8e-9, nuclei: 0.0, disorder: 0.7 };
    let (naive, again, left) = trainings(start);
    // Forgotten: the weight, which is the dome, is what it was; nuclei and a little disorder are not.
    assert!((left.thickness - start.thickness).abs() < 0.05e-9, "{left:?}");
    assert!(left.nuclei > 0.01, "{left:?}");
    assert!(again as f64 <= 0.75 * naive as f64, "{again} after {naive}");
    // A cell that begins with all that is left learns as fast as the one that was trained: nothing else matters.
    assert_eq!(trainings(left).0, again);
    // Without the nuclei alone the whole gain vanishes; without the disorder alone it stays.
    assert_eq!(trainings(Memory { nuclei: 0.0, ..left }).0, naive);
    assert_eq!(trainings(Memory { disorder: start.disorder, ..left }).0, again);
}

#[test]
fn parts_that_do_not_fit_are_said_where_they_are_named() {
    let run = |models: &str| {
        let deck = format!("parts\nV1 a 0 1\nN1 a 0 cell\n{models}\n.op\n.end\n");
        simulate(Path::new("parts"), &deck).expect_err("it is wrong")
    };
    let memory = ".model memory pcm\n.model switch ots";
    for (models, message) in [
        (format!(".model cell ts_pcm(pcm=memory)\n{memory}"), "does not say which model its ts is"),
        (format!(".model cell ts_pcm(pcm=memory ts=swich)\n{memory}"), "unknown model \"swich\""),
        (format!(".model cell ts_pcm(pcm=memory ts=5)\n{memory}"), "\"ts\" is the name of a model"),
        (format!(".model cell ts_pcm(pcm=memory ts=switch h=1n)\n{memory}"), "unknown part \"h\""),
        (
            format!(".model cell ts_pcm(pcm=memory ts=d)\n{memory}\n.model d d"),
            "cannot be part of a cell",
        ),
        (".model cell pcm(t_m=500)".to_owned(), "glass transition"),
        (".model cell pcm(h=0)".to_owned(), "allowed is (0, inf) m"),
    ] {
        let found = run(&models);
        assert!(found.contains(message), "{message}: {found}");
    }
}
