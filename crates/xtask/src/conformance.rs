//! Agreement with a second simulator: every example and test circuit that both can run.
//!
//! Each deck is copied with tightened tolerances (`reltol = 1e-6`) and without output selections, run by ngspice
//! and by `ovonic ngspice`, and every vector that both give is compared on ngspice's own scale. The difference is
//! a part of the vector's full scale. A deck may say what it needs of this:
//!
//! ```spice
//! *! conformance skip: uses a device of ours
//! *! conformance period v(out)
//! *! conformance limit 5e-3: ngspice does not place breakpoints at delayed corners
//! ```
//!
//! An oscillator's phase drifts by any difference, so `period` compares the mean period and the amplitude instead.

use crate::{Outcome, root};
use ovonic_waveforms::{Plot, RawFile, Samples, Vector, Waveform, read_raw};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Largest difference, as a part of full scale.
const LIMIT: f64 = 1e-3;

/// What is written into each copy of a deck before its end.
const TIGHTENED: &str = ".options reltol=1e-6 abstol=1e-14 vntol=1e-8 trtol=1 chgtol=1e-16";

/// What a deck asks of the comparison.
#[derive(Default)]
struct Wishes {
    skip: Option<String>,
    period: Option<String>,
    limit: Option<f64>,
}

enum Verdict {
    Agrees { worst: f64, vector: String, vectors: usize },
    Skipped(String),
    Failed(String),
}

/// Compares all decks; with `check`, disagreement is a failure.
pub(crate) fn run(check: bool) -> Outcome {
    let program = build()?;
    let folder = root().join("target/conformance");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let decks = decks();
    let mut table =
        String::from("| deck | vectors | worst difference | of vector |\n|---|---|---|---|\n");
    let mut failures = Vec::new();
    let (mut agree, mut skipped) = (0, 0);
    for deck in &decks {
        let name = deck.strip_prefix(root()).unwrap_or(deck).display().to_string();
        let row = match compare(deck, &program, &folder) {
            Verdict::Agrees { worst, vector, vectors } => {
                agree += 1;
                format!("| {name} | {vectors} | {worst:.1e} | {vector} |")
            }
            Verdict::Skipped(reason) => {
                skipped += 1;
                format!("| {name} | – | not compared: {reason} | – |")
            }
            Verdict::Failed(reason) => {
                failures.push(format!("{name}: {reason}"));
                format!("| {name} | – | **{reason}** | – |")
            }
        };
        println!("{row}");
        let _ = writeln!(table, "{row}");
    }
    let path = folder.join("table.md");
    fs::write(&path, table).map_err(|error| error.to_string())?;
    println!("{agree} agree, {} differ, {skipped} not compared", failures.len());
    if check && !failures.is_empty() {
        return Err(format!("disagreement\n  {}", failures.join("\n  ")));
    }
    Ok(())
}

/// Every example and every test circuit.
pub(crate) fn decks() -> Vec<PathBuf> {
    let mut decks = Vec::new();
    for top in ["netlists/examples", "tests/circuits"] {
        collect(&root().join(top), &mut decks);
    }
    decks.sort();
    decks
}

/// The release program.
pub(crate) fn build() -> Result<PathBuf, String> {
    let built = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--package", "ovonic-cli"])
        .current_dir(root())
        .status()
        .map_err(|error| error.to_string())?;
    if !built.success() {
        return Err("the program does not build".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), PathBuf::from);
    Ok(target.join("release/ovonic"))
}

fn collect(folder: &Path, decks: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, decks);
        } else if path.extension().is_some_and(|extension| extension == "cir") {
            decks.push(path);
        }
    }
}

fn wishes(text: &str) -> Wishes {
    let mut wishes = Wishes::default();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("*! conformance ") else {
            continue;
        };
        if let Some(reason) = rest.strip_prefix("skip:") {
            wishes.skip = Some(reason.trim().to_owned());
        } else if let Some(vector) = rest.strip_prefix("period ") {
            wishes.period = Some(vector.trim().to_owned());
        } else if let Some(limit) = rest.strip_prefix("limit ") {
            wishes.limit = limit.split(':').next().and_then(|text| text.trim().parse().ok());
        }
    }
    wishes
}

