//! Linear devices, sources, switches and the line against their closed forms, as devices: without a circuit.

use num_complex::Complex64;
use ovonic_device::{Environment, Kind, ParamError, Time, find_param};
use ovonic_devices::sources::SourceParams;
use ovonic_devices::waveform::Waveform;
use ovonic_devices::{
    capacitor, controlled, coupling, inductor, line, resistor, sources, switches,
};
use ovonic_testkit::specimen::{Setting, Specimen};
use std::f64::consts::TAU;

/// A device with the given parameters at `temperature` (K).
fn device_at(
    kind: &Kind,
    values: &[(&str, f64)],
    temperature: f64,
) -> Result<Specimen, ParamError> {
    let mut params = (kind.new_params)();
    for (name, value) in values {
        let index = find_param(kind.params, name).expect("the test names a parameter");
        params.assign(index, *value)?;
    }
    let env = Environment { temperature, ..Environment::default() };
    Specimen::new(kind, &*params, &env)
}

fn device(kind: &Kind, values: &[(&str, f64)]) -> Specimen {
    let env = Environment::default();
    device_at(kind, values, env.nominal_temperature).expect("the parameters make a device")
}

fn source(kind: &Kind, dc: Option<f64>, waveform: Waveform) -> Specimen {
    let params = SourceParams { dc, waveform, ..SourceParams::default() };
    Specimen::new(kind, &params, &Environment::default()).expect("a source")
}

#[track_caller]
fn close(actual: f64, expected: f64) {
    assert!((actual - expected).abs() <= 1e-12 * expected.abs(), "{actual:e} is not {expected:e}");
}

fn at_time(specimen: &Specimen, seconds: f64) -> Setting {
    Setting { time: Some(Time::new(seconds)), ..specimen.setting() }
}

#[test]
fn a_resistor_follows_ohm_and_its_temperature() {
    let kind = &resistor::KIND;
    let values = [("r", 1e3), ("tc1", 1e-3), ("tc2", -1e-6)];
    let warm = device_at(kind, &values, 400.15).expect("a resistor");
    let resistance = 1e3 * (1.0 + 0.1 - 0.01);
    let out = warm.load(&[3.0, 1.0], &warm.setting());
    close(out.f[0], 2.0 / resistance);
    close(out.f[1], -2.0 / resistance);
    let outputs = warm.outputs(kind, &[3.0, 1.0], &warm.setting());
    close(outputs[1], 4.0 / resistance);
    close(outputs[2], resistance);
    let exponential = device_at(kind, &[("r", 1e3), ("tce", 2.0)], 310.15).expect("a resistor");
    let f = exponential.residual(&[1.0, 0.0], &exponential.setting()).f[0];
    close(f, 1e-3 / 1.01f64.powi(20));
}

#[test]
fn a_resistor_is_made_of_squares() {
    let values = [("rsh", 50.0), ("l", 22e-6), ("w", 3e-6), ("narrow", 1e-6), ("short", 2e-6)];
    let drawn = device(&resistor::KIND, &values);
    close(drawn.residual(&[1.0, 0.0], &drawn.setting()).f[0], 1.0 / 500.0);
}

#[test]
fn a_resistor_makes_thermal_and_flicker_noise() {
    let values = [("r", 1e3), ("kf", 1e-12), ("af", 2.0), ("ef", 1.0)];
    let noisy = device(&resistor::KIND, &values);
    let sources = noisy.noise(&[2.0, 0.0], &noisy.setting());
    let density: f64 = sources.iter().map(|source| source.0.density(10.0)).sum();
    close(density, 4.0 * 1.380_649e-23 * 300.15 * 1e-3 + 1e-12 * 4e-6 / 10.0);
    let silent = device(&resistor::KIND, &[("r", 1e3), ("noisy", 0.0)]);
    assert!(silent.noise(&[2.0, 0.0], &silent.setting()).is_empty());
}

