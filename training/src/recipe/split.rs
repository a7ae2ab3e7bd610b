//! How rows are held out.

use serde::{Deserialize, Serialize};

/// How rows are held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// The last interactions of every user where times are known, else random ones.
    Auto,
    /// The last interactions of every user by time; equal times by the order of items.
    Time,
    /// Random interactions of every user.
    Random,
}

/// What lists are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Purchases where there are 10,000 and they are a tenth of what users did, else everything.
    Auto,
    /// What users bought: a shop's lists are for that, and looks, carts and failed groups are only hints of it.
    Purchases,
    /// Everything that users did and did not take back.
    All,
}

/// Which rows are held out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitRecipe {
    /// How they are drawn.
    pub kind: SplitKind,
    /// What is to be found.
    pub target: Target,
    /// The share of a user's items that is held out, more than 0 and less than 1; a user keeps at least one.
    pub share: f32,
    /// How often rows are held out to decide by; 0 for once, but up to five times where random ones of few users are.
    pub repeats: usize,
    /// Judges lists by how they rank what was held out among so many items that the user never touched, instead of among all.
    pub negatives: Option<usize>,
    /// The report is on at most so many users, drawn at random.
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
