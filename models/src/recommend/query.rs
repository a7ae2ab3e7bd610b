//! A request for a list, and why it may be refused.

use serde::{Deserialize, Serialize};

use super::nearest::SearchStrategy;
use crate::filter::Filter;

/// Which list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// What suits this user: the blend of embedding, item lists and friends.
    ForYou,
    /// What at least `min_friends` friends of the user bought, filled up from for-you; with an item: what friends who bought it also bought.
    FriendsAlsoBought,
    /// Items near an item in the embedding.
    SimilarItems,
    /// What people who bought an item (or these items) also bought.
    AlsoBought,
    /// What most people touched.
    Popular,
    /// What came last.
    New,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 6] = [
        Self::ForYou,
        Self::FriendsAlsoBought,
        Self::SimilarItems,
        Self::AlsoBought,
        Self::Popular,
        Self::New,
    ];

    /// The name in paths and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::ForYou => "for-you",
            Self::FriendsAlsoBought => "friends-also-bought",
            Self::SimilarItems => "similar-items",
            Self::AlsoBought => "also-bought",
            Self::Popular => "popular",
            Self::New => "new",
        }
    }

    /// The scenario of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }
}

/// How the nearest items are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// By the index, keeping about `ef` candidates; small sets are scanned all the same.
    Index {
        /// More finds more and takes longer. None: as many as the index was measured to need.
        ef: Option<usize>,
    },
    /// By scanning every item.
    Exact,
    /// By this strategy, whatever it costs: for measuring.
    By {
        /// How a filter is dealt with.
        strategy: SearchStrategy,
        /// As of [`Search::Index`].
        ef: Option<usize>,
    },
}

impl Search {
    /// How many candidates a search is to keep, where that was said.
    pub(super) fn ef(self) -> Option<usize> {
        match self {
            Self::Index { ef } | Self::By { ef, .. } => ef,
            Self::Exact => None,
        }
    }
}

/// One question. The default is the first page of for-you for nobody in particular.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Which list.
    pub scenario: Scenario,
    /// For whom; an unknown user is answered like nobody.
    pub user: Option<String>,
    /// The item that the question is about: needed by `SimilarItems` and (unless `items` is given) `AlsoBought`.
    pub item: Option<String>,
    /// Items of the running session, folded in as if the user had bought them now.
    pub items: Vec<String>,
    /// How many items to list, 1 to [`Query::MAX_LIMIT`].
    pub limit: usize,
    /// What the items must satisfy.
    pub filter: Option<Filter>,
    /// Items never to list.
    pub exclude: Vec<String>,
    /// Leaves out what the user has already touched.
    pub exclude_seen: bool,
    /// Gives the reasons of each item.
    pub explain: bool,
    /// How many distinct friends must have bought an item before anything tells of it; at least 1.
    pub min_friends: usize,
    /// How the nearest items are found.
    pub search: Search,
}

impl Query {
    /// The longest list.
    pub const MAX_LIMIT: usize = 200;
}

impl Default for Query {
    fn default() -> Self {
        Self {
            scenario: Scenario::ForYou,
            user: None,
            item: None,
            items: Vec::new(),
            limit: 20,
            filter: None,
            exclude: Vec::new(),
            exclude_seen: true,
            explain: false,
            min_friends: 2,
            search: Search::Index { ef: None },
        }
    }
}

/// Why a question can't be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// `limit` is 0 or more than [`Query::MAX_LIMIT`].
    #[error("`limit` is {limit}: ask for 1 to {} items", Query::MAX_LIMIT)]
    Limit {
        /// What was asked for.
        limit: usize,
    },
    /// The scenario needs an item and none was given.
    #[error("`{}` needs an `item`", scenario.name())]
    ItemNeeded {
        /// The scenario.
        scenario: Scenario,
    },
    /// The item that the question is about is not known.
    #[error("item `{id}` does not exist")]
    UnknownItem {
        /// Its id.
        id: String,
    },
    /// The filter asks for an attribute that no item has.
    #[error("no item has the attribute `{name}`")]
    UnknownAttribute {
        /// Its name.
        name: String,
    },
}
