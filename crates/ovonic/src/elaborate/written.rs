//! Where a parameter was written that an instance turned out not to be able to have.
//!
//! Parameters can contradict each other only once all of them are known, when the line and the card that they come from
//! have been left behind; this looks for them again.

use super::Elaborator;
use super::expand::Record;
use super::scope::ScopeId;
use ovonic_device::{Kind, ParamError, find_param};
use ovonic_netlist::Span;
use ovonic_netlist::ast::{Element, ElementBody, Model, Param, Value};
use std::sync::Arc;

impl Elaborator {
    /// Where the first of the parameters that an error speaks of is set: on the instance's line, else on its model card,
    /// else on the card of a cell's part. `None` if all of them have their defaults.
    pub(crate) fn written(&self, record: &Record, kind: &Kind, error: &ParamError) -> Option<Span> {
        let element = record.element()?;
        let (line, words) = said(&element);
        let cards: Vec<Arc<Model>> =
            words.iter().flat_map(|word| self.cards(record.scope, word)).collect();
        let set = |params: &[Param], name: &str| {
            let wanted = find_param(kind.params, name);
            let found = params.iter().find(|param| {
                wanted.is_some() && find_param(kind.params, &param.key.node) == wanted
            });
            found.map(Param::span)
        };
        let fits =
            |card: &&Arc<Model>| kind.model_types.iter().any(|known| known.word == card.kind.node);
        names(error).iter().find_map(|name| {
            let on_card = || cards.iter().filter(fits).find_map(|card| set(&card.params, name));
            set(line, name).or_else(on_card)
        })
    }

    /// The card that a word names, and those that it names in its turn.
    fn cards(&self, scope: ScopeId, word: &str) -> Vec<Arc<Model>> {
        let Some((card, home)) = self.scopes.model(scope, word) else {
            return Vec::new();
        };
        let parts = card.params.iter().filter_map(|param| match &param.value.node {
            Value::Name(name) => Some(self.scopes.model(home, name)?.0),
            _ => None,
        });
        let parts: Vec<Arc<Model>> = parts.collect();
        std::iter::once(card).chain(parts).collect()
    }
}

/// Parameters that an error speaks of: its own, and those that its reason quotes.
fn names(error: &ParamError) -> Vec<&'static str> {
    match error {
        ParamError::Inconsistent { name, reason, .. } => {
            let quoted = reason.split('"').skip(1).step_by(2);
            std::iter::once(*name).chain(quoted).collect()
        }
        ParamError::OutOfRange { name, .. }
        | ParamError::NotWhole { name, .. }
        | ParamError::Missing { name } => vec![name],
    }
}

/// Parameters of an element's line, and the words among which its model is.
fn said(element: &Element) -> (&[Param], Vec<&str>) {
    let (params, words) = match &element.body {
        ElementBody::Instance(body) => (&body.params, &body.words),
        ElementBody::Kinded(body) => (&body.params, &body.words),
        ElementBody::Resistor(body)
        | ElementBody::Capacitor(body)
        | ElementBody::Inductor(body) => (&body.params, &body.words),
        ElementBody::VoltageSwitch(body) => return (&body.params, vec![&body.model.node]),
        ElementBody::CurrentSwitch(body) => return (&body.params, vec![&body.model.node]),
        ElementBody::Line(body) => return (&body.params, Vec::new()),
        _ => return (&[], Vec::new()),
    };
    (params, words.iter().filter_map(|word| word.node.text()).collect())
}
