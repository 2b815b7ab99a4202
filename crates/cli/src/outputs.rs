//! Where the points of a run go: raw and csv files, and memory for tables and pictures.
//!
//! Files are opened when the first plot begins, so that a netlist that cannot be simulated leaves older results as
//! they are, and are written point by point, so that they are valid whenever the run ends.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ovonic::waveforms::{
    Complex64, CsvWriter, MemorySink, Outcome, PlotHeader, PlotKind, RawEncoding, RawOptions,
    RawWriter, Results, Sink, SplitSink, WaveformError, split_path, split_raw_files,
};

use crate::exit::Failure;
use crate::host;

/// What is to be written, as the command line says it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// Raw file.
    pub(crate) raw: Option<PathBuf>,
    /// Whether numbers in the raw file are text.
    pub(crate) ascii: bool,
    /// Comma-separated tables.
    pub(crate) csv: Option<PathBuf>,
    /// Whether each analysis gets files of its own.
    pub(crate) split: bool,
}

/// Which plots are kept in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of them.
    All,
    /// Those of these analyses, and plots of one point, which cost nothing.
    Kinds(Vec<PlotKind>),
}

impl Keep {
    fn wants(&self, kind: &PlotKind) -> bool {
        match self {
            Keep::All => true,
            Keep::Kinds(kinds) => !kind.has_scale() || kinds.contains(kind),
        }
    }
}

/// Gives every point to the files and to memory.
pub(crate) struct Outputs {
    files: Files,
    keep: Keep,
    opened: bool,
    sinks: Vec<(PathBuf, Box<dyn Sink>)>,
    memory: MemorySink,
    keeping: bool,
    /// The file that could not be written, because the sink's error does not say which one it was.
    failed: Option<PathBuf>,
}

impl Outputs {
    /// Outputs to these files.
    pub(crate) fn new(files: Files, keep: Keep) -> Outputs {
        Outputs {
            files,
            keep,
            opened: false,
            sinks: Vec::new(),
            memory: MemorySink::new(),
            keeping: false,
            failed: None,
        }
    }

    /// Whether anything was written to a file.
    pub(crate) fn has_files(&self) -> bool {
        self.files.raw.is_some() || self.files.csv.is_some()
    }

    /// The finished plots that are in memory.
    pub(crate) fn results(&self) -> &Results {
        self.memory.results()
    }

    /// Names the file that an error of this sink belongs to.
    pub(crate) fn explain(&self, error: ovonic::Error) -> Failure {
        match &self.failed {
            Some(path) if is_standard(path) => {
                let mut cause = std::error::Error::source(&error);
                while let Some(found) = cause {
                    if let Some(found) = found.downcast_ref::<io::Error>() {
                        return Failure::Output(found.kind().into());
                    }
                    cause = found.source();
                }
                Failure::Simulation(error)
            }
            Some(path) => Failure::Results { path: path.clone(), error },
            None => Failure::Simulation(error),
        }
    }

    fn open(&mut self) -> Result<(), WaveformError> {
        if let Some(path) = self.files.raw.clone() {
            let options = raw_options(self.files.ascii);
            let sink: Box<dyn Sink> = if self.files.split {
                Box::new(split_raw_files(path.clone(), options))
            } else {
                let writer = RawWriter::create(&path, options);
                Box::new(self.note_failure(&path, writer)?)
            };
            self.sinks.push((path, sink));
        }
        if let Some(path) = self.files.csv.clone() {
            let sink: Box<dyn Sink> = if self.files.split && !is_standard(&path) {
                let base = path.clone();
                Box::new(SplitSink::new(move |header: &PlotHeader, before| {
                    create_csv(&split_path(&base, &header.kind, before))
                }))
            } else {
                let writer = create_csv(&path);
                Box::new(self.note_failure(&path, writer)?)
            };
            self.sinks.push((path, sink));
        }
        self.opened = true;
        Ok(())
    }

    fn note_failure<T>(
        &mut self,
        path: &Path,
        result: Result<T, WaveformError>,
    ) -> Result<T, WaveformError> {
        if result.is_err() {
            self.failed = Some(path.to_owned());
        }
        result
    }

    /// Gives something to all files and, if this plot is kept, to memory.
    fn give(
        &mut self,
        action: impl Fn(&mut dyn Sink) -> Result<(), WaveformError>,
    ) -> Result<(), WaveformError> {
        for (path, sink) in &mut self.sinks {
            let result = action(sink.as_mut());
            if result.is_err() {
                self.failed = Some(path.clone());
            }
            result?;
        }
        if self.keeping {
            action(&mut self.memory)?;
        }
        Ok(())
    }
}

fn create_csv(path: &Path) -> Result<CsvWriter<Box<dyn Write>>, WaveformError> {
    let out: Box<dyn Write> =
        if is_standard(path) { Box::new(io::stdout()) } else { Box::new(File::create(path)?) };
    Ok(CsvWriter::new(out))
}

/// Whether a path stands for standard output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Results as the bytes of a raw file.
pub(crate) fn raw_bytes(results: &Results, ascii: bool) -> Result<Vec<u8>, Failure> {
    let options = raw_options(ascii);
    let mut file = io::Cursor::new(Vec::new());
    let mut writer = RawWriter::new(&mut file, options)?;
    for plot in &results.plots {
        plot.write_to(&mut writer)?;
    }
    drop(writer);
    Ok(file.into_inner())
}

fn raw_options(ascii: bool) -> RawOptions {
    RawOptions {
        encoding: if ascii { RawEncoding::Ascii } else { RawEncoding::Binary },
        date: host::date(),
        ..RawOptions::default()
    }
}

impl Sink for Outputs {
    fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError> {
        if !self.opened {
            self.open()?;
        }
        self.keeping = self.keep.wants(&header.kind);
        self.give(|sink| sink.begin(header))
    }

    fn point(&mut self, values: &[f64]) -> Result<(), WaveformError> {
        self.give(|sink| sink.point(values))
    }

    fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError> {
        self.give(|sink| sink.complex_point(values))
    }

    fn end(&mut self, outcome: &Outcome) -> Result<(), WaveformError> {
        self.give(|sink| sink.end(outcome))
    }
}
