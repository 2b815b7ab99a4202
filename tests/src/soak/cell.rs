//! Random cells: a device or two with a load, storage and a drive, as a deck and as a list of what is in it.

use super::device::{Cards, Device, HABITATS, Habitat, kind};
use super::dice::Dice;
use std::collections::BTreeSet;

/// A voltage as a sum of vectors with signs.
pub(super) type Voltage = Vec<(f64, String)>;

/// What a cell is made of.
pub(super) enum Element {
    /// Anything whose power is its voltage times its current alone.
    Source {
        voltage: Voltage,
        current: String,
    },
    Resistor {
        voltage: Voltage,
        ohms: f64,
    },
    Capacitor {
        voltage: Voltage,
        farads: f64,
    },
    Inductor {
        current: String,
        henries: f64,
    },
    Device(Placed),
    /// Heat that leaves through a resistance from a thermal node, K/W.
    Cooler {
        rise: Voltage,
        kelvin_per_watt: f64,
    },
}

/// A device in its place.
pub(super) struct Placed {
    pub(super) device: Device,
    pub(super) voltage: Voltage,
    pub(super) current: String,
    /// Before the names of its quantities.
    pub(super) path: String,
    /// Rise of its surroundings.
    pub(super) surroundings: Voltage,
}

/// The voltage from one node to another; ground is `0`.
fn across(plus: &str, minus: &str) -> Voltage {
    let nodes = [(1.0, plus), (-1.0, minus)].into_iter().filter(|(_, node)| *node != "0");
    nodes.map(|(sign, node)| (sign, format!("v({node})"))).collect()
}

/// A random cell.
pub(super) struct Cell {
    pub(super) deck: String,
    pub(super) elements: Vec<Element>,
    /// Ambient temperature, K.
    pub(super) ambient: f64,
    pub(super) reltol: f64,
    /// Relative error that a step may have.
    pub(super) tolerance: f64,
    /// Whether that is `reltol` itself.
    pub(super) honest: bool,
    pub(super) kind: &'static str,
}

/// Quantities of a kind from which its heat follows.
const STATES: &[(&str, &str)] = &[
    ("ots", "temp"),
    ("vo2", "temp"),
    ("sky130_reram", "temp"),
    ("pcm", "temp"),
    ("pcm", "u_a"),
    ("nbo2", "w"),
];

/// Methods of integration, and how many times `trtol` a step's true error may be, as SPICE counts it.
const METHODS: &[(&str, f64)] = &[("trap", 6.0), ("trap", 6.0), ("gear", 3.0), ("trbdf2", 3.0)];
/// `trtol` by which no step's error exceeds `reltol`, and the default.
const HONEST: f64 = 0.1;
const USUAL: f64 = 7.0;

/// Models that take a thermal terminal.
const WARM: &[&str] = &["ots", "pcm", "vo2", "sky130_reram"];

impl Cell {
    pub(super) fn draw(cards: &Cards, dice: &mut Dice) -> Self {
        let habitat = dice.pick(HABITATS);
        let volts = dice.between(habitat.volts.0, habitat.volts.1);
        let ohms = dice.between(habitat.ohms.0, habitat.ohms.1);
        let span = dice.between(habitat.seconds.0, habitat.seconds.1) * dice.decades(0.0, 1.5);
        let mut draft = Draft { lines: String::new(), elements: Vec::new() };
        let waits = dice.chance(0.1);
        let stop = if waits { span * dice.decades(3.0, 10.0) } else { span };
        let out = draft.supply(volts, ohms, span, waits, dice);
        draft.storage(&out, ohms, span, dice);
        let warm = WARM.contains(&habitat.kind) && dice.chance(0.2);
        if warm {
            draft.neighbours(&out, habitat, ohms, cards, dice);
        } else {
            draft.device(&out, habitat, cards, dice);
        }
        let celsius = dice.uniform(-20.0, 85.0);
        let reltol = *dice.pick(&[1e-3, 1e-3, 1e-4]);
        let (method, share) = *dice.pick(METHODS);
        let trtol = *dice.pick(&[HONEST, USUAL]);
        let seed = dice.uniform(0.0, 1e6).floor();
        let uic = if dice.chance(0.5) { " uic" } else { "" };
        let deck = format!(
            "random {}\n{}.options temp={celsius:.6e} reltol={reltol} trtol={trtol} method={method} seed={seed}\n.tran 0 {stop:.9e}{uic}\n.save {}\n.end\n",
            habitat.kind,
            draft.lines,
            saved(&draft.elements).join("\n+ ")
        );
        let celsius: f64 = format!("{celsius:.6e}").parse().expect("a number");
        let honest = trtol == HONEST;
        let tolerance = if honest { reltol } else { reltol * trtol * share };
        let (ambient, elements, kind) = (celsius + 273.15, draft.elements, habitat.kind);
        Self { deck, elements, ambient, reltol, tolerance, honest, kind }
    }
}

