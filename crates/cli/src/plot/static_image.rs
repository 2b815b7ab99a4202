//! Drawings with kuva: SVG, PNG, and text for terminals.

use kuva::TerminalBackend;
use kuva::backend::raster::RasterBackend;
use kuva::backend::svg::SvgBackend;
use kuva::plot::LinePlot;
use kuva::plot::legend::LegendPosition;
use kuva::plot::line::LineStyle;
use kuva::render::figure::Figure as Canvas;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot as Drawable;
use kuva::render::render::Scene;
use kuva::render::theme::Theme;
use ovonic::waveforms::min_max_indices;

use super::engineering::{Prefix, label, plain, short};
use super::{Axis, COLOURS, Curve, Figure, Panel, PlotError, Renderer, colour, range};

/// Vector graphics.
pub(super) struct Svg;

/// Pixels.
pub(super) struct Png;

/// Text with line-drawing and braille characters.
pub(super) struct Terminal {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) colour: bool,
}

/// Sizes in SVG units.
struct Dimensions {
    width: f64,
    /// Height of the frame of a panel.
    frame: f64,
    stroke: f64,
    title: u32,
    label: u32,
    tick: u32,
    /// Draws what a coarse raster can hold only: no grid, and units instead of labels beside the frames.
    coarse: bool,
}

/// Space above the frame of each panel.
const ABOVE: f64 = 14.0;

impl Dimensions {
    /// A picture that reads well on half a page: one panel in 5:3, further ones lower.
    fn page(panels: usize) -> Dimensions {
        Dimensions {
            width: 1000.0,
            frame: if panels == 1 { 480.0 } else { 250.0 },
            stroke: 1.8,
            title: 20,
            label: 16,
            tick: 14,
            coarse: false,
        }
    }

    /// A character cell is drawn as 8 × 16 units, about the size of the text in it.
    fn terminal(columns: usize, rows: usize, panels: usize) -> Dimensions {
        let mut dimensions = Dimensions {
            width: 8.0 * columns as f64,
            frame: 0.0,
            stroke: 1.0,
            title: 14,
            label: 13,
            tick: 12,
            coarse: true,
        };
        let frames = 16.0 * rows as f64 - dimensions.height(panels);
        dimensions.frame = (frames / panels as f64).max(32.0);
        dimensions
    }

    /// Space below the frame of a panel: ticks, and the label of the axis under the last one.
    fn below(&self, is_last: bool) -> f64 {
        let label = if is_last { f64::from(self.label) + 12.0 } else { 0.0 };
        f64::from(self.tick) + 14.0 + label
    }

    fn row(&self, is_last: bool) -> f64 {
        ABOVE + self.frame + self.below(is_last)
    }

    fn height(&self, panels: usize) -> f64 {
        let title = 2.0 * f64::from(self.title);
        title + (panels - 1) as f64 * self.row(false) + self.row(true)
    }

    /// Space left of the frames for the label and numbers of up to seven characters.
    fn left(&self) -> f64 {
        f64::from(self.label) + 5.0 * f64::from(self.tick) + 16.0
    }

    /// Space right of the frames for the longest name.
    fn right(&self, figure: &Figure) -> f64 {
        let curves = figure.panels.iter().flat_map(|panel| &panel.curves);
        let longest = curves.map(|c| c.legend().chars().count()).max().unwrap_or(0);
        // The mean width of a character is below 0.62 of the size of the font.
        let wanted = 50.0 + 0.62 * f64::from(self.tick) * longest as f64;
        wanted.min(0.4 * self.width)
    }
}

impl Renderer for Svg {
    fn render(&self, figure: &Figure) -> Result<Vec<u8>, PlotError> {
        let scene = draw(figure, &Dimensions::page(figure.panels.len()), theme());
        Ok(SvgBackend::new().render_scene(&scene).into_bytes())
    }
}

impl Renderer for Png {
    fn render(&self, figure: &Figure) -> Result<Vec<u8>, PlotError> {
        let scene = draw(figure, &Dimensions::page(figure.panels.len()), theme());
        RasterBackend::new().with_scale(2.0).render_scene(&scene).map_err(PlotError::Drawing)
    }
}

