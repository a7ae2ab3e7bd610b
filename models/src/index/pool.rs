//! The candidates of a walk, best first.

/// A candidate packed into one integer that sorts by rank: the score, then the largest node number
/// minus its own, then flags.
type Key = u64;

/// The candidate's neighbours were visited.
const IS_EXPANDED: Key = 1;
/// The candidate may be returned.
const IS_ACCEPTED: Key = 2;
const FLAGS: u32 = 2;
const LARGEST_NODE: u32 = u32::MAX >> FLAGS;

/// The maximum number of nodes that a key can distinguish.
pub(super) const MOST_NODES: usize = LARGEST_NODE as usize;

fn key_of(score: i32, node: u32) -> Key {
    // Flipping the sign bit sorts negative scores below positive ones.
    let score = score.cast_unsigned() ^ (1 << 31);
    Key::from(score) << 32 | Key::from((LARGEST_NODE - node) << FLAGS)
}

fn node_of(key: Key) -> u32 {
    LARGEST_NODE - (key as u32 >> FLAGS)
}

fn score_of(key: Key) -> i32 {
    ((key >> 32) as u32 ^ (1 << 31)).cast_signed()
}

/// The candidates in order, up to the `ef`-th accepted one. The rejected ones between them are
/// still traversed.
#[derive(Debug, Default)]
pub(super) struct Pool {
    keys: Vec<Key>,
    ef: usize,
    accepted: usize,
    /// All candidates before this position are expanded.
    at: usize,
}

impl Pool {
    pub(super) fn start(&mut self, ef: usize) {
        self.keys.clear();
        (self.ef, self.accepted, self.at) = (ef, 0, 0);
    }

    /// The minimum score; lower ones are refused.
    pub(super) fn bar(&self) -> i32 {
        let worst = self.keys.last().filter(|_| self.is_full());
        worst.map_or(i32::MIN, |&worst| score_of(worst))
    }

    fn is_full(&self) -> bool {
        self.accepted >= self.ef
    }

    /// Inserts a node if its score suffices, and only then calls `accept`.
    pub(super) fn offer(&mut self, score: i32, node: u32, accept: &dyn Fn(u32) -> bool) {
        let mut key = key_of(score, node);
        if self.is_full() && self.keys.last().is_some_and(|&last| key < last) {
            return;
        }
        if accept(node) {
            key |= IS_ACCEPTED;
            self.accepted += 1;
        }
        let place = self.keys.partition_point(|&other| other > key);
        self.keys.insert(place, key);
        self.at = self.at.min(place);
        self.trim();
    }

    /// Drops all candidates after the `ef`-th accepted one.
    fn trim(&mut self) {
        while self.accepted >= self.ef {
            match self.keys.last() {
                Some(last) if last & IS_ACCEPTED == 0 => {}
                Some(_) if self.accepted > self.ef => self.accepted -= 1,
                _ => return,
            }
            self.keys.pop();
        }
    }

    /// Returns the best unexpanded node and marks it as expanded.
    pub(super) fn next(&mut self) -> Option<u32> {
        let node = self.peek()?;
        self.keys[self.at] |= IS_EXPANDED;
        Some(node)
    }

    /// The best unexpanded node.
    pub(super) fn peek(&mut self) -> Option<u32> {
        while self.keys.get(self.at)? & IS_EXPANDED != 0 {
            self.at += 1;
        }
        Some(node_of(self.keys[self.at]))
    }

    /// The accepted nodes, best first.
    pub(super) fn accepted(&self) -> impl Iterator<Item = u32> {
        self.keys.iter().filter(|key| **key & IS_ACCEPTED != 0).map(|&key| node_of(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(pool: &Pool) -> Vec<u32> {
        pool.accepted().collect()
    }

    #[test]
    fn the_best_stay_in_order_and_equal_ones_by_number() {
        let mut pool = Pool::default();
        pool.start(3);
        for (score, node) in [(-5, 9), (7, 4), (i32::MIN, 1), (7, 2), (0, 3), (i32::MAX, 8)] {
            pool.offer(score, node, &|_| true);
        }
        assert_eq!((nodes(&pool), pool.bar()), (vec![8, 2, 4], 7));
    }

    #[test]
    fn who_is_not_accepted_is_walked_through_and_takes_no_place() {
        let mut pool = Pool::default();
        pool.start(2);
        for (score, node) in [(4, 1), (3, 2), (2, 3), (1, 5), (0, 7)] {
            pool.offer(score, node, &|node| node % 2 == 1);
        }
        assert_eq!(nodes(&pool), [1, 3]);
        let expanded: Vec<u32> = std::iter::from_fn(|| pool.next()).collect();
        assert_eq!(expanded, [1, 2, 3]);
    }

    #[test]
    fn who_comes_in_before_the_last_expanded_is_next() {
        let mut pool = Pool::default();
        pool.start(4);
        pool.offer(1, 1, &|_| true);
        assert_eq!(pool.next(), Some(1));
        pool.offer(5, 2, &|_| true);
        pool.offer(0, 3, &|_| true);
        assert_eq!((pool.next(), pool.next(), pool.next()), (Some(2), Some(3), None));
    }

    #[test]
    fn the_largest_node_and_every_score_come_back_out_of_a_key() {
        for (score, node) in [(i32::MIN, 0), (-1, LARGEST_NODE), (0, 5), (i32::MAX, LARGEST_NODE)] {
            let key = key_of(score, node) | IS_ACCEPTED | IS_EXPANDED;
            assert_eq!((score_of(key), node_of(key)), (score, node));
        }
    }
}
