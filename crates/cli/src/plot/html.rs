//! Pages with uPlot: zoom by dragging, values under the cursor, no network needed.
//!
//! All panels of a page share cursor and zoom. uPlot wants one ascending scale for all curves of a panel; curves that
//! turn back (folds, hysteresis) are therefore drawn freely, each through its own points.

use ovonic::waveforms::min_max_indices;
use serde_json::{Value, json};

use super::engineering::{Prefix, label};
use super::{Axis, COLOURS, Curve, Figure, Panel, PlotError, Renderer, colour, range};

const LIBRARY: &str = include_str!("assets/uplot-1.6.32.min.js");
const LIBRARY_STYLE: &str = include_str!("assets/uplot-1.6.32.min.css");
const LIBRARY_LICENCE: &str = include_str!("assets/uplot-LICENSE.txt");
const STYLE: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/page.js");

/// Columns for which curves keep their outline: enough to zoom in tenfold on a wide screen.
const COLUMNS: usize = 16_000;

/// A page of its own.
pub(super) struct Html;

impl Renderer for Html {
    fn render(&self, figure: &Figure) -> Result<Vec<u8>, PlotError> {
        // Inside a script element only `<` could end it.
        let data = describe(figure).to_string().replace('<', "\\u003c");
        let title = escape(&figure.title);
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>{LIBRARY_STYLE}</style>\n<style>\n{STYLE}</style>\n\
             <!-- The plotting library below is uPlot.\n{LIBRARY_LICENCE}\n-->\n<script>{LIBRARY}</script>\n\
             </head>\n<body>\n<h1>{title}</h1>\n{notes}\
             <p>Drag to zoom, double-click to return, click a name to hide its curve.</p>\n\
             <script type=\"application/json\" id=\"figure\">{data}</script>\n\
             <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
            notes = notes(figure),
        );
        Ok(page.into_bytes())
    }
}

fn notes(figure: &Figure) -> String {
    let note = |note: &String| format!("<p>Note: {}.</p>\n", escape(note));
    figure.notes.iter().map(note).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The prefix of an axis; logarithmic axes have one in each tick instead.
fn prefix<'a>(axis: &Axis, values: impl Iterator<Item = &'a f64>) -> Prefix {
    match range(values, axis.log) {
        Some((low, high)) if !axis.log => Prefix::of_axis(low.abs().max(high.abs()), axis.unit),
        _ => Prefix::NONE,
    }
}

fn describe(figure: &Figure) -> Value {
    let curves = || figure.panels.iter().flat_map(|panel| &panel.curves);
    let x = prefix(&figure.x, curves().flat_map(|curve| &curve.x));
    let panels: Vec<Value> =
        figure.panels.iter().map(|panel| describe_panel(figure, panel, x)).collect();
    json!({ "x": describe_axis(&figure.x, x), "panels": panels })
}

fn describe_axis(axis: &Axis, prefix: Prefix) -> Value {
    json!({
        "name": axis.label,
        "label": label(&axis.label, axis.unit, prefix),
        "unit": format!("{}{}", prefix.symbol, axis.unit),
        "log": axis.log,
    })
}

fn describe_panel(figure: &Figure, panel: &Panel, x: Prefix) -> Value {
    let y = prefix(&panel.y, panel.curves.iter().flat_map(|curve| &curve.y));
    let drawn: Vec<Drawn> =
        panel.curves.iter().map(|curve| Drawn::new(curve, (&figure.x, x), (&panel.y, y))).collect();
    let free = !drawn.iter().all(|curve| curve.x.is_sorted());
    let shared = drawn.windows(2).all(|pair| pair[0].x == pair[1].x);
    let data = if free {
        let pairs = drawn.iter().map(|curve| json!([numbers(&curve.x), shown(&curve.y)]));
        json!(std::iter::once(Value::Null).chain(pairs).collect::<Vec<_>>())
    } else {
        aligned(&drawn)
    };
    let curves: Vec<Value> = panel
        .curves
        .iter()
        .map(|curve| {
            let index = figure.colour_index(&curve.name);
            json!({
                "name": curve.legend(),
                "colour": colour(index),
                "dashed": curve.unstable || index >= COLOURS.len(),
                // Gaps between merged scales are not gaps of the curve.
                "spanGaps": !shared,
            })
        })
        .collect();
    json!({ "y": describe_axis(&panel.y, y), "free": free, "data": data, "curves": curves })
}

