//! Names of what is fitted: `rs`, `r1`, `d1.is`, `x1.d1.is`, `dmod.is`, `temp`.
//!
//! ```text
//! a       a top-level .param, the value of an element, or the circuit's temperature (temp, °C)
//! a.b     the parameter b of the element a, or of all elements of the model a
//! ```

use super::CalibrationError;
use crate::design::Design;
use crate::elaborate::SweepTarget;
use ovonic_circuit::InstanceId;
use ovonic_device::{ParamInfo, find_param};
use ovonic_netlist::ast::{Element, ElementBody, Word};
use ovonic_netlist::{Spanned, suggest};

/// What one name stands for.
pub(crate) fn resolve(
    design: &mut Design,
    name: &str,
) -> Result<Vec<SweepTarget>, CalibrationError> {
    let name = name.to_lowercase();
    let parameters = design.core.elaborator.scopes.top_parameters();
    if parameters.contains(&name.as_str()) {
        return Ok(vec![SweepTarget::Parameter(name)]);
    }
    if let Some(id) = design.circuit.find_instance(&name) {
        let kind = design.circuit.spec(id).kind;
        let value = kind.value.and_then(|value| find_param(kind.params, value));
        return match value {
            Some(index) => Ok(vec![SweepTarget::Device(id, index)]),
            None => Err(CalibrationError::UnknownTarget {
                candidate: kind.params.first().map(|info| format!("{name}.{}", info.name)),
                name,
            }),
        };
    }
    if let Some((owner, parameter)) = name.rsplit_once('.') {
        let instances = match design.circuit.find_instance(owner) {
            Some(id) => vec![id],
            None => of_model(design, owner),
        };
        if let Some(&first) = instances.first() {
            let table = design.circuit.spec(first).kind.params;
            let index =
                find_param(table, parameter).ok_or_else(|| CalibrationError::UnknownParameter {
                    owner: owner.to_owned(),
                    name: parameter.to_owned(),
                    candidate: similar(table, parameter),
                })?;
            let device = |id| SweepTarget::Device(id, index);
            return Ok(instances.into_iter().map(device).collect());
        }
    }
    if name == "temp" {
        return Ok(vec![SweepTarget::Temperature]);
    }
    let owner = name.rsplit_once('.').map_or(name.as_str(), |(owner, _)| owner);
    let mut known: Vec<&str> = parameters;
    known.extend(design.circuit.instances().map(|(_, spec)| spec.name.as_str()));
    known.extend(
        design
            .core
            .elaborator
            .scopes
            .table(crate::elaborate::ScopeId::TOP)
            .models
            .keys()
            .map(String::as_str),
    );
    known.sort_unstable();
    let candidate = suggest(owner, known.iter().copied()).map(|found| {
        let parameter = name.rsplit_once('.').map(|(_, parameter)| format!(".{parameter}"));
        format!("{found}{}", parameter.unwrap_or_default())
    });
    Err(CalibrationError::UnknownTarget { name, candidate })
}

fn similar(table: &[ParamInfo], name: &str) -> Option<String> {
    suggest(name, table.iter().map(|info| info.name)).map(str::to_owned)
}

/// The instances whose line names a model.
fn of_model(design: &Design, model: &str) -> Vec<InstanceId> {
    let records = design.core.elaborator.records.iter();
    let named = records
        .filter(|record| record.element().is_some_and(|element| names_model(&element, model)));
    named.map(|record| record.id).collect()
}

fn names_model(element: &Element, model: &str) -> bool {
    let among = |words: &[Spanned<Word>]| words.iter().any(|word| word.node.text() == Some(model));
    match &element.body {
        ElementBody::Resistor(body)
        | ElementBody::Capacitor(body)
        | ElementBody::Inductor(body) => among(&body.words),
        ElementBody::VoltageSwitch(body) => body.model.node == model,
        ElementBody::CurrentSwitch(body) => body.model.node == model,
        // The words before the last name nodes; a node that is called like the model is no model.
        ElementBody::Instance(body) => among(body.words.get(1..).unwrap_or_default()),
        ElementBody::Kinded(body) => among(body.words.get(1..).unwrap_or_default()),
        _ => false,
    }
}
