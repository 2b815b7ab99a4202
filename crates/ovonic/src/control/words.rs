//! Variables and substitution: what `$name`, `$&vector`, `$#name` and `$?name` in the words of a command become.

use super::show::general;
use super::{Fault, Interpreter};
use ovonic_netlist::ast::Phrase;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Variables of `set` and `foreach`: lists of words, of one word mostly.
#[derive(Default)]
pub(super) struct Variables(BTreeMap<String, Vec<String>>);

impl Variables {
    pub(super) fn set(&mut self, name: &str, values: Vec<String>) {
        self.0.insert(name.to_owned(), values);
    }

    pub(super) fn unset(&mut self, names: &str) {
        for name in split(names) {
            self.0.remove(&name.to_lowercase());
        }
    }

    /// The words of a variable.
    pub(super) fn words(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The first word of a variable.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.words(name)?.first().map(String::as_str)
    }

    /// Whether a switch such as `appendwrite` is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.0.contains_key(name)
            && self.word(name) != Some("0")
            && self.word(name) != Some("false")
    }

    /// The digits of `numdgt`.
    pub(super) fn digits(&self) -> Option<usize> {
        self.word("numdgt")?.parse().ok().filter(|digits| (1..=16).contains(digits))
    }

    /// `set name`, `set name=value`, `set name = ( a b c )`, several on one line.
    pub(super) fn read(&mut self, text: &str) -> Result<(), Fault> {
        let mut words = split(&text.replace('=', " = ").replace('(', " ( ").replace(')', " ) "))
            .into_iter()
            .peekable();
        while let Some(name) = words.next() {
            let name = name.to_lowercase();
            if words.next_if(|word| word == "=").is_none() {
                self.set(&name, vec!["true".to_owned()]);
                continue;
            }
            let missing = || Fault::form("the value is missing", "for example: set filetype=ascii");
            let value = words.next().ok_or_else(missing)?;
            if value != "(" {
                self.set(&name, vec![value]);
                continue;
            }
            let mut list = Vec::new();
            loop {
                let word = words.next().ok_or_else(missing)?;
                if word == ")" {
                    break;
                }
                list.push(word);
            }
            self.set(&name, list);
        }
        Ok(())
    }
}

/// Words between blanks; quotes keep blanks together and are dropped.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match c {
            _ if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            _ if quote.is_none() && c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// So long a text does not come of words that somebody wrote.
const MAX_LENGTH: usize = 1 << 24;

