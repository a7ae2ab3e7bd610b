//! A request for a list, and why it may be refused.

use super::nearest::SearchStrategy;
use super::scenario::{Ask, Scenario};
use crate::filter::Filter;

/// The way to find the nearest items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// By the index, keeping about `ef` candidates; small sets are scanned all the same.
    Index {
        /// More finds more and takes longer. None: the number that the index was measured to
        /// need.
        ef: Option<usize>,
    },
    /// By scanning every item.
    Exact,
    /// By this strategy, whatever it costs: for measuring.
    By {
        /// The strategy for a filter.
        strategy: SearchStrategy,
        /// As of [`Search::Index`].
        ef: Option<usize>,
    },
}

impl Search {
    /// The number of candidates that a search is to keep, where given.
    pub(super) fn ef(self) -> Option<usize> {
        match self {
            Self::Index { ef } | Self::By { ef, .. } => ef,
            Self::Exact => None,
        }
    }
}

/// The thing that a list is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// Nothing in particular: the list goes by the user and the session alone.
    #[default]
    Nothing,
    /// This item. It must exist and is never listed, also where the scenario does not ask for one.
    Item(String),
}

/// One query. The default is the first page of for-you for nobody in particular.
///
/// `about` holds what the scenario asks for; everything else is common to all scenarios.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The kind of list.
    pub scenario: Scenario,
    /// The person for whom the list is; an unknown user is answered like nobody.
    pub user: Option<String>,
    /// The thing that the list is about.
    pub about: About,
    /// Items of the running session, folded in as if the user had bought them now.
    pub items: Vec<String>,
    /// The length of the list, 1 to [`Query::MAX_LIMIT`].
    pub limit: usize,
    /// The conditions that every item must satisfy.
    pub filter: Option<Filter>,
    /// Items never to list.
    pub exclude: Vec<String>,
    /// Leaves out what the user has already touched.
    pub exclude_seen: bool,
    /// Gives the reasons of each item.
    pub explain: bool,
    /// The number of distinct friends who must have bought an item before a list tells of it; at
    /// least 1.
    pub min_friends: usize,
    /// The way to find the nearest items.
    pub search: Search,
}

impl Query {
    /// The longest list.
    pub const MAX_LIMIT: usize = 200;

    /// Checks everything that needs no world.
    pub(super) fn check(&self) -> Result<(), QueryError> {
        self.check_limit()?;
        let missing = self.scenario.spec().missing(self);
        missing.map_or(Ok(()), |ask| {
            Err(QueryError::InputNeeded { scenario: self.scenario, ask: *ask })
        })
    }

    pub(super) fn check_limit(&self) -> Result<(), QueryError> {
        let is_fine = (1..=Self::MAX_LIMIT).contains(&self.limit);
        if is_fine { Ok(()) } else { Err(QueryError::Limit { limit: self.limit }) }
    }
}

impl Default for Query {
    fn default() -> Self {
        Self {
            scenario: Scenario::FOR_YOU,
            user: None,
            about: About::Nothing,
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

/// Why a query can't be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// `limit` is 0 or more than [`Query::MAX_LIMIT`].
    #[error("`limit` is {limit}: ask for 1 to {} items", Query::MAX_LIMIT)]
    Limit {
        /// The limit that was asked for.
        limit: usize,
    },
    /// The scenario requires something that the query does not give.
    #[error("`{}` needs {}", scenario.name(), ask.fields())]
    InputNeeded {
        /// The scenario.
        scenario: Scenario,
        /// The requirement that is not met.
        ask: Ask,
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
