//! Names of vectors as users write them.
//!
//! Programs of the SPICE family spell one quantity in several ways, and decks and scripts use all of them.

use crate::{Vector, WaveformError};

/// The vector meant by `name`; see [`crate::Plot::vector`].
pub(crate) fn find<'a>(vectors: &'a [Vector], name: &str) -> Result<&'a Vector, WaveformError> {
    let wanted = plain(name);
    let exact = vectors.iter().find(|v| plain(&v.name) == wanted);
    if let Some(vector) = exact {
        return Ok(vector);
    }
    let wanted = canonical(&wanted);
    vectors.iter().find(|v| canonical(&plain(&v.name)) == wanted).ok_or_else(|| {
        WaveformError::UnknownVector {
            name: name.to_owned(),
            candidates: candidates(vectors, name),
        }
    })
}

/// Lower case, without blanks.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// `v(x)` and `x` become `x`, `i(x)` and `x#branch` become `x#branch`; a `v(v-sweep)` is the scale `v-sweep`.
fn canonical(name: &str) -> String {
    if let Some(inner) = inside(name, "v(") {
        return inner.to_owned();
    }
    match inside(name, "i(") {
        // Device vectors and sweeps carry the wrapper only because raw files put it around every current.
        Some(inner) if inner.starts_with('@') || inner.ends_with("-sweep") => inner.to_owned(),
        Some(inner) => format!("{inner}#branch"),
        None => name.to_owned(),
    }
}

fn inside<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    name.strip_prefix(prefix)?.strip_suffix(')')
}

/// Up to three names at a small edit distance, nearest first.
fn candidates(vectors: &[Vector], name: &str) -> Vec<String> {
    let wanted = canonical(&plain(name));
    let limit = 1 + wanted.chars().count() / 3;
    let mut near: Vec<(usize, &str)> = vectors
        .iter()
        .map(|v| (distance(&canonical(&plain(&v.name)), &wanted), v.name.as_str()))
        .filter(|(d, _)| *d <= limit)
        .collect();
    near.sort_by_key(|(d, _)| *d);
    near.into_iter().take(3).map(|(_, n)| n.to_owned()).collect()
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use crate::{Quantity, Vector, WaveformError};

    fn vectors() -> Vec<Vector> {
        ["time", "v(out)", "i(v1)", "V(x1.n)", "l1#branch", "i(@r1[i])", "i(i-sweep)"]
            .into_iter()
            .map(|n| Vector::real(n, Quantity::from_name(n), vec![]))
            .collect()
    }

    #[test]
    fn spellings_of_one_vector() {
        let vectors = vectors();
        for (asked, found) in [
            ("TIME", "time"),
            ("out", "v(out)"),
            ("V( Out )", "v(out)"),
            ("v1#branch", "i(v1)"),
            ("I(V1)", "i(v1)"),
            ("i(l1)", "l1#branch"),
            ("x1.N", "V(x1.n)"),
            ("@r1[i]", "i(@r1[i])"),
            ("i-sweep", "i(i-sweep)"),
        ] {
            assert_eq!(super::find(&vectors, asked).unwrap().name, found, "{asked}");
        }
    }

    #[test]
    fn unknown_names_suggest_candidates() {
        let error = super::find(&vectors(), "v(oot)").unwrap_err();
        assert_eq!(error.to_string(), "no vector named \"v(oot)\"; did you mean \"v(out)\"?");
        let WaveformError::UnknownVector { candidates, .. } =
            super::find(&vectors(), "completely different").unwrap_err()
        else {
            panic!("another error")
        };
        assert!(candidates.is_empty());
    }
}
