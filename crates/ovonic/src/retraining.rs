//! A pattern that an array of neurosynaptic cells learns, forgets, and learns again.
//!
//! ```text
//! epoch:   for each row with something to learn: one pulse on its word line and on the bit lines of its pattern
//! learn:   epochs from intact domes
//! forget:  for each row, a weak RESET of its pattern, which leaves nuclei
//! again:   the same epochs as at first
//! erased:  the same epochs from the domes that were left, but without the nuclei
//! ```
//!
//! Bit lines are driven through a resistance, because each has at most one selected cell at a time, which then gets the same
//! current whatever else its row does. RESET currents come in at the other ends of the bit lines. Nothing is scripted: the
//! whole is a netlist, with line resistance and whatever the other cells do, and every number is its solution.

use crate::{Error, LoadOptions, Recording, RunOptions, Simulation};
use ovonic_crossbar::Scheme;
use ovonic_netlist::MemoryLoader;
use ovonic_waveforms::{Matrix, PlotKind, Results};
use std::fmt::Write;

/// What is taught to which array.
#[derive(Clone, Debug, PartialEq)]
pub struct Retraining {
    /// What is to be learned: cells that are not zero.
    pub pattern: Matrix,
    /// Epochs of each training; each is a pulse for every cell of the pattern.
    pub pulses: usize,
    /// Voltage of a pulse, V.
    pub voltage: f64,
    /// Resistance in series with each bit line, Ω.
    pub series: f64,
    /// What lines are put to that are not selected: [`Scheme::Half`], [`Scheme::Third`] or [`Scheme::Grounded`].
    pub scheme: Scheme,
    /// Current of the RESET, A.
    pub reset: f64,
    /// Thickness of the amorphous domes at first, m.
    pub thickness: f64,
    /// Thickness of a dome that counts as learned, m.
    pub learned: f64,
    /// Resistance of a segment of word line and of bit line, Ω.
    pub segment: f64,
    /// Capacitance of each line at each crossing, F.
    pub capacitance: f64,
    /// Standard deviation of the logarithm of the domes' thickness.
    pub spread: f64,
    /// What deviations are drawn from.
    pub seed: u64,
    /// `.model` cards, among them the cell's.
    pub models: String,
    /// Name of the cell's model.
    pub cell: String,
}

/// A part of the experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// From intact domes.
    Naive,
    /// After the RESET.
    Again,
    /// From the same domes as [`Phase::Again`], without their nuclei.
    Erased,
}

impl Phase {
    /// The phase in one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phase::Naive => "naive",
            Phase::Again => "again",
            Phase::Erased => "erased",
        }
    }
}

/// The array after a number of pulses of a phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The part of the experiment.
    pub phase: Phase,
    /// Pulses since the phase began.
    pub pulses: usize,
    /// Thickness of each dome, m.
    pub thickness: Matrix,
    /// How much of each cell is learned: 0 at the first thickness, 1 at the one that counts as learned.
    pub state: Matrix,
    /// Root mean square of the differences between state and pattern.
    pub error: f64,
    /// Largest relative change of a dome outside of the pattern.
    pub disturb: f64,
}

/// Length of a pulse, s.
const WIDTH: f64 = 100e-9;
/// Time for each row, s.
const SLOT: f64 = 300e-9;
/// Rise and fall of a pulse, s.
const EDGE: f64 = 2e-9;
/// Length of a RESET, s.
const RESET: f64 = 15e-9;
/// Voltage that steers the RESET to its row, V.
const STEER: f64 = 1.5;

impl Retraining {
    /// Runs the whole experiment.
    ///
    /// # Errors
    /// When a simulation fails.
    pub fn run(&self) -> Result<Vec<Snapshot>, Error> {
        let (rows, cols) = (self.pattern.rows(), self.pattern.cols());
        let intact = Matrix::filled(rows, cols, self.thickness);
        let results = simulate(&self.netlist(true), &self.domes(&intact))?;
        let epoch = self.rows().len() as f64 * SLOT;
        let second = self.pulses as f64 * epoch + epoch;
        let mut snapshots = Vec::with_capacity(3 * (self.pulses + 1));
        self.take(&results, Phase::Naive, 0.0, &mut snapshots);
        self.take(&results, Phase::Again, second, &mut snapshots);
        let left = &snapshots[self.pulses + 1].thickness;
        let erased = simulate(&self.netlist(false), &csv(left))?;
        self.take(&erased, Phase::Erased, 0.0, &mut snapshots);
        Ok(snapshots)
    }

