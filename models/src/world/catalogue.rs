//! The catalogue: items that can be listed, and the sets behind filters.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::change::{Change, Gone};
use super::chunked::Chunked;
use super::condition::Condition;
use super::facts::{Counts, Projection};
use super::item_set::ItemSet;
use super::sets::{Cells, Currencies, Facet, places, prices};
use crate::column::Column;
use crate::filter::Filter;
use crate::ground::columns::{ColumnError, Columns, Content, Table};
use crate::id::ItemIdx;
use crate::record::Item;

/// Item descriptions, and sets of items by property. A clone is O(1) and does not change.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    items: Chunked<Option<Arc<Item>>>,
    /// A flat column, because range filters read many; NaN if unknown.
    pub(super) prices: Chunked<f64>,
    unlisted: ItemSet,
    deleted: Arc<RoaringBitmap>,
    /// By category. A set includes the categories below it.
    pub(super) categories: Facet,
    pub(super) tags: Facet,
    pub(super) merchants: Facet,
    /// By the name of a free attribute, for any value.
    pub(super) attributes: Facet,
    pub(super) currencies: Currencies,
    pub(super) by_price: Cells,
    pub(super) by_place: Cells,
}

impl Catalogue {
    /// The description of an item; none without one, or if it was deleted.
    pub fn get(&self, item: ItemIdx) -> Option<&Arc<Item>> {
        self.items.get(item.row())?.as_ref()
    }

    /// The items that must not be listed: not for sale, out of stock or deleted.
    pub fn unlisted(&self) -> &RoaringBitmap {
        self.unlisted.set()
    }

    /// True if an item must not be listed. O(1).
    pub fn is_unlisted(&self, item: u32) -> bool {
        self.unlisted.contains(item)
    }

    /// The deleted items, which no filter can include.
    pub fn deleted(&self) -> &RoaringBitmap {
        &self.deleted
    }

    /// The names of all free attributes of items.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.attributes.names()
    }

    /// True if an item has this free attribute.
    pub fn has_attribute(&self, name: &str) -> bool {
        self.attributes.get(name).is_some()
    }

    /// Adds or replaces an item. An item without a description is listed.
    pub fn put(&mut self, number: ItemIdx, item: Arc<Item>) {
        self.clear(number);
        self.file(number, &item, true);
        if !item.is_listed() {
            self.unlisted.insert(number.0);
        }
        *self.prices.get_mut(number.row()) = item.price.unwrap_or(f64::NAN);
        *self.items.get_mut(number.row()) = Some(item);
    }

    /// Removes an item from all lists until it is put again.
    pub fn delete(&mut self, number: ItemIdx) {
        self.clear(number);
        self.unlisted.insert(number.0);
        Arc::make_mut(&mut self.deleted).insert(number.0);
    }

    fn clear(&mut self, number: ItemIdx) {
        self.unlisted.remove(number.0);
        if self.deleted.contains(number.0) {
            Arc::make_mut(&mut self.deleted).remove(number.0);
        }
        let Some(old) = self.get(number).cloned() else { return };
        self.file(number, &old, false);
        *self.prices.get_mut(number.row()) = f64::NAN;
        *self.items.get_mut(number.row()) = None;
    }

    /// Adds the item to its sets, or removes it from them.
    fn file(&mut self, number: ItemIdx, item: &Item, belongs: bool) {
        let number = number.0;
        for category in item.category.iter().flat_map(|path| with_ancestors(path)) {
            self.categories.change(category, number, belongs);
        }
        for tag in &item.tags {
            self.tags.change(tag, number, belongs);
        }
        if let Some(merchant) = &item.merchant {
            self.merchants.change(merchant, number, belongs);
        }
        for name in item.attributes.keys() {
            self.attributes.change(name, number, belongs);
        }
        self.currencies.change(item, number, belongs);
        if let Some(price) = item.price {
            prices::change(&mut self.by_price, price, number, belongs);
        }
        if let Some(place) = item.place {
            places::change(&mut self.by_place, place, number, belongs);
        }
    }

    /// A filter on the items numbered 0 to `items`, with its sets looked up.
    pub fn condition<'a>(&'a self, filter: &'a Filter, items: usize) -> Condition<'a> {
        Condition::new(self, filter, items as u32)
    }
}

impl Projection for Catalogue {
    /// The deleted items, ascending. The store keeps the descriptions of the others.
    type Frozen = Column<u32>;

    fn thaw(deleted: &Column<u32>, _: Counts) -> Self {
        let mut catalogue = Self::default();
        deleted.iter().for_each(|&item| catalogue.delete(ItemIdx(item)));
        catalogue
    }

    fn freeze(&self, _: Counts) -> Column<u32> {
        self.deleted.iter().collect()
    }

    fn apply(&mut self, change: &Change<'_>) {
        match change {
            Change::Item(item, record) => self.put(*item, Arc::clone(record)),
            Change::ItemDeleted(item) => self.delete(*item),
            _ => (),
        }
    }

    /// Items belong to no user.
    fn forget(&mut self, _: &Gone) {}

    fn write(deleted: &Column<u32>, columns: &mut Columns) {
        columns.put(Table::Items, "deleted", Content::Flags(deleted.clone()));
    }

    fn read(columns: &Columns) -> Result<Column<u32>, ColumnError> {
        columns.flags(Table::Items, "deleted")
    }
}

/// A category and its parents: `shoes/running`, `shoes`.
fn with_ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once(path).chain(path.match_indices('/').map(|(at, _)| &path[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{AttributeTest, Range};
    use crate::record::{Attribute, Place};
    use crate::world::sets::places::distance_km;

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

    /// The items that pass, sold out or not, which are also those of which each is told that it
    /// does.
    fn matching(shop: &Catalogue, filter: &Filter) -> Vec<u32> {
        let any = Filter::Any(vec![Filter::Available(true), Filter::Available(false)]);
        let filter = Filter::All(vec![filter.clone(), any]);
        let condition = shop.condition(&filter, 4);
        let found: Vec<u32> = condition.set().iter().collect();
        assert!((0..6).filter(|&item| condition.holds(item)).eq(found.iter().copied()));
        found
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
    fn prices_are_compared_within_one_currency() {
        let mut shop = Catalogue::default();
        for (number, currency) in
            [Some("CNY"), Some("USD"), None, Some("CNY")].into_iter().enumerate()
        {
            let (number, item) = item(number as u32, |it| {
                it.price = Some(10.0);
                it.currency = currency.map(str::to_owned);
            });
            shop.put(number, item);
        }
        let range = Range { lte: Some(10.0), ..Range::default() };
        let within = |currency: &str| Filter::PriceIn { currency: currency.to_owned(), range };
        for (filter, expected) in [
            (Filter::Price(range), vec![0, 2, 3]),
            (within("CNY"), vec![0, 2, 3]),
            (within("USD"), vec![1]),
            (within("EUR"), vec![]),
            (Filter::Currency(vec!["USD".into(), "EUR".into()]), vec![1]),
            (Filter::Currency(vec!["CNY".into()]), vec![0, 2, 3]),
        ] {
            assert_eq!(matching(&shop, &filter), expected, "{filter:?}");
        }
        shop.delete(ItemIdx(1));
        assert_eq!(matching(&shop, &within("USD")), [0; 0]);
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
