//! `.meas` cards: from words to what is to be measured.
//!
//! ```text
//! .meas tran name max|min|pp|avg|rms|integ|min_at|max_at signal [from=x] [to=x]
//! .meas tran name find signal at=x | find signal when event
//! .meas tran name deriv signal at=x | deriv signal when event
//! .meas tran name when event
//! .meas tran name trig event|at=x targ event|at=x
//! .meas tran name param='expression of parameters and of measures above'
//! event:  signal=level-or-signal  or  signal val=level,  then  [td=x] [rise|fall|cross=n|last] [from=x] [to=x]
//! ```
//!
//! Signals become outputs of their analysis, so that they are computed whatever else is saved.

use super::Elaborator;
use super::arguments::{argument_span, expression, has_signal, plain};
use super::outputs::Request;
use super::pictures::RequestedAxes;
use super::reporter::Reported;
use super::scope::ScopeId;
use crate::formula::Formula;
use ovonic_circuit::Circuit;
use ovonic_netlist::ast::{
    Argument, Expr, ExprKind, OutputKind, Part, RawArgument, RawCard, Value,
};
use ovonic_netlist::{Diagnostic, Span, Spanned, codes, suggest};
use ovonic_waveforms::{Edge, Occurrence};

/// One `.meas` card.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub(crate) span: Span,
    /// `tran`, `ac`, …; absent where the card names none.
    pub(crate) analysis: Option<String>,
    pub(crate) name: String,
    pub(crate) task: MeasureTask,
}

/// What is measured.
#[derive(Clone, Debug)]
pub(crate) enum MeasureTask {
    /// A number that follows from the whole curve.
    Statistic { statistic: Statistic, signal: Signal, window: Window },
    /// The value of a signal at a place.
    Find { signal: Signal, place: Place },
    /// The slope of a signal at a place.
    Slope { signal: Signal, place: Place },
    /// The place itself.
    When(Event),
    /// The distance between two places.
    Between { trigger: Place, target: Place },
    /// A formula of parameters and of measures above.
    Formula(Expr),
}

/// What follows from a whole curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statistic {
    Maximum,
    Minimum,
    PeakToPeak,
    Average,
    Rms,
    Integral,
    MaximumAt,
    MinimumAt,
}

const STATISTICS: &[(&str, Statistic)] = &[
    ("max", Statistic::Maximum),
    ("min", Statistic::Minimum),
    ("pp", Statistic::PeakToPeak),
    ("avg", Statistic::Average),
    ("rms", Statistic::Rms),
    ("integ", Statistic::Integral),
    ("integral", Statistic::Integral),
    ("max_at", Statistic::MaximumAt),
    ("min_at", Statistic::MinimumAt),
];

impl Statistic {
    /// The usual word.
    pub(crate) fn word(self) -> &'static str {
        let known = STATISTICS.iter().find(|(_, known)| *known == self);
        known.map_or("", |(word, _)| word)
    }
}

/// A vector of the results.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signal {
    pub(crate) name: String,
    /// Whether a part of a complex value is meant; otherwise its magnitude is.
    pub(crate) is_part: bool,
}

/// A part of the scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Window {
    pub(crate) from: Option<f64>,
    pub(crate) to: Option<f64>,
}

/// A place on the scale.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    At(f64),
    When(Event),
    /// The only point of an operating point.
    Anywhere,
}

/// A crossing.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) signal: Signal,
    pub(crate) level: Level,
    pub(crate) edge: Edge,
    pub(crate) occurrence: Occurrence,
    pub(crate) window: Window,
}

/// What a signal crosses.
#[derive(Clone, Debug)]
pub(crate) enum Level {
    Value(f64),
    Signal(Signal),
}

/// Analyses that a card can name.
pub(super) const ANALYSES: &[&str] = &["tran", "ac", "dc", "op", "noise", "trace"];

const FORM: &str = "write .meas tran name max v(out), or with min, pp, avg, rms, integ, find … at=, \
                    find … when …, when v(out)=1 rise=1, trig … targ …, or param='formula'";

