//! Law: what ac says of a device at a low frequency is what a slow, small sine in time says of it.
//!
//! The transient's current from the source is projected on the drive over its last period,
//!
//! ```text
//! c = (2/T)·∫ i(t)·e^(−jωt) dt,   i = Im(Y·A·e^(jωt))   ⇒   Y = j·c/A
//! ```
//!
//! and has to be the admittance that ac gives. Charges, delays, fluxes and the rates of states all count in both.

use num_complex::Complex64;
use ovonic::waveforms::{PlotKind, Results};
use ovonic_tests::{CASES, Case, simulate};
use std::f64::consts::TAU;
use std::path::Path;

/// Amplitude of the sine, V: small against kT/q, large against what Newton leaves.
const AMPLITUDE: f64 = 1e-3;
/// Relative difference allowed: second order of the sine's amplitude and of the transient's steps.
const TOLERANCE: f64 = 2e-3;

fn deck(case: &Case) -> String {
    let Case { bias, frequency, .. } = case;
    let (step, stop) = (0.002 / frequency, 4.0 / frequency);
    let tail = format!(
        ".options reltol=1e-6 abstol=1e-14 vntol=1e-9\n\
         .ac lin 1 {frequency} {frequency}\n.tran {step} {stop} 0 {step}\n.save i(vs)"
    );
    case.deck(*bias, AMPLITUDE, &tail)
}

/// The complaint, if ac and transient disagree.
fn complaint(case: &Case) -> Option<String> {
    let results = match simulate(Path::new(case.kind), &deck(case)) {
        Ok(results) => results,
        Err(error) => return Some(format!("{}: {error}", case.kind)),
    };
    let ac = small_signal(&results);
    let tran = projected(&results, case.frequency);
    let difference = (ac - tran).norm() / ac.norm();
    (difference.is_nan() || difference > TOLERANCE)
        .then(|| format!("{}: {ac:e} in ac, {tran:e} in time: {difference:.1e}", case.kind))
}

/// `i(vs)` of the ac analysis for 1 V.
fn small_signal(results: &Results) -> Complex64 {
    let plot = results.of_kind(&PlotKind::Ac).expect("an ac analysis");
    plot.vector("i(vs)").expect("saved").as_complex().expect("complex")[0]
}

/// `i(vs)` of the transient's last period for 1 V, by the trapezoidal rule on its own points.
fn projected(results: &Results, frequency: f64) -> Complex64 {
    let plot = results.of_kind(&PlotKind::Transient).expect("a transient");
    let time = plot.scale().and_then(|scale| scale.as_real()).expect("time");
    let current = plot.vector("i(vs)").expect("saved").as_real().expect("real");
    let end = time[time.len() - 1];
    let start = end - frequency.recip();
    let first = time.partition_point(|t| *t < start - 1e-9 * end);
    // The mean says nothing of the period and would only add the rounding of its ends.
    let mean = current[first];
    let at =
        |k: usize| (current[k] - mean) * Complex64::from_polar(1.0, -TAU * frequency * time[k]);
    let sum: Complex64 =
        (first + 1..time.len()).map(|k| 0.5 * (time[k] - time[k - 1]) * (at(k) + at(k - 1))).sum();
    Complex64::I * sum * (2.0 * frequency / AMPLITUDE)
}

#[test]
fn every_kind_of_device_has_a_case() {
    for kind in ovonic_devices::ALL {
        let count = CASES.iter().filter(|case| case.kind == kind.name).count();
        assert_eq!(count, 1, "{}", kind.name);
    }
    assert_eq!(CASES.len(), ovonic_devices::ALL.len());
}

#[test]
fn small_signals_are_slow_small_transients() {
    let complaints: Vec<String> = CASES.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
