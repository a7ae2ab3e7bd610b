//! The items that can be listed, and the sets that filters are made of.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::chunked::Chunked;
use crate::filter::{AttributeTest, Filter};
use crate::id::ItemIdx;
use crate::record::{Attribute, Item, Place};

/// Sets of items by the value of one property. Each set is shared until it changes.
type Facet<M> = Arc<M>;

/// What is known of items, and which items share a property. A clone is O(1) and stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    items: Chunked<Option<Arc<Item>>>,
    /// In a flat column because ranges look at many; NaN where unknown.
    prices: Chunked<f64>,
    unlisted: Arc<RoaringBitmap>,
    deleted: Arc<RoaringBitmap>,
    categories: Facet<BTreeMap<Box<str>, Arc<RoaringBitmap>>>,
    tags: Facet<HashMap<Box<str>, Arc<RoaringBitmap>>>,
    merchants: Facet<HashMap<Box<str>, Arc<RoaringBitmap>>>,
    attributes: Facet<HashMap<Box<str>, Arc<RoaringBitmap>>>,
}

impl Catalogue {
    /// What is known of an item; none if it was never described or was deleted.
    pub fn get(&self, item: ItemIdx) -> Option<&Arc<Item>> {
        self.items.get(item.row())?.as_ref()
    }

    /// The items that must not be listed: not for sale, out of stock or deleted.
    pub fn unlisted(&self) -> &RoaringBitmap {
        &self.unlisted
    }

    /// The items that were taken out, which no filter brings back.
    pub fn deleted(&self) -> &RoaringBitmap {
        &self.deleted
    }

