//! Plain text for terminals: wrapped paragraphs, aligned tables, short numbers.

use ovonic::device::Readable;
use std::fmt::Write as _;

/// Breaks a paragraph into lines of at most `width` columns, each behind `indent`.
pub(crate) fn wrap(paragraph: &str, width: usize, indent: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            lines.push('\n');
            column = 0;
        }
        if column == 0 {
            lines.push_str(indent);
            column = indent.chars().count();
        } else {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

/// A number with as many digits as it needs, in exponential form where that is shorter to read.
pub(crate) fn number(value: f64) -> String {
    Readable(value).to_string()
}

/// A number with an SI prefix and about four digits: `430.2n`, `1.3p`, `12k`.
pub(crate) fn engineering(value: f64) -> String {
    const PREFIXES: [(f64, &str); 9] = [
        (1e9, "G"),
        (1e6, "M"),
        (1e3, "k"),
        (1.0, ""),
        (1e-3, "m"),
        (1e-6, "u"),
        (1e-9, "n"),
        (1e-12, "p"),
        (1e-15, "f"),
    ];
    let size = value.abs();
    let prefix = PREFIXES.iter().find(|(scale, _)| size >= *scale * (1.0 - 1e-9));
    match prefix {
        Some((scale, prefix)) if size < 1e13 => {
            let digits = format!("{:.4}", value / scale);
            let kept = digits.trim_end_matches('0').trim_end_matches('.');
            format!("{}{prefix}", shorten(kept))
        }
        _ => number(value),
    }
}

/// Keeps four significant digits of a plain decimal number.
fn shorten(digits: &str) -> &str {
    let Some(point) = digits.find('.') else {
        return digits;
    };
    let end = (point + 1).max(5).min(digits.len());
    digits[..end].trim_end_matches('0').trim_end_matches('.')
}

/// A count with a comma between groups of three digits: `12,403`.
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Columns of left-aligned text, separated by two blanks, each line behind `indent`; the last column is not padded.
pub(crate) fn table<const N: usize>(rows: &[[String; N]], indent: &str) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        for (width, cell) in widths.iter().zip(row) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_break_between_words() {
        assert_eq!(wrap("a bb  ccc\ndddd", 7, " "), " a bb\n ccc\n dddd");
        assert_eq!(wrap("unbreakable", 4, ""), "unbreakable");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(1e-14), "1e-14");
        assert_eq!(number(27.0), "27");
        assert_eq!(number(0.001), "0.001");
        assert_eq!(number(f64::INFINITY), "inf");
    }

    #[test]
    fn prefixes_follow_the_size() {
        for (value, text) in [
            (430.2e-9, "430.2n"),
            (1e-6, "1u"),
            (1.25e-12, "1.25p"),
            (12403.0, "12.4k"),
            (0.0, "0"),
            (-5.0, "-5"),
            (1e-20, "1e-20"),
        ] {
            assert_eq!(engineering(value), text);
        }
    }

    #[test]
    fn counts_have_groups_of_three() {
        for (count, text) in [(0, "0"), (999, "999"), (12403, "12,403"), (1_000_000, "1,000,000")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn tables_align() {
        let rows = [["a".to_owned(), "b".to_owned()], ["long".to_owned(), "c".to_owned()]];
        assert_eq!(table(&rows, " "), " a     b\n long  c\n");
    }
}
