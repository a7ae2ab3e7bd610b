//! The size and the time of a market.

use guanxi_models::event::Millis;

pub(super) const DAY: Millis = 86_400_000;
/// How far back events go.
pub(super) const DAYS: Millis = 90;

/// How large a market is, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketParams {
    /// How many users there are, at least 1.
    pub users: usize,
    /// How many items there are, at least 1.
    pub items: usize,
    /// How many events there are, exactly.
    pub events: usize,
    /// How many friends a user has on average; fewer in markets too small for it.
    pub friends_per_user: usize,
    /// The present, in Unix milliseconds: events happened in the 90 days before.
    pub now: Millis,
    /// The same parameters and the same seed give the same market.
    pub seed: u64,
}

impl MarketParams {
    /// A market of the default size before `now`: 2,000 users, 1,500 items, 60,000 events.
    pub fn at(now: Millis) -> Self {
        Self { users: 2_000, items: 1_500, events: 60_000, friends_per_user: 12, now, seed: 1 }
    }

    /// The same market with another size; the friends stay.
    #[must_use]
    pub fn sized(self, users: usize, items: usize, events: usize) -> Self {
        Self { users: users.max(1), items: items.max(1), events, ..self }
    }
}
