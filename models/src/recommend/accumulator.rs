//! Sums per item.

use crate::kernel::prefetch;

/// Adds up a number per item over many small lists, without clearing a table between queries.
///
/// A slot is valid only if its stamp is the present one, so that [`Accumulator::begin`] is O(1).
#[derive(Debug, Default)]
pub(super) struct Accumulator {
    slots: Vec<Slot>,
    touched: Vec<u32>,
    stamp: u32,
}

/// What is known of an item, in one cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(16))]
struct Slot {
    stamp: u32,
    sum: f32,
    count: u32,
}

impl Accumulator {
    /// Starts over for items `0..n_items`. O(1) but for growth and once every 2^32 calls.
    pub(super) fn begin(&mut self, n_items: usize) {
        if self.slots.len() < n_items {
            self.slots.resize(n_items, Slot::default());
        }
        self.touched.clear();
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.slots.fill(Slot::default());
            self.stamp = 1;
        }
    }

    /// Adds an amount to each of some items, by their place, or leaves one out.
    pub(super) fn add_all(&mut self, items: &[u32], amount: impl Fn(usize) -> Option<f32>) {
        /// Items lie anywhere: so many are fetched ahead.
        const AHEAD: usize = 12;
        for (at, &item) in items.iter().enumerate() {
            if let Some(&ahead) = items.get(at + AHEAD) {
                prefetch(&self.slots[ahead as usize..=ahead as usize]);
            }
            if let Some(amount) = amount(at) {
                self.add(item, amount);
            }
        }
    }

    /// Adds `amount` to an item and 1 to its count.
    pub(super) fn add(&mut self, item: u32, amount: f32) {
        let slot = &mut self.slots[item as usize];
        if slot.stamp == self.stamp {
            slot.sum += amount;
            slot.count += 1;
        } else {
            *slot = Slot { stamp: self.stamp, sum: amount, count: 1 };
            self.touched.push(item);
        }
    }

    fn slot(&self, item: u32) -> Option<&Slot> {
        self.slots.get(item as usize).filter(|slot| slot.stamp == self.stamp)
    }

    /// The sum of an item; 0 if nothing was added.
    pub(super) fn sum(&self, item: u32) -> f32 {
        self.slot(item).map_or(0.0, |slot| slot.sum)
    }

    /// How often something was added to an item.
    pub(super) fn count(&self, item: u32) -> usize {
        self.slot(item).map_or(0, |slot| slot.count as usize)
    }

    /// The items that something was added to, in the order of their first time.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Whether something was added to an item.
    pub(super) fn is_touched(&self, item: u32) -> bool {
        self.slot(item).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_counts_start_over_at_every_beginning() {
        let mut sums = Accumulator::default();
        sums.begin(4);
        sums.add_all(&[2, 1, 2], |at| Some(0.5 / (at + 1) as f32).filter(|_| at != 1));
        assert_eq!((sums.sum(2), sums.count(2), sums.touched()), (0.5 + 0.5 / 3.0, 2, &[2][..]));
        sums.begin(5);
        assert_eq!((sums.sum(2), sums.count(2), sums.touched().len()), (0.0, 0, 0));
        sums.add(4, 1.0);
        assert!(sums.is_touched(4) && !sums.is_touched(2) && !sums.is_touched(9));
    }
}