impl Interpreter<'_> {
    /// The text of a phrase with everything substituted.
    pub(super) fn substitute(&mut self, phrase: &Phrase) -> Result<String, Fault> {
        self.substitute_in(phrase, false)
    }

    /// As [`Interpreter::substitute`]; with `keeps_braces` a brace that holds no `$` stays, because it is an expression
    /// of parameters.
    pub(super) fn substitute_in(
        &mut self,
        phrase: &Phrase,
        keeps_braces: bool,
    ) -> Result<String, Fault> {
        let text = phrase.node.as_str();
        if text.contains('`') {
            return Err(Fault::failed("commands of the system are not run"));
        }
        if !text.contains('$') {
            return Ok(text.to_owned());
        }
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        let mut is_quoted = false;
        while let Some(c) = rest.chars().next() {
            if c == '\'' && !keeps_braces {
                is_quoted = !is_quoted;
            }
            if c == '{'
                && rest[1..].starts_with('$')
                && !is_quoted
                && let Some(close) = rest.find('}')
            {
                let inner = &rest[1..close];
                let length = self.variable(inner, &mut result)?;
                result.push_str(&inner[length..]);
                rest = &rest[close + 1..];
                continue;
            }
            if c == '$' && !is_quoted {
                let length = self.variable(rest, &mut result)?;
                rest = &rest[length..];
                continue;
            }
            result.push(c);
            rest = &rest[c.len_utf8()..];
            if result.len() > MAX_LENGTH {
                return Err(Fault::failed("the command grows beyond all bounds"));
            }
        }
        Ok(result)
    }

    /// Appends what the `$…` at the start of a text stands for, and gives its length.
    fn variable(&mut self, text: &str, result: &mut String) -> Result<usize, Fault> {
        let behind = &text[1..];
        if let Some(vector) = behind.strip_prefix('&') {
            let length = vector_length(vector);
            let list = self.expressions(&vector[..length])?;
            for expression in &list {
                let value = self.evaluate(expression)?;
                for index in 0..value.len() {
                    if index > 0 {
                        result.push(' ');
                    }
                    let number = value.samples.at(index);
                    result.push_str(&general(number.re));
                    if number.im != 0.0 {
                        // Writing to a string cannot fail.
                        let _ = write!(result, ",{}", general(number.im));
                    }
                }
            }
            return Ok(2 + length);
        }
        let (sign, name) = match behind.strip_prefix(['#', '?']) {
            Some(name) => (behind.chars().next(), name),
            None => (None, behind),
        };
        let length = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
        if length == 0 {
            result.push('$');
            return Ok(1);
        }
        let word = name[..length].to_lowercase();
        let used = 1 + usize::from(sign.is_some()) + length;
        let values =
            self.built_in(&word).or_else(|| self.variables.words(&word).map(<[_]>::to_vec));
        match (sign, values) {
            (Some('?'), values) => result.push(if values.is_some() { '1' } else { '0' }),
            (Some(_), values) => {
                let _ = write!(result, "{}", values.map_or(0, |values| values.len()));
            }
            (None, None) => {
                return Err(Fault::new(
                    ovonic_netlist::codes::UNKNOWN_VECTOR,
                    format!("there is no variable \"{word}\"; a vector is written $&{word}"),
                ));
            }
            (None, Some(values)) => {
                let index = name[length..].strip_prefix('[').and_then(|rest| rest.split_once(']'));
                if let Some((index, _)) = index {
                    let chosen = index.trim().parse::<usize>().ok();
                    let value = chosen.and_then(|place| values.get(place.checked_sub(1)?));
                    let Some(value) = value else {
                        return Err(Fault::failed(format!("\"{word}\" has no element [{index}]")));
                    };
                    result.push_str(value);
                    return Ok(used + index.len() + 2);
                }
                result.push_str(&values.join(" "));
            }
        }
        Ok(used)
    }

    /// Variables that the pages define.
    fn built_in(&self, name: &str) -> Option<Vec<String>> {
        let page = self.pages.current();
        match name {
            "curplot" => Some(vec![page.name.clone()]),
            "curplotname" => Some(vec![page.plot.kind.as_str().to_owned()]),
            "curplottitle" => Some(vec![page.plot.title.clone()]),
            "plots" => Some(self.pages.names().rev().map(str::to_owned).collect()),
            _ => None,
        }
    }
}

/// The length of the vector at the start of a text: a name, with what stands in parentheses or brackets behind it.
fn vector_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (index, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth > 0 => {
                depth -= 1;
            }
            _ if depth > 0 => {}
            _ if c.is_alphanumeric() || matches!(c, '_' | '.' | '#' | '@' | ':') => {}
            _ => return index,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_what_is_quoted() {
        assert_eq!(split("a  \"b c\" d'e f'"), ["a", "b c", "de f"]);
        assert_eq!(split("\"\""), [""]);
    }

    #[test]
    fn variables_are_words_or_lists() {
        let mut variables = Variables::default();
        variables.read("filetype=ascii list = ( 1 2 3 ) appendwrite").ok().unwrap();
        assert_eq!(variables.word("filetype"), Some("ascii"));
        assert_eq!(variables.words("list").unwrap().len(), 3);
        assert!(variables.is_on("appendwrite"));
        assert!(variables.read("a = ( 1 2").is_err());
    }

    #[test]
    fn vectors_end_where_their_name_does() {
        for (text, length) in [("v(out)-1", 6), ("x", 1), ("@m1[id] b", 7), ("a,b", 1)] {
            assert_eq!(vector_length(text), length, "{text}");
        }
    }
}
