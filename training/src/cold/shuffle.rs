//! A random friendship graph for control runs: every user keeps the number of friends, but gets
//! other friends.

use std::collections::HashSet;

use guanxi_models::model::Rows;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// The number of attempted swaps per edge.
const SWAPS_PER_EDGE: usize = 10;

/// Swaps the ends of random pairs of friendships, which keeps the degrees and nothing else.
/// O(edges).
///
/// A swap that would create a self-loop or a duplicate edge is skipped.
pub fn shuffled(friends: &Rows, seed: u64) -> Rows {
    let mut edges = edges(friends);
    let mut known: HashSet<(u32, u32)> = edges.iter().copied().collect();
    let mut rng = StdRng::seed_from_u64(seed);
    if edges.len() > 1 {
        for _ in 0..SWAPS_PER_EDGE * edges.len() {
            let (one, other) = (rng.random_range(0..edges.len()), rng.random_range(0..edges.len()));
            swap(&mut edges, &mut known, one, other, rng.random());
        }
    }
    let mut rows = vec![Vec::new(); friends.rows()];
    for (a, b) in edges {
        rows[a as usize].push(b);
        rows[b as usize].push(a);
    }
    for row in &mut rows {
        row.sort_unstable();
    }
    Rows::from_rows(&rows)
}

/// Every friendship once, the lower index first.
fn edges(friends: &Rows) -> Vec<(u32, u32)> {
    let of = |user: usize| friends.row(user).iter().map(move |&friend| (user as u32, friend));
    (0..friends.rows()).flat_map(of).filter(|(a, b)| a < b).collect()
}

/// Turns `a-b, c-d` into `a-d, c-b`, or into `a-c, b-d` if `is_crossed`.
fn swap(
    edges: &mut [(u32, u32)],
    known: &mut HashSet<(u32, u32)>,
    one: usize,
    other: usize,
    is_crossed: bool,
) {
    let ((a, b), (c, d)) = (edges[one], edges[other]);
    let (c, d) = if is_crossed { (d, c) } else { (c, d) };
    let (first, second) = ((a.min(d), a.max(d)), (c.min(b), c.max(b)));
    let is_proper = first.0 != first.1 && second.0 != second.1 && first != second;
    if !is_proper || known.contains(&first) || known.contains(&second) {
        return;
    }
    known.remove(&edges[one]);
    known.remove(&edges[other]);
    known.extend([first, second]);
    (edges[one], edges[other]) = (first, second);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Circles of ten users who are all friends with each other.
    fn circles(n: u32) -> Rows {
        let row = |user: u32| (user / 10 * 10..user / 10 * 10 + 10).filter(move |&f| f != user);
        Rows::from_rows(&(0..n).map(|user| row(user).collect()).collect::<Vec<Vec<u32>>>())
    }

    #[test]
    fn degrees_stay_and_circles_dissolve() {
        let before = circles(200);
        let after = shuffled(&before, 1);
        let mut kept = 0;
        for user in 0..200 {
            let row = after.row(user);
            assert_eq!(row.len(), 9);
            assert!(row.is_sorted_by(|a, b| a < b) && !row.contains(&(user as u32)));
            kept += row.iter().filter(|&&friend| friend / 10 == user as u32 / 10).count();
            assert!(row.iter().all(|&friend| after.row(friend as usize).contains(&(user as u32))));
        }
        assert!(kept < 180, "{kept} of 1800 friends are of the old circle");
    }

    #[test]
    fn the_seed_decides_and_what_cannot_be_swapped_stays() {
        let targets = |rows: &Rows| rows.columns().1.to_vec();
        let with = |seed| targets(&shuffled(&circles(40), seed));
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
        let pair = Rows::from_rows(&[vec![1], vec![0]]);
        assert_eq!(targets(&shuffled(&pair, 1)), targets(&pair));
    }
}
