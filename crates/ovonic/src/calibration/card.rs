//! Fitted values as cards: a `.model` with every parameter that is not at its default, or a `.param`.

use super::{CalibrationError, Deck, ExperimentTarget, target};
use crate::elaborate::SweepTarget;
use crate::error::Error;
use ovonic_circuit::{Circuit, InstanceId};
use ovonic_device::Scope;

/// Cards with fitted values.
pub(super) fn card(
    deck: &Deck,
    targets: &[ExperimentTarget],
    values: &[f64],
) -> Result<String, CalibrationError> {
    let mut simulation = deck.read().map_err(CalibrationError::Deck)?;
    let mut text = String::new();
    let mut models: Vec<(String, InstanceId, Vec<usize>)> = Vec::new();
    for (parameter, value) in targets.iter().zip(values) {
        for (name, factor) in &parameter.members {
            let value = factor * value;
            for found in target::resolve(&mut simulation.design, name)? {
                let set = simulation.design.set_target(&found, value);
                set.map_err(|diagnostics| CalibrationError::Value {
                    name: name.clone(),
                    value,
                    error: Error::netlist(diagnostics, simulation.shared_sources()),
                })?;
                match found {
                    SweepTarget::Device(id, index) => {
                        let owner = name.rsplit_once('.').map_or(name.as_str(), |(owner, _)| owner);
                        let owner = owner.to_lowercase();
                        match models.iter_mut().find(|(known, ..)| *known == owner) {
                            Some((_, _, fitted)) => fitted.push(index),
                            None => models.push((owner, id, vec![index])),
                        }
                    }
                    SweepTarget::Parameter(name) => text += &format!(".param {name}={value:.7e}\n"),
                    // Not among what can be fitted.
                    SweepTarget::Seed => {}
                    SweepTarget::Temperature => text += &format!(".temp {value}\n"),
                }
            }
        }
    }
    for (owner, id, fitted) in models {
        text += &model(simulation.circuit(), &owner, id, &fitted);
    }
    Ok(text)
}

fn model(circuit: &Circuit, owner: &str, id: InstanceId, fitted: &[usize]) -> String {
    let spec = circuit.spec(id);
    let value = |index: usize| spec.params.value(index);
    let Some(word) = spec.kind.model_types.first().filter(|_| spec.kind.letter != Some('r')) else {
        let named = fitted.iter().filter_map(|&index| {
            Some(format!("* {owner}: {} = {:e}\n", spec.kind.params[index].name, value(index)?))
        });
        return named.collect();
    };
    let name = if spec.name == owner {
        format!("{}_fit", owner.replace('.', "_"))
    } else {
        owner.to_owned()
    };
    let mut text = format!(".model {name} {}(", word.word);
    for (index, info) in spec.kind.params.iter().enumerate() {
        let is_fitted = fitted.contains(&index);
        if !is_fitted && (info.scope == Scope::Instance || value(index) == info.default) {
            continue;
        }
        if let Some(value) = value(index) {
            text += &format!("\n+ {}={value:.7e}", info.name);
        }
    }
    text + ")\n"
}
