//! Random devices of the kinds that remember: parameters around those of the model cards, inside their ranges.

use super::dice::Dice;
use crate::folder;
use ovonic::device::{Kind, ParamInfo, ParamKind};
use ovonic_netlist::ast::{Item, Value};
use ovonic_netlist::{DiskLoader, ParseOptions, parse};
use std::collections::BTreeMap;
use std::fs;

/// Where a kind is at home: voltages, resistances of loads, and times of its dynamics, from and to.
pub(super) struct Habitat {
    pub(super) kind: &'static str,
    pub(super) volts: (f64, f64),
    pub(super) ohms: (f64, f64),
    pub(super) seconds: (f64, f64),
}

const fn habitat(
    kind: &'static str,
    volts: (f64, f64),
    ohms: (f64, f64),
    seconds: (f64, f64),
) -> Habitat {
    Habitat { kind, volts, ohms, seconds }
}

/// Every kind of ours, each reaching well beyond the voltages at which it switches.
pub(super) const HABITATS: &[Habitat] = &[
    habitat("ag_selector", (0.03, 3.0), (10.0, 1e7), (1e-8, 1e-4)),
    habitat("ots", (0.1, 6.0), (300.0, 3e6), (1e-11, 1e-6)),
    habitat("pcm", (0.05, 6.0), (300.0, 3e6), (1e-10, 1e-4)),
    habitat("ts_pcm", (0.2, 10.0), (300.0, 3e6), (1e-10, 1e-5)),
    habitat("ag_diffusive", (0.05, 1.5), (10.0, 1e7), (1e-5, 1e-1)),
    habitat("vo2", (0.3, 30.0), (300.0, 1e5), (1e-8, 1e-4)),
    habitat("nbo2", (0.1, 6.0), (100.0, 1e6), (1e-10, 1e-6)),
    habitat("hp", (0.05, 5.0), (10.0, 1e5), (1e-3, 100.0)),
    habitat("team", (0.01, 1.0), (1.0, 1e4), (1e-2, 1e4)),
    habitat("vteam", (0.01, 1.0), (1.0, 1e4), (1e-9, 1e-4)),
    habitat("yakopcic", (0.05, 5.0), (10.0, 1e6), (1e-6, 1.0)),
    habitat("stanford_rram", (0.1, 4.0), (10.0, 1e6), (1e-10, 1e-4)),
    habitat("sky130_reram", (0.1, 4.0), (10.0, 1e6), (1e-10, 1e-4)),
    habitat("knowm", (0.03, 2.0), (10.0, 1e5), (1e-6, 1e-2)),
];

/// What the cards in `models/` say, kind by kind; each kind also has its defaults as a card that says nothing.
pub struct Cards(BTreeMap<String, Vec<Vec<(String, f64)>>>);

impl Cards {
    /// Reads the workspace's cards.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn read() -> Result<Self, String> {
        let mut cards: BTreeMap<String, Vec<Vec<(String, f64)>>> = BTreeMap::new();
        let mut paths: Vec<_> = fs::read_dir(folder("models"))
            .map_err(|error| format!("models: {error}"))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        paths.sort();
        for path in paths {
            for item in parse(&path, &DiskLoader, &ParseOptions::default()).netlist.items {
                let Item::Model(model) = item else { continue };
                let numbers = model.params.iter().filter_map(|param| match param.value.node {
                    Value::Number(value) => Some((param.key.node.clone(), value)),
                    _ => None,
                });
                cards.entry(model.kind.node.to_lowercase()).or_default().push(numbers.collect());
            }
        }
        Ok(Self(cards))
    }
}

/// One random device: its kind and every parameter that has a value.
pub(super) struct Device {
    pub(super) kind: &'static Kind,
    values: BTreeMap<&'static str, f64>,
    /// Parameters that the card names.
    named: Vec<&'static str>,
}

/// The kind called `name`.
pub(super) fn kind(name: &str) -> &'static Kind {
    ovonic::DEVICES.iter().find(|kind| kind.name == name).expect("a kind of the list")
}

