//! What stands at the crossings: the model or subcircuit, its parameters, and how they vary over the array.

use super::super::Elaborator;
use super::super::models::PreparedModel;
use super::super::reporter::Reported;
use super::super::table::Definition;
use super::cell::Device;
use super::read::{Card, KEYS};
use super::values::Values;
use super::variation::field;
use ovonic_device::{Kind, Role, Variation, find_param};
use ovonic_netlist::ast::{Argument, Name, Param, Value};
use ovonic_netlist::{Diagnostic, codes, suggest};
use ovonic_waveforms::Matrix;
use std::sync::Arc;

/// Words that every instance understands.
const COMMON: [&str; 4] = ["m", "temp", "dtemp", "ic"];

/// What a device's name stands for.
enum Found {
    Model(Arc<PreparedModel>),
    Plain(&'static Kind),
    Subcircuit(Arc<Definition>),
}

impl Found {
    fn kinds(&self) -> Vec<&'static Kind> {
        match self {
            Found::Model(model) if model.parts.is_empty() => vec![model.kind],
            Found::Model(model) => model.parts.iter().map(|part| part.kind).collect(),
            Found::Plain(kind) => vec![kind],
            Found::Subcircuit(_) => Vec::new(),
        }
    }

    fn knows(&self, key: &str) -> bool {
        match self {
            Found::Subcircuit(definition) => {
                key == "m"
                    || definition.defaults.contains_key(key)
                    || definition.body.parameters.contains_key(key)
            }
            _ => {
                COMMON.contains(&key)
                    || self.kinds().iter().any(|kind| find_param(kind.params, key).is_some())
            }
        }
    }

    fn parameters(&self) -> Vec<String> {
        match self {
            Found::Subcircuit(definition) => {
                let mut names: Vec<String> = definition.defaults.keys().cloned().collect();
                names.extend(definition.body.parameter_order.iter().cloned());
                names.sort_unstable();
                names
            }
            _ => {
                let kinds = self.kinds().into_iter();
                kinds.flat_map(|kind| kind.params.iter().map(|info| info.name.to_owned())).collect()
            }
        }
    }

    /// The name in a canonical form: a parameter may be called by an alias.
    fn canonical(&self, key: &str) -> String {
        let found = self.kinds().into_iter().find_map(|kind| {
            find_param(kind.params, key).map(|index| kind.params[index].name.to_owned())
        });
        found.unwrap_or_else(|| key.to_owned())
    }

    /// What a parameter is where the array says nothing of it.
    fn default(&self, key: &str) -> Option<Argument> {
        let number = |value: Option<f64>| {
            value.map(|value| Argument::new(Value::Number(value), Default::default()))
        };
        let of_model = |model: &PreparedModel| {
            let index = find_param(model.kind.params, key)?;
            model.params.value(index)
        };
        match self {
            Found::Model(model) if model.parts.is_empty() => number(of_model(model)),
            Found::Model(model) => {
                let mut parts = model.parts.iter().map(|part| of_model(part));
                number(parts.find_map(|value| value))
            }
            Found::Plain(_) => None,
            Found::Subcircuit(definition) => {
                let value = &definition.defaults.get(key)?.value;
                let span = value.span;
                Some(Argument::new(Value::Expression(Box::new(value.clone())), span))
            }
        }
    }
}

impl Elaborator {
    /// The selector, if there is one, and the cell.
    pub(super) fn crossbar_devices(
        &mut self,
        card: &Card<'_>,
        cell: &Name,
        has_gates: bool,
    ) -> Result<(Option<Device>, Device), Reported> {
        let found = self.crossbar_device(card, cell, if has_gates { 3 } else { 2 })?;
        let selector = match card.param("selector") {
            None => None,
            Some(param) => {
                let Value::Name(name) = &param.value.node else {
                    return Err(self.reporter.report(Diagnostic::error(
                        codes::INVALID_VALUE,
                        param.value.span,
                        "\"selector\" is the name of a model or of a subcircuit",
                    )));
                };
                let name = Name::new(name.clone(), param.value.span);
                let found = self.crossbar_device(card, &name, 2)?;
                Some((name, found))
            }
        };
        let mut result = Ok(());
        let (mut own, mut above) = (Vec::new(), Vec::new());
        for param in &card.body.params {
            let key = param.key.node.as_str();
            if KEYS.contains(&key) || key == "correlation" || key.starts_with("sigma.") {
                continue;
            }
            let of_selector = key.strip_prefix("selector.");
            let (found, list, key) = match (of_selector, &selector) {
                (Some(key), Some((_, found))) => (found, &mut above, key),
                (Some(_), None) => {
                    result = Err(self.reporter.report(Diagnostic::error(
                        codes::UNKNOWN_PARAMETER,
                        param.key.span,
                        "the array has no selector",
                    )));
                    continue;
                }
                (None, _) => (&found, &mut own, key.strip_prefix("cell.").unwrap_or(key)),
            };
            if !found.knows(key) {
                result = Err(self.report_array_key(card, param, key, found));
                continue;
            }
            match self.values(card, param, (card.rows, card.cols)) {
                Ok(values) => {
                    list.push((Name::new(found.canonical(key), param.key.span), values));
                }
                Err(Reported) => result = Err(Reported),
            }
        }
        result?;
        self.vary(card, &found, &mut own)?;
        let selector = selector.map(|(name, found)| device(name, &found, above));
        Ok((selector, device(cell.clone(), &found, own)))
    }

