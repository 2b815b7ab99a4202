//! Dot cards: the keyword decides what follows.
//!
//! Cards that open or close a block, and cards that name files, come back as such: the parser keeps the blocks.

use super::{analysis, element, output, parameter};
use crate::ast::{
    Analysis, AnalysisKind, Argument, Expr, Global, Item, Model, Name, Options, OutputKind, Param,
    Setting, Subcircuit, Temperature, Word,
};
use crate::codes;
use crate::cursor::{Cursor, Kind};
use crate::diagnostic::Diagnostic;
use crate::expression::Context;
use crate::source::Spanned;
use crate::suggest::suggest;

/// What a dot card asks the parser to do.
#[derive(Debug)]
pub(crate) enum Directive {
    /// Cards to add.
    Items(Vec<Item>),
    /// `.title text`.
    Title(Spanned<String>),
    /// `.include path`.
    Include(Spanned<String>),
    /// `.lib path section`.
    Library {
        /// The file.
        path: Spanned<String>,
        /// The section.
        section: Name,
    },
    /// `.lib word`: the beginning of a section, or a file without sections.
    Section(Spanned<String>),
    /// `.endl [name]`.
    EndSection,
    /// `.subckt`, with an empty body.
    Subcircuit(Subcircuit),
    /// `.ends [name]`.
    EndSubcircuit(Option<Name>),
    /// `.if (condition)`.
    If(Expr),
    /// `.elseif (condition)`.
    ElseIf(Expr),
    /// `.else`.
    Else,
    /// `.endif`.
    EndIf,
    /// `.control`.
    Control,
    /// `.endc` without `.control`.
    EndControl,
    /// `.end`.
    End,
}

/// Directives that are typed here.
const TYPED: [&str; 48] = [
    "title", "param", "params", "csparam", "func", "subckt", "ends", "include", "inc", "incl",
    "lib", "endl", "if", "elseif", "elif", "else", "endif", "global", "model", "ic", "nodeset",
    "options", "option", "opt", "temp", "save", "print", "plot", "probe", "op", "dc", "ac", "tran",
    "noise", "trace", "meas", "measure", "step", "four", "fourier", "tf", "sens", "pz", "end",
    "control", "endc", "macro", "crossbar",
];

/// Directives that other programs know and that elaboration refuses by name.
const OTHER: [&str; 25] = [
    "disto",
    "sp",
    "pss",
    "hb",
    "width",
    "backanno",
    "wave",
    "net",
    "ferret",
    "loadbias",
    "savebias",
    "machine",
    "text",
    "distribution",
    "alter",
    "data",
    "enddata",
    "hdl",
    "pre_osdi",
    "protect",
    "unprotect",
    "preprocess",
    "result",
    "sampling",
    "mc",
];

/// Reads a dot card. `None` means that a diagnostic says why.
pub(crate) fn directive(cursor: &mut Cursor<'_, '_>) -> Option<Directive> {
    let token = cursor.token()?;
    let span = cursor.span(token);
    let keyword = Spanned::new(cursor.text(token)[1..].to_ascii_lowercase(), span);
    let directive = match keyword.node.as_str() {
        "title" => Directive::Title(rest(cursor)),
        "include" | "inc" | "incl" => Directive::Include(path(cursor)?),
        "lib" => library(cursor)?,
        "endl" => Directive::EndSection,
        "subckt" | "macro" => Directive::Subcircuit(subcircuit(cursor)?),
        "ends" | "eom" => Directive::EndSubcircuit(end_subcircuit(cursor)?),
        "if" => Directive::If(condition(cursor)?),
        "elseif" | "elif" => Directive::ElseIf(condition(cursor)?),
        "else" => Directive::Else,
        "endif" => Directive::EndIf,
        "control" => Directive::Control,
        "endc" => Directive::EndControl,
        "end" => Directive::End,
        "param" | "params" | "csparam" => Directive::Items(parameter::params(cursor)?),
        _ => Directive::Items(vec![item(cursor, keyword)?]),
    };
    Some(directive)
}

