//! What a fit shows: a table on the terminal, and a page with overlay and residuals.

use std::fmt::Write;

use ovonic::calibrate::{FitReport, TraceReport, Verdict};

use crate::exit::Failure;
use crate::plot::{Axis, Curve, Figure, Format, Panel};

/// Traces that a page shows.
const SHOWN: usize = 6;

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Determined => "determined",
        Verdict::AtBound => "at its bound",
        Verdict::Undetermined => "UNDETERMINED",
    }
}

/// Parameters with their intervals.
pub(super) fn parameters(report: &FitReport) -> String {
    let width = report.parameters.iter().map(|p| p.name.len()).max().unwrap_or(0).max(9);
    let mut text = format!("{:width$}  {:>13}  {:^29}\n", "parameter", "value", "95 % interval");
    for parameter in &report.parameters {
        let (low, high) = parameter.profile.unwrap_or(parameter.interval);
        let known = verdict(parameter.verdict);
        let _ = writeln!(
            text,
            "{:width$}  {:>13.6e}  {low:>13.5e} … {high:<13.5e}  {known}",
            parameter.name, parameter.value
        );
    }
    text
}

/// Parameters, traces and work, for the terminal.
pub(super) fn table(report: &FitReport, seconds: f64) -> String {
    let mut text = parameters(report);
    let name = |trace: &TraceReport| format!("{} {}", trace.data, trace.name);
    let width = report.traces.iter().map(|trace| name(trace).len()).max().unwrap_or(0);
    for trace in report.traces.iter().take(20) {
        let held = if trace.hold_out { "  held out" } else { "" };
        let _ = writeln!(
            text,
            "{:width$}  error {:.3} %  {:.4} decades  {} points{held}",
            name(trace),
            100.0 * trace.relative_error,
            trace.decades,
            trace.n_points
        );
    }
    if report.traces.len() > 20 {
        let _ = writeln!(text, "and {} more traces", report.traces.len() - 20);
    }
    let _ = writeln!(
        text,
        "error {:.3} %  {:.4} decades  AIC {:.1}  BIC {:.1}",
        100.0 * report.relative_error(false),
        report.decades(false),
        report.aic,
        report.bic
    );
    let spread = if report.spread().is_finite() {
        format!(", costs within {:.1} %", 100.0 * report.spread())
    } else {
        String::new()
    };
    let _ = writeln!(
        text,
        "{} starts{spread}; {} runs and {} with derivatives in {seconds:.1} s",
        report.starts.len(),
        report.runs,
        report.runs_with_gradients
    );
    text
}

/// A page of its own; `more` follows the tables.
pub(super) fn page(report: &FitReport, card: &str, more: &str) -> Result<Vec<u8>, Failure> {
    let figure = figure(report);
    let page = Format::Html.render(&figure)?;
    let page = String::from_utf8_lossy(&page).into_owned();
    // Tables stand between the title and the curves.
    let place = page.find("</h1>").map_or(0, |index| index + "</h1>".len());
    let (head, rest) = page.split_at(place);
    Ok(format!("{head}\n{}{more}{rest}", tables(report, card)).into_bytes())
}

fn tables(report: &FitReport, card: &str) -> String {
    let mut text = String::from(
        "<table>\n<tr><th>parameter</th><th>value</th><th>95 % interval</th><th>profile</th><th>bounds</th>\
         <th></th></tr>\n",
    );
    for parameter in &report.parameters {
        let pair = |(low, high): (f64, f64)| format!("{low:.5e} … {high:.5e}");
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{:.6e}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&parameter.name),
            parameter.value,
            pair(parameter.interval),
            parameter.profile.map_or_else(String::new, pair),
            pair(parameter.bounds),
            verdict(parameter.verdict)
        );
    }
    text += "</table>\n<h2>Correlations</h2>\n<table>\n<tr><th></th>";
    for parameter in &report.parameters {
        let _ = write!(text, "<th>{}</th>", escape(&parameter.name));
    }
    text += "</tr>\n";
    for (parameter, row) in report.parameters.iter().zip(&report.correlations) {
        let _ = write!(text, "<tr><td>{}</td>", escape(&parameter.name));
        for value in row {
            let _ = write!(text, "<td>{value:.2}</td>");
        }
        text += "</tr>\n";
    }
    text += "</table>\n<h2>Starts</h2>\n<table>\n<tr><th>start</th><th>cost</th><th></th></tr>\n";
    for start in &report.starts {
        let state = match (start.failure.as_str(), start.has_converged) {
            ("", true) => "converged",
            ("", false) => "not converged",
            (failure, _) => failure,
        };
        let (number, cost) = (start.number + 1, start.cost);
        let _ = writeln!(
            text,
            "<tr><td>{number}</td><td>{cost:.6e}</td><td>{}</td></tr>",
            escape(state)
        );
    }
    let _ = write!(text, "</table>\n<h2>Model card</h2>\n<pre>{}</pre>\n", escape(card));
    text
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn figure(report: &FitReport) -> Figure {
    let curve =
        |name: String, x: &[f64], y: Vec<f64>| Curve { name, unstable: false, x: x.to_vec(), y };
    let shown = report.traces.iter().take(SHOWN);
    let mut overlay = Vec::new();
    let mut residuals = Vec::new();
    for trace in shown {
        let magnitude = |values: &[f64]| values.iter().map(|value| value.abs()).collect();
        overlay.push(curve(
            format!("{} measured", trace.name),
            &trace.x,
            magnitude(&trace.measured),
        ));
        overlay.push(curve(format!("{} model", trace.name), &trace.x, magnitude(&trace.predicted)));
        let pairs = trace.predicted.iter().zip(&trace.measured);
        let difference = pairs.map(|(model, measured)| model - measured).collect();
        residuals.push(curve(format!("{} model − measured", trace.name), &trace.x, difference));
    }
    let axis = |label: &str, log: bool| Axis { label: label.to_owned(), unit: "", log };
    let abscissa = report.traces.first().map_or("", |trace| trace.abscissa.as_str());
    let mut notes = report.warnings();
    if report.traces.len() > SHOWN {
        notes.push(format!("the first {SHOWN} of {} traces are drawn", report.traces.len()));
    }
    Figure {
        title: "Fit".to_owned(),
        x: axis(abscissa, false),
        panels: vec![
            Panel { y: axis("magnitude", true), curves: overlay },
            Panel { y: axis("residual", false), curves: residuals },
        ],
        notes,
    }
}
