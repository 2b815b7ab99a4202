//! Files that follow from the code: the device pages' tables and the list of diagnostics.
//!
//! A generated part stands between `<!-- generated … -->` and `<!-- end generated -->`, so that a page can be
//! written around it.

use crate::{Outcome, root};
use ovonic_device::{Kind, ParamKind, Readable, Role, Scope};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const END: &str = "<!-- end generated -->";

/// Writes generated parts, or with `check` only says which are stale.
pub(crate) fn run(check: bool) -> Outcome {
    let mut stale = Vec::new();
    for kind in ovonic_devices::ALL {
        let page = format!("docs/devices/{}.md", kind.name);
        let start = page_start(kind);
        refresh(
            &page,
            &start,
            "<!-- generated from the model -->",
            &device(kind),
            check,
            &mut stale,
        )?;
    }
    let start = "# Diagnostics\n\nEach diagnostic has a code; `ovonic explain CODE` prints the same text.\n\n";
    refresh(
        "docs/reference/diagnostics.md",
        start,
        "<!-- generated from the registry -->",
        &diagnostics(),
        check,
        &mut stale,
    )?;
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("stale: {}; run `cargo xtask generate`", stale.join(", ")))
}

fn page_start(kind: &Kind) -> String {
    let mut title = kind.summary.to_owned();
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    format!("# {title}\n\n")
}

fn refresh(
    name: &str,
    start: &str,
    marker: &str,
    generated: &str,
    check: bool,
    stale: &mut Vec<String>,
) -> Outcome {
    let path = root().join(name);
    let old = fs::read_to_string(&path).unwrap_or_default();
    let block = format!("{marker}\n\n{generated}\n{END}\n");
    let new = match (old.find(marker), old.find(END)) {
        (Some(first), Some(last)) if first < last => {
            let rest = old[last + END.len()..].trim_start_matches('\n');
            let gap = if rest.is_empty() { "" } else { "\n" };
            format!("{}{block}{gap}{rest}", &old[..first])
        }
        _ if old.is_empty() => format!("{start}{block}"),
        _ => format!("{}\n\n{block}", old.trim_end()),
    };
    if new == old {
        return Ok(());
    }
    if check {
        stale.push(name.to_owned());
        return Ok(());
    }
    write(&path, &new)
}

fn write(path: &Path, text: &str) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

fn device(kind: &Kind) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_device(kind, &mut text);
    text
}

fn write_device(kind: &Kind, text: &mut String) -> std::fmt::Result {
    match kind.letter {
        Some(letter) => writeln!(text, "Element letter: `{}`.", letter.to_ascii_uppercase())?,
        None => writeln!(text, "Instance: `N<name> nodes… model`.")?,
    }
    if !kind.model_types.is_empty() {
        let words: Vec<_> = kind.model_types.iter().map(|t| format!("`{}`", t.word)).collect();
        writeln!(text, "Model types: {}.", words.join(", "))?;
    }
    let list = |name: &str, roles: &[Role], text: &mut String| -> std::fmt::Result {
        let of_role = kind.unknowns.iter().filter(|unknown| {
            roles.contains(&unknown.role)
                || (roles.is_empty() && matches!(unknown.role, Role::State(_)))
        });
        let names: Vec<_> = of_role.map(|unknown| format!("`{}`", unknown.name)).collect();
        if !names.is_empty() {
            writeln!(text, "{name}: {}.", names.join(", "))?;
        }
        Ok(())
    };
    list("Terminals", &[Role::Terminal], text)?;
    list("Optional terminals", &[Role::OptionalTerminal], text)?;
    list("States", &[], text)?;
    if !kind.params.is_empty() {
        writeln!(text, "\n## Parameters\n")?;
        writeln!(text, "| name | unit | default | range | where | meaning |")?;
        writeln!(text, "|---|---|---|---|---|---|")?;
        for info in kind.params {
            let names: Vec<_> = std::iter::once(&info.name)
                .chain(info.aliases)
                .map(|name| format!("`{name}`"))
                .collect();
            let default = match (info.default, info.kind) {
                (Some(value), ParamKind::Flag) => if value != 0.0 { "on" } else { "off" }.into(),
                (Some(value), _) => Readable(value).to_string(),
                (None, _) if info.required => "required".into(),
                (None, _) => "–".into(),
            };
            let place = match info.scope {
                Scope::Model if kind.model_types.is_empty() => "instance",
                Scope::Model => "model",
                Scope::Instance => "instance",
            };
            let area = if info.area { " × area" } else { "" };
            let range = match info.kind {
                ParamKind::Flag => "flag".into(),
                _ => info.range.to_string().replace('|', "\\|"),
            };
            writeln!(
                text,
                "| {} | {}{area} | {default} | {range} | {place} | {} |",
                names.join(", "),
                info.unit,
                info.description.replace('|', "\\|"),
            )?;
        }
    }
    if !kind.outputs.is_empty() {
        writeln!(text, "\n## Outputs\n")?;
        writeln!(text, "| name | unit | meaning |\n|---|---|---|")?;
        for output in kind.outputs {
            writeln!(text, "| `{}` | {} | {} |", output.name, output.unit, output.description)?;
        }
    }
    if !kind.example.is_empty() {
        writeln!(text, "\n## Example\n\n```spice\n{}\n```", kind.example.trim())?;
    }
    Ok(())
}

fn diagnostics() -> String {
    let mut text = String::from("| code | title | meaning |\n|---|---|---|\n");
    for entry in ovonic_netlist::codes::ALL {
        let explanation = entry.explanation.replace('|', "\\|");
        let _ = writeln!(text, "| {} | {} | {explanation} |", entry.code, entry.title);
    }
    text
}
