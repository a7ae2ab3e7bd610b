//! Items in islands that no link joins.

use super::*;

const ISLANDS: usize = 60;

/// Items in islands, of which the first ten have the longest vectors, and askers near the island
/// that `island` returns.
fn islands(island: impl Fn(usize) -> usize) -> (Factors, Factors) {
    let mut rng = StdRng::seed_from_u64(7);
    let mut around = |centre: &[f32], spread: f32| -> Vec<f32> {
        centre.iter().map(|x| x + spread * rng.random_range(-1.0..1.0_f32)).collect()
    };
    let centres: Vec<Vec<f32>> = (0..ISLANDS).map(|_| around(&[0.0; DIM], 1.0)).collect();
    let length = |island: usize| if island < 10 { 1.3 } else { 1.0 };
    let item = |at: usize| (around(&centres[at % ISLANDS], 0.1), length(at % ISLANDS));
    let items =
        (0..12_000).map(item).flat_map(|(row, length)| row.into_iter().map(move |x| x * length));
    let items = Factors::new(DIM, items.collect::<Vec<_>>()).unwrap();
    let askers = (0..600).flat_map(|at| around(&centres[island(at)], 0.1));
    (items, Factors::new(DIM, askers.collect::<Vec<_>>()).unwrap())
}

/// An index without landmarks, and one that may use them.
fn without_and_with_landmarks(items: &Factors, askers: &Factors) -> [ItemIndex; 2] {
    let may = IndexParams::default();
    let none = IndexParams { landmark_of: 0, ..may };
    [none, may].map(|params| ItemIndex::build(items, askers, &params).unwrap())
}

#[test]
fn items_in_islands_are_found_from_landmarks() {
    let (items, askers) = islands(|at| at * 7 % ISLANDS);
    let [none, index] = without_and_with_landmarks(&items, &askers);
    assert!(none.is_exact() && !index.is_exact());
    let users = (0..200).map(|user| askers.row(user * 3).unwrap());
    let found = recall(&index, &items, users, &always);
    assert!(found >= 0.95, "{found}");
}

#[test]
fn a_graph_that_would_do_is_left_for_landmarks_that_find_as_much_as_is_asked_for() {
    // Most askers search near the starting points of walks anyway.
    let (items, askers) = islands(|at| if at % 5 < 2 { at * 7 % ISLANDS } else { at % 10 });
    let [none, index] = without_and_with_landmarks(&items, &askers);
    let [found, more] = [&none, &index].map(|index| index.columns().recall);
    assert!(!none.is_exact() && found < 0.98 && more >= 0.98, "{found} {more}");
    assert!(index.ef() < none.ef(), "{} {}", index.ef(), none.ef());
}
