//! `key=value` into the parameters of a device, with a report for whatever does not fit.

use super::reporter::{Reported, Reporter};
use super::scope::{Dependence, ScopeId, Scopes};
use ovonic_device::{AnyParams, Kind, ParamError, ParamInfo, ParamKind, Scope, find_param};
use ovonic_netlist::ast::{Argument, Param, Value};
use ovonic_netlist::{Diagnostic, Span, codes, suggest};

/// Where an assignment stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On a `.model` card.
    Model,
    /// On an instance line.
    Instance,
}

/// A set of parameters that is being filled.
pub(crate) struct Assignment<'a> {
    pub(crate) scopes: &'a mut Scopes,
    pub(crate) reporter: &'a mut Reporter,
    pub(crate) scope: ScopeId,
    pub(crate) kind: &'static Kind,
    pub(crate) place: Place,
    /// For messages: `diode model "d1n4148"`.
    pub(crate) owner: String,
    pub(crate) params: Box<dyn AnyParams>,
    pub(crate) dependence: Dependence,
}

/// What cards of vendors say about a part and no model reads: its maker and its ratings.
const INFORMATIONAL: [&str; 12] = [
    "mfg", "type", "vpk", "iave", "ipk", "irms", "diss", "vceo", "vcbo", "icrating", "ic_max",
    "pkg",
];

