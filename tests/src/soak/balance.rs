//! What becomes of the energy, computed from a waveform's own points.
//!
//! ```text
//! 0 = Σ ∫v·i dt (sources) + Σ ∫v²/R dt + Σ Δ(½·C·v²) + Σ Δ(½·L·i²) + Σ devices
//! device that heats itself:  ∫(heat that leaves it) dt + Δ(enthalpy),   any other:  ∫v·i dt
//! ```
//!
//! At each point the powers `v·i` of all elements cancel, whatever the solution is; so nothing here takes a stored
//! energy from `v·i`. Charges, fluxes and enthalpies are computed from the states at both ends by the formulas of the
//! elements, with constants from the cell's own card; integrals are sums over the accepted points.
//! What is left over is the error of the solution in time. The heat balance of each device is also judged by itself.

use super::cell::{Cell, Element, Placed, Voltage};
use ovonic_waveforms::Plot;
use std::f64::consts::PI;

/// Part of the turnover that may be missing, in units of the tolerance.
const ALLOWED: f64 = 10.0;
/// Absolute tolerances: `abstol`, A, and `vntol`, V.
const CURRENT: f64 = 1e-12;
const VOLTAGE: f64 = 1e-6;
/// Absolute error that a temperature is resolved to, K.
const TEMPERATURE: f64 = 1e-4;

/// A waveform's energies.
pub(super) struct Balance {
    /// Missing energy over the turnover.
    pub(super) error: f64,
    /// The same of the heat of the worst device.
    pub(super) heat_error: f64,
    pub(super) complaints: Vec<String>,
}

/// Heat that leaves a device at each point, W, and what it holds, J.
struct Heat {
    flow: Vec<f64>,
    enthalpy: Vec<f64>,
    /// Heat that the tolerance of the temperature makes uncertain, J.
    slack: f64,
}

/// The vectors of one waveform.
struct Waveform<'a> {
    plot: &'a Plot,
    time: &'a [f64],
}

impl Waveform<'_> {
    fn vector(&self, name: &str) -> Result<&[f64], String> {
        let vector = self.plot.vector(name).map_err(|error| error.to_string())?;
        vector.as_real().ok_or_else(|| format!("{name} is not real"))
    }

    fn sum(&self, terms: &Voltage) -> Result<Vec<f64>, String> {
        let mut total = vec![0.0; self.time.len()];
        for (sign, name) in terms {
            for (total, value) in total.iter_mut().zip(self.vector(name)?) {
                *total += sign * value;
            }
        }
        Ok(total)
    }

    /// `∫y dt` by the trapezoidal rule, corrected by the curvature through three points: a power varies twice as fast as
    /// the waveforms, so that without it the rule's error would hide theirs. Of the curvatures on either side the
    /// smaller counts, and none where they differ in sign: a corner has none.
    fn integral(&self, y: impl Fn(usize) -> f64) -> f64 {
        let (t, n) = (self.time, self.time.len());
        let slope = |k: usize| (y(k) - y(k - 1)) / (t[k] - t[k - 1]);
        // Second divided difference around an inner point.
        let bend = |k: usize| (slope(k + 1) - slope(k)) / (t[k + 1] - t[k - 1]);
        let is_inner = |k: usize| k > 0 && k + 1 < n;
        let bends: Vec<f64> = (0..n).map(|k| if is_inner(k) { bend(k) } else { 0.0 }).collect();
        (1..n)
            .map(|k| {
                let (h, before, after) = (t[k] - t[k - 1], bends[k - 1], bends[k]);
                let alike = before * after > 0.0;
                let smaller = if before.abs() < after.abs() { before } else { after };
                let curvature = if alike { smaller } else { 0.0 };
                0.5 * h * (y(k) + y(k - 1)) - h * h * h / 6.0 * curvature
            })
            .sum()
    }
}

/// Change from the first point to the last, and the sum of all changes' magnitudes.
fn change(y: impl Fn(usize) -> f64, n: usize) -> (f64, f64) {
    let turnover = (1..n).map(|k| (y(k) - y(k - 1)).abs()).sum();
    (y(n - 1) - y(0), turnover)
}

