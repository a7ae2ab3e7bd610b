//! From a question to a list: [`World::recommend`].
//!
//! One file per scenario says where its candidates come from and how they are scored; `asker` is who asks, `allowed` what may be
//! listed, `nearest` and `friends` are the sources, `fill` keeps a page from being short.

mod allowed;
pub mod answer;
mod asker;
mod batch;
mod deadline;
mod nearest;
mod page;
pub mod query;
mod scenario;
mod score;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use allowed::Allowed;
use asker::Asker;
pub use deadline::{Deadline, NoDeadline, RankingStage};
pub use nearest::{NearestItems, SearchStrategy};
use page::{Accumulator, fill_up, new, popular};
use scenario::{also_bought, for_you, friends_also_bought, similar_items};

use self::answer::{Answer, Recommendation};
use self::query::{Query, QueryError, Scenario};
use crate::id::ItemIdx;
use crate::index::SearchScratch;
use crate::solver::RowSolver;
use crate::world::World;

/// Working memory of one thread that answers questions. Reused, it stops allocating tables.
#[derive(Debug, Default)]
pub struct Scratch {
    solver: RowSolver,
    search: SearchScratch,
    sums: Accumulator,
    friends: Accumulator,
    second_hop: Accumulator,
}

/// One question with everything looked up that its scenario needs.
#[derive(Debug)]
struct Context<'a> {
    world: &'a World,
    query: &'a Query,
    asker: Asker<'a>,
    allowed: Allowed<'a>,
    deadline: &'a dyn Deadline,
    /// Whether something was left out because the answer was due.
    is_cut: Cell<bool>,
}

impl Context<'_> {
    /// Whether what comes next must be left out, which is noted.
    fn is_due(&self) -> bool {
        let is_due = self.deadline.has_passed();
        self.is_cut.set(self.is_cut.get() || is_due);
        is_due
    }
}

impl World {
    /// Answers a question from this state alone: no lock, no wait, no I/O.
    ///
    /// A page is short only where fewer items are allowed. An unknown user without session items gets the popular list.
    pub fn recommend(&self, query: &Query, scratch: &mut Scratch) -> Result<Answer, QueryError> {
        self.recommend_within(&NoDeadline, query, scratch)
    }

    /// The same for somebody who looks at a clock: what isn't done when the answer is due is left out, and the answer says so.
    ///
    /// The page is full all the same: of popular items, where nothing better was found in time.
    pub fn recommend_within(
        &self,
        deadline: &dyn Deadline,
        query: &Query,
        scratch: &mut Scratch,
    ) -> Result<Answer, QueryError> {
        check(query)?;
        let anchors = anchors(self, query)?;
        let asker = Asker::new(self, query);
        deadline.done(RankingStage::Asker);
        let allowed = Allowed::new(self, query, asker.user)?;
        deadline.done(RankingStage::Filter);
        let is_cut = Cell::new(false);
        let mut context = Context { world: self, query, asker, allowed, deadline, is_cut };
        let items =
            if context.is_due() { Vec::new() } else { list(&mut context, &anchors, scratch) };
        let items = fill_up(&context, items);
        deadline.done(RankingStage::Score);
        let not_personal = context.asker.is_blank();
        Ok(Answer { items, not_personal, is_cut: context.is_cut.get() })
    }
}

fn list(
    context: &mut Context<'_>,
    anchors: &[ItemIdx],
    scratch: &mut Scratch,
) -> Vec<Recommendation> {
    let limit = context.query.limit;
    match context.query.scenario {
        Scenario::ForYou => for_you::list(context, limit, scratch),
        Scenario::FriendsAlsoBought => {
            friends_also_bought::list(context, anchors.first().copied(), scratch)
        }
        Scenario::SimilarItems => similar_items::list(context, anchors[0], scratch),
        Scenario::AlsoBought => also_bought::list(context, anchors, scratch),
        Scenario::Popular => popular(context, limit),
        Scenario::New => new(context, limit),
    }
}

fn check_limit(query: &Query) -> Result<(), QueryError> {
    let is_fine = (1..=Query::MAX_LIMIT).contains(&query.limit);
    if is_fine { Ok(()) } else { Err(QueryError::Limit { limit: query.limit }) }
}

fn check(query: &Query) -> Result<(), QueryError> {
    check_limit(query)?;
    let asks_about =
        query.item.is_some() || (query.scenario == Scenario::AlsoBought && !query.items.is_empty());
    let needs = matches!(query.scenario, Scenario::SimilarItems | Scenario::AlsoBought);
    if needs && !asks_about {
        return Err(QueryError::ItemNeeded { scenario: query.scenario });
    }
    Ok(())
}

/// The items that the question is about. The one `item` must exist; of several `items` the unknown ones are passed over.
fn anchors(world: &World, query: &Query) -> Result<Vec<ItemIdx>, QueryError> {
    if let Some(id) = &query.item {
        let item = world.item_idx(id);
        return item.map(|item| vec![item]).ok_or(QueryError::UnknownItem { id: id.clone() });
    }
    Ok(query.items.iter().filter_map(|id| world.item_idx(id)).collect())
}

/// A candidate that made it to the page.
fn listed(item: u32, score: f32) -> Recommendation {
    Recommendation { item: ItemIdx(item), score, reasons: Vec::new() }
}