#[test]
fn a_resistance_of_zero_is_refused_and_a_negative_one_is_not() {
    let nominal = Environment::default().nominal_temperature;
    let zero = device_at(&resistor::KIND, &[("r", 0.0)], nominal);
    assert!(matches!(zero.err(), Some(ParamError::Inconsistent { name: "r", .. })));
    assert!(matches!(
        device_at(&resistor::KIND, &[], nominal).err(),
        Some(ParamError::Missing { name: "r" })
    ));
    let collapsed = device_at(&resistor::KIND, &[("r", 1.0), ("tc1", -0.1)], 350.0);
    assert!(matches!(collapsed.err(), Some(ParamError::Inconsistent { name: "tc1", .. })));
    let negative = device(&resistor::KIND, &[("r", -50.0)]);
    close(negative.residual(&[1.0, 0.0], &negative.setting()).f[0], -0.02);
}

#[test]
fn a_capacitor_stores_and_conducts_nothing() {
    let plate = device(
        &capacitor::KIND,
        &[("cj", 1e-3), ("cjsw", 1e-10), ("l", 10e-6), ("w", 5e-6), ("ic", 2.0)],
    );
    let capacitance = 1e-3 * 50e-12 + 2.0 * 1e-10 * 15e-6;
    let out = plate.load(&[3.0, 1.0], &plate.setting());
    assert_eq!(out.f, [0.0, 0.0]);
    close(out.q[0], 2.0 * capacitance);
    close(out.stored[0], 2.0 * capacitance);
    assert_eq!(plate.initial(&[0.0, 0.5]), [2.5, 0.5]);
}

#[test]
fn an_inductor_has_a_flux() {
    let coil = device(&inductor::KIND, &[("l", 1e-3), ("ic", 0.25)]);
    let out = coil.load(&[3.0, 1.0, 0.5], &coil.setting());
    assert_eq!(out.f, [0.5, -0.5, 2.0]);
    close(out.q[2], -0.5e-3);
    assert_eq!(coil.initial(&[0.0; 3]), [0.0, 0.0, 0.25]);
}

#[test]
fn a_coupling_adds_the_other_flux() {
    let values = [("k", 0.5), ("l1", 1e-3), ("l2", 4e-3)];
    let pair = device(&coupling::KIND, &values);
    let out = pair.load(&[2.0, 3.0], &pair.setting());
    close(out.q[0], -1e-3 * 3.0);
    close(out.q[1], -1e-3 * 2.0);
    let nominal = Environment::default().nominal_temperature;
    assert!(device_at(&coupling::KIND, &[("k", 1.01)], nominal).is_err());
}

#[test]
fn the_dc_value_wins_where_there_is_no_time_and_the_waveform_where_there_is() {
    let ramp = || Waveform::PieceWiseLinear {
        points: vec![(0.0, 1.0), (1.0, 3.0)],
        repeat: None,
        delay: 0.0,
    };
    let kind = &sources::CURRENT_SOURCE;
    let both = source(kind, Some(7.0), ramp());
    assert_eq!(both.residual(&[0.0; 2], &both.setting()).f, [7.0, -7.0]);
    assert_eq!(both.residual(&[0.0; 2], &at_time(&both, 0.5)).f, [2.0, -2.0]);
    let wave = source(kind, None, ramp());
    assert_eq!(wave.residual(&[0.0; 2], &wave.setting()).f, [1.0, -1.0]);
    let constant = source(kind, Some(7.0), Waveform::None);
    assert_eq!(constant.residual(&[0.0; 2], &at_time(&constant, 0.5)).f[0], 7.0);
}

#[test]
fn a_voltage_source_scales_and_drives_small_signals() {
    let kind = &sources::VOLTAGE_SOURCE;
    let battery = device(kind, &[("dc", 5.0), ("acmag", 2.0), ("acphase", 90.0)]);
    let half = Setting { source_scale: 0.5, ..battery.setting() };
    let out = battery.residual(&[3.0, 1.0, 0.1], &half);
    assert_eq!(out.f, [0.1, -0.1, -0.5]);
    let stimulus = battery.stimulus()[2];
    assert!((stimulus - Complex64::new(0.0, 2.0)).norm() < 1e-15);
    let outputs = battery.outputs(kind, &[5.0, 0.0, -0.1], &battery.setting());
    assert_eq!(outputs, [5.0, -0.5]);
}

