//! Tables say what is true, each parameter counts, latches come to rest.

use super::{ATTEMPTS, DEVICES, Subject, Violation, setting, unknowns};
use crate::draw;
use crate::specimen::Specimen;
use ovonic_device::{AnyParams, Environment, Limiting, Time, find_param};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The kind's tables agree with themselves and with its parameters.
///
/// # Errors
/// With the entry that is wrong.
pub fn tables(subject: &Subject, _rng: &mut StdRng) -> Result<(), Violation> {
    let kind = subject.kind;
    let check = |holds: bool, what: &str| {
        if holds { Ok(()) } else { Err(subject.violation("tables", what.to_owned())) }
    };
    check(!kind.summary.is_empty(), "the summary is empty")?;
    for mark in ["*! run ", "*! expect ", "\n.end\n"] {
        check(kind.example.contains(mark), &format!("the example lacks {mark:?}"))?;
    }
    let defaults = (kind.new_params)();
    let mut names: Vec<&str> = Vec::new();
    for (index, info) in kind.params.iter().enumerate() {
        let name = info.name;
        names.push(name);
        names.extend(info.aliases);
        check(!info.description.is_empty(), &format!("{name} has no description"))?;
        check(defaults.value(index) == info.default, &format!("the default of {name} is another"))?;
        if let Some(default) = info.default {
            check(info.range.contains(default), &format!("{name} = {default} is out of range"))?;
        }
    }
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    check(unique.len() == names.len(), "two parameters share a name")?;
    let is_lower = |name: &&str| name.chars().all(|c| !c.is_uppercase());
    check(names.iter().all(is_lower), "a parameter's name is not in lower case")?;
    let presets = kind.model_types.iter().flat_map(|word| word.presets);
    let mentioned =
        presets.map(|preset| preset.0).chain(kind.value).chain(kind.initial.iter().copied());
    for name in mentioned {
        check(find_param(kind.params, name).is_some(), &format!("there is no parameter {name}"))?;
    }
    Ok(())
}

/// Every parameter changes something: residuals, derivatives, noise, events, initial values, stimuli or outputs.
///
/// # Errors
/// With the parameter that changes nothing.
pub fn every_parameter_counts(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    for (index, info) in subject.kind.params.iter().enumerate() {
        let counts = (0..ATTEMPTS).any(|_| {
            let mut params = subject.params(rng);
            let env = draw::environment(rng);
            let seen = (0..2).map(|_| {
                let value = draw::value_or_bound(info, rng);
                params.assign(index, value).ok()?;
                fingerprint(subject, &*params, &env)
            });
            let seen: Vec<_> = seen.collect();
            matches!(&seen[..], [Some(a), Some(b)] if a != b)
        });
        if !counts {
            let detail = format!("{} changes nothing", info.name);
            return Err(subject.violation("every parameter counts", detail));
        }
    }
    Ok(())
}

/// Bits of everything that a device shows at a few fixed points; absent where the parameters make no device.
fn fingerprint(subject: &Subject, params: &dyn AnyParams, env: &Environment) -> Option<Vec<u64>> {
    let specimen = Specimen::new(subject.kind, params, env).ok()?;
    let mut rng = StdRng::seed_from_u64(1);
    let mut seen = vec![specimen.n() as f64];
    seen.extend(specimen.setting().latches);
    seen.extend(specimen.initial(&vec![0.0; specimen.n()]));
    seen.extend(specimen.stimulus().iter().flat_map(|s| [s.re, s.im]));
    for volts in [0.1, 1.0, 3.0, 30.0] {
        for _ in 0..3 {
            let x = unknowns(&specimen, volts, &mut rng);
            let setting = setting(&specimen, &x, &mut rng);
            let out = specimen.load(&x, &setting);
            seen.extend([out.f, out.q, out.df_dx, out.dq_dx].into_iter().flatten());
            let (start, _) = specimen.load_limited(&x, &setting, Limiting::First, &mut Vec::new());
            seen.extend(start.f);
            let noise = specimen.noise(&x, &setting);
            seen.extend(noise.iter().flat_map(|s| [s.0.density(10.0), s.0.density(1e4)]));
            seen.extend(specimen.delayed(&x, &setting).iter().map(|entry| entry.delay));
            seen.extend(specimen.crossings(&x, &setting));
            seen.extend(specimen.outputs(subject.kind, &x, &setting));
        }
    }
    let mut time = Time::new(0.0);
    for _ in 0..4 {
        if let Some(next) = specimen.next_event(time) {
            seen.push(next.seconds());
            time = next;
        }
    }
    Some(seen.into_iter().map(f64::to_bits).collect())
}

/// A latch that has flipped does not want to flip back at the same point.
///
/// # Errors
/// With the latch that does.
pub fn latches_settle(subject: &Subject, rng: &mut StdRng) -> Result<(), Violation> {
    for _ in 0..DEVICES {
        let drawn = subject.device("latches settle", rng)?;
        let specimen = &drawn.specimen;
        let x = unknowns(specimen, 3.0, rng);
        let mut setting = setting(specimen, &x, rng);
        for latch in 0..specimen.crossings(&x, &setting).len() {
            if specimen.crossings(&x, &setting)[latch] > 0.0 {
                specimen.flip(latch, &x, &mut setting);
            }
            let crossing = specimen.crossings(&x, &setting)[latch];
            if crossing > 0.0 {
                let at = drawn.describe(subject.kind);
                let detail = format!("latch {latch} flips for ever at x = {x:?}, {at}");
                return Err(subject.violation("latches settle", detail));
            }
        }
    }
    Ok(())
}
