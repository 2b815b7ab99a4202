//! "Did you mean …?": the nearest of a set of names.
//!
//! The distance is Damerau and Levenshtein's in its restricted form (optimal string alignment), because swapped
//! neighbours are the commonest slip of the fingers.

/// The candidate nearest to `name`, if one is near enough to be a likely misspelling.
///
/// Near enough means at most one slip in names of up to five characters and one more for each further three. Case does
/// not count. Of equally near candidates the first one wins.
///
/// ```
/// assert_eq!(ovonic_netlist::suggest("iss", ["is", "rs", "bv"]), Some("is"));
/// assert_eq!(ovonic_netlist::suggest("zebra", ["is", "rs", "bv"]), None);
/// ```
pub fn suggest<'a, I, S>(name: &str, candidates: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a S>,
    S: AsRef<str> + ?Sized + 'a,
{
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).take(MAX_LENGTH + 1).collect();
    if name.len() > MAX_LENGTH {
        return None;
    }
    let limit = 1 + name.len().saturating_sub(3) / 3;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let candidate = candidate.as_ref();
        let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
        if letters.len().abs_diff(name.len()) > limit {
            continue;
        }
        let distance = distance(&name, &letters);
        let shared = distance < name.len().max(letters.len());
        if distance <= limit && shared && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Longer names are not compared: nobody mistypes them by hand, and the table would be large.
const MAX_LENGTH: usize = 64;

/// Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &left) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, &right) in b.iter().enumerate() {
            let mut least =
                (above[j + 1] + 1).min(row[j] + 1).min(above[j] + usize::from(left != right));
            if i > 0 && j > 0 && left == b[j - 1] && a[i - 1] == right {
                least = least.min(before[j - 1] + 1);
            }
            row[j + 1] = least;
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(a: &str, b: &str) -> usize {
        distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
    }

    #[test]
    fn distance_counts_each_kind_of_slip_once() {
        assert_eq!(between("tran", "tran"), 0);
        assert_eq!(between("tarn", "tran"), 1);
        assert_eq!(between("trann", "tran"), 1);
        assert_eq!(between("trn", "tran"), 1);
        assert_eq!(between("trax", "tran"), 1);
        assert_eq!(between("", "op"), 2);
    }

    #[test]
    fn short_names_need_a_shared_letter() {
        assert_eq!(suggest("x", ["a", "b"]), None);
        assert_eq!(suggest("inlude", ["include", "lib"]), Some("include"));
        assert_eq!(suggest("INLUDE", ["include", "lib"]), Some("include"));
        assert_eq!(suggest("optoins", ["option", "options"]), Some("options"));
    }
}
