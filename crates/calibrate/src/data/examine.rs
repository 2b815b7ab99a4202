//! What is wrong with measured data, with file and line.
//!
//! ```text
//! errors     a missing value, time that runs backwards or stands still, a column without values, fewer than two points
//! warnings   a magnitude that looks like a wrong prefix, a response that never changes, negative values where the
//!            quantity has none
//! ```

use super::mapping::Role;
use super::trace::Trace;
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The data can be fitted, but look odd.
    Warning,
    /// The data cannot be fitted.
    Error,
}

/// Something odd about a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file.
    pub file: String,
    /// Line in the file, from 1; absent where it concerns the whole trace.
    pub line: Option<usize>,
    /// The trace.
    pub trace: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it; empty where that is plain.
    pub help: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{word}: {}:", self.file)?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " trace \"{}\": {}", self.trace, self.message)?;
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

/// Everything odd about a trace.
#[must_use]
pub fn examine(trace: &Trace) -> Vec<Finding> {
    let mut examination = Examination { trace, findings: Vec::new() };
    if examination.has_points() {
        examination.missing();
        examination.order();
        examination.magnitudes();
        examination.change();
    }
    examination.findings
}

struct Examination<'a> {
    trace: &'a Trace,
    findings: Vec<Finding>,
}

impl Examination<'_> {
    fn add(&mut self, severity: Severity, point: Option<usize>, message: String, help: &str) {
        self.findings.push(Finding {
            severity,
            file: self.trace.file.clone(),
            line: point.map(|index| self.trace.lines[index]),
            trace: self.trace.name.clone(),
            message,
            help: help.to_owned(),
        });
    }

    fn columns(&self) -> Vec<(Role, Vec<f64>)> {
        let trace = self.trace;
        let others = [
            (Role::Time, &trace.time),
            (Role::Drive, &trace.drive),
            (Role::Frequency, &trace.frequency),
            (Role::Pulse, &trace.pulse),
        ];
        let others = others.into_iter().filter_map(|(role, values)| Some((role, values.clone()?)));
        others.chain([(trace.role, trace.response.clone())]).collect()
    }

    /// Whether there is something to look at: a column of nothing is one finding, not one a row.
    fn has_points(&mut self) -> bool {
        if self.trace.len() < 2 {
            let message = format!("{} point, expected two or more", self.trace.len());
            self.add(Severity::Error, Some(0).filter(|_| !self.trace.is_empty()), message, "");
            return false;
        }
        let empty = self.columns().into_iter().find(|(_, v)| v.iter().all(|v| v.is_nan()));
        if let Some((role, _)) = empty {
            let help = "look at the column mapping: it may name the wrong column";
            self.add(Severity::Error, None, format!("the {role} column has no values"), help);
            return false;
        }
        if self.trace.n_used() < 2 {
            let message = format!("{} points count after selection", self.trace.n_used());
            self.add(Severity::Error, None, message, "select more of the trace");
            return false;
        }
        true
    }

    fn missing(&mut self) {
        for (role, values) in self.columns() {
            let is_response = role.is_response();
            let bad = |&index: &usize| {
                let counts = self.trace.weights[index] > 0.0;
                !values[index].is_finite() && (counts || !is_response)
            };
            let found: Vec<usize> = (0..values.len()).filter(bad).collect();
            if let Some(&first) = found.first() {
                let more = found.len() - 1;
                let more =
                    if more == 0 { String::new() } else { format!(", and at {more} more points") };
                let message = format!("the {role} is missing or not finite{more}");
                let help = if is_response { "leave such points out with skip-missing" } else { "" };
                self.add(Severity::Error, Some(first), message, help);
            }
        }
        let bad = self.trace.weights.iter().position(|w| !(*w >= 0.0 && w.is_finite()));
        if let Some(index) = bad {
            let message = format!("weight {}, expected zero or more", self.trace.weights[index]);
            self.add(Severity::Error, Some(index), message, "");
        }
    }

    fn order(&mut self) {
        let ordered = [(Role::Time, &self.trace.time), (Role::Frequency, &self.trace.frequency)];
        for (role, values) in ordered {
            let Some(values) = values else { continue };
            let back = values.windows(2).position(|pair| pair[1] <= pair[0]);
            if let Some(index) = back {
                let (before, after) = (values[index], values[index + 1]);
                let message = format!("the {role} goes from {before:e} to {after:e}");
                let help = "points have to be in ascending order; sort the file, or map the column \
                            that tells traces apart with trace=";
                self.add(Severity::Error, Some(index + 1), message, help);
            }
        }
    }

    /// Magnitudes that measurements hardly have: a wrong prefix is a factor of 1000.
    fn magnitudes(&mut self) {
        for (role, values) in self.columns() {
            let (low, high, unit) = match role {
                Role::Drive => (2e-3, 200.0, "V"),
                Role::Current => (1e-12, 20.0, "A"),
                Role::Conductance => (1e-13, 100.0, "S"),
                _ => continue,
            };
            let finite = values.iter().copied().filter(|v| v.is_finite());
            let largest = finite.map(f64::abs).fold(0.0, f64::max);
            if largest > high || (largest < low && largest > 0.0) {
                let message = format!("the largest {role} is {largest:e} {unit}");
                let help = format!(
                    "if the file has another unit, say so in the mapping, such as {}=column:m{unit}",
                    unit_key(role)
                );
                self.add(Severity::Warning, None, message, &help);
            }
        }
    }

    fn change(&mut self) {
        let counted = self.trace.response.iter().zip(&self.trace.weights);
        let mut counted = counted.filter(|(_, w)| **w > 0.0).map(|(value, _)| *value);
        let first = counted.next().unwrap_or(0.0);
        if counted.all(|value| value == first) {
            let message = format!("the {} never changes", self.trace.role);
            self.add(Severity::Warning, None, message, "");
        }
    }
}