#[test]
fn a_small_signal_current_flows_as_the_large_one_does() {
    let pump = device(&sources::CURRENT_SOURCE, &[("dc", 1.0), ("acmag", 1.0)]);
    let (f, rhs) = (pump.residual(&[0.0; 2], &pump.setting()).f, pump.stimulus());
    for row in 0..2 {
        assert_eq!(rhs[row].re, -f[row]);
    }
}

#[test]
fn controlled_sources_follow_their_controls() {
    let gain = &[("gain", 3.0)];
    let e = device(&controlled::VOLTAGE_BY_VOLTAGE, gain);
    let out = e.residual(&[7.0, 1.0, 4.0, 2.0, 0.1], &e.setting());
    assert_eq!(out.f, [0.1, -0.1, 0.0, 0.0, 0.0]);
    let g = device(&controlled::CURRENT_BY_VOLTAGE, gain);
    let out = g.residual(&[7.0, 1.0, 4.0, 2.0], &g.setting());
    assert_eq!(out.f, [6.0, -6.0, 0.0, 0.0]);
    let f = device(&controlled::CURRENT_BY_CURRENT, gain);
    assert_eq!(f.residual(&[7.0, 1.0, 2.0], &f.setting()).f, [6.0, -6.0, 0.0]);
    let h = device(&controlled::VOLTAGE_BY_CURRENT, gain);
    let out = h.residual(&[7.0, 1.0, 0.1, 2.0], &h.setting());
    assert_eq!(out.f, [0.1, -0.1, 0.0, 0.0]);
}

/// Conductance of a voltage switch whose control stands at `control`, once its latch has settled.
fn switched(switch: &Specimen, control: f64, setting: &mut Setting) -> f64 {
    let x = [1.0, 0.0, control, 0.0];
    if switch.crossings(&x, setting)[0] > 0.0 {
        switch.flip(0, &x, setting);
    }
    switch.residual(&x, setting).f[0]
}

#[test]
fn a_switch_remembers_between_its_thresholds() {
    let values = [("vt", 1.0), ("vh", 0.25), ("ron", 10.0), ("roff", 1e6)];
    let switch = device(&switches::VOLTAGE_SWITCH, &values);
    let mut setting = switch.setting();
    let up_and_down = [0.5, 1.0, 1.24, 1.25, 1.0, 0.75, 0.74, 1.0];
    let expected = [1e-6, 1e-6, 1e-6, 0.1, 0.1, 0.1, 1e-6, 1e-6];
    for (control, expected) in up_and_down.into_iter().zip(expected) {
        close(switched(&switch, control, &mut setting), expected);
    }
    let on = device(&switches::VOLTAGE_SWITCH, &[&values[..], &[("on", 1.0)]].concat());
    close(switched(&on, 1.0, &mut on.setting()), 0.1);
}

#[test]
fn a_smooth_switch_passes_through_the_geometric_mean() {
    let ends = [("von", 2.0), ("voff", 1.0), ("ron", 1.0), ("roff", 1e4)];
    let width = [("vt", 1.5), ("vh", -0.5), ("ron", 1.0), ("roff", 1e4)];
    let inverted = [("von", 1.0), ("voff", 2.0), ("ron", 1.0), ("roff", 1e4)];
    for values in [ends, width] {
        let switch = device(&switches::VOLTAGE_SWITCH, &values);
        let at = |control| switched(&switch, control, &mut switch.setting());
        close(at(0.0), 1e-4);
        close(at(1.5), 1e-2);
        // At half the way u = 1/2, and the cubic is 11/16 of the way from the middle.
        close(at(1.75), 10f64.powf(-2.0 + 2.0 * 11.0 / 16.0));
        close(at(9.0), 1.0);
    }
    let switch = device(&switches::VOLTAGE_SWITCH, &inverted);
    close(switched(&switch, 0.0, &mut switch.setting()), 1.0);
}