/// A thinned curve in the numbers of its axes, ascending where it can be.
struct Drawn {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Drawn {
    fn new(curve: &Curve, (x_axis, x): (&Axis, Prefix), (y_axis, y): (&Axis, Prefix)) -> Drawn {
        let place = |v: &f64| if x_axis.log { v.log10() } else { *v };
        let places: Vec<f64> = curve.x.iter().map(place).collect();
        let mut kept = min_max_indices(&places, &curve.y, COLUMNS);
        kept.retain(|index| {
            let x = curve.x[*index];
            x.is_finite() && (!x_axis.log || x > 0.0)
        });
        if kept.windows(2).all(|w| curve.x[w[0]] >= curve.x[w[1]]) {
            kept.reverse();
        }
        let height = |index: &usize| {
            let value = curve.y[*index];
            let is_shown = value.is_finite() && (!y_axis.log || value > 0.0);
            if is_shown { value / y.factor } else { f64::NAN }
        };
        Drawn {
            x: kept.iter().map(|index| curve.x[*index] / x.factor).collect(),
            y: kept.iter().map(height).collect(),
        }
    }
}

/// One ascending scale and the heights of each curve on it; nothing where a curve has no point.
fn aligned(drawn: &[Drawn]) -> Value {
    let mut next = vec![0; drawn.len()];
    let mut scale = Vec::new();
    let mut columns: Vec<Vec<Value>> = vec![Vec::new(); drawn.len()];
    loop {
        let heads = drawn.iter().zip(&next).filter_map(|(curve, k)| curve.x.get(*k));
        let Some(least) = heads.copied().min_by(f64::total_cmp) else {
            break;
        };
        scale.push(json!(least));
        for ((curve, k), column) in drawn.iter().zip(&mut next).zip(&mut columns) {
            if curve.x.get(*k) == Some(&least) {
                column.push(number(curve.y[*k]));
                *k += 1;
            } else {
                column.push(Value::Null);
            }
        }
    }
    let mut data = vec![Value::Array(scale)];
    data.extend(columns.into_iter().map(Value::Array));
    Value::Array(data)
}

fn numbers(values: &[f64]) -> Vec<Value> {
    values.iter().map(|value| json!(value)).collect()
}

fn shown(values: &[f64]) -> Vec<Value> {
    values.iter().map(|value| number(*value)).collect()
}

/// A height with seven digits, which no screen resolves and which halves the page; null for NaN.
fn number(value: f64) -> Value {
    if !value.is_finite() {
        return Value::Null;
    }
    format!("{value:.6e}").parse::<f64>().map_or(Value::Null, |rounded| json!(rounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(name: &str, x: &[f64], y: &[f64]) -> Curve {
        Curve { name: name.to_owned(), unstable: false, x: x.to_vec(), y: y.to_vec() }
    }

    fn figure(curves: Vec<Curve>) -> Figure {
        let axis = |label: &str, unit| Axis { label: label.to_owned(), unit, log: false };
        Figure {
            title: "a </script> & b".to_owned(),
            x: axis("time", "s"),
            panels: vec![Panel { y: axis("voltage", "V"), curves }],
            notes: vec!["remark".to_owned()],
        }
    }

    #[test]
    fn curves_share_an_ascending_scale() {
        let described = describe(&figure(vec![
            curve("a", &[0.0, 2e-6], &[0.0, 1.0]),
            curve("b", &[2e-6, 1e-6], &[5.0, f64::NAN]),
        ]));
        assert_eq!(described["x"]["label"], "time (µs)");
        let panel = &described["panels"][0];
        assert_eq!(panel["free"], false);
        assert_eq!(panel["data"][0].as_array().unwrap().len(), 3);
        assert_eq!(panel["data"][1], json!([0.0, null, 1.0]));
        assert_eq!(panel["data"][2], json!([null, null, 5.0]));
        assert_eq!(panel["curves"][0]["spanGaps"], true);
    }

    #[test]
    fn curves_that_turn_back_are_drawn_freely() {
        let described = describe(&figure(vec![curve("a", &[0.0, 2.0, 1.0], &[0.0, 1.0, 2.0])]));
        let panel = &described["panels"][0];
        assert_eq!(panel["free"], true);
        assert_eq!(panel["data"], json!([null, [[0.0, 2.0, 1.0], [0.0, 1.0, 2.0]]]));
    }

    #[test]
    fn pages_are_self_contained_and_licensed() {
        let name = "v(</script><script>)";
        let page = Html.render(&figure(vec![curve(name, &[0.0, 1.0], &[0.0, 1.0])]));
        let page = String::from_utf8(page.unwrap()).unwrap();
        assert!(page.contains("Copyright (c) 2022 Leon Sorokin"));
        assert!(page.contains("<h1>a &lt;/script&gt; &amp; b</h1>"));
        assert!(page.contains("Note: remark."));
        assert_eq!(page.matches("</script>").count(), 3);
        assert!(!page.contains("src="));
    }
}