fn compare(deck: &Path, program: &Path, folder: &Path) -> Verdict {
    let text = match fs::read_to_string(deck) {
        Ok(text) => text,
        Err(error) => return Verdict::Failed(error.to_string()),
    };
    let wishes = wishes(&text);
    if let Some(reason) = wishes.skip {
        return Verdict::Skipped(reason);
    }
    match pair(deck, &text, program, folder) {
        Ok((theirs, ours)) => judge(&wishes, &theirs, &ours),
        Err(reason) => Verdict::Failed(reason),
    }
}

/// Runs both programs on a tightened copy that stands beside the deck, so that its includes are found.
fn pair(
    deck: &Path,
    text: &str,
    program: &Path,
    folder: &Path,
) -> Result<(RawFile, RawFile), String> {
    let stem = deck.file_stem().unwrap_or_default().to_string_lossy();
    let copy = deck.with_file_name(format!(".conformance-{stem}.cir"));
    fs::write(&copy, tightened(text)).map_err(|error| error.to_string())?;
    let mut read = Vec::new();
    for (name, command) in [
        ("ngspice", Command::new("ngspice")),
        ("ovonic", {
            let mut ours = Command::new(program);
            ours.arg("ngspice");
            ours
        }),
    ] {
        let raw = folder.join(format!("{stem}-{name}.raw"));
        let _ = fs::remove_file(&raw);
        let outcome = simulate(command, &copy, &raw);
        if let Err(error) = outcome {
            let _ = fs::remove_file(&copy);
            return Err(format!("{name}: {error}"));
        }
        let file = fs::File::open(&raw).map_err(|error| format!("{name}: {error}"));
        let parsed = file.and_then(|file| {
            read_raw(std::io::BufReader::new(file)).map_err(|error| format!("{name}: {error}"))
        });
        match parsed {
            Ok(parsed) => read.push(parsed),
            Err(error) => {
                let _ = fs::remove_file(&copy);
                return Err(error);
            }
        }
    }
    let _ = fs::remove_file(&copy);
    let ours = read.pop().ok_or("no result")?;
    let theirs = read.pop().ok_or("no result")?;
    Ok((theirs, ours))
}

fn simulate(mut command: Command, deck: &Path, raw: &Path) -> Outcome {
    let log = raw.with_extension("log");
    let output = command
        .arg("-b")
        .arg("-r")
        .arg(raw)
        .arg("-o")
        .arg(&log)
        .arg(deck)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let logged = fs::read_to_string(&log).unwrap_or_default();
    let first =
        words.lines().chain(logged.lines()).find(|line| line.to_lowercase().contains("error"));
    Err(first.unwrap_or("failed without a word").trim().to_owned())
}

/// The deck with tight tolerances and without output selections.
fn tightened(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut dropping = false;
    for line in text.lines() {
        let word = line.split_whitespace().next().unwrap_or_default().to_lowercase();
        let continued = line.trim_start().starts_with('+');
        dropping = (dropping && continued) || [".print", ".save", ".plot"].contains(&word.as_str());
        if dropping || word == ".end" {
            continue;
        }
        lines.push(line);
    }
    let asked = lines.iter().any(|line| line.trim_end() == "*! run op");
    let op = if asked { ".op\n" } else { "" };
    format!("{}\n{TIGHTENED}\n{op}.end\n", lines.join("\n"))
}

