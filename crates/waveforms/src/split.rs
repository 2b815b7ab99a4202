//! One output per plot, for tools that read only the first plot of a file.

use std::fs::File;
use std::path::{Path, PathBuf};

use num_complex::Complex64;

use crate::sink::{nested_begin, not_begun};
use crate::{Outcome, PlotHeader, PlotKind, RawOptions, RawWriter, Sink, WaveformError};

/// Opens a new sink for every plot.
///
/// `open` is given the header and how many plots of the same kind came before.
pub struct SplitSink<S, F> {
    open: F,
    current: Option<S>,
    seen: Vec<PlotKind>,
}

impl<S, F> SplitSink<S, F>
where
    S: Sink,
    F: FnMut(&PlotHeader, usize) -> Result<S, WaveformError>,
{
    /// A sink that asks `open` for the sink of each plot.
    pub fn new(open: F) -> SplitSink<S, F> {
        SplitSink { open, current: None, seen: Vec::new() }
    }

    fn current(&mut self, call: &'static str) -> Result<&mut S, WaveformError> {
        self.current.as_mut().ok_or_else(|| not_begun(call))
    }
}

impl<S, F> Sink for SplitSink<S, F>
where
    S: Sink,
    F: FnMut(&PlotHeader, usize) -> Result<S, WaveformError>,
{
    fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError> {
        if self.current.is_some() {
            return Err(nested_begin());
        }
        let before = self.seen.iter().filter(|kind| **kind == header.kind).count();
        self.seen.push(header.kind.clone());
        let mut sink = (self.open)(header, before)?;
        sink.begin(header)?;
        self.current = Some(sink);
        Ok(())
    }

    fn point(&mut self, values: &[f64]) -> Result<(), WaveformError> {
        self.current("point")?.point(values)
    }

    fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError> {
        self.current("complex_point")?.complex_point(values)
    }

    fn end(&mut self, outcome: &Outcome) -> Result<(), WaveformError> {
        self.current("end")?.end(outcome)?;
        self.current = None;
        Ok(())
    }
}

/// The path of one plot beside `base`: `out.raw` becomes `out.tran.raw`, the second transient `out.tran2.raw`.
pub fn split_path(base: &Path, kind: &PlotKind, before: usize) -> PathBuf {
    let mut word = kind.short_name();
    if before > 0 {
        word.push_str(&(before + 1).to_string());
    }
    match base.extension() {
        Some(extension) => base.with_extension(format!("{word}.{}", extension.to_string_lossy())),
        None => base.with_extension(word),
    }
}

/// A sink that writes each plot to a raw file of its own, named by [`split_path`].
pub fn split_raw_files(base: PathBuf, options: RawOptions) -> impl Sink {
    SplitSink::new(move |header: &PlotHeader, before| -> Result<RawWriter<File>, _> {
        RawWriter::create(&split_path(&base, &header.kind, before), options.clone())
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::{MemorySink, Quantity, Results, Variable};

    #[test]
    fn paths_name_the_analysis() {
        for (base, kind, before, path) in [
            ("d/out.raw", PlotKind::Transient, 0, "d/out.tran.raw"),
            ("d/out.raw", PlotKind::Transient, 1, "d/out.tran2.raw"),
            ("out", PlotKind::Ac, 0, "out.ac"),
            ("a.b.raw", PlotKind::Other("Spectrum of x".into()), 0, "a.b.spectrum_of_x.raw"),
        ] {
            assert_eq!(split_path(Path::new(base), &kind, before), Path::new(path));
        }
    }

    /// Hands its results to the test when it is dropped.
    struct Probe(MemorySink, Rc<RefCell<Vec<Results>>>);

    impl Drop for Probe {
        fn drop(&mut self) {
            let sink = std::mem::take(&mut self.0);
            self.1.borrow_mut().push(sink.into_results());
        }
    }

    impl Sink for Probe {
        fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError> {
            self.0.begin(header)
        }
        fn point(&mut self, values: &[f64]) -> Result<(), WaveformError> {
            self.0.point(values)
        }
        fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError> {
            self.0.complex_point(values)
        }
        fn end(&mut self, outcome: &Outcome) -> Result<(), WaveformError> {
            self.0.end(outcome)
        }
    }

    #[test]
    fn each_plot_has_its_sink() {
        let kept = Rc::new(RefCell::new(Vec::new()));
        let counts = Rc::new(RefCell::new(Vec::new()));
        let mut split = SplitSink::new(|_: &PlotHeader, before| {
            counts.borrow_mut().push(before);
            Ok(Probe(MemorySink::new(), Rc::clone(&kept)))
        });
        let variables = vec![Variable::new("v(a)", Quantity::Voltage)];
        let header = PlotHeader::real("t", PlotKind::OperatingPoint, variables);
        for value in [1.0, 2.0] {
            split.begin(&header).unwrap();
            split.point(&[value]).unwrap();
            split.end(&Outcome::Complete).unwrap();
        }
        assert!(split.point(&[0.0]).is_err());
        assert_eq!(*counts.borrow(), [0, 1]);
        let kept = kept.borrow();
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[1].plots[0].vectors[0].as_real(), Some(&[2.0][..]));
    }
}
