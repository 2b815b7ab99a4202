//! Control blocks: lines to a tree of commands.
//!
//! What can be checked before anything runs is checked here: that commands exist, that blocks are closed, and that
//! expressions without substitutions are well formed.

mod vector;

pub use vector::{VectorSyntaxError, parse_vectors};

use crate::ast::{Command, ControlBlock, Name, Phrase, Statement, StatementKind, Verb};
use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lines::is_blank;
use crate::source::{Span, Spanned};
use crate::suggest::suggest;

/// All commands that are understood.
const VERBS: &[(&str, Verb)] = &[
    ("op", Verb::Analysis),
    ("dc", Verb::Analysis),
    ("ac", Verb::Analysis),
    ("tran", Verb::Analysis),
    ("noise", Verb::Analysis),
    ("tf", Verb::Analysis),
    ("pz", Verb::Analysis),
    ("trace", Verb::Analysis),
    ("sens", Verb::Analysis),
    ("run", Verb::Run),
    ("print", Verb::Print),
    ("write", Verb::Write),
    ("wrdata", Verb::WriteData),
    ("let", Verb::Let),
    ("unlet", Verb::Unlet),
    ("compose", Verb::Compose),
    ("set", Verb::Set),
    ("unset", Verb::Unset),
    ("strcmp", Verb::CompareText),
    ("setplot", Verb::SetPlot),
    ("setscale", Verb::SetScale),
    ("display", Verb::Display),
    ("destroy", Verb::Destroy),
    ("meas", Verb::Measure),
    ("measure", Verb::Measure),
    ("fourier", Verb::Fourier),
    ("four", Verb::Fourier),
    ("linearize", Verb::Linearize),
    ("linearise", Verb::Linearize),
    ("fft", Verb::Fft),
    ("alter", Verb::Alter),
    ("altermod", Verb::AlterModel),
    ("alterparam", Verb::AlterParameter),
    ("save", Verb::Save),
    ("option", Verb::Options),
    ("options", Verb::Options),
    ("reset", Verb::Reset),
    ("echo", Verb::Echo),
    ("quit", Verb::Quit),
    ("exit", Verb::Quit),
    ("bye", Verb::Quit),
    ("plot", Verb::Ignored),
    ("iplot", Verb::Ignored),
    ("asciiplot", Verb::Ignored),
    ("gnuplot", Verb::Ignored),
    ("hardcopy", Verb::Ignored),
    ("xgraph", Verb::Ignored),
    ("show", Verb::Ignored),
    ("showmod", Verb::Ignored),
    ("listing", Verb::Ignored),
    ("rusage", Verb::Ignored),
    ("version", Verb::Ignored),
    ("status", Verb::Ignored),
    ("state", Verb::Ignored),
    ("settype", Verb::Ignored),
    ("history", Verb::Ignored),
    ("help", Verb::Ignored),
    ("where", Verb::Ignored),
    ("delete", Verb::Ignored),
    ("remzerovec", Verb::Ignored),
    ("unalias", Verb::Ignored),
    ("rehash", Verb::Ignored),
];

/// Commands of ngspice that are refused: they reach beyond the simulation, or stop it halfway for somebody to look.
const REFUSED: &[&str] = &[
    "shell",
    "cd",
    "getcwd",
    "source",
    "circbyline",
    "aspice",
    "rspice",
    "jobs",
    "codemodel",
    "osdi",
    "pre_osdi",
    "pre_codemodel",
    "stop",
    "resume",
    "step",
    "load",
    "edit",
    "snsave",
    "snload",
    "mc_source",
    "disto",
    "sp",
    "pss",
    "spec",
    "psd",
    "define",
    "undefine",
    "alias",
    "goto",
    "label",
    "inventory",
    "remcirc",
    "setcirc",
    "cutout",
    "wrs2p",
    "wrnodev",
    "cross",
    "optran",
    "send",
    "devhelp",
    "cdump",
    "mdump",
    "mrdump",
    "check_ifparm",
    "eprint",
    "esave",
    "eprvcd",
    "bug",
    "shift",
    "let_list",
    "removecirc",
];

/// Words that open, divide or close a block.
const FLOW: [&str; 10] =
    ["if", "else", "end", "while", "dowhile", "repeat", "foreach", "break", "continue", "endif"];

/// An open block and what it collects.
struct Open {
    span: Span,
    keyword: String,
    kind: Kind,
    body: Vec<Statement>,
}

enum Kind {
    If { condition: Phrase, then: Option<Vec<Statement>> },
    While { condition: Phrase, runs_first: bool },
    Repeat { count: Option<Phrase> },
    Foreach { variable: Name, values: Phrase },
}

/// How deep blocks may be nested.
const MAX_DEPTH: usize = 100;

