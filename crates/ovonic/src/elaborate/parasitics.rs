//! Parasitics that stand on the line of a source, a capacitor or an inductor, as elements of their own.
//!
//! ```text
//! C1 a b 1u Rser=r Lser=l Rpar=p Cpar=c
//!
//! a ──┬── Rser ── Lser ── C1 ──┬── b
//!     ├────────── Rpar ────────┤
//!     └────────── Cpar ────────┘
//! ```
//!
//! The element keeps its name and its current; the others are called `rser#c1` and so on, the nodes in between `c1#1` and
//! `c1#2`. A resistance of zero adds nothing.

use ovonic_netlist::Spanned;
use ovonic_netlist::ast::{Element, ElementBody, Name, Param, Passive, Value};

/// The element, and those that its parasitics are.
pub(super) fn parted(mut element: Element) -> Vec<Element> {
    let name = element.name.node.clone();
    let (nodes, params, keys): (&mut [Name; 2], &mut Vec<Param>, &[&str]) = match &mut element.body
    {
        ElementBody::Capacitor(body) => {
            (&mut body.nodes, &mut body.params, &["rser", "lser", "rpar", "cpar"])
        }
        ElementBody::Inductor(body) => {
            (&mut body.nodes, &mut body.params, &["rser", "rpar", "cpar"])
        }
        ElementBody::VoltageSource(body) => (&mut body.nodes, &mut body.params, &["rser", "cpar"]),
        _ => return vec![element],
    };
    let is_parasitic = |param: &Param| keys.contains(&param.key.node.as_str());
    if !params.iter().any(is_parasitic) {
        return vec![element];
    }
    let (parasitic, own): (Vec<Param>, Vec<Param>) = params.drain(..).partition(is_parasitic);
    *params = own;
    let ends = nodes.clone();
    let mut added = Vec::new();
    let mut count = 0;
    for param in parasitic {
        let key = param.key.node.as_str();
        if param.value.node == Value::Number(0.0) {
            continue;
        }
        let between = if key.ends_with("ser") {
            count += 1;
            let inner = Name::new(format!("{name}#{count}"), nodes[0].span);
            let outer = std::mem::replace(&mut nodes[0], inner.clone());
            [outer, inner]
        } else {
            ends.clone()
        };
        let span = param.span();
        let letter = key[..1].to_owned();
        let value = Param { key: Spanned::new(letter.clone(), param.key.span), value: param.value };
        let passive = Passive { nodes: between, words: Vec::new(), params: vec![value] };
        added.push(Element {
            name: Name::new(format!("{key}#{name}"), param.key.span),
            span,
            body: match letter.as_str() {
                "r" => ElementBody::Resistor(passive),
                "l" => ElementBody::Inductor(passive),
                _ => ElementBody::Capacitor(passive),
            },
        });
    }
    added.insert(0, element);
    added
}
