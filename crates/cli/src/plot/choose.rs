//! From results and the names a user gave to panels of curves.
//!
//! Curves of one unit share a panel. Complex results become a Bode plot: decibels above, phase below.

use ovonic::waveforms::{Plot, PlotKind, Quantity, Scalar, Vector};

use super::engineering::short;
use super::{Axis, Curve, Figure, Panel, PlotError};

/// More curves than this in a panel cannot be told apart.
const MOST_CURVES: usize = 14;

/// What a user asked to see.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PlotRequest {
    /// Signals, as `.plot` names them; all voltages and currents if empty.
    pub(crate) signals: Vec<String>,
    /// The signal on the horizontal axis; the scale of the results if absent.
    pub(crate) x: Option<String>,
    /// Title; that of the deck if absent.
    pub(crate) title: Option<String>,
    /// Label of the horizontal axis; its name if absent.
    pub(crate) x_label: Option<String>,
    /// Whether the horizontal axis is logarithmic; decided by the spacing of frequencies if absent.
    pub(crate) log_x: Option<bool>,
    /// Whether vertical axes are logarithmic; complex results then show magnitudes instead of decibels.
    pub(crate) log_y: bool,
}

/// The figure of `plots`, which have the same kind of scale: one plot, or those of a stepped run.
///
/// # Errors
/// Unknown names, and [`PlotError::NothingToPlot`].
pub(crate) fn figure(plots: &[&Plot], request: &PlotRequest) -> Result<Figure, PlotError> {
    let first = plots.first().ok_or(PlotError::NothingToPlot)?;
    let mut panels: Vec<Panel> = Vec::new();
    let mut x_axis = None;
    for plot in plots {
        let x = horizontal(plot, request)?;
        let values = x.real_parts();
        for signal in vertical(plot, request)? {
            let name = curve_name(&signal, plot, plots.len());
            if values.len() >= 2 {
                for curve in parts(name, &values, signal.real_parts(), unstable(plot)) {
                    add(&mut panels, &signal, curve, request.log_y);
                }
            }
        }
        x_axis.get_or_insert_with(|| Axis {
            label: request.x_label.clone().unwrap_or_else(|| plain_name(&x)),
            unit: x.quantity.unit(),
            log: request.log_x.unwrap_or_else(|| is_geometric(&x, &values)),
        });
    }
    let x = x_axis.ok_or(PlotError::NothingToPlot)?;
    let notes = limit_curves(&mut panels);
    let mut figure = Figure {
        title: request.title.clone().unwrap_or_else(|| first.title.clone()),
        x,
        panels,
        notes,
    };
    drop_unshowable(&mut figure);
    if figure.panels.is_empty() {
        return Err(PlotError::NothingToPlot);
    }
    Ok(figure)
}

fn horizontal(plot: &Plot, request: &PlotRequest) -> Result<Vector, PlotError> {
    match &request.x {
        Some(name) => Ok(plot.signal(name)?),
        // A trace shows characteristics over what was varied; its scale is the length of the curve.
        None if plot.kind == PlotKind::Trace && plot.vectors.len() > 1 => {
            Ok(plot.vectors[1].clone())
        }
        None => plot.scale().cloned().ok_or(PlotError::NothingToPlot),
    }
}

/// The signals of one plot as real vectors.
fn vertical(plot: &Plot, request: &PlotRequest) -> Result<Vec<Vector>, PlotError> {
    let chosen: Vec<Vector> = if request.signals.is_empty() {
        let skipped = match plot.kind {
            // Length, what was varied, and the number of growing modes.
            PlotKind::Trace => 3,
            _ => usize::from(plot.scale().is_some()),
        };
        let vectors = plot.vectors.iter().skip(skipped);
        // Inner quantities of devices are shown on request only.
        vectors.filter(|v| !v.name.contains('@')).cloned().collect()
    } else {
        let found: Result<Vec<Vector>, _> =
            request.signals.iter().map(|s| plot.signal(s)).collect();
        found?
    };
    let mut real = Vec::new();
    for vector in chosen {
        if vector.samples.scalar() == Scalar::Real {
            real.push(vector);
            continue;
        }
        let parts = if request.log_y {
            vec![vector.magnitude()]
        } else {
            vec![vector.decibels(), vector.continuous_phase()]
        };
        for mut part in parts {
            // The panel says which part it is.
            part.name.clone_from(&vector.name);
            real.push(part);
        }
    }
    Ok(real)
}

/// Which points of a trace are unstable; `None` where none is.
fn unstable(plot: &Plot) -> Option<Vec<bool>> {
    if plot.kind != PlotKind::Trace {
        return None;
    }
    let modes = plot.vector("unstable").ok()?.real_parts();
    let flags: Vec<bool> = modes.iter().map(|count| *count > 0.0).collect();
    flags.contains(&true).then_some(flags)
}

