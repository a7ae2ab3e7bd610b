//! Sums per item.

/// Adds up a number per item over many small lists, without clearing a table between queries.
///
/// A slot is valid only if its stamp is the present one, so that [`Accumulator::begin`] is O(1).
#[derive(Debug, Default)]
pub(super) struct Accumulator {
    stamps: Vec<u32>,
    sums: Vec<f32>,
    counts: Vec<u16>,
    touched: Vec<u32>,
    stamp: u32,
}

impl Accumulator {
    /// Starts over for items `0..n_items`. O(1) but for growth and once every 2^32 calls.
    pub(super) fn begin(&mut self, n_items: usize) {
        if self.stamps.len() < n_items {
            self.stamps.resize(n_items, 0);
            self.sums.resize(n_items, 0.0);
            self.counts.resize(n_items, 0);
        }
        self.touched.clear();
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.stamps.fill(0);
            self.stamp = 1;
        }
    }

    /// Adds `amount` to an item and 1 to its count.
    pub(super) fn add(&mut self, item: u32, amount: f32) {
        let at = item as usize;
        if self.stamps[at] == self.stamp {
            self.sums[at] += amount;
            self.counts[at] = self.counts[at].saturating_add(1);
        } else {
            self.stamps[at] = self.stamp;
            self.sums[at] = amount;
            self.counts[at] = 1;
            self.touched.push(item);
        }
    }

    /// The sum of an item; 0 if nothing was added.
    pub(super) fn sum(&self, item: u32) -> f32 {
        if self.is_touched(item) { self.sums[item as usize] } else { 0.0 }
    }

    /// How often something was added to an item.
    pub(super) fn count(&self, item: u32) -> usize {
        if self.is_touched(item) { self.counts[item as usize].into() } else { 0 }
    }

    /// The items that something was added to, in the order of their first time.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Whether something was added to an item.
    pub(super) fn is_touched(&self, item: u32) -> bool {
        self.stamps.get(item as usize) == Some(&self.stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_counts_start_over_at_every_beginning() {
        let mut sums = Accumulator::default();
        sums.begin(4);
        sums.add(2, 0.5);
        sums.add(2, 0.25);
        assert_eq!((sums.sum(2), sums.count(2), sums.touched()), (0.75, 2, &[2][..]));
        sums.begin(5);
        assert_eq!((sums.sum(2), sums.count(2), sums.touched().len()), (0.0, 0, 0));
        sums.add(4, 1.0);
        assert!(sums.is_touched(4) && !sums.is_touched(2) && !sums.is_touched(9));
    }
}
