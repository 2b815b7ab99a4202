//! Arrays of one statement: each is its plain netlist, and what both say is right.

use ovonic::crossbar::Scheme;
use ovonic::crossbar::{Direction, LinearArray, Lines, SolveOptions, Solver, Wire};
use ovonic::netlist::MemoryLoader;
use ovonic::waveforms::{Matrix, Results, Samples};
use ovonic::{LoadOptions, Phase, Recording, Retraining, RunOptions, Simulation};

const FILES: [(&str, &str); 5] = [
    ("r.csv", "1e3, 2e3, 3e3\n4e3, inf, 6e3\n"),
    ("words.csv", "1, 2, 3, 4\n0, 6, inf, 8\n"),
    ("bits.csv", "1 2 3\n4 5 6\n7 0 9\n"),
    ("dome.csv", "29e-9, 20e-9\n25e-9, 31e-9\n"),
    ("four.csv", "1e3, 2e3\n4e3, 8e3\n"),
];

fn load(text: &str) -> Result<Simulation, String> {
    let files = FILES.iter();
    let loader = files.fold(MemoryLoader::new(), |loader, (name, text)| {
        loader.with(*name, text.as_bytes().to_vec())
    });
    Simulation::from_text_with("deck", text, &loader, &LoadOptions::default())
        .map_err(|error| error.to_string())
}

fn run(mut simulation: Simulation) -> Results {
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording).expect("the deck runs");
    recording.into_results()
}

