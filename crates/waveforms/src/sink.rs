//! Streaming of results: an analysis begins a plot, gives points one by one, and ends it.
//!
//! A sink never needs to know how many points will come, and a point costs it no allocation, so that output of any
//! length can be written while it is computed and stays usable when the run is interrupted.

use num_complex::Complex64;

use crate::{Plot, Quantity, Results, Samples, WaveformError};

/// Whether the values of a plot are real or complex; all vectors of one plot agree in this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// Values are `f64`.
    Real,
    /// Values are [`Complex64`], including the scale, whose imaginary part is zero.
    Complex,
}

impl Scalar {
    /// `real` or `complex`, the word that raw files use.
    pub fn as_str(self) -> &'static str {
        match self {
            Scalar::Real => "real",
            Scalar::Complex => "complex",
        }
    }
}

/// The analysis that a plot comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlotKind {
    /// One point, no scale.
    OperatingPoint,
    /// A dc sweep over its first variable.
    DcTransfer,
    /// A small-signal sweep over frequency.
    Ac,
    /// A transient over time.
    Transient,
    /// Noise densities over frequency.
    NoiseSpectrum,
    /// Integrated noise, one point.
    IntegratedNoise,
    /// Small-signal transfer function, one point.
    TransferFunction,
    /// A branch of operating points followed by continuation; its scale may turn back at folds.
    Trace,
    /// The special points of a trace (folds, Hopf points), one point: a vector for each of their quantities.
    TracePoints,
    /// Derivatives of an output by parameters, one point.
    Sensitivity,
    /// Poles and zeros of a transfer function, one point.
    PoleZero,
    /// Any other plot, by its name in raw files.
    Other(String),
}

impl PlotKind {
    /// The text after `Plotname:` in raw files; readers recognise the analysis by it.
    pub fn as_str(&self) -> &str {
        match self {
            PlotKind::OperatingPoint => "Operating Point",
            PlotKind::DcTransfer => "DC transfer characteristic",
            PlotKind::Ac => "AC Analysis",
            PlotKind::Transient => "Transient Analysis",
            PlotKind::NoiseSpectrum => "Noise Spectral Density Curves",
            PlotKind::IntegratedNoise => "Integrated Noise",
            PlotKind::TransferFunction => "Transfer Function",
            PlotKind::Trace => "Equilibrium Trace",
            PlotKind::TracePoints => "Equilibrium Trace Points",
            PlotKind::Sensitivity => "Sensitivity Analysis",
            PlotKind::PoleZero => "Pole-Zero Analysis",
            PlotKind::Other(name) => name,
        }
    }

    /// The kind that a `Plotname:` stands for, ignoring case.
    pub fn from_name(name: &str) -> PlotKind {
        const KNOWN: [PlotKind; 11] = [
            PlotKind::OperatingPoint,
            PlotKind::DcTransfer,
            PlotKind::Ac,
            PlotKind::Transient,
            PlotKind::NoiseSpectrum,
            PlotKind::IntegratedNoise,
            PlotKind::TransferFunction,
            PlotKind::Trace,
            PlotKind::TracePoints,
            PlotKind::Sensitivity,
            PlotKind::PoleZero,
        ];
        let name = name.trim();
        KNOWN
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| PlotKind::Other(name.to_owned()))
    }

    /// A short word for file names and lists: `op`, `dc`, `ac`, `tran`, `noise`, …
    pub fn short_name(&self) -> String {
        let word = match self {
            PlotKind::OperatingPoint => "op",
            PlotKind::DcTransfer => "dc",
            PlotKind::Ac => "ac",
            PlotKind::Transient => "tran",
            PlotKind::NoiseSpectrum => "noise",
            PlotKind::IntegratedNoise => "integrated_noise",
            PlotKind::TransferFunction => "tf",
            PlotKind::Trace => "trace",
            PlotKind::TracePoints => "trace_points",
            PlotKind::Sensitivity => "sens",
            PlotKind::PoleZero => "pz",
            PlotKind::Other(name) => {
                return name
                    .chars()
                    .map(|c| if c.is_alphanumeric() { c } else { '_' })
                    .flat_map(char::to_lowercase)
                    .collect();
            }
        };
        word.to_owned()
    }

    /// Whether the first variable is the scale (time, frequency, swept quantity) of the others.
    pub fn has_scale(&self) -> bool {
        !matches!(
            self,
            PlotKind::OperatingPoint
                | PlotKind::IntegratedNoise
                | PlotKind::TransferFunction
                | PlotKind::TracePoints
                | PlotKind::Sensitivity
                | PlotKind::PoleZero
        )
    }
}

