//! `.four` cards: whose harmonics are wanted.

use super::Elaborator;
use super::outputs::Request;
use super::pictures::RequestedAxes;
use ovonic_circuit::Circuit;
use ovonic_netlist::ast::OutputKind;
use ovonic_netlist::{Diagnostic, Span, codes};

/// One `.four` card.
#[derive(Clone, Debug)]
pub(crate) struct Fourier {
    pub(crate) span: Span,
    /// The fundamental, Hz.
    pub(crate) frequency: f64,
    /// Names of the vectors.
    pub(crate) signals: Vec<String>,
}

impl Elaborator {
    /// The `.four` cards of the netlist, with the outputs that they need.
    pub(crate) fn fouriers(&mut self, circuit: &Circuit) -> (Vec<Fourier>, Vec<Request>) {
        let cards = self.scopes.table(super::ScopeId::TOP).cards.fouriers.clone();
        let mut fouriers = Vec::new();
        let mut requests = Vec::new();
        for card in &cards {
            // What is wrong with it has been reported.
            let Ok(frequency) = self.top(&card.frequency) else { continue };
            if frequency <= 0.0 {
                self.reporter.report(Diagnostic::error(
                    codes::BAD_ANALYSIS_ARGUMENT,
                    card.frequency.span,
                    format!("the fundamental {frequency} Hz is not positive"),
                ));
                continue;
            }
            let wanted = card.outputs.iter().map(|output| self.wanted(output, circuit));
            let outputs: Vec<_> = wanted.collect::<Vec<_>>().into_iter().flatten().collect();
            let signals = outputs.iter().map(|wanted| wanted.name.clone()).collect();
            fouriers.push(Fourier { span: card.span, frequency, signals });
            requests.push(Request {
                analysis: Some("tran".to_owned()),
                kind: OutputKind::Probe,
                all: false,
                own: Vec::new(),
                outputs,
                axes: RequestedAxes::default(),
            });
        }
        (fouriers, requests)
    }
}
