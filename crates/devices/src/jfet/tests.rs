//! Closed forms of the junction field-effect transistor.

use super::*;
use ovonic_device::{Params, Side, find_param};

fn transistor(settings: &[(&str, f64)]) -> Jfet {
    let mut params = JfetParams::default();
    for (name, value) in settings {
        let index = find_param(JfetParams::TABLE, name).expect("a known parameter");
        params.assign(index, *value).expect("a value in range");
    }
    Jfet::prepare(&params, &Environment::default()).expect("a consistent device")
}

fn drain_current(device: &Jfet, d: f64, g: f64, s: f64) -> f64 {
    let mut out = Contributions::<f64, 5>::new(Side::default());
    let x = [d, g, s, d, s];
    device.eval(x, &Iterate::dc(), &mut Limits::off(), &mut out);
    assert!(out.f.iter().sum::<f64>().abs() < 1e-15);
    out.f[DI]
}

#[test]
fn square_law_in_both_regions_and_directions() {
    let device = transistor(&[("beta", 1e-3), ("lambda", 0.02), ("is", 1e-30)]);
    let saturated = 1e-3 * 4.0 * (1.0 + 0.02 * 5.0);
    let linear = 1e-3 * 0.5 * (4.0 - 0.5) * (1.0 + 0.02 * 0.5);
    assert!((drain_current(&device, 5.0, 0.0, 0.0) / saturated - 1.0).abs() < 1e-12);
    assert!((drain_current(&device, 0.5, 0.0, 0.0) / linear - 1.0).abs() < 1e-12);
    assert!((drain_current(&device, 0.0, 0.0, 5.0) / -saturated - 1.0).abs() < 1e-12);
}

#[test]
fn doping_profile_meets_at_pinch_off_and_is_smooth() {
    let device = transistor(&[("b", 0.4), ("pb", 0.8), ("is", 1e-30)]);
    let at = |vds: f64| {
        let v = Dual::<1>::unknown(vds, 0);
        let gate = Dual::constant(0.0);
        device.channel(gate, gate - v, v)
    };
    let pinched = 1e-4 * 4.0 * (0.4 + 0.6 / 2.8 * 2.0);
    assert!((at(3.0).value / pinched - 1.0).abs() < 1e-12);
    let (below, above) = (at(2.0 - 1e-9), at(2.0 + 1e-9));
    assert!((below.value - above.value).abs() < 1e-12);
    assert!((below.gradient[0] - above.gradient[0]).abs() < 1e-12);
}

#[test]
fn p_channel_mirrors_n_channel() {
    let (n, p) = (transistor(&[]), transistor(&[("polarity", -1.0)]));
    let mirrored = drain_current(&p, -3.0, 0.5, 0.0);
    assert_eq!(drain_current(&n, 3.0, -0.5, 0.0), -mirrored);
}

#[test]
fn ionisation_takes_from_the_drain_what_it_gives_to_the_gate() {
    let settings = [("alpha", 1e-3), ("vk", 50.0), ("is", 1e-30)];
    let currents = |device: &Jfet| {
        let mut out = Contributions::<f64, 5>::new(Side::default());
        let x = [20.0, 0.0, 0.0, 20.0, 0.0];
        device.eval(x, &Iterate::dc(), &mut Limits::off(), &mut out);
        out.f
    };
    let (plain, ionised) =
        (currents(&transistor(&[("is", 1e-30)])), currents(&transistor(&settings)));
    let closed = 4e-4 * 1e-3 * 18.0 * (-50.0f64 / 18.0).exp();
    assert!(((ionised[DI] - plain[DI]) / closed - 1.0).abs() < 1e-9);
    assert!(((ionised[G] - plain[G]) / -closed - 1.0).abs() < 1e-9);
}

#[test]
fn temperature_moves_threshold_and_gain_as_either_card_says() {
    let at = |settings: &[(&str, f64)]| {
        let mut params = JfetParams::default();
        for (name, value) in settings {
            let index = find_param(JfetParams::TABLE, name).expect("a known parameter");
            params.assign(index, *value).expect("a value in range");
        }
        let env = Environment { temperature: 310.15, ..Environment::default() };
        Jfet::prepare(&params, &env).expect("a consistent device")
    };
    assert_eq!(at(&[("tcv", 2e-3)]).threshold, at(&[("vtotc", -2e-3)]).threshold);
    let gain = at(&[("betatce", -0.5)]).beta / 1e-4;
    assert!((gain / 1.01f64.powf(-5.0) - 1.0).abs() < 1e-12);
}

/// Values of ngspice 39, whose constants are those of CODATA 2014: `k/q` is smaller by 3.4e-7, and exponentials
/// differ by up to a hundred times as much.
/// At each temperature: voltages `d g s`; drain and gate current, capacitance of the gate.
#[test]
fn currents_and_capacitances_agree_with_ngspice() {
    let card = "vto=-2.2 beta=1.3e-3 lambda=.02 is=1e-13 pb=.9 cgs=3e-12 cgd=2e-12 fc=.6 b=.4 tcv=1e-3 bex=-.5 eg=1.2 xti=2";
    let (saturated, forward) = ([3.0, -0.5, 0.0], [0.5, 0.4, 0.0]);
    let reference = [
        (-40.0, saturated, [2.985555884e-03, -4.000000196e-12, 3.181638595e-12]),
        (-40.0, forward, [3.623744139e-03, 4.363178907e-11, 5.470332953e-12]),
        (27.0, saturated, [2.903312649e-03, -4.199981338e-12, 3.309885211e-12]),
        (27.0, forward, [3.347302903e-03, 5.204133623e-07, 5.922288956e-12]),
        (100.0, saturated, [2.887203687e-03, -2.706937091e-09, 3.437649259e-12]),
        (100.0, forward, [3.155588889e-03, 3.414267959e-04, 6.524214571e-12]),
    ];
    let mut params = JfetParams::default();
    for setting in card.split_whitespace() {
        let (name, value) = setting.split_once('=').expect("name=value");
        let index = find_param(JfetParams::TABLE, name).expect("a known parameter");
        params.assign(index, value.parse().expect("a number")).expect("in range");
    }
    for (celsius, [d, g, s], expected) in reference {
        let env = Environment { temperature: celsius + ZERO_CELSIUS, ..Environment::default() };
        let device = Jfet::prepare(&params, &env).expect("a consistent device");
        let mut out = Contributions::<Dual<5>, 5>::new(Side::default());
        let x = [d, g, s, d, s];
        let x = std::array::from_fn(|i| Dual::unknown(x[i], i));
        let at = Iterate { gmin: 1e-12, ..Iterate::dc() };
        device.eval(x, &at, &mut Limits::off(), &mut out);
        let found = [out.f[DI].value, out.f[G].value, out.q[G].gradient[G]];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 4e-5, "{celsius}: {found:e} {expected:e}");
        }
    }
}