/// The vectors that the balance reads.
fn saved(elements: &[Element]) -> Vec<String> {
    let mut names = BTreeSet::new();
    let of = |voltage: &Voltage| voltage.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    for element in elements {
        match element {
            Element::Source { voltage, current } => {
                names.extend(of(voltage));
                names.insert(current.clone());
            }
            Element::Resistor { voltage, .. }
            | Element::Capacitor { voltage, .. }
            | Element::Cooler { rise: voltage, .. } => names.extend(of(voltage)),
            Element::Inductor { current, .. } => {
                names.insert(current.clone());
            }
            Element::Device(placed) => {
                names.extend(of(&placed.voltage));
                names.extend(of(&placed.surroundings));
                names.insert(placed.current.clone());
                let kind = placed.device.kind.name;
                let quantities = STATES.iter().filter(|(name, _)| *name == kind);
                names.extend(
                    quantities.map(|(_, quantity)| format!("@{}[{quantity}]", placed.path)),
                );
            }
        }
    }
    names.into_iter().collect()
}

/// A deck in the making.
struct Draft {
    lines: String,
    elements: Vec<Element>,
}

impl Draft {
    fn line(&mut self, text: String) {
        self.lines += &text;
        self.lines.push('\n');
    }

    fn resistor(&mut self, name: &str, plus: &str, minus: &str, ohms: f64) {
        self.line(format!("{name} {plus} {minus} {ohms:.17e}"));
        self.elements.push(Element::Resistor { voltage: across(plus, minus), ohms });
    }

    /// The source and its load; the node that they feed.
    fn supply(&mut self, volts: f64, ohms: f64, span: f64, waits: bool, dice: &mut Dice) -> String {
        let sign = if dice.chance(0.3) { -1.0 } else { 1.0 };
        if dice.chance(0.2) {
            let drive = drive(sign * volts / ohms, span, waits, dice);
            self.line(format!("I1 0 out {drive}"));
            self.elements
                .push(Element::Source { voltage: across("0", "out"), current: "i(i1)".into() });
            self.resistor("R1", "out", "0", ohms);
        } else {
            let drive = drive(sign * volts, span, waits, dice);
            self.line(format!("V1 in 0 {drive}"));
            self.elements
                .push(Element::Source { voltage: across("in", "0"), current: "i(v1)".into() });
            self.resistor("R1", "in", "out", ohms);
        }
        "out".into()
    }

    /// A capacitor at the device, and perhaps an inductor before it; the node after that is always called `out`.
    fn storage(&mut self, out: &str, ohms: f64, span: f64, dice: &mut Dice) {
        if dice.chance(0.75) {
            let farads = span * dice.decades(-3.0, 0.0) / ohms;
            self.line(format!("C1 {out} 0 {farads:.17e}"));
            self.elements.push(Element::Capacitor { voltage: across(out, "0"), farads });
            if dice.chance(0.2) {
                // In series with a resistor of its own beside the device, so that it carries no jump of current.
                let henries = ohms * span * dice.decades(-4.0, -1.0);
                self.line(format!("L1 {out} coil {henries:.17e}"));
                self.elements.push(Element::Inductor { current: "i(l1)".into(), henries });
                let load = ohms * dice.decades(-1.0, 1.0);
                self.resistor("R2", "coil", "0", load);
            }
        }
    }

    fn device(&mut self, out: &str, habitat: &Habitat, cards: &Cards, dice: &mut Dice) {
        let (plus, minus) = if dice.chance(0.25) { ("0", out) } else { (out, "0") };
        if habitat.kind != "ts_pcm" {
            self.single(
                "N1",
                "m1",
                plus,
                minus,
                None,
                Device::draw(kind(habitat.kind), cards, dice),
            );
            return;
        }
        self.line(format!("N1 {plus} {minus} cell"));
        self.line(".model cell ts_pcm(pcm=memory ts=switch)".into());
        let (memory, switch) =
            (Device::draw(kind("pcm"), cards, dice), Device::draw(kind("ots"), cards, dice));
        self.lines += &memory.card("memory");
        self.lines += &switch.card("switch");
        // The middle is no node: its voltage against the lower terminal is a quantity of the cell.
        let middle = "@n1[v_mid]".to_owned();
        let part = |device, voltage, path: &str| {
            let current = "i(n1)".into();
            Element::Device(Placed {
                device,
                voltage,
                current,
                path: path.into(),
                surroundings: Vec::new(),
            })
        };
        let mut above = across(plus, minus);
        above.push((-1.0, middle.clone()));
        self.elements.push(part(memory, above, "n1"));
        self.elements.push(part(switch, vec![(1.0, middle)], "n1.ts"));
    }

