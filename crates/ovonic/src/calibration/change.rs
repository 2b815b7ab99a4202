//! What a fitted parameter changes: the instances on either side of its value.

use crate::design::Design;
use crate::elaborate::SweepTarget;
use ovonic_analysis::{ChangedInstance, ParameterChange};
use ovonic_circuit::InstanceId;
use ovonic_device::{AnyParams, Environment};
use ovonic_netlist::Diagnostic;
use std::sync::Arc;

/// Relative step of a central difference: the cube root of the rounding error, where truncation and rounding meet.
const STEP: f64 = 6e-6;

/// What an instance is prepared from.
type Prepared = (Arc<dyn AnyParams>, Environment);

/// What changes when `targets` move about `value`, each by its factor. `size` is the parameter's magnitude where its
/// value is zero.
pub(crate) fn change(
    design: &mut Design,
    targets: &[(SweepTarget, f64)],
    value: f64,
    size: f64,
) -> Result<ParameterChange, Vec<Diagnostic>> {
    let step = STEP * if value == 0.0 { size } else { value.abs() };
    // At the end of a parameter's range the difference is one-sided.
    let (below, minus) = match sides(design, targets, value - step) {
        Ok(minus) => (value - step, minus),
        Err(_) => (value, sides(design, targets, value)?),
    };
    let (above, plus) = match sides(design, targets, value + step) {
        Ok(plus) => (value + step, plus),
        Err(_) => (value, sides(design, targets, value)?),
    };
    let base = |id: InstanceId| {
        let spec = design.circuit.spec(id);
        (spec.params.clone(), spec.environment)
    };
    let find = |list: &[(InstanceId, Prepared)], id: InstanceId| {
        let found = list.iter().find(|(known, _)| *known == id);
        found.map_or_else(|| base(id), |(_, prepared)| prepared.clone())
    };
    let mut ids: Vec<InstanceId> = minus.iter().chain(&plus).map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let instances = ids.into_iter().map(|id| ChangedInstance {
        id,
        minus: find(&minus, id),
        plus: find(&plus, id),
    });
    Ok(ParameterChange { span: above - below, instances: instances.collect() })
}

/// The instances that differ from the present ones when the targets have another value; the design stands afterwards.
fn sides(
    design: &mut Design,
    targets: &[(SweepTarget, f64)],
    value: f64,
) -> Result<Vec<(InstanceId, Prepared)>, Vec<Diagnostic>> {
    let mut changed: Vec<(InstanceId, Box<dyn AnyParams>, Environment)> = Vec::new();
    for (target, factor) in targets {
        let value = factor * value;
        match target {
            SweepTarget::Device(id, index) => {
                let spec = design.circuit.spec(*id);
                let place = changed.iter().position(|(known, ..)| known == id);
                let place = place.unwrap_or_else(|| {
                    changed.push((*id, spec.params.boxed(), spec.environment));
                    changed.len() - 1
                });
                // A value beyond the range is one that the caller steps back from.
                changed[place].1.assign(*index, value).map_err(|_| Vec::new())?;
            }
            SweepTarget::Parameter(_) | SweepTarget::Temperature | SweepTarget::Seed => {
                elsewhere(design, target, value, &mut changed)?;
            }
        }
    }
    Ok(changed.into_iter().map(|(id, params, env)| (id, (params.into(), env))).collect())
}

/// Gives the design another value of a top-level parameter or the temperature, notes what differs, and gives it the
/// former value again.
fn elsewhere(
    design: &mut Design,
    target: &SweepTarget,
    value: f64,
    changed: &mut Vec<(InstanceId, Box<dyn AnyParams>, Environment)>,
) -> Result<(), Vec<Diagnostic>> {
    let before: Vec<Prepared> = design
        .circuit
        .instances()
        .map(|(_, spec)| (spec.params.clone(), spec.environment))
        .collect();
    let former = match target {
        SweepTarget::Parameter(name) => design.core.parameter(name).unwrap_or(value),
        _ => design.core.temperature_celsius(),
    };
    let outcome = design.set_target(target, value);
    if outcome.is_ok() {
        for ((id, spec), (params, environment)) in design.circuit.instances().zip(&before) {
            let same = Arc::ptr_eq(&spec.params, params) && spec.environment == *environment;
            if !same {
                changed.retain(|(known, ..)| *known != id);
                changed.push((id, spec.params.boxed(), spec.environment));
            }
        }
    }
    let restored = design.set_target(target, former);
    outcome.and(restored)
}
