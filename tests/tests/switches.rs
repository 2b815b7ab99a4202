//! Threshold switches in time: thresholds, ramps, delays, and how they vary.

use ovonic_tests::{simulate, transient};
use std::path::Path;

/// When `values` first passes `level`, by linear interpolation.
fn crossing(time: &[f64], values: &[f64], level: f64) -> Option<f64> {
    let k = values.iter().position(|value| *value >= level)?;
    let (before, after) = (values[k - 1], values[k]);
    Some(time[k - 1] + (level - before) / (after - before) * (time[k] - time[k - 1]))
}

/// Time at which an ovonic threshold switch of 50 nm passes 600 K under a drive.
fn hot(drive: &str, tran: &str) -> Option<f64> {
    let deck = format!(
        "switch\nV1 p 0 {drive}\nN1 p 0 ts\n.model ts ots\n.options temp=26.85 reltol=1e-5 trtol=1\n.tran {tran} uic\n.save @n1[temp]\n.end\n"
    );
    let (time, columns) = transient(&deck);
    crossing(&time, &columns[0], 600.0)
}

/// Solves `dT/dt = (V(t)²·G(T, V) − (T − 300)/R_th)/C_th` with the published figures and small classical steps;
/// the time at which `T` passes 600 K. A second derivation of the switch, without the crate that models it.
fn reference(voltage: impl Fn(f64) -> f64, step: f64) -> f64 {
    let area_over_length = std::f64::consts::PI * 20e-9f64.powi(2) / 50e-9;
    let rate = |t: f64, kelvin: f64| {
        let v = voltage(t);
        let thermal = 3.3 * (-0.447 / 8.617_333_262e-5 * (1.0 / kelvin - 1.0 / 300.0)).exp();
        let field = 0.033 * (2.42e-7 * ((v / 50e-9).powi(2) + 1e10).sqrt()).exp();
        let sigma = ((thermal + field).powi(-4) + 4.1e5f64.powi(-4)).powf(-0.25);
        (v * v * area_over_length * sigma - (kelvin - 300.0) / 3e6) / 1e-16
    };
    let (mut t, mut kelvin) = (0.0, 300.0);
    loop {
        let k1 = rate(t, kelvin);
        let k2 = rate(t + 0.5 * step, kelvin + 0.5 * step * k1);
        let k3 = rate(t + 0.5 * step, kelvin + 0.5 * step * k2);
        let k4 = rate(t + step, kelvin + step * k3);
        let next = kelvin + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
        if next >= 600.0 {
            return t + step * (600.0 - kelvin) / (next - kelvin);
        }
        (t, kelvin) = (t + step, next);
    }
}

#[test]
fn an_ots_switches_at_a_lower_voltage_on_a_slower_ramp() {
    let mut last = 1.8015;
    for slope in [1e7, 1e8, 1e9, 1e10] {
        let end = 4.0 / slope;
        let at = hot(&format!("pwl(0 0 {end:e} 4)"), &format!("{:e} {end:e}", end / 100.0));
        let voltage = slope * at.expect("it switches on");
        let expected = slope * reference(|t| slope * t, 5e-13);
        assert!((voltage / expected - 1.0).abs() < 1e-3, "{slope:e} {voltage} {expected}");
        assert!(voltage > last, "{slope:e}: {voltage} after {last}");
        last = voltage;
    }
    // Beyond the quasi-static 1.80 V by much when the ramp outruns the heat.
    assert!(last > 2.2, "{last}");
}

#[test]
fn an_ots_waits_longer_the_smaller_the_overdrive() {
    let mut last = f64::INFINITY;
    for voltage in [1.81, 1.85, 1.9, 2.0, 2.5, 3.0] {
        let at = hot(&format!("pwl(0 {voltage} 1 {voltage})"), "10p 100n");
        let delay = at.expect("it switches on");
        let expected = reference(|_| voltage, 2e-13);
        assert!((delay / expected - 1.0).abs() < 2e-3, "{voltage} {delay:e} {expected:e}");
        assert!(delay < last, "{voltage}: {delay:e} after {last:e}");
        last = delay;
    }
    assert!(hot("pwl(0 1.79 1 1.79)", "1n 1u").is_none(), "it switches on below threshold");
}

/// The selector's filament under a voltage.
fn filament(drive: &str, tran: &str, card: &str) -> (Vec<f64>, Vec<f64>) {
    let deck = format!(
        "selector\nV1 p 0 {drive}\nN1 p 0 ag\n.model ag ag_selector({card})\n.options reltol=1e-6 trtol=1\n.tran {tran} uic\n.save @n1[x]\n.end\n"
    );
    let (time, mut columns) = transient(&deck);
    (time, columns.remove(0))
}

#[test]
fn the_selector_turns_on_and_off_where_its_authors_saw_it() {
    let (time, x) = filament("pwl(0 0 10m 0.5)", "10u 10m", "");
    let on = 50.0 * crossing(&time, &x, 0.5).expect("it turns on");
    assert!((on - 0.267).abs() < 2e-3, "{on}");
    let (time, x) = filament("pwl(0 0.5 10m 0)", "10u 10m", "x0=1");
    let empty: Vec<f64> = x.iter().map(|x| 1.0 - x).collect();
    let off = 0.5 - 50.0 * crossing(&time, &empty, 0.5).expect("it turns off");
    assert!((off - 0.097).abs() < 3e-3, "{off}");
    let (time, x) = filament("pulse(0 1.5 0 100n 100n 800n)", "1n 1u", "");
    let delay = crossing(&time, &x, 0.8).expect("it turns on");
    assert!((delay - 264.5e-9).abs() < 1e-9, "{delay:e}");
}

