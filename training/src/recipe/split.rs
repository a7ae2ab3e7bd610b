//! The way rows are held out.

use serde::{Deserialize, Serialize};

/// The rows of a user that are held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// The last interactions of every user if times are known, else random ones.
    Auto,
    /// The last interactions of every user by time, ties by item order.
    Time,
    /// Random interactions of every user.
    Random,
}

/// The interactions that lists must recover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Purchases if there are at least 10,000 and they are at least a tenth of the positive
    /// interactions, else all.
    Auto,
    /// Purchases, the goal of a shop's lists. Views, carts and failed groups are only hints of
    /// them.
    Purchases,
    /// All positive interactions.
    All,
}

/// The held-out rows of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitRecipe {
    /// The selection: the last rows or random ones.
    pub kind: SplitKind,
    /// The interactions to recover.
    pub target: Target,
    /// The share of a user's items that is held out, more than 0 and less than 1. A user keeps at
    /// least one item.
    pub share: f32,
    /// The number of splits to tune on. 0 means one, or up to five for random splits of few users.
    pub repeats: usize,
    /// The number of sampled untouched items that the held-out ones are ranked among. If absent,
    /// they are ranked among all items.
    pub negatives: Option<usize>,
    /// The maximum number of users in the report, drawn at random.
    pub report_users: usize,
}

impl Default for SplitRecipe {
    fn default() -> Self {
        Self {
            kind: SplitKind::Auto,
            target: Target::Auto,
            share: 0.1,
            repeats: 0,
            negatives: None,
            report_users: 10_000,
        }
    }
}
