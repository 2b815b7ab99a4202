//! What `.op` and `.print` show, as text.

use std::borrow::Cow;
use std::fmt::Write as _;

use ovonic::waveforms::{Listing, Plot, PlotKind, Results, Table, Vector, WaveformError};
use ovonic::{Measurement, Simulation, Spectrum};

use crate::simulate::analysis_of;

/// The tables of all plots that are to be shown, in the order in which they were computed.
///
/// An operating point, a transfer function and the special points of a trace are shown even if no card asks for them:
/// they are short, and there is nothing else to see of them. Where commands run analyses (`by_commands`), they print
/// what they want.
pub(crate) fn of(
    simulation: &Simulation,
    results: &Results,
    by_commands: bool,
) -> Result<String, WaveformError> {
    let mut text = String::new();
    for plot in results.plots.iter().filter(|plot| plot.points() > 0) {
        let names = printed(simulation, &plot.kind);
        let is_short = is_short(&plot.kind);
        let shown = if is_short && by_commands && names.is_empty() {
            continue;
        } else if is_short {
            listing(plot, &names)?
        } else if names.is_empty() {
            continue;
        } else {
            table(plot, &names)?
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text += &shown;
    }
    Ok(text)
}

fn is_short(kind: &PlotKind) -> bool {
    matches!(
        kind,
        PlotKind::OperatingPoint
            | PlotKind::TransferFunction
            | PlotKind::TracePoints
            | PlotKind::Sensitivity
            | PlotKind::PoleZero
    )
}

/// What `.meas` cards found, one line each.
pub(crate) fn measurements(measurements: &[Measurement], separated: bool) -> String {
    let mut text = String::new();
    if separated && !measurements.is_empty() {
        text.push('\n');
    }
    for measurement in measurements {
        for (name, value) in &measurement.steps {
            let _ = write!(text, "{name}={value:e} ");
        }
        let _ = writeln!(text, "{measurement}");
    }
    text
}

/// What `.four` cards found, one table each.
pub(crate) fn spectra(spectra: &[Spectrum]) -> String {
    spectra.iter().map(|spectrum| format!("\n{spectrum}")).collect()
}

/// The names that `.print` cards list for the analysis of a plot.
fn printed(simulation: &Simulation, kind: &PlotKind) -> Vec<String> {
    analysis_of(kind).map_or_else(Vec::new, |name| simulation.printed(name))
}

fn listing(plot: &Plot, names: &[String]) -> Result<String, WaveformError> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let listing = Listing::new(plot, &names)?;
    Ok(format!("{}{}\n{listing}", steps(plot), plot.kind.as_str()))
}

fn table(plot: &Plot, names: &[String]) -> Result<String, WaveformError> {
    let mut text = steps(plot);
    let columns: Result<Vec<_>, _> = names.iter().map(|name| column(plot, name)).collect();
    // Writing to a string cannot fail.
    let _ = write!(text, "{}", Table::of(plot, columns?));
    Ok(text)
}

/// A column of a table. What has no imaginary part, such as a level in decibels, is shown as a real number although
/// all vectors of an ac analysis are complex.
fn column<'a>(plot: &'a Plot, name: &str) -> Result<Cow<'a, Vector>, WaveformError> {
    let vector = match plot.vector(name) {
        Ok(vector) => Cow::Borrowed(vector),
        Err(_) => Cow::Owned(plot.signal(name)?),
    };
    let is_real =
        vector.as_complex().is_some_and(|values| values.iter().all(|value| value.im == 0.0));
    Ok(if is_real {
        let values = vector.real_parts();
        Cow::Owned(Vector::real(vector.name.clone(), vector.quantity, values))
    } else {
        vector
    })
}

/// The values of stepped parameters, one per line.
fn steps(plot: &Plot) -> String {
    let mut text = String::new();
    for (name, value) in &plot.steps {
        let _ = writeln!(text, "{name} = {value:e}");
    }
    text
}
