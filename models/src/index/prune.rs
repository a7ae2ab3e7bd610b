//! The lowest layer, chosen anew among the neighbours of neighbours: what a small `ef_construction` missed.

use rayon::prelude::*;

use super::build::Vectors;
use super::exact::by_score;

/// Up to so many links into a vector are candidates for links out of it.
const MAX_REVERSE: usize = 64;

/// From so many neighbours their own neighbours are candidates.
const MAX_HOPS: usize = 48;

/// So many neighbours of each neighbour are.
const PER_HOP: usize = 16;

/// A vector that fewer link to is adopted by its own neighbours.
const MIN_INCOMING: usize = 4;

/// Chooses at most `width` links per vector out of two hops, makes them mutual, and chooses again where that is too many.
pub(super) fn refine(vectors: &Vectors, links: &[Vec<u32>], width: usize) -> Vec<Vec<u32>> {
    let reverse = reversed(links, MAX_REVERSE);
    let chosen: Vec<Vec<u32>> = (0..links.len())
        .into_par_iter()
        .map(|at| {
            let mut candidates: Vec<u32> = links[at].iter().chain(&reverse[at]).copied().collect();
            for hop in 0..candidates.len().min(MAX_HOPS) {
                let next = &links[candidates[hop] as usize];
                candidates.extend(next.iter().take(PER_HOP));
            }
            choose(vectors, at as u32, candidates, width)
        })
        .collect();
    let reverse = reversed(&chosen, usize::MAX);
    chosen
        .into_par_iter()
        .zip(reverse)
        .enumerate()
        .map(|(at, (mut links, reverse))| {
            links.extend(reverse);
            choose(vectors, at as u32, links, width)
        })
        .collect()
}

/// Lets vectors that few link to into the rows of those that they link to, where there is room.
///
/// Long vectors are everybody's neighbours and crowd the short ones out, which no walk would ever reach.
pub(super) fn adopt(mut links: Vec<Vec<u32>>, width: usize) -> Vec<Vec<u32>> {
    let mut incoming = vec![0_usize; links.len()];
    links.iter().flatten().for_each(|&to| incoming[to as usize] += 1);
    for at in 0..links.len() {
        for hop in 0..links[at].len() {
            let to = links[at][hop] as usize;
            let has_room = links[to].len() < width && !links[to].contains(&(at as u32));
            if incoming[at] < MIN_INCOMING && has_room {
                links[to].push(at as u32);
                incoming[at] += 1;
            }
        }
    }
    links
}

/// Who links to each vector, ascending, at most `most`.
fn reversed(links: &[Vec<u32>], most: usize) -> Vec<Vec<u32>> {
    let mut reverse = vec![Vec::new(); links.len()];
    for (from, links) in links.iter().enumerate() {
        for &to in links {
            let row: &mut Vec<u32> = &mut reverse[to as usize];
            if row.len() < most {
                row.push(from as u32);
            }
        }
    }
    reverse
}

/// The best candidates that are not better for one chosen before, then the best of the rest: `width` of them.
fn choose(vectors: &Vectors, of: u32, mut candidates: Vec<u32>, width: usize) -> Vec<u32> {
    candidates.sort_unstable();
    candidates.dedup();
    let scored = candidates.into_iter().filter(|&id| id != of);
    let mut scored: Vec<(f32, u32)> = scored.map(|id| (vectors.score(of, id), id)).collect();
    scored.sort_unstable_by(by_score);
    let mut chosen: Vec<u32> = Vec::with_capacity(width);
    for &(score, id) in &scored {
        if chosen.len() == width {
            return chosen;
        }
        if chosen.iter().all(|&other| vectors.score(id, other) < score) {
            chosen.push(id);
        }
    }
    let missing = width - chosen.len();
    let rest: Vec<u32> =
        scored.iter().map(|s| s.1).filter(|id| !chosen.contains(id)).take(missing).collect();
    chosen.extend(rest);
    chosen
}
