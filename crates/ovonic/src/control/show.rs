//! `print`, `echo`, `display` and the other commands about vectors.

use super::{Fault, Interpreter, words};
use ovonic_netlist::{codes, split_redirection};
use ovonic_waveforms::{Outcome, Plot, Quantity, Samples, Table, Vector, scientific};
use std::borrow::Cow;
use std::fmt::Write as _;

impl Interpreter<'_> {
    /// `print [line|col] vectors… [> file]`.
    pub(super) fn print(&mut self, text: &str) -> Result<(), Fault> {
        let (list, file) = split_redirection(text);
        let list = list.trim();
        let (layout, list) = match list.split_once(char::is_whitespace) {
            Some((word @ ("line" | "col"), rest)) => (word, rest),
            _ => ("", list),
        };
        let columns = self.columns(list)?;
        if columns.is_empty() {
            return Err(Fault::form("vectors are missing", "for example: print v(out) i(v1)"));
        }
        let digits = self.variables.digits().unwrap_or(6);
        let is_line = layout == "line"
            || (layout.is_empty() && columns.iter().all(|(_, value)| value.len() == 1));
        let mut text = String::new();
        if is_line {
            for (name, value) in &columns {
                let number = |index| {
                    let z = value.samples.at(index);
                    let re = scientific(z.re, digits);
                    if value.is_complex() {
                        format!("{re},{}", scientific(z.im, digits))
                    } else {
                        re
                    }
                };
                let numbers: Vec<String> = (0..value.len()).map(number).collect();
                let _ = if numbers.len() == 1 {
                    writeln!(text, "{name} = {}", numbers[0])
                } else {
                    writeln!(text, "{name} = (  {}\t)", numbers.join("\t"))
                };
            }
        } else {
            let rows = columns.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
            let page = self.pages.current();
            let scale = page.scale().filter(|scale| scale.len() == rows).cloned();
            let named = scale.as_ref().map(|scale| scale.name.clone());
            let vectors = scale.into_iter().collect();
            let frame = Plot {
                title: page.plot.title.clone(),
                date: self.host.date(),
                kind: page.plot.kind.clone(),
                steps: Vec::new(),
                vectors,
                outcome: Outcome::Complete,
            };
            let vectors = columns.into_iter().filter(|(name, _)| Some(name) != named.as_ref());
            let vectors = vectors.map(|(name, value)| {
                let quantity = value.quantity;
                Cow::Owned(Vector { name, quantity, samples: value.samples })
            });
            let _ = writeln!(text, "{}", Table::of(&frame, vectors.collect()));
        }
        match file {
            None => self.host.print(&text),
            Some(("", _)) => return Err(Fault::form("the file is missing", "print v(out) > file")),
            Some((file, appends)) => self.save_file(file, text.as_bytes(), appends)?,
        }
        Ok(())
    }

    /// `echo words… [> file]`.
    pub(super) fn echo(&mut self, text: &str) -> Result<(), Fault> {
        let (text, file) = split_redirection(text);
        let (words, is_open) = match text.strip_prefix("-n ") {
            Some(rest) => (words::split(rest), true),
            None => (words::split(text), false),
        };
        let line = words.join(" ") + if is_open { "" } else { "\n" };
        match file.filter(|(name, _)| !name.is_empty()) {
            None => self.host.print(&line),
            Some((file, appends)) => self.save_file(file, line.as_bytes(), appends)?,
        }
        Ok(())
    }

    /// `display`: the vectors of the current page.
    pub(super) fn display(&mut self) {
        let page = self.pages.current();
        let mut text = format!(
            "Here are the vectors currently active:\n\nTitle: {}\nName: {} ({})\n\n",
            page.plot.title,
            page.name,
            page.plot.kind.as_str()
        );
        let mut vectors: Vec<&Vector> = page.vectors().collect();
        vectors.sort_by(|a, b| a.name.cmp(&b.name));
        let scale = page.scale().map(|scale| scale.name.as_str());
        for vector in vectors {
            let kind = vector.samples.scalar().as_str();
            let mark = if scale == Some(vector.name.as_str()) { " [default scale]" } else { "" };
            let _ = writeln!(
                text,
                "    {:<20}: {}, {kind}, {} long{mark}",
                vector.name,
                vector.quantity,
                vector.len()
            );
        }
        self.host.print(&text);
    }

    /// `setplot [name]`.
    pub(super) fn set_plot(&mut self, text: &str) -> Result<(), Fault> {
        if !text.is_empty() {
            let title = self.simulation.title().to_owned();
            return self.pages.choose(&text.to_lowercase(), &title);
        }
        let current = self.pages.current().name.clone();
        let mut text = "List of plots available:\n\n".to_owned();
        for page in self.pages.all() {
            let mark = if page.name == current { "Current " } else { "\t" };
            let (title, kind) = (&page.plot.title, page.plot.kind.as_str());
            let _ = writeln!(text, "{mark}{}\t{title} ({kind})", page.name);
        }
        self.host.print(&text);
        Ok(())
    }

    /// `setscale vector`.
    pub(super) fn set_scale(&mut self, text: &str) -> Result<(), Fault> {
        let name = text.trim().to_lowercase();
        let page = self.pages.current_mut();
        let Some(vector) = page.vector(&name) else {
            let message = format!("there is no vector \"{name}\"");
            return Err(Fault::new(codes::UNKNOWN_VECTOR, message));
        };
        page.scale = Some(vector.name.clone());
        Ok(())
    }

    /// `let name = expression`, `let name[index] = expression`.
    pub(super) fn assign(&mut self, text: &str) -> Result<(), Fault> {
        const FORM: &str = "for example: let power = v(out)*i(v1)";
        let Some((name, expression)) = text.split_once('=') else {
            return Err(Fault::form("\"=\" is missing", FORM));
        };
        let name = name.trim().to_lowercase();
        let list = self.expressions(expression)?;
        let [expression] = list.as_slice() else {
            return Err(Fault::form("one expression is expected behind \"=\"", FORM));
        };
        let value = self.evaluate(expression)?;
        if value.len() == 0 {
            return Err(Fault::failed("the expression has no values"));
        }
        let Some((name, index)) = name.split_once('[') else {
            let is_name = !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || "_.#@()-:".contains(c));
            if !is_name {
                return Err(Fault::form(
                    format!("\"{name}\" cannot be the name of a vector"),
                    FORM,
                ));
            }
            self.pages.assign(&name, value.samples, value.quantity);
            return Ok(());
        };
        let index = index.trim_end().trim_end_matches(']');
        let place = self.scalar(index)?;
        let mut vector = self.vector(name)?;
        let is_inside = place >= 0.0 && place < vector.len() as f64;
        if !is_inside || value.len() != 1 {
            let count = vector.len();
            return Err(Fault::failed(format!(
                "[{index}] does not lie among the {count} values of \"{name}\", from 0"
            )));
        }
        let number = value.samples.at(0);
        match &mut vector.samples {
            Samples::Real(values) => values[place as usize] = number.re,
            Samples::Complex(values) => values[place as usize] = number,
        }
        self.pages.assign(name, vector.samples, vector.quantity);
        Ok(())
    }

    /// `compose name values a b c`, `compose name start=a stop=b step=c`, or `lin=n` for the step.
    pub(super) fn compose(&mut self, text: &str) -> Result<(), Fault> {
        const FORM: &str =
            "for example: compose x values 1 2 3, or compose x start=0 stop=1 step=0.1";
        let text = text.replace('=', " = ");
        let words = words::split(&text);
        let (name, rest) =
            words.split_first().ok_or_else(|| Fault::form("a name is missing", FORM))?;
        let mut values = Vec::new();
        if rest.first().is_some_and(|word| word == "values") {
            for word in &rest[1..] {
                values.push(self.scalar(word)?);
            }
        } else {
            let mut given = std::collections::BTreeMap::new();
            for group in rest.chunks(3) {
                let [key, equals, value] = group else {
                    return Err(Fault::form("an assignment is incomplete", FORM));
                };
                if equals != "=" {
                    return Err(Fault::form("an assignment is incomplete", FORM));
                }
                given.insert(key.to_lowercase(), self.scalar(value)?);
            }
            let of = |key: &str| given.get(key).copied();
            let (start, stop) = (of("start").unwrap_or(0.0), of("stop"));
            let count = match (of("step"), of("lin"), stop) {
                (_, Some(count), Some(_)) => count,
                (Some(step), None, Some(stop)) => ((stop - start) / step + 1e-6).floor() + 1.0,
                _ => return Err(Fault::form("stop and step or lin are missing", FORM)),
            };
            if !(1.0..1e8).contains(&count) {
                return Err(Fault::failed(format!("a vector cannot have {count} values")));
            }
            let last = (count - 1.0).max(1.0);
            let step = of("step").unwrap_or((stop.unwrap_or(start) - start) / last);
            values.extend((0..count as usize).map(|index| start + step * index as f64));
        }
        if values.is_empty() {
            return Err(Fault::form("values are missing", FORM));
        }
        let samples = Samples::Real(values);
        self.pages.assign(&name.to_lowercase(), samples, Quantity::Dimensionless);
        Ok(())
    }

    /// `strcmp variable text text`: −1, 0 or 1.
    pub(super) fn compare(&mut self, text: &str) -> Result<(), Fault> {
        let words = words::split(text);
        let [name, left, right] = words.as_slice() else {
            return Err(Fault::form(
                "\"strcmp\" needs the name of a variable and two texts",
                "for example: strcmp same $a $b",
            ));
        };
        let order = left.cmp(right) as i32;
        self.variables.set(&name.to_lowercase(), vec![order.to_string()]);
        Ok(())
    }
}

/// A number as C's `%G` writes it: six digits, no zeros behind them.
pub(super) fn general(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { scientific(value, 0) };
    }
    let text = scientific(value, 5);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |digits: &str| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    if (-5..6).contains(&exponent) {
        return trimmed(&format!("{value:.*}", (5 - exponent).max(0) as usize));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}E{sign}{:02}", trimmed(mantissa), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (1.0 / 3.0, "0.333333"),
            (2.0, "2"),
            (1.234_567_89e10, "1.23457E+10"),
            (1.5e-10, "1.5E-10"),
            (-100_000.0, "-100000"),
            (1e6, "1E+06"),
            (0.0, "0"),
            (0.0001, "0.0001"),
        ] {
            assert_eq!(general(value), text);
        }
    }
}
