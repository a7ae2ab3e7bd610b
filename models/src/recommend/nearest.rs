//! The items nearest to a vector: by the index, or by looking at every item where that is cheaper or asked for.

use super::allowed::Allowed;
use super::look::Look;
use super::plan::{Need, Plan};
use super::query::{Query, QueryError, Search};
use super::{Scratch, check_limit};
use crate::id::ItemIdx;
use crate::index::SearchScratch;
use crate::world::World;

/// How to look for the nearest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nearest {
    /// How many are wanted.
    pub(super) k: usize,
    /// By the index or exactly.
    pub(super) search: Search,
}

/// The items nearest to a vector, and how they were found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Best first, each after its inner product.
    pub items: Vec<(f32, ItemIdx)>,
    /// The way in which the filter was dealt with in the end; none without a filter.
    pub plan: Option<Plan>,
}

impl World {
    /// The items of largest inner product with a vector, among those that a question's filter and exclusions allow.
    ///
    /// What the candidates of the scenarios come from, for whoever wants to measure it. `vector` is as wide as the model's
    /// factors. Of the question `limit`, `filter`, `exclude` and `search` count.
    pub fn nearest(
        &self,
        vector: &[f32],
        query: &Query,
        scratch: &mut Scratch,
    ) -> Result<Found, QueryError> {
        check_limit(query)?;
        let allowed = Allowed::new(self, query, None)?;
        let nearest = Nearest { k: query.limit, search: query.search };
        let (plan, found) = nearest.planned(self, vector, &allowed, &mut scratch.search);
        let items = found.into_iter().map(|(score, item)| (score, ItemIdx(item))).collect();
        Ok(Found { items, plan })
    }
}

impl Nearest {
    /// The `k` allowed items of largest inner product with `vector`, best first; fewer only where fewer are allowed and have a row.
    pub(super) fn find(
        self,
        world: &World,
        vector: &[f32],
        allowed: &Allowed<'_>,
        scratch: &mut SearchScratch,
    ) -> Vec<(f32, u32)> {
        self.planned(world, vector, allowed, scratch).1
    }

    /// The same, and which plan was taken.
    fn planned(
        self,
        world: &World,
        vector: &[f32],
        allowed: &Allowed<'_>,
        scratch: &mut SearchScratch,
    ) -> (Option<Plan>, Vec<(f32, u32)>) {
        let look = Look { world, vector, allowed, k: self.k };
        let (plan, found) = match (self.search, allowed.few()) {
            (Search::By { .. }, _) | (_, None) => self.search(look, scratch),
            (Search::Exact, Some(few)) => (Some(Plan::Scan), look.scan_rows(few)),
            (Search::Index { .. }, Some(few)) => (Some(Plan::Scan), look.scan(few, scratch)),
        };
        (plan, self.with_newcomers(look, found))
    }

    /// Looks among the trained items.
    fn search(
        self,
        look: Look<'_>,
        scratch: &mut SearchScratch,
    ) -> (Option<Plan>, Vec<(f32, u32)>) {
        let need = || Need::new(look.world, self.k, self.search);
        match (self.search, look.allowed.count()) {
            (Search::Exact, _) | (Search::By { plan: Plan::Scan, .. }, None) => {
                (None, look.exact())
            }
            (_, None) => (None, look.walk(need().ef, scratch)),
            (Search::Index { .. }, Some(passing)) => {
                let (plan, found) = look.planned(need(), passing, scratch);
                (Some(plan), found)
            }
            (Search::By { plan, .. }, Some(passing)) => {
                (Some(plan), look.forced(plan, need(), passing, scratch))
            }
        }
    }

    /// The `k` best of the trained and the newcomers; an item that is in both counts by its new row.
    fn with_newcomers(self, look: Look<'_>, mut trained: Vec<(f32, u32)>) -> Vec<(f32, u32)> {
        let Look { world, vector, allowed, .. } = look;
        if world.newcomers() == 0 {
            return trained;
        }
        trained.retain(|&(_, item)| !world.is_newcomer(ItemIdx(item)));
        let newcomers = world.nearest_newcomers(vector, self.k, &|item| allowed.contains(item.0));
        trained.extend(newcomers.into_iter().map(|(score, item)| (score, item.0)));
        best(trained, self.k)
    }
}

/// The `k` largest, descending, ties by number.
pub(super) fn best(mut scored: Vec<(f32, u32)>, k: usize) -> Vec<(f32, u32)> {
    let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if scored.len() > k && k > 0 {
        scored.select_nth_unstable_by(k - 1, order);
        scored.truncate(k);
    }
    scored.sort_unstable_by(order);
    scored.truncate(k);
    scored
}
