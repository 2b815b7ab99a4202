//! Remarks on analyses that ended without an error, but not as their user may think.
//!
//! A dc sweep over a device that snaps back leaves out a part of the curve; who is not told takes the jump for the
//! device's characteristic.

use ovonic::{AnalysisReport, DcJump, SpecialKind, TraceEnd, TraceSummary};

use crate::text::number;

/// Jumps of one sweep that are told one by one.
const TOLD: usize = 4;

/// What there is to say of an analysis, a line each; nothing for most.
pub(crate) fn of(report: &AnalysisReport) -> String {
    let mut lines = jumps(&report.jumps);
    if let Some(trace) = &report.trace {
        lines.extend(traced(trace));
    }
    lines.into_iter().map(|line| format!("note: {line}\n")).collect()
}

fn jumps(jumps: &[DcJump]) -> Vec<String> {
    let mut lines: Vec<String> = jumps.iter().take(TOLD).map(jump).collect();
    if jumps.len() > TOLD {
        lines.push(format!("dc: {} more jumps", jumps.len() - TOLD));
    }
    if !jumps.is_empty() {
        lines.push(
            "dc: the branch turns back there; .trace with the same source and range follows it through the fold"
                .to_owned(),
        );
    }
    lines
}

fn jump(jump: &DcJump) -> String {
    let values: Vec<String> = jump.values.iter().map(|value| number(*value)).collect();
    format!(
        "dc: the solution jumped at {} (known to {:.1e}): {} from {:.6e} to {:.6e}",
        values.join(", "),
        jump.width,
        jump.unknown,
        jump.before,
        jump.after
    )
}

fn traced(trace: &TraceSummary) -> Vec<String> {
    let report = &trace.report;
    let name = &trace.variable;
    let mut lines = Vec::new();
    match report.end {
        TraceEnd::Stop | TraceEnd::Cancelled => {}
        TraceEnd::Start => {
            lines.push(format!("trace: the curve came back to the first value of {name}"));
        }
        TraceEnd::Points => lines.push(format!(
            "trace: the curve was still on its way after {} points; maxpoints= allows more",
            report.points
        )),
    }
    if !report.has_modes
        && report.special.iter().any(|s| matches!(s.kind, SpecialKind::Fold { .. }))
    {
        lines.push(
            "trace: nothing in the circuit stores charge, flux or heat, so that no branch counts as unstable"
                .to_owned(),
        );
    }
    lines
}
