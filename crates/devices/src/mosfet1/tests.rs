//! Closed forms of the level 1 transistor.

use super::*;
use ovonic_device::{Params, Rates, Side, find_param};

fn transistor(settings: &[(&str, f64)]) -> Mosfet1 {
    let mut params = Mosfet1Params::default();
    for (name, value) in settings {
        let index = find_param(Mosfet1Params::TABLE, name).expect("a known parameter");
        params.assign(index, *value).expect("a value in range");
    }
    Mosfet1::prepare(&params, &Environment::default()).expect("a consistent device")
}

/// Residuals with derivatives at terminal voltages `d g s b`, inner nodes collapsed.
fn residuals(device: &Mosfet1, [d, g, s, b]: [f64; 4]) -> ([Dual<N>; N], [Dual<N>; N]) {
    let mut out = Contributions::<Dual<N>, N>::new(Side::default());
    let x = [d, g, s, b, d, s];
    let x = std::array::from_fn(|i| Dual::unknown(x[i], i));
    device.eval(x, &Iterate::dc(), &mut Limits::off(), &mut out);
    (out.f, out.q)
}

const PROCESS: [(&str, f64); 6] =
    [("vto", 0.8), ("kp", 5e-5), ("gamma", 0.6), ("phi", 0.7), ("lambda", 0.02), ("tox", 2e-8)];

#[test]
fn currents_are_those_of_shichman_and_hodges() {
    let device = transistor(&[&PROCESS[..], &[("w", 1e-5), ("l", 2e-6)]].concat());
    let von = 0.8 + 0.6 * ((0.7f64 + 1.5).sqrt() - 0.7f64.sqrt());
    for (vgs, vds) in [(3.0f64, 0.4f64), (3.0, 5.0), (0.9, 2.0)] {
        let over = (vgs - von).max(0.0);
        let effective = vds.min(over);
        let closed = 2.5e-4 * (1.0 + 0.02 * vds) * effective * (over - effective / 2.0);
        let (f, _) = residuals(&device, [vds, vgs, 0.0, -1.5]);
        assert!((f[SI].value + closed).abs() < 1e-12, "{vgs} {vds}");
        // The same transistor with its ends exchanged.
        let (f, _) = residuals(&device, [0.0, vgs, vds, -1.5]);
        assert!((f[DI].value + closed).abs() < 1e-12, "{vgs} {vds}");
    }
}

#[test]
fn process_data_give_the_electrical_parameters() {
    let params = Mosfet1Params {
        oxide_thickness: Some(1e-7),
        substrate_doping_cm: Some(1e15),
        ..Mosfet1Params::default()
    };
    let channel = params.channel(1.0, 300.15).expect("consistent");
    assert!((channel.oxide - 3.4531e-4).abs() < 1e-8);
    assert!((channel.transconductance - 600e-4 * channel.oxide).abs() < 1e-12);
    assert!((channel.surface_potential - 0.576).abs() < 1e-3);
    assert!((channel.body_factor - 0.5276).abs() < 1e-3);
    // An n+ polysilicon gate over 1e15 boron: close to zero.
    assert!(channel.threshold.abs() < 0.2, "{}", channel.threshold);
}

/// Capacitances between the gate and source, drain and bulk as parts of the oxide's, at terminal voltages `d g s b`.
fn parts(device: &Mosfet1, [d, g, s, b]: [f64; 4]) -> [f64; 3] {
    let mut capacitances = [0.0; 3];
    let side = Side { capacitances: &mut capacitances, ..Side::default() };
    let mut out = Contributions::<f64, N>::new(side);
    device.eval([d, g, s, b, d, s], &Iterate::dc(), &mut Limits::off(), &mut out);
    capacitances.map(|c| c / device.oxide.capacitance)
}

#[track_caller]
fn assert_parts(device: &Mosfet1, at: [f64; 4], expected: [f64; 3]) {
    let found = parts(device, at);
    for (found, expected) in found.into_iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{at:?}: {found} {expected}");
    }
}

#[test]
fn gate_capacitances_are_meyers_in_each_region() {
    let device = transistor(&PROCESS);
    // Accumulation: all of the oxide, to the bulk.
    assert_parts(&device, [1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0]);
    // Depletion: 0.5 V below threshold, then 0.14 V below, where the channel begins.
    assert_parts(&device, [1.0, 0.3, 0.0, 0.0], [0.0, 0.0, 0.5 / 0.7]);
    assert_parts(&device, [1.0, 0.66, 0.0, 0.0], [2.0 / 3.0 - 4.0 / 3.0 * 0.2, 0.0, 0.2]);
    // Saturation: two thirds, to the source; to the drain where the ends are exchanged.
    assert_parts(&device, [5.0, 3.0, 0.0, 0.0], [2.0 / 3.0, 0.0, 0.0]);
    assert_parts(&device, [0.0, 3.0, 5.0, 0.0], [0.0, 2.0 / 3.0, 0.0]);
    // No drain voltage: half to either end.
    assert_parts(&device, [0.0, 3.0, 0.0, 0.0], [0.5, 0.5, 0.0]);
}

#[test]
fn linear_region_gate_capacitances_follow_the_overdrives() {
    let device = transistor(&PROCESS);
    let (u, w) = (3.2, 2.2);
    let to_source = 2.0 / 3.0 * (1.0 - (w / (u + w)) * (w / (u + w)));
    let to_drain = 2.0 / 3.0 * (1.0 - (u / (u + w)) * (u / (u + w)));
    assert_parts(&device, [1.0, 4.0, 0.0, 0.0], [to_source, to_drain, 0.0]);
}

