//! The histories of all users at the model's watermark, in flat columns.

use crate::column::{Column, Starts, StartsError};
use crate::event::Millis;
use crate::history::HistoryView;
#[cfg(doc)]
use crate::history::Tally;
use crate::visible::Visible;

/// The histories of all users at the model's watermark.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    starts: Starts,
    items: Column<u32>,
    confidences: Column<f32>,
    flags: Column<u8>,
    times: Column<Millis>,
    /// A [`Tally`] for each entry, as [bits](Tally::bits); empty in a model from before tallies
    /// were kept.
    tallies: Column<u32>,
    visible: Visible,
}

impl Histories {
    /// Combines the columns after checking that they match.
    pub fn new(
        starts: Column<u64>,
        items: Column<u32>,
        confidences: Column<f32>,
        flags: Column<u8>,
        times: Column<Millis>,
    ) -> Result<Self, StartsError> {
        let starts = Starts::new(starts, items.len())?;
        for values in [confidences.len(), flags.len(), times.len()] {
            if values != items.len() {
                return Err(StartsError::WrongEnd { end: items.len() as u64, values });
            }
        }
        let visible = Visible::new(&starts, &items, &flags);
        let tallies = Vec::new().into();
        Ok(Self { starts, items, confidences, flags, times, tallies, visible })
    }

    /// Adds the [bits](Tally::bits) of a tally for each entry; empty if they were not kept.
    pub fn with_tallies(self, tallies: Column<u32>) -> Result<Self, StartsError> {
        if tallies.is_empty() || tallies.len() == self.items.len() {
            return Ok(Self { tallies, ..self });
        }
        Err(StartsError::WrongEnd { end: self.items.len() as u64, values: tallies.len() })
    }

    /// Copies the histories of users `0..n` in order.
    #[allow(clippy::needless_pass_by_value, reason = "an iterator is passed by value")]
    pub fn from_views<'a>(views: impl Iterator<Item = HistoryView<'a>> + Clone) -> Self {
        let flat = || views.clone().flat_map(HistoryView::entries);
        let starts = Starts::from_lengths(views.clone().map(|view| view.len()));
        let items: Column<u32> = flat().map(|entry| entry.item.0).collect();
        let flags: Column<u8> = flat().map(|entry| entry.flags).collect();
        Self {
            visible: Visible::new(&starts, &items, &flags),
            confidences: flat().map(|entry| entry.confidence).collect(),
            times: flat().map(|entry| entry.ts).collect(),
            tallies: flat().map(|entry| entry.tally.bits()).collect(),
            starts,
            items,
            flags,
        }
    }

    /// The number of users.
    pub fn rows(&self) -> usize {
        self.starts.rows()
    }

    /// The number of entries of all users.
    pub fn entries(&self) -> usize {
        self.items.len()
    }

    /// The history of one user; empty beyond the last.
    pub fn row(&self, row: usize) -> HistoryView<'_> {
        let range = self.starts.range(row);
        HistoryView {
            items: &self.items[range.clone()],
            confidences: &self.confidences[range.clone()],
            flags: &self.flags[range.clone()],
            times: &self.times[range.clone()],
            tallies: self.tallies.get(range).unwrap_or_default(),
        }
    }

    /// The purchases that users show to friends.
    pub(crate) fn visible(&self) -> &Visible {
        &self.visible
    }

    /// The [bits](Tally::bits) of a tally for each entry; empty if they were not kept.
    pub fn tallies(&self) -> &Column<u32> {
        &self.tallies
    }

    /// The columns: starts, items, confidences, flags, times.
    #[allow(clippy::type_complexity, reason = "the five columns of a file, in their order")]
    pub fn columns(
        &self,
    ) -> (&Column<u64>, &Column<u32>, &Column<f32>, &Column<u8>, &Column<Millis>) {
        (self.starts.column(), &self.items, &self.confidences, &self.flags, &self.times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;
    use crate::history::{EventWeights, History, Observation};
    use crate::id::ItemIdx;

    #[test]
    fn histories_keep_rows_apart() {
        let mut one = History::default();
        for (item, kind) in [(7, EventType::View), (9, EventType::Purchase)] {
            let item = ItemIdx(item);
            let seen =
                Observation { item, kind, weight: 1.0, ts: 1, visible: true, in_group: false };
            one.observe(seen, &EventWeights::default());
        }
        let none = History::default();
        let histories = Histories::from_views([one.view(), none.view()].into_iter());
        assert_eq!((histories.rows(), histories.entries()), (2, 2));
        assert_eq!(histories.row(0).find(ItemIdx(7)).unwrap().ts, 1);
        assert!(histories.row(1).is_empty() && histories.row(5).is_empty());
        let (starts, items, confidences, flags, times) = histories.columns();
        let (starts, items, flags) = (starts.clone(), items.clone(), flags.clone());
        let again = Histories::new(starts, items, confidences.clone(), flags, times.clone());
        for histories in [histories, again.unwrap()] {
            assert_eq!(histories.visible().row(0), [9]);
            assert!(histories.visible().row(1).is_empty());
        }
    }
}
