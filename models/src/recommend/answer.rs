//! A list and the reasons behind it.

use crate::id::ItemIdx;

/// One list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Best first.
    pub items: Vec<Listed<ItemIdx>>,
    /// True if the list is not personal: the user is unknown or not named, and there are no
    /// session items.
    pub not_personal: bool,
    /// True if the deadline cut the search short.
    pub is_cut: bool,
}

/// One entry of a list, named by its dense id: of an item, a person or a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// The item or person.
    pub id: T,
    /// Its score: see the scenario. Comparable within one list alone.
    pub score: f32,
    /// Why it is listed; empty unless asked for.
    pub reasons: Vec<Reason>,
}

impl<T> Listed<T> {
    /// An entry without reasons.
    pub(super) fn new(id: T, score: f32) -> Self {
        Self { id, score, reasons: Vec::new() }
    }
}

/// A fact behind a score. `share` is what the fact adds to the score.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// At least `min_friends` friends bought it; they are counted, never named.
    FriendsBought {
        /// The number of friends.
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
        /// The number of people.
        users: u32,
        /// Its part of the score.
        share: f32,
    },
    /// It is new.
    New {
        /// The time, in Unix milliseconds.
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

    /// Takes popularity out of the score.
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
