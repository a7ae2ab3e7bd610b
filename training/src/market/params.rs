//! The size and time of a market.

use guanxi_models::event::Millis;

pub(super) const DAY: Millis = 86_400_000;
/// The number of days before `now` that events cover.
pub(super) const DAYS: Millis = 90;

/// The parameters of a market: its size and time.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketParams {
    /// The number of users, at least 1.
    pub users: usize,
    /// The number of items, at least 1.
    pub items: usize,
    /// The exact number of events.
    pub events: usize,
    /// The mean number of friends per user; fewer in markets too small for it.
    pub friends_per_user: usize,
    /// The present, in Unix milliseconds. Events lie in the 90 days before.
    pub now: Millis,
    /// The seed. Equal parameters and seed give the same market.
    pub seed: u64,
}

impl MarketParams {
    /// A market of the default size that ends at `now`: 2,000 users, 1,500 items, 60,000 events.
    pub fn at(now: Millis) -> Self {
        Self { users: 2_000, items: 1_500, events: 60_000, friends_per_user: 12, now, seed: 1 }
    }

    /// The same market with another size. The number of friends per user stays.
    #[must_use]
    pub fn sized(self, users: usize, items: usize, events: usize) -> Self {
        Self { users: users.max(1), items: items.max(1), events, ..self }
    }
}
