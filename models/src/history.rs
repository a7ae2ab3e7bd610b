//! A user's history: events folded to one entry per item.
//!
//! Training, replay and live updates use the same rule, so a retrained model and a live one agree.

use crate::event::{EventType, Millis};
pub use crate::histories::Histories;
use crate::id::ItemIdx;
pub use crate::tally::Tally;
use crate::visible::{self, is_visible};

/// The item was bought and not returned.
pub const BOUGHT: u8 = 1;
/// Friends may see the purchase in counts.
pub const VISIBLE: u8 = 2;
/// The latest feedback on the item was negative: its training target is 0.
pub const NEGATIVE: u8 = 4;
/// The item was bought in a group purchase.
pub const GROUP: u8 = 8;

/// The weights of event types, and their decay.
#[derive(Clone, Debug, PartialEq)]
pub struct EventWeights {
    /// The confidence added by one event, by the number of its [`EventType`]; never negative.
    pub by_type: [f32; EventType::ALL.len()],
    /// The half-life in days; none means no decay.
    pub half_life_days: Option<f32>,
    /// The greatest confidence of one user in one item.
    pub cap: f32,
}

impl Default for EventWeights {
    fn default() -> Self {
        let mut by_type = [0.0; EventType::ALL.len()];
        for (kind, weight) in [
            (EventType::View, 0.1),
            (EventType::Click, 0.2),
            (EventType::Like, 0.7),
            (EventType::Cart, 0.7),
            (EventType::Purchase, 1.0),
            (EventType::Refund, 1.0),
            (EventType::Review, 1.0),
            (EventType::Share, 0.7),
            (EventType::GroupOpen, 1.0),
            (EventType::GroupJoin, 1.0),
            (EventType::Dismiss, 1.0),
            (EventType::Report, 1.0),
        ] {
            by_type[kind as usize] = weight;
        }
        Self { by_type, half_life_days: None, cap: 10.0 }
    }
}

impl EventWeights {
    const DAY: f32 = 86_400_000.0;

    /// The confidence that an event of type `kind` and weight `weight` adds at its time.
    pub fn of(&self, kind: EventType, weight: f32) -> f32 {
        (self.by_type[kind as usize] * weight).min(self.cap)
    }

    /// The decay from `earlier` to `later`: 2^(-days / half-life), at most 1.
    ///
    /// A time of 0 is unknown and means no decay.
    pub fn fading(&self, earlier: Millis, later: Millis) -> f32 {
        match self.half_life_days {
            Some(days) if earlier > 0 && later > earlier => {
                (-((later - earlier) as f32) / (days * Self::DAY)).exp2()
            }
            _ => 1.0,
        }
    }
}

/// The folded events of one user and one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// The item.
    pub item: ItemIdx,
    /// The confidence at `ts`, before the cap and later decay: see [`EventWeights::fading`].
    pub confidence: f32,
    /// [`BOUGHT`], [`VISIBLE`], [`NEGATIVE`], [`GROUP`].
    pub flags: u8,
    /// The time of the latest event.
    pub ts: Millis,
    /// The number of purchases and the first day.
    pub tally: Tally,
}

/// One event, reduced to the fields for a history.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    /// The item.
    pub item: ItemIdx,
    /// The event type.
    pub kind: EventType,
    /// The event's own weight, which multiplies the weight of the type.
    pub weight: f32,
    /// The time, in Unix milliseconds.
    pub ts: Millis,
    /// True if friends may see it.
    pub visible: bool,
    /// True for a purchase in a group.
    pub in_group: bool,
}

impl Entry {
    /// True if the entry is positive: the latest feedback was not negative, and its confidence is
    /// above 0.
    pub fn is_positive(&self) -> bool {
        self.flags & NEGATIVE == 0 && self.confidence > 0.0
    }

    /// The entry of an item after one more event; none if there were only impressions.
    pub fn folded(before: Option<Self>, seen: Observation, weights: &EventWeights) -> Option<Self> {
        match before {
            Some(entry) => Some(entry.then(seen, weights)),
            None => Self::first(seen, weights),
        }
    }

    /// The entry of a first event. An impression makes none, because it is not an action of the
    /// user.
    fn first(seen: Observation, weights: &EventWeights) -> Option<Self> {
        if seen.kind == EventType::Impression {
            return None;
        }
        let confidence = weights.of(seen.kind, seen.weight);
        let tally = Tally::default().then(seen);
        Some(Self { item: seen.item, confidence, flags: flags_of(seen), ts: seen.ts, tally })
    }

