//! Expressions of vectors, as commands have them.
//!
//! ```text
//! list    = choice choice …                    # print a b-c d
//! choice  = or ["?" choice ":" choice]
//! or, and, comparison, sum, product            # | or, & and, = <> < <= > >= eq ne lt le gt ge, + -, * / %
//! prefix  = ("-" | "+" | "not" | "!" | "~") prefix | power
//! power   = item ["^" prefix]
//! item    = number | name | name(…) | (choice [, choice]), then [index] or [first,last]
//! ```
//!
//! What stands in the parentheses of `v(…)` and its like is the name of a node, whatever its letters are.

use crate::ast::{VectorExpr, VectorExprKind, VectorOp};
use crate::expression::index_length;
use crate::number::parse_number;

/// Why a text is no expression of vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct VectorSyntaxError {
    /// What is wrong.
    pub message: String,
    /// The byte where it is.
    pub at: usize,
}

/// How deep an expression may be nested.
const MAX_DEPTH: usize = 200;

/// Reads a list of expressions.
///
/// ```
/// let list = ovonic_netlist::parse_vectors("v(out)-v(in) db(out)").unwrap();
/// assert_eq!(list.len(), 2);
/// assert_eq!(list[0].text, "v(out)-v(in)");
/// ```
///
/// # Errors
/// At the first place that does not fit.
pub fn parse_vectors(text: &str) -> Result<Vec<VectorExpr>, VectorSyntaxError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let mut list = Vec::new();
    parser.skip();
    while parser.at < text.len() {
        list.push(parser.choice()?);
        parser.skip();
        if parser.rest().starts_with(',') {
            parser.at += 1;
            parser.skip();
        }
    }
    Ok(list)
}

/// Functions whose argument is the name of a node or device, with the part that they show.
const PARTS: &[(&str, &str, &str)] = &[
    ("vm", "v", "mag"),
    ("vdb", "v", "db"),
    ("vp", "v", "ph"),
    ("vr", "v", "real"),
    ("vi", "v", "imag"),
    ("im", "i", "mag"),
    ("idb", "i", "db"),
    ("ip", "i", "ph"),
    ("ir", "i", "real"),
    ("ii", "i", "imag"),
];

