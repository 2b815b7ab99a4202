//! The page of a device, made from the tables that its author wrote beside the fields.

use std::fmt::Write as _;

use ovonic::device::{Kind, ModelType, Output, ParamInfo, ParamKind, Range, Role, Scope};

use crate::text::{number, table};

/// The whole page: how to write the device, its parameters, what it reports, and a netlist that runs.
pub(crate) fn page(kind: &Kind) -> String {
    let mut page = format!("{}: {}\n\n  {}\n", kind.name, kind.summary, usage(kind));
    if !kind.model_types.is_empty() {
        let _ = write!(page, "\nModel types: {}", names(kind.model_types));
        if !kind.levels.is_empty() {
            let levels: Vec<String> = kind.levels.iter().map(i32::to_string).collect();
            let _ = write!(page, " (level {})", levels.join(", "));
        }
        page.push('\n');
    }
    section(&mut page, "Terminals", &terminals(kind));
    let (model, instance): (Vec<_>, Vec<_>) = kind
        .params
        .iter()
        .partition(|info| info.scope == Scope::Model && !kind.model_types.is_empty());
    section(&mut page, "Parameters of the model", &params(&model));
    section(&mut page, "Parameters of the instance", &params(&instance));
    section(&mut page, "Reports", &outputs(kind.outputs));
    if !kind.example.is_empty() {
        page.push_str("\nExample\n");
        for line in kind.example.trim_end().lines() {
            let _ = writeln!(page, "  {line}");
        }
    }
    page
}

/// The words of `.model` types, comma-separated.
pub(crate) fn names(types: &[ModelType]) -> String {
    let words: Vec<&str> = types.iter().map(|model| model.word).collect();
    words.join(", ")
}

/// The instance line in general.
fn usage(kind: &Kind) -> String {
    let mut usage = format!("{}name", kind.letter.unwrap_or('n').to_ascii_uppercase());
    for terminal in kind.terminals() {
        let _ = match terminal.role {
            Role::OptionalTerminal => write!(usage, " [{}]", terminal.name),
            _ => write!(usage, " {}", terminal.name),
        };
    }
    if let Some(value) = kind.value {
        let _ = write!(usage, " <{value}>");
    }
    if !kind.model_types.is_empty() {
        usage.push_str(if kind.value.is_some() { " [model]" } else { " <model>" });
    }
    usage.push_str(" [parameter=value …]");
    usage
}

fn section(page: &mut String, title: &str, rows: &str) {
    if !rows.is_empty() {
        let _ = write!(page, "\n{title}\n{rows}");
    }
}

fn terminals(kind: &Kind) -> String {
    let rows: Vec<[String; 3]> = kind
        .terminals()
        .map(|terminal| {
            let optional = match terminal.role {
                Role::OptionalTerminal => "optional",
                _ => "",
            };
            [terminal.name.to_owned(), terminal.nature.unit().to_owned(), optional.to_owned()]
        })
        .collect();
    table(&rows, "  ")
}

fn params(infos: &[&ParamInfo]) -> String {
    if infos.is_empty() {
        return String::new();
    }
    let mut rows = vec![["name", "unit", "default", "range", "meaning"].map(str::to_owned)];
    rows.extend(infos.iter().map(|info| {
        let mut meaning = info.description.to_owned();
        if !info.aliases.is_empty() {
            let _ = write!(meaning, " (also {})", info.aliases.join(", "));
        }
        if info.area {
            meaning.push_str(" (scales with area)");
        }
        [info.name.to_owned(), info.unit.to_owned(), default(info), range(info), meaning]
    }));
    table(&rows, "  ")
}

fn default(info: &ParamInfo) -> String {
    match (info.default, info.kind) {
        _ if info.required => "required".to_owned(),
        (None, _) => "-".to_owned(),
        (Some(value), ParamKind::Flag) => if value == 0.0 { "off" } else { "on" }.to_owned(),
        (Some(value), _) => number(value),
    }
}

fn range(info: &ParamInfo) -> String {
    let Range { low, high, includes_low, includes_high } = info.range;
    match info.kind {
        ParamKind::Flag => "flag".to_owned(),
        _ if low == f64::NEG_INFINITY && high == f64::INFINITY => match info.kind {
            ParamKind::Integer => "integer".to_owned(),
            _ => "any".to_owned(),
        },
        kind => {
            let open = if includes_low { '[' } else { '(' };
            let close = if includes_high { ']' } else { ')' };
            let integer = if kind == ParamKind::Integer { "integer " } else { "" };
            format!("{integer}{open}{}, {}{close}", number(low), number(high))
        }
    }
}

fn outputs(outputs: &[Output]) -> String {
    let rows: Vec<[String; 3]> = outputs
        .iter()
        .map(|output| {
            [
                format!("@name[{}]", output.name),
                output.unit.to_owned(),
                output.description.to_owned(),
            ]
        })
        .collect();
    table(&rows, "  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic::DEVICES;

    #[test]
    fn every_page_names_all_parameters_and_shows_the_example() {
        for kind in DEVICES {
            let page = page(kind);
            for info in kind.params {
                let row = format!("\n  {} ", info.name);
                assert!(page.contains(&row), "{}: {}", kind.name, info.name);
            }
            for line in kind.example.lines() {
                assert!(page.contains(line), "{}: {line}", kind.name);
            }
        }
    }
}
