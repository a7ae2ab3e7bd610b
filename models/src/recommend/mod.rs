//! From a question to a list: [`World::recommend`].
//!
//! One file per scenario says where its candidates come from and how they are scored; `asker` is who asks, `allowed` what may be
//! listed, `nearest` and `friends` are the sources, `fill` keeps a page from being short.

mod accumulator;
mod allowed;
mod also_bought;
mod asker;
mod fill;
mod for_you;
mod friends;
mod friends_also_bought;
mod look;
mod many;
mod nearest;
mod plan;
pub mod query;
mod similar_items;
#[cfg(test)]
mod tests;

use accumulator::Accumulator;
use allowed::Allowed;
use asker::Asker;
pub use nearest::Found;
pub use plan::Plan;

use self::query::{Answer, Query, QueryError, Recommendation, Scenario};
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
}

/// One question with everything looked up that its scenario needs.
#[derive(Debug)]
struct Context<'a> {
    world: &'a World,
    query: &'a Query,
    asker: Asker<'a>,
    allowed: Allowed<'a>,
}

impl World {
    /// Answers a question from this state alone: no lock, no wait, no I/O.
    ///
    /// A page is short only where fewer items are allowed. An unknown user without session items gets the popular list.
    pub fn recommend(&self, query: &Query, scratch: &mut Scratch) -> Result<Answer, QueryError> {
        check(query)?;
        let asker = Asker::new(self, query, scratch);
        let allowed = Allowed::new(self, query, asker.user)?;
        let context = Context { world: self, query, asker, allowed };
        let anchors = anchors(self, query)?;
        let items = match query.scenario {
            Scenario::ForYou => for_you::list(&context, query.limit, scratch),
            Scenario::FriendsAlsoBought => {
                friends_also_bought::list(&context, anchors.first().copied(), scratch)
            }
            Scenario::SimilarItems => similar_items::list(&context, anchors[0], scratch),
            Scenario::AlsoBought => also_bought::list(&context, &anchors, scratch),
            Scenario::Popular => fill::popular(&context, query.limit),
            Scenario::New => fill::new(&context, query.limit),
        };
        let not_personal = context.asker.is_blank();
        Ok(Answer { items: fill::up(&context, items), not_personal })
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
