//! Pictures of results: choosing curves, and drawing them as SVG, PNG, HTML or text.
//!
//! What is drawn ([`Figure`]) and how ([`Renderer`]) are separate, so that every format shows the same panels with the
//! same units, and the drawing library can be exchanged.

mod choose;
mod engineering;
mod html;
mod static_image;

use std::path::Path;

use ovonic::waveforms::WaveformError;

pub(crate) use choose::{PlotRequest, figure};

/// What cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlotError {
    /// A name that is not in the results, or results that do not fit together.
    #[error(transparent)]
    Waveform(#[from] WaveformError),
    /// There is no curve with at least two points.
    #[error("there is no curve to plot; a plot needs a scale and two points")]
    NothingToPlot,
    /// A file name whose ending names no format of pictures.
    #[error("\"{0}\" names no picture format; use .svg, .png or .html")]
    UnknownFormat(String),
    /// The drawing library gave up.
    #[error("the picture cannot be drawn: {0}")]
    Drawing(String),
}

/// An axis with its numbers in SI units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    /// What is shown, such as `time`.
    pub(crate) label: String,
    /// The SI unit, empty for pure numbers.
    pub(crate) unit: &'static str,
    /// Whether the axis is logarithmic.
    pub(crate) log: bool,
}

/// A named curve; both vectors have the same length.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    pub(crate) name: String,
    /// Whether these are the unstable parts of the curve of this name, which are drawn broken.
    pub(crate) unstable: bool,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
}

impl Curve {
    /// What the legend says.
    fn legend(&self) -> String {
        let suffix = if self.unstable { " (unstable)" } else { "" };
        format!("{}{suffix}", self.name)
    }
}

/// Curves of one unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Panel {
    pub(crate) y: Axis,
    pub(crate) curves: Vec<Curve>,
}

/// Panels one below the other over the same horizontal axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) panels: Vec<Panel>,
    /// Remarks for the user, such as curves that were left out.
    pub(crate) notes: Vec<String>,
}

impl Figure {
    /// Whether a curve runs both forwards and backwards.
    fn turns_back(&self) -> bool {
        let mut curves = self.panels.iter().flat_map(|panel| &panel.curves);
        curves.any(|curve| !curve.x.is_sorted() && !curve.x.iter().rev().is_sorted())
    }

    /// Number of the colour of a curve: curves of one name have one colour in all panels.
    fn colour_index(&self, name: &str) -> usize {
        let mut names: Vec<&str> = Vec::new();
        for curve in self.panels.iter().flat_map(|panel| &panel.curves) {
            if curve.name == name {
                break;
            }
            if !names.contains(&curve.name.as_str()) {
                names.push(&curve.name);
            }
        }
        names.len()
    }
}

/// Draws figures in one format.
pub(crate) trait Renderer {
    /// The contents of a file, or text for a terminal.
    fn render(&self, figure: &Figure) -> Result<Vec<u8>, PlotError>;
}

/// A format of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Vector graphics.
    Svg,
    /// Pixels, twice as dense as the SVG's units.
    Png,
    /// A page with curves to zoom and read off; needs no network.
    Html,
    /// Text of that many columns and rows, with or without colours.
    Terminal { columns: usize, rows: usize, colour: bool },
}

impl Format {
    /// The format that the ending of a file name stands for.
    pub(crate) fn of_path(path: &Path) -> Result<Format, PlotError> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str() {
            Some("svg") => Ok(Format::Svg),
            Some("png") => Ok(Format::Png),
            Some("html" | "htm") => Ok(Format::Html),
            _ => Err(PlotError::UnknownFormat(path.display().to_string())),
        }
    }

    /// Draws a figure in this format.
    pub(crate) fn render(self, figure: &Figure) -> Result<Vec<u8>, PlotError> {
        let renderer: Box<dyn Renderer> = match self {
            Format::Svg => Box::new(static_image::Svg),
            Format::Png => Box::new(static_image::Png),
            Format::Html => Box::new(html::Html),
            Format::Terminal { columns, rows, colour } => {
                Box::new(static_image::Terminal { columns, rows, colour })
            }
        };
        renderer.render(figure)
    }
}

/// Colours of curves that readers with colour-blindness can tell apart (Okabe and Ito, 2008), strongest first.
pub(crate) const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"];

/// The colour of curve number `index` of a panel.
fn colour(index: usize) -> &'static str {
    COLOURS[index % COLOURS.len()]
}

/// Least and greatest of the values that an axis can show.
fn range<'a>(values: impl Iterator<Item = &'a f64>, log: bool) -> Option<(f64, f64)> {
    let shown = values.filter(|v| v.is_finite() && (!log || **v > 0.0));
    shown.fold(None, |range: Option<(f64, f64)>, v| {
        let (low, high) = range.unwrap_or((*v, *v));
        Some((low.min(*v), high.max(*v)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_name_formats() {
        for (path, format) in
            [("a.svg", Format::Svg), ("d.x/b.PNG", Format::Png), ("c.html", Format::Html)]
        {
            assert_eq!(Format::of_path(Path::new(path)).unwrap(), format);
        }
        let error = Format::of_path(Path::new("a.pdf")).unwrap_err();
        assert!(error.to_string().contains("\"a.pdf\""));
    }

    #[test]
    fn ranges_pass_over_what_cannot_be_shown() {
        let values = [f64::NAN, -1.0, 0.0, 2.0, 5.0, f64::INFINITY];
        assert_eq!(range(values.iter(), false), Some((-1.0, 5.0)));
        assert_eq!(range(values.iter(), true), Some((2.0, 5.0)));
        assert_eq!(range([f64::NAN].iter(), false), None);
    }
}