    /// The names of the free attributes that some item has.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().filter(|(_, set)| !set.is_empty()).map(|(name, _)| &**name)
    }

    /// Whether some item has this free attribute.
    pub fn has_attribute(&self, name: &str) -> bool {
        self.attributes.get(name).is_some_and(|set| !set.is_empty())
    }

    /// Takes in an item as it is from now on. An item without a description is listed.
    pub fn put(&mut self, number: ItemIdx, item: Arc<Item>) {
        self.forget(number);
        self.file(number, &item, true);
        if !item.is_listed() {
            Arc::make_mut(&mut self.unlisted).insert(number.0);
        }
        *self.prices.get_mut(number.row()) = item.price.unwrap_or(f64::NAN);
        *self.items.get_mut(number.row()) = Some(item);
    }

    /// Takes an item out: it is never listed until it is put back.
    pub fn delete(&mut self, number: ItemIdx) {
        self.forget(number);
        Arc::make_mut(&mut self.unlisted).insert(number.0);
        Arc::make_mut(&mut self.deleted).insert(number.0);
    }

    fn forget(&mut self, number: ItemIdx) {
        for set in [&mut self.unlisted, &mut self.deleted] {
            if set.contains(number.0) {
                Arc::make_mut(set).remove(number.0);
            }
        }
        let Some(old) = self.get(number).cloned() else { return };
        self.file(number, &old, false);
        *self.prices.get_mut(number.row()) = f64::NAN;
        *self.items.get_mut(number.row()) = None;
    }

    /// Enters the item into (or strikes it from) every set that it belongs to.
    fn file(&mut self, number: ItemIdx, item: &Item, belongs: bool) {
        if let Some(category) = &item.category {
            let categories = Arc::make_mut(&mut self.categories);
            set(categories.entry(category.as_str().into()).or_default(), number, belongs);
        }
        for tag in &item.tags {
            let tags = Arc::make_mut(&mut self.tags);
            set(tags.entry(tag.as_str().into()).or_default(), number, belongs);
        }
        if let Some(merchant) = &item.merchant {
            let merchants = Arc::make_mut(&mut self.merchants);
            set(merchants.entry(merchant.as_str().into()).or_default(), number, belongs);
        }
        for name in item.attributes.keys() {
            let attributes = Arc::make_mut(&mut self.attributes);
            set(attributes.entry(name.as_str().into()).or_default(), number, belongs);
        }
    }

    /// The items among `universe` that satisfy `filter`.
    ///
    /// Set algebra for category, tag, merchant and availability; what has no set (price, place, attribute values) is
    /// looked up for the items that are left.
    pub fn matching(&self, filter: &Filter, universe: &RoaringBitmap) -> RoaringBitmap {
        match filter {
            Filter::All(parts) => self.matching_all(parts, universe),
            Filter::Any(parts) => parts
                .iter()
                .fold(RoaringBitmap::new(), |found, part| found | self.matching(part, universe)),
            Filter::Not(part) => universe - self.matching(part, universe),
            Filter::Category(path) => self.in_category(path) & universe,
            Filter::TagsAny(tags) => union(&self.tags, tags) & universe,
            Filter::TagsAll(tags) => tags.iter().fold(universe.clone(), |left, tag| {
                self.tags.get(tag.as_str()).map_or_else(RoaringBitmap::new, |set| left & &**set)
            }),
            Filter::Merchant(merchants) => union(&self.merchants, merchants) & universe,
            Filter::Available(true) => universe - &*self.unlisted,
            Filter::Available(false) => universe & &*self.unlisted,
            Filter::Price(range) => universe
                .iter()
                .filter(|&item| self.price(item).is_some_and(|price| range.contains(price)))
                .collect(),
            Filter::Near { place, km } => self.keep(universe, |item| {
                item.place.is_some_and(|there| distance_km(*place, there) <= *km)
            }),
            Filter::Attribute { name, test } => {
                let Some(having) = self.attributes.get(name.as_str()) else {
                    return RoaringBitmap::new();
                };
                self.keep(&(&**having & universe), |item| passes(&item.attributes[name], test))
            }
        }
    }

    /// Cheap set algebra first, so that look-ups see as few items as can be.
    fn matching_all(&self, parts: &[Filter], universe: &RoaringBitmap) -> RoaringBitmap {
        let (looked_up, sets): (Vec<_>, Vec<_>) = parts.iter().partition(|part| {
            matches!(part, Filter::Price(_) | Filter::Near { .. } | Filter::Attribute { .. })
        });
        let mut left = universe.clone();
        for part in sets.into_iter().chain(looked_up) {
            left = self.matching(part, &left);
        }
        left
    }

    fn in_category(&self, path: &str) -> RoaringBitmap {
        let below = format!("{path}/");
        let itself = self.categories.get(path).into_iter();
        let children = self
            .categories
            .range::<str, _>((
                std::ops::Bound::Included(below.as_str()),
                std::ops::Bound::Unbounded,
            ))
            .take_while(|(name, _)| name.starts_with(&below))
            .map(|(_, set)| set);
        itself.chain(children).fold(RoaringBitmap::new(), |all, set| all | &**set)
    }

    fn price(&self, item: u32) -> Option<f64> {
        self.prices.get(item as usize).copied().filter(|price| !price.is_nan())
    }

    fn keep(&self, among: &RoaringBitmap, test: impl Fn(&Item) -> bool) -> RoaringBitmap {
        among.iter().filter(|&item| self.get(ItemIdx(item)).is_some_and(|it| test(it))).collect()
    }
}

fn set(bitmap: &mut Arc<RoaringBitmap>, number: ItemIdx, belongs: bool) {
    let bitmap = Arc::make_mut(bitmap);
    if belongs {
        bitmap.insert(number.0);
    } else {
        bitmap.remove(number.0);
    }
}