/// An operator that is a word or a sign, by how tightly it binds.
const LEVELS: [&[(&str, VectorOp)]; 5] = [
    &[("||", VectorOp::Or), ("|", VectorOp::Or), ("or", VectorOp::Or)],
    &[("&&", VectorOp::And), ("&", VectorOp::And), ("and", VectorOp::And)],
    &[
        ("==", VectorOp::Equal),
        ("=", VectorOp::Equal),
        ("eq", VectorOp::Equal),
        ("<>", VectorOp::NotEqual),
        ("!=", VectorOp::NotEqual),
        ("ne", VectorOp::NotEqual),
        ("<=", VectorOp::LessEqual),
        ("le", VectorOp::LessEqual),
        (">=", VectorOp::GreaterEqual),
        ("ge", VectorOp::GreaterEqual),
        ("<", VectorOp::Less),
        ("lt", VectorOp::Less),
        (">", VectorOp::Greater),
        ("gt", VectorOp::Greater),
    ],
    &[("+", VectorOp::Add), ("-", VectorOp::Subtract)],
    &[("*", VectorOp::Multiply), ("/", VectorOp::Divide), ("%", VectorOp::Remainder)],
];

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, VectorSyntaxError> {
        Err(VectorSyntaxError { message: message.into(), at: self.at })
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), VectorSyntaxError> {
        if self.take(sign) {
            return Ok(());
        }
        self.error(format!("\"{sign}\" is expected here"))
    }

    fn made(&self, start: usize, kind: VectorExprKind) -> VectorExpr {
        VectorExpr { text: self.text[start..self.at].trim().to_owned(), kind }
    }

    fn choice(&mut self) -> Result<VectorExpr, VectorSyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error(format!("the expression is nested more than {MAX_DEPTH} deep"));
        }
        self.skip();
        let start = self.at;
        let condition = self.binary(0)?;
        let choice = if self.take('?') {
            let then = self.choice()?;
            self.expect(':')?;
            let otherwise = self.choice()?;
            let kind = VectorExprKind::Conditional(
                Box::new(condition),
                Box::new(then),
                Box::new(otherwise),
            );
            self.made(start, kind)
        } else {
            condition
        };
        self.depth -= 1;
        Ok(choice)
    }

    fn binary(&mut self, level: usize) -> Result<VectorExpr, VectorSyntaxError> {
        let Some(operators) = LEVELS.get(level) else {
            return self.prefix();
        };
        self.skip();
        let start = self.at;
        let mut left = self.binary(level + 1)?;
        while let Some(op) = self.operator(operators) {
            let right = self.binary(level + 1)?;
            let kind = VectorExprKind::Binary(op, Box::new(left), Box::new(right));
            left = self.made(start, kind);
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[(&str, VectorOp)]) -> Option<VectorOp> {
        self.skip();
        let rest = self.rest();
        let (sign, op) = operators.iter().find(|(sign, _)| {
            let Some(behind) = rest
                .get(..sign.len())
                .filter(|start| start.eq_ignore_ascii_case(sign))
                .map(|_| &rest[sign.len()..])
            else {
                return false;
            };
            // A word ends where no further letter follows.
            !sign.starts_with(char::is_alphabetic) || !behind.starts_with(is_name)
        })?;
        self.at += sign.len();
        Some(*op)
    }

    fn prefix(&mut self) -> Result<VectorExpr, VectorSyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error(format!("the expression is nested more than {MAX_DEPTH} deep"));
        }
        self.skip();
        let start = self.at;
        let is_not = self.rest().get(..3).is_some_and(|word| word.eq_ignore_ascii_case("not"))
            && !self.rest()[3..].starts_with(is_name);
        let found = if self.take('-') {
            let kind = VectorExprKind::Negate(Box::new(self.prefix()?));
            self.made(start, kind)
        } else if self.take('+') {
            self.prefix()?
        } else if is_not || self.rest().starts_with(['!', '~']) {
            self.at += if is_not { 3 } else { 1 };
            let kind = VectorExprKind::Not(Box::new(self.prefix()?));
            self.made(start, kind)
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(found)
    }

    fn power(&mut self) -> Result<VectorExpr, VectorSyntaxError> {
        let start = self.at;
        let base = self.indexed()?;
        self.skip();
        let length = match self.rest() {
            rest if rest.starts_with("**") => 2,
            rest if rest.starts_with('^') => 1,
            _ => return Ok(base),
        };
        self.at += length;
        let exponent = self.prefix()?;
        let kind = VectorExprKind::Binary(VectorOp::Power, Box::new(base), Box::new(exponent));
        Ok(self.made(start, kind))
    }

    fn indexed(&mut self) -> Result<VectorExpr, VectorSyntaxError> {
        let start = self.at;
        let mut item = self.item()?;
        while self.rest().starts_with('[') {
            self.at += 1;
            let first = self.choice()?;
            let last = if self.take(',') { Some(Box::new(self.choice()?)) } else { None };
            self.expect(']')?;
            item = self.made(start, VectorExprKind::Index(Box::new(item), Box::new(first), last));
        }
        Ok(item)
    }

    fn item(&mut self) -> Result<VectorExpr, VectorSyntaxError> {
        self.skip();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return self.error("a vector or number is missing");
        };
        if first == '(' {
            self.at += 1;
            let inner = self.choice()?;
            let second = if self.take(',') { Some(self.choice()?) } else { None };
            self.expect(')')?;
            let kind = match second {
                Some(second) => VectorExprKind::Complex(Box::new(inner), Box::new(second)),
                None => inner.kind,
            };
            return Ok(self.made(start, kind));
        }
        if first.is_ascii_digit() || first == '.' {
            return self.number();
        }
        if first == '"' {
            let Some(length) = self.rest()[1..].find('"') else {
                return self.error("this text is not closed");
            };
            let name = self.rest()[1..=length].to_ascii_lowercase();
            self.at += length + 2;
            return Ok(self.made(start, VectorExprKind::Name(name)));
        }
        if !is_name(first) {
            return self.error(format!("found \"{first}\" where a vector or number should stand"));
        }
        self.named()
    }

    fn number(&mut self) -> Result<VectorExpr, VectorSyntaxError> {
        let start = self.at;
        let rest = self.rest();
        let mut length = 0;
        let mut last = ' ';
        for c in rest.chars() {
            let is_sign = matches!(c, '+' | '-') && matches!(last, 'e' | 'E');
            if !(c.is_ascii_alphanumeric() || c == '.' || is_sign) {
                break;
            }
            length += c.len_utf8();
            last = c;
        }
        // `2*x` and `1e3-2` end where their number does.
        let text = &rest[..length];
        match parse_number(text) {
            Ok(value) => {
                self.at += length;
                Ok(self.made(start, VectorExprKind::Number(value)))
            }
            Err(error) => self.error(error.to_string()),
        }
    }

    fn named(&mut self) -> Result<VectorExpr, VectorSyntaxError> {
        let start = self.at;
        let rest = self.rest();
        let mut length = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        // The quantity of a device belongs to its name, and so do indices in front of it: @m1[id], @xb.c[3][5][g].
        while rest.starts_with('@')
            && let Some(index) = index_length(&rest[length..])
        {
            length += index;
            let rest = &rest[length..];
            length += rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        }
        if rest.starts_with('@')
            && rest[length..].starts_with('[')
            && let Some(close) = rest[length..].find(']')
        {
            length += close + 1;
        }
        let name = rest[..length].to_ascii_lowercase();
        self.at += length;
        if !self.rest().starts_with('(') {
            return Ok(self.made(start, VectorExprKind::Name(name)));
        }
        // The plot in front belongs to the vector: tran1.v(out).
        let (plot, function) = match name.rsplit_once('.') {
            Some((plot, function)) => (format!("{plot}."), function.to_owned()),
            None => (String::new(), name.clone()),
        };
        let part = PARTS.iter().find(|(known, ..)| *known == function);
        if part.is_some() || matches!(function.as_str(), "v" | "i") {
            let inner = self.inside()?;
            // A node can be part of a longer formula only where it is a number of its own: im(1,2) is not a node.
            let kind = match part {
                Some((_, letter, part)) => {
                    let vector = format!("{plot}{letter}({inner})");
                    VectorExprKind::Part((*part).to_owned(), vector)
                }
                None => VectorExprKind::Name(format!("{plot}{function}({inner})")),
            };
            return Ok(self.made(start, kind));
        }
        self.at += 1;
        let mut arguments = Vec::new();
        loop {
            if self.take(')') {
                break;
            }
            arguments.push(self.choice()?);
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(self.made(start, VectorExprKind::Call(name, arguments)))
    }

    /// What stands in parentheses, without blanks and in lower case.
    fn inside(&mut self) -> Result<String, VectorSyntaxError> {
        let mut depth = 0_usize;
        for (index, c) in self.rest().char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let inner = &self.rest()[1..index];
                let name = inner
                    .chars()
                    .filter(|c| !c.is_whitespace())
                    .flat_map(char::to_lowercase)
                    .collect();
                self.at += index + 1;
                return Ok(name);
            }
        }
        self.error("\"(\" is not closed")
    }
}

