//! A list and the reasons behind it.

use crate::id::ItemIdx;

/// One list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Best first.
    pub items: Vec<Recommendation>,
    /// Whether the user was unknown (or nobody was named) and nothing else said what to look for, so that the list is not personal.
    pub not_personal: bool,
    /// Whether something was left out because the answer was due.
    pub is_cut: bool,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// The item.
    pub item: ItemIdx,
    /// Its score: see the scenario. Comparable within one list alone.
    pub score: f32,
    /// Why it is listed; empty unless asked for.
    pub reasons: Vec<Reason>,
}

/// A fact behind a score. `share` is what the fact adds to the score.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// So many friends bought it: at least `min_friends`, never named.
    FriendsBought {
        /// How many.
        count: usize,
        /// Its part of the score.
        share: f32,
    },
    /// It suits the user's embedding.
    Taste {
        /// Its part of the score.
        share: f32,
    },
    /// People who touched an item of the user's own (or of the session's) also bought it.
    AlsoBought {
        /// The own item.
        item: ItemIdx,
        /// Its part of the score.
        share: f32,
    },
    /// It lies near an item in the embedding.
    SimilarTo {
        /// That item.
        item: ItemIdx,
        /// The cosine.
        share: f32,
    },
    /// Many people touched it.
    Popular {
        /// How many.
        users: u32,
        /// Its part of the score.
        share: f32,
    },
    /// It came lately.
    New {
        /// When, in Unix milliseconds.
        since: i64,
    },
    /// It fills up the page from for-you because too few friends bought anything else.
    FilledFromForYou,
}

impl Reason {
    /// The part of the score that the fact explains; 0 where it explains none.
    pub(super) fn share(&self) -> f32 {
        match self {
            Self::FriendsBought { share, .. }
            | Self::Taste { share }
            | Self::AlsoBought { share, .. }
            | Self::SimilarTo { share, .. }
            | Self::Popular { share, .. } => *share,
            Self::New { .. } | Self::FilledFromForYou => 0.0,
        }
    }

    /// Says of popularity that it is no part of the score.
    pub(super) fn adds_nothing(&mut self) {
        if let Self::Popular { share, .. } = self {
            *share = 0.0;
        }
    }

    /// The name of the kind of reason, in files and on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FriendsBought { .. } => "friends_bought",
            Self::Taste { .. } => "taste",
            Self::AlsoBought { .. } => "also_bought",
            Self::SimilarTo { .. } => "similar_to",
            Self::Popular { .. } => "popular",
            Self::New { .. } => "new",
            Self::FilledFromForYou => "filled_from_for_you",
        }
    }
}
