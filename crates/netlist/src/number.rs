//! Numbers with SPICE suffixes, correctly rounded.
//!
//! A suffix is folded into the decimal exponent *as text* before anything is converted, so `1.5u` is exactly what Rust
//! makes of `1.5e-6`; multiplying by a power of ten would round twice.
//!
//! Known units may follow (`10kOhm`, `1MegHz`, `0.1uF`); other letters are errors, because `1kk` or `10uX7R` are slips
//! that a simulator should not guess about. A digit behind the suffix takes the place of the decimal point (`4k7`).

use nom::branch::alt;
use nom::bytes::complete::take_while;
use nom::character::complete::{char, digit0, digit1, one_of};
use nom::combinator::{opt, recognize};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

/// Why a text is not a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// It does not start like one.
    #[error("\"{text}\" is not a number")]
    NotANumber {
        /// What was written.
        text: String,
    },
    /// It starts like one, but something else follows.
    #[error("\"{text}\" is not a number: \"{rest}\" is neither a suffix nor a unit")]
    TrailingText {
        /// What was written.
        text: String,
        /// The part that is a number.
        number: String,
        /// The part that is not.
        rest: String,
    },
    /// It is too large or too small for a double.
    #[error("\"{text}\" is outside the range of floating-point numbers")]
    OutOfRange {
        /// What was written.
        text: String,
    },
}

impl NumberError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            NumberError::NotANumber { .. } => "a number starts with a digit, a sign or a decimal point".to_owned(),
            NumberError::TrailingText { .. } => {
                "a number may end in one of the suffixes t g meg k mil m u n p f, and then a unit such as V, A, Ohm, \
                 Hz, s, F or H"
                    .to_owned()
            }
            NumberError::OutOfRange { .. } => "magnitudes run from about 5e-324 to 1.8e308".to_owned(),
        }
    }
}

/// A way in which simulators disagree about a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ambiguity {
    /// `1F` is a femto-something in every SPICE.
    Femto,
    /// `1A` is one ampere in ngspice up to 39 and 1e-18 later; it is read as one ampere.
    Ampere,
    /// `1farad`, `1amp`, `1meter`: the unit is written out, but its first letter is a suffix elsewhere.
    SpelledOut,
}

/// A number and what is worth warning about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    pub(crate) ambiguity: Option<Ambiguity>,
}

/// Reads a number with an optional suffix and unit.
///
/// # Errors
/// If the text is not a number, if something unknown follows, or if it overflows or underflows.
///
/// ```
/// assert_eq!(ovonic_netlist::parse_number("1.5u"), Ok(1.5e-6));
/// assert_eq!(ovonic_netlist::parse_number("10kOhm"), Ok(10e3));
/// assert_eq!(ovonic_netlist::parse_number("4k7"), Ok(4.7e3));
/// assert!(ovonic_netlist::parse_number("1kk").is_err());
/// ```
pub fn parse_number(text: &str) -> Result<f64, NumberError> {
    read(text).map(|number| number.value)
}

pub(crate) fn read(text: &str) -> Result<Number, NumberError> {
    let Ok((rest, literal)) = literal(text) else {
        return Err(NumberError::NotANumber { text: text.to_owned() });
    };
    let Some(ending) = Ending::of(rest, literal.is_whole()) else {
        let number = text[..text.len() - rest.len()].to_owned();
        return Err(NumberError::TrailingText {
            text: text.to_owned(),
            number,
            rest: rest.to_owned(),
        });
    };
    match literal.value(&ending) {
        Some(value) => Ok(Number { value, ambiguity: ending.ambiguity }),
        None => Err(NumberError::OutOfRange { text: text.to_owned() }),
    }
}

