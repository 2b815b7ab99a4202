//! Result vectors, raw and csv files, measures; knows no circuit.
//!
//! Analyses stream points to a [`Sink`], so that output never has to fit in memory; what is kept or read back is
//! [`Results`], a list of [`Plot`]s of named [`Vector`]s. Nothing here reads a clock or prints.
//!
//! ```
//! use ovonic_waveforms::{
//!     Condition, Edge, MemorySink, Outcome, PlotHeader, PlotKind, Quantity, Sink, Variable, Waveform,
//! };
//!
//! // What an analysis does:
//! let variables = vec![
//!     Variable::new("time", Quantity::Time),
//!     Variable::new("v(out)", Quantity::Voltage),
//! ];
//! let mut sink = MemorySink::new();
//! sink.begin(&PlotHeader::real("RC", PlotKind::Transient, variables))?;
//! for step in 0..=100 {
//!     let time = 1e-8 * f64::from(step);
//!     sink.point(&[time, 1.0 - (-time / 2e-7).exp()])?;
//! }
//! sink.end(&Outcome::Complete)?;
//!
//! // What is done with the results:
//! let results = sink.into_results();
//! let output = Waveform::of(&results.plots[0], "OUT")?;
//! let half = output.when(&Condition::nth(0.5, Edge::Rise, 1))?;
//! assert!((half - 2e-7 * 2_f64.ln()).abs() < 1e-10);
//! # Ok::<(), ovonic_waveforms::WaveformError>(())
//! ```

mod csv_file;
mod decimate;
mod error;
mod lookup;
mod matrix;
mod measure;
mod npy;
mod number;
mod parts;
mod plot;
mod quantity;
mod raw;
mod signal;
mod sink;
mod split;
mod table;

pub use csv_file::{CsvWriter, read_csv};
pub use decimate::{largest_triangle_indices, min_max_indices};
pub use error::WaveformError;
pub use matrix::Matrix;
pub use measure::{
    Condition, Crossing, Edge, Extremum, Harmonics, Occurrence, Transition, Waveform,
};
pub use npy::{NpyArray, read_npy, write_npy, write_npy_matrix};
pub use num_complex::Complex64;
pub use number::scientific;
pub use plot::{Plot, Results, Samples, Vector};
pub use quantity::Quantity;
pub use raw::{
    RawEncoding, RawFile, RawHeader, RawOptions, RawReader, RawWarning, RawWriter, read_raw,
};
pub use sink::{MemorySink, Outcome, PlotHeader, PlotKind, Scalar, Sink, TeeSink, Variable};
pub use split::{SplitSink, split_path, split_raw_files};
pub use table::{Listing, Table};