    fn single(
        &mut self,
        name: &str,
        model: &str,
        plus: &str,
        minus: &str,
        warm: Option<&str>,
        device: Device,
    ) {
        let thermal = warm.map_or(String::new(), |node| format!(" {node}"));
        self.line(format!("{name} {plus} {minus}{thermal} {model}"));
        self.lines += &device.card(model);
        let lower = name.to_lowercase();
        self.elements.push(Element::Device(Placed {
            device,
            voltage: across(plus, minus),
            current: format!("i({lower})"),
            path: lower,
            surroundings: warm.map_or(Vec::new(), |node| across(node, "0")),
        }));
    }

    /// Two devices that warm each other, the second behind a resistor of its own.
    fn neighbours(
        &mut self,
        out: &str,
        habitat: &Habitat,
        ohms: f64,
        cards: &Cards,
        dice: &mut Dice,
    ) {
        let load = ohms * dice.decades(-1.0, 1.0);
        self.resistor("R3", out, "far", load);
        for (name, model, node, warm) in [("N1", "m1", out, "t1"), ("N2", "m2", "far", "t2")] {
            let device = Device::draw(kind(habitat.kind), cards, dice);
            let resistance = match habitat.kind {
                "vo2" => 1.0 / device.get("s_th"),
                "sky130_reram" => device.get("tau_th") / device.get("c_th"),
                _ => device.get("r_th"),
            };
            self.single(name, model, node, "0", Some(warm), device);
            let kelvin_per_watt = resistance * dice.decades(-2.0, -0.5);
            self.line(format!("Rcool{name} {warm} 0 {kelvin_per_watt:.17e}"));
            self.elements.push(Element::Cooler { rise: across(warm, "0"), kelvin_per_watt });
            if name == "N2" {
                self.line(format!(
                    "Rwarm t1 t2 {:.17e}",
                    kelvin_per_watt * dice.decades(-1.0, 1.0)
                ));
            }
        }
    }
}

/// The source's course over `span`: pulses, a path of points, a sine, a ramp or a step.
fn drive(top: f64, span: f64, waits: bool, dice: &mut Dice) -> String {
    let shapes = if waits { 2 } else { 5 };
    match dice.uniform(0.0, f64::from(shapes)) as u32 {
        0 => path(top, span, dice),
        1 => {
            let width = span * dice.decades(-3.0, -0.5);
            let edge = width * dice.decades(-4.0, -0.3);
            let low = if dice.chance(0.3) { -top * dice.uniform(0.0, 1.0) } else { 0.0 };
            let period = (width + 2.0 * edge) * dice.uniform(1.2, 6.0);
            let count = (span / period).floor().max(1.0);
            pulses(low, top, width, edge, period, count as usize)
        }
        2 => {
            let frequency = dice.decades(0.0, 1.7) / span;
            let offset = if dice.chance(0.5) { 0.0 } else { top * dice.uniform(-1.0, 1.0) };
            format!("sin({offset:.9e} {top:.9e} {frequency:.9e})")
        }
        3 => {
            let turn = span * dice.uniform(0.2, 0.8);
            format!("pwl(0 0 {turn:.9e} {top:.9e} {span:.9e} 0)")
        }
        _ => {
            let edge = span * dice.decades(-6.0, -1.0);
            format!("pwl(0 0 {edge:.9e} {top:.9e})")
        }
    }
}

/// Points of which some follow each other within a millionth of the span; zero at the end.
fn path(top: f64, span: f64, dice: &mut Dice) -> String {
    let mut text = String::from("pwl(0 0");
    let mut time = 0.0;
    for _ in 0..dice.uniform(2.0, 9.0) as usize {
        time += span * dice.decades(-6.0, -1.0);
        text += &format!(" {time:.12e} {:.9e}", top * dice.uniform(-0.5, 1.0));
    }
    format!("{text} {:.12e} 0)", time + span * dice.decades(-4.0, -1.5))
}

/// A finite row of pulses as points.
fn pulses(low: f64, top: f64, width: f64, edge: f64, period: f64, count: usize) -> String {
    let mut text = format!("pwl(0 {low:.9e}");
    for k in 0..count.min(60) {
        let start = (k as f64 + 0.1) * period;
        for (time, value) in [
            (start, low),
            (start + edge, top),
            (start + edge + width, top),
            (start + 2.0 * edge + width, low),
        ] {
            text += &format!(" {time:.12e} {value:.9e}");
        }
        text += "\n+";
    }
    let rest = (count.min(60) as f64 + 1.0) * period;
    // Nothing drives the cell after the last pulse.
    format!("{text} {rest:.12e} {low:.9e} {:.12e} 0)", rest + edge)
}
