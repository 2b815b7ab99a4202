//! Waveforms against their closed forms, near zero and after years.

use super::{Course, Waveform};
use ovonic_device::{Environment, ParamError, Time, Variation};
use std::f64::consts::TAU;

const ENV: Environment = Environment {
    step: 1e-6,
    stop: 1e-3,
    temperature: 300.0,
    nominal_temperature: 300.0,
    variation: Variation::new(0),
};

fn course(waveform: &Waveform) -> Course {
    waveform.course(&ENV).expect("arguments are consistent").expect("there is a waveform")
}

fn at(course: &Course, seconds: f64) -> f64 {
    course.value(Time::new(seconds))
}

fn close(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected}");
}

/// All corners up to `end`, found by walking from one to the next.
fn corners(course: &Course, mut time: Time, end: f64) -> Vec<f64> {
    let (start, mut found) = (time, Vec::new());
    while let Some(next) = course.next_event(time) {
        assert!(next.minus(time) > 0.0, "{time:?} to {next:?}");
        if next.seconds() > end {
            break;
        }
        found.push(next.minus(start));
        time = next;
    }
    found
}

fn pulse(delay: f64, count: Option<f64>) -> Waveform {
    Waveform::Pulse {
        initial: 1.0,
        pulsed: 3.0,
        delay,
        rise: Some(1e-9),
        fall: Some(2e-9),
        width: Some(5e-9),
        period: Some(20e-9),
        count,
    }
}

#[test]
fn a_pulse_is_a_trapezoid() {
    let course = course(&pulse(10e-9, None));
    for (nanoseconds, expected) in [
        (0.0, 1.0),
        (10.0, 1.0),
        (10.5, 2.0),
        (11.0, 3.0),
        (13.0, 3.0),
        (16.0, 3.0),
        (17.0, 2.0),
        (18.0, 1.0),
        (25.0, 1.0),
        (30.5, 2.0),
        (57.0, 2.0),
    ] {
        close(at(&course, nanoseconds * 1e-9), expected, 1e-6);
    }
}

#[test]
fn the_corners_of_pulses_are_exact() {
    let course = course(&pulse(10e-9, Some(2.0)));
    let expected = [10.0, 11.0, 16.0, 18.0, 30.0, 31.0, 36.0, 38.0, 50.0];
    let found = corners(&course, Time::new(0.0), 1.0);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        close(*found, expected * 1e-9, 1e-23);
    }
    assert_eq!(at(&course, 55.5e-9), 1.0);
}

#[test]
fn a_pulse_keeps_its_edges_after_years() {
    let years = 1e8;
    let course = course(&pulse(years, None));
    let start = Time { base: years, offset: -5e-9 };
    let found = corners(&course, start, years + 20e-9);
    for (found, expected) in found.iter().zip([5.0, 6.0, 11.0, 13.0, 25.0]) {
        close(*found, expected * 1e-9, 1e-22);
    }
    assert!(found.len() >= 5, "{found:?}");
    let half_way = Time { base: years, offset: 0.5e-9 };
    close(course.value(half_way), 2.0, 1e-12);
}

#[test]
fn a_repetition_keeps_its_phase_after_years() {
    let course = course(&pulse(0.0, None));
    // The period as a binary number is not 20 ns exactly; what counts is its multiple.
    let (base, period) = (1e8, 20e-9);
    let phase = base % period;
    let to_half_rise = period - phase + 0.5e-9;
    let time = Time { base, offset: to_half_rise };
    close(course.value(time), 2.0, 1e-6);
    let event = course.next_event(Time { base, offset: 0.0 }).expect("a train has corners");
    let ahead = [0.0, 1e-9, 6e-9, 8e-9, period].map(|c| c - phase);
    let expected = ahead.into_iter().find(|&c| c > 0.0);
    close(event.offset, expected.expect("the cycle's end"), 1e-22);
}

#[test]
fn absent_arguments_of_a_pulse_come_from_the_analysis() {
    let course = course(&Waveform::Pulse {
        initial: 0.0,
        pulsed: 1.0,
        delay: 0.0,
        rise: None,
        fall: Some(0.0),
        width: None,
        period: None,
        count: None,
    });
    close(at(&course, 0.5e-6), 0.5, 1e-12);
    assert_eq!(at(&course, 0.9e-3), 1.0);
}

#[test]
fn a_pulse_without_an_analysis_is_a_step() {
    let waveform = Waveform::Pulse {
        initial: 0.0,
        pulsed: 1.0,
        delay: 1.0,
        rise: None,
        fall: None,
        width: None,
        period: None,
        count: None,
    };
    let course = waveform.course(&Environment::default()).expect("consistent").expect("a waveform");
    assert_eq!(at(&course, 1.0), 0.0);
    assert_eq!(at(&course, 1.0 + 1e-12), 1.0);
    assert_eq!(corners(&course, Time::new(0.0), 1e9), [1.0]);
}

fn polygon(repeat: Option<f64>) -> Waveform {
    Waveform::PieceWiseLinear {
        points: vec![(1.0, 2.0), (2.0, 4.0), (2.0, 5.0), (4.0, 1.0)],
        repeat,
        delay: 10.0,
    }
}

