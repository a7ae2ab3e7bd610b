//! The catalogue of a generated market.

use std::collections::BTreeMap;

use guanxi_models::event::Millis;
use guanxi_models::record::{Attribute, Item, Place, Record};
use rand::RngExt;
use rand::rngs::StdRng;

use super::draw::zipf;
use super::params::{DAY, MarketParams};

/// The leaves of the category tree: the category, the noun that names its items, and a typical
/// price.
const LEAVES: [(&str, &str, f64); 24] = [
    ("shoes/running", "Runner", 79.0),
    ("shoes/hiking", "Boot", 119.0),
    ("shoes/casual", "Sneaker", 59.0),
    ("clothing/jackets", "Jacket", 99.0),
    ("clothing/shirts", "Shirt", 29.0),
    ("clothing/dresses", "Dress", 55.0),
    ("home/kitchen", "Pan", 35.0),
    ("home/lighting", "Lamp", 42.0),
    ("home/bedding", "Quilt", 65.0),
    ("electronics/audio", "Headphones", 89.0),
    ("electronics/phones", "Phone Case", 15.0),
    ("electronics/wearables", "Watch", 149.0),
    ("food/tea", "Tea", 12.0),
    ("food/snacks", "Nuts", 8.0),
    ("food/fruit", "Oranges", 14.0),
    ("beauty/skin", "Cream", 25.0),
    ("beauty/hair", "Shampoo", 11.0),
    ("sports/yoga", "Mat", 28.0),
    ("sports/cycling", "Helmet", 49.0),
    ("sports/camping", "Tent", 159.0),
    ("toys/puzzles", "Puzzle", 19.0),
    ("toys/blocks", "Block Set", 39.0),
    ("books/cooking", "Cookbook", 22.0),
    ("books/travel", "Guide", 18.0),
];

const STYLES: [&str; 20] = [
    "Cloud", "River", "Amber", "Silk", "Bamboo", "Lotus", "Granite", "Maple", "Comet", "Harbor",
    "Willow", "Ember", "Frost", "Velvet", "Summit", "Meadow", "Lantern", "Coral", "Indigo",
    "Cedar",
];

const TAGS: [&str; 8] = ["gift", "local", "handmade", "sale", "eco", "classic", "mini", "premium"];

const COLORS: [&str; 6] = ["red", "blue", "green", "black", "white", "yellow"];

/// The cities of shops and users: latitude (north), longitude (east).
pub(super) const CITIES: [(f64, f64); 8] = [
    (31.23, 121.47),
    (39.90, 116.40),
    (23.13, 113.26),
    (30.57, 104.07),
    (22.54, 114.06),
    (30.27, 120.16),
    (34.34, 108.94),
    (32.06, 118.80),
];

/// The approximate number of items per theme. Tastes are preferences for themes.
const ITEMS_PER_THEME: usize = 25;

/// The catalogue. Item `i` belongs to theme `i % themes`; lower indices sell better within a theme.
#[derive(Debug)]
pub(super) struct Goods {
    n_items: usize,
    themes: usize,
    created: Vec<Millis>,
    now: Millis,
}

impl Goods {
    pub(super) fn new(params: &MarketParams, rng: &mut StdRng) -> Self {
        let n_items = params.items;
        let created = (0..n_items).map(|_| params.now - age(rng)).collect();
        Self { n_items, themes: n_items.div_ceil(ITEMS_PER_THEME), created, now: params.now }
    }

    pub(super) fn themes(&self) -> usize {
        self.themes
    }

    /// Draws an item of `theme` that is on sale at `ts`, popular ones more often. `favourite`
    /// shifts each circle to other items of the theme.
    pub(super) fn draw(&self, theme: usize, favourite: usize, ts: Millis, rng: &mut StdRng) -> u32 {
        let size = (self.n_items - theme).div_ceil(self.themes);
        let drawn = |rng: &mut StdRng| {
            let rank = (zipf(size, rng.random()) + favourite) % size;
            theme + rank * self.themes
        };
        let first = drawn(rng);
        let on_sale = |&item: &usize| self.created[item] <= ts;
        (0..8).map(|_| drawn(rng)).find(on_sale).unwrap_or(first) as u32
    }

    pub(super) fn records(&self, rng: &mut StdRng) -> Vec<Record> {
        (0..self.n_items).map(|number| Record::Item(self.item(number, rng))).collect()
    }

    fn item(&self, number: usize, rng: &mut StdRng) -> Item {
        let theme = number % self.themes;
        let (category, noun, usual_price) = LEAVES[theme % LEAVES.len()];
        let style = STYLES[(theme / LEAVES.len() + number / self.themes) % STYLES.len()];
        let price = usual_price * (0.5 + 1.5 * rng.random::<f64>());
        let color = COLORS[rng.random_range(0..COLORS.len())];
        Item {
            id: format!("i{number}"),
            name: Some(format!("{style} {noun} {}", number / self.themes + 1)),
            category: Some(category.to_owned()),
            tags: tags(rng),
            merchant: Some(format!("m{}", rng.random_range(0..self.n_items.div_ceil(30)))),
            price: Some((price * 100.0).round() / 100.0),
            currency: Some("CNY".to_owned()),
            stock: stock(rng),
            available: rng.random_bool(0.98),
            place: Some(place(rng)),
            created: Some(self.created[number].min(self.now)),
            attributes: BTreeMap::from([("color".to_owned(), Attribute::Text(color.to_owned()))]),
        }
    }
}

/// The age of an item: most are older than the events, some appeared during them.
fn age(rng: &mut StdRng) -> Millis {
    let days = if rng.random_bool(0.85) { 90..400 } else { 1..90 };
    rng.random_range(days.start * DAY..days.end * DAY)
}

fn tags(rng: &mut StdRng) -> Vec<String> {
    TAGS.iter().filter(|_| rng.random_bool(0.2)).map(|&tag| tag.to_owned()).collect()
}

fn stock(rng: &mut StdRng) -> Option<u32> {
    match rng.random_range(0..50) {
        0 => Some(0),
        1..=20 => None,
        _ => Some(rng.random_range(1..500)),
    }
}

/// A random place in one of the cities, within about 10 km of its centre.
pub(super) fn place(rng: &mut StdRng) -> Place {
    let (lat, lon) = CITIES[rng.random_range(0..CITIES.len())];
    let off = |rng: &mut StdRng| ((rng.random::<f64>() - 0.5) * 2_000.0).round() / 10_000.0;
    Place { lat: lat + off(rng), lon: lon + off(rng) }
}
