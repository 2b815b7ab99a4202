//! Expressions: precedence climbing over one logical line.
//!
//! From loose to tight: `?:`, `||`, `&&`, `== !=`, `< <= > >=`, `+ -`, `* / \ %`, prefix `- + !`, `^ **`. So `-2^2` is
//! -4. A chain of powers is read from the left, because ngspice does so everywhere and decks depend on it; a warning
//! asks for parentheses, because most other languages read it from the right. Depth is limited, because everything
//! that walks the tree later recurses.

mod lexer;

use self::lexer::{POWER, Probe, binding, is_name_part, is_name_start, operator, probe};
use crate::ast::{BinaryOp, Expr, ExprKind, Name, UnaryOp};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lines::{Line, is_blank};
use crate::number;
use crate::source::{FileId, Span, Spanned};

/// The length of an index such as `[3]` that belongs to the name of a device, because another bracket or the name of
/// something inside it follows.
pub(crate) fn index_length(text: &str) -> Option<usize> {
    let close = text.find(']')?;
    let is_index = text.starts_with('[')
        && close > 1
        && text[1..close].bytes().all(|byte| byte.is_ascii_digit())
        && text[close + 1..].starts_with(['[', '.']);
    is_index.then_some(close + 1)
}

/// How deep parentheses, prefix operators and conditionals may be nested.
const MAX_NESTING: usize = 100;

/// How deep the tree may become; a sum of a thousand terms is that deep.
const MAX_DEPTH: usize = 1000;

/// Reads a whole text as an expression; `offset` is where the text begins in its file.
///
/// Warnings come back beside the expression.
///
/// # Errors
/// The diagnostic that says where the text stops being an expression.
pub fn parse_expression(
    text: &str,
    file: FileId,
    offset: u32,
) -> Result<(Expr, Vec<Diagnostic>), Box<Diagnostic>> {
    let line = Line::whole(file, text, offset);
    let mut warnings = Vec::new();
    let expr = whole(&line, 0, text.len(), Context::Value, &mut warnings)?;
    Ok((expr, warnings))
}

/// Where an expression stands decides what `vm(…)` and `@…` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// In a value: `v(a)` and `i(v1)` only.
    Value,
    /// In an output: also `vdb(a)`, `ip(v1)` and their like.
    Output,
}