    /// The model or subcircuit that a word names, with as many terminals as there are nodes for.
    fn crossbar_device(
        &mut self,
        card: &Card<'_>,
        name: &Name,
        n_nodes: usize,
    ) -> Result<Found, Reported> {
        if let Some(model) = self.model(card.scope, &name.node) {
            let model = model?;
            let needed = model.kind.terminals().filter(|t| t.role == Role::Terminal).count();
            let fits = needed == n_nodes
                && matches!(model.kind.letter, None | Some('r' | 'c' | 'd'))
                && n_nodes == 2;
            if fits {
                return Ok(Found::Model(model));
            }
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::KIND_MISMATCH,
                    name.span,
                    format!(
                        "\"{name}\" is a {} model, which cannot stand at a crossing by itself",
                        model.kind.name
                    ),
                )
                .help("put it into a subcircuit with one port for each line"),
            ));
        }
        if let Some((definition, _)) = self.scopes.subcircuit(card.scope, &name.node) {
            let n_ports = definition.ports.len();
            if n_ports == n_nodes {
                return Ok(Found::Subcircuit(definition));
            }
            let lines = if n_nodes == 3 { "word, bit and gate" } else { "word and bit" };
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::WRONG_NODE_COUNT,
                    name.span,
                    format!("subcircuit \"{name}\" has {n_ports} ports, but stands between {lines} lines"),
                )
                .secondary(definition.span, "the subcircuit is defined here"),
            ));
        }
        let plain = self.kinds.iter().find(|kind| {
            matches!(kind.letter, Some('r' | 'c'))
                && (kind.name == name.node
                    || kind.letter.map(String::from) == Some(name.node.clone()))
        });
        match plain {
            Some(kind) if n_nodes == 2 => Ok(Found::Plain(kind)),
            _ => Err(self.report_unknown_model(card.scope, name)),
        }
    }

    fn report_array_key(
        &mut self,
        card: &Card<'_>,
        param: &Param,
        key: &str,
        found: &Found,
    ) -> Reported {
        let mut names: Vec<String> = KEYS.iter().map(|key| (*key).to_owned()).collect();
        names.push("correlation".to_owned());
        names.extend(found.parameters());
        let near = suggest(key, &names).map(str::to_owned);
        self.reporter.report(
            Diagnostic::error(
                codes::UNKNOWN_PARAMETER,
                param.key.span,
                format!("neither the array \"{}\" nor its cell has a \"{key}\"", card.element.name),
            )
            .did_you_mean(near.as_deref()),
        )
    }

    /// `sigma.key=s`: the parameter times `exp(s·z)`, with a standard normal `z` that keeps its value over
    /// `correlation` crossings.
    fn vary(
        &mut self,
        card: &Card<'_>,
        found: &Found,
        params: &mut Vec<(Name, Values)>,
    ) -> Result<(), Reported> {
        let number = |elaborator: &mut Self, param: &Param| {
            let value =
                elaborator.scopes.argument(&mut elaborator.reporter, card.scope, &param.value);
            value.map(|value| {
                elaborator.structure.extend(&value.dependence);
                value.value
            })
        };
        let length = match card.param("correlation") {
            Some(param) => {
                let value = number(self, param)?;
                if !(0.0..=1000.0).contains(&value) {
                    return Err(self.report_range(param, value, "0 to 1000 crossings"));
                }
                value
            }
            None => 0.0,
        };
        let seed = match card.param("seed") {
            Some(param) => {
                let value = number(self, param)?;
                if value < 0.0 || value.fract() != 0.0 || value > 1e15 {
                    return Err(self.report_range(param, value, "a whole number"));
                }
                value as u64
            }
            None => self.options.seed,
        };
        let name = format!("{}{}", self.scopes.prefix(card.scope), card.element.name);
        let source = Variation::new(seed).of_instance(&name);
        for param in &card.body.params {
            let Some(key) = param.key.node.strip_prefix("sigma.") else {
                continue;
            };
            if !found.knows(key) {
                return Err(self.report_array_key(card, param, key, found));
            }
            let sigma = number(self, param)?;
            if !(0.0..=10.0).contains(&sigma) {
                return Err(self.report_range(param, sigma, "0 to 10"));
            }
            let key = found.canonical(key);
            let (rows, cols) = (card.rows as usize, card.cols as usize);
            let z = field(source, &key, rows, cols, length);
            let factors = Matrix::new(rows, cols, z.iter().map(|z| (sigma * z).exp()).collect());
            let factors = Arc::new(factors);
            if let Some((_, values)) = params.iter_mut().find(|(known, _)| known.node == key) {
                *values = Values::Scaled(Box::new(values.clone()), factors);
                continue;
            }
            let Some(base) = found.default(&key) else {
                return Err(self.reporter.report(Diagnostic::error(
                    codes::MISSING_VALUE,
                    param.key.span,
                    format!("\"{key}\" has no value that could vary"),
                )));
            };
            let base = Argument::new(base.node, param.value.span);
            let values = Values::Scaled(Box::new(Values::Uniform(base)), factors);
            params.push((Name::new(key, param.key.span), values));
        }
        Ok(())
    }

    fn report_range(&mut self, param: &Param, value: f64, allowed: &str) -> Reported {
        self.reporter.report(
            Diagnostic::error(
                codes::VALUE_OUT_OF_RANGE,
                param.value.span,
                format!("\"{}\" = {value} is out of range", param.key),
            )
            .label(format!("allowed is {allowed}")),
        )
    }
}

fn device(name: Name, found: &Found, params: Vec<(Name, Values)>) -> Device {
    let (letter, model, is_cell) = match found {
        Found::Model(model) => {
            (model.kind.letter.unwrap_or('n'), Some(name), !model.parts.is_empty())
        }
        Found::Plain(kind) => (kind.letter.unwrap_or('r'), None, false),
        Found::Subcircuit(_) => ('x', Some(name), false),
    };
    Device { letter, model, is_cell, params }
}
