//! The work that a run took, as a table and as JSON.
//!
//! Both show the same numbers: the table to people, the object to programs that watch over performance.

use ovonic::{
    Attempt, DcJump, Measurement, Simulation, SpecialKind, SpecialNamed, TraceEnd, TraceSummary,
};
use serde_json::{Map, Value, json};

use crate::exit::Status;
use crate::host;
use crate::simulate::{Finished, Ran};
use crate::text::{engineering, grouped, number, table};

/// A run and what it was run on.
pub(crate) struct Statistics<'a> {
    pub(crate) simulation: &'a Simulation,
    pub(crate) finished: &'a Finished,
    /// Time to read and understand the netlist.
    pub(crate) load_seconds: f64,
    pub(crate) status: Status,
}

impl Statistics<'_> {
    /// The table that ends a run.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        if !self.finished.analyses.is_empty() {
            let titles = ["analysis", "points", "rejected", "Newton", "loads", "factored", "time"];
            let mut rows = vec![titles.map(str::to_owned)];
            rows.extend(self.finished.analyses.iter().map(row));
            text += &table(&rows, "");
        }
        let circuit = self.simulation.circuit();
        let nnz = circuit.pattern().nnz();
        let mut line = format!("{} unknowns, {} nonzeros", grouped(circuit.n()), grouped(nnz));
        if let Some(factors) = self.factor_nnz() {
            line += &format!(", {} in the factors", grouped(factors));
            if nnz > 0 {
                line += &format!(" (fill {:.2})", factors as f64 / nnz as f64);
            }
        }
        if let Some(crossbar) = self.crossbar() {
            line += &format!("\n{crossbar}");
        }
        line += &format!("\nread {}s", engineering(self.load_seconds));
        line += &format!(", simulated {}s", engineering(self.finished.elapsed.as_secs_f64()));
        if let Some(bytes) = host::peak_memory() {
            line += &format!(", peak memory {:.1} MB", bytes as f64 / 1e6);
        }
        text + &line + "\n"
    }

    /// The same as one JSON object in one line.
    pub(crate) fn json(&self) -> String {
        let circuit = self.simulation.circuit();
        let analyses: Vec<Value> = self.finished.analyses.iter().map(object).collect();
        let measures: Vec<Value> = self.finished.measurements.iter().map(measure).collect();
        let errors: Vec<String> = self.finished.errors.iter().map(ToString::to_string).collect();
        let object = json!({
            "program": concat!("ovonic ", env!("CARGO_PKG_VERSION")),
            "title": self.simulation.title(),
            "exit_code": self.status.code(),
            "interrupted": self.finished.is_interrupted(),
            "errors": errors,
            "analyses": analyses,
            "measures": measures,
            "unknowns": circuit.n(),
            "nnz": circuit.pattern().nnz(),
            "factor_nnz": self.factor_nnz(),
            "read_seconds": self.load_seconds,
            "simulation_seconds": self.finished.elapsed.as_secs_f64(),
            "peak_memory_bytes": host::peak_memory(),
        });
        format!("{object}\n")
    }

    /// How the crossbar in the circuit was solved, if one was found.
    fn crossbar(&self) -> Option<String> {
        let work = self.finished.analyses.iter().filter_map(|ran| ran.report.linear);
        let work: Vec<_> = work.filter(|linear| linear.crossbar.is_some()).collect();
        let (rows, cols) = work.first()?.crossbar?;
        let iterations: usize = work.iter().map(|linear| linear.iterations).sum();
        let fallbacks: usize = work.iter().map(|linear| linear.fallbacks).sum();
        let mut line = format!("crossbar of {rows} x {cols}: {} iterations", grouped(iterations));
        if fallbacks > 0 {
            line += &format!(", {} systems factored instead", grouped(fallbacks));
        }
        Some(line)
    }

    /// Entries of the factors of the last analysis that counted them.
    fn factor_nnz(&self) -> Option<usize> {
        let transients = self.finished.analyses.iter().rev();
        let mut counted = transients.filter_map(|ran| ran.report.transient);
        counted.next().map(|transient| transient.linear.factor_nnz).filter(|&count| count > 0)
    }
}

