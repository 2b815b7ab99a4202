//! `.control` blocks: commands that run one after the other, with the results of each analysis at hand.
//!
//! ```text
//! substitute   $name, $&vector in the words of a command
//! look up      vectors in the current page, in the one named in front, among the constants
//! run          analyses of the circuit as it is now; every plot becomes a page and the current one
//! report       a command that fails is a diagnostic with its place; the next one runs all the same
//! ```
//!
//! The commands are those of ngspice that make sense without somebody who watches. Nothing is printed or written
//! here: text and files go to a [`ControlHost`].

mod analyses;
mod change;
mod files;
mod functions;
mod measures;
mod pages;
mod show;
mod spectrum;
mod value;
mod words;

use crate::error::Error;
use crate::run::{AnalysisReport, Observer};
use crate::session::Simulation;
use crate::vary::Before;
use ovonic_netlist::ast::{Command, Phrase, Statement, StatementKind, Verb};
use ovonic_netlist::{Diagnostic, Span, codes};
use pages::Pages;
use std::io;
use std::path::Path;
use words::Variables;

/// Who runs a control block: receives points, text and files.
pub trait ControlHost: Observer {
    /// Text for the user, with its line ends.
    fn print(&mut self, text: &str);

    /// The bytes of a file; with `appends` behind what the file holds.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write_file(&mut self, path: &Path, bytes: &[u8], appends: bool) -> io::Result<()>;

    /// The date for the heads of files; empty if it is nobody's concern.
    fn date(&self) -> String {
        String::new()
    }
}

/// What became of the control blocks of a netlist.
#[derive(Debug, Default)]
pub struct ControlReport {
    /// What is wrong with commands, and notes, in the order in which they came up.
    pub diagnostics: Vec<Diagnostic>,
    /// Analyses without a solution.
    pub errors: Vec<Error>,
    /// The analyses that ran.
    pub analyses: Vec<AnalysisReport>,
    /// Whether an analysis was asked for, with or without success.
    pub asked: bool,
    /// Measures that found nothing.
    pub failed_measures: usize,
    /// The code of `quit`, if the block ended with it.
    pub quit: Option<i32>,
    /// Whether the user stopped it.
    pub cancelled: bool,
}

impl Simulation {
    /// Whether the netlist has control blocks with commands.
    #[must_use]
    pub fn has_control(&self) -> bool {
        self.control_blocks().iter().any(|block| !block.statements.is_empty())
    }

    /// Runs the control blocks of the netlist. What they change of the circuit stays changed.
    ///
    /// # Errors
    /// When results cannot be written. Everything else is in the report.
    pub fn control(&mut self, host: &mut dyn ControlHost) -> Result<ControlReport, Error> {
        let statements: Vec<Statement> = self
            .control_blocks()
            .iter()
            .flat_map(|block| block.statements.iter().cloned())
            .collect();
        let mut interpreter = Interpreter {
            pages: Pages::new(),
            variables: Variables::default(),
            report: ControlReport::default(),
            before: Vec::new(),
            changed_models: false,
            step: 0.0,
            simulation: self,
            host,
        };
        interpreter.watch_mentioned(&statements);
        if let Err(Stop::Output(error)) = interpreter.run(&statements) {
            return Err(error);
        }
        Ok(interpreter.report)
    }
}

/// A run of commands.
struct Interpreter<'a> {
    simulation: &'a mut Simulation,
    host: &'a mut dyn ControlHost,
    pages: Pages,
    variables: Variables,
    report: ControlReport,
    /// What commands have changed, as it was.
    before: Vec<Before>,
    changed_models: bool,
    /// The print step of the last transient, s.
    step: f64,
}

/// Why statements stop.
enum Stop {
    /// `break` and `continue`.
    Break,
    Continue,
    /// `quit`, or the user.
    Quit,
    /// Results cannot be written.
    Output(Error),
}

/// A command that cannot do what it should: what to say, and with which code.
struct Fault {
    code: codes::Code,
    message: String,
    help: Option<String>,
}

impl Fault {
    fn new(code: codes::Code, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into(), help: None }
    }

    fn form(message: impl Into<String>, form: &str) -> Fault {
        Fault { help: Some(form.to_owned()), ..Fault::new(codes::BAD_COMMAND, message) }
    }

    fn failed(message: impl Into<String>) -> Fault {
        Fault::new(codes::COMMAND_FAILED, message)
    }
}

/// What a command may end with.
enum End {
    Fault(Fault),
    Stop(Stop),
}

impl From<Fault> for End {
    fn from(fault: Fault) -> End {
        End::Fault(fault)
    }
}

/// So many passes of one loop without end are a mistake.
const MAX_PASSES: usize = 10_000_000;