/// How far from its centre a parameter goes, as a factor: temperatures and energies stand in exponents.
fn spread(info: &ParamInfo) -> f64 {
    match info.unit {
        "K" | "eV" => 1.1,
        "" => 1.25,
        _ => 2.0,
    }
}

/// Bounds of an initial state that depend on other parameters.
fn initial_bounds(kind: &str, get: impl Fn(&str) -> f64) -> (f64, f64) {
    match kind {
        "stanford_rram" => (get("gmin"), get("gmax")),
        "sky130_reram" => (get("tfmin"), get("tfmax")),
        "team" | "vteam" => (get("xon"), get("xoff")),
        "pcm" => (0.0, get("h")),
        "ots" => (0.0, 300.0),
        _ => (0.0, 0.99),
    }
}

impl Device {
    pub(super) fn draw(kind: &'static Kind, cards: &Cards, dice: &mut Dice) -> Self {
        let card = match cards.0.get(kind.name) {
            Some(cards) if dice.chance(0.7) => dice.pick(cards).clone(),
            _ => Vec::new(),
        };
        let mut device = Self { kind, values: BTreeMap::new(), named: Vec::new() };
        let varied = dice.chance(0.3);
        for info in kind.params {
            let said = card.iter().find(|(name, _)| name == info.name).map(|(_, value)| *value);
            let Some(centre) = said.or(info.default) else { continue };
            device.values.insert(info.name, centre);
            if let Some(value) = near(info, centre, varied, dice) {
                device.values.insert(info.name, value);
                device.named.push(info.name);
            } else if said.is_some() {
                device.named.push(info.name);
            }
        }
        device.start(dice);
        device
    }

    /// A random initial state, two times out of three; sometimes one of its bounds.
    fn start(&mut self, dice: &mut Dice) {
        let initial = self.kind.params.iter().find(|info| info.aliases.contains(&"ic"));
        if let Some(info) = initial
            && dice.chance(0.67)
        {
            let (low, high) = initial_bounds(self.kind.name, |name| self.get(name));
            let place =
                if dice.chance(0.2) { *dice.pick(&[low, high]) } else { dice.uniform(low, high) };
            self.values.insert(info.name, place);
            self.named.push(info.name);
        }
        if self.kind.name == "pcm" && dice.chance(0.15) {
            self.values.insert("g_prog", dice.between(1e-6, 30e-6));
            self.named.push("g_prog");
        }
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> f64 {
        *self.values.get(name).expect("a parameter with a value")
    }

    /// Whether the card names a parameter.
    pub(super) fn names(&self, name: &str) -> bool {
        self.named.contains(&name)
    }

    /// `.model name kind(…)`.
    pub(super) fn card(&self, name: &str) -> String {
        let mut text = format!(".model {name} {}(", self.kind.name);
        for (k, param) in self.named.iter().enumerate() {
            let gap = if k % 6 == 5 { "\n+ " } else { " " };
            text += &format!("{gap}{param}={:.6e}", self.get(param));
        }
        text + ")\n"
    }
}

/// A value near `centre`; none where the parameter stays as it is.
fn near(info: &ParamInfo, centre: f64, varied: bool, dice: &mut Dice) -> Option<f64> {
    if info.aliases.contains(&"ic") {
        return None;
    }
    let variation = info.name.starts_with("d2d_") || info.name.starts_with("c2c_");
    let value = match info.kind {
        ParamKind::Flag => f64::from(u8::from(dice.chance(0.3))),
        ParamKind::Integer => dice.uniform(info.range.low, info.range.high + 1.0).floor(),
        ParamKind::Real if variation => {
            // Relative spreads, and volts or kelvins of about that part of what they spread.
            let unit = match info.unit {
                "V" => 0.02,
                "K" => 1.0,
                _ => 0.1,
            };
            if !(varied && dice.chance(0.5)) {
                return None;
            }
            unit * dice.uniform(0.1, 1.0)
        }
        ParamKind::Real if centre == 0.0 => return None,
        ParamKind::Real => centre * spread(info).powf(dice.uniform(-1.0, 1.0)),
    };
    // Six digits are what the card shows, and so what everything is computed with.
    let value: f64 = format!("{value:.6e}").parse().ok()?;
    info.range.contains(value).then_some(value)
}
