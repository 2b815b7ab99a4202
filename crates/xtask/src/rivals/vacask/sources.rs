//! Sources in the language of VACASK: controlled ones, and waveforms.

use super::{nodes, number, parameters, plain};
use ovonic_netlist::Spanned;
use ovonic_netlist::ast::{
    Argument, ControlledSource, IndependentSource, Name, Transfer, Waveform,
};
use std::fmt::Write as _;

pub(super) fn by_voltage(
    name: &str,
    card: &ControlledSource<[Name; 2]>,
    kind: &str,
) -> Result<String, String> {
    let Transfer::Linear { control, gain } = &card.transfer else {
        return Err("a controlled source that is not linear".into());
    };
    let gain = number(gain)?;
    let mut line =
        format!("{name} ({} {}) {kind} gain={gain:e}", nodes(&card.nodes)?, nodes(control)?);
    parameters(&mut line, &card.params)?;
    Ok(line)
}

pub(super) fn by_current(
    name: &str,
    card: &ControlledSource<Name>,
    kind: &str,
) -> Result<String, String> {
    let Transfer::Linear { control, gain } = &card.transfer else {
        return Err("a controlled source that is not linear".into());
    };
    let (gain, control) = (number(gain)?, plain(control)?);
    let mut line =
        format!("{name} ({}) {kind} gain={gain:e} ctlinst=\"{control}\"", nodes(&card.nodes)?);
    parameters(&mut line, &card.params)?;
    Ok(line)
}

pub(super) fn source(name: &str, card: &IndependentSource, kind: &str) -> Result<String, String> {
    let mut line = format!("{name} ({}) {kind}", nodes(&card.nodes)?);
    if let Some(dc) = &card.dc {
        let _ = write!(line, " dc={:e}", number(dc)?);
    }
    if let Some(ac) = &card.ac {
        let magnitude = ac.magnitude.as_ref().map_or(Ok(1.0), number)?;
        let phase = ac.phase.as_ref().map_or(Ok(0.0), number)?;
        let _ = write!(line, " mag={magnitude:e} phase={phase:e}");
    }
    if let Some(waveform) = &card.waveform {
        wave(&mut line, waveform)?;
    }
    parameters(&mut line, &card.params)?;
    Ok(line)
}

fn wave(line: &mut String, waveform: &Spanned<Waveform>) -> Result<(), String> {
    let mut keys = |kind: &str, pairs: &[(&str, &Option<Argument>)]| -> Result<(), String> {
        let _ = write!(line, " type=\"{kind}\"");
        for (key, value) in pairs {
            if let Some(value) = value {
                let _ = write!(line, " {key}={:e}", number(value)?);
            }
        }
        Ok(())
    };
    match &waveform.node {
        Waveform::Pulse(p) if p.count.is_none() => keys(
            "pulse",
            &[
                ("val0", &p.initial),
                ("val1", &p.pulsed),
                ("delay", &p.delay),
                ("rise", &p.rise),
                ("fall", &p.fall),
                ("width", &p.width),
                ("period", &p.period),
            ],
        ),
        Waveform::Sine(s) if s.cycles.is_none() => keys(
            "sine",
            &[
                ("sinedc", &s.offset),
                ("ampl", &s.amplitude),
                ("freq", &s.frequency),
                ("delay", &s.delay),
                ("theta", &s.damping),
                ("tdphase", &s.phase),
            ],
        ),
        Waveform::Exponential(e) => {
            keys(
                "exp",
                &[
                    ("val0", &e.initial),
                    ("val1", &e.pulsed),
                    ("delay", &e.rise_delay),
                    ("tau1", &e.rise_time_constant),
                    ("tau2", &e.fall_time_constant),
                ],
            )?;
            // There the fall's delay counts from that of the rise.
            if let (Some(fall), Some(rise)) = (&e.fall_delay, &e.rise_delay) {
                let _ = write!(line, " td2={:e}", number(fall)? - number(rise)?);
            }
            Ok(())
        }
        Waveform::PiecewiseLinear(p) if p.repeat_from.is_none() && p.delay.is_none() => {
            let mut points = Vec::new();
            for [time, value] in &p.points {
                points.push(format!("{:e}, {:e}", number(time)?, number(value)?));
            }
            let _ = write!(line, " type=\"pwl\" wave=[{}]", points.join(", "));
            Ok(())
        }
        _ => Err("a waveform without a counterpart".into()),
    }
}