/// The value of a vector of the first plot.
fn value(results: &Results, name: &str) -> f64 {
    let vector = results.plots[0].vector(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    vector.as_real().expect("it is real")[0]
}

/// Runs a deck as it is and with its array written out, and compares every number of every analysis.
fn check_plain(deck: &str) -> Results {
    let simulation = load(deck).unwrap_or_else(|error| panic!("{error}\n{deck}"));
    let text = simulation.plain_netlist().expect("it can be written out");
    assert!(!text.to_lowercase().contains("\n.crossbar"), "{text}");
    let plain = load(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let (found, expected) = (run(simulation), run(plain));
    assert_eq!(found.plots.len(), expected.plots.len());
    let mut count = 0;
    for (found, expected) in found.plots.iter().zip(&expected.plots) {
        let names = |plot: &ovonic::waveforms::Plot| -> Vec<String> {
            plot.vectors.iter().map(|vector| vector.name.clone()).collect()
        };
        assert_eq!(names(found), names(expected), "{text}");
        for (found, expected) in found.vectors.iter().zip(&expected.vectors) {
            let same = match (&found.samples, &expected.samples) {
                // No number where there is no gain.
                (Samples::Real(a), Samples::Real(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
                }
                (Samples::Complex(a), Samples::Complex(b)) => a == b,
                _ => false,
            };
            assert!(same, "{} differs\n{text}", found.name);
            count += 1;
        }
    }
    assert!(count > 0, "{deck} has results");
    found
}

/// A deck with voltages on the lines of an array of two rows and three columns.
fn deck(array: &str, analyses: &str) -> String {
    format!(
        "array
V1 w[1] 0 dc 1 ac 1
V2 w[2] 0 0.5
Vb1 b[1] 0 0
Vb2 b[2] 0 0.1
Vb3 b[3] 0 0
{array}
{analyses}
.end
"
    )
}

#[test]
fn linear_arrays_are_their_plain_netlists_in_all_analyses() {
    let analyses = ".op\n.dc V1 0 1 0.5\n.ac dec 1 1k 100meg\n.noise v(b[3]) v1 dec 1 1k 1meg\n\
                    .tran 1n 20n";
    for array in [
        ".crossbar xb w[1:2] b[1:3] r r=1k rword=1 rbit=1 cword=1p cbit=2p ccell=0.1p",
        ".crossbar xb w[1:2] b[1:3] r r=\"r.csv\" rword=\"words.csv\" rbit=\"bits.csv\"",
        ".crossbar xb w[1:2] b[1:3] r r=2k rword=0 rbit=0",
        ".crossbar xb w[1:2] b[1:3] r r=2k rword=1 rbit=1 rdriver=50 rsense=20 rvia=3",
        ".crossbar xb w[1:2] b[1:3] r r=2k rword=1 rbit=1 wfar=w[1:2] bfar=b[1:3]",
        ".crossbar xb w[1:2] b[1:3] r r=2k rword=0 rbit=1 wfar=x[1:2]\nRx x[1] x[2] 1k",
        ".crossbar xb w b r rows=2 cols=3 r=2k rword=1 rbit=1 sigma.r=0.3 correlation=2 seed=5",
        ".crossbar xb w[1:2] b[1:3] r r=2k rword=1 rbit=1 floatword=\"2\" floatbit=\"1,3\"",
        ".crossbar xb w[1:2] b[1:3] r r=2k rword=1 rbit=1 rvia=1 cword=1p\n\
         + fault=\"open@1,2 short@2,1 stuck@2,2=5k word@1,2 bit@1,1\"",
        ".param ohms=3k\n.crossbar xb w[1:2] b[1:3] r r={ohms/2} rword={ohms*1m} rbit=1 sigma.r=0.1",
        ".subckt half w1 w2 b1 b2 b3\n.crossbar inner w b r r=2k rword=1 rows=2 cols=3 rbit=1\n\
         Ra w1 w[1] 1\nRb w2 w[2] 1\nR1 b[1] b1 1\nR2 b[2] b2 1\nR3 b[3] b3 1\n.ends\n\
         X1 w[1] w[2] b[1] b[2] b[3] half\nRn xb.w[2][3] 0 1k",
    ] {
        let deck = deck(array, &format!(".save all @v1[dc]\n{analyses}"));
        check_plain(&deck.replace("Vb3 b[3] 0 0", "Rb3 b[3] 0 1"));
    }
}

#[test]
fn arrays_of_any_cell_are_their_plain_netlists() {
    let models = "
.model diode d is=1e-14 cjo=1p
.model cell ts_pcm(pcm=memory ts=switch)
.model memory pcm(ftheta=0.55 fronts=40 r_n=60n s0=0.7)
.model switch ots(r_th=10meg)
.model nch nmos vto=0.5 kp=100u
.subckt sinh a b params: i0=1u
B1 a b i={i0*sinh(v(a,b)/0.2)}
.ends
.subckt onet w b g params: r=10k
M1 w g m 0 nch w=10u l=1u
R1 m b {r}
.ends
";
    let drive = "
V1 a 0 dc 2.4 pulse(0 3.6 10n 20n 2n 100n 500n 2)
R1 a w[1] 20k
V2 w[2] 0 0.3
Vb1 b[1] 0 0
Vb2 b[2] 0 0
Vg1 g[1] 0 3
Vg2 g[2] 0 0
Rg g[1] g[2] 1k
";
    let lines = "rword=10 rbit=10 cword=1f cbit=1f";
    for (cell, rest) in [
        ("sinh", "i0=2u sigma.i0=0.2"),
        ("diode", "rsense=10"),
        ("switch", ""),
        ("memory", "ua0=\"dome.csv\""),
        ("cell", "ua0=\"dome.csv\" sigma.r_n=0.05"),
        ("memory", "selector=sinh ua0=25n fault=\"short@1,2 stuck@2,2=20k\""),
        ("r", "selector=sinh r=\"four.csv\" selector.i0=3u"),
        ("r", "selector=diode r=10k"),
    ] {
        check_plain(&format!(
            "cells{drive}{models}.crossbar xb w[1:2] b[1:2] {cell} {lines} {rest}
.save all @r1[i]\n.op\n.tran 0 1u 0 20n\n.end\n"
        ));
    }
    // A selector and its cell are eliminated together, so that their middle is no vector and sums are rounded otherwise.
    let deck = format!(
        "cells{drive}{models}.crossbar xb w[1:2] b[1:2] memory {lines} selector=switch ua0=20n selector.temp=40
.save v(xb.w[1][2]) i(vb1) @xb.c[1][1][u_a] @xb.s[1][1][i]\n.op\n.tran 0 1u 0 20n\n.end\n"
    );
    let simulation = load(&deck).unwrap();
    let plain = run(load(&simulation.plain_netlist().unwrap()).unwrap());
    let statement = run(simulation);
    for (found, expected) in statement.plots.iter().zip(&plain.plots) {
        for name in ["v(xb.w[1][2])", "i(vb1)", "@xb.c[1][1][u_a]", "@xb.s[1][1][i]"] {
            let last = |plot: &ovonic::waveforms::Plot| {
                *plot.vector(name).unwrap().as_real().unwrap().last().unwrap()
            };
            let (found, expected) = (last(found), last(expected));
            assert!(
                (found - expected).abs() <= 1e-6 * expected.abs() + 1e-12,
                "{name}: {found:e} {expected:e}"
            );
        }
    }
    let gated = |rest: &str| {
        check_plain(&format!(
            "gates{drive}{models}.crossbar xb w[1:2] b[1:2] g[1:2] onet {lines} r=\"four.csv\" {rest}
.save all @xb.c[1][2].r1[i] @xb.c[2][1].r1[i]\n.op\n.end\n"
        ))
    };
    // A gate that is closed keeps its row from conducting, or its column.
    let (by_row, by_column) = (gated(""), gated("gates=column"));
    assert!(value(&by_row, "@xb.c[2][1].r1[i]").abs() < 1e-9);
    assert!(value(&by_row, "@xb.c[1][2].r1[i]").abs() > 1e-6);
    assert!(value(&by_column, "@xb.c[1][2].r1[i]").abs() < 1e-9);
    assert!(value(&by_column, "@xb.c[2][1].r1[i]").abs() > 1e-6);
}

#[test]
fn rows_and_columns_of_one_line_work() {
    for (rows, cols) in [(1, 1), (1, 6), (6, 1)] {
        let ends = |letter: &str, count: usize, volts: f64| -> String {
            let name = |k| if count == 1 { letter.to_owned() } else { format!("{letter}[{k}]") };
            (1..=count).map(|k| format!("V{letter}{k} {} 0 {volts}\n", name(k))).collect()
        };
        let deck = format!(
            "lines\n{}{}.crossbar xb w b r rows={rows} cols={cols} r=1k rword=2 rbit=3\n.op\n.end\n",
            ends("w", rows, 1.0),
            ends("b", cols, 0.0)
        );
        let results = check_plain(&deck);
        let devices = Matrix::filled(rows, cols, 1e3);
        let array = LinearArray::driven_left(devices, 2.0, 3.0).unwrap();
        let solution = Solver::new(array, SolveOptions::default())
            .unwrap()
            .solve(&vec![1.0; rows], &vec![0.0; cols])
            .unwrap();
        for (col, expected) in solution.outputs().iter().enumerate() {
            let found = value(&results, &format!("i(vb{})", col + 1));
            assert!((found - expected).abs() < 1e-9 * expected.abs(), "{found:e} {expected:e}");
        }
    }
}

#[test]
fn an_array_with_everything_agrees_with_the_structured_solver() {
    let results = check_plain(&deck(
        ".crossbar xb w[1:2] b[1:3] r r=\"r.csv\" rword=\"words.csv\" rbit=\"bits.csv\" rdriver=7\n\
         + rsense=11 bfar=b[1:3] fault=\"bit@1,2\"",
        ".op",
    ));
    let matrix = |rows, cols, values: &[f64]| Matrix::new(rows, cols, values.to_vec());
    let inf = f64::INFINITY;
    let devices = matrix(2, 3, &[1e3, 2e3, 3e3, 4e3, inf, 6e3]);
    let words = matrix(2, 4, &[1.0, 2.0, 3.0, 4.0, 0.0, 6.0, inf, 8.0]);
    let bits = matrix(3, 3, &[1.0, 2.0, 3.0, 4.0, inf, 6.0, 7.0, 0.0, 9.0]);
    let lines = |wire, ends: [Option<f64>; 2], count| Lines {
        wire: Wire::PerSegment(wire),
        ends: vec![ends; count],
    };
    let array = LinearArray::new(
        devices,
        lines(words, [Some(7.0), None], 2),
        lines(bits, [Some(11.0), Some(11.0)], 3),
    )
    .unwrap();
    let solution = Solver::new(array, SolveOptions::default())
        .unwrap()
        .solve(&[1.0, 0.5], &[0.0, 0.1, 0.0])
        .unwrap();
    for (row, col) in [(1, 1), (1, 2), (1, 3), (2, 1)] {
        // Word line 2 has no first segment: its first crossing is its end.
        let position = if (row, col) == (2, 1) { 0 } else { col };
        let found = value(&results, &format!("v(xb.w[{row}][{position}])"));
        let expected = solution.voltage(Direction::Word, row - 1, col - 1);
        assert!((found - expected).abs() < 1e-9, "{row} {col}: {found} {expected}");
        let found = value(&results, &format!("v(xb.b[{row}][{col}])"));
        let expected = solution.voltage(Direction::Bit, row - 1, col - 1);
        assert!((found - expected).abs() < 1e-9, "{row} {col}: {found} {expected}");
    }
}

#[test]
fn faults_do_what_they_say() {
    let currents = |fault: &str| {
        let deck = deck(
            &format!(".crossbar xb w[1:2] b[1:3] r r=1k rvia=1k fault=\"{fault}\""),
            ".op\n.save i(vb1) i(vb3)",
        );
        let results = check_plain(&deck);
        (value(&results, "i(vb1)"), value(&results, "i(vb3)"))
    };
    // Without line resistance: 1 V and 0.5 V over 2 kΩ each.
    for (fault, first, third) in [
        ("", 0.75e-3, 0.75e-3),
        ("open@1,1", 0.25e-3, 0.75e-3),
        ("short@1,1", 1.25e-3, 0.75e-3),
        ("stuck@2,3=9k", 0.75e-3, 0.55e-3),
        ("word@1,2", 0.75e-3, 0.25e-3),
        ("word@1,0", 0.8e-3 / 3.0, 0.8e-3 / 3.0),
        ("bit@1,1", 0.25e-3, 0.75e-3),
        ("bit@2,1", 0.0, 0.75e-3),
    ] {
        let found = currents(fault);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(found.0, first) && close(found.1, third), "{fault}: {found:?}");
    }
}

#[test]
fn parameters_of_an_array_can_be_swept_and_asked_for() {
    let results = check_plain(&deck(
        ".param ohms=1k\n.crossbar xb w[1:2] b[1:3] r r={ohms} rword=1 rbit=1",
        ".dc ohms 1k 3k 1k\n.save i(vb1) @r.xb.c[1][1][r] @r.xb.w[1][0][i]",
    ));
    let swept = results.plots[0].vector("i(vb1)").unwrap().as_real().unwrap();
    assert!(swept[0] > 1.9 * swept[1] && swept[1] > 1.4 * swept[2], "{swept:?}");
    // The names of instances do not need their letters.
    let deck = deck(
        ".crossbar xb w[1:2] b[1:3] r r=1k rword=1 rbit=1 rdriver=2 cword=1p",
        ".op\n.save @xb.c[1][1][i] @r.xb.c[1][1][i] @xb.drive[1][0][i] @xb.w[1][0][i] @c.xb.w[1][1][c]",
    );
    let results = run(load(&deck).unwrap());
    assert_eq!(value(&results, "@xb.c[1][1][i]"), value(&results, "@r.xb.c[1][1][i]"));
    let (driver, line) = (value(&results, "@xb.drive[1][0][i]"), value(&results, "@xb.w[1][0][i]"));
    assert!((driver - line).abs() < 1e-12 * line.abs(), "{driver:e} {line:e}");
    assert_eq!(value(&results, "@c.xb.w[1][1][c]"), 1e-12);
    let unknown = load(&deck.replace("@xb.c[1][1][i]", "@xb.c[3][1][i]"));
    assert!(unknown.err().unwrap().contains("no device \"xb.c[3][1]\""));
}

#[test]
fn a_field_of_parameters_belongs_to_its_seed() {
    let resistances = |rest: &str| -> Vec<f64> {
        let deck = deck(
            &format!(".crossbar xb w[1:2] b[1:3] r r=1k rword=1 rbit=1 sigma.r=0.5 {rest}"),
            ".op\n.save @xb.c[1][1][r] @xb.c[1][2][r] @xb.c[2][3][r]",
        );
        let results = run(load(&deck).unwrap());
        ["@xb.c[1][1][r]", "@xb.c[1][2][r]", "@xb.c[2][3][r]"]
            .iter()
            .map(|name| value(&results, name))
            .collect()
    };
    let first = resistances("seed=1");
    assert_eq!(first, resistances(""), "one is the seed of a run");
    assert_eq!(first, resistances("seed=1"));
    let other = resistances("seed=2");
    assert!(first.iter().zip(&other).all(|(a, b)| a != b), "{first:?} {other:?}");
    let smooth = resistances("correlation=50");
    let spread = |values: &[f64]| (values[0] / values[1]).ln().abs();
    assert!(spread(&smooth) < 0.1 * spread(&first), "{smooth:?} {first:?}");
}

#[test]
fn an_array_learns_again_what_it_forgot_faster_because_of_its_nuclei() {
    let models = "
.model cell ts_pcm(pcm=memory ts=switch)
.model memory pcm(ftheta=0.55 fronts=40 r_n=60n s0=0.7)
.model switch ots(r_th=10meg)
.options temp=26.85
";
    let corner = Retraining {
        pattern: Matrix::new(2, 2, vec![1.0, 1.0, 1.0, 0.0]),
        pulses: 11,
        voltage: 4.5,
        series: 50e3,
        scheme: Scheme::Third,
        reset: 430e-6,
        thickness: 29e-9,
        learned: 15e-9,
        segment: 5.0,
        capacitance: 1e-16,
        spread: 0.0,
        seed: 1,
        models: models.to_owned(),
        cell: "cell".to_owned(),
    };
    let snapshots = corner.run().expect("the array can be simulated");
    // Pulses until a third of the error is left.
    let needed = |phase: Phase| {
        let of_phase = || snapshots.iter().filter(|snapshot| snapshot.phase == phase);
        let first = of_phase().next().unwrap();
        assert!((first.error - 0.75f64.sqrt()).abs() < 1e-12, "nothing is learned before");
        of_phase().position(|snapshot| snapshot.error < first.error / 3.0).expect("it learns")
    };
    let [naive, again, erased] = [Phase::Naive, Phase::Again, Phase::Erased].map(needed);
    assert!(again as f64 <= 0.8 * naive as f64, "{again} after {naive}");
    assert!(erased >= naive, "{erased} without nuclei, {naive} at first");
    assert!(snapshots.iter().all(|snapshot| snapshot.disturb < 1e-6), "a third disturbs nothing");
    // The domes that the RESET left are those that were erased of their nuclei.
    let domes = |phase: Phase| &snapshots.iter().find(|s| s.phase == phase).unwrap().thickness;
    let (left, given) = (domes(Phase::Again), domes(Phase::Erased));
    let pairs = left.values().iter().zip(given.values());
    pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{a:e} {b:e}"));
    assert!(left.at(0, 0) > 29e-9 && left.at(1, 1) < 29.01e-9, "{left:?}");
}
