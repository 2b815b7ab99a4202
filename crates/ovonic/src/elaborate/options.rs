//! `.options` and `.temp`, typed.

use super::Elaborator;
use super::reporter::{Reported, Reporter};
use super::scope::{ScopeId, Scopes};
use super::table::Cards;
use ovonic_analysis::{IntegrationMethod, SolverOptions, Tolerances};
use ovonic_crossbar::Choice as LinearSolverChoice;
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_netlist::ast::{self, Setting, Value};
use ovonic_netlist::{Diagnostic, codes, suggest};

/// The options of a netlist.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Tolerances: `reltol`, `abstol`, `vntol`, `chgtol`, `trtol`.
    pub tolerances: Tolerances,
    /// `gmin`: conductance across junctions, S.
    pub gmin: f64,
    /// `itl1`: Newton iterations of an operating point.
    pub op_iterations: usize,
    /// `itl2`: Newton iterations of a point of a sweep.
    pub sweep_iterations: usize,
    /// `itl4`: Newton iterations of a time step.
    pub step_iterations: usize,
    /// `method` and `maxord`: how time is discretised.
    pub method: IntegrationMethod,
    /// `temp`: temperature of the circuit, °C.
    pub temperature_celsius: f64,
    /// The temperatures of a `.temp` card with several, °C: everything runs at each of them.
    pub temperatures_celsius: Vec<f64>,
    /// `tnom`: temperature at which parameters hold, °C.
    pub nominal_temperature_celsius: f64,
    /// `rshunt`: a resistance from every node to ground, Ω.
    pub shunt_resistance: Option<f64>,
    /// `solver`: the linear solver of real systems.
    pub linear_solver: LinearSolverChoice,
    /// `seed`: from which devices draw what varies between them and from cycle to cycle.
    pub seed: u64,
    /// `numdgt`: digits of printed numbers.
    pub digits: usize,
    /// `savecurrents`: results hold the currents of all devices.
    pub save_currents: bool,
}

impl Default for Options {
    fn default() -> Self {
        let solver = SolverOptions::default();
        Options {
            tolerances: solver.tolerances,
            gmin: solver.gmin,
            op_iterations: solver.op_iterations,
            sweep_iterations: solver.sweep_iterations,
            step_iterations: solver.step_iterations,
            method: IntegrationMethod::default(),
            temperature_celsius: 27.0,
            temperatures_celsius: Vec::new(),
            nominal_temperature_celsius: 27.0,
            shunt_resistance: None,
            linear_solver: LinearSolverChoice::Auto,
            seed: 1,
            digits: 6,
            save_currents: false,
        }
    }
}

impl Options {
    /// What analyses take.
    #[must_use]
    pub fn solver(&self) -> SolverOptions {
        SolverOptions {
            tolerances: self.tolerances,
            gmin: self.gmin,
            op_iterations: self.op_iterations,
            sweep_iterations: self.sweep_iterations,
            step_iterations: self.step_iterations,
            ..SolverOptions::default()
        }
    }
}

/// Options that mean something here.
const KNOWN: &[&str] = &[
    "reltol",
    "abstol",
    "vntol",
    "chgtol",
    "trtol",
    "gmin",
    "itl1",
    "itl2",
    "itl4",
    "method",
    "maxord",
    "savecurrents",
    "temp",
    "tnom",
    "rshunt",
    "numdgt",
    "seed",
    "solver",
];

/// Options of other simulators that have no meaning here.
const WITHOUT_EFFECT: &[&str] = &[
    "acct",
    "altinit",
    "autostop",
    "badmos3",
    "brief",
    "bypass",
    "convabsstep",
    "convlimit",
    "convstep",
    "cptime",
    "cshunt",
    "defad",
    "defas",
    "defl",
    "defm",
    "defnrd",
    "defnrs",
    "defw",
    "delmin",
    "dummy",
    "fastother",
    "gminsteps",
    "gramin",
    "gshunt",
    "indverbosity",
    "ingold",
    "interp",
    "itl3",
    "itl5",
    "itl6",
    "keepopinfo",
    "klu",
    "limpts",
    "limtim",
    "list",
    "lvltim",
    "maxevtiter",
    "maxopalter",
    "maxstep",
    "mincond",
    "minbreak",
    "ngbehavior",
    "no_mem",
    "noacct",
    "noautoconv",
    "node",
    "noinit",
    "noiter",
    "nomod",
    "noopac",
    "noopiter",
    "nopage",
    "norefvalue",
    "nosqueeze",
    "opts",
    "plotwinsize",
    "pivrel",
    "pivtol",
    "post",
    "probe",
    "ramptime",
    "scale",
    "scalm",
    "seedinfo",
    "sparse",
    "srcsteps",
    "trytocompact",
    "unwrap",
    "vamaxexp",
    "warn",
    "wnflag",
    "xmu",
    "xtrtol",
];

