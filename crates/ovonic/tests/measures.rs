//! `.meas` against closed forms, and what is said of cards that cannot be measured.

use ovonic::waveforms::Results;
use ovonic::{Measurement, Recording, RunOptions, Simulation};

const RC: &str = "\
* A charging capacitor.  Closed form: v(out) = 1 - exp(-t / 1 ms).
.param half=0.5
V1 in 0 1
R1 in out 1k
C1 out 0 1u ic=0
.tran 10u 5m uic
.options reltol=1e-6
";

fn measure(deck: &str, cards: &str) -> Vec<Measurement> {
    let mut simulation = Simulation::from_text(&format!("{deck}{cards}\n.end\n")).unwrap();
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording).unwrap();
    simulation.measure(&recording.into_results())
}

fn value(measurements: &[Measurement], name: &str) -> f64 {
    let found = measurements.iter().find(|m| m.name == name).unwrap();
    found.result.as_ref().unwrap().value
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() < tolerance, "{found} {expected}");
}

#[test]
fn an_exponential_has_closed_forms() {
    let cards = "\
.meas tran last find v(out) at=5m
.meas tran delay when v(out)={half} rise=1
.meas tran delay2 when v(out)=half
.meas tran top max v(out)
.meas tran mean avg v(out) from=0 to=1m
.meas tran area integ v(out) from=1m to=2m
.meas tran rise trig v(out) val=0.1 rise=1 targ v(out) val=0.9 rise=last
.meas tran across find v(in,out) when v(out)=0.5 cross=1
.meas tran equal when v(out)=v(in,out)
.meas tran slope deriv v(out) at=1m
.meas tran power find v(in)*i(v1) at 1m
.meas tran ratio param='rise/delay'
.meas tran sum = 'top+half'
.meas tran wordy avg v(out) from 0 to 1m
";
    let found = measure(RC, cards);
    let tau = 1e-3;
    let ln2 = std::f64::consts::LN_2;
    let e = 1.0_f64.exp();
    // Straight lines between points 10 us apart leave about (h / tau)^2 / 8 = 1.3e-5.
    for (name, expected) in [
        ("last", 1.0 - (-5.0_f64).exp()),
        ("delay", tau * ln2),
        ("delay2", tau * ln2),
        ("top", 1.0 - (-5.0_f64).exp()),
        ("mean", 1.0 / e),
        ("wordy", 1.0 / e),
        ("area", tau * (1.0 - 1.0 / e + 1.0 / (e * e))),
        ("rise", tau * 9.0_f64.ln()),
        ("across", 0.5),
        ("equal", tau * ln2),
        ("power", -1e-3 / e),
        ("ratio", 9.0_f64.ln() / ln2),
        ("sum", 1.5 - (-5.0_f64).exp()),
    ] {
        close(value(&found, name), expected, 5e-5 * expected.abs().max(0.1));
    }
    // The slope of a segment is exact in its middle, at most half a step away.
    close(value(&found, "slope"), 1e3 / e, 1e3 * 1e-2);
}

#[test]
fn results_read_like_the_logs_of_other_programs() {
    let found = measure(RC, ".meas tran x find v(in) at=1m\n.meas tran y max v(in)");
    assert_eq!(found[0].to_string(), "x: v(in)=1.0 at 0.001");
    assert_eq!(found[1].to_string(), "y: MAX(v(in))=1.0 FROM 0.0 TO 0.005");
}

#[test]
fn small_signals_are_measured_by_magnitude_or_part() {
    let deck = "low-pass\nV1 in 0 ac 1\nR1 in out 1k\nC1 out 0 1u\n.ac dec 200 1 10k\n";
    let cards = "\
.meas ac corner when vdb(out)=-3.0102999566 fall=1
.meas ac half find v(out) at={1/(2*pi*1m)}
.meas ac phase find vp(out) at={1/(2*pi*1m)}
";
    let found = measure(deck, cards);
    let corner = 1.0 / (std::f64::consts::TAU * 1e-3);
    close(value(&found, "corner"), corner, 1e-3 * corner);
    close(value(&found, "half"), 0.5_f64.sqrt(), 1e-4);
    close(value(&found, "phase"), -45.0, 1e-2);
}

#[test]
fn operating_points_and_sweeps_are_measured_too() {
    let deck = "divider\nV1 in 0 10\nR1 in out 1k\nR2 out 0 1k\n.op\n.dc v1 0 10 1\n";
    let cards = ".meas op bias find v(out)\n.meas dc reached when v(out)=2.5\n.save v(in)";
    let found = measure(deck, cards);
    close(value(&found, "bias"), 5.0, 1e-9);
    close(value(&found, "reached"), 5.0, 1e-9);
}

#[test]
fn what_is_not_there_fails_with_a_reason() {
    let cards = "\
.meas tran never when v(out)=2
.meas ac absent max v(out)
.meas tran unknown param='never*2'
";
    let found = measure(RC, cards);
    let reasons: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(reasons[0].starts_with("never: failed: "), "{reasons:?}");
    assert!(reasons[1].contains("no results"), "{reasons:?}");
    assert!(reasons[2].contains("never"), "{reasons:?}");
}

#[test]
fn malformed_cards_are_diagnostics() {
    for (card, message) in [
        (".meas tran x maxx v(out)", "there is no measure \"maxx\""),
        (".meas tran x max", "a signal such as v(out) is missing"),
        (".meas tran x max v(nowhere)", "nowhere"),
        (".meas tran x find v(out)", "\"at=\" or \"when\" is missing"),
        (".meas tran x when v(out) rise=1", "the level that is to be crossed is missing"),
        (".meas tran x when v(out)=1 rise=1.5", "1.5 is not a count of crossings"),
        (".meas tran x trig v(in)=1", "\"trig\" needs a \"targ\""),
        (".meas tran x max v(out) 5", "this is not part of the measure"),
        (".meas tran", "the measure does not say what to measure"),
    ] {
        let error = Simulation::from_text(&format!("{RC}{card}\n.end\n")).err();
        let error = error.unwrap_or_else(|| panic!("{card} was accepted"));
        assert!(error.to_string().contains(message), "{card}: {error}");
    }
}

#[test]
fn a_measure_can_be_made_of_any_results() {
    let mut simulation = Simulation::from_text(&format!("{RC}.meas tran x max v(out)\n")).unwrap();
    let measurements = simulation.measure(&Results::default());
    assert_eq!(measurements.len(), 1);
    assert!(measurements[0].result.is_err());
}
