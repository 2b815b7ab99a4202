//! Closed forms of the bipolar transistor.

use super::resistances::crowding;
use super::*;
use ovonic_device::constants::thermal_voltage;
use ovonic_device::{Params, Side, find_param};
use ovonic_numerics::scalar::Dual;

fn transistor(settings: &[(&str, f64)]) -> Bipolar {
    let mut params = BipolarParams::default();
    for (name, value) in settings {
        let index = find_param(BipolarParams::TABLE, name).expect("a known parameter");
        params.assign(index, *value).expect("a value in range");
    }
    Bipolar::prepare(&params, &Environment::default()).expect("a consistent device")
}

/// Residuals at terminal voltages `c b e s`, inner nodes collapsed.
fn residuals(device: &Bipolar, [c, b, e, s]: [f64; 4]) -> ([f64; 9], [f64; 9]) {
    let mut out = Contributions::<f64, 9>::new(Side::default());
    let x = [c, b, e, s, c, b, e, 0.0, 0.0];
    device.eval(x, &Iterate::dc(), &mut Limits::off(), &mut out);
    (out.f, out.q)
}

#[test]
fn ideal_transistor_obeys_ebers_and_moll() {
    let device = transistor(&[("is", 1e-15), ("bf", 80.0), ("br", 3.0)]);
    let (vbe, vbc) = (0.65, 0.45);
    let (f, _) = residuals(&device, [vbe - vbc, vbe, 0.0, 0.0]);
    let vt = thermal_voltage(300.15);
    let (forward, reverse) = (1e-15 * (vbe / vt).exp_m1(), 1e-15 * (vbc / vt).exp_m1());
    assert!((f[CI] / (forward - reverse - reverse / 3.0) - 1.0).abs() < 1e-12);
    assert!((f[BI] / (forward / 80.0 + reverse / 3.0) - 1.0).abs() < 1e-12);
    assert!(f.iter().sum::<f64>().abs() < 1e-15);
}

#[test]
fn polarity_mirrors_currents_and_charges() {
    let settings = [("cje", 1e-12), ("cjc", 2e-12), ("cjs", 1e-12), ("tf", 1e-9), ("vaf", 50.0)];
    let npn = transistor(&settings);
    let pnp = transistor(&[&settings[..], &[("polarity", -1.0), ("subs", 1.0)]].concat());
    let (f, q) = residuals(&npn, [2.0, 0.7, 0.0, -1.0]);
    let (g, r) = residuals(&pnp, [-2.0, -0.7, 0.0, 1.0]);
    for row in 0..9 {
        assert_eq!(f[row], -g[row]);
        assert_eq!(q[row], -r[row]);
    }
}

#[test]
fn early_effect_and_knee_follow_the_base_charge() {
    let device = transistor(&[("is", 1e-15), ("vaf", 40.0), ("ikf", 1e-3)]);
    let vt = thermal_voltage(300.15);
    let forward = 1e-15 * (0.75f64 / vt).exp_m1();
    let q1 = 1.0 / (1.0 + 4.25 / 40.0);
    let qb = 0.5 * q1 * (1.0 + (1.0 + 4.0 * forward / 1e-3).sqrt());
    let (f, _) = residuals(&device, [5.0, 0.75, 0.0, 0.0]);
    assert!((f[CI] / (forward / qb) - 1.0).abs() < 1e-9);
}

#[test]
fn crowding_has_its_series_and_its_limit() {
    // Both sides of the switch from series to closed form, at z = 0.2.
    let switch = 4.5e-3;
    for step in 0..20 {
        let ratio = switch * (1.0 + 1e-3 * f64::from(step - 10));
        let here = crowding(Dual::<1>::unknown(ratio, 0));
        let (before, after) = (crowding(ratio - 1e-7), crowding(ratio + 1e-7));
        assert!((here.gradient[0] / ((after - before) / 2e-7) - 1.0).abs() < 1e-5);
        let z = {
            let pi2 = std::f64::consts::PI.powi(2);
            ((1.0 + 144.0 / pi2 * ratio).sqrt() - 1.0) / (24.0 / pi2 * ratio.sqrt())
        };
        let closed = 3.0 * (z.tan() - z) / (z * z.tan() * z.tan());
        assert!((here.value / closed - 1.0).abs() < 1e-11);
    }
    // Half of the variable part is left at irb.
    assert!((crowding(1.0) - 0.5).abs() < 0.02, "{}", crowding(1.0));
    assert!(crowding(1e8) < 1e-3);
}

