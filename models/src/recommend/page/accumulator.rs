//! Sums per candidate, over many small lists.

use crate::kernel::prefetch;

/// Adds up a number per candidate over many small lists, without clearing a table between
/// queries.
///
/// Candidates are dense numbers: of items, or of people.
///
/// A slot is valid only if its tag is of the present query, so that [`Accumulator::begin`] is O(1).
#[derive(Debug, Default)]
pub(in crate::recommend) struct Accumulator {
    slots: Vec<Slot>,
    /// The candidates that were added to often enough, and room for more.
    noted: Vec<u32>,
    n_noted: usize,
    /// The query, in the high bits. A candidate whose tag is not larger is new to it.
    first: u32,
    /// The tag at which a candidate is noted.
    enough: u32,
}

/// The sum and count of a candidate, in 8 bytes: the slots of 100,000 fit in a second-level
/// cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(8))]
struct Slot {
    /// The 8 high bits hold the query that last added something, the others hold its count.
    tag: u32,
    sum: f32,
}

/// The largest count: nobody has more friends.
const MOST: u32 = (1 << 24) - 1;

impl Accumulator {
    /// Starts over for candidates `0..n_rows`, and notes those that are added to `enough` times.
    ///
    /// A candidate must be added to at least once. O(1) but for growth and once every 255 calls.
    pub(in crate::recommend) fn begin(&mut self, n_rows: usize, enough: usize) {
        if self.slots.len() < n_rows {
            self.slots.resize(n_rows, Slot::default());
        }
        self.n_noted = 0;
        self.first = self.first.wrapping_add(MOST + 1);
        if self.first == 0 {
            self.slots.fill(Slot::default());
            self.first = MOST + 1;
        }
        // No tag equals the first one, so that nothing is noted where `enough` is beyond
        // counting.
        let enough = u32::try_from(enough.max(1)).ok().filter(|&enough| enough < MOST);
        self.enough = self.first + enough.unwrap_or(0);
    }

    /// Adds the same amount to each of some candidates, and 1 to its count.
    pub(in crate::recommend) fn add(&mut self, items: &[u32], amount: f32) {
        self.add_all(items, |_| amount);
    }

    /// Adds its weight, times `scale`, to each of some candidates, and 1 to its count.
    pub(in crate::recommend) fn add_weighted(
        &mut self,
        items: &[u32],
        weights: &[f32],
        scale: f32,
    ) {
        let weights = &weights[..items.len()];
        self.add_all(items, |at| scale * weights[at]);
    }

    /// Adds without a branch: no predictor foresees which candidates are new.
    ///
    /// A new candidate's stale sum is masked, because compilers turn a choice between two sums
    /// into a branch.
    #[inline]
    fn add_all(&mut self, items: &[u32], amount: impl Fn(usize) -> f32) {
        /// Slots are fetched this many candidates ahead, because they lie anywhere.
        const AHEAD: usize = 12;
        let room = self.n_noted + items.len();
        if self.noted.len() < room {
            self.noted.resize(room, 0);
        }
        let noted = &mut self.noted[self.n_noted..room];
        let mut n_noted = 0;
        for (at, &item) in items.iter().enumerate() {
            if let Some(&ahead) = items.get(at + AHEAD) {
                prefetch(&self.slots[ahead as usize..=ahead as usize]);
            }
            let slot = &mut self.slots[item as usize];
            let amount = amount(at);
            let known = u32::from(slot.tag > self.first).wrapping_neg();
            slot.sum = f32::from_bits(slot.sum.to_bits() & known) + amount;
            let tag = slot.tag.max(self.first);
            slot.tag = tag + u32::from(tag & MOST != MOST);
            noted[n_noted] = item;
            n_noted += usize::from(slot.tag == self.enough);
        }
        self.n_noted += n_noted;
    }

    fn slot(&self, item: u32) -> Option<Slot> {
        self.slots.get(item as usize).copied().filter(|slot| slot.tag > self.first)
    }

    /// The sum of a candidate; 0 if nothing was added.
    pub(in crate::recommend) fn sum(&self, item: u32) -> f32 {
        self.slot(item).map_or(0.0, |slot| slot.sum)
    }

