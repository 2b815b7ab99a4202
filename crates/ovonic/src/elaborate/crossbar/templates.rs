//! Parts that differ in name and nodes only are drafted once.
//!
//! A million segments of line have one resistance; they share its parameters, and nobody reads them a million times.

use super::super::Elaborator;
use super::super::draft::Draft;
use super::super::expand::Made;
use super::super::reporter::Reported;
use super::super::scope::ScopeId;
use super::Block;
use ovonic_netlist::ast::{Element, ElementBody};
use std::collections::HashMap;

/// The first draft of each block whose parts are all alike, by the scope of the array.
pub(crate) type Templates = HashMap<(ScopeId, Block), Draft>;

impl Elaborator {
    /// The instances that a part of an array or a line of its own stands for.
    pub(crate) fn draft_made(
        &mut self,
        element: &Element,
        made: &Made,
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        let block = match made {
            Made::Part(array, place) => array.uniform_block(*place as usize),
            _ => None,
        };
        let Some(block) = block else {
            return self.draft(element, scope);
        };
        if let Some(template) = self.templates.get(&(scope, block)) {
            return Ok(vec![self.like(template, element, scope)]);
        }
        let drafts = self.draft(element, scope)?;
        if let [draft] = &drafts[..] {
            self.templates.insert((scope, block), draft.clone());
        }
        Ok(drafts)
    }

    /// A draft with another name at other nodes.
    fn like(&self, template: &Draft, element: &Element, scope: ScopeId) -> Draft {
        let node = |name: &str| self.scopes.node(scope, name);
        let terminals = match &element.body {
            ElementBody::Resistor(body) | ElementBody::Capacitor(body) => {
                body.nodes.iter().map(|name| node(&name.node)).collect()
            }
            ElementBody::Instance(body) => {
                let nodes = body.words.split_last().map_or(&[][..], |(_, nodes)| nodes);
                nodes.iter().filter_map(|word| Some(node(word.node.text()?))).collect()
            }
            _ => unreachable!("alike are resistors, capacitors and instances of a model"),
        };
        let name = self.scopes.device(scope, &element.name.node);
        let mut draft = template.clone();
        draft.environment.variation = self.environment.variation.of_instance(&name);
        draft.name = name;
        draft.terminals = terminals;
        draft
    }
}
