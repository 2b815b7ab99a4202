//! Commands that solve the circuit, and how their results become pages.

use super::{ControlHost, End, Fault, Interpreter, Stop};
use crate::elaborate::Task;
use crate::error::Error;
use crate::run::{AnalysisReport, Observer, RunOptions};
use num_complex::Complex64;
use ovonic_analysis::Progress;
use ovonic_netlist::Span;
use ovonic_netlist::ast::{Item, Phrase, Statement, StatementKind};
use ovonic_waveforms::{MemorySink, Outcome, Plot, PlotHeader, PlotKind, Sink, WaveformError};

/// Gives points to the host and to memory.
struct Tee<'a> {
    host: &'a mut dyn ControlHost,
    memory: MemorySink,
}

impl Observer for Tee<'_> {
    fn sink(&mut self) -> &mut dyn Sink {
        self
    }

    fn begin(&mut self, analysis: &str) {
        self.host.begin(analysis);
    }

    fn progress(&mut self, progress: &Progress) {
        self.host.progress(progress);
    }

    fn end(&mut self, report: &AnalysisReport) {
        self.host.end(report);
    }

    fn is_cancelled(&self) -> bool {
        self.host.is_cancelled()
    }
}

impl Sink for Tee<'_> {
    fn begin(&mut self, header: &PlotHeader) -> Result<(), WaveformError> {
        self.host.sink().begin(header)?;
        self.memory.begin(header)
    }

    fn point(&mut self, values: &[f64]) -> Result<(), WaveformError> {
        self.host.sink().point(values)?;
        self.memory.point(values)
    }

    fn complex_point(&mut self, values: &[Complex64]) -> Result<(), WaveformError> {
        self.host.sink().complex_point(values)?;
        self.memory.complex_point(values)
    }

    fn end(&mut self, outcome: &Outcome) -> Result<(), WaveformError> {
        self.host.sink().end(outcome)?;
        self.memory.end(outcome)
    }
}

impl Interpreter<'_> {
    /// `op`, `tran 1u 1m`, …: the words are those of a card.
    pub(super) fn analysis(&mut self, name: &str, words: &str, span: Span) -> Result<(), End> {
        self.report.asked = true;
        let card = format!(".{name} {words}\n");
        let items = self.cards(&card, span)?;
        let Some(Item::Analysis(card)) = items.first() else {
            return Ok(());
        };
        let elaborator = &mut self.simulation.design.core.elaborator;
        elaborator.reporter.restart();
        let planned = elaborator.plan_card(card);
        let diagnostics = elaborator.reporter.restart().into_diagnostics();
        self.relay(diagnostics, span);
        let Ok(planned) = planned else {
            return Ok(());
        };
        if let Task::Transient(task) = &planned.task {
            self.step = task.step;
        }
        self.solve(|simulation, observer| simulation.run_alone(&planned.task, observer))
    }

    /// `run`: the analyses of the cards, each in every step.
    pub(super) fn run_cards(&mut self) -> Result<(), End> {
        self.report.asked = true;
        for planned in self.simulation.analyses() {
            if let Task::Transient(task) = &planned.task {
                self.step = task.step;
            }
        }
        let count = self.simulation.analyses().len();
        if count == 0 {
            return Err(Fault::failed("the netlist has no analysis to run").into());
        }
        for step in 0..self.simulation.n_steps() {
            for index in 0..count {
                let options = RunOptions { analyses: Some(vec![index]), steps: Some(vec![step]) };
                self.solve(|simulation, observer| simulation.run(&options, observer))?;
            }
        }
        Ok(())
    }

    /// Runs analyses and makes pages of their plots.
    fn solve(
        &mut self,
        run: impl FnOnce(&mut crate::Simulation, &mut dyn Observer) -> Result<crate::RunReport, Error>,
    ) -> Result<(), End> {
        let mut tee = Tee { host: self.host, memory: MemorySink::new() };
        let outcome = run(self.simulation, &mut tee);
        let results = tee.memory.into_results();
        for plot in results.plots {
            self.keep(plot);
        }
        match outcome {
            Ok(report) => {
                let cancelled = report.is_cancelled();
                self.report.analyses.extend(report.analyses);
                if cancelled {
                    self.report.cancelled = true;
                    return Err(End::Stop(Stop::Quit));
                }
            }
            Err(error) if error.is_output() => return Err(End::Stop(Stop::Output(error))),
            Err(error) => self.report.errors.push(error),
        }
        Ok(())
    }

    /// Makes a page of a plot.
    pub(super) fn keep(&mut self, plot: Plot) {
        let prefix = match &plot.kind {
            PlotKind::IntegratedNoise => "noise".to_owned(),
            PlotKind::Other(_) => "sp".to_owned(),
            kind => kind.short_name(),
        };
        self.pages.add(plot, &prefix);
    }

    /// Asks for the device quantities and currents that commands mention, because they cannot be had afterwards.
    pub(super) fn watch_mentioned(&mut self, statements: &[Statement]) {
        let mut mentioned: Vec<String> = Vec::new();
        collect(statements, &mut mentioned);
        mentioned.sort();
        mentioned.dedup();
        for name in mentioned {
            // What does not exist is reported where it is used.
            let _ = self.simulation.add_outputs(&name);
        }
    }
}

/// Device quantities `@device[…]` and currents `i(…)` in the phrases of commands.
fn collect(statements: &[Statement], mentioned: &mut Vec<String>) {
    let mut phrases: Vec<&Phrase> = Vec::new();
    for statement in statements {
        match &statement.kind {
            StatementKind::Command(command) => phrases.push(&command.rest),
            StatementKind::If { condition, then, otherwise } => {
                phrases.push(condition);
                collect(then, mentioned);
                collect(otherwise, mentioned);
            }
            StatementKind::While { condition, body, .. } => {
                phrases.push(condition);
                collect(body, mentioned);
            }
            StatementKind::Foreach { values, body, .. } => {
                phrases.push(values);
                collect(body, mentioned);
            }
            StatementKind::Repeat { body, .. } => collect(body, mentioned),
            StatementKind::Break | StatementKind::Continue => {}
        }
    }
    for phrase in phrases {
        let text = phrase.node.to_lowercase();
        for (at, _) in text.match_indices('@') {
            let mut end = at;
            while let Some(close) = text[end..].find(']') {
                end += close + 1;
                // Indices belong to the name of a device: @xb.c[3][5][g], @xb.c[3][5].r1[i].
                if !text[end..].starts_with(['[', '.']) {
                    mentioned.push(text[at..end].to_owned());
                    break;
                }
            }
        }
        for (at, _) in text.match_indices("i(") {
            let is_word = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if let (false, Some(close)) = (is_word, text[at..].find(')')) {
                mentioned.push(text[at..=at + close].to_owned());
            }
        }
    }
    mentioned.retain(|name| !name.contains('$'));
}
