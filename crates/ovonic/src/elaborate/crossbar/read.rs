//! From a `.crossbar` card to an array: sizes, lines, files and faults, with a report for whatever does not fit.

use super::super::Elaborator;
use super::super::reporter::Reported;
use super::super::scope::{InstanceLine, ScopeId};
use super::ends::{self, Vector};
use super::faults::Faults;
use super::lines::Lines;
use super::values::Values;
use super::{Crossbar, Direction};
use ovonic_netlist::ast::{self, Argument, DataFile, Element, Name, Param, Value, Word};
use ovonic_netlist::{Diagnostic, Span, Spanned, codes};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Keys of the array itself; all others are parameters of its cells.
pub(super) const KEYS: [&str; 18] = [
    "rows",
    "cols",
    "rword",
    "rbit",
    "cword",
    "cbit",
    "rdriver",
    "rsense",
    "rvia",
    "ccell",
    "wfar",
    "bfar",
    "gates",
    "selector",
    "fault",
    "floatword",
    "floatbit",
    "seed",
];

/// More cells than this are not held.
const MAX_CELLS: u64 = 5_000_000;

/// A card that is being read.
pub(super) struct Card<'a> {
    pub(super) element: &'a Element,
    pub(super) body: &'a ast::Crossbar,
    pub(super) scope: ScopeId,
    pub(super) rows: u32,
    pub(super) cols: u32,
}

impl Card<'_> {
    /// The assignment to a key.
    pub(super) fn param(&self, key: &str) -> Option<&Param> {
        // Of several the last one counts, as the parser has warned.
        self.body.params.iter().rev().find(|param| param.key.node == key)
    }

    /// The file that a key names.
    pub(super) fn file(&self, key: &str) -> Option<&DataFile> {
        self.body.files.iter().rev().find(|file| file.key == key)
    }
}

impl Elaborator {
    /// Reads a card and opens the scope of its parts.
    pub(crate) fn open_crossbar(
        &mut self,
        element: &Element,
        body: &ast::Crossbar,
        scope: ScopeId,
    ) -> Result<(Arc<Crossbar>, ScopeId), Reported> {
        let (vectors, cell) = self.crossbar_words(element, body)?;
        let mut card = Card { element, body, scope, rows: 0, cols: 0 };
        card.rows = self.line_count(&card, "rows", &vectors[0])?;
        card.cols = self.line_count(&card, "cols", &vectors[1])?;
        let cells = u64::from(card.rows) * u64::from(card.cols);
        if cells > MAX_CELLS {
            return Err(self.reporter.report(Diagnostic::error(
                codes::TOO_MANY_INSTANCES,
                element.span,
                format!("the array has {cells} cells; {MAX_CELLS} can be held"),
            )));
        }
        let gates = self.gates(&card, vectors.get(2))?;
        let faults = self.faults(&card)?;
        let word = self.lines(&card, Direction::Word, &vectors[0], faults.word);
        let bit = self.lines(&card, Direction::Bit, &vectors[1], faults.bit);
        let devices = self.crossbar_devices(&card, &cell, gates.is_some());
        let via = self.series(&card, "rvia");
        let capacitance = self.optional_values(&card, "ccell", (card.rows, card.cols));
        let (word, bit, (selector, cell)) = (word?, bit?, devices?);
        let mut array = Crossbar {
            span: element.span,
            name: element.name.node.clone(),
            rows: card.rows,
            cols: card.cols,
            word,
            bit,
            gates,
            via: via?,
            selector,
            cell,
            capacitance: capacitance?,
            faults: faults.cells,
        };
        let inner = self.array_scope(&card, &mut array);
        Ok((Arc::new(array), inner))
    }

