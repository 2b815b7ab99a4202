//! The plan of a fit, from a file or from the command line.

use std::path::{Path, PathBuf};

use ovonic::{FitPlan, PlanData, PlanObjective, PlanParameter, PlanTarget};

use super::{FitArgs, number};
use crate::exit::Failure;

/// The plan, and the folder that its paths start from.
pub(super) fn read(arguments: &FitArgs) -> Result<(FitPlan, PathBuf), Failure> {
    let path = &arguments.plan;
    if path.extension().is_none_or(|ending| ending != "toml") {
        return Ok((build(arguments)?, PathBuf::new()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| Failure::read(path, error))?;
    let mut plan: FitPlan = toml::from_str(&text)
        .map_err(|error| Failure::Fit(format!("\"{}\": {error}", path.display())))?;
    // What the command line says wins.
    plan.starts = arguments.starts.or(plan.starts);
    plan.generations = arguments.generations.or(plan.generations);
    plan.seed = arguments.seed.or(plan.seed);
    plan.profile |= arguments.profile;
    plan.target.error = arguments.max_error.or(plan.target.error);
    plan.target.decades = arguments.max_decades.or(plan.target.decades);
    Ok((plan, path.parent().map(Path::to_owned).unwrap_or_default()))
}

fn build(arguments: &FitArgs) -> Result<FitPlan, Failure> {
    let mut parameters = Vec::new();
    for text in &arguments.parameters {
        parameters.push(parameter(text)?);
    }
    for text in &arguments.ties {
        let wrong = || Failure::Fit(format!("\"{text}\", expected a tie such as d2.is=d1.is"));
        let (name, source) = text.split_once('=').ok_or_else(wrong)?;
        let (factor, source) = source.split_once('*').unwrap_or(("1", source));
        let known = parameters.iter_mut().find(|p| p.name.eq_ignore_ascii_case(source.trim()));
        let known = known.ok_or_else(|| {
            Failure::Fit(format!("\"{text}\" ties to \"{source}\", which is not fitted"))
        })?;
        known.also.push(format!("{factor}*{}", name.trim()));
    }
    let map = arguments.map.join(" ");
    let data = |file: &PathBuf, hold_out: bool| PlanData {
        file: file.clone(),
        map: map.clone(),
        drive: arguments.drive.clone(),
        observe: arguments.observe.clone(),
        rate: arguments.rate,
        dwell: arguments.dwell,
        compliance: arguments.compliance,
        noise_floor: arguments.noise_floor,
        branches: arguments.branch.clone(),
        skip_missing: arguments.skip_missing,
        max_points: arguments.max_points,
        hold_out,
        ..PlanData::default()
    };
    let fitted = arguments.data.iter().map(|file| data(file, false));
    let held = arguments.hold_out.iter().map(|file| data(file, true));
    Ok(FitPlan {
        deck: arguments.plan.clone(),
        parameter: parameters,
        data: fitted.chain(held).collect(),
        objective: objectives(arguments),
        target: PlanTarget { error: arguments.max_error, decades: arguments.max_decades },
        starts: arguments.starts,
        generations: arguments.generations,
        seed: arguments.seed,
        profile: arguments.profile,
        ..FitPlan::default()
    })
}

fn objectives(arguments: &FitArgs) -> Vec<PlanObjective> {
    let term = |measure: &str, floor: f64, tolerance: Option<f64>| PlanObjective {
        measure: measure.to_owned(),
        floor,
        tolerance,
        ..PlanObjective::default()
    };
    let floor = arguments.log_current.unwrap_or(0.0);
    let mut terms = Vec::new();
    if let Some(tolerance) = arguments.curve {
        terms.push(term("curve", floor, Some(tolerance)));
    } else if arguments.log_current.is_some() {
        terms.push(term("log", floor, None));
    }
    if let Some(floor) = arguments.relative {
        terms.push(term("relative", floor, None));
    }
    terms
}

/// `name=low..high`, then `log`, `lin` and `start=value` behind commas or blanks.
fn parameter(text: &str) -> Result<PlanParameter, Failure> {
    let wrong =
        || Failure::Fit(format!("\"{text}\", expected a parameter such as d1.is=1e-16..1e-12,log"));
    let value = |text: &str| number(text).map_err(|error| Failure::Fit(format!("{text}: {error}")));
    let (name, rest) = text.split_once('=').ok_or_else(wrong)?;
    let mut words = rest.split([',', ' ']).filter(|word| !word.is_empty());
    let (low, high) = words.next().and_then(|range| range.split_once("..")).ok_or_else(wrong)?;
    let mut parameter = PlanParameter {
        name: name.trim().to_owned(),
        low: value(low)?,
        high: value(high)?,
        ..PlanParameter::default()
    };
    for word in words {
        match word.split_once('=') {
            None if word == "log" => parameter.log = Some(true),
            None if word == "lin" => parameter.log = Some(false),
            None if word == "per-device" => parameter.per_device = true,
            Some(("start", start)) => parameter.start = Some(value(start)?),
            _ => return Err(wrong()),
        }
    }
    Ok(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_bounds_scales_and_starts() {
        let found = parameter("d1.is=1f..1p log start=2e-14").unwrap();
        assert_eq!((found.name.as_str(), found.low, found.high), ("d1.is", 1e-15, 1e-12));
        assert_eq!((found.log, found.start), (Some(true), Some(2e-14)));
        for wrong in ["d1.is", "d1.is=1", "d1.is=1..x", "d1.is=1..2,lag"] {
            assert!(parameter(wrong).is_err(), "{wrong}");
        }
    }
}
