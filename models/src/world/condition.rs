//! A filter with its sets looked up. It estimates the number of passing items, tests one item, and
//! lists all.

use std::borrow::Cow;

use roaring::{MultiOps as _, RoaringBitmap};

use super::Catalogue;
use super::sets::places::distance_km;
use super::sets::{Cover, Facet, places, prices};
use crate::filter::{AttributeTest, Filter, Range};
use crate::id::ItemIdx;
use crate::record::{Attribute, Place};

/// The number of passing items, estimated from the sets alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// A lower bound.
    pub at_least: u64,
    /// The expected number, if conditions were independent.
    pub likely: f64,
    /// An upper bound.
    pub at_most: u64,
}

/// A filter on the items of one catalogue, without unlisted items.
#[derive(Debug)]
pub struct Condition<'a> {
    tree: Tree<'a>,
    view: View<'a>,
}

/// A condition.
#[derive(Clone, Copy, Debug)]
struct View<'a> {
    catalogue: &'a Catalogue,
    /// The number of items.
    items: u32,
    /// Items that never pass.
    hidden: &'a RoaringBitmap,
}

#[derive(Debug)]
enum Tree<'a> {
    All(Vec<Tree<'a>>),
    Any(Vec<Tree<'a>>),
    Not(Box<Tree<'a>>),
    /// Members of a set of the catalogue, or of a union of sets.
    In(Cow<'a, RoaringBitmap>),
    Price(Range, Cover<'a>),
    Near(Place, f64, Cover<'a>),
    /// Members of the attribute's set whose value passes.
    Attribute(&'a str, &'a AttributeTest, &'a RoaringBitmap),
}

impl<'a> Condition<'a> {
    /// Looks up the sets of a filter, for the items numbered 0 to `items`. Unavailable items are
    /// left out unless the filter includes them.
    pub(super) fn new(catalogue: &'a Catalogue, filter: &'a Filter, items: u32) -> Self {
        let asks = filter.asks_for_unavailable();
        let hidden = if asks { catalogue.deleted() } else { catalogue.unlisted() };
        Self { tree: Tree::new(catalogue, filter), view: View { catalogue, items, hidden } }
    }

    /// Estimates the number of passing items from the sets. O(sets of the filter).
    pub fn estimate(&self) -> Estimate {
        let all = u64::from(self.view.items);
        let listed = Estimate::exactly(all.saturating_sub(self.view.hidden.len()));
        Estimate::of_all(&[listed, self.tree.estimate(all)], all)
    }

    /// True if an item passes.
    pub fn holds(&self, item: u32) -> bool {
        item < self.view.items
            && !self.view.hidden.contains(item)
            && self.tree.holds(self.view.catalogue, item)
    }

    /// The items that pass. The smallest sets are intersected first; other conditions are tested on
    /// the remaining items.
    pub fn set(&self) -> RoaringBitmap {
        let mut passing = self.tree.among(&self.view, None);
        passing -= self.view.hidden;
        passing.remove_range(self.view.items..);
        passing
    }
}

impl Estimate {
    fn exactly(count: u64) -> Self {
        Self { at_least: count, likely: count as f64, at_most: count }
    }

    fn between(at_least: u64, unsure: u64) -> Self {
        let likely = at_least as f64 + unsure as f64 / 2.0;
        Self { at_least, likely, at_most: at_least + unsure }
    }

    /// Bounds by Fréchet's inequalities. The expected count is the product of the shares.
    fn of_all(parts: &[Self], all: u64) -> Self {
        let missing: u64 = parts.iter().map(|part| all.saturating_sub(part.at_least)).sum();
        let at_least = all.saturating_sub(missing);
        let at_most = parts.iter().map(|part| part.at_most).min().unwrap_or(all);
        let shares = parts.iter().map(|part| part.likely / all.max(1) as f64);
        Self::clamped(at_least, all as f64 * shares.product::<f64>(), at_most)
    }

    fn of_any(parts: &[Self], all: u64) -> Self {
        let none: Vec<Self> = parts.iter().map(|part| part.not(all)).collect();
        Self::of_all(&none, all).not(all)
    }

    fn not(self, all: u64) -> Self {
        let at_least = all.saturating_sub(self.at_most);
        let at_most = all.saturating_sub(self.at_least);
        Self { at_least, likely: (all as f64 - self.likely).max(0.0), at_most }
    }

    fn clamped(at_least: u64, likely: f64, at_most: u64) -> Self {
        let at_most = at_most.max(at_least);
        Self { at_least, likely: likely.clamp(at_least as f64, at_most as f64), at_most }
    }
}

impl<'a> Tree<'a> {
    fn new(catalogue: &'a Catalogue, filter: &'a Filter) -> Self {
        let each =
            |parts: &'a [Filter]| parts.iter().map(|part| Self::new(catalogue, part)).collect();
        match filter {
            Filter::All(parts) => Self::All(each(parts)),
            Filter::Any(parts) => Self::any(each(parts)),
            Filter::Not(part) => Self::Not(Box::new(Self::new(catalogue, part))),
            Filter::Category(path) => Self::of(&catalogue.categories, path),
            Filter::TagsAny(tags) => Self::any(Self::of_each(&catalogue.tags, tags)),
            Filter::TagsAll(tags) => Self::All(Self::of_each(&catalogue.tags, tags)),
            Filter::Merchant(names) => Self::any(Self::of_each(&catalogue.merchants, names)),
            Filter::Available(true) => {
                Self::Not(Box::new(Self::In(Cow::Borrowed(catalogue.unlisted()))))
            }
            Filter::Available(false) => Self::In(Cow::Borrowed(catalogue.unlisted())),
            Filter::Price(range) => Self::price(catalogue, catalogue.currencies.main(), range),
            Filter::PriceIn { currency, range } => Self::price(catalogue, Some(currency), range),
            Filter::Currency(names) => {
                let sets = names.iter().flat_map(|name| catalogue.currencies.priced_in(name));
                Self::any(sets.map(|set| Self::In(Cow::Borrowed(set))).collect())
            }
            Filter::Near { place, km } => {
                Self::Near(*place, *km, places::cover(&catalogue.by_place, *place, *km))
            }
            Filter::Attribute { name, test } => match catalogue.attributes.get(name) {
                Some(having) => Self::Attribute(name, test, having),
                None => Self::Any(Vec::new()),
            },
        }
    }

    /// The items of a price range in a currency; in any currency if no item states one.
    fn price(catalogue: &'a Catalogue, currency: Option<&str>, range: &Range) -> Self {
        let inside = Self::Price(*range, prices::cover(&catalogue.by_price, range));
        let currencies = &catalogue.currencies;
        let Some(currency) = currency.filter(|currency| !currencies.is_only(currency)) else {
            return inside;
        };
        let sets = currencies.priced_in(currency).map(|set| Self::In(Cow::Borrowed(set)));
        Self::All(vec![Self::Any(sets.collect()), inside])
    }

    /// The items under a name, if any.
    fn of(facet: &'a Facet, name: &str) -> Self {
        Self::In(facet.get(name).map_or_else(Cow::default, Cow::Borrowed))
    }

    fn of_each(facet: &'a Facet, names: &[String]) -> Vec<Self> {
        names.iter().map(|name| Self::of(facet, name)).collect()
    }

    /// Any of several sets. The union of many sets is made once, so that each item needs one
    /// lookup.
    fn any(parts: Vec<Self>) -> Self {
        const MANY: usize = 8;
        let set = |part: &Self| if let Self::In(set) = part { Some(set.clone()) } else { None };
        let sets: Vec<_> = parts.iter().filter_map(set).collect();
        if sets.len() < MANY || sets.len() < parts.len() {
            return Self::Any(parts);
        }
        Self::In(Cow::Owned(sets.iter().map(|set| &**set).union()))
    }

    fn estimate(&self, all: u64) -> Estimate {
        let each = |parts: &[Self]| -> Vec<Estimate> {
            parts.iter().map(|part| part.estimate(all)).collect()
        };
        match self {
            Self::All(parts) => Estimate::of_all(&each(parts), all),
            Self::Any(parts) => Estimate::of_any(&each(parts), all),
            Self::Not(part) => part.estimate(all).not(all),
            Self::In(set) => Estimate::exactly(set.len()),
            Self::Price(_, cover) | Self::Near(_, _, cover) => {
                Estimate::between(cover.at_least(), cover.unsure())
            }
            Self::Attribute(_, _, having) => Estimate::between(0, having.len()),
        }
    }

    fn holds(&self, catalogue: &Catalogue, item: u32) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(catalogue, item)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(catalogue, item)),
            Self::Not(part) => !part.holds(catalogue, item),
            Self::In(set) => set.contains(item),
            Self::Price(range, _) => {
                catalogue.price(item).is_some_and(|price| range.contains(price))
            }
            Self::Near(place, km, _) => {
                catalogue.place(item).is_some_and(|there| distance_km(*place, there) <= *km)
            }
            Self::Attribute(name, test, having) => {
                having.contains(item)
                    && catalogue.attribute(item, name).is_some_and(|it| passes(it, test))
            }
        }
    }

    /// The passing items among `left`, or among all.
    fn among(&self, view: &View<'_>, left: Option<&RoaringBitmap>) -> RoaringBitmap {
        match self {
            Self::All(parts) => Self::among_all(parts, view, left),
            Self::Any(parts) => parts.iter().map(|part| part.among(view, left)).union(),
            Self::Not(part) => {
                let left = left.map_or_else(|| view.all(), Clone::clone);
                let out = part.among(view, Some(&left));
                left - out
            }
            Self::In(set) => within(set, left),
            Self::Price(_, cover) | Self::Near(_, _, cover) => self.among_cover(cover, view, left),
            Self::Attribute(_, _, having) => self.keep(within(having, left), view),
        }
    }

    /// The smallest part first. Each part tests only the items that remain.
    fn among_all(parts: &[Self], view: &View<'_>, left: Option<&RoaringBitmap>) -> RoaringBitmap {
        let mut order: Vec<(u64, &Self)> =
            parts.iter().map(|part| (part.estimate(u64::from(view.items)).at_most, part)).collect();
        order.sort_by_key(|(at_most, _)| *at_most);
        let mut narrowed: Option<RoaringBitmap> = None;
        for (_, part) in order {
            narrowed = Some(part.among(view, narrowed.as_ref().or(left)));
        }
        narrowed.or_else(|| left.cloned()).unwrap_or_else(|| view.all())
    }

    /// Tests each remaining item, or unites the sets of the range and tests the items at its edge:
    /// the cheaper of both.
    fn among_cover(
        &self,
        cover: &Cover<'_>,
        view: &View<'_>,
        left: Option<&RoaringBitmap>,
    ) -> RoaringBitmap {
        /// The cost of uniting sets, relative to testing their items.
        const UNION_IS_CHEAPER: u64 = 8;
        let by_sets = cover.at_least() / UNION_IS_CHEAPER + cover.unsure();
        if let Some(left) = left.filter(|left| left.len() <= by_sets) {
            return self.keep(left.clone(), view);
        }
        let edge = self.keep(cover.edge.iter().copied().union(), view);
        let mut sets: Vec<&RoaringBitmap> = cover.full.clone();
        sets.push(&edge);
        let found = sets.union();
        match left {
            Some(left) => found & left,
            None => found,
        }
    }

    /// Tests each of some items.
    fn keep(&self, items: RoaringBitmap, view: &View<'_>) -> RoaringBitmap {
        items.into_iter().filter(|&item| self.holds(view.catalogue, item)).collect()
    }
}

impl View<'_> {
    fn all(&self) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..self.items);
        all
    }
}

fn within(set: &RoaringBitmap, left: Option<&RoaringBitmap>) -> RoaringBitmap {
    left.map_or_else(|| set.clone(), |left| left & set)
}

impl Catalogue {
    fn price(&self, item: u32) -> Option<f64> {
        self.prices.get(item as usize).copied().filter(|price| !price.is_nan())
    }

    fn place(&self, item: u32) -> Option<Place> {
        self.get(ItemIdx(item))?.place
    }

    fn attribute(&self, item: u32, name: &str) -> Option<&Attribute> {
        self.get(ItemIdx(item))?.attributes.get(name)
    }
}

fn passes(value: &Attribute, test: &AttributeTest) -> bool {
    match (value, test) {
        (Attribute::Number(number), AttributeTest::Range(range)) => range.contains(*number),
        (_, AttributeTest::Range(_)) => false,
        (Attribute::Texts(texts), AttributeTest::In(wanted)) => {
            wanted.iter().any(|one| match one {
                Attribute::Text(text) => texts.contains(text),
                other => other == value,
            })
        }
        (_, AttributeTest::In(wanted)) => wanted.contains(value),
    }
}