/// Name and quantity of one vector before it has data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Name as users and raw files write it: `time`, `v(out)`, `i(v1)`, `@d1[id]`.
    pub name: String,
    /// What the values measure.
    pub quantity: Quantity,
}

impl Variable {
    /// A variable of that name and quantity.
    pub fn new(name: impl Into<String>, quantity: Quantity) -> Variable {
        Variable { name: name.into(), quantity }
    }
}

/// What is known of a plot before its first point.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotHeader {
    /// Title of the deck.
    pub title: String,
    /// The analysis.
    pub kind: PlotKind,
    /// Whether points are real or complex.
    pub scalar: Scalar,
    /// One entry for each value of a point; the scale, if the kind has one, is the first.
    pub variables: Vec<Variable>,
    /// Values of the stepped parameters that this plot was computed with, empty without `.step`.
    pub steps: Vec<(String, f64)>,
}

impl PlotHeader {
    /// A real plot without stepped parameters.
    pub fn real(title: impl Into<String>, kind: PlotKind, variables: Vec<Variable>) -> PlotHeader {
        PlotHeader { title: title.into(), kind, scalar: Scalar::Real, variables, steps: Vec::new() }
    }

    /// A complex plot without stepped parameters.
    pub fn complex(
        title: impl Into<String>,
        kind: PlotKind,
        variables: Vec<Variable>,
    ) -> PlotHeader {
        PlotHeader { scalar: Scalar::Complex, ..PlotHeader::real(title, kind, variables) }
    }

    /// Checks that a point of `found` values and of that scalar belongs to this plot.
    pub(crate) fn check(&self, scalar: Scalar, found: usize) -> Result<(), WaveformError> {
        if scalar != self.scalar {
            return Err(WaveformError::PointScalar {
                expected: self.scalar.as_str(),
                found: scalar.as_str(),
            });
        }
        if found != self.variables.len() {
            return Err(WaveformError::PointLength { expected: self.variables.len(), found });
        }
        Ok(())
    }
}

/// How a plot ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Every point was computed.
    #[default]
    Complete,
    /// The user stopped the run; the points so far are good.
    Interrupted,
    /// The analysis gave up; the points so far are good.
    Failed {
        /// Why, in one line.
        reason: String,
    },
}

/// Receives the results of analyses while they are computed.
///
/// The order of calls is `begin`, any number of points, `end`, and again from `begin` for the next plot. Dropping a
/// sink without `end` must leave what was written readable.
///
/// # Errors
/// Every method fails when the output cannot be written, when the order of calls is broken, or when a point does not
/// fit the header; an analysis stops at the first error and hands it on.
pub trait Sink {
    /// Opens a plot.
    fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError>;

    /// Adds a point to a real plot: one value for each variable of the header, in SI units.
    fn point(&mut self, values: &[f64]) -> Result<(), WaveformError>;

    /// Adds a point to a complex plot: one value for each variable of the header, in SI units.
    fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError>;

    /// Closes the plot.
    fn end(&mut self, outcome: &Outcome) -> Result<(), WaveformError>;
}

/// Keeps every plot in memory.
#[derive(Clone, Debug, Default)]
pub struct MemorySink {
    results: Results,
    open: Option<(PlotHeader, Plot)>,
}

impl MemorySink {
    /// An empty sink.
    pub fn new() -> MemorySink {
        MemorySink::default()
    }

    /// What was received; a plot that was never ended is included and marked [`Outcome::Interrupted`].
    pub fn into_results(mut self) -> Results {
        if let Some((_, mut plot)) = self.open.take() {
            plot.outcome = Outcome::Interrupted;
            self.results.plots.push(plot);
        }
        self.results
    }

    /// The finished plots so far.
    pub fn results(&self) -> &Results {
        &self.results
    }
}

impl Sink for MemorySink {
    fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError> {
        if self.open.is_some() {
            return Err(nested_begin());
        }
        self.open = Some((header.clone(), Plot::empty(header)));
        Ok(())
    }