/// Newton iterations of an analysis: those of its operating point, and those of its steps.
fn newton_iterations(ran: &Ran) -> usize {
    let op: usize = ran.report.attempts.iter().map(|attempt| attempt.iterations).sum();
    let steps = ran.report.transient.map_or(0, |t| t.newton.iterations);
    let traced = ran.report.trace.as_ref().map_or(0, |trace| trace.report.iterations);
    op.max(steps).max(traced)
}

fn row(ran: &Ran) -> [String; 7] {
    let count = |value: Option<usize>| value.map_or_else(|| "-".to_owned(), grouped);
    let transient = ran.report.transient;
    let trace = ran.report.trace.as_ref().map(|trace| &trace.report);
    [
        ran.report.analysis.to_owned(),
        grouped(ran.report.points),
        count(transient.map(|t| t.rejected + t.failed).or(trace.map(|t| t.rejected))),
        grouped(newton_iterations(ran)),
        count(transient.map(|t| t.loads).or(trace.map(|t| t.loads))),
        count(transient.map(|t| t.linear.factorizations + t.linear.refactorizations)),
        format!("{}s", engineering(ran.seconds)),
    ]
}

fn object(ran: &Ran) -> Value {
    let attempts: Vec<Value> = ran.report.attempts.iter().map(attempt).collect();
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("analysis", json!(ran.report.analysis));
    put("points", json!(ran.report.points));
    put("cancelled", json!(ran.report.cancelled));
    put("seconds", json!(ran.seconds));
    put("newton_iterations", json!(newton_iterations(ran)));
    put("operating_point", json!(attempts));
    if let Some(t) = ran.report.transient {
        put("accepted", json!(t.accepted));
        put("rejected", json!(t.rejected));
        put("not_converged", json!(t.failed));
        put("located_crossings", json!(t.located));
        put("flips", json!(t.flips));
        put("damped", json!(t.damped));
        put("loads", json!(t.loads));
        put("factorizations", json!(t.linear.factorizations));
        put("refactorizations", json!(t.linear.refactorizations));
        put("skipped_factorizations", json!(t.newton.reused));
    }
    if let Some(linear) = ran.report.linear
        && let Some((rows, cols)) = linear.crossbar
    {
        put("crossbar", json!([rows, cols]));
        put("linear_iterations", json!(linear.iterations));
        put("linear_fallbacks", json!(linear.fallbacks));
    }
    if !ran.report.jumps.is_empty() {
        put("jumps", ran.report.jumps.iter().map(jump).collect());
    }
    if let Some(TraceSummary { report, special, .. }) = &ran.report.trace {
        let end = match report.end {
            TraceEnd::Stop => "stop",
            TraceEnd::Start => "start",
            TraceEnd::Points => "points",
            TraceEnd::Cancelled => "cancelled",
        };
        put("end", json!(end));
        put("arclength", json!(report.arclength));
        put("rejected", json!(report.rejected));
        put("loads", json!(report.loads));
        put("special_points", special.iter().map(special_point).collect());
    }
    Value::Object(object)
}

fn jump(jump: &DcJump) -> Value {
    json!({
        "values": jump.values,
        "width": jump.width,
        "unknown": jump.unknown,
        "before": jump.before,
        "after": jump.after,
    })
}

fn special_point(special: &SpecialNamed) -> Value {
    let SpecialNamed { name, point } = special;
    let kind = match point.kind {
        SpecialKind::Fold { .. } => "fold",
        SpecialKind::Turn { .. } => "turn",
        SpecialKind::Hopf { .. } => "hopf",
        SpecialKind::Branch => "branch",
        SpecialKind::Flip { .. } => "flip",
    };
    let frequency = match point.kind {
        SpecialKind::Hopf { frequency } => Some(frequency),
        _ => None,
    };
    json!({
        "name": name,
        "kind": kind,
        "arclength": point.arclength,
        "value": point.value,
        "voltage": point.delivered.map(|(voltage, _)| voltage),
        "current": point.delivered.map(|(_, current)| current),
        "frequency": frequency,
    })
}

fn measure(measurement: &Measurement) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("name", json!(measurement.name));
    match &measurement.result {
        Ok(measured) => {
            put("value", json!(measured.value));
            put("at", json!(measured.at));
            put("between", json!(measured.between));
        }
        Err(error) => {
            put("error", json!(error.to_string()));
        }
    }
    Value::Object(object)
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "method": attempt.method.name(),
        "reached": number(attempt.reached),
        "iterations": attempt.iterations,
        "converged": attempt.failure.is_none(),
    })
}