impl Renderer for Terminal {
    fn render(&self, figure: &Figure) -> Result<Vec<u8>, PlotError> {
        let dimensions = Dimensions::terminal(self.columns, self.rows, figure.panels.len());
        let scene = draw(figure, &dimensions, Theme::dark());
        let text = TerminalBackend::new(self.columns, self.rows).render_scene(&scene);
        let mut text = if self.colour { text } else { without_escapes(&text) };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text.into_bytes())
    }
}

/// How numbers of an axis become numbers of the drawing.
#[derive(Clone, Copy)]
struct Mapping {
    prefix: Prefix,
    log: bool,
    low: f64,
    high: f64,
}

impl Mapping {
    fn new<'a>(axis: &Axis, values: impl Iterator<Item = &'a f64>) -> Mapping {
        let (low, high) = range(values, axis.log).unwrap_or((0.0, 1.0));
        let prefix = if axis.log {
            // The drawing library's logarithmic axes begin at 1e-10, so that the least value is moved to 1…1000.
            Prefix { factor: 1e3_f64.powf((low.log10() / 3.0).floor()), symbol: "" }
        } else {
            Prefix::of_axis(low.abs().max(high.abs()), axis.unit)
        };
        Mapping { prefix, log: axis.log, low: low / prefix.factor, high: high / prefix.factor }
    }

    /// Room above and below the curves, so that flat ones are not hidden by the frame.
    fn widened(self) -> Mapping {
        let (low, high) = (self.place(self.low), self.place(self.high));
        let margin = if high > low {
            0.05 * (high - low)
        } else if self.log || low == 0.0 {
            1.0
        } else {
            0.1 * low.abs()
        };
        let back = |place: f64| if self.log { 10_f64.powf(place) } else { place };
        Mapping { low: back(low - margin), high: back(high + margin), ..self }
    }

    /// A number of the drawing; NaN where the axis cannot show it.
    fn map(&self, value: f64) -> f64 {
        if value.is_finite() && (!self.log || value > 0.0) {
            value / self.prefix.factor
        } else {
            f64::NAN
        }
    }

    /// Proportional to the distance on the picture.
    fn place(&self, mapped: f64) -> f64 {
        if self.log { mapped.log10() } else { mapped }
    }

    fn ticks(&self) -> TickFormat {
        let factor = self.prefix.factor;
        if self.log {
            TickFormat::Custom(std::sync::Arc::new(move |value| short(value * factor)))
        } else {
            TickFormat::Custom(std::sync::Arc::new(|value| plain(value, 6)))
        }
    }

    fn label(&self, axis: &Axis, unit_only: bool) -> String {
        if unit_only && !axis.unit.is_empty() {
            return format!("{}{}", self.prefix.symbol, axis.unit);
        }
        // A dollar sign, common in generated names, would begin a formula.
        label(&axis.label, axis.unit, self.prefix).replace('$', "\\$")
    }
}

fn draw(figure: &Figure, dimensions: &Dimensions, theme: Theme) -> Scene {
    let all_x =
        figure.panels.iter().flat_map(|panel| panel.curves.iter().flat_map(|curve| &curve.x));
    let x = Mapping::new(&figure.x, all_x);
    // Curves that turn back at the edge of the frame would touch it.
    let x = if figure.turns_back() { x.widened() } else { x };
    let count = figure.panels.len();
    let (left, right) = (dimensions.left(), dimensions.right(figure));
    let mut canvas = Canvas::new(count, 1)
        .with_title(figure.title.replace('$', "\\$"))
        .with_title_size(dimensions.title)
        .with_spacing(0.0)
        .with_padding(0.0);
    let (mut plots, mut layouts) = (Vec::new(), Vec::new());
    for (index, panel) in figure.panels.iter().enumerate() {
        let all_y = panel.curves.iter().flat_map(|curve| &curve.y);
        let y = Mapping::new(&panel.y, all_y).widened();
        let drawn = lines(figure, panel, x, y, dimensions);
        let is_last = index + 1 == count;
        let mut layout = layout(&drawn, x, y, dimensions)
            .with_theme(theme.clone())
            .with_y_label(y.label(&panel.y, dimensions.coarse))
            .with_show_grid(!dimensions.coarse)
            .with_force_margins(left, right)
            .with_force_margins_y(ABOVE, dimensions.below(is_last));
        if is_last {
            layout = layout.with_x_label(x.label(&figure.x, false));
        }
        canvas = canvas.with_row_height(index, dimensions.row(is_last));
        plots.push(drawn);
        layouts.push(layout);
    }
    canvas
        .with_plots(plots)
        .with_layouts(layouts)
        .with_figure_size(dimensions.width, dimensions.height(count))
        .render()
}

