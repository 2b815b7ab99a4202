//! Commands that change the circuit: `alter`, `altermod`, `alterparam`, `option`, `save`, `reset`.

use super::{Fault, Interpreter};
use crate::elaborate::SweepTarget;
use ovonic_device::find_param;
use ovonic_netlist::ast::{Item, Name};
use ovonic_netlist::{Diagnostic, MemoryLoader, ParseOptions, Parsed, Span, codes, parse_text};

/// What a change of a device is written like.
const ALTER: &str = "for example: alter r1 = 2k, alter v1 dc = 5, alter @m1[w] = 10u";

impl Interpreter<'_> {
    /// Parses cards that a command stands for; what is wrong with them is reported at the command.
    pub(super) fn cards(&mut self, text: &str, span: Span) -> Result<Vec<Item>, Fault> {
        let options = ParseOptions {
            dialect: self.simulation.design.core.elaborator.reporter.dialect(),
            ..ParseOptions::default()
        };
        let text = format!("command\n{text}");
        let Parsed { netlist, diagnostics, .. } =
            parse_text("command", &text, &MemoryLoader::new(), &options);
        self.relay(diagnostics, span);
        Ok(netlist.items)
    }

    /// Reports diagnostics that point into a card made of a command where the command stands.
    pub(super) fn relay(&mut self, diagnostics: Vec<Diagnostic>, span: Span) {
        for found in diagnostics {
            let mut diagnostic = if found.is_error() {
                Diagnostic::error(found.code, span, found.message)
            } else {
                Diagnostic::warning(found.code, span, found.message)
            };
            if let Some(help) = found.help {
                diagnostic = diagnostic.help(help);
            }
            self.say(diagnostic);
        }
    }

    /// `alter device = value`, `alter device parameter = value`, `alter @device[parameter] = value`.
    pub(super) fn alter(&mut self, text: &str, span: Span) -> Result<(), Fault> {
        let (words, value) = words_and_value(text, ALTER)?;
        let (device, parameter) = match (words.as_slice(), quantity(&words[0])) {
            ([_], Some((device, parameter))) => (device, Some(parameter)),
            ([device], None) => (device.as_str(), None),
            ([device, parameter], _) => (device.as_str(), Some(parameter.as_str())),
            _ => return Err(Fault::form("this is no change of a device", ALTER)),
        };
        if value.starts_with('[') {
            return Err(Fault::failed("a waveform cannot be altered; write its source anew"));
        }
        let value = self.scalar(&value)?;
        let elaborator = &mut self.simulation.design.core.elaborator;
        elaborator.reporter.restart();
        let name = match parameter {
            Some(parameter) => format!("{device}:{parameter}"),
            None => device.to_owned(),
        };
        let name = Name::new(name, span);
        let target = elaborator.sweep_target(&name, false);
        let diagnostics = elaborator.reporter.restart().into_diagnostics();
        self.relay(diagnostics, span);
        match target {
            Ok(target) => self.change(target, value),
            // What is wrong with it has been reported.
            Err(_) => Ok(()),
        }
    }

    /// `alterparam name = value`.
    pub(super) fn alter_parameter(&mut self, text: &str) -> Result<(), Fault> {
        const FORM: &str = "for example: alterparam r = 2k";
        let (words, value) = words_and_value(text, FORM)?;
        let [name] = words.as_slice() else {
            return Err(Fault::form("this is no change of a parameter", FORM));
        };
        let value = self.scalar(&value)?;
        if self.simulation.design.core.elaborator.scopes.number(name).is_none() {
            let message = format!("the netlist has no parameter \"{name}\"");
            return Err(Fault::new(codes::UNDEFINED_PARAMETER, message));
        }
        // Elsewhere it takes a reset for the value to count, so that a reset does not undo it.
        self.change(SweepTarget::Parameter(name.clone()), value)
    }

    fn change(&mut self, target: SweepTarget, value: f64) -> Result<(), Fault> {
        if !matches!(target, SweepTarget::Parameter(_)) {
            self.before.push(self.simulation.before(&target));
        }
        let set = self.simulation.design.set_target(&target, value);
        set.map_err(|diagnostics| failed(&diagnostics))
    }

    /// `altermod model parameter = value`, `altermod @model[parameter] = value`.
    pub(super) fn alter_model(&mut self, text: &str) -> Result<(), Fault> {
        const FORM: &str = "for example: altermod nch vto = 0.6";
        let (words, value) = words_and_value(text, FORM)?;
        let (model, parameter) = match (words.as_slice(), quantity(&words[0])) {
            ([_], Some((model, parameter))) => (model.to_owned(), parameter.to_owned()),
            ([model, parameter], _) => (model.clone(), parameter.clone()),
            _ => return Err(Fault::form("this is no change of a model", FORM)),
        };
        let value = self.scalar(&value)?;
        self.changed_models = true;
        let set = self.simulation.design.set_model(&model, &parameter, value);
        set.map_err(|diagnostics| failed(&diagnostics))
    }

    /// `reset`: the circuit as the netlist describes it.
    pub(super) fn reset(&mut self) -> Result<(), Fault> {
        let before: Vec<_> = std::mem::take(&mut self.before).into_iter().rev().collect();
        if std::mem::take(&mut self.changed_models) {
            let reset = self.simulation.design.reset_models();
            reset.map_err(|diagnostics| failed(&diagnostics))?;
        }
        self.simulation.restore(before).map_err(|error| Fault::failed(error.to_string()))
    }

    /// `save vectors…`.
    pub(super) fn save(&mut self, text: &str, span: Span) -> Result<(), Fault> {
        let items = self.cards(&format!(".save {text}\n"), span)?;
        for item in &items {
            let Item::Output(card) = item else { continue };
            let design = &mut self.simulation.design;
            design.core.elaborator.reporter.restart();
            let request = design.core.elaborator.request(card, &design.circuit);
            design.requests.push(request);
            let diagnostics = design.core.elaborator.reporter.restart().into_diagnostics();
            self.relay(diagnostics, span);
        }
        Ok(())
    }

    /// `option name=value…`.
    pub(super) fn options(&mut self, text: &str, span: Span) -> Result<(), Fault> {
        let items = self.cards(&format!(".options {text}\n"), span)?;
        for item in items {
            let Item::Options(card) = item else { continue };
            let before = self.simulation.options().temperature_celsius;
            let elaborator = &mut self.simulation.design.core.elaborator;
            elaborator.reporter.restart();
            elaborator.change_options(&card);
            let diagnostics = elaborator.reporter.restart().into_diagnostics();
            self.relay(diagnostics, span);
            let celsius = self.simulation.options().temperature_celsius;
            if celsius != before {
                let set = self.simulation.design.set_temperature(celsius);
                set.map_err(|diagnostics| failed(&diagnostics))?;
            }
        }
        Ok(())
    }

    /// The present value of `@device[parameter]`.
    pub(super) fn device_parameter(&self, name: &str) -> Option<f64> {
        let (device, parameter) = quantity(name)?;
        let design = &self.simulation.design;
        let id = design.core.elaborator.find_instance(device)?;
        let spec = design.circuit.spec(id);
        find_param(spec.kind.params, parameter).and_then(|index| spec.params.value(index))
    }
}

fn failed(diagnostics: &[Diagnostic]) -> Fault {
    let messages: Vec<&str> = diagnostics.iter().map(|found| found.message.as_str()).collect();
    Fault::failed(messages.join("; "))
}

/// `@device[quantity]` as two names.
fn quantity(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('@')?.strip_suffix(']')?.rsplit_once('[')
}

/// The words in front of a value, in lower case, and the value: `a b = c` or `a b c`.
fn words_and_value(text: &str, form: &str) -> Result<(Vec<String>, String), Fault> {
    let (words, value) = match text.split_once('=') {
        Some((words, value)) => (words.trim(), value.trim()),
        None => match text.trim_end().rsplit_once(char::is_whitespace) {
            Some((words, value)) => (words.trim(), value),
            None => return Err(Fault::form("the value is missing", form)),
        },
    };
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() || value.is_empty() {
        return Err(Fault::form("a name or the value is missing", form));
    }
    Ok((words, value.to_owned()))
}
