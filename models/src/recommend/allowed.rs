//! The items that may be listed, decided before anything is ranked.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::nearest::SearchSizing;
use super::page::Excluded;
use super::query::{About, Query, QueryError};
use crate::filter::Filter;
use crate::id::UserIdx;
use crate::world::{Condition, World};

/// The number of items sampled where the sets alone do not tell how many pass.
const SAMPLE: u32 = 128;

/// The items that an answer may list.
#[derive(Debug)]
pub(super) struct Allowed<'a> {
    world: &'a World,
    passing: Passing<'a>,
    excluded: Excluded<'a>,
}

/// The items that pass the filter.
#[derive(Debug)]
enum Passing<'a> {
    /// No filter: every listed item passes.
    Listed,
    /// Few enough to scan.
    Few(RoaringBitmap),
    /// About this many: each candidate is checked when it comes along.
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
        let about = match &query.about {
            About::Item(id) => Some(id),
            About::Nothing => None,
        };
        let named = query.exclude.iter().chain(&query.items).chain(about);
        let named = named.filter_map(|id| world.item_idx(id)).map(|item| item.0).collect();
        let passing = match &query.filter {
            Some(filter) => passing(world, filter, query)?,
            None => Passing::Listed,
        };
        Ok(Self { world, passing, excluded: Excluded::new(named, seen) })
    }

    /// Excludes some more: the items on the page already.
    pub(super) fn exclude(&mut self, items: impl Iterator<Item = u32>) {
        self.excluded.add(items);
    }

    /// True if an item may be listed.
    pub(super) fn contains(&self, item: u32) -> bool {
        let passes = match &self.passing {
            Passing::Listed => !self.world.catalogue().is_unlisted(item),
            Passing::Few(few) => few.contains(item),
            Passing::Many(_, condition) => condition.holds(item),
        };
        passes && !self.excluded.contains(item)
    }

    /// The items that pass the filter, where they are few enough to scan.
    pub(super) fn few(&self) -> Option<&RoaringBitmap> {
        if let Passing::Few(few) = &self.passing { Some(few) } else { None }
    }

    /// The estimated number of items that pass the filter, where there is one.
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

/// Makes the set where it is small, and estimates its size where it is large.
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

/// Estimates how many items pass: by the sets, and by a sample where those leave open on which
/// side of `most` it lies.
fn likely(condition: &Condition<'_>, most: u64, items: u32) -> f64 {
    let estimate = condition.estimate();
    if estimate.at_most <= most
        || estimate.at_least > most && is_sharp(estimate.at_least, estimate.at_most)
    {
        return estimate.likely;
    }
    // A stride from a large prime keeps step neither with runs nor with turns in a catalogue.
    let sample =
        (0..SAMPLE).map(|at| (u64::from(at) * 2_654_435_761 % u64::from(items.max(1))) as u32);
    let share = sample.filter(|&item| condition.holds(item)).count() as f64 / f64::from(SAMPLE);
    let counted = share * f64::from(items);
    counted.clamp(estimate.at_least as f64, estimate.at_most as f64)
}

/// True if two bounds lie within a quarter.
fn is_sharp(at_least: u64, at_most: u64) -> bool {
    at_most <= at_least + at_least / 4
}
