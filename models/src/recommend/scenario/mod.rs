//! One file per scenario: where its candidates come from, and how they are scored.

pub(super) mod also_bought;
pub(super) mod for_you;
pub(super) mod friends_also_bought;
pub(super) mod similar_items;