    /// Folds in one more event.
    ///
    /// A negative event resets the confidence. After it, views do not count, and any stronger
    /// positive event starts anew.
    #[must_use]
    fn then(self, seen: Observation, weights: &EventWeights) -> Self {
        let Some(first) = Self::first(seen, weights) else { return self };
        let tally = self.tally.then(seen);
        let was_negative = self.flags & NEGATIVE != 0;
        let only_looks = matches!(seen.kind, EventType::View | EventType::Click);
        if was_negative && only_looks {
            return Self { tally, ..self };
        }
        if was_negative || seen.kind.is_negative() {
            return Self { ts: first.ts.max(self.ts), tally, ..first };
        }
        let ts = self.ts.max(seen.ts);
        let old = self.confidence * weights.fading(self.ts, ts);
        let new = first.confidence * weights.fading(seen.ts, ts);
        let confidence = (old + new).min(weights.cap);
        Self { confidence, flags: self.flags | first.flags, ts, tally, ..self }
    }
}

fn flags_of(seen: Observation) -> u8 {
    if seen.kind.is_negative() {
        return NEGATIVE;
    }
    let group = if seen.in_group { GROUP } else { 0 };
    let bought = if seen.kind.is_purchase() { BOUGHT | group } else { 0 };
    if bought != 0 && seen.visible { bought | VISIBLE } else { bought }
}

/// The history of one user with events after the watermark: entries in ascending order of item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    items: Vec<u32>,
    confidences: Vec<f32>,
    flags: Vec<u8>,
    times: Vec<Millis>,
    tallies: Vec<u32>,
    /// The items that friends may see, ascending; derived from items and flags.
    visible: Vec<u32>,
}

impl History {
    /// Folds in one event.
    pub fn observe(&mut self, seen: Observation, weights: &EventWeights) {
        if let Some(entry) = Entry::folded(self.view().find(seen.item), seen, weights) {
            self.put(entry);
        }
    }

    /// Sets the entry of an item.
    pub fn put(&mut self, entry: Entry) {
        match self.items.binary_search(&entry.item.0) {
            Ok(at) => {
                self.confidences[at] = entry.confidence;
                self.flags[at] = entry.flags;
                self.times[at] = entry.ts;
                self.tallies[at] = entry.tally.bits();
            }
            Err(at) => self.insert(at, entry),
        }
        self.show(entry);
    }

    /// Hides every purchase from friends.
    pub fn hide(&mut self) {
        for flags in &mut self.flags {
            *flags &= !VISIBLE;
        }
        self.visible.clear();
    }

    /// The items that friends may see, ascending.
    pub fn visible(&self) -> &[u32] {
        &self.visible
    }

    fn insert(&mut self, at: usize, entry: Entry) {
        self.items.insert(at, entry.item.0);
        self.confidences.insert(at, entry.confidence);
        self.flags.insert(at, entry.flags);
        self.times.insert(at, entry.ts);
        self.tallies.insert(at, entry.tally.bits());
    }

    /// Says of an item whether friends may be told of it.
    fn show(&mut self, entry: Entry) {
        let (item, visible) = (entry.item.0, &mut self.visible);
        match (visible.binary_search(&item), is_visible(entry.flags)) {
            (Err(at), true) => visible.insert(at, item),
            (Ok(at), false) => drop(visible.remove(at)),
            _ => (),
        }
    }

    /// The entries.
    pub fn view(&self) -> HistoryView<'_> {
        HistoryView {
            items: &self.items,
            confidences: &self.confidences,
            flags: &self.flags,
            times: &self.times,
            tallies: &self.tallies,
        }
    }
}

impl From<HistoryView<'_>> for History {
    fn from(view: HistoryView<'_>) -> Self {
        Self {
            items: view.items.to_vec(),
            confidences: view.confidences.to_vec(),
            flags: view.flags.to_vec(),
            times: view.times.to_vec(),
            tallies: (0..view.len()).map(|at| view.tally(at).bits()).collect(),
            visible: visible::of(view.items, view.flags).collect(),
        }
    }
}

/// The history of one user: parallel slices in ascending order of item, wherever they live.
#[derive(Clone, Copy, Debug, Default)]
pub struct HistoryView<'a> {
    /// Item numbers, ascending, each once.
    pub items: &'a [u32],
    /// See [`Entry::confidence`].
    pub confidences: &'a [f32],
    /// See [`Entry::flags`].
    pub flags: &'a [u8],
    /// See [`Entry::ts`].
    pub times: &'a [Millis],
    /// [Bits](Tally::bits) of [`Entry::tally`]; empty in a model from before tallies were kept.
    pub tallies: &'a [u32],
}

impl<'a> HistoryView<'a> {
    /// The number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True if the history is empty.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The entry at a position.
    pub fn entry(&self, at: usize) -> Entry {
        Entry {
            item: ItemIdx(self.items[at]),
            confidence: self.confidences[at],
            flags: self.flags[at],
            ts: self.times[at],
            tally: self.tally(at),
        }
    }

