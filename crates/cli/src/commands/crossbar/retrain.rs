//! `ovonic crossbar retrain`: an array of neurosynaptic cells learns a pattern, forgets it, and learns it again.
//!
//! The pattern is an F unless a file says otherwise. The figure shows the memory as a row of maps, then the error of its
//! state against the number of pulses: at first, again, and again without the nuclei that survived.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use kuva::backend::raster::RasterBackend;
use kuva::backend::svg::SvgBackend;
use kuva::plot::LinePlot;
use kuva::plot::heatmap::{ColorMap, Heatmap};
use kuva::plot::legend::LegendPosition;
use kuva::render::figure::Figure;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use kuva::render::render::Scene;
use ovonic::crossbar::Scheme;
use ovonic::waveforms::Matrix;
use ovonic::{Phase, Retraining, Snapshot};

use super::files::{number, read};
use crate::console::Console;
use crate::exit::{Failure, Status};
use crate::plot::{COLOURS, Format, PlotError};

/// The cell of `models/ts-pcm.lib`.
const MODELS: &str = include_str!("../../../../../models/ts-pcm.lib");

const F: [[f64; 5]; 7] = [
    [1.0, 1.0, 1.0, 1.0, 1.0],
    [1.0, 0.0, 0.0, 0.0, 0.0],
    [1.0, 0.0, 0.0, 0.0, 0.0],
    [1.0, 1.0, 1.0, 1.0, 0.0],
    [1.0, 0.0, 0.0, 0.0, 0.0],
    [1.0, 0.0, 0.0, 0.0, 0.0],
    [1.0, 0.0, 0.0, 0.0, 0.0],
];

/// Arguments of `retrain`.
#[derive(Args, Debug)]
pub(crate) struct RetrainArgs {
    /// What is to be learned: a matrix whose cells are zero or not, .csv or .npy; an F if absent
    #[arg(long, value_name = "FILE")]
    pattern: Option<PathBuf>,
    /// Pulses that each cell of the pattern gets in each training
    #[arg(long, value_name = "COUNT", default_value = "12")]
    pulses: usize,
    /// Voltage of a pulse, V
    #[arg(long, value_name = "VOLT", default_value = "4.5", value_parser = number)]
    voltage: f64,
    /// Resistance in series with each bit line, ohm
    #[arg(long, value_name = "OHM", default_value = "50k", value_parser = number)]
    series: f64,
    /// What lines that are not selected are put to
    #[arg(long, value_name = "SCHEME", default_value = "third")]
    scheme: TrainingScheme,
    /// Current of the weak RESET, A
    #[arg(long, value_name = "AMPERE", default_value = "430u", value_parser = number)]
    reset: f64,
    /// Resistance of a segment of a line, ohm
    #[arg(long, value_name = "OHM", default_value = "5", value_parser = number)]
    segment: f64,
    /// Capacitance of each line at each crossing, F
    #[arg(long, value_name = "FARAD", default_value = "0.1f", value_parser = number)]
    capacitance: f64,
    /// Standard deviation of the logarithm of the domes' thickness
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = number)]
    spread: f64,
    /// Seed of the deviations
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    seed: u64,
    /// Draw the maps and the errors: .svg, .png or .html
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Write the thickness of every dome after every pulse as well
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the netlist of training, RESET and second training, with domes.csv beside it, and run nothing
    #[arg(long, value_name = "FILE")]
    netlist: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TrainingScheme {
    /// Half of the voltage from either side: a cell of a selected line gets V/2
    Half,
    /// Every other cell gets V/3
    Third,
}

/// Runs the experiment, prints errors against pulses, and writes what was asked for.
pub(crate) fn run(arguments: &RetrainArgs, console: &mut Console) -> Result<Status, Failure> {
    let pattern = match &arguments.pattern {
        Some(path) => read(path)?,
        None => Matrix::from_fn(F.len(), F[0].len(), |row, col| F[row][col]),
    };
    let retraining = Retraining {
        pattern,
        pulses: arguments.pulses,
        voltage: arguments.voltage,
        series: arguments.series,
        scheme: match arguments.scheme {
            TrainingScheme::Half => Scheme::Half,
            TrainingScheme::Third => Scheme::Third,
        },
        reset: arguments.reset,
        thickness: 29e-9,
        learned: 15e-9,
        segment: arguments.segment,
        capacitance: arguments.capacitance,
        spread: arguments.spread,
        seed: arguments.seed,
        models: MODELS.to_owned() + ".options temp=26.85\n",
        cell: "ts_pcm_cell".to_owned(),
    };
    if let Some(path) = &arguments.netlist {
        return export(path, &retraining);
    }
    let snapshots = retraining.run().map_err(Failure::Simulation)?;
    console.print(&table(&snapshots, false));
    if let Some(path) = &arguments.csv {
        write(path, table(&snapshots, true).as_bytes())?;
    }
    if let Some(path) = &arguments.plot {
        write(path, &picture(path, &snapshots)?)?;
    }
    Ok(Status::Success)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::write(path, error))
}

fn export(path: &Path, retraining: &Retraining) -> Result<Status, Failure> {
    let (rows, cols) = (retraining.pattern.rows(), retraining.pattern.cols());
    write(path, retraining.netlist(true).as_bytes())?;
    let domes = retraining.domes(&Matrix::filled(rows, cols, retraining.thickness));
    write(&path.with_file_name("domes.csv"), domes.as_bytes())?;
    Ok(Status::Success)
}