#[test]
fn a_switch_takes_one_description_of_its_control() {
    let nominal = Environment::default().nominal_temperature;
    let refused =
        |values: &[(&str, f64)]| device_at(&switches::CURRENT_SWITCH, values, nominal).err();
    assert_eq!(refused(&[("ion", 1.0)]), Some(ParamError::Missing { name: "ioff" }));
    for values in [&[("ion", 1.0), ("ioff", 1.0)][..], &[("ion", 1.0), ("ioff", 0.0), ("it", 0.5)]]
    {
        assert!(matches!(refused(values), Some(ParamError::Inconsistent { name: "ion", .. })));
    }
}

#[test]
fn a_line_without_history_is_a_pair_of_wires() {
    let line = device(&line::KIND, &[("z0", 50.0), ("td", 1e-9)]);
    let wires = [3.0, 1.0, 2.5, 0.5, 0.02, -0.02];
    let out = line.load(&wires, &line.setting());
    close(out.f[0], 0.02);
    assert!(out.f[4].abs() < 1e-15 && out.f[5].abs() < 1e-15, "{out:?}");
    // Rows 4 and 5 as functions of v1 and i1 alone: what they fix, they fix independently.
    let n = line.n();
    let entry = |row: usize, column: usize| out.df_dx[row * n + column];
    let determinant = entry(4, 0) * entry(5, 4) - entry(4, 4) * entry(5, 0);
    close(determinant.abs(), 100.0);
}

#[test]
fn a_line_turns_a_load_round_at_a_quarter_wave() {
    let (z0, load) = (50.0, 200.0);
    let line = device(&line::KIND, &[("z0", z0), ("f", 250e6)]);
    let x = [0.0; 6];
    // Rows 4 and 5 in ac: what acts now, and the delayed terms with e^(−jωτ). The other ends are grounded, and the load
    // says v2 = −load·i2.
    let rotated = Complex64::from_polar(1.0, -TAU / 4.0);
    let delayed = line.delayed(&x, &line.setting());
    let out = line.load(&x, &line.setting());
    let mut a = [[Complex64::ZERO; 6]; 2];
    for (row, entries) in a.iter_mut().enumerate() {
        for (column, entry) in entries.iter_mut().enumerate() {
            *entry = out.df_dx[(4 + row) * 6 + column].into();
        }
    }
    for term in &delayed {
        close(term.delay, 1e-9);
        // In dc the delayed terms act at once; here they act rotated.
        a[term.row - 4][term.column] += term.value * (rotated - 1.0);
    }
    // With v1 = 1: a column for i1 and one for i2.
    let (m11, m21) = (a[0][4], a[1][4]);
    let (m12, m22) = (a[0][5] - load * a[0][2], a[1][5] - load * a[1][2]);
    let i1 = (a[1][0] * m12 - a[0][0] * m22) / (m11 * m22 - m12 * m21);
    let impedance = 1.0 / i1;
    assert!((impedance - z0 * z0 / load).norm() < 1e-9, "{impedance}");
}

#[test]
fn a_line_is_described_by_its_delay_or_its_wavelengths() {
    let nominal = Environment::default().nominal_temperature;
    let refused = |values: &[(&str, f64)]| device_at(&line::KIND, values, nominal).err();
    assert_eq!(refused(&[("z0", 50.0)]), Some(ParamError::Missing { name: "td" }));
    assert_eq!(refused(&[("td", 1e-9)]), Some(ParamError::Missing { name: "z0" }));
    let both = refused(&[("z0", 50.0), ("td", 1e-9), ("f", 1e9)]);
    assert!(matches!(both, Some(ParamError::Inconsistent { name: "td", .. })));
}

#[test]
fn kinds_have_names_of_their_own() {
    let mut names: Vec<&str> = ovonic_devices::ALL.iter().map(|kind| kind.name).collect();
    let n = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), n);
}
