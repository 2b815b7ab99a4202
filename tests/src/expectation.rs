//! Expectations that a netlist carries in its comments, so that the same file runs in other simulators.
//!
//! ```spice
//! *! run tran
//! *! expect v(out) = 632.12m V  at 1m  rtol 1e-3
//! *! expect period(v(osc)) = 22.5u s  rtol 1e-2
//! *! expect max(v(out)) = 5 V  atol 1e-3
//! ```
//!
//! `run` names the analysis that the following lines speak of; `run op` also asks for one where the deck has no
//! `.op`. Without `at`, an expectation speaks of the last point. The functions are `min max pp avg rms integral
//! period frequency initial`.

use ovonic_netlist::parse_number;
use ovonic_waveforms::{Plot, PlotKind, Results, Waveform};

/// One line `*! expect`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Line in the deck, from 1.
    pub line: usize,
    /// The analysis, if a `run` line named it.
    pub analysis: Option<String>,
    /// Function of the vector, if one is applied.
    pub function: Option<String>,
    /// Vector.
    pub vector: String,
    /// Expected value, SI.
    pub value: f64,
    /// Where on the scale; absent for the last point.
    pub at: Option<f64>,
    /// Relative tolerance.
    pub relative: f64,
    /// Absolute tolerance.
    pub absolute: f64,
}

const FUNCTIONS: &[&str] =
    &["min", "max", "pp", "avg", "rms", "integral", "period", "frequency", "initial"];

/// All expectations of a deck.
///
/// # Errors
/// The first line that is not understood.
pub fn expectations(deck: &str) -> Result<Vec<Expectation>, String> {
    let mut analysis = None;
    let mut all = Vec::new();
    for (index, line) in deck.lines().enumerate() {
        let Some(rest) = line.strip_prefix("*! ") else {
            continue;
        };
        let rest = rest.trim();
        if let Some(run) = rest.strip_prefix("run ") {
            analysis = run.split_whitespace().next().map(str::to_owned);
        } else if let Some(text) = rest.strip_prefix("expect ") {
            let wrong = || format!("line {}: cannot read \"{line}\"", index + 1);
            all.push(expectation(index + 1, analysis.clone(), text).ok_or_else(wrong)?);
        } else if !rest.starts_with("conformance ") {
            return Err(format!("line {}: cannot read \"{line}\"", index + 1));
        }
    }
    Ok(all)
}

fn expectation(line: usize, analysis: Option<String>, text: &str) -> Option<Expectation> {
    let (quantity, rest) = text.split_once('=')?;
    let quantity = quantity.trim();
    let applied = FUNCTIONS.iter().find_map(|function| {
        let inner = quantity.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')?;
        Some(((*function).to_owned(), inner.trim().to_owned()))
    });
    let (function, vector) = match applied {
        Some((function, vector)) => (Some(function), vector),
        None => (None, quantity.to_owned()),
    };
    let mut words = rest.split_whitespace();
    let mut expectation = Expectation {
        line,
        analysis,
        function,
        vector,
        value: parse_number(words.next()?).ok()?,
        at: None,
        relative: 0.0,
        absolute: 0.0,
    };
    while let Some(word) = words.next() {
        match word {
            "at" => expectation.at = Some(parse_number(words.next()?).ok()?),
            "rtol" => expectation.relative = parse_number(words.next()?).ok()?,
            "atol" => expectation.absolute = parse_number(words.next()?).ok()?,
            // The unit is for the reader.
            _ => {}
        }
    }
    (expectation.relative > 0.0 || expectation.absolute > 0.0).then_some(expectation)
}

/// The deck with an `.op` card where a `run op` line asks for one.
pub fn with_requested_analyses(deck: &str) -> String {
    let wants = deck.lines().any(|line| line.trim_end() == "*! run op");
    let is_card = |line: &str, card: &str| {
        line.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(card))
    };
    if !wants || deck.lines().any(|line| is_card(line, ".op")) {
        return deck.to_owned();
    }
    let kept = deck.lines().filter(|line| !is_card(line, ".end"));
    let mut text: String = kept.flat_map(|line| [line, "\n"]).collect();
    text.push_str(".op\n.end\n");
    text
}

