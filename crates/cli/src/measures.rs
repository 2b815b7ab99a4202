//! What `.meas` cards found, as results of their own: measures over what was stepped.
//!
//! A threshold against a thickness, a delay against an overdrive: each step gives a point, the quantity that changes
//! fastest is the scale, and each combination of the others gives a curve.

use std::fs::File;
use std::io;
use std::path::Path;

use ovonic::Measurement;
use ovonic::waveforms::{
    CsvWriter, Outcome, Plot, PlotKind, Quantity, RawOptions, RawWriter, Sink, Vector,
};

use crate::exit::Failure;
use crate::outputs::is_standard;

/// Name of the plots in files of results.
const KIND: &str = "Measures";
/// Name of the scale where nothing was stepped.
const SCALE: &str = "step";

/// Writes measures to a raw file, or to a table if the name ends in `.csv`; `-` is a table on standard output.
pub(crate) fn write(measurements: &[Measurement], title: &str, path: &Path) -> Result<(), Failure> {
    let plots = plots(measurements, title);
    let failed = |error: ovonic::waveforms::WaveformError| Failure::Results {
        path: path.to_owned(),
        error: error.into(),
    };
    let is_table = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let mut sink: Box<dyn Sink> = if is_standard(path) {
        Box::new(CsvWriter::new(io::stdout()))
    } else if is_table {
        let file = File::create(path).map_err(|error| Failure::write(path, error))?;
        Box::new(CsvWriter::new(file))
    } else {
        Box::new(RawWriter::create(path, RawOptions::default()).map_err(failed)?)
    };
    plots.iter().try_for_each(|plot| plot.write_to(sink.as_mut())).map_err(failed)
}

/// Measures by what changes fastest; a measure that failed is not a number.
pub(crate) fn plots(measurements: &[Measurement], title: &str) -> Vec<Plot> {
    let mut plots: Vec<Plot> = Vec::new();
    // The step that each plot's last point belongs to.
    let mut last: Vec<&[(String, f64)]> = Vec::new();
    for measurement in measurements {
        let steps = measurement.steps.as_slice();
        let (inner, outer) = match steps.split_first() {
            Some(((name, value), outer)) => ((name.as_str(), *value), outer),
            None => ((SCALE, 0.0), steps),
        };
        let place = plots.iter().position(|plot| plot.steps == outer).unwrap_or_else(|| {
            plots.push(empty(title, inner.0, outer));
            last.push(&[]);
            plots.len() - 1
        });
        let plot = &mut plots[place];
        if plot.points() == 0 || last[place] != steps {
            push(&mut plot.vectors[0], inner.1);
            last[place] = steps;
        }
        let points = plot.points();
        let index = plot.vectors.iter().skip(1).position(|vector| vector.name == measurement.name);
        let index = index.map_or_else(
            || {
                let empty = Vector::real(&measurement.name, measurement.quantity, Vec::new());
                plot.vectors.push(empty);
                plot.vectors.len() - 1
            },
            |index| index + 1,
        );
        let vector = &mut plot.vectors[index];
        while vector.len() + 1 < points {
            push(vector, f64::NAN);
        }
        if vector.len() < points {
            push(vector, measurement.result.as_ref().map_or(f64::NAN, |found| found.value));
        }
    }
    for plot in &mut plots {
        let points = plot.points();
        for vector in &mut plot.vectors {
            while vector.len() < points {
                push(vector, f64::NAN);
            }
        }
    }
    plots
}

/// The kind of these plots.
pub(crate) fn kind() -> PlotKind {
    PlotKind::Other(KIND.to_owned())
}

fn empty(title: &str, scale: &str, steps: &[(String, f64)]) -> Plot {
    Plot {
        title: title.to_owned(),
        date: String::new(),
        kind: kind(),
        steps: steps.to_vec(),
        vectors: vec![Vector::real(scale, of_step(scale), Vec::new())],
        outcome: Outcome::Complete,
    }
}

/// What a step varies, as far as its name tells.
fn of_step(name: &str) -> Quantity {
    if name == "temp" { Quantity::TemperatureSweep } else { Quantity::Dimensionless }
}

fn push(vector: &mut Vector, value: f64) {
    if let ovonic::waveforms::Samples::Real(values) = &mut vector.samples {
        values.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic::netlist::Span;
    use ovonic::{MeasureError, Measured};

    fn found(name: &str, steps: &[(&str, f64)], value: Option<f64>) -> Measurement {
        Measurement {
            name: name.to_owned(),
            description: String::new(),
            span: Span::default(),
            steps: steps.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            quantity: Quantity::Dimensionless,
            result: match value {
                Some(value) => Ok(Measured { value, at: None, between: None }),
                None => Err(MeasureError::NoResults),
            },
        }
    }

    #[test]
    fn the_fastest_step_is_the_scale_and_the_others_part_the_curves() {
        let mut all = Vec::new();
        for t in [0.0, 50.0] {
            for h in [1.0, 2.0, 3.0] {
                let steps = [("h", h), ("temp", t)];
                all.push(found("v_th", &steps, Some(h + t)));
                all.push(found("delay", &steps, (h > 1.0).then_some(1.0 / h)));
            }
        }
        let plots = plots(&all, "deck");
        assert_eq!(plots.len(), 2);
        assert_eq!(plots[1].steps, [("temp".to_owned(), 50.0)]);
        let values = |name: &str| plots[1].vector(name).unwrap().real_parts();
        assert_eq!(values("h"), [1.0, 2.0, 3.0]);
        assert_eq!(values("v_th"), [51.0, 52.0, 53.0]);
        assert!(values("delay")[0].is_nan() && values("delay")[2] == 1.0 / 3.0);
    }

    #[test]
    fn without_steps_there_is_one_point() {
        let plots = plots(&[found("a", &[], Some(1.0)), found("b", &[], Some(2.0))], "deck");
        assert_eq!((plots.len(), plots[0].points(), plots[0].vectors.len()), (1, 1, 3));
    }
}
