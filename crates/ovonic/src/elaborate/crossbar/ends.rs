//! Vectors of nodes: `w[1:64]`, `w[63:0]`, a single node, or `w` where the number of lines is known.

use std::ops::RangeInclusive;

/// A vector as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Vector {
    /// `base[first:last]`, in either direction.
    Range { base: String, first: u32, last: u32 },
    /// A word without a range.
    Word(String),
}

/// Reads a vector; `None` if its range is not one.
pub(super) fn vector(text: &str) -> Option<Vector> {
    let Some((base, range)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) else {
        return Some(Vector::Word(text.to_owned()));
    };
    let Some((first, last)) = range.split_once(':') else {
        return Some(Vector::Word(text.to_owned()));
    };
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let (first, last) = (number(first)?, number(last)?);
    (!base.is_empty()).then(|| Vector::Range { base: base.to_owned(), first, last })
}

impl Vector {
    /// The number of nodes that it says, if it does.
    pub(super) fn len(&self) -> Option<u32> {
        match self {
            Vector::Range { first, last, .. } => Some(first.abs_diff(*last).saturating_add(1)),
            Vector::Word(_) => None,
        }
    }

    /// The names of `count` nodes; ground is ground for each of them.
    pub(super) fn names(&self, count: u32) -> Vec<String> {
        let (base, first, last) = match self {
            Vector::Range { base, first, last } => (base, *first, *last),
            Vector::Word(word) if count == 1 || word == "0" || word == "gnd" => {
                return vec![word.clone(); count as usize];
            }
            Vector::Word(word) => (word, 1, count),
        };
        let indexed = |index: u32| format!("{base}[{index}]");
        if first <= last {
            (first..=last).map(indexed).collect()
        } else {
            (last..=first).rev().map(indexed).collect()
        }
    }
}

/// Reads `3,7-9` as lines of an array with `count` of them.
pub(super) fn line_list(text: &str, count: u32) -> Result<Vec<u32>, String> {
    let mut lines = Vec::new();
    for word in text.split([',', ' ', ';']).map(str::trim).filter(|word| !word.is_empty()) {
        lines.extend(range(word, count)?);
    }
    Ok(lines)
}

fn range(word: &str, count: u32) -> Result<RangeInclusive<u32>, String> {
    let number = |text: &str| match text.trim().parse::<u32>() {
        Ok(line) if (1..=count).contains(&line) => Ok(line),
        _ => Err(format!("\"{text}\" is no line: they are numbered from 1 to {count}")),
    };
    match word.split_once(['-', ':']) {
        Some((first, last)) => Ok(number(first)?..=number(last)?),
        None => number(word).map(|line| line..=line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_ranges_in_both_directions() {
        let names = |text: &str, count| vector(text).map(|vector| vector.names(count));
        assert_eq!(names("w[1:3]", 3).unwrap(), ["w[1]", "w[2]", "w[3]"]);
        assert_eq!(names("w[1:0]", 2).unwrap(), ["w[1]", "w[0]"]);
        assert_eq!(names("w", 2).unwrap(), ["w[1]", "w[2]"]);
        assert_eq!(names("w", 1).unwrap(), ["w"]);
        assert_eq!(names("0", 2).unwrap(), ["0", "0"]);
        assert_eq!(names("bus[4]", 1).unwrap(), ["bus[4]"]);
        assert_eq!(names("w[1:x]", 2), None);
        assert_eq!(names("[1:2]", 2), None);
        assert_eq!(vector("w[7:0]").unwrap().len(), Some(8));
    }

    #[test]
    fn lists_of_lines_have_ranges() {
        assert_eq!(line_list("3, 7-9", 9).unwrap(), [3, 7, 8, 9]);
        let message = line_list("0", 4).unwrap_err();
        assert_eq!(message, "\"0\" is no line: they are numbered from 1 to 4");
        assert!(line_list("2-5", 4).is_err());
    }
}
