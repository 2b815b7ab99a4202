//! Element lines: the letter decides the shape.

use super::{controlled, waveform};
use crate::ast::{
    Coupling, Crossbar, Element, ElementBody, Instance, Kinded, Line, ModelledLine, Name, Passive,
    Word,
};
use crate::codes;
use crate::cursor::{Cursor, Kind, lower, shorten};
use crate::diagnostic::Diagnostic;
use crate::number;
use crate::source::Spanned;

/// Reads an element line.
pub(crate) fn element(cursor: &mut Cursor<'_, '_>) -> Option<Element> {
    let span = cursor.card_span();
    let token = cursor.peek()?;
    if token.kind != Kind::Word {
        return unknown(cursor);
    }
    if cursor.is_assignment() {
        let name = lower(cursor.text(token));
        let message = format!("\"{name}\" is assigned to outside any card");
        let help = format!("parameters are defined by .param {name}=...");
        return cursor.fail(
            Diagnostic::error(codes::UNKNOWN_ELEMENT, cursor.span(token), message).help(help),
        );
    }
    let name = cursor.name(codes::MISSING_NAME, "a name")?;
    let letter = name.node.chars().next()?;
    let body = match letter {
        'r' => ElementBody::Resistor(passive(cursor)?),
        'c' => ElementBody::Capacitor(passive(cursor)?),
        'l' => ElementBody::Inductor(passive(cursor)?),
        'k' => ElementBody::Coupling(coupling(cursor)?),
        'v' => ElementBody::VoltageSource(waveform::source(cursor)?),
        'i' => ElementBody::CurrentSource(waveform::source(cursor)?),
        'e' => ElementBody::VoltageControlledVoltage(controlled::by_voltage(cursor)?),
        'g' => ElementBody::VoltageControlledCurrent(controlled::by_voltage(cursor)?),
        'f' => ElementBody::CurrentControlledCurrent(controlled::by_current(cursor)?),
        'h' => ElementBody::CurrentControlledVoltage(controlled::by_current(cursor)?),
        'b' => ElementBody::Behavioral(controlled::behavioral(cursor)?),
        's' => ElementBody::VoltageSwitch(controlled::voltage_switch(cursor)?),
        'w' => ElementBody::CurrentSwitch(controlled::current_switch(cursor)?),
        't' => ElementBody::Line(line(cursor)?),
        'o' => ElementBody::LossyLine(modelled_line(cursor)?),
        'd' | 'q' | 'j' | 'm' | 'z' | 'n' | 'x' | 'a' | 'u' | 'p' => {
            ElementBody::Instance(instance(cursor)?)
        }
        'y' => return kinded(cursor, name),
        _ => return unknown(cursor),
    };
    Some(Element { name, span, body })
}

fn unknown<T>(cursor: &mut Cursor<'_, '_>) -> Option<T> {
    cursor.seek(0);
    let token = cursor.peek()?;
    let text = shorten(cursor.text(token));
    let message = format!("no element starts like \"{text}\"");
    let diagnostic = Diagnostic::error(codes::UNKNOWN_ELEMENT, cursor.span(token), message)
        .help("a comment starts with \"*\", a continuation with \"+\", a directive with \".\"");
    cursor.fail(diagnostic)
}

/// R, C, L.
fn passive(cursor: &mut Cursor<'_, '_>) -> Option<Passive> {
    let nodes = cursor.nodes()?;
    let (mut words, params) = cursor.words_and_params()?;
    for word in &mut words {
        let Word::Plain(text) = &mut word.node else {
            continue;
        };
        if let Ok(number) = number::read(text) {
            cursor.warn_ambiguous(text, word.span, number.ambiguity);
        } else if let Some(value) = cursor.lenient_number(text, word.span) {
            *text = format!("{value:?}");
        }
    }
    if let Some(word) = words.get(2) {
        let message = "a value and a model are all that can stand here".to_owned();
        return cursor.fail(Diagnostic::error(codes::TOO_MANY_WORDS, word.span, message));
    }
    if words.is_empty() && params.is_empty() {
        let diagnostic = Diagnostic::error(
            codes::MISSING_VALUE,
            cursor.end_span(),
            "a value or a model is missing",
        );
        return cursor.fail(diagnostic);
    }
    Some(Passive { nodes, words, params })
}

/// K.
fn coupling(cursor: &mut Cursor<'_, '_>) -> Option<Coupling> {
    let mut inductors = Vec::new();
    while cursor.peek_word().is_some_and(|word| number::read(&word).is_err()) {
        inductors.push(cursor.name(codes::MISSING_NAME, "an inductor")?);
    }
    if inductors.len() < 2 {
        let message = "a coupling needs two inductors or more";
        return cursor.fail(Diagnostic::error(codes::MISSING_NAME, cursor.card_span(), message));
    }
    // K=0.9 or COUPLING=0.9 is as good as the bare value.
    let coefficient = if cursor.is_assignment() {
        let param = cursor.param()?;
        if !matches!(param.key.node.as_str(), "k" | "coupling") {
            let message = "the coupling coefficient is missing";
            return cursor.fail(Diagnostic::error(codes::MISSING_VALUE, param.span(), message));
        }
        param.value
    } else {
        cursor.argument("the coupling coefficient")?
    };
    let params = cursor.params()?;
    Some(Coupling { inductors, coefficient, params })
}

/// T.
fn line(cursor: &mut Cursor<'_, '_>) -> Option<Line> {
    Some(Line { nodes: cursor.nodes()?, params: cursor.params()? })
}

/// O.
fn modelled_line(cursor: &mut Cursor<'_, '_>) -> Option<ModelledLine> {
    let nodes = cursor.nodes()?;
    let model = cursor.name(codes::MISSING_NAME, "a model")?;
    Some(ModelledLine { nodes, model, params: cursor.params()? })
}

/// D, Q, J, M, Z, N, X, A, U.
fn instance(cursor: &mut Cursor<'_, '_>) -> Option<Instance> {
    let (mut words, params) = cursor.words_and_params()?;
    words.retain(|word| !matches!(&word.node, Word::Plain(text) if text == "params:"));
    if words.is_empty() {
        return cursor.fail(Diagnostic::error(
            codes::MISSING_NODE,
            cursor.end_span(),
            "nodes and a model are missing",
        ));
    }
    Some(Instance { words, params })
}

/// Y: `YKIND name …`; a Y with a number is a line of another program and stays an instance.
fn kinded(cursor: &mut Cursor<'_, '_>, first: Name) -> Option<Element> {
    let span = cursor.card_span();
    let kind = &first.node[1..];
    if kind.is_empty() || kind.starts_with(|c: char| c.is_ascii_digit()) {
        let body = ElementBody::Instance(instance(cursor)?);
        return Some(Element { name: first, span, body });
    }
    let own = cursor.name(codes::MISSING_NAME, "a name behind the kind")?;
    let Instance { words, params } = instance(cursor)?;
    let name = Spanned::new(lower(&format!("{first}!{own}")), own.span);
    let kind = Spanned::new(kind.to_owned(), first.span);
    Some(Element { name, span, body: ElementBody::Kinded(Kinded { kind, words, params }) })
}

/// `.crossbar name lines… cell key=value …`; the keyword has been read.
pub(crate) fn crossbar(cursor: &mut Cursor<'_, '_>) -> Option<Element> {
    let span = cursor.card_span();
    let name = cursor.name(codes::MISSING_NAME, "a name for the array")?;
    let Instance { words, params } = instance(cursor)?;
    let body = Crossbar { words, params, files: Vec::new() };
    Some(Element { name, span, body: ElementBody::Crossbar(body) })
}