    fn point(&mut self, values: &[f64]) -> Result<(), WaveformError> {
        let (header, plot) = self.open.as_mut().ok_or_else(|| not_begun("point"))?;
        header.check(Scalar::Real, values.len())?;
        for (vector, value) in plot.vectors.iter_mut().zip(values) {
            if let Samples::Real(samples) = &mut vector.samples {
                samples.push(*value);
            }
        }
        Ok(())
    }

    fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError> {
        let (header, plot) = self.open.as_mut().ok_or_else(|| not_begun("complex_point"))?;
        header.check(Scalar::Complex, values.len())?;
        for (vector, value) in plot.vectors.iter_mut().zip(values) {
            if let Samples::Complex(samples) = &mut vector.samples {
                samples.push(*value);
            }
        }
        Ok(())
    }

    fn end(&mut self, outcome: &Outcome) -> Result<(), WaveformError> {
        let (_, mut plot) = self.open.take().ok_or_else(|| not_begun("end"))?;
        plot.outcome = outcome.clone();
        self.results.plots.push(plot);
        Ok(())
    }
}

/// Gives everything it receives to several sinks, in order; the first error wins.
#[derive(Default)]
pub struct TeeSink<'a> {
    sinks: Vec<&'a mut dyn Sink>,
}

impl<'a> TeeSink<'a> {
    /// A sink that feeds all of `sinks`.
    pub fn new(sinks: Vec<&'a mut dyn Sink>) -> TeeSink<'a> {
        TeeSink { sinks }
    }
}

impl Sink for TeeSink<'_> {
    fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError> {
        self.sinks.iter_mut().try_for_each(|s| s.begin(header))
    }

    fn point(&mut self, values: &[f64]) -> Result<(), WaveformError> {
        self.sinks.iter_mut().try_for_each(|s| s.point(values))
    }

    fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError> {
        self.sinks.iter_mut().try_for_each(|s| s.complex_point(values))
    }

    fn end(&mut self, outcome: &Outcome) -> Result<(), WaveformError> {
        self.sinks.iter_mut().try_for_each(|s| s.end(outcome))
    }
}

pub(crate) fn not_begun(call: &'static str) -> WaveformError {
    WaveformError::SinkOrder { call, state: "no plot was open" }
}

pub(crate) fn nested_begin() -> WaveformError {
    WaveformError::SinkOrder { call: "begin", state: "a plot was still open" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> PlotHeader {
        PlotHeader::real(
            "t",
            PlotKind::Transient,
            vec![Variable::new("time", Quantity::Time), Variable::new("v(out)", Quantity::Voltage)],
        )
    }

    #[test]
    fn memory_keeps_points_and_outcome() {
        let (mut a, mut b) = (MemorySink::new(), MemorySink::new());
        let mut tee = TeeSink::new(vec![&mut a, &mut b]);
        tee.begin(&header()).unwrap();
        tee.point(&[0.0, 1.0]).unwrap();
        tee.point(&[1.0, 2.0]).unwrap();
        tee.end(&Outcome::Interrupted).unwrap();
        for sink in [a, b] {
            let results = sink.into_results();
            assert_eq!(results.plots.len(), 1);
            assert_eq!(results.plots[0].outcome, Outcome::Interrupted);
            assert_eq!(results.plots[0].vectors[1].samples, Samples::Real(vec![1.0, 2.0]));
        }
    }

    #[test]
    fn wrong_calls_are_errors() {
        let mut sink = MemorySink::new();
        assert!(matches!(sink.point(&[1.0]), Err(WaveformError::SinkOrder { .. })));
        sink.begin(&header()).unwrap();
        assert!(sink.begin(&header()).is_err());
        assert!(matches!(
            sink.point(&[1.0]),
            Err(WaveformError::PointLength { expected: 2, found: 1 })
        ));
        assert!(matches!(
            sink.complex_point(&[Complex64::new(1.0, 0.0); 2]),
            Err(WaveformError::PointScalar { .. })
        ));
    }

    #[test]
    fn plot_names_come_back() {
        for kind in [PlotKind::Ac, PlotKind::Trace, PlotKind::Other("x".into())] {
            assert_eq!(PlotKind::from_name(kind.as_str()), kind);
        }
    }
}
