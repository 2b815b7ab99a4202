//! Law: what ac says of a device at a low frequency is what a slow, small sine in time says of it.
//!
//! The transient's current from the source is projected on the drive over its last period,
//!
//! ```text
//! c = (2/T)·∫ i(t)·e^(−jωt) dt,   i = Im(Y·A·e^(jωt))   ⇒   Y = j·c/A
//! ```
//!
//! and has to be the admittance that ac gives. Charges, delays, fluxes and the rates of states all count in both.
//!
//! Further laws of the same decks: operating point, dc sweep and trace pass through the same point, retained states held
//! alike; and at rest the noise of what dissipates is that of its impedance, `4kT·Re Z` (Nyquist): noise comes from the
//! devices' sources by the adjoint, the impedance from ac.

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

/// A deck that solves the bias point in three ways.
fn point_deck(case: &Case) -> String {
    let Case { kind, bias, cards, .. } = case;
    format!(
        "bias of {kind}\nVs a 0 dc {bias}\nRs a p 1k\n{cards}\n.options reltol=1e-9\n.op\n\
         .dc Vs {bias} {bias} 1\n.trace Vs {} {bias}\n.save i(vs) v(p)\n.end\n",
        bias - 0.05
    )
}

/// Complaints about ways to the bias point that disagree.
fn point_complaints(case: &Case) -> Vec<String> {
    let results = match simulate(Path::new(case.kind), &point_deck(case)) {
        Ok(results) => results,
        Err(error) => return vec![format!("{}: {error}", case.kind)],
    };
    let last = |plot: PlotKind, name: &str| {
        let plot = results.of_kind(&plot).expect("an analysis");
        *plot.vector(name).expect("saved").as_real().expect("real").last().expect("points")
    };
    let mut complaints = Vec::new();
    for (name, floor) in [("i(vs)", 1e-9), ("v(p)", 1e-6)] {
        let op = last(PlotKind::OperatingPoint, name);
        for plot in [PlotKind::DcTransfer, PlotKind::Trace] {
            let other = last(plot.clone(), name);
            if (op - other).abs() > 1e-6 * op.abs().max(floor) {
                complaints
                    .push(format!("{}: {name} is {op:e} in op, {other:e} in {plot:?}", case.kind));
            }
        }
    }
    complaints
}

#[test]
fn operating_point_sweep_and_trace_agree() {
    let complaints: Vec<String> = CASES.iter().flat_map(point_complaints).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Kinds without an equilibrium at rest: sources, what a formula or a gain drives, transistors under a bias of their own.
const DRIVEN: &[&str] = &[
    "voltage_source",
    "current_source",
    "vcvs",
    "vccs",
    "cccs",
    "ccvs",
    "behavioural",
    "bipolar",
    "jfet",
    "mos1",
];

/// A complaint if the noise at rest is not that of the impedance. All stands at 325 K, the base of the vanadium dioxide.
fn noise_complaint(case: &Case) -> Option<String> {
    let Case { kind, frequency, cards, .. } = case;
    let deck = format!(
        "noise of {kind}\nVs a 0 0\nRs a p 1k\nI9 0 p dc 0 ac 1\n{cards}\n.options temp=51.85 gmin=1e-18\n\
         .ac lin 1 {frequency} {frequency}\n.noise v(p) I9 lin 1 {frequency} {frequency}\n.end\n"
    );
    let results = match simulate(Path::new(kind), &deck) {
        Ok(results) => results,
        Err(error) => return Some(format!("{kind}: {error}")),
    };
    let ac = results.of_kind(&PlotKind::Ac).expect("an ac analysis");
    let impedance = ac.vector("v(p)").expect("a node").as_complex().expect("complex")[0];
    let spectrum = results.of_kind(&PlotKind::NoiseSpectrum).expect("noise");
    let density = spectrum.vector("onoise_spectrum").expect("noise").as_real().expect("real")[0];
    let expected = 4.0 * 1.380649e-23 * 325.0 * impedance.re;
    let error = density * density / expected - 1.0;
    (error.is_nan() || error.abs() > 1e-6)
        .then(|| format!("{kind}: {:e} V²/Hz, 4kT·Re Z is {expected:e}", density * density))
}

#[test]
fn noise_at_rest_is_that_of_the_impedance() {
    let passive = CASES.iter().filter(|case| !DRIVEN.contains(&case.kind));
    let complaints: Vec<String> = passive.filter_map(noise_complaint).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
