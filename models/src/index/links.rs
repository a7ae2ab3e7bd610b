//! Chooses links from candidates: few per node, in different directions, and mutual.

use rayon::prelude::*;

use super::exact::by_score;
use super::vectors::Vectors;

/// The maximum number of candidates considered.
const MOST: usize = 64;

/// The maximum number of incoming links that are candidates for outgoing ones.
const MAX_REVERSE: usize = 64;

/// Like [`MAX_REVERSE`], in the step that makes links mutual.
const MAX_MUTUAL: usize = 256;

/// The maximum number of neighbours whose own neighbours become candidates.
const MAX_HOPS: usize = 32;

/// The maximum number of neighbours taken from each of them.
const PER_HOP: usize = 16;

/// The number of nodes that share one array of seen marks.
const CHUNK: usize = 8192;

/// The links of every node.
pub(super) type Links = Vec<Vec<u32>>;

/// Chooses at most `width` links per node and makes them mutual. O(n candidates width d).
pub(super) fn choose_all(
    vectors: &Vectors,
    candidates: Vec<Vec<(f32, u32)>>,
    width: usize,
) -> Links {
    let candidates = candidates.into_par_iter();
    let chosen = candidates.map(|candidates| choose(vectors, candidates, width)).collect();
    mutual(vectors, chosen, width)
}

/// Chooses links again, among the neighbours of neighbours. O(n hops d).
pub(super) fn refine(vectors: &Vectors, links: &Links, width: usize) -> Links {
    let reverse = reversed(links, MAX_REVERSE);
    let starts: Vec<usize> = (0..links.len()).step_by(CHUNK).collect();
    let chunks = starts.into_par_iter().flat_map_iter(|start| {
        let mut around = Around { vectors, links, reverse: &reverse, seen: vec![0; links.len()] };
        let nodes = start..links.len().min(start + CHUNK);
        nodes.map(|node| choose(vectors, around.of(node), width)).collect::<Vec<_>>()
    });
    mutual(vectors, chunks.collect(), width)
}

/// The nodes two links away.
struct Around<'a> {
    vectors: &'a Vectors,
    links: &'a Links,
    reverse: &'a Links,
    /// The last node that saw each node, plus one.
    seen: Vec<u32>,
}

impl Around<'_> {
    fn of(&mut self, node: usize) -> Vec<(f32, u32)> {
        let mark = node as u32 + 1;
        let seen = &mut self.seen;
        seen[node] = mark;
        let mut is_new = |other: u32| std::mem::replace(&mut seen[other as usize], mark) != mark;
        let mut near: Vec<u32> =
            self.links[node].iter().chain(&self.reverse[node]).copied().collect();
        near.retain(|&other| is_new(other));
        for hop in 0..near.len().min(MAX_HOPS) {
            let next = self.links[near[hop] as usize].iter().take(PER_HOP);
            near.extend(next.filter(|&&other| is_new(other)));
        }
        let head = self.vectors.head() as u32;
        near.retain(|&other| other >= head);
        near.into_iter().map(|other| (self.vectors.score(node as u32, other), other)).collect()
    }
}

/// Makes every link compete for the opposite direction as well.
fn mutual(vectors: &Vectors, links: Links, width: usize) -> Links {
    let reverse = reversed(&links, MAX_MUTUAL);
    let head = vectors.head() as u32;
    let pairs = links.into_par_iter().zip(reverse).enumerate();
    let both = pairs.map(|(node, (mut links, reverse))| {
        links.extend(reverse.into_iter().filter(|&other| other >= head));
        links.sort_unstable();
        links.dedup();
        let score = |other: u32| (vectors.score(node as u32, other), other);
        choose(vectors, links.into_iter().map(score).collect(), width)
    });
    both.collect()
}

/// The incoming links of each node, ascending, at most `most`. Each thread reads all links for some
/// of the nodes.
fn reversed(links: &Links, most: usize) -> Links {
    let mut reverse = vec![Vec::new(); links.len()];
    let size = links.len().div_ceil(rayon::current_num_threads()).max(1);
    reverse.par_chunks_mut(size).enumerate().for_each(|(chunk, reverse)| {
        let first = chunk * size;
        for (from, links) in links.iter().enumerate() {
            for &to in links {
                let row = (to as usize).checked_sub(first).and_then(|at| reverse.get_mut(at));
                row.filter(|row: &&mut Vec<u32>| row.len() < most)
                    .into_iter()
                    .for_each(|row| row.push(from as u32));
            }
        }
    });
    reverse
}

/// Chooses `width` candidates: the best that are not nearer to an already chosen one, then the best
/// of the rest.
///
/// This is the relative neighbourhood rule (Malkov and Yashunin, 2018, algorithm 4), with inner
/// products for distances.
fn choose(vectors: &Vectors, mut candidates: Vec<(f32, u32)>, width: usize) -> Vec<u32> {
    if candidates.len() > MOST {
        candidates.select_nth_unstable_by(MOST - 1, by_score);
        candidates.truncate(MOST);
    }
    candidates.sort_unstable_by(by_score);
    let mut chosen: Vec<u32> = Vec::with_capacity(width);
    for &(score, node) in &candidates {
        if chosen.len() == width {
            return chosen;
        }
        if chosen.iter().all(|&other| vectors.score(node, other) < score) {
            chosen.push(node);
        }
    }
    let missing = width - chosen.len();
    let others = candidates.iter().map(|one| one.1).filter(|node| !chosen.contains(node));
    let others: Vec<u32> = others.take(missing).collect();
    chosen.extend(others);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::Factors;

    #[test]
    fn links_are_reversed_for_any_number_of_threads() {
        let links: Links = vec![vec![1, 2], vec![2], vec![0], vec![2, 0]];
        let expected: Links = vec![vec![2, 3], vec![0], vec![0, 1], vec![]];
        assert_eq!(reversed(&links, 2), expected);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(pool.install(|| reversed(&links, 2)), expected);
    }

    #[test]
    fn what_is_nearer_to_a_link_than_to_the_node_waits_until_there_is_room() {
        // Three in one direction, the first of them the longest, and one in another.
        let row = |x: f32, y: f32| [&[x, y][..], &[0.0; 14]].concat();
        let rows = [row(1.0, 1.0), row(3.0, 0.0), row(2.0, 0.1), row(1.5, 0.0), row(0.0, 1.0)];
        let vectors = Vectors::new(&Factors::new(16, rows.concat()).unwrap(), 0, 0, 1);
        let node = |item: u32| vectors.items().iter().position(|&it| it == item).unwrap() as u32;
        let score = |item: u32| (vectors.score(node(0), node(item)), node(item));
        let all = [1, 2, 3, 4].map(score).to_vec();
        assert_eq!(choose(&vectors, all.clone(), 2), [node(1), node(4)]);
        assert_eq!(choose(&vectors, all, 3), [node(1), node(4), node(2)]);
    }
}