/// Cards that become one item.
fn item(cursor: &mut Cursor<'_, '_>, keyword: Name) -> Option<Item> {
    let analysis =
        |kind: Option<AnalysisKind>, span| Some(Item::Analysis(Analysis { span, kind: kind? }));
    let span = cursor.card_span();
    match keyword.node.as_str() {
        "func" => parameter::func(cursor).map(Item::Function),
        "model" => model(cursor).map(Item::Model),
        "crossbar" => element::crossbar(cursor).map(|array| Item::Element(Box::new(array))),
        "global" => global(cursor).map(Item::Global),
        "options" | "option" | "opt" => options(cursor).map(Item::Options),
        "temp" => temperature(cursor).map(Item::Temperature),
        "ic" => output::conditions(cursor).map(Item::InitialConditions),
        "nodeset" => output::conditions(cursor).map(Item::NodeSet),
        "print" => output::output(cursor, OutputKind::Print).map(Item::Output),
        "plot" => output::output(cursor, OutputKind::Plot).map(Item::Output),
        "save" => output::output(cursor, OutputKind::Save).map(Item::Output),
        "probe" => output::output(cursor, OutputKind::Probe).map(Item::Output),
        "op" => analysis(analysis::operating_point(cursor), span),
        "dc" => analysis(analysis::dc(cursor), span),
        "ac" => analysis(analysis::ac(cursor), span),
        "tran" => analysis(analysis::transient(cursor), span),
        "noise" => analysis(analysis::noise(cursor), span),
        "trace" => analysis(analysis::trace(cursor), span),
        "meas" | "measure" => output::raw(cursor, keyword).map(Item::Measure),
        "sens" => analysis(analysis::sensitivity(cursor), span),
        "tf" => analysis(analysis::transfer_function(cursor), span),
        "pz" => analysis(analysis::pole_zero(cursor), span),
        "step" => analysis::step(cursor).map(Item::Step),
        "four" | "fourier" => output::fourier(cursor).map(Item::Fourier),
        other if OTHER.contains(&other) => output::raw(cursor, keyword).map(Item::Other),
        _ => unknown(cursor, &keyword),
    }
}

fn unknown<T>(cursor: &mut Cursor<'_, '_>, keyword: &Name) -> Option<T> {
    let message = format!("unknown directive \".{keyword}\"");
    let mut diagnostic = Diagnostic::error(codes::UNKNOWN_DIRECTIVE, keyword.span, message);
    if let Some(candidate) = suggest(&keyword.node, TYPED.iter().copied()) {
        diagnostic = diagnostic.fix(keyword.span, format!(".{candidate}"));
    }
    cursor.fail(diagnostic)
}

/// What is left of the card, in its original case.
fn rest(cursor: &mut Cursor<'_, '_>) -> Spanned<String> {
    let start = cursor.peek().map_or(cursor.line.text.len(), |token| token.start);
    let end = cursor.line.text.len();
    cursor.seek(end);
    Spanned::new(cursor.line.text[start..].to_owned(), cursor.line.span(start, end))
}

/// A path: quoted, or everything up to the end of the card.
fn path(cursor: &mut Cursor<'_, '_>) -> Option<Spanned<String>> {
    let path = rest(cursor);
    let Some(quote) = path.node.chars().next() else {
        let diagnostic = Diagnostic::error(
            codes::MISSING_NAME,
            cursor.end_span(),
            "the name of a file is missing",
        );
        return cursor.fail(diagnostic);
    };
    if quote != '"' && quote != '\'' {
        return Some(path);
    }
    match path.node[1..].split_once(quote) {
        Some((inner, "")) => Some(Spanned::new(inner.to_owned(), path.span)),
        Some((_, extra)) => {
            let message = format!("found \"{}\" behind the name of the file", extra.trim());
            cursor.fail(Diagnostic::error(codes::TOO_MANY_WORDS, path.span, message))
        }
        None => cursor.fail(Diagnostic::error(
            codes::UNTERMINATED_QUOTE,
            path.span,
            "this text is not closed",
        )),
    }
}

/// `.lib path section` or `.lib word`.
fn library(cursor: &mut Cursor<'_, '_>) -> Option<Directive> {
    let all = rest(cursor);
    let start = cursor.line.text.len() - all.node.len();
    let (word, behind) = match all.node.chars().next() {
        None => {
            let message = "the name of a file or section is missing";
            return cursor.fail(Diagnostic::error(codes::MISSING_NAME, cursor.end_span(), message));
        }
        Some(quote @ ('"' | '\'')) => match all.node[1..].find(quote) {
            Some(length) => (1..1 + length, length + 2),
            None => {
                let message = "this text is not closed";
                return cursor.fail(Diagnostic::error(
                    codes::UNTERMINATED_QUOTE,
                    all.span,
                    message,
                ));
            }
        },
        Some(_) => {
            let length = all.node.find(char::is_whitespace).unwrap_or(all.node.len());
            (0..length, length)
        }
    };
    let path = Spanned::new(all.node[word].to_owned(), cursor.line.span(start, start + behind));
    cursor.seek(start + behind);
    if cursor.is_done() {
        return Some(Directive::Section(path));
    }
    let section = cursor.name(codes::MISSING_NAME, "a section")?;
    cursor.finish()?;
    Some(Directive::Library { path, section })
}

