//! Result vectors, raw and csv files, measures; knows no circuit.
//!
//! Analyses stream points to a [`Sink`], so that output never has to fit in memory; what is kept or read back is
//! [`Results`], a list of [`Plot`]s of named [`Vector`]s. Nothing here reads a clock or prints.

mod csv_file;
mod decimate;
mod error;
mod lookup;
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
pub use measure::{
    Condition, Crossing, Edge, Extremum, Harmonics, Occurrence, Transition, Waveform,
};
pub use npy::{NpyArray, read_npy, write_npy, write_npy_matrix};
pub use num_complex::Complex64;
pub use plot::{Plot, Results, Samples, Vector};
pub use quantity::Quantity;
pub use raw::{
    RawEncoding, RawFile, RawHeader, RawOptions, RawReader, RawWarning, RawWriter, read_raw,
};
pub use sink::{MemorySink, Outcome, PlotHeader, PlotKind, Scalar, Sink, TeeSink, Variable};
pub use split::{SplitSink, split_path, split_raw_files};
pub use table::{Listing, Table};
