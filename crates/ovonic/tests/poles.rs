//! Poles and zeros of circuits whose transfer functions are known.

use ovonic::waveforms::Results;
use ovonic::{Recording, RunOptions, Simulation};

fn results(text: &str) -> Results {
    let mut simulation = Simulation::from_text(&format!("title\n{text}\n.end\n")).unwrap();
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording).unwrap();
    recording.into_results()
}

/// `pole(1)`, … or `zero(1)`, … of the first plot.
fn roots(text: &str, word: &str) -> Vec<(f64, f64)> {
    let results = results(text);
    let vectors = results.plots[0].vectors.iter().filter(|v| v.name.starts_with(word));
    vectors.flat_map(|v| v.as_complex().unwrap()).map(|z| (z.re, z.im)).collect()
}

fn assert_roots(found: &[(f64, f64)], expected: &[(f64, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        let distance = (found.0 - expected.0).hypot(found.1 - expected.1);
        assert!(distance <= 1e-8 * expected.0.hypot(expected.1), "{found:?} {expected:?}");
    }
}

#[test]
fn poles_and_zeros_of_passive_circuits() {
    let low_pass = "V1 a 0 ac 1\nR1 a b 1k\nC1 b 0 1u\n.pz a 0 b 0 vol pz";
    assert_roots(&roots(low_pass, "pole"), &[(-1e3, 0.0)]);
    assert_roots(&roots(low_pass, "zero"), &[]);
    let high_pass = "C1 a b 1u\nR1 b 0 1k\nR2 a 0 1\n.pz a 0 b 0 vol pz";
    assert_roots(&roots(high_pass, "pole"), &[(-1e3, 0.0)]);
    assert_roots(&roots(high_pass, "zero"), &[(0.0, 0.0)]);
    // s² + s·R/L + 1/LC: R/L = 1e5, 1/LC = 1e10.
    let series = "V1 a 0 ac 1\nR1 a x 100\nL1 x b 1m\nC1 b 0 100n\n.pz a 0 b 0 vol pol";
    let imaginary = (1e10_f64 - 0.25e10).sqrt();
    assert_roots(&roots(series, "pole"), &[(-5e4, imaginary), (-5e4, -imaginary)]);
    assert_roots(&roots(series, "zero"), &[]);
    // A current into the parallel form: zero at -R/L of the coil's branch.
    let tank = "R1 a x 10\nL1 x 0 1m\nC1 a 0 100n\n.pz a 0 a 0 cur pz";
    let imaginary = (1e10_f64 - 0.25e8).sqrt();
    assert_roots(&roots(tank, "pole"), &[(-5e3, imaginary), (-5e3, -imaginary)]);
    assert_roots(&roots(tank, "zero"), &[(-1e4, 0.0)]);
}

#[test]
fn poles_twelve_decades_apart_are_exact() {
    let deck = "R1 a b 1k\nC1 b 0 1\nE1 c 0 b 0 1\nR2 c d 1k\nC2 d 0 1p\nR3 a 0 1\n\
                .pz a 0 d 0 vol pz";
    assert_roots(&roots(deck, "pole"), &[(-1e-3, 0.0), (-1e9, 0.0)]);
    assert_roots(&roots(deck, "zero"), &[]);
}

#[test]
fn poles_of_an_amplifier_are_where_its_response_falls() {
    let stage = "Vcc vcc 0 10\nVin in 0 dc 0.7 ac 1\nRs in b 1k\nRc vcc c 1k\nQ1 c b 0 q\n\
                 .model q npn(is=1f bf=100 cje=2p cjc=1p tf=0.1n)\n";
    let poles = roots(&format!("{stage}.pz in 0 c 0 vol pz"), "pole");
    assert_eq!(poles.len(), 2, "{poles:?}");
    let corner = poles[0].0 / std::f64::consts::TAU;
    let sweep = results(&format!("{stage}.ac lin 2 {:e} {:e}\n.save v(c)", 1e-3, -corner));
    let response = sweep.plots[0].vector("v(c)").unwrap().as_complex().unwrap().to_vec();
    // The second pole is far above, so that the first alone makes the response fall to 1/√2.
    let fall = response[1].norm() / response[0].norm();
    assert!((fall - 0.5_f64.sqrt()).abs() < 0.01, "{fall} {poles:?}");
}

#[test]
fn an_input_that_is_shorted_has_no_poles() {
    let text = "title\nV1 a 0 1\nR1 a b 1k\nC1 b 0 1u\n.pz a 0 b 0 vol pz\n.end\n";
    let mut simulation = Simulation::from_text(text).unwrap();
    let error = simulation.run(&RunOptions::default(), &mut Recording::new()).unwrap_err();
    assert!(error.to_string().contains("needs an ac value"), "{error}");
}