impl Interpreter<'_> {
    fn run(&mut self, statements: &[Statement]) -> Result<(), Stop> {
        for statement in statements {
            if self.host.is_cancelled() {
                self.report.cancelled = true;
                return Err(Stop::Quit);
            }
            match self.statement(statement) {
                Ok(()) => {}
                Err(End::Fault(fault)) => self.fault(fault, statement.span),
                Err(End::Stop(stop)) => return Err(stop),
            }
        }
        Ok(())
    }

    fn fault(&mut self, fault: Fault, span: Span) {
        let mut diagnostic = Diagnostic::error(fault.code, span, fault.message);
        if let Some(help) = fault.help {
            diagnostic = diagnostic.help(help);
        }
        self.say(diagnostic);
    }

    /// Keeps a diagnostic, once: a loop does not repeat what it has said.
    fn say(&mut self, diagnostic: Diagnostic) {
        let is_known = self.report.diagnostics.iter().any(|known| {
            known.primary.span == diagnostic.primary.span && known.message == diagnostic.message
        });
        if !is_known {
            self.report.diagnostics.push(diagnostic);
        }
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), End> {
        match &statement.kind {
            StatementKind::Command(command) => self.command(command, statement.span),
            StatementKind::If { condition, then, otherwise } => {
                let chosen = if self.holds(condition)? { then } else { otherwise };
                self.run(chosen).map_err(End::Stop)
            }
            StatementKind::While { condition, runs_first, body } => {
                let mut goes_on = *runs_first || self.holds(condition)?;
                for _ in 0..MAX_PASSES {
                    if !goes_on || !self.pass(body)? {
                        return Ok(());
                    }
                    goes_on = self.holds(condition)?;
                }
                Err(Fault::failed("the loop does not come to an end").into())
            }
            StatementKind::Repeat { count, body } => {
                let count = match count {
                    None => MAX_PASSES,
                    Some(count) => self.whole(count)?,
                };
                for _ in 0..count {
                    if !self.pass(body)? {
                        break;
                    }
                }
                Ok(())
            }
            StatementKind::Foreach { variable, values, body } => {
                let values = self.substitute(values)?;
                for value in words::split(&values) {
                    self.variables.set(&variable.node, vec![value]);
                    if !self.pass(body)? {
                        break;
                    }
                }
                Ok(())
            }
            StatementKind::Break => Err(End::Stop(Stop::Break)),
            StatementKind::Continue => Err(End::Stop(Stop::Continue)),
        }
    }

    /// Runs the body of a loop once; false after a `break`.
    fn pass(&mut self, body: &[Statement]) -> Result<bool, End> {
        if self.host.is_cancelled() {
            self.report.cancelled = true;
            return Err(End::Stop(Stop::Quit));
        }
        match self.run(body) {
            Ok(()) | Err(Stop::Continue) => Ok(true),
            Err(Stop::Break) => Ok(false),
            Err(stop) => Err(End::Stop(stop)),
        }
    }

    fn holds(&mut self, condition: &Phrase) -> Result<bool, Fault> {
        let text = self.substitute(condition)?;
        let list = self.expressions(&text)?;
        let Some(first) = list.first() else {
            return Err(Fault::form("a condition is missing", "for example: if v(out) > 1"));
        };
        let value = self.evaluate(first)?;
        Ok((0..value.len()).any(|index| value.samples.at(index).norm() != 0.0))
    }

    fn whole(&mut self, count: &Phrase) -> Result<usize, Fault> {
        let text = self.substitute(count)?;
        let value = self.scalar(&text)?;
        if value >= 0.0 && value.fract() == 0.0 && value < 1e15 {
            return Ok(value as usize);
        }
        Err(Fault::failed(format!("{value} is not a number of passes")))
    }

    fn command(&mut self, command: &Command, span: Span) -> Result<(), End> {
        let name = command.name.node.as_str();
        let is_card = matches!(command.verb, Verb::Measure | Verb::Analysis);
        let text = self.substitute_in(&command.rest, is_card)?;
        let text = text.trim();
        match command.verb {
            Verb::Analysis => self.analysis(name, text, span)?,
            Verb::Run => self.run_cards()?,
            Verb::Print => self.print(text)?,
            Verb::Echo => self.echo(text)?,
            Verb::Write => self.write(text)?,
            Verb::WriteData => self.write_data(text)?,
            Verb::Let => self.assign(text)?,
            Verb::Unlet => self.pages.unlet(text),
            Verb::Compose => self.compose(text)?,
            Verb::Set => self.variables.read(text)?,
            Verb::Unset => self.variables.unset(text),
            Verb::CompareText => self.compare(text)?,
            Verb::SetPlot => self.set_plot(text)?,
            Verb::SetScale => self.set_scale(text)?,
            Verb::Display => self.display(),
            Verb::Destroy => self.pages.destroy(text)?,
            Verb::Measure => self.measure(text, span)?,
            Verb::Fourier => self.fourier(text)?,
            Verb::Linearize => self.linearize(text)?,
            Verb::Fft => self.fft(text)?,
            Verb::Alter => self.alter(text, span)?,
            Verb::AlterModel => self.alter_model(text)?,
            Verb::AlterParameter => self.alter_parameter(text)?,
            Verb::Save => self.save(text, span)?,
            Verb::Options => self.options(text, span)?,
            Verb::Reset => self.reset()?,
            Verb::Quit => {
                self.report.quit =
                    Some(if text.is_empty() { 0 } else { self.scalar(text)? as i32 });
                return Err(End::Stop(Stop::Quit));
            }
            Verb::Ignored => self.say(Diagnostic::warning(
                codes::IGNORED,
                command.name.span,
                format!("\"{name}\" has no effect here"),
            )),
        }
        Ok(())
    }
}