/// Voltages at which a selector turns on in a row of triangular pulses of 50 V/s.
fn thresholds(card: &str, options: &str) -> Vec<f64> {
    let deck = format!(
        "cycles\nV1 p 0 pulse(0 0.6 0 12m 1m 1n 20m)\nN1 p 0 ag\n.model ag ag_selector({card})\n.options {options}\n.tran 50u 200m uic\n.save v(p) @n1[x]\n.end\n"
    );
    let (time, columns) = transient(&deck);
    let (v, x) = (&columns[0], &columns[1]);
    let passes = (1..time.len()).filter(|&k| x[k - 1] < 0.5 && x[k] >= 0.5);
    passes.map(|k| v[k - 1] + (0.5 - x[k - 1]) / (x[k] - x[k - 1]) * (v[k] - v[k - 1])).collect()
}

#[test]
fn thresholds_vary_from_cycle_to_cycle_and_belong_to_the_seed() {
    let steady = thresholds("", "seed=1");
    assert_eq!(steady.len(), 10);
    assert!(steady.iter().all(|v| (v - steady[0]).abs() < 2e-4), "{steady:?}");
    let varied = thresholds("vth_p=0.294 c2c_vth_p=0.038", "seed=1");
    assert_eq!(varied, thresholds("vth_p=0.294 c2c_vth_p=0.038", "seed=1"));
    // Other steps meet the same draws.
    let finer = thresholds("vth_p=0.294 c2c_vth_p=0.038", "seed=1 reltol=1e-5");
    assert_eq!(varied.len(), 10);
    for (a, b) in varied.iter().zip(&finer) {
        assert!((a - b).abs() < 5e-4, "{varied:?} {finer:?}");
    }
    let other = thresholds("vth_p=0.294 c2c_vth_p=0.038", "seed=2");
    assert!(varied.iter().zip(&other).all(|(a, b)| (a - b).abs() > 1e-6));
    let all: Vec<f64> = varied.into_iter().chain(other).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let deviation = (all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 19.0).sqrt();
    // Four standard errors of 20 draws.
    assert!((mean - 0.2935).abs() < 4.0 * 0.038 / 20f64.sqrt(), "{mean}");
    assert!((deviation / 0.038 - 1.0).abs() < 4.0 / 38f64.sqrt(), "{deviation}");
}

/// Threshold and hold voltages of a row of ovonic switches, from a current sweep.
fn folds(options: &str) -> (Vec<f64>, Vec<f64>) {
    let mut deck =
        String::from("row\nI1 0 s 0\nV1 s 0 0\n.model ts ots(d2d_vth=0.05 d2d_on=0.1)\n");
    for k in 0..40 {
        deck += &format!("F{k} 0 a{k} V1 1\nN{k} a{k} 0 ts\n");
    }
    let sweep = |range: &str, best: fn(f64, f64) -> f64| -> Vec<f64> {
        let text = format!("{deck}.options temp=26.85 {options}\n.dc I1 {range}\n.end\n");
        let results = simulate(Path::new("row"), &text).expect("the deck runs");
        let voltages = (0..40).map(|k| {
            let vector = results.plots[0].vector(&format!("v(a{k})")).expect("a node");
            vector.as_real().expect("volts").iter().copied().reduce(best).expect("points")
        });
        voltages.collect()
    };
    (sweep("2u 40u 0.5u", f64::max), sweep("0.5m 4m 50u", f64::min))
}

#[test]
fn devices_of_one_model_differ_by_their_names() {
    let (threshold, hold) = folds("seed=5");
    let statistics = |values: &[f64]| {
        let mean = values.iter().map(|v| v.ln()).sum::<f64>() / 40.0;
        let square = values.iter().map(|v| (v.ln() - mean).powi(2)).sum::<f64>() / 39.0;
        (mean.exp(), square.sqrt())
    };
    // To first order ln V_th follows 0.737 times the logarithm of the threshold field, and ln V_hold −0.364 times that
    // of the on-conductivity (from the folds of the steady characteristic at 0.95 and 1.05 of either).
    let (median, spread) = statistics(&threshold);
    assert!((median / 1.8015 - 1.0).abs() < 4.0 * 0.05 / 40f64.sqrt(), "{median}");
    assert!((spread / (0.737 * 0.05) - 1.0).abs() < 4.0 / 78f64.sqrt(), "{spread}");
    let (median, spread) = statistics(&hold);
    assert!((median / 0.15387 - 1.0).abs() < 4.0 * 0.036 / 40f64.sqrt(), "{median}");
    assert!((spread / (0.364 * 0.1) - 1.0).abs() < 4.0 / 78f64.sqrt(), "{spread}");
    assert_ne!(folds("seed=6").0, threshold);
}