/// Reads the lines of a block: commands without comments, in their original case. With `is_lenient` a command that
/// cannot be read is a warning, because the other simulator goes on with the next one.
pub(crate) fn block(
    span: Span,
    lines: Vec<Spanned<String>>,
    end: Option<Span>,
    is_lenient: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> ControlBlock {
    let mut reader = Reader { open: Vec::new(), statements: Vec::new(), is_lenient, diagnostics };
    for line in lines {
        reader.line(&line);
    }
    reader.finish();
    ControlBlock { span, statements: reader.statements, end }
}

struct Reader<'d> {
    open: Vec<Open>,
    statements: Vec<Statement>,
    is_lenient: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn line(&mut self, line: &Spanned<String>) {
        let text = line.node.as_str();
        let length = text.find(|c: char| is_blank(c)).unwrap_or(text.len());
        let word = text[..length].to_ascii_lowercase();
        let start =
            length + text[length..].len() - text[length..].trim_start_matches(is_blank).len();
        let rest = part(line, start, text.len());
        let name = Name::new(word, part(line, 0, length).span);
        if FLOW.contains(&name.node.as_str()) {
            self.flow(&name, rest, line.span);
            return;
        }
        let Some((_, verb)) = VERBS.iter().find(|(known, _)| *known == name.node) else {
            self.unknown(&name);
            return;
        };
        self.check(*verb, &rest);
        let command = Command { name, verb: *verb, rest };
        self.push(line.span, StatementKind::Command(command));
    }

    fn push(&mut self, span: Span, kind: StatementKind) {
        let statement = Statement { span, kind };
        match self.open.last_mut() {
            Some(open) => open.body.push(statement),
            None => self.statements.push(statement),
        }
    }

    fn flow(&mut self, keyword: &Name, rest: Phrase, span: Span) {
        let kind = match keyword.node.as_str() {
            "if" => {
                self.condition(keyword, &rest).map(|condition| Kind::If { condition, then: None })
            }
            "while" | "dowhile" => {
                let runs_first = keyword.node == "dowhile";
                self.condition(keyword, &rest)
                    .map(|condition| Kind::While { condition, runs_first })
            }
            "repeat" => {
                Some(Kind::Repeat { count: Some(rest).filter(|count| !count.node.is_empty()) })
            }
            "foreach" => self.foreach(keyword, &rest),
            "else" => return self.otherwise(keyword),
            "end" | "endif" => return self.close(keyword),
            "break" => return self.push(span, StatementKind::Break),
            _ => return self.push(span, StatementKind::Continue),
        };
        let Some(kind) = kind else {
            return;
        };
        if self.open.len() >= MAX_DEPTH {
            let message = format!("blocks are nested more than {MAX_DEPTH} deep");
            self.diagnostics.push(Diagnostic::error(codes::NESTED_TOO_DEEP, span, message));
            return;
        }
        self.open.push(Open { span, keyword: keyword.node.clone(), kind, body: Vec::new() });
    }

    fn condition(&mut self, keyword: &Name, rest: &Phrase) -> Option<Phrase> {
        if rest.node.is_empty() {
            let message = format!("\"{keyword}\" needs a condition");
            let diagnostic = Diagnostic::error(codes::BAD_COMMAND, keyword.span, message);
            self.diagnostics.push(diagnostic);
        } else {
            self.vectors(rest);
        }
        Some(rest.clone())
    }

    fn foreach(&mut self, keyword: &Name, rest: &Phrase) -> Option<Kind> {
        let text = rest.node.as_str();
        let length = text.find(|c: char| is_blank(c)).unwrap_or(text.len());
        if length == 0 {
            let message = "\"foreach\" needs the name of a variable and values";
            let diagnostic = Diagnostic::error(codes::BAD_COMMAND, keyword.span, message);
            self.diagnostics.push(diagnostic);
        }
        let variable = part(rest, 0, length);
        let values = part(rest, length, text.len());
        Some(Kind::Foreach { variable, values })
    }

    fn otherwise(&mut self, keyword: &Name) {
        if let Some(Open { kind: Kind::If { then: then @ None, .. }, body, .. }) =
            self.open.last_mut()
        {
            *then = Some(std::mem::take(body));
            return;
        }
        let message = "\"else\" without \"if\"";
        self.diagnostics.push(Diagnostic::error(codes::UNMATCHED_END, keyword.span, message));
    }

    fn close(&mut self, keyword: &Name) {
        let Some(Open { span, kind, body, .. }) = self.open.pop() else {
            let message = format!("\"{keyword}\" closes nothing");
            self.diagnostics.push(Diagnostic::error(codes::UNMATCHED_END, keyword.span, message));
            return;
        };
        let kind = match kind {
            Kind::If { condition, then: Some(then) } => {
                StatementKind::If { condition, then, otherwise: body }
            }
            Kind::If { condition, then: None } => {
                StatementKind::If { condition, then: body, otherwise: Vec::new() }
            }
            Kind::While { condition, runs_first } => {
                StatementKind::While { condition, runs_first, body }
            }
            Kind::Repeat { count } => StatementKind::Repeat { count, body },
            Kind::Foreach { variable, values } => StatementKind::Foreach { variable, values, body },
        };
        self.push(span, kind);
    }

    fn finish(&mut self) {
        for open in std::mem::take(&mut self.open) {
            let message = format!("the \"{}\" has no \"end\"", open.keyword);
            let diagnostic = Diagnostic::error(codes::MISSING_END, open.span, message);
            self.diagnostics.push(diagnostic.label("opened here"));
        }
    }

    fn unknown(&mut self, name: &Name) {
        let diagnostic = if REFUSED.contains(&name.node.as_str()) {
            let message = format!("the command \"{name}\" is not supported");
            Diagnostic::error(codes::NOT_SUPPORTED, name.span, message)
        } else {
            let known = VERBS.iter().map(|(known, _)| *known).chain(FLOW);
            let known: Vec<&str> = known.collect();
            let message = format!("unknown command \"{name}\"");
            Diagnostic::error(codes::UNKNOWN_COMMAND, name.span, message)
                .did_you_mean(suggest(&name.node, known))
        };
        self.tolerate(diagnostic);
    }

    fn tolerate(&mut self, mut diagnostic: Diagnostic) {
        if self.is_lenient {
            diagnostic.severity = Severity::Warning;
        }
        self.diagnostics.push(diagnostic);
    }

    /// Looks at what does not depend on a run.
    fn check(&mut self, verb: Verb, rest: &Phrase) {
        match verb {
            Verb::Print => {
                let (expressions, _) = split_redirection(&rest.node);
                let expressions = expressions.trim_end();
                let options = ["line", "col"].into_iter().find(|word| {
                    expressions.strip_prefix(word).is_some_and(|rest| rest.starts_with(is_blank))
                });
                let start = options.map_or(0, str::len);
                self.vectors(&part(rest, start, expressions.len()));
            }
            Verb::Let => {
                if let Some(equals) = rest.node.find('=') {
                    self.vectors(&part(rest, equals + 1, rest.node.len()));
                }
            }
            _ => {}
        }
    }

    fn vectors(&mut self, phrase: &Phrase) {
        if is_substituted(&phrase.node) {
            return;
        }
        if let Err(error) = parse_vectors(&phrase.node) {
            let span = part(phrase, error.at, phrase.node.len()).span;
            self.tolerate(Diagnostic::error(codes::SYNTAX, span, error.message));
        }
    }
}

