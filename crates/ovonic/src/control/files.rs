//! `write` and `wrdata`: vectors to files.

use super::value::Value;
use super::{Fault, Interpreter, words};
use ovonic_waveforms::{
    Outcome, Plot, PlotKind, RawEncoding, RawOptions, RawWriter, Samples, Vector, scientific,
};
use std::io::Cursor;
use std::path::Path;

impl Interpreter<'_> {
    /// `write file [vectors…]`: a raw file.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Fault> {
        let (file, rest) = file_name(text, "for example: write out.raw v(out)")?;
        let plot = if rest.is_empty() || rest.eq_ignore_ascii_case("all") {
            self.whole_page()?
        } else {
            let columns = self.columns(rest)?;
            self.plot_of(columns)?
        };
        let is_text = self.variables.word("filetype").is_some_and(|word| word == "ascii");
        let options = RawOptions {
            encoding: if is_text { RawEncoding::Ascii } else { RawEncoding::Binary },
            date: self.host.date(),
            ..RawOptions::default()
        };
        let mut bytes = Cursor::new(Vec::new());
        let written = RawWriter::new(&mut bytes, options)
            .map_err(ovonic_waveforms::WaveformError::from)
            .and_then(|mut writer| plot.write_to(&mut writer));
        written.map_err(|error| Fault::failed(error.to_string()))?;
        let appends = self.variables.is_on("appendwrite");
        self.save_file(&file, &bytes.into_inner(), appends)
    }

    /// The current page with the vectors of `let` that are as long as its own.
    fn whole_page(&self) -> Result<Plot, Fault> {
        let page = self.pages.current();
        let mut plot = page.plot.clone();
        let points = plot.points();
        plot.vectors
            .extend(page.extra.iter().filter(|v| v.len() == points || points == 0).cloned());
        if plot.vectors.is_empty() || page.name == "const" {
            return Err(Fault::failed("there is nothing to write; no analysis has run"));
        }
        Ok(plot)
    }

    /// A plot of computed vectors over their scale.
    fn plot_of(&self, columns: Vec<(String, Value)>) -> Result<Plot, Fault> {
        let page = self.pages.current();
        let points = columns.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
        let scale = page.scale().filter(|scale| scale.len() == points);
        let mut vectors: Vec<Vector> = scale.into_iter().cloned().collect();
        let named = vectors.first().map(|scale| scale.name.clone());
        for (name, value) in columns {
            if named.as_deref() == Some(name.as_str()) {
                continue;
            }
            if value.len() != points {
                let count = value.len();
                return Err(Fault::failed(format!(
                    "\"{name}\" has {count} values, other vectors {points}"
                )));
            }
            vectors.push(Vector { name, quantity: value.quantity, samples: value.samples });
        }
        // A plot without scale is one of single points to whoever reads it.
        let kind = match (&page.plot.kind, scale) {
            (kind, None) if kind.has_scale() => PlotKind::Other("computed".to_owned()),
            (kind, _) => kind.clone(),
        };
        Ok(Plot {
            title: page.plot.title.clone(),
            date: String::new(),
            kind,
            steps: page.plot.steps.clone(),
            vectors,
            outcome: Outcome::Complete,
        })
    }

    /// `wrdata file vectors…`: columns of numbers, each vector with its scale in front.
    pub(super) fn write_data(&mut self, text: &str) -> Result<(), Fault> {
        const FORM: &str = "for example: wrdata out.txt v(out)";
        let (file, rest) = file_name(text, FORM)?;
        let columns = self.columns(rest)?;
        if columns.is_empty() {
            return Err(Fault::form("vectors are missing", FORM));
        }
        let digits = self.variables.digits().unwrap_or(8);
        let one_scale = self.variables.is_on("wr_singlescale");
        let mut text = String::new();
        if self.variables.is_on("wr_vecnames") {
            for (index, (name, value)) in columns.iter().enumerate() {
                if index == 0 || !one_scale {
                    let scale = self.pages.current().scale();
                    let scale = scale.map_or("index", |scale| scale.name.as_str());
                    text += &format!(" {scale:<width$} ", width = digits + 6);
                }
                text += &format!(" {name:<width$} ", width = digits + 6);
                if value.is_complex() {
                    text += &format!(" {name:<width$} ", width = digits + 6);
                }
            }
            text.push('\n');
        }
        let rows = columns.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
        for row in 0..rows {
            for (index, (_, value)) in columns.iter().enumerate() {
                // A vector that has ended keeps its last value, so that columns stay columns.
                let place = row.min(value.len() - 1);
                if index == 0 || !one_scale {
                    let scale = value.scale.as_ref().map_or(place as f64, |scale| scale[place]);
                    cell(&mut text, scale, digits);
                }
                let number = value.samples.at(place);
                cell(&mut text, number.re, digits);
                if let Samples::Complex(_) = value.samples {
                    cell(&mut text, number.im, digits);
                }
            }
            text.push('\n');
        }
        let appends = self.variables.is_on("appendwrite");
        self.save_file(&file, text.as_bytes(), appends)
    }

    /// The values of a list of expressions, under their texts.
    pub(super) fn columns(&mut self, text: &str) -> Result<Vec<(String, Value)>, Fault> {
        let mut columns = Vec::new();
        for expression in self.expressions(text)? {
            if expression.text.eq_ignore_ascii_case("all") {
                let page = self.pages.current();
                let scale = page.scale().map(|scale| scale.name.clone());
                let others = page.vectors().filter(|v| Some(&v.name) != scale.as_ref());
                columns.extend(others.map(|v| (v.name.clone(), Value::of(v, page.scale()))));
                continue;
            }
            let value = self.evaluate(&expression)?;
            if value.len() == 0 {
                return Err(Fault::failed(format!("\"{}\" has no values", expression.text)));
            }
            columns.push((expression.text, value));
        }
        Ok(columns)
    }

    pub(super) fn save_file(
        &mut self,
        file: &str,
        bytes: &[u8],
        appends: bool,
    ) -> Result<(), Fault> {
        let written = self.host.write_file(Path::new(file), bytes, appends);
        written.map_err(|error| Fault::failed(format!("cannot write \"{file}\": {error}")))
    }
}

fn cell(text: &mut String, value: f64, digits: usize) {
    if !value.is_sign_negative() {
        text.push(' ');
    }
    text.push_str(&scientific(value, digits));
    text.push(' ');
}

/// The name of the file in front of the other words.
fn file_name<'t>(text: &'t str, form: &str) -> Result<(String, &'t str), Fault> {
    let text = text.trim();
    let (name, rest) = match text.chars().next() {
        None => return Err(Fault::form("the name of a file is missing", form)),
        Some(quote @ ('"' | '\'')) => match text[1..].split_once(quote) {
            Some((name, rest)) => (name, rest),
            None => return Err(Fault::form("the name of the file is not closed", form)),
        },
        Some(_) => text.split_once(char::is_whitespace).unwrap_or((text, "")),
    };
    Ok((words::split(name).concat(), rest.trim()))
}
