//! Threshold switches in time: how the threshold follows the ramp and the delay follows the overdrive.

use ovonic::waveforms::{PlotKind, Results};
use ovonic_tests::simulate;
use std::path::Path;

fn transient(deck: &str) -> (Vec<f64>, Vec<Vec<f64>>) {
    let results: Results = simulate(Path::new("switch"), deck).expect("the deck runs");
    let plot = results.plots.iter().find(|plot| plot.kind == PlotKind::Transient);
    let plot = plot.expect("a transient");
    let columns: Vec<Vec<f64>> =
        plot.vectors.iter().filter_map(|vector| vector.as_real().map(<[f64]>::to_vec)).collect();
    (columns[0].clone(), columns[1..].to_vec())
}

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
