//! People go through the same sums, exclusions and top as items.

use super::{Accumulator, Excluded, TopRows, best};
use crate::id::UserIdx;
use crate::recommend::answer::Listed;

/// The ties of four friends of user 0, to people 0 to 9: each row ascending.
const TIES: [(u32, &[u32], &[f32]); 4] = [
    (1, &[0, 5, 6], &[1.0, 1.0, 0.25]),
    (2, &[0, 5, 7], &[1.0, 0.5, 1.0]),
    (3, &[0, 6, 7], &[1.0, 0.5, 1.0]),
    (4, &[0, 1, 8], &[1.0, 1.0, 4.0]),
];

/// The people that at least two friends of user 0 have ties with, the strongest first.
fn acquainted(limit: usize, blocked: Vec<u32>) -> Vec<Listed<UserIdx>> {
    let friends = TIES.map(|(friend, ..)| friend);
    let mut excluded = Excluded::new(blocked, &friends);
    excluded.add([0].into_iter());
    let mut sums = Accumulator::default();
    sums.begin(10, 2);
    for (_, people, strengths) in TIES {
        sums.add_weighted(people, strengths, 1.0);
    }
    let allowed = sums.noted().iter().filter(|&&person| !excluded.contains(person));
    let top = best(allowed.map(|&person| (sums.sum(person), person)).collect(), limit);
    top.into_iter().map(|(score, person)| Listed::new(UserIdx(person), score)).collect()
}

fn numbers(listed: &[Listed<UserIdx>]) -> Vec<u32> {
    listed.iter().map(|one| one.id.0).collect()
}

#[test]
fn people_are_ranked_by_the_ties_of_friends() {
    let all = acquainted(10, Vec::new());
    assert_eq!(
        numbers(&all),
        [7, 5, 6],
        "neither the asker, nor a friend, nor what one friend says"
    );
    let scores: Vec<f32> = all.iter().map(|one| one.score).collect();
    assert_eq!(scores, [2.0, 1.5, 0.75]);
}

#[test]
fn a_page_of_people_is_cut_and_leaves_the_excluded_out() {
    assert_eq!(numbers(&acquainted(1, Vec::new())), [7]);
    assert_eq!(numbers(&acquainted(2, vec![9, 7])), [5, 6]);
}

#[test]
fn the_best_of_a_stream_are_those_of_all() {
    let scored: Vec<(f32, u32)> = (0..500_u32).map(|row| ((row * 37 % 101) as f32, row)).collect();
    for k in [1, 3, 40, 600] {
        let mut top = TopRows::new(k);
        for &(score, row) in &scored {
            if score >= top.bar() {
                top.push(score, row);
            }
        }
        assert_eq!(top.into_best(), best(scored.clone(), k));
    }
}
