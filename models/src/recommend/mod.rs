//! From a query to a list: [`World::recommend`].
//!
//! `scenario` has one file per scenario: where its candidates come from and how they are scored.
//! `asker` looks up who asks and `allowed` decides what may be listed. `nearest` searches the
//! index, `score` adds up the parts of a score, and `page` picks the best and fills a short page
//! up.

mod allowed;
pub mod answer;
mod asker;
mod batch;
mod context;
mod deadline;
mod nearest;
mod page;
pub mod query;
pub mod scenario;
mod score;
mod scratch;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use self::allowed::Allowed;
use self::answer::{Answer, Listed};
use self::asker::Asker;
use self::context::Context;
pub use self::deadline::{Deadline, NoDeadline, RankingStage};
pub use self::nearest::{NearestItems, SearchStrategy};
use self::query::{About, Query, QueryError};
use self::scenario::{Gives, ItemList};
pub use self::scratch::Scratch;
use crate::id::ItemIdx;
use crate::world::World;

impl World {
    /// Answers a query from this state alone: no lock, no wait, no I/O.
    ///
    /// A page is short only where fewer items are allowed. An unknown user without session items
    /// gets the popular list.
    pub fn recommend(&self, query: &Query, scratch: &mut Scratch) -> Result<Answer, QueryError> {
        self.recommend_within(&NoDeadline, query, scratch)
    }

    /// The same within a deadline: the work left when it passes is dropped, and the answer says
    /// so.
    ///
    /// The page is full all the same: popular items stand where nothing better was found in time.
    pub fn recommend_within(
        &self,
        deadline: &dyn Deadline,
        query: &Query,
        scratch: &mut Scratch,
    ) -> Result<Answer, QueryError> {
        query.check()?;
        let anchors = anchors(self, query)?;
        let asker = Asker::new(self, query);
        deadline.done(RankingStage::Asker);
        let allowed = Allowed::new(self, query, asker.user)?;
        deadline.done(RankingStage::Filter);
        let is_cut = Cell::new(false);
        let mut context = Context { world: self, query, anchors, asker, allowed, deadline, is_cut };
        let items = list(&mut context, scratch);
        deadline.done(RankingStage::Score);
        let not_personal = context.asker.is_blank();
        Ok(Answer { items, not_personal, is_cut: context.is_cut.get() })
    }
}

/// The page of the scenario, filled up where it would be short.
fn list(context: &mut Context<'_>, scratch: &mut Scratch) -> Vec<Listed<ItemIdx>> {
    let spec = context.query.scenario.spec();
    let Gives::Items(ItemList(rank)) = spec.gives;
    let items = if context.is_due() { Vec::new() } else { rank(context, scratch) };
    if spec.fills_up { page::fill_up(context, items) } else { items }
}

/// The items that the list is about. An `item` must exist; of `items` the unknown ones are
/// skipped.
fn anchors(world: &World, query: &Query) -> Result<Vec<ItemIdx>, QueryError> {
    match &query.about {
        About::Item(id) => {
            let item = world.item_idx(id);
            item.map(|item| vec![item]).ok_or_else(|| QueryError::UnknownItem { id: id.clone() })
        }
        About::Nothing => Ok(query.items.iter().filter_map(|id| world.item_idx(id)).collect()),
    }
}