/// Reads all option cards; later ones win.
pub(super) fn read(scopes: &mut Scopes, reporter: &mut Reporter, cards: &Cards) -> Options {
    let mut options = Options::default();
    let settings = cards.options.iter().flat_map(|card| &card.settings);
    apply(&mut options, scopes, reporter, settings);
    read_temperature(&mut options, scopes, reporter, cards);
    options
}

/// Takes in settings one after the other.
fn apply<'s>(
    options: &mut Options,
    scopes: &mut Scopes,
    reporter: &mut Reporter,
    settings: impl Iterator<Item = &'s Setting>,
) {
    let mut order = None;
    for setting in settings {
        let name = setting.name.node.as_str();
        if name == "maxord" {
            order = number(scopes, reporter, setting).ok().or(order);
        } else if name == "savecurrents" {
            options.save_currents = true;
        } else if KNOWN.contains(&name) {
            // What is wrong with it has been reported.
            let _ = set(options, scopes, reporter, setting);
        } else if WITHOUT_EFFECT.contains(&name) {
            reporter.report(Diagnostic::warning(
                codes::IGNORED,
                setting.name.span,
                format!("option \"{name}\" has no effect here"),
            ));
        } else {
            let names = KNOWN.iter().chain(WITHOUT_EFFECT).copied();
            let names: Vec<&str> = names.collect();
            // It is passed over in any case; whether that is a mistake is a matter of rules.
            let _ = reporter.tolerate(
                Diagnostic::error(
                    codes::UNKNOWN_OPTION,
                    setting.name.span,
                    format!("unknown option \"{name}\""),
                )
                .did_you_mean(suggest(name, names.iter().copied())),
            );
        }
    }
    if order == Some(1.0) {
        options.method = IntegrationMethod::BackwardEuler;
    }
}

impl Elaborator {
    /// Takes in a further option card.
    pub(crate) fn change_options(&mut self, card: &ast::Options) {
        let (scopes, reporter) = (&mut self.scopes, &mut self.reporter);
        apply(&mut self.options, scopes, reporter, card.settings.iter());
    }
}

fn read_temperature(
    options: &mut Options,
    scopes: &mut Scopes,
    reporter: &mut Reporter,
    cards: &Cards,
) {
    for card in &cards.temperatures {
        options.temperatures_celsius.clear();
        for value in &card.values {
            if let Ok(value) = scopes.argument(reporter, ScopeId::TOP, value) {
                options.temperature_celsius = value.value;
                options.temperatures_celsius.push(value.value);
            }
        }
        if let Some(first) = options.temperatures_celsius.first() {
            options.temperature_celsius = *first;
        }
    }
    let coldest =
        options.temperatures_celsius.iter().copied().fold(options.temperature_celsius, f64::min);
    let span = cards.temperatures.last().map(|card| card.span);
    if let (Some(span), false) = (span, coldest > -ZERO_CELSIUS) {
        reporter.report(Diagnostic::error(
            codes::VALUE_OUT_OF_RANGE,
            span,
            format!("{coldest} °C is below absolute zero"),
        ));
        options.temperature_celsius = Options::default().temperature_celsius;
        options.temperatures_celsius.clear();
    }
}

fn number(
    scopes: &mut Scopes,
    reporter: &mut Reporter,
    setting: &Setting,
) -> Result<f64, Reported> {
    match &setting.value {
        Some(value) => Ok(scopes.argument(reporter, ScopeId::TOP, value)?.value),
        None => Err(reporter.report(Diagnostic::error(
            codes::MISSING_VALUE,
            setting.name.span,
            format!("option \"{}\" needs a value", setting.name),
        ))),
    }
}