/// A line a snapshot, with `domes` those as well.
fn table(snapshots: &[Snapshot], domes: bool) -> String {
    let mut text = String::from("phase,pulses,error,disturb");
    // Writing to a string cannot fail.
    if let (Some(first), true) = (snapshots.first(), domes) {
        for row in 1..=first.thickness.rows() {
            for col in 1..=first.thickness.cols() {
                let _ = write!(text, ",u_a[{row}][{col}]");
            }
        }
    }
    text.push('\n');
    for snapshot in snapshots {
        let Snapshot { phase, pulses, error, disturb, .. } = snapshot;
        let _ = write!(text, "{},{pulses},{error:.6e},{disturb:.3e}", phase.name());
        if domes {
            for value in snapshot.thickness.values() {
                let _ = write!(text, ",{value:.6e}");
            }
        }
        text.push('\n');
    }
    text
}

fn picture(path: &Path, snapshots: &[Snapshot]) -> Result<Vec<u8>, Failure> {
    let scene = scene(snapshots);
    let svg = || SvgBackend::new().render_scene(&scene);
    Ok(match Format::of_path(path)? {
        Format::Png => {
            RasterBackend::new().with_scale(2.0).render_scene(&scene).map_err(PlotError::Drawing)?
        }
        Format::Html => {
            let head = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Retraining</title>\n";
            (head.to_owned() + &svg() + "\n").into_bytes()
        }
        Format::Svg | Format::Terminal { .. } => svg().into_bytes(),
    })
}

/// Maps of each training, four of them, and the errors below.
fn scene(snapshots: &[Snapshot]) -> Scene {
    const MAPS: usize = 4;
    let phase = |phase: Phase| -> Vec<&Snapshot> {
        snapshots.iter().filter(|snapshot| snapshot.phase == phase).collect()
    };
    let (mut plots, mut layouts) = (Vec::new(), Vec::new());
    for kind in [Phase::Naive, Phase::Again] {
        let all = phase(kind);
        for k in 0..MAPS {
            // The first pulses change most.
            let last = all.len() - 1;
            let chosen = [0, last / 4, last / 2, last][k];
            let (plot, layout) = map(all[chosen]);
            plots.push(vec![plot]);
            layouts.push(layout);
        }
    }
    let curves = [
        (Phase::Naive, "first training"),
        (Phase::Again, "after forgetting"),
        (Phase::Erased, "nuclei erased"),
    ];
    let curves: Vec<Plot> = curves
        .into_iter()
        .zip(COLOURS)
        .map(|((kind, name), colour)| {
            let points = phase(kind).into_iter().map(|s| (s.pulses as f64, s.error));
            let line = LinePlot::new()
                .with_data(points)
                .with_color(colour)
                .with_stroke_width(2.5)
                .with_legend(name);
            Plot::Line(line)
        })
        .collect();
    let layout = Layout::auto_from_plots(&curves)
        .with_title("Error of the memory's state")
        .with_x_label("pulses to each cell of the pattern")
        .with_y_label("root mean square")
        .with_y_axis_min(0.0)
        .with_legend_position(LegendPosition::InsideTopRight);
    plots.push(curves);
    layouts.push(layout);
    let mut structure: Vec<Vec<usize>> = (0..2 * MAPS).map(|k| vec![k]).collect();
    structure.push((2 * MAPS..4 * MAPS).collect());
    Figure::new(2, 2 * MAPS)
        .with_structure(structure)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_title(
            "An array learns, forgets, and learns again (dark: as at first, bright: learned)",
        )
        .with_cell_size(190.0, 250.0)
        .with_row_height(1, 340.0)
        .with_spacing(4.0)
        .render()
}

fn map(snapshot: &Snapshot) -> (Plot, Layout) {
    let state = &snapshot.state;
    let (height, width) = (state.rows() as f64, state.cols() as f64);
    // The drawing's rows run upwards, those of an array downwards.
    let rows: Vec<Vec<f64>> = (0..state.rows()).rev().map(|row| state.row(row).to_vec()).collect();
    let map = Heatmap::new()
        .with_data(rows)
        .with_color_map(scale(state))
        .with_cell_size(0.96)
        .with_x_range(0.5, width + 0.5)
        .with_y_range(0.5, height + 0.5);
    let what = match (snapshot.phase, snapshot.pulses) {
        (Phase::Naive, 0) => "intact".to_owned(),
        (Phase::Naive, pulses) => format!("{pulses} pulses"),
        (_, 0) => "forgotten".to_owned(),
        (_, pulses) => format!("again {pulses}"),
    };
    let plot = Plot::Heatmap(map);
    let mut layout = Layout::auto_from_plots(std::slice::from_ref(&plot))
        .with_title(what)
        .with_x_axis_min(0.5)
        .with_x_axis_max(width + 0.5)
        .with_y_axis_min(0.5)
        .with_y_axis_max(height + 0.5);
    layout.show_colorbar = false;
    layout.suppress_x_ticks = true;
    layout.suppress_y_ticks = true;
    (plot, layout)
}

/// Colours of states from 0 to 1, the same in each map; a map of its own would stretch what it has.
fn scale(state: &Matrix) -> ColorMap {
    let fold = |start: f64, of: fn(f64, f64) -> f64| state.values().iter().copied().fold(start, of);
    let (low, high) = (fold(f64::INFINITY, f64::min), fold(f64::NEG_INFINITY, f64::max));
    ColorMap::Custom(Arc::new(move |part| {
        ColorMap::Viridis.map((low + part * (high - low)).clamp(0.0, 1.0))
    }))
}