    /// The first domes, with their deviations, as a file.
    #[must_use]
    pub fn domes(&self, mean: &Matrix) -> String {
        let source = ovonic_device::Variation::new(self.seed).of_instance("dome");
        let dome = |row, col| {
            let event = (row as u64) << 32 | col as u64;
            mean.at(row, col) * source.factor("ua0", event, self.spread)
        };
        csv(&Matrix::from_fn(mean.rows(), mean.cols(), dome))
    }

    /// The netlist of a training, or with `forget` of a training, a RESET and a second training. It names the file
    /// `domes.csv`.
    #[must_use]
    pub fn netlist(&self, forget: bool) -> String {
        let (rows, cols) = (self.pattern.rows(), self.pattern.cols());
        let mut lines = Drive::new(rows, cols);
        self.train(&mut lines);
        if forget {
            self.forget(&mut lines);
            self.train(&mut lines);
        }
        let stop = lines.time;
        let mut text = String::from("An array of neurosynaptic cells learns a pattern\n");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", self.models.trim_end());
        for (row, points) in lines.word.iter().enumerate() {
            let _ = writeln!(text, "Vw{0} w[{0}] 0 {1}", row + 1, waveform(points));
        }
        for (col, (points, currents)) in lines.bit.iter().zip(&lines.reset).enumerate() {
            let _ = writeln!(text, "Vb{0} d[{0}] 0 {1}", col + 1, waveform(points));
            let _ = writeln!(text, "Rb{0} d[{0}] b[{0}] {1:e}", col + 1, self.series);
            let _ = writeln!(text, "Ib{0} 0 t[{0}] {1}", col + 1, waveform(currents));
        }
        let _ = writeln!(
            text,
            ".crossbar xb w b {} rows={rows} cols={cols} bfar=t[1:{cols}] ua0=\"domes.csv\"\n\
             + rword={1:e} rbit={1:e} cword={2:e} cbit={2:e}",
            self.cell, self.segment, self.capacitance
        );
        let _ = writeln!(text, ".tran 0 {stop:e} 0 50n\n.save");
        for row in 1..=rows {
            for col in 1..=cols {
                let _ = writeln!(text, "+ @xb.c[{row}][{col}][u_a]");
            }
        }
        text.push_str(".end\n");
        text
    }

    /// Rows with something to learn.
    fn rows(&self) -> Vec<usize> {
        let learns = |row: &usize| self.pattern.row(*row).iter().any(|cell| *cell != 0.0);
        (0..self.pattern.rows()).filter(learns).collect()
    }

    fn is_learned(&self, row: usize, col: usize) -> bool {
        self.pattern.at(row, col) != 0.0
    }

    fn train(&self, drive: &mut Drive) {
        let v = self.voltage;
        // Selected and other word lines, selected and other bit lines.
        let levels = match self.scheme {
            Scheme::Half | Scheme::Floating => [v / 2.0, 0.0, -v / 2.0, 0.0],
            Scheme::Third => [v, v / 3.0, 0.0, 2.0 * v / 3.0],
            Scheme::Grounded => [v, 0.0, 0.0, 0.0],
        };
        for _ in 0..self.pulses {
            for row in self.rows() {
                let pulse = |points: &mut Vec<[f64; 2]>, level: f64, at: f64| {
                    pulse(points, at, EDGE, WIDTH, level);
                };
                for (other, points) in drive.word.iter_mut().enumerate() {
                    pulse(points, levels[usize::from(other != row)], drive.time);
                }
                for (col, points) in drive.bit.iter_mut().enumerate() {
                    let selected = self.is_learned(row, col);
                    pulse(points, levels[if selected { 2 } else { 3 }], drive.time);
                }
                drive.time += SLOT;
            }
        }
    }