fn unit_key(role: Role) -> &'static str {
    match role {
        Role::Drive => "V",
        Role::Current => "I",
        _ => "G",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataFile, Mapping, Preparation, Selection, traces};

    fn found(text: &str, mapping: &str, preparation: &Preparation) -> Vec<String> {
        let file = DataFile::from_text("a.csv", text).unwrap();
        let traces = traces(&file, &Mapping::parse(mapping).unwrap(), preparation).unwrap();
        let findings = traces.iter().flat_map(examine);
        findings.map(|finding| finding.to_string().lines().next().unwrap().to_owned()).collect()
    }

    fn check(text: &str, mapping: &str, expected: &str) {
        assert_eq!(found(text, mapping, &Preparation::default()), [expected], "{text}");
    }

    #[test]
    fn clean_data_have_no_findings() {
        let clean = "t,v,i\n0,0,0\n1,0.5,1e-6\n2,1,2e-6\n";
        assert!(found(clean, "t=t V=v I=i", &Preparation::default()).is_empty());
    }

    #[test]
    fn missing_values_can_be_skipped_and_are_errors_otherwise() {
        let text = "v,i\n0,1e-6\n1,nan\n2,2e-6\n";
        let expected = "error: a.csv:3: trace \"i\": the current is missing or not finite";
        check(text, "V=v I=i", expected);
        let selection = Selection { skip_missing: true, ..Selection::default() };
        let preparation = Preparation { selection, ..Preparation::default() };
        assert!(found(text, "V=v I=i", &preparation).is_empty());
    }

    #[test]
    fn time_runs_forward() {
        let expected = "error: a.csv:4: trace \"i\": the time goes from 1e0 to 5e-1";
        check("t,i\n0,1e-6\n1,2e-6\n0.5,3e-6\n", "t=t I=i", expected);
    }

    #[test]
    fn a_wrong_prefix_is_noticed() {
        let expected = "warning: a.csv: trace \"i\": the largest drive voltage is 1.5e3 V";
        check("v,i\n0,1e-6\n1500,2e-6\n", "V=v I=i", expected);
    }

    #[test]
    fn empty_columns_and_single_points() {
        let expected = "error: a.csv: trace \"i\": the current column has no values";
        check("v,i\n0,\n1,\n", "V=v I=i", expected);
        let expected = "error: a.csv:2: trace \"i\": 1 point, expected two or more";
        check("v,i\n0,1\n", "V=v I=i", expected);
    }
}