impl Assignment<'_> {
    /// The parameter called `key`, if it may stand here.
    pub(crate) fn find(&mut self, key: &str, span: Span) -> Result<usize, Reported> {
        let Some(index) = find_param(self.kind.params, key) else {
            let diagnostic = self.unknown(key, span);
            return Err(self.reporter.report(diagnostic));
        };
        if self.place == Place::Model && self.kind.params[index].scope == Scope::Instance {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::UNKNOWN_PARAMETER,
                    span,
                    format!("\"{key}\" is no parameter of a {} model", self.kind.name),
                )
                .help("it belongs on the instance line"),
            ));
        }
        Ok(index)
    }

    /// Takes one assignment over.
    pub(crate) fn assign(&mut self, param: &Param) -> Result<(), Reported> {
        let key = param.key.node.as_str();
        if let Value::List(values) = &param.value.node {
            return self.assign_list(param, values);
        }
        if key == "ic"
            && find_param(self.kind.params, key).is_none()
            && let Some(first) = self.kind.initial.first()
        {
            return self.set(first, &param.value);
        }
        if self.place == Place::Model && find_param(self.kind.params, key).is_none() {
            if INFORMATIONAL.contains(&key) {
                let message = format!("\"{key}\" has no effect on the model");
                let diagnostic = Diagnostic::warning(codes::IGNORED, param.key.span, message);
                self.reporter.report(diagnostic);
                return Ok(());
            }
            let diagnostic = self.unknown(key, param.key.span);
            return self.reporter.tolerate(diagnostic);
        }
        let index = self.find(key, param.key.span)?;
        self.set_index(index, &param.value)
    }

    /// `ic=a,b` and `tc=a,b` set several parameters.
    fn assign_list(&mut self, param: &Param, values: &[Argument]) -> Result<(), Reported> {
        let targets: &[&'static str] = match param.key.node.as_str() {
            "ic" => self.kind.initial,
            "tc" => &["tc1", "tc2"],
            _ => &[],
        };
        let known = targets.iter().all(|target| find_param(self.kind.params, target).is_some());
        if targets.is_empty() || !known {
            self.find(&param.key.node, param.key.span)?;
            return Err(self.reporter.report(Diagnostic::error(
                codes::INVALID_VALUE,
                param.value.span,
                format!("\"{}\" takes a single number, not a list", param.key),
            )));
        }
        if values.len() > targets.len() {
            return Err(self.reporter.report(Diagnostic::error(
                codes::INVALID_VALUE,
                param.value.span,
                format!(
                    "\"{}\" of a {} takes at most {} numbers",
                    param.key,
                    self.kind.name,
                    targets.len()
                ),
            )));
        }
        let mut result = Ok(());
        for (target, value) in targets.iter().zip(values) {
            result = result.and(self.set(target, value));
        }
        result
    }

    /// Sets the parameter called `name` from an argument.
    pub(crate) fn set(&mut self, name: &str, value: &Argument) -> Result<(), Reported> {
        let index = self.find(name, value.span)?;
        self.set_index(index, value)
    }

    fn set_index(&mut self, index: usize, value: &Argument) -> Result<(), Reported> {
        let info = &self.kind.params[index];
        let number = match (&value.node, info.kind) {
            (Value::Name(name), ParamKind::Flag) if flag(name).is_some() => flag(name),
            _ => None,
        };
        let number = match number {
            Some(number) => number,
            None => {
                let value = self.scopes.argument(self.reporter, self.scope, value)?;
                self.dependence.extend(&value.dependence);
                value.value
            }
        };
        self.set_number(index, number, value.span)
    }

    /// Sets a parameter by index.
    pub(crate) fn set_number(
        &mut self,
        index: usize,
        number: f64,
        span: Span,
    ) -> Result<(), Reported> {
        self.params.assign(index, number).map_err(|error| {
            let diagnostic = parameter_error(&self.owner, self.kind.params, &error, span);
            self.reporter.report(diagnostic)
        })
    }

    /// Sets a flag by its bare name; `false` if there is no such flag.
    pub(crate) fn set_flag(&mut self, name: &str, span: Span) -> Result<bool, Reported> {
        match find_param(self.kind.params, name) {
            Some(index) if self.kind.params[index].kind == ParamKind::Flag => {
                self.set_number(index, 1.0, span)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn unknown(&self, key: &str, span: Span) -> Diagnostic {
        let allowed =
            |info: &&ParamInfo| self.place == Place::Instance || info.scope == Scope::Model;
        let names = self
            .kind
            .params
            .iter()
            .filter(allowed)
            .flat_map(|info| std::iter::once(info.name).chain(info.aliases.iter().copied()));
        let names: Vec<&str> = names.collect();
        let near = suggest(key, names.iter().copied());
        let mut diagnostic = Diagnostic::error(
            codes::UNKNOWN_PARAMETER,
            span,
            format!("unknown parameter \"{key}\" for {}", self.owner),
        );
        if let Some(near) = near
            && let Some(index) = find_param(self.kind.params, near)
        {
            let remark = remark(&self.kind.params[index]);
            diagnostic =
                diagnostic.help(format!("did you mean \"{near}\" ({remark})?")).fix(span, near);
        }
        diagnostic
    }
}

/// Description and unit of a parameter.
fn remark(info: &ParamInfo) -> String {
    let description = info.description.trim_end_matches('.');
    if info.unit.is_empty() {
        description.to_owned()
    } else {
        format!("{description}, {}", info.unit)
    }
}

/// What is wrong with a parameter, as a diagnostic.
pub(crate) fn parameter_error(
    owner: &str,
    table: &[ParamInfo],
    error: &ParamError,
    span: Span,
) -> Diagnostic {
    let about = |name: &str| {
        find_param(table, name).map_or_else(String::new, |index| remark(&table[index]))
    };
    let unit = |name: &str| find_param(table, name).map_or("", |index| table[index].unit);
    let with_help = |diagnostic: Diagnostic, name: &str| match about(name) {
        remark if remark.is_empty() => diagnostic,
        remark => diagnostic.help(format!("\"{name}\" is: {remark}")),
    };
    match error {
        ParamError::OutOfRange { name, value, range } => {
            let unit = unit(name);
            let blank = if unit.is_empty() { "" } else { " " };
            let diagnostic = Diagnostic::error(
                codes::VALUE_OUT_OF_RANGE,
                span,
                format!("\"{name}\" = {value} is out of range for {owner}"),
            )
            .label(format!("allowed is {range}{blank}{unit}"));
            with_help(diagnostic, name)
        }
        ParamError::NotWhole { name, value } => with_help(
            Diagnostic::error(
                codes::INVALID_VALUE,
                span,
                format!("\"{name}\" = {value} of {owner} is not a whole number"),
            ),
            name,
        ),
        ParamError::Missing { name } => with_help(
            Diagnostic::error(
                codes::MISSING_PARAMETER,
                span,
                format!("\"{name}\" of {owner} is missing"),
            ),
            name,
        ),
        ParamError::Inconsistent { name, value, reason } => Diagnostic::error(
            codes::VALUE_OUT_OF_RANGE,
            span,
            format!("\"{name}\" = {value} of {owner}: {reason}"),
        ),
    }
}

fn flag(name: &str) -> Option<f64> {
    match name {
        "true" | "yes" | "on" => Some(1.0),
        "false" | "no" | "off" => Some(0.0),
        _ => None,
    }
}