#[test]
fn excess_phase_settles_at_the_forward_current() {
    let device = transistor(&[("ptf", 30.0), ("tf", 1e-9)]);
    assert_eq!(device.collapse(0b111)[DELAYED], Tie::Free);
    let (f, _) = residuals(&device, [1.0, 0.6, 0.0, 0.0]);
    let forward = device.currents(0.6, -0.4, 0.0).forward;
    assert_eq!(f[HALFWAY], -forward);
    assert_eq!(transistor(&[]).collapse(0b111)[DELAYED], Tie::Ground);
}

#[test]
fn voltages_far_out_stay_finite() {
    let device =
        transistor(&[("vaf", 50.0), ("ikf", 1e-2), ("xtf", 2.0), ("vtf", 3.0), ("tf", 1e-9)]);
    for c in [-1e3, 0.0, 1e3] {
        for b in [-1e3, 0.0, 1e3] {
            let (f, q) = residuals(&device, [c, b, 0.0, 0.0]);
            assert!(f.iter().chain(&q).all(|y| y.is_finite()), "{c} {b}");
        }
    }
}

/// Values of ngspice 39, whose constants are those of CODATA 2014: `k/q` is smaller by 3.4e-7, and exponentials
/// differ by up to a hundred times as much.
/// At each temperature: voltages `c b e s`; collector and base current, input and output capacitance.
#[test]
fn currents_and_capacitances_agree_with_ngspice() {
    let card = "is=1e-15 bf=120 nf=1.02 vaf=60 ikf=.05 ise=1e-13 ne=1.6 br=4 nr=1.01 var=8 ikr=.02 isc=3e-13 \
        nc=1.8 xtb=1.5 eg=1.12 xti=3.2 cje=2e-12 vje=.8 mje=.35 tf=3e-10 cjc=1e-12 vjc=.6 mjc=.4 xcjc=.4 tr=1e-8 \
        cjs=3e-12 vjs=.65 mjs=.4 fc=.6 xtf=4 vtf=3 itf=.01";
    let saturated = [0.1, 0.7, 0.0, 0.0];
    let active = [2.0, 0.7, 0.0, 0.0];
    let reference = [
        (-40.0, active, [1.121278202e-06, 1.204251646e-07, 3.620893429e-12, 2.233533711e-12]),
        (-40.0, saturated, [1.063349491e-06, 1.293415768e-07, 4.578750269e-12, 4.144502925e-12]),
        (27.0, active, [3.095298519e-04, 4.997718196e-06, 7.564477828e-12, 2.340576438e-12]),
        (27.0, saturated, [2.879658303e-04, 7.475246905e-06, 1.245983380e-11, 8.464836001e-12]),
        (100.0, active, [1.300602565e-02, 1.250166888e-04, 3.245759579e-10, 2.383832350e-12]),
        (100.0, saturated, [1.137968304e-02, 3.085541093e-04, 7.317205199e-10, 3.174153011e-10]),
    ];
    let mut params = BipolarParams::default();
    for setting in card.split_whitespace() {
        let (name, value) = setting.split_once('=').expect("name=value");
        let index = find_param(BipolarParams::TABLE, name).expect("a known parameter");
        params.assign(index, value.parse().expect("a number")).expect("in range");
    }
    for (celsius, [c, b, e, s], expected) in reference {
        let env = Environment { temperature: celsius + ZERO_CELSIUS, ..Environment::default() };
        let device = Bipolar::prepare(&params, &env).expect("a consistent device");
        let mut out = Contributions::<Dual<9>, 9>::new(Side::default());
        let x = [c, b, e, s, c, b, e, 0.0, 0.0];
        let x = std::array::from_fn(|i| Dual::unknown(x[i], i));
        let at = Iterate { gmin: 1e-12, ..Iterate::dc() };
        device.eval(x, &at, &mut Limits::off(), &mut out);
        let capacitance = |rows: [usize; 2]| -> f64 {
            let entries = rows.map(|row| rows.map(|column| out.q[row].gradient[column]));
            entries.as_flattened().iter().sum()
        };
        let found = [out.f[CI].value, out.f[BI].value, capacitance([B, BI]), capacitance([C, CI])];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 4e-5, "{celsius}: {found:e} {expected:e}");
        }
    }
}