fn theme() -> Theme {
    Theme { grid_color: "#dddddd".to_owned(), ..Theme::light() }
}

fn layout(drawn: &[Drawable], x: Mapping, y: Mapping, dimensions: &Dimensions) -> Layout {
    // A range of nothing cannot be divided into ticks.
    let x = if x.high > x.low { x } else { x.widened() };
    let mut layout = Layout::auto_from_plots(drawn)
        .with_x_axis_min(x.low)
        .with_x_axis_max(x.high)
        .with_y_axis_min(y.low)
        .with_y_axis_max(y.high)
        .with_x_tick_format(x.ticks())
        .with_y_tick_format(y.ticks())
        .with_label_size(dimensions.label)
        .with_tick_size(dimensions.tick)
        .with_body_size(dimensions.tick)
        .with_legend_position(LegendPosition::OutsideRightTop)
        .with_legend_box(false)
        .with_box_axes();
    if x.log {
        layout = layout.with_log_x();
    }
    if y.log {
        layout = layout.with_log_y();
    }
    layout
}

fn lines(
    figure: &Figure,
    panel: &Panel,
    x: Mapping,
    y: Mapping,
    dimensions: &Dimensions,
) -> Vec<Drawable> {
    let mut drawn = Vec::new();
    for curve in &panel.curves {
        let index = figure.colour_index(&curve.name);
        let mut parts = pieces(curve, x, y, dimensions);
        if curve.unstable {
            parts = parts.iter().flat_map(|part| dashes(part, x, y, dimensions)).collect();
        }
        for (number, points) in parts.into_iter().enumerate() {
            let mut line = LinePlot::new()
                .with_data(points)
                .with_color(colour(index))
                .with_stroke_width(dimensions.stroke);
            if number == 0 {
                line = line.with_legend(curve.legend().replace('$', "\\$"));
            }
            if (curve.unstable && number == 0) || index >= COLOURS.len() {
                line = line.with_line_style(LineStyle::Dashed);
            }
            drawn.push(line.into());
        }
    }
    drawn
}