/// The balance of a cell's transient.
///
/// # Errors
/// With the vector that is missing.
pub(super) fn balance(cell: &Cell, plot: &Plot) -> Result<Balance, String> {
    let time = plot.scale().and_then(|scale| scale.as_real()).ok_or("there is no time")?;
    let waveform = Waveform { plot, time };
    let n = time.len();
    let mut out = Balance { error: 0.0, heat_error: 0.0, complaints: Vec::new() };
    let (mut missing, mut turnover, mut slack) = (0.0, 0.0, 0.0);
    let mut book = |absorbed: f64, moved: f64| {
        missing += absorbed;
        turnover += moved;
    };
    let allowed = ALLOWED * cell.tolerance;
    for element in &cell.elements {
        match element {
            Element::Source { voltage, current } => {
                let (v, i) = (waveform.sum(voltage)?, waveform.vector(current)?);
                book(
                    waveform.integral(|k| v[k] * i[k]),
                    waveform.integral(|k| (v[k] * i[k]).abs()),
                );
            }
            Element::Resistor { voltage, ohms } => {
                let v = waveform.sum(voltage)?;
                let heat = waveform.integral(|k| v[k] * v[k] / ohms);
                book(heat, heat);
            }
            Element::Capacitor { voltage, farads } => {
                let v = waveform.sum(voltage)?;
                let (absorbed, moved) = change(|k| 0.5 * farads * v[k] * v[k], n);
                book(absorbed, moved);
            }
            Element::Inductor { current, henries } => {
                let i = waveform.vector(current)?;
                let (absorbed, moved) = change(|k| 0.5 * henries * i[k] * i[k], n);
                book(absorbed, moved);
            }
            Element::Device(placed) => {
                let (v, i) = (waveform.sum(&placed.voltage)?, waveform.vector(&placed.current)?);
                let taken = waveform.integral(|k| v[k] * i[k]);
                let moved = waveform.integral(|k| (v[k] * i[k]).abs());
                out.complaints.extend(active(placed, &v, i, time));
                slack += ALLOWED * (CURRENT * largest(&v) + VOLTAGE * largest(i)) * time[n - 1];
                let Some(heat) = heat(placed, &waveform, cell.ambient)? else {
                    book(taken, moved);
                    continue;
                };
                let left = waveform.integral(|k| heat.flow[k]);
                let absorbed = left + change(|k| heat.enthalpy[k], n).0;
                // What a device held at first has to go somewhere too.
                let through = moved.max(waveform.integral(|k| heat.flow[k].abs()));
                book(absorbed, through);
                slack += heat.slack;
                let error = ((taken - absorbed).abs() - heat.slack).max(0.0) / through;
                out.heat_error = out.heat_error.max(error);
                if error > allowed {
                    out.complaints.push(format!(
                        "{} took {taken:e} J and {absorbed:e} J came out of it or stayed",
                        placed.path
                    ));
                }
            }
            Element::Cooler { .. } => {}
        }
    }
    out.complaints.extend(coolers(cell, &waveform, allowed)?);
    out.error = (missing.abs() - slack).max(0.0) / turnover;
    if out.error.is_nan() || out.error > allowed {
        out.complaints.push(format!("{missing:e} J of {turnover:e} J are missing"));
    }
    Ok(out)
}

/// What leaves devices for their surroundings arrives at the coolers.
fn coolers(cell: &Cell, waveform: &Waveform<'_>, allowed: f64) -> Result<Option<String>, String> {
    let (mut left, mut cooled, mut slack) = (0.0, 0.0, 0.0);
    let end = waveform.time[waveform.time.len() - 1];
    for element in &cell.elements {
        match element {
            Element::Cooler { rise, kelvin_per_watt } => {
                let rise = waveform.sum(rise)?;
                cooled += waveform.integral(|k| rise[k] / kelvin_per_watt);
                slack += ALLOWED * TEMPERATURE * end / kelvin_per_watt;
            }
            Element::Device(placed) if !placed.surroundings.is_empty() => {
                let Some(heat) = heat(placed, waveform, cell.ambient)? else { return Ok(None) };
                left += waveform.integral(|k| heat.flow[k]);
                slack += heat.slack;
            }
            _ => {}
        }
    }
    let wrong = (left - cooled).abs() > allowed * left.abs().max(cooled.abs()) + slack;
    Ok(wrong.then(|| format!("{left:e} J of heat leave, {cooled:e} J arrive")))
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| most.max(value.abs()))
}