fn set(
    options: &mut Options,
    scopes: &mut Scopes,
    reporter: &mut Reporter,
    setting: &Setting,
) -> Result<(), Reported> {
    let name = setting.name.node.as_str();
    if name == "method" {
        options.method = method(reporter, setting)?;
        return Ok(());
    }
    if name == "solver" {
        options.linear_solver = linear_solver(reporter, setting)?;
        return Ok(());
    }
    let value = number(scopes, reporter, setting)?;
    let is_celsius = matches!(name, "temp" | "tnom");
    let in_range = if is_celsius {
        value > -ZERO_CELSIUS
    } else if name == "gmin" {
        value >= 0.0
    } else {
        value > 0.0
    };
    // Beyond 2^53 neighbouring whole numbers coincide.
    let in_range = match name {
        "seed" => value >= 0.0 && value.fract() == 0.0 && value <= 9_007_199_254_740_992.0,
        _ => in_range,
    };
    if !in_range {
        let span = setting.value.as_ref().map_or(setting.name.span, |v| v.span);
        return Err(reporter.report(Diagnostic::error(
            codes::VALUE_OUT_OF_RANGE,
            span,
            format!("option \"{name}\" cannot be {value}"),
        )));
    }
    match name {
        "reltol" => options.tolerances.relative = value,
        "abstol" => options.tolerances.current = value,
        "vntol" => options.tolerances.voltage = value,
        "chgtol" => options.tolerances.charge = Some(value),
        "trtol" => options.tolerances.truncation = value,
        "gmin" => options.gmin = value,
        "itl1" => options.op_iterations = count(value),
        "itl2" => options.sweep_iterations = count(value),
        "itl4" => options.step_iterations = count(value),
        "temp" => options.temperature_celsius = value,
        "tnom" => options.nominal_temperature_celsius = value,
        "seed" => options.seed = value as u64,
        "rshunt" => options.shunt_resistance = Some(value),
        _ => options.digits = count(value).min(17),
    }
    Ok(())
}

/// A limit on iterations as a number of them; at least one.
fn count(value: f64) -> usize {
    (value.round() as usize).max(1)
}

fn linear_solver(
    reporter: &mut Reporter,
    setting: &Setting,
) -> Result<LinearSolverChoice, Reported> {
    let known = [
        ("auto", LinearSolverChoice::Auto),
        ("crossbar", LinearSolverChoice::Crossbar),
        ("sparse", LinearSolverChoice::Sparse),
    ];
    let word = match setting.value.as_ref().map(|value| &value.node) {
        Some(Value::Name(word) | Value::Text(word)) => word.to_lowercase(),
        _ => String::new(),
    };
    let found = known.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice);
    found.ok_or_else(|| {
        let span = setting.value.as_ref().map_or(setting.name.span, |value| value.span);
        let text = format!("there is no linear solver \"{word}\"");
        let diagnostic = Diagnostic::error(codes::INVALID_VALUE, span, text);
        reporter.report(diagnostic.help("solvers are: auto, crossbar, sparse"))
    })
}

fn method(reporter: &mut Reporter, setting: &Setting) -> Result<IntegrationMethod, Reported> {
    let Some(value) = &setting.value else {
        return Err(reporter.report(Diagnostic::error(
            codes::MISSING_VALUE,
            setting.name.span,
            "option \"method\" needs a value",
        )));
    };
    let word = match &value.node {
        Value::Name(word) | Value::Text(word) => word.to_lowercase(),
        _ => String::new(),
    };
    let known = [
        ("trap", IntegrationMethod::Trapezoidal),
        ("trapezoidal", IntegrationMethod::Trapezoidal),
        ("gear", IntegrationMethod::Gear2),
        ("bdf2", IntegrationMethod::Gear2),
        ("trbdf2", IntegrationMethod::TrBdf2),
        ("euler", IntegrationMethod::BackwardEuler),
        ("be", IntegrationMethod::BackwardEuler),
    ];
    let own = IntegrationMethod::ALL.into_iter().find(|method| method.name() == word);
    let other = known.iter().find(|(name, _)| *name == word).map(|(_, method)| *method);
    own.or(other).ok_or_else(|| {
        let names: Vec<&str> = IntegrationMethod::ALL.iter().map(|m| m.name()).collect();
        reporter.report(
            Diagnostic::error(
                codes::INVALID_VALUE,
                value.span,
                format!("there is no integration method \"{word}\""),
            )
            .help(format!("methods are: {}", names.join(", "))),
        )
    })
}
