//! Vectors with data, the plots that group them, and lookup by the names that users write.

use num_complex::Complex64;

use crate::{Outcome, PlotHeader, PlotKind, Quantity, Scalar, Sink, Variable, WaveformError};

/// The numbers of a vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// Real values.
    Real(Vec<f64>),
    /// Complex values.
    Complex(Vec<Complex64>),
}

impl Samples {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Samples::Real(values) => values.len(),
            Samples::Complex(values) => values.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index`, with no imaginary part if the samples are real.
    ///
    /// # Panics
    /// If `index` is not below [`Samples::len`].
    pub fn at(&self, index: usize) -> Complex64 {
        match self {
            Samples::Real(values) => Complex64::new(values[index], 0.0),
            Samples::Complex(values) => values[index],
        }
    }

    /// Whether values are real or complex.
    pub fn scalar(&self) -> Scalar {
        match self {
            Samples::Real(_) => Scalar::Real,
            Samples::Complex(_) => Scalar::Complex,
        }
    }
}

/// A named sequence of values of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector {
    /// Name as users and raw files write it: `time`, `v(out)`, `i(v1)`, `@d1[id]`.
    pub name: String,
    /// What the values measure.
    pub quantity: Quantity,
    /// The values, in SI units.
    pub samples: Samples,
}

impl Vector {
    /// A real vector.
    pub fn real(name: impl Into<String>, quantity: Quantity, values: Vec<f64>) -> Vector {
        Vector { name: name.into(), quantity, samples: Samples::Real(values) }
    }

    /// A complex vector.
    pub fn complex(name: impl Into<String>, quantity: Quantity, values: Vec<Complex64>) -> Vector {
        Vector { name: name.into(), quantity, samples: Samples::Complex(values) }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The values of a real vector.
    pub fn as_real(&self) -> Option<&[f64]> {
        match &self.samples {
            Samples::Real(values) => Some(values),
            Samples::Complex(_) => None,
        }
    }

    /// The values of a complex vector.
    pub fn as_complex(&self) -> Option<&[Complex64]> {
        match &self.samples {
            Samples::Real(_) => None,
            Samples::Complex(values) => Some(values),
        }
    }

    /// A copy of the real parts.
    pub fn real_parts(&self) -> Vec<f64> {
        match &self.samples {
            Samples::Real(values) => values.clone(),
            Samples::Complex(values) => values.iter().map(|z| z.re).collect(),
        }
    }

    /// Name and quantity.
    pub fn variable(&self) -> Variable {
        Variable::new(self.name.clone(), self.quantity)
    }
}

/// The result of one analysis: vectors of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Title of the deck.
    pub title: String,
    /// Date as the file states it; empty for fresh results.
    pub date: String,
    /// The analysis.
    pub kind: PlotKind,
    /// Values of the stepped parameters, empty without `.step`.
    pub steps: Vec<(String, f64)>,
    /// The vectors; the scale, if the kind has one, is the first.
    pub vectors: Vec<Vector>,
    /// How the analysis ended.
    pub outcome: Outcome,
}

impl Plot {
    /// A plot without points.
    pub fn empty(header: &PlotHeader) -> Plot {
        let samples = match header.scalar {
            Scalar::Real => Samples::Real(Vec::new()),
            Scalar::Complex => Samples::Complex(Vec::new()),
        };
        let vectors = header.variables.iter().map(|variable| Vector {
            name: variable.name.clone(),
            quantity: variable.quantity,
            samples: samples.clone(),
        });
        Plot {
            title: header.title.clone(),
            date: String::new(),
            kind: header.kind.clone(),
            steps: header.steps.clone(),
            vectors: vectors.collect(),
            outcome: Outcome::Complete,
        }
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.vectors.first().map_or(0, Vector::len)
    }

    /// The scale: time, frequency or the swept quantity; absent for plots of one point.
    pub fn scale(&self) -> Option<&Vector> {
        self.vectors.first().filter(|_| self.kind.has_scale())
    }

    /// The header under which this plot can be written again.
    pub fn header(&self) -> PlotHeader {
        let complex = self.vectors.iter().any(|v| v.samples.scalar() == Scalar::Complex);
        PlotHeader {
            title: self.title.clone(),
            kind: self.kind.clone(),
            scalar: if complex { Scalar::Complex } else { Scalar::Real },
            variables: self.vectors.iter().map(Vector::variable).collect(),
            steps: self.steps.clone(),
        }
    }

    /// Gives this plot to a sink; where one vector is complex, all are written as complex.
    ///
    /// # Errors
    /// Those of the sink, and [`WaveformError::VectorLength`] before anything is written.
    pub fn write_to(&self, sink: &mut dyn Sink) -> Result<(), WaveformError> {
        self.check_lengths()?;
        let header = self.header();
        sink.begin(&header)?;
        match header.scalar {
            Scalar::Real => {
                let mut point = Vec::with_capacity(self.vectors.len());
                for index in 0..self.points() {
                    point.clear();
                    point.extend(self.vectors.iter().map(|v| v.samples.at(index).re));
                    sink.point(&point)?;
                }
            }
            Scalar::Complex => {
                let mut point = Vec::with_capacity(self.vectors.len());
                for index in 0..self.points() {
                    point.clear();
                    point.extend(self.vectors.iter().map(|v| v.samples.at(index)));
                    sink.complex_point(&point)?;
                }
            }
        }
        sink.end(&self.outcome)
    }

    pub(crate) fn check_lengths(&self) -> Result<(), WaveformError> {
        let expected = self.points();
        match self.vectors.iter().find(|v| v.len() != expected) {
            None => Ok(()),
            Some(odd) => Err(WaveformError::VectorLength {
                name: odd.name.clone(),
                expected,
                found: odd.len(),
            }),
        }
    }

    /// The vector that a user means by `name`.
    ///
    /// Case is ignored, and the usual spellings of one quantity are the same: `out` and `v(out)`; `i(v1)` and
    /// `v1#branch`. An exact name wins over an alias.
    ///
    /// # Errors
    /// [`WaveformError::UnknownVector`] with the names that resemble it.
    pub fn vector(&self, name: &str) -> Result<&Vector, WaveformError> {
        crate::lookup::find(&self.vectors, name)
    }
}

/// All plots of a run or of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// The plots in the order in which they were computed.
    pub plots: Vec<Plot>,
}

impl Results {
    /// The first plot of that kind.
    pub fn of_kind(&self, kind: &PlotKind) -> Option<&Plot> {
        self.plots.iter().find(|plot| plot.kind == *kind)
    }
}