/// A complaint about a device that gives power: none of ours holds any that its terminals could give back.
fn active(placed: &Placed, v: &[f64], i: &[f64], time: &[f64]) -> Option<String> {
    let power: Vec<f64> = v.iter().zip(i).map(|(v, i)| v * i).collect();
    // What the tolerances of voltages and currents leave open where one of the two vanishes.
    let slack = 1e-3 * largest(&power) + VOLTAGE * largest(i) + CURRENT * largest(v);
    let k = (0..v.len()).find(|&k| power[k] < -slack || !power[k].is_finite())?;
    Some(format!("{} gives {:e} W at {:e} s", placed.path, -power[k], time[k]))
}

/// The heat of a device that heats itself, in its own equations.
fn heat(placed: &Placed, waveform: &Waveform<'_>, ambient: f64) -> Result<Option<Heat>, String> {
    let get = |name: &str| placed.device.get(name);
    let quantity = |name: &str| waveform.vector(&format!("@{}[{name}]", placed.path));
    let around = waveform.sum(&placed.surroundings)?;
    let lumped = |base: f64, capacity: f64, resistance: f64| -> Result<Heat, String> {
        let rise: Vec<f64> = quantity("temp")?.iter().map(|kelvin| kelvin - base).collect();
        Ok(Heat {
            flow: rise.iter().zip(&around).map(|(t, s)| (t - s) / resistance).collect(),
            enthalpy: rise.iter().map(|t| t * capacity).collect(),
            slack: ALLOWED
                * TEMPERATURE
                * (capacity + waveform.time[waveform.time.len() - 1] / resistance),
        })
    };
    Ok(match placed.device.kind.name {
        // A factor on the thermal time constant scales the balance itself from cycle to cycle.
        "ots" if placed.device.names("d2d_delay") || placed.device.names("c2c_delay") => None,
        "ots" => Some(lumped(ambient, get("c_th"), get("r_th"))?),
        "vo2" => Some(lumped(get("t_base"), get("c_th"), 1.0 / get("s_th"))?),
        "sky130_reram" => Some(lumped(ambient, get("c_th"), get("tau_th") / get("c_th"))?),
        "pcm" => {
            let mut heat = lumped(ambient, get("c_th"), get("r_th"))?;
            let latent = get("hf") * PI * get("radius").powi(2);
            let rise = heat.flow.iter_mut().zip(&mut heat.enthalpy);
            for ((flow, enthalpy), thickness) in rise.zip(quantity("u_a")?) {
                let difference = *flow * get("r_th");
                *flow *= 1.0 + get("k_th") * (difference.hypot(1.0) - 1.0);
                *enthalpy += latent * thickness;
            }
            Some(heat)
        }
        "nbo2" => Some(channel(placed, waveform, ambient)?),
        _ => None,
    })
}

/// Heat of a channel of niobium dioxide: the logarithmic profile around its core.
fn channel(placed: &Placed, waveform: &Waveform<'_>, ambient: f64) -> Result<Heat, String> {
    let get = |name: &str| placed.device.get(name);
    let w = waveform.vector(&format!("@{}[w]", placed.path))?;
    let (step, volume) = (get("t_c") - ambient, PI * get("l") * get("r").powi(2));
    let loss = 2.0 * PI * get("l") * get("kappa") * step;
    let enthalpy = |w: f64| {
        let u = if w > 0.0 { (-1.0 / w).exp() } else { 0.0 };
        volume * (0.5 * get("c_p") * step * w * (1.0 - u * u) + get("dh") * u * u)
    };
    Ok(Heat {
        flow: w.iter().map(|w| loss * w).collect(),
        enthalpy: w.iter().map(|w| enthalpy(*w)).collect(),
        slack: ALLOWED * 1e-6 * (loss * waveform.time[waveform.time.len() - 1] + enthalpy(1.0)),
    })
}
