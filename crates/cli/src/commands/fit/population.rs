//! A fit of distributions: its table, its card and its reports.

use std::fmt::Write;
use std::time::Instant;

use ovonic::calibrate::{Law, PopulationReport, Spread};
use ovonic::{FeatureCheck, FitPlan, PreparedFit};

use super::{FitArgs, no_fit, report, watch, write, write_card};
use crate::console::Console;
use crate::exit::{Failure, Status};
use crate::host;

/// Fits, and shows what came of it.
pub(super) fn run(
    arguments: &FitArgs,
    plan: &FitPlan,
    prepared: &PreparedFit,
    console: &mut Console,
) -> Result<Status, Failure> {
    if arguments.resume.is_some() {
        let message = "--resume keeps starts, and a fit of distributions has a start a trace";
        return Err(Failure::Fit(message.to_owned()));
    }
    let began = Instant::now();
    let starts = prepared.problem.data.len() + prepared.options.starts + 1;
    let shown = console.interactive() && !arguments.quiet;
    let watch = watch::Watch::new(shown, starts, None);
    let fitted = prepared.fit_population(&watch);
    let checked = fitted.map(|found| (prepared.check(plan, &found, &watch), found));
    watch.clear();
    let (checks, found) = match checked {
        Ok((checks, found)) => (checks.map_err(|e| Failure::Fit(e.to_string()))?, found),
        Err(error) => return no_fit(error, console),
    };
    if !arguments.quiet {
        console.say(&table(&found, &checks, began.elapsed().as_secs_f64()));
    }
    for warning in found.warnings() {
        console.say(&format!("warning: {warning}\n"));
    }
    if found.is_cancelled {
        console.say("interrupted; this is the best so far\n");
    }
    let is_met = checks.iter().all(|check| check.is_met) && plan.is_met(&found.shared);
    if !is_met {
        console.say("the asked tolerance was not met\n");
    }
    let provenance = provenance(plan, &found, &checks);
    let card = prepared.statistical_card(plan, &found, &provenance);
    let card = card.map_err(|error| Failure::Fit(error.to_string()))?;
    write_card(arguments, &card, console)?;
    for path in &arguments.report {
        let json = path.extension().is_some_and(|ending| ending == "json");
        let bytes = if json {
            let all = serde_json::json!({ "population": found, "checks": checks });
            serde_json::to_vec_pretty(&all).unwrap_or_default()
        } else {
            let rows = format!("<pre>{}</pre>\n", report::escape(&rows(&found, &checks)));
            report::page(&found.shared, &card, &rows)?
        };
        write(path, &bytes)?;
    }
    Ok(if is_met { Status::Success } else { Status::Unmet })
}

fn law(law: Law) -> &'static str {
    match law {
        Law::Normal => "normal",
        Law::Relative => "relative",
        Law::Factor => "factor",
    }
}

fn spread(spread: Option<Spread>) -> String {
    spread.map_or_else(
        || "-".to_owned(),
        |s| format!("{:.4e} ({:.2e} … {:.2e})", s.value, s.interval.0, s.interval.1),
    )
}

/// Distributions, and features as measured and as drawn.
fn rows(found: &PopulationReport, checks: &[FeatureCheck]) -> String {
    let names = found.distributions.iter().map(|d| d.name.len());
    let width = names.max().unwrap_or(0).max(9);
    let mut text = format!(
        "{:width$}  {:8}  {:>12}  {:34}  {:34}  traces\n",
        "varies", "law", "centre", "from cycle to cycle", "between devices"
    );
    for d in &found.distributions {
        let _ = writeln!(
            text,
            "{:width$}  {:8}  {:>12.5e}  {:34}  {:34}  {}",
            d.name,
            law(d.law),
            d.centre,
            spread(d.cycle),
            spread(d.device),
            d.n
        );
    }
    for check in checks {
        let points =
            |[low, middle, high]: [f64; 3]| format!("{middle:.4e} ({low:.3e} … {high:.3e})");
        let _ = writeln!(
            text,
            "{:12}  measured {}  drawn {}  median {:+.1} %  range {:+.1} %  {} of {} and {} of {}",
            check.name,
            points(check.measured),
            points(check.drawn),
            100.0 * check.median_error(),
            100.0 * check.range_error(),
            check.n_measured.0,
            check.n_measured.1,
            check.n_drawn.0,
            check.n_drawn.1,
        );
    }
    text
}

fn table(found: &PopulationReport, checks: &[FeatureCheck], seconds: f64) -> String {
    let head = report::parameters(&found.shared);
    let mut decades: Vec<f64> = found.members.iter().map(|member| member.trace.decades).collect();
    decades.sort_by(f64::total_cmp);
    let at = |part: f64| ovonic::calibrate::quantile(&decades, part);
    format!(
        "{head}{}{} traces, each by itself: {:.4} decades (median), {:.4} (95 %)\n{} runs and {} with derivatives in \
         {seconds:.1} s\n",
        rows(found, checks),
        found.members.len(),
        at(0.5),
        at(0.95),
        found.runs,
        found.runs_with_gradients
    )
}

fn provenance(plan: &FitPlan, found: &PopulationReport, checks: &[FeatureCheck]) -> Vec<String> {
    let files: Vec<String> = plan.data.iter().map(|data| data.file.display().to_string()).collect();
    let mut lines = vec![
        format!("fitted by ovonic {} on {}", env!("CARGO_PKG_VERSION"), host::date()),
        format!("data: {}, {} traces", files.join(", "), found.members.len()),
        "medians, and spreads that devices draw by their seed".to_owned(),
    ];
    lines.extend(checks.iter().map(|check| {
        format!(
            "{}: median {:.4e}, 5 % to 95 % {:.3e} to {:.3e}; drawn {:+.1} % and {:+.1} % of the range",
            check.name,
            check.measured[1],
            check.measured[0],
            check.measured[2],
            100.0 * check.median_error(),
            100.0 * check.range_error()
        )
    }));
    lines.extend(found.warnings().iter().map(|warning| format!("warning: {warning}")));
    lines
}
