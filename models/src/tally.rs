//! The number of purchases of an item by a user, and the first day.

use crate::event::{EventType, Millis};
use crate::history::Observation;

const DAY: Millis = 86_400_000;
/// The bits of a tally that count purchases; the others are the day.
const TIMES_BITS: u32 = 8;
const MOST_TIMES: u32 = (1 << TIMES_BITS) - 1;
const LAST_DAY: i64 = (1 << (u32::BITS - TIMES_BITS)) - 1;

/// The number of purchases of an item, up to 255, and the day of its first event.
///
/// Takes 4 bytes for each entry of a history. In a model from before tallies were kept, counting
/// starts with the first event after the watermark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally(u32);

impl Tally {
    /// The tally of [`bits`](Self::bits).
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The tally as a number: the day in the upper 24 bits, the count in the lower 8.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The number of purchases, minus returns.
    pub fn times_bought(self) -> u8 {
        (self.0 & MOST_TIMES) as u8
    }

    /// The day of the item's first event, in days since 1970; none if no event had a time.
    pub fn first_day(self) -> Option<u32> {
        let day = self.0 >> TIMES_BITS;
        (day > 0).then_some(day)
    }

    /// Counts one more event. A review counts as a purchase if there is none.
    #[must_use]
    pub(crate) fn then(self, seen: Observation) -> Self {
        let times = u32::from(self.times_bought());
        let times = match seen.kind {
            EventType::Refund => times.saturating_sub(1),
            EventType::Review => times.max(1),
            kind if kind.is_purchase() => (times + 1).min(MOST_TIMES),
            _ => times,
        };
        let day = (seen.ts / DAY).clamp(0, LAST_DAY) as u32;
        let day = match self.first_day() {
            Some(first) if day == 0 || first < day => first,
            _ => day,
        };
        Self(day << TIMES_BITS | times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ItemIdx;

    fn seen(kind: EventType, ts: Millis) -> Observation {
        Observation { item: ItemIdx(0), kind, weight: 1.0, ts, visible: true, in_group: false }
    }

    #[test]
    fn a_refund_takes_one_purchase_back_and_the_count_ends_at_its_most() {
        let bought = |times: usize| {
            let purchase = seen(EventType::Purchase, DAY);
            (0..times).fold(Tally::default(), |tally, _| tally.then(purchase))
        };
        let refund = seen(EventType::Refund, 2 * DAY);
        assert_eq!(bought(3).then(refund).times_bought(), 2);
        assert_eq!(Tally::default().then(refund).times_bought(), 0);
        assert_eq!(bought(300).times_bought(), u8::MAX);
        assert_eq!(Tally::from_bits(bought(3).bits()), bought(3));
    }

    #[test]
    fn a_day_that_is_unknown_or_out_of_range_leaves_the_other_alone() {
        let viewed = |ts| Tally::default().then(seen(EventType::View, ts));
        assert_eq!((viewed(0).first_day(), viewed(-DAY).first_day()), (None, None));
        assert_eq!(viewed(i64::MAX).first_day(), Some(LAST_DAY as u32));
        assert_eq!(
            viewed(i64::MAX).then(seen(EventType::View, 0)).first_day(),
            Some(LAST_DAY as u32)
        );
        assert_eq!(viewed(i64::MAX).times_bought(), 0);
    }
}