impl Expectation {
    /// What is wrong with `results`, if anything.
    pub fn complaint(&self, results: &Results) -> Option<String> {
        let found = match self.found(results) {
            Ok(found) => found,
            Err(reason) => return Some(format!("line {}: {}: {reason}", self.line, self.vector)),
        };
        let tolerance = self.absolute + self.relative * self.value.abs();
        // Written so that NaN is wrong.
        if (found - self.value).abs() <= tolerance {
            return None;
        }
        Some(format!(
            "line {}: {} is {found:.12e}, expected {:.12e} within {tolerance:.1e}",
            self.line, self.vector, self.value
        ))
    }

    fn found(&self, results: &Results) -> Result<f64, String> {
        let plot = self.plot(results).ok_or("no such analysis")?;
        let text = |error: ovonic_waveforms::WaveformError| error.to_string();
        let signal = plot.signal(&self.vector).map_err(text)?.real_parts();
        if !plot.kind.has_scale() {
            return signal.last().copied().ok_or_else(|| "no point".into());
        }
        let scale = plot.scale().ok_or("no scale")?.real_parts();
        if let (None, Some(at)) = (&self.function, self.at) {
            // A scale may turn back (a nested sweep); then the point itself has to be there.
            let near = |x: &&f64| (**x - at).abs() <= 1e-9 * at.abs();
            if let Some(k) = scale.iter().position(|x| near(&x)) {
                return Ok(signal[k]);
            }
        }
        if let (None, None) = (&self.function, self.at) {
            return signal.last().copied().ok_or_else(|| "no point".into());
        }
        if self.function.as_deref() == Some("initial") {
            return signal.first().copied().ok_or_else(|| "no point".into());
        }
        let wave = Waveform::new(&scale, &signal).map_err(text)?;
        match (self.function.as_deref(), self.at) {
            (None, Some(at)) => wave.value_at(at).map_err(text),
            (Some("min"), _) => Ok(wave.minimum().value),
            (Some("max"), _) => Ok(wave.maximum().value),
            (Some("pp"), _) => Ok(wave.peak_to_peak()),
            (Some("avg"), _) => Ok(wave.average()),
            (Some("rms"), _) => Ok(wave.rms()),
            (Some("integral"), _) => Ok(wave.integral()),
            (function, _) => {
                let (first, last) = wave.span();
                let settled = wave.window(0.5 * (first + last), last).map_err(text)?;
                let level = 0.5 * (settled.minimum().value + settled.maximum().value);
                let period = settled.period(level).map_err(text)?;
                Ok(if function == Some("period") { period } else { 1.0 / period })
            }
        }
    }

    fn plot<'a>(&self, results: &'a Results) -> Option<&'a Plot> {
        let kind = match self.analysis.as_deref() {
            None => return results.plots.last(),
            Some("op") => PlotKind::OperatingPoint,
            Some("dc") => PlotKind::DcTransfer,
            Some("ac") => PlotKind::Ac,
            Some("tran") => PlotKind::Transient,
            Some("noise") => PlotKind::NoiseSpectrum,
            Some("inoise" | "onoise") => PlotKind::IntegratedNoise,
            Some("tf") => PlotKind::TransferFunction,
            Some("trace") => PlotKind::Trace,
            Some("trace_points") => PlotKind::TracePoints,
            Some(_) => return None,
        };
        results.plots.iter().find(|plot| plot.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_functions_units_and_tolerances() {
        let deck = "t\n*! run tran\n*! expect max(v(a)) = 5m V at 1u rtol 1e-3\n";
        let all = expectations(deck).unwrap();
        assert_eq!(all[0].function.as_deref(), Some("max"));
        assert_eq!((all[0].vector.as_str(), all[0].value), ("v(a)", 5e-3));
        assert_eq!((all[0].at, all[0].relative), (Some(1e-6), 1e-3));
    }

    #[test]
    fn an_expectation_without_tolerance_is_refused() {
        assert!(expectations("t\n*! expect v(a) = 5 V\n").is_err());
        assert!(expectations("t\n*! expekt v(a) = 5 V rtol 1\n").is_err());
    }
}
