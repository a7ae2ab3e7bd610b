//! The order in which items enter the graph: neighbours one after another, which keeps insertions in the cache.

use super::build::Vectors;
use crate::kernel::{axpy, dot};

/// Below this size a part of the tree is not split any more.
const LEAF: usize = 32;

/// How many vectors decide where a part is split.
const SAMPLE: usize = 192;

/// How often the two means of a part are moved.
const ROUNDS: usize = 4;

/// One vector in so many enters first, from everywhere, so that the graph has its long links from the start.
const PIONEERS: u64 = 16;

/// A small generator of numbers that are random enough for sampling.
pub(super) struct SplitMix(pub(super) u64);

impl SplitMix {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// All vectors: the pioneers, then the others leaf by leaf of a balanced tree of two means.
pub(super) fn insertion_order(vectors: &Vectors, seed: u64) -> Vec<u32> {
    let mut rng = SplitMix(seed);
    let mut ids: Vec<u32> = (0..vectors.rows() as u32).collect();
    split(vectors, &mut ids, &mut rng);
    let (mut order, mut others) = (Vec::with_capacity(ids.len()), Vec::new());
    for id in ids {
        let is_pioneer = rng.next().is_multiple_of(PIONEERS);
        if is_pioneer { order.push(id) } else { others.push(id) }
    }
    order.extend(others);
    order
}

fn split(vectors: &Vectors, ids: &mut [u32], rng: &mut SplitMix) {
    if ids.len() <= LEAF {
        return;
    }
    let direction = direction(vectors, ids, rng);
    let mut keys: Vec<(f32, u32)> =
        ids.iter().map(|&id| (dot(&direction, vectors.row(id)), id)).collect();
    let half = keys.len() / 2;
    keys.select_nth_unstable_by(half, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    // What a selection leaves on each side is in no order of its own, but always in the same one.
    for (id, key) in ids.iter_mut().zip(&keys) {
        *id = key.1;
    }
    let (low, high) = ids.split_at_mut(half);
    split(vectors, low, rng);
    split(vectors, high, rng);
}

/// From one to the other of the two means of a sample.
fn direction(vectors: &Vectors, ids: &[u32], rng: &mut SplitMix) -> Vec<f32> {
    let mut draw = || vectors.row(ids[rng.below(ids.len())]);
    let mut means = [draw().to_vec(), draw().to_vec()];
    let sample: Vec<&[f32]> = (0..SAMPLE.min(ids.len())).map(|_| draw()).collect();
    for _ in 0..ROUNDS {
        let mut sums = [vec![0.0; means[0].len()], vec![0.0; means[0].len()]];
        for vector in &sample {
            let nearer = usize::from(dot(&means[1], vector) > dot(&means[0], vector));
            axpy(1.0, vector, &mut sums[nearer]);
        }
        for (mean, sum) in means.iter_mut().zip(sums) {
            let length = dot(&sum, &sum).sqrt();
            if length > 0.0 {
                mean.clear();
                mean.extend(sum.iter().map(|value| value / length));
            }
        }
    }
    let [mut direction, other] = means;
    axpy(-1.0, &other, &mut direction);
    direction
}