    /// The number of times that something was added to a candidate.
    pub(in crate::recommend) fn count(&self, item: u32) -> usize {
        self.slot(item).map_or(0, |slot| (slot.tag & MOST) as usize)
    }

    /// The candidates that were added to often enough, in the order in which that happened.
    pub(in crate::recommend) fn noted(&self) -> &[u32] {
        &self.noted[..self.n_noted]
    }

    /// The noted candidates whose sum and `beside` reach `least` together, each after that total.
    ///
    /// There is no branch on the bound: few reach it, and no predictor foresees which.
    pub(in crate::recommend) fn noted_from(
        &self,
        least: f32,
        beside: impl Fn(u32) -> f32,
    ) -> Vec<(f32, u32)> {
        let mut reaching = vec![(0.0, 0); self.n_noted];
        let mut n = 0;
        for &item in self.noted() {
            let sum = self.slots[item as usize].sum + beside(item);
            reaching[n] = (sum, item);
            n += usize::from(sum >= least);
        }
        reaching.truncate(n);
        reaching
    }

    /// True if something was added to a candidate.
    pub(in crate::recommend) fn is_touched(&self, item: u32) -> bool {
        self.slot(item).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_counts_start_over_at_every_beginning() {
        let mut sums = Accumulator::default();
        sums.begin(4, 1);
        sums.add_weighted(&[2, 1, 2], &[1.0, 3.0, 0.5], 0.5);
        assert_eq!((sums.sum(2), sums.count(2), sums.noted()), (0.75, 2, &[2, 1][..]));
        sums.begin(5, 1);
        assert_eq!((sums.sum(2), sums.count(2), sums.noted().len()), (0.0, 0, 0));
        sums.add(&[4], 1.0);
        assert!(sums.is_touched(4) && !sums.is_touched(2) && !sums.is_touched(9));
    }

    #[test]
    fn an_item_is_noted_once_when_enough_was_added_to_it() {
        let mut sums = Accumulator::default();
        sums.begin(4, 2);
        sums.add(&[3, 1, 0], 1.0);
        sums.add(&[1, 3], 1.0);
        sums.add(&[3, 2], 1.0);
        assert_eq!((sums.noted(), sums.count(3), sums.sum(3)), (&[1, 3][..], 3, 3.0));
        for enough in [usize::MAX, MOST as usize] {
            sums.begin(4, enough);
            sums.add(&[3, 1], 1.0);
            assert_eq!((sums.noted().len(), sums.count(1)), (0, 1));
        }
    }

    #[test]
    fn items_are_chosen_by_their_sums_and_what_is_beside() {
        let mut sums = Accumulator::default();
        sums.begin(5, 1);
        sums.add_weighted(&[1, 2, 3], &[0.5, 2.0, 1.0], 1.0);
        assert_eq!(sums.noted_from(1.5, |_| 0.0), [(2.0, 2)]);
        let beside = |item| if item == 1 { 0.5 } else { 0.0 };
        assert_eq!(sums.noted_from(1.0, beside), [(1.0, 1), (2.0, 2), (1.0, 3)]);
    }

    #[test]
    fn no_query_takes_the_sums_of_an_earlier_one_for_its_own() {
        let mut sums = Accumulator::default();
        for query in 0..600_u16 {
            sums.begin(600, 1);
            let amount = f32::from(query);
            sums.add(&[u32::from(query), 0], amount);
            let touched: Vec<u32> = (0..600).filter(|&item| sums.is_touched(item)).collect();
            assert_eq!(touched.len(), if query == 0 { 1 } else { 2 });
            assert_eq!(sums.sum(u32::from(query)).to_bits(), amount.to_bits());
        }
    }

    #[test]
    fn counting_ends_before_it_could_be_taken_for_a_later_query() {
        let mut sums = Accumulator::default();
        sums.begin(1, 1);
        sums.add(&[0], 1.0);
        sums.slots[0].tag += MOST - 2;
        sums.add(&[0, 0, 0], 1.0);
        assert_eq!((sums.count(0), sums.sum(0)), (MOST as usize, 4.0));
        sums.begin(1, 1);
        assert!(!sums.is_touched(0));
    }
}