impl Elaborator {
    /// The measures of the netlist, with the outputs that they need.
    pub(crate) fn measures(&mut self, circuit: &Circuit) -> (Vec<Measure>, Vec<Request>) {
        let cards = self.scopes.table(ScopeId::TOP).cards.measures.clone();
        let mut measures = Vec::new();
        let mut requests = Vec::new();
        for card in &cards {
            // What is wrong with it has been reported.
            if let Ok((measure, request)) = self.measure(card, circuit) {
                measures.push(measure);
                requests.push(request);
            }
        }
        (measures, requests)
    }

    fn measure(
        &mut self,
        card: &RawCard,
        circuit: &Circuit,
    ) -> Result<(Measure, Request), Reported> {
        let (measure, request, _) = self.read_measure(card, circuit, false)?;
        Ok((measure, request))
    }

    /// A measure whose signals are any expressions of vectors, with these signals.
    pub(crate) fn free_measure(
        &mut self,
        card: &RawCard,
        circuit: &Circuit,
    ) -> Result<(Measure, Vec<Signal>), Reported> {
        let (measure, _, signals) = self.read_measure(card, circuit, true)?;
        Ok((measure, signals))
    }

    fn read_measure(
        &mut self,
        card: &RawCard,
        circuit: &Circuit,
        is_free: bool,
    ) -> Result<(Measure, Request, Vec<Signal>), Reported> {
        let mut reader = Reader {
            elaborator: self,
            circuit,
            is_free,
            signals: Vec::new(),
            rest: &card.args,
            place: card.keyword.span,
            request: Request {
                analysis: None,
                kind: OutputKind::Probe,
                all: false,
                own: Vec::new(),
                outputs: Vec::new(),
                axes: RequestedAxes::default(),
            },
        };
        let analysis = reader.analysis();
        reader.request.analysis.clone_from(&analysis);
        let (name, task) = match reader.rest.first() {
            // `.meas tran x='a+b'`
            Some(RawArgument::Assign { target, value }) => {
                reader.rest = &reader.rest[1..];
                (plain(target).map(str::to_owned), formula(value))
            }
            _ => (reader.word().map(str::to_owned), reader.task()?),
        };
        let Some(name) = name else {
            return Err(reader.malformed("the measure has no name"));
        };
        if let Some(extra) = reader.rest.first() {
            reader.place = argument_span(extra);
            return Err(reader.malformed("this is not part of the measure"));
        }
        let measure = Measure { span: card.span, analysis, name, task };
        Ok((measure, reader.request, reader.signals))
    }
}

/// Reads the arguments of a card one by one.
struct Reader<'a> {
    elaborator: &'a mut Elaborator,
    circuit: &'a Circuit,
    rest: &'a [RawArgument],
    /// Where reading stands, for messages.
    place: Span,
    request: Request,
    /// Whether signals are expressions of vectors instead of outputs of the circuit.
    is_free: bool,
    /// The signals of a free measure.
    signals: Vec<Signal>,
}

impl<'a> Reader<'a> {
    fn malformed(&mut self, message: impl Into<String>) -> Reported {
        self.elaborator
            .reporter
            .report(Diagnostic::error(codes::BAD_MEASURE, self.place, message).help(FORM))
    }

    fn analysis(&mut self) -> Option<String> {
        let word = self.peek()?;
        let found = ANALYSES.iter().find(|known| **known == word)?;
        self.word();
        Some((*found).to_owned())
    }