fn judge(wishes: &Wishes, theirs: &RawFile, ours: &RawFile) -> Verdict {
    let limit = wishes.limit.unwrap_or(LIMIT);
    let (mut worst, mut worst_vector, mut vectors) = (0.0, String::from("–"), 0);
    for plot in &theirs.results.plots {
        let Some(mine) = ours.results.plots.iter().find(|p| p.kind == plot.kind) else {
            return Verdict::Failed(format!("no plot \"{}\"", plot.kind.as_str()));
        };
        let differences = match &wishes.period {
            Some(vector) => period_difference(plot, mine, vector),
            None => plot_differences(plot, mine),
        };
        for (vector, difference) in differences {
            vectors += 1;
            if difference > worst || difference.is_nan() {
                worst = difference;
                worst_vector = vector;
            }
        }
    }
    if vectors == 0 {
        return Verdict::Failed("no vector in common".into());
    }
    if worst > limit || worst.is_nan() {
        return Verdict::Failed(format!("{worst_vector} differs by {worst:.1e}"));
    }
    Verdict::Agrees { worst, vector: worst_vector, vectors }
}

fn plot_differences(theirs: &Plot, ours: &Plot) -> Vec<(String, f64)> {
    let skip = usize::from(theirs.kind.has_scale());
    let scale_name = theirs.scale().map(|scale| scale.name.clone());
    let common = theirs.vectors.iter().skip(skip).filter_map(|vector| {
        let mine = ours.vector(&vector.name).ok()?;
        // Currents far below any other are rounding, not results.
        let difference = match (&vector.samples, &mine.samples) {
            (Samples::Complex(_), _) | (_, Samples::Complex(_)) => pointwise(vector, mine),
            _ if theirs.kind == ovonic_waveforms::PlotKind::Transient => {
                resampled(theirs, ours, vector, mine)
            }
            _ => pointwise(vector, mine),
        };
        Some((vector.name.clone(), difference))
    });
    common.filter(|(name, _)| Some(name) != scale_name.as_ref()).collect()
}

/// Smallest full scale that counts: below it a vector is rounding noise.
fn floor(name: &str) -> f64 {
    if name.starts_with("i(") { 1e-9 } else { 1e-6 }
}

fn pointwise(theirs: &Vector, ours: &Vector) -> f64 {
    if theirs.len() != ours.len() || theirs.is_empty() {
        return f64::NAN;
    }
    let mut full = floor(&theirs.name);
    let mut worst: f64 = 0.0;
    for k in 0..theirs.len() {
        let (a, b) = (theirs.samples.at(k), ours.samples.at(k));
        full = full.max(a.norm());
        worst = worst.max((a - b).norm());
    }
    worst / full
}

fn resampled(theirs: &Plot, ours: &Plot, vector: &Vector, mine: &Vector) -> f64 {
    let times = |plot: &Plot| plot.scale().map(Vector::real_parts).unwrap_or_default();
    let (their_times, our_times) = (times(theirs), times(ours));
    let (a, b) = (vector.real_parts(), mine.real_parts());
    let Ok(wave) = Waveform::new(&our_times, &b) else {
        return f64::NAN;
    };
    let (first, last) = wave.span();
    let full = a.iter().fold(floor(&vector.name), |full, value| full.max(value.abs()));
    let inside = their_times.iter().zip(&a).filter(|(t, _)| (first..=last).contains(*t));
    inside
        .map(|(&t, &value)| (wave.value_at(t).unwrap_or(f64::NAN) - value).abs() / full)
        .fold(0.0, |worst: f64, d| if d.is_nan() { d } else { worst.max(d) })
}

/// Differences of mean period and of amplitude, over the second half of the run.
fn period_difference(theirs: &Plot, ours: &Plot, name: &str) -> Vec<(String, f64)> {
    let of = |plot: &Plot| -> Option<(f64, f64)> {
        let wave = Waveform::of(plot, name).ok()?;
        let (first, last) = wave.span();
        let settled = wave.window(0.5 * (first + last), last).ok()?;
        let level = 0.5 * (settled.minimum().value + settled.maximum().value);
        Some((settled.period(level).ok()?, settled.peak_to_peak()))
    };
    match (of(theirs), of(ours)) {
        (Some((t0, a0)), Some((t1, a1))) => vec![
            (format!("period of {name}"), (t1 / t0 - 1.0).abs()),
            (format!("amplitude of {name}"), (a1 / a0 - 1.0).abs()),
        ],
        _ => vec![(format!("period of {name}"), f64::NAN)],
    }
}
