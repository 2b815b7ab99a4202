//! Law: what ac says of a device at a low frequency is what a slow, small sine in time says of it.
//!
//! Each kind stands in a deck that drives it from `a` through 1 kΩ at the node `p`, about a bias. The transient's
//! current from the source is projected on the drive over its last period,
//!
//! ```text
//! c = (2/T)·∫ i(t)·e^(−jωt) dt,   i = Im(Y·A·e^(jωt))   ⇒   Y = j·c/A
//! ```
//!
//! and has to be the admittance that ac gives. Charges, delays, fluxes and the rates of states all count in both.

use num_complex::Complex64;
use ovonic::waveforms::{PlotKind, Results};
use ovonic_tests::simulate;
use std::f64::consts::TAU;
use std::path::Path;

/// Amplitude of the sine, V: small against kT/q, large against what Newton leaves.
const AMPLITUDE: f64 = 1e-3;
/// Relative difference allowed: second order of the sine's amplitude and of the transient's steps.
const TOLERANCE: f64 = 2e-3;

/// A kind, the bias (V) of the source, the frequency (Hz), and the cards around node `p`.
struct Case {
    kind: &'static str,
    bias: f64,
    frequency: f64,
    cards: &'static str,
}

const fn case(kind: &'static str, bias: f64, frequency: f64, cards: &'static str) -> Case {
    Case { kind, bias, frequency, cards }
}

/// Memristors stand without bias, where their states rest, and the glass of phase-change memory does not relax: a device
/// that drifts by itself has no small signals to compare.
const CASES: &[Case] = &[
    case("resistor", 0.5, 1e3, "R1 p 0 2k"),
    case("capacitor", 0.5, 1e3, "C1 p 0 100n"),
    case("inductor", 0.5, 1e3, "L1 p 0 0.1"),
    case("coupling", 0.5, 1e3, "L1 p 0 0.1\nL2 s 0 0.2\nK1 L1 L2 0.8\nR2 s 0 1k"),
    case("voltage_source", 0.5, 1e3, "V2 p q 0.2\nR2 q 0 1k"),
    case("current_source", 0.5, 1e3, "I2 p 0 0.1m\nR2 p 0 1k"),
    case("vcvs", 0.5, 1e3, "R3 p 0 1k\nE1 q 0 p 0 -3\nC2 q p 20n"),
    case("vccs", 0.5, 1e3, "G1 p 0 p 0 2m"),
    case("cccs", 0.5, 1e3, "F1 p 0 vs -0.5\nR2 p 0 1k"),
    case("ccvs", 0.5, 1e3, "H1 q 0 vs 500\nR2 p q 1k"),
    case("voltage_switch", 0.5, 1e3, "S1 p 0 p 0 sw\n.model sw sw(vt=5 vh=0.1 ron=10 roff=3k)"),
    case("current_switch", 0.5, 1e3, "W1 p 0 vs sw\n.model sw csw(it=1 ih=0.1 ron=10 roff=3k)"),
    case("line", 0.5, 1e3, "T1 p 0 q 0 z0=500 td=50u\nR2 q 0 200"),
    case("behavioural", 0.5, 1e3, "B1 p 0 i=1m*tanh(v(p))+1m*v(p)**3\nB2 p 0 q=50n*v(p)**2"),
    case("diode", 2.0, 1e3, "D1 p 0 d\n.model d d(is=1e-14 rs=5 cjo=10n tt=5u)"),
    case(
        "bipolar",
        1.0,
        1e3,
        "Vc c 0 3\nQ1 c p 0 q\n.model q npn(bf=100 vaf=50 rb=10 cje=10n cjc=10n tf=1u)",
    ),
    case("jfet", 3.0, 1e3, "Vg g 0 -1\nJ1 p g 0 j\n.model j njf(vto=-2 beta=1m cgs=20n cgd=20n)"),
    case(
        "mos1",
        2.0,
        1e3,
        "Vg g 0 2\nM1 p g 0 0 m w=10u l=2u\n.model m nmos(vto=0.7 kp=100u cgdo=1m cbd=20n lambda=0.02)",
    ),
    case("ag_selector", 0.0, 1e3, "R2 p 0 1k\nN1 p 0 m\n.model m ag_selector"),
    case("ots", 1.0, 1e3, "N1 p 0 m\n.model m ots(c_th=1e-10)"),
    case("pcm", 0.1, 1e3, "N1 p 0 m\n.model m pcm(nu0=0)"),
    case("ag_diffusive", 0.0, 10.0, "R2 p 0 1k\nN1 p 0 m\n.model m ag_diffusive"),
    case("vo2", 0.5, 1e3, "N1 p 0 m\n.model m vo2"),
    case("nbo2", 0.1, 1e3, "N1 p 0 m\n.model m nbo2"),
    case("hp", 0.0, 1e3, "N1 p 0 m\n.model m hp"),
    case("team", 0.0, 1e3, "N1 p 0 m\n.model m team"),
    case("vteam", 0.0, 1e3, "N1 p 0 m\n.model m vteam"),
    case("yakopcic", 0.0, 1e3, "N1 p 0 m\n.model m yakopcic"),
    case("stanford_rram", 0.0, 1e3, "N1 p 0 m\n.model m stanford_rram"),
    case("sky130_reram", 0.0, 1e3, "N1 p 0 m\n.model m sky130_reram"),
    case("knowm", 0.0, 1e3, "N1 p 0 m\n.model m knowm"),
    case(
        "ts_pcm",
        0.1,
        1e3,
        "N1 p 0 m\n.model m ts_pcm(pcm=memory ts=switch)\n.model memory pcm(nu0=0)\n.model switch ots",
    ),
];

impl Case {
    fn deck(&self) -> String {
        let Case { kind, bias, frequency, cards } = self;
        let period = frequency.recip();
        let (step, stop) = (period / 500.0, 4.0 * period);
        format!(
            "small signals of {kind}\n\
             Vs a 0 dc {bias} ac 1 sin({bias} {AMPLITUDE} {frequency})\n\
             Rs a p 1k\n{cards}\n\
             .options reltol=1e-6 abstol=1e-14 vntol=1e-9\n\
             .ac lin 1 {frequency} {frequency}\n.tran {step} {stop} 0 {step}\n.save i(vs)\n.end\n"
        )
    }

    /// The complaint, if ac and transient disagree.
    fn complaint(&self) -> Option<String> {
        let results = match simulate(Path::new(self.kind), &self.deck()) {
            Ok(results) => results,
            Err(error) => return Some(format!("{}: {error}", self.kind)),
        };
        let ac = small_signal(&results);
        let tran = projected(&results, self.frequency);
        let difference = (ac - tran).norm() / ac.norm();
        (difference.is_nan() || difference > TOLERANCE)
            .then(|| format!("{}: {ac:e} in ac, {tran:e} in time: {difference:.1e}", self.kind))
    }
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
    let complaints: Vec<String> = CASES.iter().filter_map(Case::complaint).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
