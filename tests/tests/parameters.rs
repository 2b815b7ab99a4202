//! Law: a parameter outside its range is an error where it stands, with its range and unit, for every kind of model.

use ovonic::device::{Kind, ParamInfo, ParamKind, Range, Scope};
use ovonic_tests::simulate;
use std::path::Path;

/// Values just outside of a range, and its bounds where they are excluded.
fn outside(range: &Range) -> Vec<f64> {
    let mut values = Vec::new();
    if range.low.is_finite() {
        values.push(if range.includes_low { range.low - 1.0 } else { range.low });
    }
    if range.high.is_finite() {
        values.push(if range.includes_high { 2.0 * range.high + 1.0 } else { range.high });
    }
    values
}

/// Complaints about what is said of a model with one bad parameter.
fn complaint(kind: &Kind, info: &ParamInfo, value: f64) -> Option<String> {
    let level = kind.levels.first().map_or(String::new(), |level| format!("level={level} "));
    let word = kind.model_types[0].word;
    let card = format!(".model bad {word}({level}{}={value:e})", info.name);
    let column = card.rfind('=').map_or(0, |at| at + 2);
    let deck = format!("bad parameter\nV1 a 0 1\nR1 a 0 1\n{card}\n.op\n.end\n");
    let said = match simulate(Path::new("deck"), &deck) {
        Ok(_) => return Some(format!("{card}: it runs")),
        Err(said) => said,
    };
    let blank = if info.unit.is_empty() { "" } else { " " };
    let allowed = format!("allowed is {}{blank}{}", info.range, info.unit);
    let wanted = [format!("\"{}\"", info.name), format!("deck:4:{column}"), allowed];
    let missing: Vec<&String> = wanted.iter().filter(|part| !said.contains(*part)).collect();
    (!missing.is_empty()).then(|| format!("{card}: {missing:?} not in\n{said}"))
}

#[test]
fn parameters_outside_their_ranges_are_said_where_they_stand() {
    let (mut count, mut complaints) = (0, Vec::new());
    for kind in ovonic::DEVICES.iter().filter(|kind| !kind.model_types.is_empty()) {
        let on_cards = kind
            .params
            .iter()
            .filter(|info| info.scope == Scope::Model && info.kind != ParamKind::Flag);
        for info in on_cards {
            for value in outside(&info.range) {
                count += 1;
                complaints.extend(complaint(kind, info, value));
            }
        }
    }
    assert!(count > 300, "{count}");
    assert!(complaints.is_empty(), "{} of {count}\n{}", complaints.len(), complaints.join("\n"));
}