/// Reads `start..end` of a line as one expression.
pub(crate) fn whole(
    line: &Line<'_>,
    start: usize,
    end: usize,
    context: Context,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Expr, Box<Diagnostic>> {
    let mut parser = ExpressionParser::new(line, start, end, context, warnings);
    let expr = parser.expression()?;
    match parser.at_end() {
        true => Ok(expr),
        false => Err(parser.unexpected("an operator")),
    }
}

/// Reads the longest expression at the start of `start..end` and says where it ends.
pub(crate) fn prefix(
    line: &Line<'_>,
    start: usize,
    end: usize,
    context: Context,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(Expr, usize), Box<Diagnostic>> {
    let mut parser = ExpressionParser::new(line, start, end, context, warnings);
    let expr = parser.expression()?;
    Ok((expr, parser.position))
}

type ExprResult = Result<Measured, Box<Diagnostic>>;

/// An expression and the depth of its tree.
struct Measured {
    expr: Expr,
    depth: usize,
}

struct ExpressionParser<'a, 'l> {
    line: &'a Line<'l>,
    text: &'a str,
    position: usize,
    nesting: usize,
    context: Context,
    warnings: &'a mut Vec<Diagnostic>,
}

impl<'a, 'l> ExpressionParser<'a, 'l> {
    fn new(
        line: &'a Line<'l>,
        start: usize,
        end: usize,
        context: Context,
        warnings: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let text = &line.text[..end];
        ExpressionParser { line, text, position: start, nesting: 0, context, warnings }
    }

    fn expression(&mut self) -> Result<Expr, Box<Diagnostic>> {
        Ok(self.conditional()?.expr)
    }

    fn conditional(&mut self) -> ExprResult {
        self.enter()?;
        let condition = self.binary(0)?;
        let result = if self.take('?') {
            let then = self.conditional()?;
            self.expect(':', "\":\" of the conditional")?;
            let otherwise = self.conditional()?;
            let span = condition.expr.span.to(otherwise.expr.span);
            let depth = condition.depth.max(then.depth).max(otherwise.depth);
            let kind = ExprKind::Conditional {
                condition: Box::new(condition.expr),
                then: Box::new(then.expr),
                otherwise: Box::new(otherwise.expr),
            };
            self.node(kind, span, depth)?
        } else {
            condition
        };
        self.nesting -= 1;
        Ok(result)
    }

    /// Operators that bind at least as tightly as `least`, from the left.
    fn binary(&mut self, least: u8) -> ExprResult {
        let mut left = self.unary()?;
        let mut is_chain = false;
        while let Some((op, length)) = self.peek_operator() {
            let strength = binding(op);
            if strength < least {
                break;
            }
            self.position += length;
            let right =
                if op == BinaryOp::Power { self.exponent()? } else { self.binary(strength + 1)? };
            let span = left.expr.span.to(right.expr.span);
            if op == BinaryOp::Power && is_chain {
                self.warn_chain(span);
            }
            is_chain = op == BinaryOp::Power;
            let depth = left.depth.max(right.depth);
            let kind =
                ExprKind::Binary { op, left: Box::new(left.expr), right: Box::new(right.expr) };
            left = self.node(kind, span, depth)?;
        }
        Ok(left)
    }

    /// Prefix operators before a power: `-2^2` is -(2^2).
    fn unary(&mut self) -> ExprResult {
        self.prefixed(|parser| parser.binary(POWER))
    }

    /// The right-hand side of a power: prefix operators bind to it alone, `2^-1^2` is (2^(-1))^2.
    fn exponent(&mut self) -> ExprResult {
        self.prefixed(|parser| parser.exponent())
    }

    fn prefixed(&mut self, operand: impl FnOnce(&mut Self) -> ExprResult) -> ExprResult {
        self.skip_blanks();
        let start = self.position;
        let op = match self.text[start..].chars().next() {
            Some('-') => Some(UnaryOp::Negate),
            Some('!' | '~') => Some(UnaryOp::Not),
            Some('+') => None,
            _ => return self.primary(),
        };
        self.position += 1;
        self.enter()?;
        let operand = operand(self)?;
        self.nesting -= 1;
        let Some(op) = op else { return Ok(operand) };
        let span = self.line.span(start, start + 1).to(operand.expr.span);
        let depth = operand.depth;
        self.node(ExprKind::Unary { op, operand: Box::new(operand.expr) }, span, depth)
    }

    fn primary(&mut self) -> ExprResult {
        let start = self.position;
        let Some(first) = self.text[start..].chars().next() else {
            return Err(self.unexpected("a value"));
        };
        match first {
            '0'..='9' | '.' => self.number(),
            '(' => self.group(')'),
            '{' => self.group('}'),
            '\'' => self.group('\''),
            '"' => self.string(),
            '@' => self.quantity(),
            c if is_name_start(c) => self.name_or_call(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn number(&mut self) -> ExprResult {
        let start = self.position;
        let length = number::token_length(&self.text[start..]).max(1);
        let end = start + length;
        let span = self.line.span(start, end);
        let number = number::read(&self.text[start..end])
            .map_err(|error| Box::new(number_error(&error, span)))?;
        self.position = end;
        self.node(ExprKind::Number(number.value), span, 0)
    }

    fn group(&mut self, close: char) -> ExprResult {
        let open = self.position;
        self.position += 1;
        let mut inner = self.conditional()?;
        if !self.take(close) {
            let place = self.line.span(open, open + 1);
            return Err(Box::new(
                self.unexpected(&format!("\"{close}\"")).secondary(place, "opened here"),
            ));
        }
        inner.expr.span = self.line.span(open, self.position);
        Ok(inner)
    }

    fn string(&mut self) -> ExprResult {
        let start = self.position;
        let Some(length) = self.text[start + 1..].find('"') else {
            let span = self.line.span(start, self.text.len());
            return Err(Box::new(Diagnostic::error(
                codes::UNTERMINATED_QUOTE,
                span,
                "this text is not closed",
            )));
        };
        let end = start + 1 + length;
        self.position = end + 1;
        let kind = ExprKind::Text(self.text[start + 1..end].to_owned());
        self.node(kind, self.line.span(start, end + 1), 0)
    }

    /// `@device[quantity]`.
    fn quantity(&mut self) -> ExprResult {
        let start = self.position;
        self.position += 1;
        let is_name = |c| !is_blank(c) && !matches!(c, '[' | '(' | ')' | ',' | '=');
        let mut device = self.run(is_name, "a device name")?;
        // A device of an array has indices in its name: @xb.c[3][5][g], @xb.c[3][5].r1[i].
        while let Some(length) = index_length(&self.text[self.position..]) {
            let rest = &self.text[self.position + length..];
            let more = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let end = self.position + length + more;
            device.node.push_str(&self.text[self.position..end].to_ascii_lowercase());
            device.span = device.span.to(self.line.span(self.position, end));
            self.position = end;
        }
        self.expect('[', "\"[\" and a quantity")?;
        let quantity = self.run(|c| !is_blank(c) && !matches!(c, ']' | '(' | ')'), "a quantity")?;
        self.expect(']', "\"]\"")?;
        let span = self.line.span(start, self.position);
        self.node(ExprKind::Quantity { device, quantity }, span, 0)
    }

    fn name_or_call(&mut self) -> ExprResult {
        let start = self.position;
        let name = self.run(is_name_part, "a name")?;
        self.skip_blanks();
        // A blank before the parenthesis is allowed in a call, so the position is put back only if there is none.
        if !self.text[self.position..].starts_with('(') {
            self.position = start + name.node.len();
            let span = name.span;
            return self.node(ExprKind::Name(name.node), span, 0);
        }
        self.position += 1;
        match probe(&name.node, self.context) {
            Some(probe) => self.probe(start, probe),
            None => self.call(start, name),
        }
    }

    fn call(&mut self, start: usize, name: Name) -> ExprResult {
        let mut args = Vec::new();
        let mut depth = 0;
        if !self.take(')') {
            loop {
                let arg = self.conditional()?;
                depth = depth.max(arg.depth);
                args.push(arg.expr);
                if !self.take(',') {
                    break;
                }
            }
            self.expect(')', "\",\" or \")\"")?;
        }
        let span = self.line.span(start, self.position);
        self.node(ExprKind::Call { name, args }, span, depth)
    }

    fn probe(&mut self, start: usize, probe: Probe) -> ExprResult {
        let what = if probe.is_voltage { "a node" } else { "a device" };
        let first = self.probed(what)?;
        let second =
            if probe.is_voltage && self.take(',') { Some(self.probed("a node")?) } else { None };
        self.expect(')', "\")\"")?;
        let part = probe.part;
        let kind = match probe.is_voltage {
            true => ExprKind::Voltage { part, plus: first, minus: second },
            false => ExprKind::Current { part, device: first },
        };
        let span = self.line.span(start, self.position);
        self.node(kind, span, 0)
    }

    /// A node or device inside `v(…)` or `i(…)`, with or without double quotes.
    fn probed(&mut self, what: &str) -> Result<Name, Box<Diagnostic>> {
        self.skip_blanks();
        let is_quoted = self.text[self.position..].starts_with('"');
        let name = if is_quoted {
            self.position += 1;
            let name = self.run(|c| c != '"', what)?;
            self.expect('"', "a closing quote")?;
            name
        } else {
            self.run(
                |c| !is_blank(c) && !matches!(c, ',' | '(' | ')' | '{' | '}' | '"' | '\'' | '='),
                what,
            )?
        };
        self.skip_blanks();
        Ok(name)
    }

    /// A run of matching characters, in lower case.
    fn run(&mut self, matches: impl Fn(char) -> bool, what: &str) -> Result<Name, Box<Diagnostic>> {
        let start = self.position;
        let rest = &self.text[start..];
        let length = rest.find(|c| !matches(c)).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.unexpected(what));
        }
        self.position += length;
        Ok(Spanned::new(rest[..length].to_ascii_lowercase(), self.line.span(start, self.position)))
    }

    fn node(&self, kind: ExprKind, span: Span, depth: usize) -> ExprResult {
        if depth >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        Ok(Measured { expr: Expr { kind, span }, depth: depth + 1 })
    }

    fn enter(&mut self) -> Result<(), Box<Diagnostic>> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(too_deep(self.line.span(self.position, self.position + 1)));
        }
        Ok(())
    }

    fn peek_operator(&mut self) -> Option<(BinaryOp, usize)> {
        self.skip_blanks();
        operator(&self.text[self.position..])
    }

    fn take(&mut self, c: char) -> bool {
        self.skip_blanks();
        let found = self.text[self.position..].starts_with(c);
        if found {
            self.position += c.len_utf8();
        }
        found
    }

    fn expect(&mut self, c: char, what: &str) -> Result<(), Box<Diagnostic>> {
        if self.take(c) { Ok(()) } else { Err(self.unexpected(what)) }
    }

    fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.position == self.text.len()
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.position..];
        self.position += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    fn unexpected(&self, expected: &str) -> Box<Diagnostic> {
        let start = self.position;
        let rest = &self.text[start..];
        let Some(first) = rest.chars().next() else {
            let span = self.line.span(start.saturating_sub(1), start).after();
            let message = format!("the expression ends where {expected} should follow");
            return Box::new(Diagnostic::error(codes::SYNTAX, span, message));
        };
        let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let span = self.line.span(start, start + length);
        let found: String = rest[..length].chars().take(40).collect();
        let message = format!("found \"{found}\" in an expression where {expected} should follow");
        let diagnostic = Diagnostic::error(codes::SYNTAX, span, message);
        Box::new(if first == '=' {
            diagnostic.help("equality is written \"==\"")
        } else {
            diagnostic
        })
    }

    fn warn_chain(&mut self, span: Span) {
        self.warnings.push(
            Diagnostic::warning(
                codes::AMBIGUOUS_POWER,
                span,
                "a chain of powers is read from the left",
            )
            .help("write parentheses: (a**b)**c or a**(b**c)"),
        );
    }
}

/// Diagnostic of a malformed number.
pub(crate) fn number_error(error: &number::NumberError, span: Span) -> Diagnostic {
    Diagnostic::error(codes::BAD_NUMBER, span, error.to_string()).help(error.help())
}

fn too_deep(span: Span) -> Box<Diagnostic> {
    let message = "the expression is nested too deeply";
    Box::new(
        Diagnostic::error(codes::EXPRESSION_TOO_DEEP, span, message)
            .help("split it with .param or .func"),
    )
}

#[cfg(test)]
mod tests;
