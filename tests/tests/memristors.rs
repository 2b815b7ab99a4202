//! Memristors of one model differ by their names, and from cycle to cycle, as their seed says.

use ovonic_tests::{simulate, transient};
use std::path::Path;

const KINDS: &[&str] =
    &["hp", "team", "vteam", "yakopcic", "stanford_rram", "sky130_reram", "knowm"];
const DEVICES: usize = 100;

/// Mean and deviation of the logarithms.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().map(|v| v.ln()).sum::<f64>() / n;
    let square = values.iter().map(|v| (v.ln() - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, square.sqrt())
}

/// Conductances at rest of a row of devices.
fn conductances(kind: &str, card: &str, seed: u64) -> Vec<f64> {
    let mut deck = format!("row\nV1 p 0 1m\n.model m {kind}({card})\n.options seed={seed}\n.op\n");
    for k in 0..DEVICES {
        deck += &format!("N{k} p 0 m\n.save @n{k}[g]\n");
    }
    let results = simulate(Path::new("row"), &deck).expect("the deck runs");
    let vectors = results.plots[0].vectors.iter();
    vectors.filter_map(|vector| vector.as_real().map(|values| values[0])).collect()
}

#[test]
fn devices_of_one_model_differ_in_conductance() {
    for kind in KINDS {
        let alike = conductances(kind, "", 1);
        assert_eq!(alike.len(), DEVICES, "{kind}");
        assert!(alike.iter().all(|g| *g == alike[0]), "{kind}");
        let varied = conductances(kind, "d2d_g=0.2", 1);
        let (mean, spread) = moments(&varied);
        // Four standard errors of 100 draws.
        assert!((mean - alike[0].ln()).abs() < 4.0 * 0.2 / 10.0, "{kind}: {mean}");
        assert!((spread / 0.2 - 1.0).abs() < 4.0 / 198f64.sqrt(), "{kind}: {spread}");
        assert_eq!(varied, conductances(kind, "d2d_g=0.2", 1), "{kind}");
        assert_ne!(varied, conductances(kind, "d2d_g=0.2", 2), "{kind}");
    }
}

/// How long Knowm's memristor takes to half in each of a row of cycles.
fn delays(card: &str, options: &str) -> Vec<f64> {
    let deck = format!(
        "cycles\nV1 p 0 pulse(-1 1 0 1u 1u 1m 2m)\nN1 p 0 m\n.model m knowm({card})\n.options {options}\n.tran 20u 24m uic\n.save @n1[x]\n.end\n"
    );
    let (time, columns) = transient(&deck);
    let x = &columns[0];
    let passes = (1..time.len()).filter(|&k| x[k - 1] < 0.5 && x[k] >= 0.5);
    let instant =
        |k: usize| time[k - 1] + (0.5 - x[k - 1]) / (x[k] - x[k - 1]) * (time[k] - time[k - 1]);
    passes.map(|k| instant(k) % 2e-3).collect()
}

#[test]
fn rates_differ_between_devices_and_from_cycle_to_cycle() {
    let steady = delays("", "seed=1");
    assert_eq!(steady.len(), 12);
    // ln 2 of the time constant, and the half microsecond before the edge has passed the threshold.
    assert!(steady.iter().all(|t| (t / (1e-4 * 2f64.ln()) - 1.0).abs() < 0.02), "{steady:?}");
    let device = delays("d2d_rate=0.3", "seed=1");
    let ratio = device[0] / steady[0];
    assert!((ratio - 1.0).abs() > 1e-3, "{ratio}");
    assert!(device.iter().all(|t| (t / device[0] - 1.0).abs() < 0.02), "{device:?}");
    let varied = delays("c2c_rate=0.3", "seed=1");
    let finer = delays("c2c_rate=0.3", "seed=1 reltol=1e-5");
    assert_eq!(varied.len(), 12);
    for (a, b) in varied.iter().zip(&finer) {
        assert!((a / b - 1.0).abs() < 0.02, "{varied:?} {finer:?}");
    }
    let (_, spread) = moments(&varied);
    assert!((spread / 0.3 - 1.0).abs() < 4.0 / 22f64.sqrt(), "{spread}");
}