/// The visible points of a curve, thinned to what the picture can resolve and parted at gaps.
fn pieces(curve: &Curve, x: Mapping, y: Mapping, dimensions: &Dimensions) -> Vec<Vec<(f64, f64)>> {
    let xs: Vec<f64> = curve.x.iter().map(|v| x.map(*v)).collect();
    let ys: Vec<f64> = curve.y.iter().map(|v| y.map(*v)).collect();
    let places: Vec<f64> = xs.iter().map(|v| x.place(*v)).collect();
    // Two columns a unit, because PNG files have twice the density.
    let kept = min_max_indices(&places, &ys, 2 * dimensions.width as usize);
    let mut pieces = vec![Vec::new()];
    for index in kept {
        let (x, y) = (xs[index], ys[index]);
        if x.is_finite() && y.is_finite() {
            if let Some(piece) = pieces.last_mut() {
                piece.push((x, y));
            }
        } else if pieces.last().is_some_and(|piece| !piece.is_empty()) {
            pieces.push(Vec::new());
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Dashes and gaps along a curve, in SVG units. A style of the drawing library would do, but where pixels are drawn it
/// begins anew at each point, and the points of a trace are close together.
const DASH: (f64, f64) = (7.0, 5.0);

/// A curve cut into dashes.
fn dashes(
    points: &[(f64, f64)],
    x: Mapping,
    y: Mapping,
    dimensions: &Dimensions,
) -> Vec<Vec<(f64, f64)>> {
    let unit = |mapping: Mapping, size: f64| {
        let span = mapping.place(mapping.high) - mapping.place(mapping.low);
        if span > 0.0 { size / span } else { 0.0 }
    };
    // The frame is about as wide as the picture without the legend.
    let (ux, uy) = (unit(x, 0.8 * dimensions.width), unit(y, dimensions.frame));
    let back = |mapping: Mapping, place: f64| if mapping.log { 10_f64.powf(place) } else { place };
    let mut cut = vec![points.iter().take(1).copied().collect::<Vec<_>>()];
    let (mut left, mut drawing) = (DASH.0, true);
    for pair in points.windows(2) {
        let (from, to) =
            ((x.place(pair[0].0), y.place(pair[0].1)), (x.place(pair[1].0), y.place(pair[1].1)));
        let length = f64::hypot((to.0 - from.0) * ux, (to.1 - from.1) * uy);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let part = done / length;
            let place = |a: f64, b: f64| a + part * (b - a);
            let at = (back(x, place(from.0, to.0)), back(y, place(from.1, to.1)));
            if let (true, Some(dash)) = (drawing, cut.last_mut()) {
                dash.push(at);
            } else {
                cut.push(vec![at]);
            }
            drawing = !drawing;
            left = if drawing { DASH.0 } else { DASH.1 };
        }
        left -= length - done;
        if let (true, Some(dash)) = (drawing, cut.last_mut()) {
            dash.push(pair[1]);
        }
    }
    cut.retain(|dash| dash.len() > 1);
    cut
}

/// Text without the escape sequences that colour it.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        // `ESC [ … letter`
        for c in characters.by_ref() {
            if c.is_ascii_alphabetic() {
                break;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(unit: &'static str, log: bool) -> Axis {
        Axis { label: "x".to_owned(), unit, log }
    }

    fn figure(log: bool, y: Vec<f64>) -> Figure {
        let curve = Curve {
            unstable: false,
            name: "v(a$b)".to_owned(),
            x: (1..=y.len()).map(|k| k as f64 * 1e-9).collect(),
            y,
        };
        Figure {
            title: "title".to_owned(),
            x: axis("s", false),
            panels: vec![Panel { y: axis("A", log), curves: vec![curve] }],
            notes: Vec::new(),
        }
    }

    fn svg(figure: &Figure) -> String {
        String::from_utf8(Svg.render(figure).unwrap()).unwrap()
    }

    #[test]
    fn axes_carry_prefixes_and_names_stay_literal() {
        let text = svg(&figure(false, vec![0.0, 2e-6, 5e-6]));
        for part in ["x (ns)", "x (µA)", "v(a$b)", "title", COLOURS[0]] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn logarithmic_axes_reach_below_the_library_limit() {
        let y = vec![1e-15, 1e-12, 0.0, 1e-6];
        let mapping = Mapping::new(&axis("A", true), y.iter());
        assert!((1.0..1000.0).contains(&mapping.low));
        assert!(mapping.map(0.0).is_nan() && mapping.map(-1.0).is_nan());
        let text = svg(&figure(true, y));
        for tick in [">1f<", ">1p<", ">1n<", ">1µ<"] {
            assert!(text.contains(tick), "{tick}");
        }
    }

    #[test]
    fn gaps_part_a_curve() {
        let figure = figure(false, vec![1.0, 2.0, f64::NAN, 4.0, 5.0]);
        let curve = &figure.panels[0].curves[0];
        let x = Mapping::new(&figure.x, curve.x.iter());
        let y = Mapping::new(&figure.panels[0].y, curve.y.iter());
        let pieces = pieces(curve, x, y, &Dimensions::page(1));
        let lengths: Vec<usize> = pieces.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 2]);
    }

    #[test]
    fn extreme_and_flat_curves_can_be_drawn() {
        for y in [
            vec![3.0; 4],
            vec![0.0; 4],
            vec![-1e300, 1e300, 0.0],
            vec![1e-300, 2e-300],
            vec![1.0 + 1e-15, 1.0],
        ] {
            for log in [false, true] {
                let figure = figure(log, y.clone());
                assert!(svg(&figure).contains("</svg>"));
            }
        }
    }

    #[test]
    fn png_and_terminal_have_their_sizes() {
        let figure = figure(false, vec![0.0, 1.0, 0.5]);
        let png = Png.render(&figure).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(u32::from_be_bytes(png[16..20].try_into().unwrap()), 2000);
        let terminal = Terminal { columns: 80, rows: 20, colour: false };
        let text = String::from_utf8(terminal.render(&figure).unwrap()).unwrap();
        assert!(!text.contains('\u{1b}') && text.contains("v(a$b)"));
        assert!(text.lines().count() <= 20);
        assert!(text.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn escapes_are_removed() {
        assert_eq!(without_escapes("\u{1b}[38;2;1;2;3ma\u{1b}[0mb"), "ab");
    }
}
