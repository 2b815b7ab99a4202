//! `meas`, `fourier`, `linearize` and `fft`.

use super::value::Value;
use super::{Fault, Interpreter};
use crate::elaborate::{MeasureTask, MeasuredSignal};
use crate::fourier::{COUNT, Spectrum};
use crate::measure::{Curves, evaluate, plot_kind};
use ovonic_netlist::Span;
use ovonic_netlist::ast::Item;
use ovonic_waveforms::{
    Outcome, Plot, PlotKind, Quantity, Samples, Vector, Waveform, WaveformError, scientific,
};
use std::fmt::Write as _;

/// Signals of measures by their values.
struct Computed(Vec<(MeasuredSignal, Value)>);

impl Curves for Computed {
    fn real(&self, signal: &MeasuredSignal) -> Result<Vec<f64>, WaveformError> {
        let value = self.value(signal)?;
        Ok(match &value.samples {
            Samples::Complex(values) => values.iter().map(|z| z.norm()).collect(),
            Samples::Real(values) => values.clone(),
        })
    }

    fn curve(&self, signal: &MeasuredSignal) -> Result<Waveform<'static>, WaveformError> {
        let value = self.value(signal)?;
        let scale = value.scale.as_ref().ok_or(WaveformError::NoPoints)?;
        Waveform::owned(scale.to_vec(), self.real(signal)?)
    }
}

impl Computed {
    fn value(&self, signal: &MeasuredSignal) -> Result<&Value, WaveformError> {
        let found = self.0.iter().find(|(known, _)| known == signal);
        found.map(|(_, value)| value).ok_or_else(|| WaveformError::UnknownVector {
            name: signal.name.clone(),
            candidates: Vec::new(),
        })
    }
}