#[test]
fn a_polygon_holds_its_ends_and_jumps_where_two_points_share_a_time() {
    let course = course(&polygon(None));
    for (t, expected) in
        [(0.0, 2.0), (11.0, 2.0), (11.5, 3.0), (12.0, 4.0), (13.0, 3.0), (14.0, 1.0), (99.0, 1.0)]
    {
        close(at(&course, t), expected, 1e-12);
    }
    close(at(&course, 12.0 + 1e-9), 5.0, 1e-8);
    assert_eq!(corners(&course, Time::new(0.0), 99.0), [11.0, 12.0, 14.0]);
}

#[test]
fn a_polygon_repeats_from_a_time_on() {
    let course = course(&polygon(Some(1.5)));
    close(at(&course, 14.0), 1.0, 1e-12);
    close(at(&course, 14.25), 3.5, 1e-12);
    close(at(&course, 15.5), 3.0, 1e-12);
    close(at(&course, 18.0), 3.0, 1e-12);
    let found = corners(&course, Time::new(0.0), 19.0);
    assert_eq!(found, [11.0, 12.0, 14.0, 14.5, 16.5, 17.0, 19.0]);
}

#[test]
fn points_in_disorder_are_refused() {
    let waveform = Waveform::PieceWiseLinear {
        points: vec![(1.0, 0.0), (0.5, 1.0)],
        repeat: None,
        delay: 0.0,
    };
    assert!(matches!(
        waveform.course(&ENV),
        Err(ParamError::Inconsistent { name: "pwl", value, .. }) if value == 0.5
    ));
}

fn sine(delay: f64, frequency: Option<f64>, cycles: Option<f64>) -> Waveform {
    Waveform::Sine {
        offset: 0.5,
        amplitude: 2.0,
        frequency,
        delay,
        damping: 30.0,
        phase: 30.0,
        cycles,
    }
}

#[test]
fn a_sine_is_damped_and_starts_at_its_phase() {
    let course = course(&sine(1e-3, Some(1e4), None));
    close(at(&course, 0.0), 1.5, 1e-12);
    let t: f64 = 0.333e-3;
    let expected = 0.5 + 2.0 * (TAU * 1e4 * t + TAU / 12.0).sin() * (-30.0 * t).exp();
    close(at(&course, 1e-3 + t), expected, 1e-9);
    assert_eq!(corners(&course, Time::new(0.0), 1.0), [1e-3]);
}

#[test]
fn a_sine_stops_after_its_cycles() {
    let course = course(&sine(0.0, Some(1e4), Some(2.0)));
    let end = 2e-4;
    let stays = 0.5 + 2.0 * 0.5 * (-30.0f64 * end).exp();
    close(at(&course, 1.0), stays, 1e-12);
    assert_eq!(corners(&course, Time::new(0.0), 1.0), [end]);
}

#[test]
fn a_sine_without_a_frequency_has_one_period() {
    let course = course(&sine(0.0, None, None));
    let quarter: f64 = ENV.stop / 4.0;
    let expected = 0.5 + 2.0 * (TAU / 4.0 + TAU / 12.0).sin() * (-30.0 * quarter).exp();
    close(at(&course, quarter), expected, 1e-12);
}

#[test]
fn a_sine_keeps_its_phase_after_years() {
    let course = course(&Waveform::Sine {
        offset: 0.0,
        amplitude: 1.0,
        frequency: Some(1e9),
        delay: 0.0,
        damping: 0.0,
        phase: 0.0,
        cycles: None,
    });
    let time = Time { base: 1e8, offset: 0.25e-9 };
    close(course.value(time), 1.0, 1e-9);
}

#[test]
fn an_exponential_rises_and_falls() {
    let course = course(&Waveform::Exponential {
        initial: 1.0,
        pulsed: 3.0,
        rise_delay: 1e-3,
        rise_time_constant: Some(2e-3),
        fall_delay: Some(4e-3),
        fall_time_constant: Some(1e-3),
    });
    assert_eq!(at(&course, 1e-3), 1.0);
    close(at(&course, 3e-3), 1.0 + 2.0 * (1.0 - (-1f64).exp()), 1e-12);
    let expected = 1.0 + 2.0 * ((-1f64).exp() - (-2f64).exp());
    close(at(&course, 5e-3), expected, 1e-12);
    assert_eq!(corners(&course, Time::new(0.0), 1.0), [1e-3, 4e-3]);
}

#[test]
fn modulated_sines_follow_their_formulas() {
    let fm = course(&Waveform::SingleFrequencyFm {
        offset: 0.1,
        amplitude: 2.0,
        carrier_frequency: Some(1e4),
        modulation_index: 3.0,
        signal_frequency: Some(1e3),
        delay: 0.0,
        carrier_phase: 0.0,
        signal_phase: 90.0,
    });
    let t: f64 = 0.123e-3;
    let signal = (TAU * 1e3 * t + TAU / 4.0).sin();
    close(at(&fm, t), 0.1 + 2.0 * (TAU * 1e4 * t + 3.0 * signal).sin(), 1e-9);
    let am = course(&Waveform::AmplitudeModulation {
        amplitude: 2.0,
        offset: 1.0,
        modulation_frequency: Some(1e3),
        carrier_frequency: Some(1e4),
        delay: 1e-3,
        phase: 0.0,
    });
    let expected = 2.0 * (1.0 + (TAU * 1e3 * t).sin()) * (TAU * 1e4 * t).sin();
    close(at(&am, 1e-3 + t), expected, 1e-9);
    assert_eq!(at(&am, 0.5e-3), 0.0);
}