/// Reads as much of a number as there is and drops the rest: digits, and a suffix if one follows.
pub(crate) fn read_prefix(text: &str) -> Option<f64> {
    let (rest, literal) = literal(text).ok()?;
    let lower = rest.to_lowercase();
    let is_mil = lower.starts_with("mil");
    let suffix = SUFFIXES
        .iter()
        .find(|(suffix, _)| !matches!(*suffix, "a" | "r") && lower.starts_with(suffix));
    let exponent = suffix.map_or(0, |&(_, exponent)| exponent);
    let exponent = if is_mil { 0 } else { exponent };
    literal.value(&Ending { exponent, is_mil, fraction: "", ambiguity: None })
}

/// The length of the number token at the start of an unsigned text: digits, exponent, suffix, unit. Zero if there is
/// none.
pub(crate) fn token_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return 0;
    }
    let tail = take_while::<_, _, nom::error::Error<&str>>(|c: char| c.is_alphanumeric());
    // Not `recognize`: it compares addresses, and what `digit0` leaves at the end of a text is empty but elsewhere.
    pair(literal, tail).parse(text).map_or(0, |(rest, _)| text.len() - rest.len())
}

/// Sign, digits and exponent as they were written.
struct Literal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: Option<&'a str>,
    exponent: Option<&'a str>,
}

fn literal(text: &str) -> IResult<&str, Literal<'_>> {
    let (text, sign) = opt(one_of("+-")).parse(text)?;
    let with_whole = pair(digit1, opt(preceded(char('.'), digit0)));
    let without_whole = preceded(char('.'), digit1).map(|fraction| ("", Some(fraction)));
    let (text, (whole, fraction)) = alt((with_whole, without_whole)).parse(text)?;
    let signed = recognize(pair(opt(one_of("+-")), digit1));
    let (text, exponent) = opt(preceded(one_of("eEdD"), signed)).parse(text)?;
    Ok((text, Literal { negative: sign == Some('-'), whole, fraction, exponent }))
}

impl Literal<'_> {
    /// Neither a decimal point nor an exponent: only then may a suffix stand for the decimal point.
    fn is_whole(&self) -> bool {
        self.fraction.is_none() && self.exponent.is_none()
    }

    /// `None` if the number overflows or underflows.
    fn value(&self, ending: &Ending<'_>) -> Option<f64> {
        if ending.is_plain()
            && self.exponent.is_none()
            && self.fraction.is_none()
            && self.whole.len() < 16
        {
            let value: f64 = self.whole.parse().ok()?;
            return Some(if self.negative { -value } else { value });
        }
        let fraction = self.fraction.unwrap_or(ending.fraction);
        let mut digits = format!("{}{fraction}", self.whole);
        let written = self.exponent.map_or(0, parse_exponent);
        let mut exponent = written + ending.exponent - fraction.len() as i64;
        if ending.is_mil {
            digits = times_254(&digits);
            exponent -= 7;
        }
        let sign = if self.negative { "-" } else { "" };
        let value: f64 = format!("{sign}{digits}e{exponent}").parse().ok()?;
        let vanished = value == 0.0 && digits.bytes().any(|digit| digit != b'0');
        (value.is_finite() && !vanished).then_some(value)
    }
}

/// Exponents beyond any double are cut off where they no longer matter.
fn parse_exponent(text: &str) -> i64 {
    const LARGEST: i64 = 1_000_000_000;
    let limit = if text.starts_with('-') { -LARGEST } else { LARGEST };
    text.parse::<i64>().unwrap_or(limit).clamp(-LARGEST, LARGEST)
}

/// A thousandth of an inch is 254e-7 m, and a decimal number times 254 is still exact.
fn times_254(digits: &str) -> String {
    let mut carry = 0;
    let mut product: Vec<u8> = Vec::with_capacity(digits.len() + 3);
    for digit in digits.bytes().rev() {
        let sum = u32::from(digit - b'0') * 254 + carry;
        product.push(b'0' + (sum % 10) as u8);
        carry = sum / 10;
    }
    while carry > 0 {
        product.push(b'0' + (carry % 10) as u8);
        carry /= 10;
    }
    product.iter().rev().map(|&digit| char::from(digit)).collect()
}

