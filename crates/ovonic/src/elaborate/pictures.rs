//! What `.plot` cards say beside signals: their axes, and measures in the place of signals.
//!
//! ```text
//! .plot [analysis] outputs… [vs output] [xlog] [ylog]
//! .plot meas [names…] [vs name] [xlog] [ylog]           what .meas cards find, over what is stepped
//! ```

use super::Elaborator;
use super::arguments::plain;
use super::measures::ANALYSES;
use super::outputs::{Request, Wanted};
use super::scope::ScopeId;
use ovonic_netlist::ast::{Expr, ExprKind, Output, RawArgument};
use ovonic_netlist::{Diagnostic, codes, suggest};

/// What stands for an analysis where measures are plotted.
pub(crate) const MEASURES: &str = "meas";

/// The axes of a `.plot` card.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestedAxes {
    /// Name of the vector on the horizontal axis; the scale if absent.
    pub(crate) over: Option<String>,
    /// That vector, where the analysis has to make it.
    pub(crate) wanted: Option<Wanted>,
    pub(crate) log_x: bool,
    pub(crate) log_y: bool,
}

impl Elaborator {
    /// `.plot meas threshold hold vs overdrive`: what `.meas` cards find over what is stepped.
    pub(super) fn plot_measures(&mut self, card: &Output, request: &mut Request) {
        let known = self.measure_names();
        let mut named = |output: &Expr| match &output.kind {
            ExprKind::Name(name) if known.contains(name) => Some(name.clone()),
            _ => {
                let name = output.to_string();
                let near = suggest(&name, known.iter().map(String::as_str)).map(str::to_owned);
                let message = format!("no .meas card measures \"{name}\"");
                let diagnostic = Diagnostic::error(codes::BAD_OUTPUT_CARD, output.span, message);
                self.reporter.report(diagnostic.did_you_mean(near.as_deref()));
                None
            }
        };
        request.own = card.outputs.iter().filter_map(&mut named).collect();
        request.axes.over = card.axes.over.as_ref().and_then(named);
        self.ignore_params(card);
    }

    /// The names that `.meas` cards give what they measure.
    fn measure_names(&self) -> Vec<String> {
        let cards = self.scopes.table(ScopeId::TOP).cards.measures.iter();
        let names = cards.filter_map(|card| {
            let word = |argument: &'_ RawArgument| match argument {
                RawArgument::Word(word) | RawArgument::Assign { target: word, .. } => {
                    plain(word).map(str::to_owned)
                }
            };
            let first = card.args.first().and_then(word)?;
            let is_analysis = ANALYSES.contains(&first.as_str());
            if is_analysis { card.args.get(1).and_then(word) } else { Some(first) }
        });
        names.collect()
    }

    pub(super) fn ignore_params(&mut self, card: &Output) {
        for param in &card.params {
            self.reporter.report(Diagnostic::warning(
                codes::IGNORED,
                param.span(),
                format!("\"{}\" has no effect here", param.key),
            ));
        }
    }
}