impl Interpreter<'_> {
    /// `meas analysis name …`: the words are those of a `.meas` card; the result becomes a vector.
    pub(super) fn measure(&mut self, text: &str, span: Span) -> Result<(), Fault> {
        let items = self.cards(&format!(".meas {text}\n"), span)?;
        let Some(Item::Measure(card)) = items.first() else {
            return Ok(());
        };
        let design = &mut self.simulation.design;
        design.core.elaborator.reporter.restart();
        let measure = design.core.elaborator.free_measure(card, &design.circuit);
        let diagnostics = design.core.elaborator.reporter.restart().into_diagnostics();
        self.relay(diagnostics, span);
        let Ok((measure, signals)) = measure else {
            return Ok(());
        };
        if let Some(kind) = measure.analysis.as_deref().map(plot_kind) {
            self.pages.turn_to(&kind);
        }
        let value = if let MeasureTask::Formula(formula) = &measure.task {
            let text = formula.to_string();
            self.scalar(&text).map(|value| (value, String::new()))
        } else {
            let mut values = Vec::new();
            for signal in signals {
                let list = self.expressions(&signal.name)?;
                let [expression] = list.as_slice() else {
                    return Err(Fault::failed(format!("\"{}\" is not one vector", signal.name)));
                };
                values.push((signal, self.evaluate(expression)?));
            }
            evaluate(&measure.task, &Computed(values))
                .map_err(|error| Fault::failed(error.to_string()))
                .map(|measured| {
                    let mut rest = String::new();
                    if let Some(at) = measured.at {
                        let _ = write!(rest, " at=  {}", scientific(at, 6));
                    }
                    if let Some((from, to)) = measured.between {
                        let _ = if matches!(measure.task, MeasureTask::Between { .. }) {
                            write!(
                                rest,
                                " targ=  {} trig=  {}",
                                scientific(to, 6),
                                scientific(from, 6)
                            )
                        } else {
                            write!(
                                rest,
                                " from=  {} to=  {}",
                                scientific(from, 6),
                                scientific(to, 6)
                            )
                        };
                    }
                    (measured.value, rest)
                })
        };
        match value {
            Ok((value, rest)) => {
                let line = format!("{:<20}=  {}{rest}\n", measure.name, scientific(value, 6));
                self.host.print(&line);
                self.pages.assign(
                    &measure.name,
                    Samples::Real(vec![value]),
                    Quantity::Dimensionless,
                );
                Ok(())
            }
            Err(fault) => {
                self.report.failed_measures += 1;
                self.host.print(&format!("{}: failed: {}\n", measure.name, fault.message));
                Ok(())
            }
        }
    }

    /// `fourier frequency vectors…`.
    pub(super) fn fourier(&mut self, text: &str) -> Result<(), Fault> {
        const FORM: &str = "for example: fourier 1k v(out)";
        let (frequency, rest) = text
            .split_once(char::is_whitespace)
            .ok_or_else(|| Fault::form("the frequency or a vector is missing", FORM))?;
        let frequency = self.scalar(frequency)?;
        for (name, value) in self.columns(rest)? {
            let scale = value.scale.as_ref().map(|scale| scale.to_vec());
            let result = scale
                .ok_or(WaveformError::NoPoints)
                .and_then(|scale| Waveform::owned(scale, value.reals()))
                .and_then(|curve| curve.harmonics(frequency, COUNT));
            let spectrum = Spectrum { name, span: Span::default(), steps: Vec::new(), result };
            self.host.print(&spectrum.to_string());
        }
        Ok(())
    }

    /// `linearize [vectors…]`: the transient at equal steps, as a page of its own.
    pub(super) fn linearize(&mut self, text: &str) -> Result<(), Fault> {
        let page = self.pages.current();
        let scale = page.scale().filter(|_| page.plot.kind == PlotKind::Transient);
        let Some(scale) = scale.cloned() else {
            return Err(Fault::failed("only the results of a transient can be linearized"));
        };
        let title = page.plot.title.clone();
        let times = scale.real_parts();
        let (first, last) = (times[0], times[times.len() - 1]);
        let step = if self.step > 0.0 { self.step } else { (last - first) / times.len() as f64 };
        let count = ((last - first) / step + 1e-6).floor();
        if !(1.0..1e8).contains(&count) {
            return Err(Fault::failed(format!("{count} steps are not a range of times")));
        }
        let grid: Vec<f64> =
            (0..=count as usize).map(|index| (first + step * index as f64).min(last)).collect();
        let columns = self.columns(if text.is_empty() { "all" } else { text })?;
        let mut vectors = vec![Vector::real(scale.name.clone(), scale.quantity, grid.clone())];
        for (name, value) in columns {
            if value.len() != times.len() {
                continue;
            }
            let curve = Waveform::owned(times.clone(), value.reals());
            let samples = curve.and_then(|curve| curve.resample(&grid));
            let samples = samples.map_err(|error| Fault::failed(error.to_string()))?;
            vectors.push(Vector::real(name, value.quantity, samples));
        }
        self.keep(Plot {
            title,
            date: String::new(),
            kind: PlotKind::Transient,
            steps: Vec::new(),
            vectors,
            outcome: Outcome::Complete,
        });
        Ok(())
    }

    /// `fft vectors…`: amplitudes over frequency of vectors at equal steps, as a page of their own.
    pub(super) fn fft(&mut self, text: &str) -> Result<(), Fault> {
        let columns = self.columns(text)?;
        let title = self.pages.current().plot.title.clone();
        let Some(scale) = columns.first().and_then(|(_, value)| value.scale.clone()) else {
            return Err(Fault::form(
                "vectors of a transient are missing",
                "for example: fft v(out)",
            ));
        };
        let n = scale.len();
        let span = scale[n - 1] - scale[0];
        let step = span / (n.max(2) - 1) as f64;
        let is_even = scale.windows(2).all(|pair| (pair[1] - pair[0] - step).abs() <= 1e-3 * step);
        if n < 4 || !is_even {
            return Err(Fault::failed(
                "the points are not equally far apart; linearize them first",
            ));
        }
        let window = self.window(n)?;
        let size = n.next_power_of_two();
        let half = size / 2;
        let frequencies: Vec<f64> =
            (0..=half).map(|index| index as f64 / (size as f64 * step)).collect();
        let mut vectors = vec![Vector::real("frequency", Quantity::Frequency, frequencies)];
        for (name, value) in columns {
            if value.len() != n {
                continue;
            }
            let samples = value.reals();
            let weighted = samples.iter().zip(&window).map(|(sample, weight)| sample * weight);
            let spectrum = super::spectrum::amplitudes(weighted, size, n);
            vectors.push(Vector::complex(name, value.quantity, spectrum));
        }
        self.keep(Plot {
            title,
            date: String::new(),
            kind: PlotKind::Other("Spectrum".to_owned()),
            steps: Vec::new(),
            vectors,
            outcome: Outcome::Complete,
        });
        Ok(())
    }

    /// The weights of the window that `set specwindow=` names, with a mean of one.
    fn window(&self, n: usize) -> Result<Vec<f64>, Fault> {
        let name = self.variables.word("specwindow").unwrap_or("hanning").to_lowercase();
        let turn = |index: usize| std::f64::consts::TAU * index as f64 / (n - 1) as f64;
        let weight: Box<dyn Fn(usize) -> f64> = match name.as_str() {
            "none" | "rectangular" => Box::new(|_| 1.0),
            "hanning" | "cosine" => Box::new(|index| 1.0 - turn(index).cos()),
            "hamming" => Box::new(|index| 1.0 - 0.46 / 0.54 * turn(index).cos()),
            "triangle" | "bartlet" | "bartlett" => {
                Box::new(|index| 2.0 - (2.0 - 4.0 * index as f64 / (n - 1) as f64).abs())
            }
            "blackman" => Box::new(|index| {
                1.0 - 0.5 / 0.42 * turn(index).cos() + 0.08 / 0.42 * (2.0 * turn(index)).cos()
            }),
            other => {
                return Err(Fault::failed(format!(
                    "there is no window \"{other}\"; there are none, hanning, hamming, triangle, blackman"
                )));
            }
        };
        Ok((0..n).map(weight).collect())
    }
}
