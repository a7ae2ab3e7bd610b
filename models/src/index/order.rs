//! An order in which similar rows are adjacent: the leaves of a balanced tree of 2-means splits.

use crate::factors::Factors;
use crate::kernel::{axpy, dot};

/// The size below which a part of the tree is not split further.
const LEAF: usize = 32;

/// The size from which a part's children are split in parallel.
const IN_PARALLEL: usize = 4096;

/// The number of sampled rows that determine a split.
const SAMPLE: usize = 192;

/// The number of iterations of 2-means per split.
const ROUNDS: usize = 4;

/// A small random number generator, good enough for sampling.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
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

/// The rows of `ids`, leaf by leaf, equal for any number of threads. O(n d log n).
pub(super) fn tree_order(factors: &Factors, mut ids: Vec<u32>, seed: u64) -> Vec<u32> {
    split(factors, &mut ids, seed);
    ids
}

/// Cuts an order from [`tree_order`] where the tree does, into parts of at most `size`.
pub(super) fn parts(order: &[u32], size: usize) -> Vec<&[u32]> {
    if order.len() <= size {
        return vec![order];
    }
    let (low, high) = order.split_at(order.len() / 2);
    let mut all = parts(low, size);
    all.extend(parts(high, size));
    all
}

fn split(factors: &Factors, ids: &mut [u32], seed: u64) {
    if ids.len() <= LEAF {
        return;
    }
    let mut rng = SplitMix(seed);
    let direction = direction(factors, ids, &mut rng);
    let mut keys: Vec<(f32, u32)> =
        ids.iter().map(|&id| (dot(&direction, row(factors, id)), id)).collect();
    let half = keys.len() / 2;
    keys.select_nth_unstable_by(half, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    // A selection leaves each side unsorted, but always in the same order.
    for (id, key) in ids.iter_mut().zip(&keys) {
        *id = key.1;
    }
    let is_large = ids.len() >= IN_PARALLEL;
    drop(keys);
    let (low, high) = ids.split_at_mut(half);
    let (of_low, of_high) = (rng.next(), rng.next());
    if is_large {
        rayon::join(|| split(factors, low, of_low), || split(factors, high, of_high));
        return;
    }
    split(factors, low, of_low);
    split(factors, high, of_high);
}

fn row(factors: &Factors, id: u32) -> &[f32] {
    factors.row(id as usize).expect("ids are rows")
}

/// The vector between the two means of a sample.
fn direction(factors: &Factors, ids: &[u32], rng: &mut SplitMix) -> Vec<f32> {
    let mut draw = || row(factors, ids[rng.below(ids.len())]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_holds_every_row_once_and_near_ones_side_by_side() {
        // Four clusters, with rows in rotation.
        let heap = |at: usize| (0..16).map(move |k| if k % 4 == at % 4 { 10.0 } else { 0.01 });
        let values: Vec<f32> = (0..400).flat_map(heap).collect();
        let factors = Factors::new(16, values).unwrap();
        let order = tree_order(&factors, (0..400).collect(), 3);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..400));
        let changes = order.windows(2).filter(|pair| pair[0] % 4 != pair[1] % 4).count();
        assert!(changes < 40, "{changes}");
    }

    #[test]
    fn parts_are_the_whole_order_in_pieces_that_are_small_enough() {
        let order: Vec<u32> = (0..1000).collect();
        let parts = parts(&order, 130);
        assert!(parts.iter().all(|part| (60..=130).contains(&part.len())));
        assert_eq!(parts.concat(), order);
    }
}
