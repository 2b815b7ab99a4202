//! Closed forms of the junction diode.

use super::*;
use ovonic_device::constants::thermal_voltage;
use ovonic_device::{Params, find_param};

fn diode(settings: &[(&str, f64)], temperature: f64) -> Diode {
    let mut params = DiodeParams::default();
    for (name, value) in settings {
        let index = find_param(DiodeParams::TABLE, name).expect("a known parameter");
        params.assign(index, *value).expect("a value in range");
    }
    let env = Environment { temperature, ..Environment::default() };
    Diode::prepare(&params, &env).expect("a consistent device")
}

#[test]
fn forward_current_is_the_diode_equation() {
    let device = diode(&[("is", 2e-14), ("n", 1.3), ("area", 3.0)], 300.15);
    let vt = 1.3 * thermal_voltage(300.15);
    for v in [-0.1, 0.3, 0.6] {
        let closed = 6e-14 * (v / vt).exp_m1() + 1e-12 * v;
        assert!((device.junction(v, 1e-12).current / closed - 1.0).abs() < 1e-12);
    }
}

#[test]
fn breakdown_carries_ibv_at_bv() {
    let device = diode(&[("bv", 5.6), ("ibv", 2e-3), ("nbv", 1.5)], 300.15);
    let current = device.junction(-5.6, 0.0).current;
    assert!((current / -2e-3 - 1.0).abs() < 1e-9, "{current}");
    assert_eq!(device.junction(0.0, 1.0).current, 0.0);
}

#[test]
fn low_breakdown_adds_its_own_current() {
    let settings = [("bv", 5.0), ("ibv", 1e-2), ("ibvl", 1e-3), ("nbvl", 10.0)];
    let device = diode(&settings, 300.15);
    let vt = 10.0 * thermal_voltage(300.15);
    let low = 1e-3 * ((4.0 - 5.0) / vt).exp();
    assert!((device.junction(-4.0, 0.0).current / -low - 1.0).abs() < 1e-5);
    assert!((device.junction(-5.0, 0.0).current / -1.1e-2 - 1.0).abs() < 1e-6);
}

#[test]
fn saturation_current_follows_the_gap() {
    let (hot, cold) = (diode(&[], 350.0), diode(&[], 300.15));
    let ratio: f64 = 350.0 / 300.15;
    let closed = ratio.powi(3) * ((ratio - 1.0) * 1.11 / thermal_voltage(350.0)).exp();
    assert!((hot.bottom.0 / cold.bottom.0 / closed - 1.0).abs() < 1e-12);
}

#[test]
fn capacitance_is_transit_time_and_depletion() {
    let device = diode(&[("tt", 1e-9), ("cjo", 1e-12), ("vj", 0.8), ("m", 0.4)], 300.15);
    let at = |v: f64| {
        let junction = device.junction(Dual::<1>::unknown(v, 0), 0.0);
        let [bottom, _] = junction.depletion;
        (junction.diffusion + bottom).gradient[0]
    };
    let vt = thermal_voltage(300.15);
    let closed = 1e-9 * 1e-14 * (0.3 / vt).exp() / vt + 1e-12 * (1.0f64 - 0.3 / 0.8).powf(-0.4);
    assert!((at(0.3) / closed - 1.0).abs() < 1e-12);
}

#[test]
fn series_resistance_decides_about_the_inner_node() {
    assert_eq!(diode(&[], 300.15).collapse(0b11)[INNER], Tie::To(A));
    assert_eq!(diode(&[("rs", 1.0)], 300.15).collapse(0b11)[INNER], Tie::Free);
}

/// Values of ngspice 39, whose constants are those of CODATA 2014: `k/q` is smaller by 3.4e-7, and exponentials
/// differ by up to a hundred times as much.
#[test]
fn currents_and_capacitances_agree_with_ngspice() {
    let settings = [
        ("is", 2.5e-9),
        ("n", 1.7),
        ("cjo", 4e-12),
        ("vj", 0.7),
        ("m", 0.4),
        ("tt", 6e-9),
        ("fc", 0.6),
        ("eg", 1.2),
        ("xti", 2.5),
    ];
    let reference = [
        (-40.0, -1.0, -1.676996882e-12, 2.673073429e-12),
        (-40.0, 0.3, 4.417415869e-09, 4.402347877e-12),
        (-40.0, 0.6, 2.882708805e-05, 1.104041260e-11),
        (27.0, -1.0, -2.500714307e-09, 2.804914584e-12),
        (27.0, 0.3, 2.293833319e-06, 5.316862471e-12),
        (27.0, 0.6, 2.109255635e-03, 2.950747219e-10),
        (100.0, -1.0, -7.171075248e-07, 2.899110904e-12),
        (100.0, 0.3, 1.727024149e-04, 2.499437308e-11),
        (100.0, 0.6, 4.192859187e-02, 4.611504020e-09),
    ];
    for (celsius, v, current, capacitance) in reference {
        let device = diode(&settings, celsius + ZERO_CELSIUS);
        let junction = device.junction(Dual::<1>::unknown(v, 0), 1e-12);
        let [bottom, _] = junction.depletion;
        let charge = junction.diffusion + bottom;
        assert!((junction.current.value / current - 1.0).abs() < 4e-5, "{celsius} {v}");
        assert!((charge.gradient[0] / capacitance - 1.0).abs() < 4e-5, "{celsius} {v}");
    }
}