/// What follows the digits.
struct Ending<'a> {
    exponent: i64,
    is_mil: bool,
    /// Digits behind a suffix that stands for the decimal point.
    fraction: &'a str,
    ambiguity: Option<Ambiguity>,
}

/// Suffixes, longer ones first.
const SUFFIXES: [(&str, i64); 13] = [
    ("meg", 6),
    ("t", 12),
    ("g", 9),
    ("k", 3),
    ("m", -3),
    ("u", -6),
    // The micro sign and the Greek letter look alike.
    ("\u{b5}", -6),
    ("\u{3bc}", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    // Not a suffix of SPICE, but of resistors: 2r2.
    ("r", 0),
];

/// Units in lower case. None but the spelled-out ones starts with a suffix letter.
const UNITS: [&str; 27] = [
    "v", "volt", "volts", "ohm", "ohms", "\u{3c9}", "\u{2126}", "mho", "s", "sec", "secs",
    "second", "seconds", "hz", "hertz", "h", "henry", "henries", "w", "watt", "watts", "c", "deg",
    "rad", "db", "ev", "j",
];

/// Units that may follow a suffix only, since alone they would be one.
const UNITS_AFTER_SUFFIX: [&str; 3] = ["f", "a", "m"];

/// Units whose first letter is a suffix, but which nobody could mean otherwise.
const SPELLED_OUT: [&str; 10] =
    ["farad", "farads", "amp", "amps", "ampere", "amperes", "meter", "meters", "metre", "metres"];

impl<'a> Ending<'a> {
    /// True if nothing follows that changes the value.
    fn is_plain(&self) -> bool {
        self.exponent == 0 && !self.is_mil && self.fraction.is_empty()
    }

    /// Reads suffix and unit; `None` if they are neither.
    fn of(text: &'a str, may_be_point: bool) -> Option<Self> {
        let plain = Ending { exponent: 0, is_mil: false, fraction: "", ambiguity: None };
        if text.is_empty() {
            return Some(plain);
        }
        let lower = text.to_lowercase();
        if UNITS.contains(&lower.as_str()) {
            return Some(plain);
        }
        if lower == "a" {
            return Some(Ending { ambiguity: Some(Ambiguity::Ampere), ..plain });
        }
        if SPELLED_OUT.contains(&lower.as_str()) {
            return Some(Ending { ambiguity: Some(Ambiguity::SpelledOut), ..plain });
        }
        if lower.strip_prefix("mil").is_some_and(|rest| rest.is_empty() || rest == "s") {
            return Some(Ending { is_mil: true, ..plain });
        }
        SUFFIXES.iter().find_map(|&(suffix, exponent)| {
            let rest = lower.strip_prefix(suffix)?;
            let digits = if may_be_point && suffix != "a" {
                rest.bytes().take_while(u8::is_ascii_digit).count()
            } else {
                0
            };
            if !is_unit(&rest[digits..]) {
                return None;
            }
            let ambiguity = (lower == "f").then_some(Ambiguity::Femto);
            // Suffixes keep their length in lower case, so the digits can be borrowed from the original text.
            let fraction = text.get(suffix.len()..suffix.len() + digits)?;
            Some(Ending { exponent, fraction, ambiguity, ..plain })
        })
    }
}

fn is_unit(text: &str) -> bool {
    text.is_empty()
        || UNITS.contains(&text)
        || UNITS_AFTER_SUFFIX.contains(&text)
        || SPELLED_OUT.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_folded_into_the_exponent() {
        for (text, value) in [
            ("1.5u", 1.5e-6),
            ("0.7", 0.7),
            ("1t", 1e12),
            ("3G", 3e9),
            ("2.2MEG", 2.2e6),
            ("10k", 10e3),
            ("1M", 1e-3),
            ("47\u{b5}", 47e-6),
            ("47\u{3bc}F", 47e-6),
            ("3n", 3e-9),
            ("4.7p", 4.7e-12),
            ("1f", 1e-15),
            ("7aF", 7e-18),
            ("1e3k", 1e6),
            ("1d3", 1e3),
            ("1.5D-3", 1.5e-3),
            (".5", 0.5),
            ("5.", 5.0),
            ("-1.6e-19", -1.6e-19),
            ("+2", 2.0),
        ] {
            assert_eq!(parse_number(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn units_are_read_and_dropped() {
        for (text, value) in [
            ("10kOhm", 10e3),
            ("10k\u{3a9}", 10e3),
            ("1MegHz", 1e6),
            ("10V", 10.0),
            ("0.1uF", 0.1e-6),
            ("25C", 25.0),
            ("5A", 5.0),
            ("5mA", 5e-3),
            ("1mm", 1e-3),
            ("1um", 1e-6),
            ("1ms", 1e-3),
            ("1megohm", 1e6),
            ("0.3eV", 0.3),
            ("1amp", 1.0),
            ("1F", 1e-15),
            ("10R", 10.0),
        ] {
            assert_eq!(parse_number(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn a_suffix_may_stand_for_the_decimal_point() {
        for (text, value) in
            [("4k7", 4.7e3), ("2r2", 2.2), ("1M5", 1.5e-3), ("3n3F", 3.3e-9), ("4meg7", 4.7e6)]
        {
            assert_eq!(parse_number(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn a_mil_is_exact() {
        assert_eq!(parse_number("1mil"), Ok(25.4e-6));
        assert_eq!(parse_number("39.37mil"), Ok(999.998e-6));
        assert_eq!(parse_number("2mils"), Ok(50.8e-6));
    }

    #[test]
    fn anything_else_is_an_error() {
        for text in [
            "", "-", ".", "e3", "k", "1kk", "1x", "1e", "1e+k", "4.7k7", "10uX7R", "1_000", "1-2",
            "nan", "inf",
        ] {
            assert!(parse_number(text).is_err(), "{text}");
        }
        assert_eq!(
            parse_number("1e400"),
            Err(NumberError::OutOfRange { text: "1e400".to_owned() })
        );
        assert_eq!(
            parse_number("1e-400"),
            Err(NumberError::OutOfRange { text: "1e-400".to_owned() })
        );
        assert_eq!(parse_number("1e99999999999999999999").ok(), None);
        assert_eq!(parse_number("0e99"), Ok(0.0));
    }

    #[test]
    fn a_prefix_is_read_without_its_tail() {
        for (text, value) in
            [("1kk", Some(1e3)), ("1x", Some(1.0)), ("1e", Some(1.0)), ("10uX7R", Some(10e-6))]
        {
            assert_eq!(read_prefix(text), value, "{text}");
        }
        assert_eq!(read_prefix("2milx"), Some(50.8e-6));
        assert_eq!(read_prefix("x"), None);
    }

    #[test]
    fn ambiguous_numbers_are_marked() {
        assert_eq!(read("1F").map(|n| n.ambiguity), Ok(Some(Ambiguity::Femto)));
        assert_eq!(read("1A").map(|n| n.ambiguity), Ok(Some(Ambiguity::Ampere)));
        assert_eq!(read("1farad").map(|n| n.ambiguity), Ok(Some(Ambiguity::SpelledOut)));
        assert_eq!(read("1fF").map(|n| n.ambiguity), Ok(None));
    }

    #[test]
    fn a_token_ends_where_an_operator_begins() {
        assert_eq!(token_length("1k+2"), 2);
        assert_eq!(token_length("0.5"), 3);
        assert_eq!(token_length("0.5)"), 3);
        assert_eq!(token_length("1e-3*x"), 4);
        assert_eq!(token_length("2-3"), 1);
        assert_eq!(token_length("4k7)"), 3);
        assert_eq!(token_length("x1"), 0);
        assert_eq!(token_length(".tran"), 0);
    }
}