fn end_subcircuit(cursor: &mut Cursor<'_, '_>) -> Option<Option<Name>> {
    if cursor.is_done() {
        return Some(None);
    }
    let name = cursor.name(codes::MISSING_NAME, "a subcircuit")?;
    cursor.finish()?;
    Some(Some(name))
}

/// `.subckt name ports… [params:] key=default …`.
fn subcircuit(cursor: &mut Cursor<'_, '_>) -> Option<Subcircuit> {
    let span = cursor.card_span();
    let name = cursor.name(codes::MISSING_NAME, "the name of the subcircuit")?;
    let (words, params) = cursor.words_and_params()?;
    let mut ports = Vec::with_capacity(words.len());
    for word in words {
        match word.node {
            Word::Plain(text) if text == "params:" => {}
            Word::Plain(text) if text == "optional:" || text == "text:" => {
                let message = format!("\"{text}\" of a subcircuit is not supported");
                return cursor.fail(Diagnostic::error(codes::NOT_SUPPORTED, word.span, message));
            }
            Word::Plain(text) | Word::Text(text) => {
                ports.push(Spanned::new(text.to_ascii_lowercase(), word.span))
            }
            Word::Expression(_) => {
                let message = "a port is a name, not an expression";
                return cursor.fail(Diagnostic::error(codes::MISSING_NODE, word.span, message));
            }
        }
    }
    Some(Subcircuit { span, name, ports, params, items: Vec::new(), end: None })
}

fn condition(cursor: &mut Cursor<'_, '_>) -> Option<Expr> {
    let condition = cursor.expression(Context::Value)?;
    cursor.finish()?;
    Some(condition)
}

/// `.model name kind (key=value …)`.
fn model(cursor: &mut Cursor<'_, '_>) -> Option<Model> {
    let span = cursor.card_span();
    let name = cursor.name(codes::BAD_MODEL_CARD, "the name of the model")?;
    if let Some(kind) = cursor.peek_word().filter(|word| word.starts_with("ako")) {
        let span = cursor.peek().map_or(span, |token| cursor.span(token));
        let message = format!("\"{kind}\": models derived from others are not supported");
        let diagnostic = Diagnostic::error(codes::BAD_MODEL_CARD, span, message)
            .help("copy the parameters of that model");
        return cursor.fail(diagnostic);
    }
    cursor.skip_separators();
    let kind = cursor.name(codes::BAD_MODEL_CARD, "the kind of the model")?;
    let (words, params) = cursor.words_and_params()?;
    let mut flags = Vec::new();
    for word in words {
        match word.node {
            Word::Plain(text) => flags.push(Spanned::new(text, word.span)),
            Word::Text(_) | Word::Expression(_) => {
                let message = "found a value without a name on a model card";
                return cursor.fail(Diagnostic::error(codes::BAD_MODEL_CARD, word.span, message));
            }
        }
    }
    Some(Model { span, name, kind, params, flags })
}

fn global(cursor: &mut Cursor<'_, '_>) -> Option<Global> {
    let span = cursor.card_span();
    let mut nodes = vec![cursor.node()?];
    while !cursor.is_done() {
        nodes.push(cursor.node()?);
    }
    Some(Global { span, nodes })
}

fn options(cursor: &mut Cursor<'_, '_>) -> Option<Options> {
    let span = cursor.card_span();
    let mut settings = Vec::new();
    while !cursor.is_done() {
        if cursor.is_assignment() {
            let Param { key, value } = cursor.param()?;
            settings.push(Setting { name: key, value: Some(value) });
        } else {
            settings.push(Setting {
                name: cursor.name(codes::MISSING_NAME, "an option")?,
                value: None,
            });
        }
    }
    Some(Options { span, settings })
}

fn temperature(cursor: &mut Cursor<'_, '_>) -> Option<Temperature> {
    let span = cursor.card_span();
    if cursor.is_next(Kind::Equals) {
        cursor.token();
    }
    let mut values: Vec<Argument> = vec![cursor.argument("a temperature")?];
    while let Some(value) = cursor.optional_argument("a temperature")? {
        values.push(value);
    }
    Some(Temperature { span, values })
}

/// True if a first line would be a directive if it were not the title.
pub(crate) fn is_directive(text: &str) -> bool {
    let word = text.split(char::is_whitespace).next().unwrap_or("");
    let keyword = word.strip_prefix('.').map(str::to_ascii_lowercase);
    keyword.is_some_and(|keyword| TYPED.contains(&keyword.as_str()) && keyword != "title")
}