/// A curve, or its stable and its unstable parts; each reaches to the first point of the other.
fn parts(name: String, x: &[f64], y: Vec<f64>, unstable: Option<Vec<bool>>) -> Vec<Curve> {
    let Some(flags) = unstable else {
        return vec![Curve { name, unstable: false, x: x.to_vec(), y }];
    };
    let part = |wanted: bool| {
        let shown = |k: usize| flags[k] == wanted || (k > 0 && flags[k - 1] == wanted);
        let y = y.iter().enumerate().map(|(k, y)| if shown(k) { *y } else { f64::NAN }).collect();
        Curve { name: name.clone(), unstable: wanted, x: x.to_vec(), y }
    };
    let parts = [part(false), part(true)];
    parts.into_iter().filter(|curve| curve.y.iter().any(|y| y.is_finite())).collect()
}

fn curve_name(signal: &Vector, plot: &Plot, plots: usize) -> String {
    if plots < 2 || plot.steps.is_empty() {
        return signal.name.clone();
    }
    let steps: Vec<String> =
        plot.steps.iter().map(|(name, value)| format!("{name}={}", short(*value))).collect();
    format!("{}  {}", signal.name, steps.join(" "))
}

/// Puts a curve into the panel of its unit.
fn add(panels: &mut Vec<Panel>, signal: &Vector, curve: Curve, log: bool) {
    let (label, unit) = (panel_label(signal.quantity), signal.quantity.unit());
    // Angles and levels fall below zero, and temperatures span no decades.
    let linear = matches!(
        signal.quantity,
        Quantity::Phase | Quantity::Decibel | Quantity::Temperature | Quantity::TemperatureSweep
    );
    let log = log && !linear;
    let panel = panels.iter_mut().find(|panel| panel.y.unit == unit && panel.y.label == label);
    match panel {
        Some(panel) => panel.curves.push(curve),
        None => panels
            .push(Panel { y: Axis { label: label.to_owned(), unit, log }, curves: vec![curve] }),
    }
}

fn panel_label(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Time => "time",
        Quantity::Frequency => "frequency",
        Quantity::Voltage => "voltage",
        Quantity::Current => "current",
        Quantity::Temperature | Quantity::TemperatureSweep => "temperature",
        Quantity::ResistanceSweep | Quantity::Impedance => "impedance",
        Quantity::Admittance => "admittance",
        Quantity::Capacitance => "capacitance",
        Quantity::Inductance => "inductance",
        Quantity::Charge => "charge",
        Quantity::Flux => "flux",
        Quantity::Power => "power",
        Quantity::Energy => "energy",
        Quantity::Length => "length",
        Quantity::Phase => "phase",
        Quantity::Decibel => "magnitude",
        Quantity::VoltageDensity | Quantity::SquaredVoltageDensity => "voltage density",
        Quantity::CurrentDensity | Quantity::SquaredCurrentDensity => "current density",
        _ => "value",
    }
}

/// `v(v-sweep)`, the name that raw files give to the scale of a sweep, reads better without its wrapper.
fn plain_name(vector: &Vector) -> String {
    let name = &vector.name;
    name.split_once('(')
        .and_then(|(_, inner)| inner.strip_suffix(')'))
        .filter(|inner| inner.ends_with("-sweep"))
        .unwrap_or(name)
        .to_owned()
}

/// Whether the values are positive frequencies whose steps grow.
fn is_geometric(vector: &Vector, values: &[f64]) -> bool {
    let [first, second, .., before, last] = values else {
        return false;
    };
    vector.quantity == Quantity::Frequency
        && *first > 0.0
        && *last >= 10.0 * first
        && last - before > 1.5 * (second - first)
}

/// Shortens panels that are too full, and says so.
fn limit_curves(panels: &mut [Panel]) -> Vec<String> {
    let mut notes = Vec::new();
    for panel in panels {
        let count = panel.curves.len();
        if count > MOST_CURVES {
            panel.curves.truncate(MOST_CURVES);
            notes.push(format!(
                "the first {MOST_CURVES} of {count} curves of the {} panel are shown; name the ones you want",
                panel.y.label
            ));
        }
    }
    notes
}

/// Takes out curves of which an axis can show nothing, and says so.
fn drop_unshowable(figure: &mut Figure) {
    let log_x = figure.x.log;
    for panel in &mut figure.panels {
        let log_y = panel.y.log;
        let shown = |v: f64, log: bool| v.is_finite() && (!log || v > 0.0);
        let notes = &mut figure.notes;
        panel.curves.retain(|curve| {
            let some =
                (curve.x.iter().zip(&curve.y)).any(|(x, y)| shown(*x, log_x) && shown(*y, log_y));
            if !some {
                notes.push(format!("{} has no value that can be shown", curve.name));
            }
            some
        });
    }
    figure.panels.retain(|panel| !panel.curves.is_empty());
}