    /// The number of purchases of the item at a position.
    fn tally(&self, at: usize) -> Tally {
        self.tallies.get(at).copied().map_or_else(Tally::default, Tally::from_bits)
    }

    /// The entries in ascending order of item.
    pub fn entries(self) -> impl Iterator<Item = Entry> + 'a {
        (0..self.len()).map(move |at| self.entry(at))
    }

    /// The entry of an item. O(log n).
    pub fn find(&self, item: ItemIdx) -> Option<Entry> {
        self.items.binary_search(&item.0).ok().map(|at| self.entry(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(kind: EventType, ts: Millis) -> Observation {
        Observation { item: ItemIdx(7), kind, weight: 1.0, ts, visible: true, in_group: false }
    }

    fn fold(events: &[Observation], weights: &EventWeights) -> History {
        let mut history = History::default();
        for &event in events {
            history.observe(event, weights);
        }
        history
    }

    #[test]
    fn a_purchase_after_a_view_adds_up_to_the_cap() {
        let weights = EventWeights { cap: 1.05, ..EventWeights::default() };
        let events = [seen(EventType::View, 1), seen(EventType::Purchase, 2)];
        let entry = fold(&events, &weights).view().entry(0);
        assert_eq!((entry.confidence, entry.flags, entry.ts), (1.05, BOUGHT | VISIBLE, 2));
    }

    #[test]
    fn a_refund_speaks_against_until_a_stronger_sign_than_a_look() {
        let weights = EventWeights::default();
        let mut events = vec![seen(EventType::Purchase, 1), seen(EventType::Refund, 2)];
        assert_eq!(fold(&events, &weights).view().entry(0).flags, NEGATIVE);
        events.push(seen(EventType::View, 3));
        assert_eq!(fold(&events, &weights).view().entry(0).flags, NEGATIVE);
        events.push(seen(EventType::Cart, 4));
        assert_eq!(fold(&events, &weights).view().entry(0).flags, 0);
        events.push(Observation { in_group: true, ..seen(EventType::Purchase, 5) });
        assert_eq!(fold(&events, &weights).view().entry(0).flags, BOUGHT | VISIBLE | GROUP);
    }

    #[test]
    fn opening_or_joining_a_group_is_an_intent_as_a_cart_is() {
        let flags = |kind| fold(&[seen(kind, 1)], &EventWeights::default()).view().entry(0).flags;
        for kind in [EventType::GroupOpen, EventType::GroupJoin] {
            assert_eq!(flags(kind), flags(EventType::Cart));
        }
        assert_eq!(flags(EventType::Purchase), BOUGHT | VISIBLE);
    }

    #[test]
    fn what_weighs_nothing_does_not_speak_for_an_item() {
        let mut weights = EventWeights::default();
        weights.by_type[EventType::Cart as usize] = 0.0;
        let is_positive = |kind| fold(&[seen(kind, 1)], &weights).view().entry(0).is_positive();
        assert!(is_positive(EventType::View));
        assert!(!is_positive(EventType::Cart) && !is_positive(EventType::Dismiss));
    }

    #[test]
    fn impressions_leave_no_trace() {
        assert!(
            fold(&[seen(EventType::Impression, 1)], &EventWeights::default()).view().is_empty()
        );
    }

    #[test]
    fn purchases_are_counted_from_the_first_day_in_whatever_order_they_arrive() {
        let day = |n: i64| n * 86_400_000 + 5;
        let events = [
            seen(EventType::Purchase, day(40)),
            seen(EventType::View, day(30)),
            seen(EventType::Review, day(50)),
            seen(EventType::Purchase, day(60)),
            seen(EventType::Dismiss, 0),
            seen(EventType::View, day(20)),
        ];
        let tally = fold(&events, &EventWeights::default()).view().entry(0).tally;
        assert_eq!((tally.times_bought(), tally.first_day()), (2, Some(20)));
    }

    #[test]
    fn a_private_purchase_is_bought_but_not_visible() {
        let event = Observation { visible: false, ..seen(EventType::Purchase, 1) };
        assert_eq!(fold(&[event], &EventWeights::default()).view().entry(0).flags, BOUGHT);
    }

    #[test]
    fn confidence_halves_with_the_half_life_in_whatever_order_events_arrive() {
        let day = 86_400_000;
        let weights = EventWeights { half_life_days: Some(1.0), ..EventWeights::default() };
        let (early, late) = (seen(EventType::Purchase, day), seen(EventType::Purchase, 2 * day));
        for events in [[early, late], [late, early]] {
            let entry = fold(&events, &weights).view().entry(0);
            assert!((entry.confidence - 1.5).abs() < 1e-6);
            assert_eq!(entry.ts, 2 * day);
        }
        assert!((weights.fading(0, 9 * day) - 1.0).abs() < 1e-9);
    }
}
