//! Accuracy against cost: error over processor time for each method and tolerance, ngspice and VACASK beside it.
//!
//! ```text
//! for each deck of netlists/benchmarks/precision:
//!   reference: TR-BDF2 at reltol = 1e-8, steps of a fiftieth, another method than most curves
//!   for each simulator and method, for each reltol: median time inside, largest error at its own points
//! ```

use super::decks::{Deck, in_folder};
use super::{Wishes, difference, median, once, windowed};
use crate::rivals::translate::{Times, transient_times, with_cards, with_times};
use crate::rivals::{Installed, Simulator};
use crate::{Outcome, root};
use kuva::backend::svg::SvgBackend;
use kuva::plot::LinePlot;
use kuva::plot::legend::LegendPosition;
use kuva::plot::line::LineStyle;
use kuva::render::figure::Figure;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot as Drawable;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const TOLERANCES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// Simulator, its method, and the colour of its curve.
const CURVES: [(Simulator, &str, &str); 8] = [
    (Simulator::Ovonic, "trap", "#1f77b4"),
    (Simulator::Ovonic, "gear", "#2ca02c"),
    (Simulator::Ovonic, "trbdf2", "#9467bd"),
    (Simulator::Ovonic, "euler", "#8c564b"),
    (Simulator::Ngspice, "trap", "#d62728"),
    (Simulator::Ngspice, "gear", "#ff7f0e"),
    (Simulator::Vacask, "trap", "#17becf"),
    (Simulator::Vacask, "gear", "#7f7f7f"),
];

/// Panels beside each other.
const COLUMNS: usize = 2;

/// One curve: time inside in s, and error as a part of full scale, for each tolerance that ran.
struct Curve {
    name: String,
    colour: &'static str,
    is_ours: bool,
    points: Vec<(f64, f64)>,
}

/// Measures all decks, prints a table and draws `docs/images/work-precision.svg`.
pub(super) fn run(here: &[Installed], wishes: &Wishes, folder: &Path) -> Outcome {
    let decks = in_folder(&root().join("netlists/benchmarks/precision"))?;
    let mut panels = Vec::new();
    for deck in &decks {
        let curves = measure(deck, here, wishes, folder)?;
        print!("{}", table(&deck.name, &curves));
        panels.push((deck.name.clone(), curves));
    }
    let path = root().join("docs/images/work-precision.svg");
    fs::write(&path, draw(&panels)).map_err(|error| format!("{}: {error}", path.display()))
}

fn measure(
    deck: &Deck,
    here: &[Installed],
    wishes: &Wishes,
    folder: &Path,
) -> Result<Vec<Curve>, String> {
    let judgement = deck.judgement.as_ref().ok_or("a deck does not say how it is judged")?;
    let text = windowed(deck, judgement);
    let times = transient_times(&text).ok_or("a deck has no transient in plain numbers")?;
    let largest = times.largest.unwrap_or(times.step);
    let fine = with_times(&text, Times { largest: Some(largest / 50.0), ..times });
    let fine = with_cards(&fine, ".options method=trbdf2 reltol=1e-8 vntol=1e-10 chgtol=1e-18");
    let reference = once(&here[0], &fine, &deck.name, folder)?;
    let start = with_times(&text, Times { stop: 1e-3 * times.stop, ..times });
    let mut curves = Vec::new();
    for (simulator, method, colour) in CURVES {
        let Some(found) = here.iter().find(|found| found.simulator == simulator) else {
            continue;
        };
        let mut points = Vec::new();
        for tolerance in TOLERANCES {
            // The smallest voltages and charges that count go with the tolerance.
            let vntol = 1e-3 * tolerance;
            let options = format!(
                ".options method={method} reltol={tolerance:e} vntol={vntol:e} chgtol=1e-16"
            );
            let seconds = |text: &str| -> Result<f64, String> {
                let job = found.prepare(&with_cards(text, &options), folder, folder, &deck.name)?;
                let costs: Result<Vec<f64>, String> = (0..wishes.repeats)
                    .map(|_| job.run_within(300).map(|cost| cost.seconds))
                    .collect();
                Ok(median(&costs?))
            };
            let run = || -> Result<(f64, f64), String> {
                let inside = seconds(&text)? - seconds(&start)?;
                let results = once(found, &with_cards(&text, &options), &deck.name, folder)?;
                let error = difference(judgement, &results, &reference).ok_or("no such vector")?;
                Ok((inside.max(1e-4), error))
            };
            match run() {
                Ok(point) => points.push(point),
                Err(reason) => eprintln!("{} {method} {tolerance:e}: {reason}", found.label),
            }
        }
        let (name, is_ours) = (format!("{} {method}", found.label), simulator == Simulator::Ovonic);
        curves.push(Curve { name, colour, is_ours, points });
    }
    Ok(curves)
}

fn table(deck: &str, curves: &[Curve]) -> String {
    let mut text = String::new();
    for Curve { name, points, .. } in curves {
        let pairs: Vec<String> = points
            .iter()
            .map(|(time, error)| format!("{:.1} ms {error:.1e}", 1e3 * time))
            .collect();
        let _ = writeln!(text, "| {deck} | {name} | {} |", pairs.join(" | "));
    }
    text
}

fn draw(panels: &[(String, Vec<Curve>)]) -> String {
    let (mut plots, mut layouts) = (Vec::new(), Vec::new());
    for (index, (name, curves)) in panels.iter().enumerate() {
        let drawn: Vec<Drawable> = curves.iter().map(|curve| line(curve, index == 0)).collect();
        let layout = Layout::auto_from_plots(&drawn)
            .with_log_x()
            .with_log_y()
            .with_title(name.clone())
            .with_x_label("processor time inside, s")
            .with_y_label("largest error, part of full scale")
            .with_legend_position(LegendPosition::OutsideRightTop)
            .with_legend_box(false);
        plots.push(drawn);
        layouts.push(layout);
    }
    let rows = panels.len().div_ceil(COLUMNS);
    let scene = Figure::new(rows, COLUMNS)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_figure_size(620.0 * COLUMNS as f64, 380.0 * rows as f64)
        .render();
    SvgBackend::new().render_scene(&scene)
}

fn line(curve: &Curve, with_legend: bool) -> Drawable {
    let points: Vec<(f64, f64)> =
        curve.points.iter().map(|&(time, error)| (time, error.max(1e-12))).collect();
    let mut line =
        LinePlot::new().with_data(points).with_color(curve.colour).with_stroke_width(1.8);
    if !curve.is_ours {
        line = line.with_line_style(LineStyle::Dashed);
    }
    if with_legend {
        line = line.with_legend(curve.name.clone());
    }
    line.into()
}