#[cfg(test)]
mod tests {
    use ovonic::waveforms::{Complex64, Outcome};

    use super::*;

    fn plot(kind: PlotKind, vectors: Vec<Vector>) -> Plot {
        Plot {
            title: "deck".to_owned(),
            date: String::new(),
            kind,
            steps: Vec::new(),
            vectors,
            outcome: Outcome::Complete,
        }
    }

    fn transient(step: Option<f64>) -> Plot {
        let ramp = || vec![0.0, 1.0, 2.0];
        let mut plot = plot(
            PlotKind::Transient,
            vec![
                Vector::real("time", Quantity::Time, ramp()),
                Vector::real("v(a)", Quantity::Voltage, ramp()),
                Vector::real("v(b)", Quantity::Voltage, ramp()),
                Vector::real("i(v1)", Quantity::Current, vec![0.0, -1.0, -2.0]),
                Vector::real("@d1[id]", Quantity::Current, ramp()),
            ],
        );
        plot.steps = step.map(|r| ("r".to_owned(), r)).into_iter().collect();
        plot
    }

    fn names(panel: &Panel) -> Vec<&str> {
        panel.curves.iter().map(|c| c.name.as_str()).collect()
    }

    #[test]
    fn units_have_panels_of_their_own() {
        let plot = transient(None);
        let figure = figure(&[&plot], &PlotRequest::default()).unwrap();
        assert_eq!(figure.panels.len(), 2);
        assert_eq!(names(&figure.panels[0]), ["v(a)", "v(b)"]);
        assert_eq!(names(&figure.panels[1]), ["i(v1)"]);
        assert_eq!((figure.x.label.as_str(), figure.x.log), ("time", false));
    }

    #[test]
    fn signals_and_x_are_chosen_by_name() {
        let plot = transient(None);
        let request = PlotRequest {
            signals: vec!["v(a,b)".into(), "V1#branch".into(), "B".into()],
            x: Some("a".into()),
            log_y: true,
            ..PlotRequest::default()
        };
        let figure = figure(&[&plot], &request).unwrap();
        // A difference of nothing and a negative current have no logarithm.
        assert_eq!(figure.notes.len(), 2);
        assert_eq!(names(&figure.panels[0]), ["v(b)"]);
        assert_eq!((figure.x.label.as_str(), figure.x.unit), ("v(a)", "V"));
    }

    #[test]
    fn complex_results_become_a_bode_plot() {
        let z = |re: f64| Complex64::new(re, 0.0);
        let vectors = vec![
            Vector::complex(
                "frequency",
                Quantity::Frequency,
                vec![z(1.0), z(10.0), z(100.0), z(1e3)],
            ),
            Vector::complex("v(o)", Quantity::Voltage, vec![Complex64::i(); 4]),
        ];
        let plot = plot(PlotKind::Ac, vectors);
        let bode = figure(&[&plot], &PlotRequest::default()).unwrap();
        let labels: Vec<&str> = bode.panels.iter().map(|p| p.y.label.as_str()).collect();
        assert_eq!(labels, ["magnitude", "phase"]);
        assert!(bode.x.log && !bode.panels[0].y.log);
        assert_eq!(bode.colour_index("v(o)"), 0);
        let request = PlotRequest { log_y: true, ..PlotRequest::default() };
        let magnitude = figure(&[&plot], &request).unwrap();
        assert_eq!(magnitude.panels.len(), 1);
        assert!(magnitude.panels[0].y.log);
    }

    #[test]
    fn steps_are_one_figure() {
        let plots = [transient(Some(1e3)), transient(Some(2e3))];
        let request = PlotRequest { signals: vec!["a".into()], ..PlotRequest::default() };
        let figure = figure(&[&plots[0], &plots[1]], &request).unwrap();
        assert_eq!(names(&figure.panels[0]), ["v(a)  r=1k", "v(a)  r=2k"]);
    }

    #[test]
    fn nothing_to_plot_is_an_error() {
        let op = plot(
            PlotKind::OperatingPoint,
            vec![Vector::real("v(a)", Quantity::Voltage, vec![1.0])],
        );
        let request = PlotRequest::default();
        assert!(matches!(figure(&[&op], &request), Err(PlotError::NothingToPlot)));
        assert!(matches!(figure(&[], &request), Err(PlotError::NothingToPlot)));
    }

    #[test]
    fn crowded_panels_are_shortened_and_say_so() {
        let mut plot = transient(None);
        for k in 0..20 {
            plot.vectors.push(Vector::real(format!("v({k})"), Quantity::Voltage, vec![0.0; 3]));
        }
        let figure = figure(&[&plot], &PlotRequest::default()).unwrap();
        assert_eq!(figure.panels[0].curves.len(), MOST_CURVES);
        assert!(figure.notes[0].contains("14 of 22 curves of the voltage panel"));
    }
}
