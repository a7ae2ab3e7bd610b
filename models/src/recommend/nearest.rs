//! The items nearest to a vector: by the index, or by looking at every item where that is cheaper or asked for.

use super::allowed::Allowed;
use super::query::Search;
use crate::id::ItemIdx;
use crate::index::{SearchScratch, exact_top};
use crate::kernel::dot;
use crate::world::World;

/// How to look for the nearest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nearest {
    /// How many are wanted.
    pub(super) k: usize,
    /// By the index or exactly.
    pub(super) search: Search,
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
        let model = world.model();
        let factors = &model.item_factors;
        let accept = |item: u32| allowed.contains(item);
        let trained = match (allowed.few(), self.search) {
            (Some(few), _) => {
                let rows = few.iter().filter(|&item| accept(item));
                let scored = rows.filter_map(|item| {
                    world.item_row(ItemIdx(item)).map(|row| (dot(vector, row), item))
                });
                return best(scored.collect(), self.k);
            }
            (_, Search::Exact) => exact_top(factors, vector, self.k, &accept),
            (_, Search::Index { ef }) => {
                let ef = ef.unwrap_or_else(|| model.index.ef()).max(2 * self.k);
                model.index.search(factors, vector, self.k, ef, &accept, scratch)
            }
        };
        self.with_newcomers(world, vector, trained, &accept)
    }

    /// The `k` best of the trained and the newcomers; an item that is in both counts by its new row.
    fn with_newcomers(
        self,
        world: &World,
        vector: &[f32],
        mut trained: Vec<(f32, u32)>,
        accept: &dyn Fn(u32) -> bool,
    ) -> Vec<(f32, u32)> {
        if world.newcomers() == 0 {
            return trained;
        }
        trained.retain(|&(_, item)| !world.is_newcomer(ItemIdx(item)));
        let newcomers = world.nearest_newcomers(vector, self.k, &|item| accept(item.0));
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