/// A line without its comment: `*` or `#` in front, `;` or `$ ` within, except in quotes.
pub(crate) fn without_comment(line: &str) -> &str {
    if line.starts_with(['*', '#']) {
        return "";
    }
    let mut quote = None;
    let bytes = line.as_bytes();
    for (index, c) in line.char_indices() {
        match c {
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            '"' | '\'' | '`' => quote = Some(c),
            ';' => return line[..index].trim_end_matches(is_blank),
            '$' if bytes.get(index + 1).is_none_or(|next| is_blank(char::from(*next)))
                && (index == 0 || is_blank(char::from(bytes[index - 1]))) =>
            {
                return line[..index].trim_end_matches(is_blank);
            }
            _ => {}
        }
    }
    line
}

/// Whether a text changes before it is read.
fn is_substituted(text: &str) -> bool {
    text.contains(['$', '`', '{'])
}

/// Parts `expressions > file` and `expressions >> file`; a comparison needs parentheses where there can be a file, and
/// quotes protect what stands in them.
#[must_use]
pub fn split_redirection(text: &str) -> (&str, Option<(&str, bool)>) {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match c {
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            '"' | '\'' => quote = Some(c),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '>' if depth == 0 => {
                let appends = text[at + 1..].starts_with('>');
                let file = text[at + 1 + usize::from(appends)..].trim();
                return (&text[..at], Some((file, appends)));
            }
            _ => {}
        }
    }
    (text, None)
}

/// Bytes `start..end` of a phrase, without blanks around them.
fn part(phrase: &Phrase, start: usize, end: usize) -> Phrase {
    let text = &phrase.node[start..end];
    let trimmed = text.trim_matches(is_blank);
    let lead = text.len() - text.trim_start_matches(is_blank).len();
    // A command that goes on in a further line is longer than its text; then all of it is meant.
    let is_contiguous = (phrase.span.end - phrase.span.start) as usize == phrase.node.len();
    let span = if is_contiguous {
        let first = phrase.span.start + (start + lead) as u32;
        Span::new(phrase.span.file, first, first + trimmed.len() as u32)
    } else {
        phrase.span
    };
    Spanned::new(trimmed.to_owned(), span)
}