fn union(sets: &HashMap<Box<str>, Arc<RoaringBitmap>>, names: &[String]) -> RoaringBitmap {
    let found = names.iter().filter_map(|name| sets.get(name.as_str()));
    found.fold(RoaringBitmap::new(), |all, set| all | &**set)
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

/// The great-circle distance by the haversine formula, on a sphere of the earth's mean radius.
fn distance_km(a: Place, b: Place) -> f64 {
    const EARTH_RADIUS_KM: f64 = 6_371.008_8;
    let half_chord = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let h = half_chord(a.lat, b.lat)
        + a.lat.to_radians().cos() * b.lat.to_radians().cos() * half_chord(a.lon, b.lon);
    2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Range;

    fn item(number: u32, edit: impl FnOnce(&mut Item)) -> (ItemIdx, Arc<Item>) {
        let mut item = Item::bare(&format!("i{number}"));
        edit(&mut item);
        (ItemIdx(number), Arc::new(item))
    }

    fn shop() -> Catalogue {
        let mut shop = Catalogue::default();
        for (number, item) in [
            item(0, |it| {
                it.category = Some("shoes".into());
                it.price = Some(10.0);
                it.tags = vec!["red".into(), "new".into()];
            }),
            item(1, |it| {
                it.category = Some("shoes/running".into());
                it.price = Some(20.0);
                it.merchant = Some("m1".into());
                it.attributes.insert("size".into(), Attribute::Number(42.0));
            }),
            item(2, |it| {
                it.category = Some("shoestrings".into());
                it.tags = vec!["red".into()];
                it.stock = Some(0);
                it.place = Some(Place { lat: 31.23, lon: 121.47 });
            }),
        ] {
            shop.put(number, item);
        }
        shop
    }

    fn matching(shop: &Catalogue, filter: &Filter) -> Vec<u32> {
        shop.matching(filter, &(0..4).collect()).iter().collect()
    }

    #[test]
    fn a_category_covers_what_lies_below_it_and_not_what_begins_like_it() {
        assert_eq!(matching(&shop(), &Filter::Category("shoes".into())), [0, 1]);
        assert_eq!(matching(&shop(), &Filter::Category("shoes/running".into())), [1]);
        assert_eq!(matching(&shop(), &Filter::Category("hats".into())), [0; 0]);
    }

    #[test]
    fn price_tags_merchant_availability_and_attributes() {
        let shop = shop();
        let range = Range { gte: Some(10.0), lt: Some(20.0), ..Range::default() };
        let red = || vec!["red".to_owned()];
        for (filter, expected) in [
            (Filter::Price(range), vec![0]),
            (Filter::TagsAny(red()), vec![0, 2]),
            (Filter::TagsAll(vec!["red".into(), "new".into()]), vec![0]),
            (Filter::TagsAll(vec!["red".into(), "blue".into()]), vec![]),
            (Filter::Merchant(vec!["m1".into(), "m2".into()]), vec![1]),
            (Filter::Available(true), vec![0, 1, 3]),
            (Filter::Available(false), vec![2]),
            (Filter::Not(Box::new(Filter::TagsAny(red()))), vec![1, 3]),
            (Filter::Any(vec![]), vec![]),
            (Filter::All(vec![]), vec![0, 1, 2, 3]),
            (Filter::All(vec![Filter::Price(range), Filter::TagsAny(red())]), vec![0]),
        ] {
            assert_eq!(matching(&shop, &filter), expected, "{filter:?}");
        }
        let sized = |test| Filter::Attribute { name: "size".into(), test };
        let at_least = Range { gte: Some(40.0), ..Range::default() };
        assert_eq!(matching(&shop, &sized(AttributeTest::Range(at_least))), [1]);
        let other = AttributeTest::In(vec![Attribute::Number(41.0)]);
        assert_eq!(matching(&shop, &sized(other)), [0; 0]);
    }

    #[test]
    fn near_is_measured_along_the_great_circle() {
        let beijing = Place { lat: 39.904, lon: 116.407 };
        let shanghai = Place { lat: 31.23, lon: 121.47 };
        assert!((distance_km(beijing, shanghai) - 1_068.0).abs() < 3.0);
        let near = |km| Filter::Near { place: beijing, km };
        assert_eq!(matching(&shop(), &near(1_100.0)), [2]);
        assert_eq!(matching(&shop(), &near(1_000.0)), [0; 0]);
    }

    #[test]
    fn a_changed_item_leaves_its_old_sets_and_a_deleted_one_is_unlisted() {
        let mut shop = shop();
        let before = shop.clone();
        let (number, changed) = item(1, |it| it.category = Some("hats".into()));
        shop.put(number, changed);
        shop.delete(ItemIdx(0));
        assert_eq!(matching(&shop, &Filter::Category("shoes".into())), [0; 0]);
        assert!(shop.unlisted().contains(0) && shop.get(ItemIdx(0)).is_none());
        assert!(!shop.has_attribute("size"));
        assert_eq!(matching(&before, &Filter::Category("shoes".into())), [0, 1]);
        let (number, back) = item(0, |_| ());
        shop.put(number, back);
        assert!(!shop.unlisted().contains(0));
    }
}
