//! The purchases of users that friends may see.

use crate::column::{Column, Starts};
use crate::history::{BOUGHT, VISIBLE};
use crate::kernel::prefetch;

/// True if an entry with these flags is a purchase that friends may see.
pub(crate) fn is_visible(flags: u8) -> bool {
    flags & (BOUGHT | VISIBLE) == BOUGHT | VISIBLE
}

/// The items that each user shows, ascending; derived from items and flags.
///
/// A list reads the visible purchases of all friends, which are scattered in memory. These rows are
/// a fraction of the histories, because they leave out flags and other entries. Takes 4 bytes for
/// each visible item and 8 for each user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visible {
    starts: Starts,
    items: Column<u32>,
}

impl Visible {
    /// Selects the visible items of each row by `flags`. O(items).
    pub(crate) fn new(rows: &Starts, items: &[u32], flags: &[u8]) -> Self {
        let lengths = (0..rows.rows()).map(|row| {
            let flags = &flags[rows.range(row)];
            flags.iter().filter(|flags| is_visible(**flags)).count()
        });
        Self { starts: Starts::from_lengths(lengths), items: of(items, flags).collect() }
    }

    /// The visible items of one user; empty beyond the last.
    pub(crate) fn row(&self, row: usize) -> &[u32] {
        &self.items[self.starts.range(row)]
    }

    /// Prefetches the start of a row for [`row`](Self::row).
    pub(crate) fn prefetch(&self, row: usize) {
        prefetch(self.starts.column().get(row..row + 2).unwrap_or_default());
    }
}

/// The items with visible flags.
pub(crate) fn of(items: &[u32], flags: &[u8]) -> impl Iterator<Item = u32> {
    let pairs = items.iter().zip(flags);
    pairs.filter(|(_, flags)| is_visible(**flags)).map(|(&item, _)| item)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::event::EventType;
    use crate::history::{EventWeights, GROUP, History, NEGATIVE, Observation};
    use crate::id::ItemIdx;

    #[test]
    fn what_is_not_bought_or_not_visible_is_left_out() {
        let rows = Starts::from_lengths([3, 0, 2]);
        let flags = [BOUGHT, BOUGHT | VISIBLE | GROUP, 0, NEGATIVE, BOUGHT | VISIBLE];
        let visible = Visible::new(&rows, &[1, 4, 7, 2, 9], &flags);
        let rows: Vec<&[u32]> = (0..4).map(|row| visible.row(row)).collect();
        assert_eq!(rows, [&[4][..], &[], &[9], &[]]);
        (0..4).for_each(|row| visible.prefetch(row));
    }
    proptest! {
        #[test]
        fn a_history_knows_what_it_shows(
            events in vec((0..6_u32, 0..EventType::ALL.len(), any::<bool>()), 0..40),
            hides_at in 0..80_usize,
        ) {
            let mut history = History::default();
            for (at, (item, kind, visible)) in events.into_iter().enumerate() {
                if at == hides_at {
                    history.hide();
                }
                let (item, kind) = (ItemIdx(item), EventType::ALL[kind]);
                let seen = Observation { item, kind, weight: 1.0, ts: 1, visible, in_group: false };
                history.observe(seen, &EventWeights::default());
                let view = history.view();
                prop_assert!(of(view.items, view.flags).eq(history.visible().iter().copied()));
                prop_assert_eq!(&History::from(view), &history);
            }
        }
    }
}