/// Whether a letter can belong to the name of a vector.
fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '#' | '@' | ':' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(expr: &VectorExpr) -> String {
        let list = |list: &[VectorExpr]| list.iter().map(shape).collect::<Vec<_>>().join(" ");
        match &expr.kind {
            VectorExprKind::Number(value) => format!("{value}"),
            VectorExprKind::Name(name) => name.clone(),
            VectorExprKind::Part(part, name) => format!("({part} {name})"),
            VectorExprKind::Call(name, args) => format!("({name} {})", list(args)),
            VectorExprKind::Negate(inner) => format!("(- {})", shape(inner)),
            VectorExprKind::Not(inner) => format!("(not {})", shape(inner)),
            VectorExprKind::Binary(op, a, b) => format!("({op:?} {} {})", shape(a), shape(b)),
            VectorExprKind::Index(a, b, None) => format!("({}[{}])", shape(a), shape(b)),
            VectorExprKind::Index(a, b, Some(c)) => {
                format!("({}[{}..{}])", shape(a), shape(b), shape(c))
            }
            VectorExprKind::Conditional(a, b, c) => {
                format!("(if {} {} {})", shape(a), shape(b), shape(c))
            }
            VectorExprKind::Complex(a, b) => format!("(complex {} {})", shape(a), shape(b)),
        }
    }

    #[test]
    fn lists_of_expressions() {
        for (text, expected) in [
            ("v(out)-v(in) db(out)", "(Subtract v(out) v(in)) (db out)"),
            ("vdb(Net-_C1-Pad2_) i(V1)", "(db v(net-_c1-pad2_)) i(v1)"),
            ("-2^2 2*-3", "(- (Power 2 2)) (Multiply 2 (- 3))"),
            ("2^3 -1", "(Subtract (Power 2 3) 1)"),
            ("@m1[id] @r.x1.r1[i]/2", "@m1[id] (Divide @r.x1.r1[i] 2)"),
            ("x[2] x[0,i-1]", "(x[2]) (x[0..(Subtract i 1)])"),
            ("a gt 1 and not b", "(And (Greater a 1) (not b))"),
            ("x > 1k ? tran1.v(2) : (1,2)", "(if (Greater x 1000) tran1.v(2) (complex 1 2))"),
            ("v1#branch, time", "v1#branch time"),
            ("gtx or2", "gtx or2"),
            ("max(a, b) vector(5)", "(max a b) (vector 5)"),
        ] {
            let list = parse_vectors(text).unwrap();
            let found: Vec<String> = list.iter().map(shape).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, at) in
            [("v(out", 1), ("a +", 3), ("1kk", 0), ("(a", 2), ("a ) b", 2), ("x[1", 3)]
        {
            assert_eq!(parse_vectors(text).unwrap_err().at, at, "{text}");
        }
        let deep = "(".repeat(5000);
        assert!(parse_vectors(&deep).unwrap_err().message.contains("nested"));
        assert!(parse_vectors(&"-".repeat(5000)).unwrap_err().message.contains("nested"));
    }
}
