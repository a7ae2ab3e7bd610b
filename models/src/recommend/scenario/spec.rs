//! The properties of a scenario that others read: see [`Scenario`](super::Scenario).

use std::fmt::{self, Debug, Formatter};

use crate::id::ItemIdx;
use crate::recommend::answer::Listed;
use crate::recommend::context::Context;
use crate::recommend::query::{About, Query};
use crate::recommend::scratch::Scratch;

/// The properties of a scenario.
#[derive(Debug)]
pub struct Spec {
    /// The name in paths, files and metrics: lower case, with hyphens.
    pub name: &'static str,
    /// One sentence about what the list holds.
    pub summary: &'static str,
    /// The inputs that decide what is listed. Every scenario takes a user, whose seen items are
    /// left out.
    pub asks: &'static [Ask],
    /// The kinds of reasons that its own entries give; what fills a page up adds its own.
    pub reasons: &'static [&'static str],
    /// True if popular items fill a short page up.
    pub fills_up: bool,
    /// True if candidates come from a search of the index, so that recall can be measured.
    pub is_searched: bool,
    /// The kind of things in the list, and how they are ranked.
    pub gives: Gives,
}

impl Spec {
    /// True if an input decides what is listed.
    pub fn asks_for(&self, input: Input) -> bool {
        self.asks.iter().any(|ask| ask.any_of.contains(&input))
    }

    /// True if a request without this input may be refused.
    pub fn requires(&self, input: Input) -> bool {
        self.asks.iter().any(|ask| ask.is_required && ask.any_of.contains(&input))
    }

    /// The first thing that the scenario requires and the query does not give.
    pub(in crate::recommend) fn missing(&self, query: &Query) -> Option<&'static Ask> {
        let is_given = |ask: &&Ask| ask.any_of.iter().any(|input| input.is_in(query));
        self.asks.iter().find(|ask| ask.is_required && !is_given(ask))
    }
}

/// One thing that a scenario asks for: any of some inputs will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// At least one of these is to be given.
    pub any_of: &'static [Input],
    /// True if a request that gives none of them is refused.
    pub is_required: bool,
}

impl Ask {
    pub(super) const fn required(any_of: &'static [Input]) -> Self {
        Self { any_of, is_required: true }
    }

    pub(super) const fn optional(any_of: &'static [Input]) -> Self {
        Self { any_of, is_required: false }
    }

    /// The fields of a request that give it, for messages: `` `item` or `items` ``.
    pub fn fields(&self) -> String {
        let fields: Vec<_> =
            self.any_of.iter().map(|input| format!("`{}`", input.field())).collect();
        fields.join(" or ")
    }
}

/// A part of a request that can decide what is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The person for whom the list is.
    User,
    /// The item that the list is about.
    Item,
    /// The items of the running session.
    Items,
}

impl Input {
    /// The field of a request that gives it.
    pub fn field(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Item => "item",
            Self::Items => "items",
        }
    }

    fn is_in(self, query: &Query) -> bool {
        match self {
            Self::User => query.user.is_some(),
            Self::Item => matches!(query.about, About::Item(_)),
            Self::Items => !query.items.is_empty(),
        }
    }
}

/// The kind of things that a list holds, with the function that ranks them.
#[derive(Clone, Copy, Debug)]
pub enum Gives {
    /// Items of the catalogue.
    Items(ItemList),
}

impl Gives {
    /// The name of the kind: the key of the list in an answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Items(_) => "items",
        }
    }
}

/// A function that ranks items.
#[derive(Clone, Copy)]
pub struct ItemList(
    pub(in crate::recommend) fn(&mut Context<'_>, &mut Scratch) -> Vec<Listed<ItemIdx>>,
);

impl Debug for ItemList {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("ItemList")
    }
}