    /// The next argument, if it is a bare word.
    fn peek(&self) -> Option<&'a str> {
        match self.rest.first()? {
            RawArgument::Word(word) => plain(word),
            RawArgument::Assign { .. } => None,
        }
    }

    /// Takes the next argument, if it is a bare word.
    fn word(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.place = argument_span(&self.rest[0]);
        self.rest = &self.rest[1..];
        Some(word)
    }

    /// Takes the next argument, if it is an assignment to one of `keys`.
    fn assignment(&mut self, keys: &[&str]) -> Option<(&'a str, &'a Argument)> {
        let RawArgument::Assign { target, value } = self.rest.first()? else {
            return None;
        };
        let key = plain(target).filter(|key| keys.contains(key))?;
        self.place = target.span.to(value.span);
        self.rest = &self.rest[1..];
        Some((key, value))
    }

    fn task(&mut self) -> Result<MeasureTask, Reported> {
        if let Some((_, value)) = self.assignment(&["param"]) {
            return Ok(formula(value));
        }
        let Some(word) = self.word() else {
            return Err(self.malformed("the measure does not say what to measure"));
        };
        if let Some((_, statistic)) = STATISTICS.iter().find(|(known, _)| *known == word) {
            let signal = self.signal()?;
            let window = self.window()?;
            return Ok(MeasureTask::Statistic { statistic: *statistic, signal, window });
        }
        match word {
            "find" => {
                let signal = self.signal()?;
                let place = self.found_place()?;
                Ok(MeasureTask::Find { signal, place })
            }
            "deriv" | "derivative" => {
                let signal = self.signal()?;
                let place = self.found_place()?;
                Ok(MeasureTask::Slope { signal, place })
            }
            "when" => Ok(MeasureTask::When(self.event()?)),
            "trig" => {
                let trigger = self.place()?;
                if self.word() != Some("targ") {
                    return Err(self.malformed("\"trig\" needs a \"targ\""));
                }
                let target = self.place()?;
                Ok(MeasureTask::Between { trigger, target })
            }
            _ => {
                let known = STATISTICS.iter().map(|(word, _)| *word);
                let others = ["find", "deriv", "when", "trig", "param"];
                let known: Vec<&str> = known.chain(others).collect();
                let near = suggest(word, known);
                let diagnostic = Diagnostic::error(
                    codes::BAD_MEASURE,
                    self.place,
                    format!("there is no measure \"{word}\""),
                );
                let diagnostic = match near {
                    Some(near) => diagnostic.did_you_mean(Some(near)),
                    None => diagnostic.help(FORM),
                };
                Err(self.elaborator.reporter.report(diagnostic))
            }
        }
    }

    /// A signal, which becomes an output.
    fn signal(&mut self) -> Result<Signal, Reported> {
        let Some(RawArgument::Word(word)) = self.rest.first() else {
            return Err(self.malformed("a signal such as v(out) is missing"));
        };
        self.place = word.span;
        self.rest = &self.rest[1..];
        match expression(word) {
            Some(expression) => self.output(&expression),
            None => Err(self.malformed("a signal such as v(out) is expected here")),
        }
    }

    fn output(&mut self, expression: &Expr) -> Result<Signal, Reported> {
        if self.is_free {
            let signal = Signal { name: expression.to_string(), is_part: false };
            self.signals.push(signal.clone());
            return Ok(signal);
        }
        const SCALES: [&str; 3] = ["time", "frequency", "freq"];
        if let ExprKind::Name(name) = &expression.kind
            && SCALES.contains(&name.as_str())
        {
            return Ok(Signal {
                name: if name == "freq" { "frequency" } else { name }.to_owned(),
                is_part: true,
            });
        }
        let wanted = self.elaborator.wanted(expression, self.circuit)?;
        let is_part = matches!(&wanted.formula, Formula::Part(part, _) if *part != Part::Whole);
        let name = wanted.name.clone();
        self.request.outputs.push(wanted);
        Ok(Signal { name, is_part })
    }

    fn window(&mut self) -> Result<Window, Reported> {
        const KEYS: [&str; 3] = ["from", "to", "td"];
        let mut window = Window::default();
        loop {
            let (key, value) = match (self.assignment(&KEYS), self.peek()) {
                (Some((key, value)), _) => (key, self.number(value)?),
                (None, Some(key)) if KEYS.contains(&key) => {
                    self.word();
                    (key, self.plain_number(key)?)
                }
                _ => return Ok(window),
            };
            *(if key == "to" { &mut window.to } else { &mut window.from }) = Some(value);
        }
    }

    /// The number that follows the word `key`.
    fn plain_number(&mut self, key: &str) -> Result<f64, Reported> {
        let Some(RawArgument::Word(word)) = self.rest.first() else {
            return Err(self.malformed(format!("\"{key}\" needs a value")));
        };
        self.rest = &self.rest[1..];
        let value = Spanned::new(word.node.value(), word.span);
        self.number(&value)
    }

    /// What follows `find signal`.
    fn found_place(&mut self) -> Result<Place, Reported> {
        if self.peek() == Some("when") {
            self.word();
            return Ok(Place::When(self.event()?));
        }
        match self.at()? {
            Some(at) => Ok(Place::At(at)),
            None if self.rest.is_empty() && self.request.analysis.as_deref() == Some("op") => {
                Ok(Place::Anywhere)
            }
            None => Err(self.malformed("\"at=\" or \"when\" is missing")),
        }
    }

    /// What follows `trig` and `targ`.
    fn place(&mut self) -> Result<Place, Reported> {
        match self.at()? {
            Some(at) => Ok(Place::At(at)),
            None => Ok(Place::When(self.event()?)),
        }
    }

    /// `at=x` or `at x`.
    fn at(&mut self) -> Result<Option<f64>, Reported> {
        if let Some((_, value)) = self.assignment(&["at"]) {
            return Ok(Some(self.number(value)?));
        }
        if self.peek() != Some("at") {
            return Ok(None);
        }
        self.word();
        Ok(Some(self.plain_number("at")?))
    }

    fn event(&mut self) -> Result<Event, Reported> {
        let (signal, mut level) = match self.rest.first() {
            Some(RawArgument::Assign { target, value }) => {
                self.place = target.span.to(value.span);
                self.rest = &self.rest[1..];
                let Some(expression) = expression(target) else {
                    return Err(self.malformed("a signal such as v(out) is expected here"));
                };
                (self.output(&expression)?, Some(self.level(value)?))
            }
            _ => (self.signal()?, None),
        };
        let mut event = Event {
            signal,
            level: Level::Value(0.0),
            edge: Edge::Either,
            occurrence: Occurrence::Nth(1),
            window: Window::default(),
        };
        const KEYS: [&str; 8] = ["val", "td", "rise", "fall", "cross", "from", "to", "goal"];
        while let Some((key, value)) = self.assignment(&KEYS) {
            match key {
                "val" => level = Some(self.level(value)?),
                "td" | "from" => event.window.from = Some(self.number(value)?),
                "to" => event.window.to = Some(self.number(value)?),
                "goal" => {
                    self.elaborator.reporter.report(Diagnostic::warning(
                        codes::IGNORED,
                        self.place,
                        "\"goal\" has no effect here",
                    ));
                }
                edge => {
                    event.edge = match edge {
                        "rise" => Edge::Rise,
                        "fall" => Edge::Fall,
                        _ => Edge::Either,
                    };
                    event.occurrence = self.occurrence(value)?;
                }
            }
        }
        match level {
            Some(level) => event.level = level,
            None => return Err(self.malformed("the level that is to be crossed is missing")),
        }
        Ok(event)
    }

    fn occurrence(&mut self, value: &Argument) -> Result<Occurrence, Reported> {
        if matches!(&value.node, Value::Name(name) if name == "last") {
            return Ok(Occurrence::Last);
        }
        let number = self.number(value)?;
        if number >= 1.0 && number.fract() == 0.0 && number < 1e15 {
            return Ok(Occurrence::Nth(number as usize));
        }
        Err(self.malformed(format!("{number} is not a count of crossings; write 1, 2, … or last")))
    }

    /// A level: a number, or another signal.
    fn level(&mut self, value: &Argument) -> Result<Level, Reported> {
        match &value.node {
            Value::Expression(expression) if has_signal(expression) => {
                Ok(Level::Signal(self.output(expression)?))
            }
            _ => Ok(Level::Value(self.number(value)?)),
        }
    }

    /// A number; a bare name is a parameter here.
    fn number(&mut self, value: &Argument) -> Result<f64, Reported> {
        let Value::Name(name) = &value.node else {
            return self.elaborator.top(value);
        };
        let expression = Expr { kind: ExprKind::Name(name.clone()), span: value.span };
        let argument = Spanned::new(Value::Expression(Box::new(expression)), value.span);
        self.elaborator.top(&argument)
    }
}

fn formula(value: &Argument) -> MeasureTask {
    MeasureTask::Formula(super::scope::expression_of(value))
}
