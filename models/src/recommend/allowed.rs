//! Which items may be listed at all: decided before anything is ranked.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::nearest::SearchSizing;
use super::query::{Query, QueryError};
use crate::filter::Filter;
use crate::id::UserIdx;
use crate::world::{Condition, World};

/// So many items are looked at where the sets alone don't tell how many pass.
const SAMPLE: u32 = 128;

/// The items that an answer may list.
#[derive(Debug)]
pub(super) struct Allowed<'a> {
    world: &'a World,
    passing: Passing<'a>,
    /// Named by the caller, or asked about.
    excluded: Vec<u32>,
    /// What the user has already touched, ascending.
    seen: &'a [u32],
    hidden: Sketch,
}

/// A set of few items in so little memory that asking about one costs nothing: it may say yes of others.
#[derive(Clone, Copy, Debug, Default)]
struct Sketch([u64; 16]);

impl Sketch {
    fn of<'i>(items: impl Iterator<Item = &'i u32>) -> Self {
        let mut sketch = Self::default();
        items.for_each(|&item| sketch.insert(item));
        sketch
    }

    fn insert(&mut self, item: u32) {
        let (word, bit) = Self::place(item);
        self.0[word] |= bit;
    }

    fn may_hold(&self, item: u32) -> bool {
        let (word, bit) = Self::place(item);
        self.0[word] & bit != 0
    }

    /// Ten bits of a multiplicative hash.
    fn place(item: u32) -> (usize, u64) {
        let hash = item.wrapping_mul(0x9E37_79B1) >> 22;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

/// What the filter lets through.
#[derive(Debug)]
enum Passing<'a> {
    /// All that is listed: there is no filter.
    Listed,
    /// So few that looking at all of them is cheap.
    Few(RoaringBitmap),
    /// About so many: each is asked about as it comes along.
    Many(f64, Condition<'a>),
}

impl<'a> Allowed<'a> {
    pub(super) fn new(
        world: &'a World,
        query: &'a Query,
        user: Option<UserIdx>,
    ) -> Result<Self, QueryError> {
        let seen = match user {
            Some(user) if query.exclude_seen => world.history(user).items,
            _ => &[],
        };
        let named = query.exclude.iter().chain(&query.items).chain(&query.item);
        let mut excluded: Vec<u32> =
            named.filter_map(|id| world.item_idx(id)).map(|item| item.0).collect();
        excluded.sort_unstable();
        let passing = match &query.filter {
            Some(filter) => passing(world, filter, query)?,
            None => Passing::Listed,
        };
        let hidden = Sketch::of(seen.iter().chain(&excluded));
        Ok(Self { world, passing, excluded, seen, hidden })
    }

    /// Leaves out some more: what is on the page already.
    pub(super) fn exclude(&mut self, items: impl Iterator<Item = u32>) {
        let named = self.excluded.len();
        self.excluded.extend(items);
        self.excluded[named..].iter().for_each(|&item| self.hidden.insert(item));
        self.excluded.sort_unstable();
    }

    /// Whether an item may be listed.
    pub(super) fn contains(&self, item: u32) -> bool {
        let passes = match &self.passing {
            Passing::Listed => !self.world.catalogue().is_unlisted(item),
            Passing::Few(few) => few.contains(item),
            Passing::Many(_, condition) => condition.holds(item),
        };
        passes
            && (!self.hidden.may_hold(item)
                || self.seen.binary_search(&item).is_err()
                    && self.excluded.binary_search(&item).is_err())
    }

    /// What the filter lets through, where that is so little that looking at all of it is cheap.
    pub(super) fn few(&self) -> Option<&RoaringBitmap> {
        if let Passing::Few(few) = &self.passing { Some(few) } else { None }
    }

    /// About how many items pass the filter, where there is one.
    pub(super) fn count(&self) -> Option<f64> {
        match &self.passing {
            Passing::Listed => None,
            Passing::Few(few) => Some(few.len() as f64),
            Passing::Many(count, _) => Some(*count),
        }
    }

    /// Every item that passes the filter.
    pub(super) fn passing(&self) -> Cow<'_, RoaringBitmap> {
        match &self.passing {
            Passing::Listed => {
                let mut all = RoaringBitmap::new();
                all.insert_range(0..self.world.counts().items as u32);
                Cow::Owned(all - self.world.catalogue().unlisted())
            }
            Passing::Few(few) => Cow::Borrowed(few),
            Passing::Many(_, condition) => Cow::Owned(condition.set()),
        }
    }
}

/// Writes the set down where it is small; else it is only estimated how large it is.
fn passing<'a>(
    world: &'a World,
    filter: &'a Filter,
    query: &Query,
) -> Result<Passing<'a>, QueryError> {
    let catalogue = world.catalogue();
    let unknown = filter.attribute_names().into_iter().find(|name| !catalogue.has_attribute(name));
    if let Some(name) = unknown {
        return Err(QueryError::UnknownAttribute { name: name.to_owned() });
    }
    let items = world.counts().items;
    let condition = catalogue.condition(filter, items);
    let most = SearchSizing::new(world, query.limit, query.search).most_to_scan();
    let likely = likely(&condition, most, items as u32);
    if likely > most as f64 {
        return Ok(Passing::Many(likely, condition));
    }
    let set = condition.set();
    let is_few = set.len() <= most;
    Ok(if is_few { Passing::Few(set) } else { Passing::Many(set.len() as f64, condition) })
}

/// About how many items pass: by the sets, and by looking at a few where those leave open on which side of `most` it is.
fn likely(condition: &Condition<'_>, most: u64, items: u32) -> f64 {
    let estimate = condition.estimate();
    if estimate.at_most <= most
        || estimate.at_least > most && is_sharp(estimate.at_least, estimate.at_most)
    {
        return estimate.likely;
    }
    // An odd stride from a large prime: catalogues come in runs and in turns, and this keeps step with neither.
    let sample =
        (0..SAMPLE).map(|at| (u64::from(at) * 2_654_435_761 % u64::from(items.max(1))) as u32);
    let share = sample.filter(|&item| condition.holds(item)).count() as f64 / f64::from(SAMPLE);
    let counted = share * f64::from(items);
    counted.clamp(estimate.at_least as f64, estimate.at_most as f64)
}

/// Whether two bounds leave little open.
fn is_sharp(at_least: u64, at_most: u64) -> bool {
    at_most <= at_least + at_least / 4
}
