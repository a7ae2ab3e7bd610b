//! A number for each item, with the top items cached.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use super::chunked::Chunked;

/// The number of cached top items.
const MOST: usize = 1024;

/// The least number of cached items; with fewer, the cache is rebuilt.
const FEWEST: usize = 256;

/// The order of two items with their numbers.
type Order<K> = fn(&(K, u32), &(K, u32)) -> Ordering;

/// A number for each item, with an order. A clone is O(1) and does not change.
///
/// The top items are found at the first request, in O(n), and then kept up to date.
#[derive(Clone, Debug)]
pub struct Ranking<K> {
    numbers: Chunked<K>,
    order: Order<K>,
    /// The top items: all others come after the last of them.
    first: OnceLock<Arc<Vec<u32>>>,
}

impl<K: Copy + Default> Ranking<K> {
    pub(super) fn new(numbers: impl IntoIterator<Item = K>, order: Order<K>) -> Self {
        Self { numbers: numbers.into_iter().collect(), order, first: OnceLock::new() }
    }

    /// The number of an item, if it exists.
    pub fn get(&self, item: usize) -> Option<&K> {
        self.numbers.get(item)
    }

    /// The numbers, by item.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        self.numbers.iter()
    }

    /// The first `k` accepted items with their numbers, in order. O(k) if they are among the first
    /// thousand of all, else O(n). `accept` is called only for items that could be listed.
    pub fn largest(&self, k: usize, accept: &dyn Fn(u32) -> bool) -> Vec<(K, u32)> {
        let first = self.first.get_or_init(|| Arc::new(self.scan(MOST, &|_| true)));
        let accepted = first.iter().copied().filter(|&item| accept(item)).take(k);
        let found: Vec<u32> = accepted.collect();
        let is_enough = found.len() == k || first.len() == self.numbers.len();
        let found = if is_enough { found } else { self.scan(k, accept) };
        found.into_iter().map(|item| self.entry(item)).collect()
    }

    /// Sets the number of an item. New items before it have the default.
    pub(super) fn set(&mut self, item: usize, number: K) {
        self.grow_to(item);
        if let Some(first) = self.first.get_mut() {
            // Without the item, the others are still the first of the order.
            Arc::make_mut(first).retain(|&other| other as usize != item);
        }
        *self.numbers.get_mut(item) = number;
        self.enter(item as u32);
    }

    /// Grows by default numbers to at least `len` items.
    pub(super) fn grow_to(&mut self, len: usize) {
        for item in self.numbers.len()..len {
            self.numbers.grow_to(item + 1);
            self.enter(item as u32);
        }
    }

    /// Adds an item to the top items if it belongs there.
    fn enter(&mut self, item: u32) {
        let Some(mut first) = self.first.take() else { return };
        let entry = self.entry(item);
        let is_before = |&other: &u32| (self.order)(&self.entry(other), &entry).is_lt();
        let place = first.partition_point(is_before);
        // Other items may precede it behind the last, unless there are no others.
        if place < first.len() || first.len() + 1 == self.numbers.len() {
            let first = Arc::make_mut(&mut first);
            first.insert(place, item);
            first.truncate(MOST);
        }
        if first.len() >= FEWEST.min(self.numbers.len()) {
            self.first = first.into();
        }
    }

    fn entry(&self, item: u32) -> (K, u32) {
        (self.numbers.get(item as usize).copied().unwrap_or_default(), item)
    }

    /// Scans every item. `accept` is called only for items before the current `k`-th.
    fn scan(&self, k: usize, accept: &dyn Fn(u32) -> bool) -> Vec<u32> {
        let mut top: Vec<(K, u32)> = Vec::with_capacity(k + 1);
        for (&number, item) in self.numbers.iter().zip(0..) {
            let entry = (number, item);
            let is_full = top.len() == k;
            if is_full && top.last().is_none_or(|last| (self.order)(last, &entry).is_lt()) {
                continue;
            }
            if !accept(item) {
                continue;
            }
            let place = top.partition_point(|other| (self.order)(other, &entry).is_lt());
            top.insert(place, entry);
            top.truncate(k);
        }
        top.into_iter().map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    /// Largest first, of equals the last.
    fn order(a: &(i64, u32), b: &(i64, u32)) -> Ordering {
        b.cmp(a)
    }

    fn sorted(ranking: &Ranking<i64>, k: usize, accept: &dyn Fn(u32) -> bool) -> Vec<(i64, u32)> {
        let mut all: Vec<(i64, u32)> = ranking.iter().copied().zip(0..).collect();
        all.retain(|one| accept(one.1));
        all.sort_by(order);
        all.truncate(k);
        all
    }

    #[test]
    fn the_largest_are_those_of_a_full_sort_after_any_change() {
        let mut rng = StdRng::seed_from_u64(4);
        for n in [0, 3, 300, 3000] {
            let mut ranking = Ranking::new((0..n).map(|_| rng.random_range(0..90)), order);
            for step in 0..2000 {
                match step % 5 {
                    0 => ranking.grow_to(ranking.iter().count() + 1),
                    1 => ranking.set(rng.random_range(0..n as usize + 9), 0),
                    _ => ranking.set(rng.random_range(0..n as usize + 9), rng.random_range(0..99)),
                }
                if step % 7 == 0 {
                    let third = |item: u32| item.is_multiple_of(3);
                    assert_eq!(ranking.largest(20, &|_| true), sorted(&ranking, 20, &|_| true));
                    assert_eq!(ranking.largest(9, &third), sorted(&ranking, 9, &third));
                }
            }
        }
    }

    #[test]
    fn who_lets_few_through_gets_them_all() {
        let ranking = Ranking::new(0..5000_i64, order);
        let few = |item: u32| item < 3;
        assert_eq!(ranking.largest(10, &few), [(2, 2), (1, 1), (0, 0)]);
        assert!(ranking.largest(0, &|_| true).is_empty());
    }

    #[test]
    fn a_clone_stays_as_it_is() {
        let mut ranking = Ranking::new(0..2000_i64, order);
        assert_eq!(ranking.largest(1, &|_| true), [(1999, 1999)]);
        let before = ranking.clone();
        ranking.set(7, 5000);
        assert_eq!(ranking.largest(1, &|_| true), [(5000, 7)]);
        assert_eq!(before.largest(1, &|_| true), [(1999, 1999)]);
    }
}