#[test]
fn displacement_currents_are_capacitances_times_rates() {
    let device = transistor(&PROCESS);
    let (at, rates) = ([1.0, 4.0, 0.5, -1.0], [3e6, -2e6, 5e6]);
    let [source, drain, bulk] = parts(&device, at).map(|part| part * device.oxide.capacitance);
    let currents = |rates| {
        let [d, g, s, b] = at;
        let side = Side { rates, ..Side::default() };
        let mut out = Contributions::<f64, N>::new(side);
        device.eval([d, g, s, b, d, s], &Iterate::dc(), &mut Limits::off(), &mut out);
        out.f
    };
    let (still, moving) = (currents(Rates::Rest), currents(Rates::Known(&rates)));
    let expected = [(SI, -source * 3e6), (DI, drain * 2e6), (B, -bulk * 5e6)];
    for (node, expected) in expected {
        assert!((moving[node] - still[node] - expected).abs() < 1e-12 * moving[node].abs());
    }
    let gate: f64 = expected.iter().map(|(_, current)| current).sum();
    assert!((moving[G] + gate).abs() < 1e-12 * gate.abs());
}

#[test]
fn charges_and_currents_of_all_terminals_sum_to_zero() {
    let device =
        transistor(&[&PROCESS[..], &[("cgso", 1e-10), ("cj", 1e-4), ("ad", 1e-9)]].concat());
    for v in [[1.0, 2.0, 0.0, -1.0], [-1.0, 3.0, 0.5, 0.3], [0.1, -2.0, 0.0, 0.0]] {
        let (f, q) = residuals(&device, v);
        for y in [f, q] {
            let sum: f64 = y.iter().map(|y| y.value).sum();
            let scale: f64 = y.iter().map(|y| y.value.abs()).sum();
            assert!(sum.abs() <= 1e-14 * scale, "{v:?}: {sum:e} of {scale:e}");
        }
    }
}

#[test]
fn p_channel_mirrors_n_channel() {
    let n = transistor(&PROCESS);
    let mut mirrored = PROCESS;
    mirrored[0].1 = -0.8;
    let p = transistor(&[&mirrored[..], &[("polarity", -1.0)]].concat());
    let (f, q) = residuals(&n, [2.0, 1.5, 0.0, -1.0]);
    let (g, r) = residuals(&p, [-2.0, -1.5, 0.0, 1.0]);
    for row in 0..N {
        assert!((f[row].value + g[row].value).abs() < 1e-18);
        assert!((q[row].value + r[row].value).abs() < 1e-24);
    }
}

#[test]
fn forward_bulk_bias_has_no_corner() {
    let device = transistor(&PROCESS);
    for vbs in [-1e-9, 1e-9, 0.7 - 1e-9, 0.7 + 1e-9, 5.0] {
        let (root, slope) = device.root(vbs);
        let (_, slope_before) = device.root(vbs - 2e-9);
        assert!(root > 0.0);
        assert!((slope - slope_before).abs() < 1e-7, "{vbs}");
    }
}

/// Values of ngspice 39, whose constants are those of CODATA 2014: `k/q` is smaller by 3.4e-7, and exponentials
/// differ by up to a hundred times as much.
/// At each temperature: voltages `d g s b`; drain and bulk current, capacitance of the bulk.
#[test]
fn currents_and_capacitances_agree_with_ngspice() {
    let card = "vto=0.8 kp=5e-5 gamma=.6 phi=.7 lambda=.02 is=1e-13 pb=.75 cj=3e-4 mj=.45 cjsw=4e-10 mjsw=.3 js=1e-4 \
        fc=.6 w=2e-5 l=3e-6 ad=2e-10 as=3e-10 pd=4e-5 ps=5e-5";
    let (saturated, linear) = ([3.0, 2.0, 0.0, -1.0], [0.5, 3.0, 0.0, -1.0]);
    let reference = [
        (-40.0, saturated, [1.810631961e-04, -5.000000092e-12, 1.079749478e-13]),
        (-40.0, linear, [3.903716086e-04, -2.500000092e-12, 1.198838195e-13]),
        (27.0, saturated, [1.494304783e-04, -5.050000000e-12, 1.123227986e-13]),
        (27.0, linear, [2.810647756e-04, -2.550000000e-12, 1.250841175e-13]),
        (100.0, saturated, [1.311213266e-04, -4.481731287e-10, 1.154571644e-13]),
        (100.0, linear, [2.142526048e-04, -4.456731287e-10, 1.290394189e-13]),
    ];
    let mut params = Mosfet1Params::default();
    for setting in card.split_whitespace() {
        let (name, value) = setting.split_once('=').expect("name=value");
        let index = find_param(Mosfet1Params::TABLE, name).expect("a known parameter");
        params.assign(index, value.parse().expect("a number")).expect("in range");
    }
    for (celsius, [d, g, s, b], expected) in reference {
        let env = Environment { temperature: celsius + ZERO_CELSIUS, ..Environment::default() };
        let device = Mosfet1::prepare(&params, &env).expect("a consistent device");
        let mut out = Contributions::<Dual<N>, N>::new(Side::default());
        let x = [d, g, s, b, d, s];
        let x = std::array::from_fn(|i| Dual::unknown(x[i], i));
        let at = Iterate { gmin: 1e-12, ..Iterate::dc() };
        device.eval(x, &at, &mut Limits::off(), &mut out);
        let found = [out.f[DI].value, out.f[B].value, out.q[B].gradient[B]];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 4e-5, "{celsius}: {found:e} {expected:e}");
        }
    }
}
