//! Random cells of every kind that remembers: a slice of what `cargo xtask soak` runs.

use ovonic_tests::soak::{Cards, soak};
use std::collections::BTreeSet;

#[test]
fn random_cells_converge_and_account_for_their_energy() {
    let cards = Cards::read().expect("model cards");
    let mut kinds = BTreeSet::new();
    for number in 0..150 {
        let soaked = soak(&cards, 2, number);
        assert!(soaked.complaints.is_empty(), "{number}: {:?}\n{}", soaked.complaints, soaked.deck);
        kinds.insert(soaked.kind);
    }
    assert_eq!(kinds.len(), 14, "{kinds:?}");
}