    fn forget(&self, drive: &mut Drive) {
        for row in self.rows() {
            pulse(&mut drive.word[row], drive.time, EDGE, 40e-9, -STEER);
            for (col, points) in drive.reset.iter_mut().enumerate() {
                if self.is_learned(row, col) {
                    pulse(points, drive.time + 5e-9, 1e-9, RESET, self.reset);
                }
            }
            drive.time += SLOT;
        }
    }

    /// The states at the ends of the epochs of a phase.
    fn take(&self, results: &Results, phase: Phase, start: f64, snapshots: &mut Vec<Snapshot>) {
        let Some(plot) = results.of_kind(&PlotKind::Transient) else {
            unreachable!("the netlist asks for a transient");
        };
        let column = |name: &str| {
            plot.vector(name).ok().and_then(|vector| vector.as_real()).unwrap_or_default()
        };
        let time = column("time");
        let epoch = self.rows().len() as f64 * SLOT;
        let (rows, cols) = (self.pattern.rows(), self.pattern.cols());
        for pulses in 0..=self.pulses {
            // Between a pulse and the next nothing moves any more.
            let at = start + pulses as f64 * epoch - 0.01 * SLOT;
            let index = time.partition_point(|t| *t <= at).saturating_sub(1);
            let thickness = Matrix::from_fn(rows, cols, |row, col| {
                column(&format!("@xb.c[{}][{}][u_a]", row + 1, col + 1))[index]
            });
            snapshots.push(self.snapshot(phase, pulses, thickness));
        }
    }

    fn snapshot(&self, phase: Phase, pulses: usize, thickness: Matrix) -> Snapshot {
        let (rows, cols) = (thickness.rows(), thickness.cols());
        let range = self.thickness - self.learned;
        let state = Matrix::from_fn(rows, cols, |row, col| {
            ((self.thickness - thickness.at(row, col)) / range).clamp(0.0, 1.0)
        });
        let goal = |index: usize| f64::from(u8::from(self.pattern.values()[index] != 0.0));
        let squares = state.values().iter().enumerate().map(|(k, state)| (state - goal(k)).powi(2));
        let error = (squares.sum::<f64>() / (rows * cols) as f64).sqrt();
        let others = thickness.values().iter().enumerate().filter(|(k, _)| goal(*k) == 0.0);
        let change = |(_, now): (usize, &f64)| (now / self.thickness - 1.0).abs();
        let disturb = others.map(change).fold(0.0, f64::max);
        Snapshot { phase, pulses, thickness, state, error, disturb }
    }
}

/// Waveforms of all lines so far.
struct Drive {
    time: f64,
    word: Vec<Vec<[f64; 2]>>,
    bit: Vec<Vec<[f64; 2]>>,
    reset: Vec<Vec<[f64; 2]>>,
}

impl Drive {
    fn new(rows: usize, cols: usize) -> Drive {
        let start = |count| vec![vec![[0.0, 0.0]]; count];
        Drive { time: 0.0, word: start(rows), bit: start(cols), reset: start(cols) }
    }
}

fn pulse(points: &mut Vec<[f64; 2]>, slot: f64, edge: f64, width: f64, level: f64) {
    if level == 0.0 {
        return;
    }
    let start = slot + 10e-9;
    points.extend([
        [start, 0.0],
        [start + edge, level],
        [start + edge + width, level],
        [start + 2.0 * edge + width, 0.0],
    ]);
}

fn waveform(points: &[[f64; 2]]) -> String {
    let mut text = String::from("pwl(");
    for (index, [time, value]) in points.iter().enumerate() {
        let blank = if index % 8 == 7 { "\n+ " } else { " " };
        let _ = write!(text, "{time:.6e} {value:e}{blank}");
    }
    text.trim_end().to_owned() + ")"
}

fn csv(matrix: &Matrix) -> String {
    let mut bytes = Vec::new();
    matrix.write_csv(&mut bytes).expect("memory takes everything");
    String::from_utf8(bytes).expect("numbers are text")
}

fn simulate(netlist: &str, domes: &str) -> Result<Results, Error> {
    let loader = MemoryLoader::new().with("domes.csv", domes.as_bytes().to_vec());
    let options = LoadOptions::default();
    let mut simulation = Simulation::from_text_with("array", netlist, &loader, &options)?;
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording)?;
    Ok(recording.into_results())
}