    /// The vectors of nodes, and the name of the cell.
    fn crossbar_words(
        &mut self,
        element: &Element,
        body: &ast::Crossbar,
    ) -> Result<(Vec<Spanned<Vector>>, Name), Reported> {
        let mut names = Vec::with_capacity(body.words.len());
        for word in &body.words {
            match &word.node {
                Word::Plain(text) | Word::Text(text) => {
                    names.push(Name::new(text.to_lowercase(), word.span));
                }
                Word::Expression(_) => return Err(self.report_vector(word.span)),
            }
        }
        let cell = match names.len() {
            3 | 4 => names.pop(),
            _ => None,
        };
        let Some(cell) = cell else {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::WRONG_NODE_COUNT,
                    element.span,
                    format!(
                        "\"{}\" has {} words, but an array has word lines, bit lines and a cell",
                        element.name,
                        names.len()
                    ),
                )
                .help("for example: .crossbar xb w[1:8] b[1:8] cell rword=1 rbit=1"),
            ));
        };
        let mut vectors = Vec::with_capacity(names.len());
        for name in names {
            match ends::vector(&name.node) {
                Some(vector) => vectors.push(Spanned::new(vector, name.span)),
                None => return Err(self.report_vector(name.span)),
            }
        }
        Ok((vectors, cell))
    }

    fn report_vector(&mut self, span: Span) -> Reported {
        self.reporter.report(
            Diagnostic::error(codes::INVALID_VALUE, span, "this is no vector of nodes")
                .help("a vector of nodes is written w[1:64], or w with rows=64"),
        )
    }

    /// The number of lines: that of the vector, or what a key says.
    fn line_count(
        &mut self,
        card: &Card<'_>,
        key: &str,
        vector: &Spanned<Vector>,
    ) -> Result<u32, Reported> {
        let Some(param) = card.param(key) else {
            return Ok(vector.node.len().unwrap_or(1));
        };
        let value = self.scopes.argument(&mut self.reporter, card.scope, &param.value)?;
        self.structure.extend(&value.dependence);
        let count = value.value;
        if count.fract() != 0.0 || !(1.0..=f64::from(u32::MAX / 2)).contains(&count) {
            return Err(self.reporter.report(Diagnostic::error(
                codes::VALUE_OUT_OF_RANGE,
                param.value.span,
                format!("\"{key}\" = {count} is no number of lines"),
            )));
        }
        let count = count as u32;
        if let Some(found) = vector.node.len()
            && found != count
        {
            return Err(self.report_lengths(vector.span, found, count, key));
        }
        Ok(count)
    }

    fn report_lengths(&mut self, span: Span, found: u32, expected: u32, what: &str) -> Reported {
        self.reporter.report(Diagnostic::error(
            codes::WRONG_NODE_COUNT,
            span,
            format!("the vector has {found} nodes, but the array has {expected} {what}"),
        ))
    }

    /// Names of the nodes of a vector, as long as it has to be.
    fn vector_nodes(
        &mut self,
        vector: &Spanned<Vector>,
        count: u32,
        what: &str,
    ) -> Result<Vec<Name>, Reported> {
        if let Some(found) = vector.node.len()
            && found != count
        {
            return Err(self.report_lengths(vector.span, found, count, what));
        }
        let names = vector.node.names(count).into_iter();
        Ok(names.map(|name| Name::new(name, vector.span)).collect())
    }

    /// Gate lines: one for each row, unless `gates=column`.
    fn gates(
        &mut self,
        card: &Card<'_>,
        vector: Option<&Spanned<Vector>>,
    ) -> Result<Option<(Direction, Vec<Name>)>, Reported> {
        let param = card.param("gates");
        let Some(vector) = vector else {
            return match param {
                None => Ok(None),
                Some(param) => Err(self.reporter.report(
                    Diagnostic::error(
                        codes::MISSING_VALUE,
                        param.span(),
                        "the array has no gate lines",
                    )
                    .help("their nodes stand behind those of the bit lines: w[1:8] b[1:8] g[1:8]"),
                )),
            };
        };
        let direction = match param.map(|param| (&param.value.node, param.value.span)) {
            None => Direction::Word,
            Some((Value::Name(name), _)) if matches!(name.as_str(), "row" | "rows") => {
                Direction::Word
            }
            Some((Value::Name(name), _)) if matches!(name.as_str(), "column" | "col" | "cols") => {
                Direction::Bit
            }
            Some((_, span)) => {
                return Err(self.reporter.report(Diagnostic::error(
                    codes::INVALID_VALUE,
                    span,
                    "\"gates\" is \"row\" or \"column\"",
                )));
            }
        };
        let (count, what) = match direction {
            Direction::Word => (card.rows, "rows"),
            Direction::Bit => (card.cols, "cols"),
        };
        Ok(Some((direction, self.vector_nodes(vector, count, what)?)))
    }

    fn faults(&mut self, card: &Card<'_>) -> Result<Faults, Reported> {
        let Some(param) = card.param("fault") else {
            return Ok(Faults::default());
        };
        let text = self.text(param)?;
        Faults::read(&text, card.rows, card.cols, param.value.span)
            .map_err(|message| self.report_text(param, message))
    }

    /// A value that is a quoted text.
    fn text(&mut self, param: &Param) -> Result<String, Reported> {
        match &param.value.node {
            Value::Text(text) => Ok(text.to_lowercase()),
            _ => Err(self.report_text(param, format!("\"{}\" is a text in quotes", param.key))),
        }
    }

    fn report_text(&mut self, param: &Param, message: String) -> Reported {
        self.reporter.report(Diagnostic::error(codes::INVALID_VALUE, param.value.span, message))
    }

    /// The lines of one direction, with their far ends and their segments.
    fn lines(
        &mut self,
        card: &Card<'_>,
        direction: Direction,
        near: &Spanned<Vector>,
        broken: HashSet<(u32, u32)>,
    ) -> Result<Lines, Reported> {
        let (rows, cols) = (card.rows, card.cols);
        let is_word = direction == Direction::Word;
        let (count, length, shape) =
            if is_word { (rows, cols, (rows, cols + 1)) } else { (cols, rows, (rows + 1, cols)) };
        let key = |word: &'static str, bit: &'static str| if is_word { word } else { bit };
        let what = key("rows", "cols");
        let nodes = self.vector_nodes(near, count, what)?;
        let mut near: Vec<Option<Name>> = nodes.into_iter().map(Some).collect();
        let mut far = self.far_ends(card, key("wfar", "bfar"), count, what)?;
        if let Some(param) = card.param(key("floatword", "floatbit")) {
            let text = self.text(param)?;
            let floating = ends::line_list(&text, count)
                .map_err(|message| self.report_text(param, message))?;
            for line in floating {
                near[line as usize - 1] = None;
                far[line as usize - 1] = None;
            }
        }
        let name = key("rword", "rbit");
        let driver = self.series(card, key("rdriver", "rsense"))?;
        let resistance = self.optional_values(card, name, shape)?;
        let resistance = resistance
            .unwrap_or_else(|| Values::Uniform(Argument::new(Value::Number(0.0), near_span(card))));
        let is_zero = self.is_uniform_zero(card, name, &resistance)?;
        let capacitance = self.optional_values(card, key("cword", "cbit"), (rows, cols))?;
        let mut lines = Lines {
            direction,
            length,
            // Word lines are driven from the left, bit lines end at the bottom.
            ends: if is_word { [near, far] } else { [far, near] },
            driver,
            resistance,
            capacitance,
            broken,
            joined: Vec::new(),
            span: card.element.span,
        };
        lines.join(is_zero);
        Ok(lines)
    }

    fn far_ends(
        &mut self,
        card: &Card<'_>,
        key: &str,
        count: u32,
        what: &str,
    ) -> Result<Vec<Option<Name>>, Reported> {
        let Some(param) = card.param(key) else {
            return Ok(vec![None; count as usize]);
        };
        let text = match &param.value.node {
            Value::Name(text) => text.clone(),
            Value::Number(0.0) => "0".to_owned(),
            _ => return Err(self.report_vector(param.value.span)),
        };
        let Some(vector) = ends::vector(&text) else {
            return Err(self.report_vector(param.value.span));
        };
        let vector = Spanned::new(vector, param.value.span);
        Ok(self.vector_nodes(&vector, count, what)?.into_iter().map(Some).collect())
    }

    /// A resistance in series with something; absent where it is zero.
    fn series(&mut self, card: &Card<'_>, key: &str) -> Result<Option<Argument>, Reported> {
        let Some(param) = card.param(key) else {
            return Ok(None);
        };
        let value = self.positive(card, param)?;
        Ok((value != 0.0).then(|| param.value.clone()))
    }

    /// A number that is not negative; whether it is zero decides on the shape of the circuit.
    pub(super) fn positive(&mut self, card: &Card<'_>, param: &Param) -> Result<f64, Reported> {
        let value = self.scopes.argument(&mut self.reporter, card.scope, &param.value)?;
        if !(value.value >= 0.0 && value.value.is_finite()) {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::VALUE_OUT_OF_RANGE,
                    param.value.span,
                    format!("\"{}\" = {} is out of range", param.key, value.value),
                )
                .label("allowed is zero or more"),
            ));
        }
        if value.value == 0.0 {
            self.structure.extend(&value.dependence);
        }
        Ok(value.value)
    }

    fn is_uniform_zero(
        &mut self,
        card: &Card<'_>,
        key: &str,
        values: &Values,
    ) -> Result<bool, Reported> {
        match (values, card.param(key)) {
            (Values::Uniform(_), None) => Ok(true),
            (Values::Uniform(_), Some(param)) => Ok(self.positive(card, param)? == 0.0),
            _ => Ok(false),
        }
    }

    /// The scope of an array's parts: nodes around it are its ports.
    fn array_scope(&mut self, card: &Card<'_>, array: &mut Crossbar) -> ScopeId {
        let mut ports = HashMap::new();
        let lines = [&array.word, &array.bit];
        let ends = lines.into_iter().flat_map(|lines| lines.ends.iter().flatten().flatten());
        let gates = array.gates.iter().flat_map(|(_, gates)| gates);
        for name in ends.chain(gates) {
            ports.insert(name.node.clone(), self.scopes.node(card.scope, &name.node));
        }
        let (multiplicity, dependence) = self.scopes.multiplicity(card.scope);
        let line = InstanceLine {
            span: card.element.span,
            name: card.element.name.node.clone(),
            multiplicity,
            dependence,
        };
        let inner = self.scopes.open_array(card.scope, line, ports);
        self.opened
            .insert(format!("{}{}", self.scopes.prefix(card.scope), card.element.name), inner);
        inner
    }
}

fn near_span(card: &Card<'_>) -> Span {
    card.element.name.span
}
