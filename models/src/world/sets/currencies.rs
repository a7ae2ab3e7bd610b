//! Sets of items by the currency of their prices.
//!
//! The main currency is that of most items. A price without a currency is in the main one.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::change;
use crate::record::Item;

/// Sets by currency, none of them empty. A change copies the list of currencies, and one set.
#[derive(Clone, Debug, Default)]
pub(in crate::world) struct Currencies {
    stated: Arc<BTreeMap<Box<str>, Arc<RoaringBitmap>>>,
    /// Items with a price and no currency.
    unstated: Arc<RoaringBitmap>,
}

impl Currencies {
    /// Adds an item to its currency, or removes it.
    pub(in crate::world) fn change(&mut self, item: &Item, number: u32, belongs: bool) {
        let Some(currency) = &item.currency else {
            if item.price.is_some() {
                change(&mut self.unstated, number, belongs);
            }
            return;
        };
        let stated = Arc::make_mut(&mut self.stated);
        let set = stated.entry(currency.as_str().into()).or_default();
        change(set, number, belongs);
        if set.is_empty() {
            stated.remove(currency.as_str());
        }
    }

    /// The currency of most items; ties by alphabet; none if no item has one. O(currencies).
    pub(in crate::world) fn main(&self) -> Option<&str> {
        let most = self.stated.iter().max_by_key(|(name, set)| (set.len(), Reverse(*name)));
        most.map(|(name, _)| &**name)
    }

    /// The items priced in a currency, in one set or two.
    pub(in crate::world) fn priced_in(&self, name: &str) -> impl Iterator<Item = &RoaringBitmap> {
        let unstated = (self.main() == Some(name)).then_some(&*self.unstated);
        self.stated.get(name).map(|set| &**set).into_iter().chain(unstated)
    }

    /// True if every price is in this currency.
    pub(in crate::world) fn is_only(&self, name: &str) -> bool {
        self.stated.len() == 1 && self.stated.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priced(currency: &str) -> Item {
        let currency = Some(currency.to_owned()).filter(|name| !name.is_empty());
        Item { price: Some(1.0), currency, ..Item::bare("i") }
    }

    #[test]
    fn most_items_decide_which_currency_is_the_main_one() {
        let mut currencies = Currencies::default();
        assert_eq!(currencies.main(), None);
        for (item, number) in ["USD", "CNY", "", "USD"].into_iter().zip(0..) {
            currencies.change(&priced(item), number, true);
        }
        assert_eq!(currencies.main(), Some("USD"));
        let in_usd: u64 = currencies.priced_in("USD").map(RoaringBitmap::len).sum();
        assert_eq!(in_usd, 3, "an item that states no currency is in the main one");
        currencies.change(&priced("USD"), 3, false);
        assert_eq!(currencies.main(), Some("CNY"), "of two the first in the alphabet");
        assert!(!currencies.is_only("CNY"));
        currencies.change(&priced("USD"), 0, false);
        assert!(currencies.is_only("CNY"));
    }
}
