//! Where an item stands in the embedding by what is said of it alone: `q = B x`, ridge regression of trained rows on attributes.
//!
//! `x` is sparse: hashed names of category prefixes, labels, merchant, words and trigrams of the name, a price bucket, and cells of
//! the map at several scales, scaled to length 1.

use faer::prelude::Solve;
use faer::{Mat, Side};
use guanxi_models::Factors;
use guanxi_models::factors::FactorsError;
use guanxi_models::record::{Attribute, Item};

use crate::draw::mix;

/// How many places features are hashed into; the last is always 1.
const FEATURES: usize = 1_536;
/// Degrees to the side of a cell of the map.
const CELLS: [f64; 4] = [5.0, 0.5, 0.1, 0.02];
/// `lambda` to choose from.
const RIDGES: [f64; 6] = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
/// One item in so many decides on the ridge.
const JUDGES: usize = 5;
/// So many users make an item's trained row count half.
const TRUSTED: f64 = 10.0;

/// Features of an item with their values, ascending, each once.
pub type Features = Vec<(u32, f32)>;

/// What is said of an item, hashed. O(length of the texts).
pub fn features(item: &Item) -> Features {
    let mut names: Vec<(u64, f32)> = Vec::new();
    let mut add = |kind: &str, name: &str, value: f32| names.push((hash(kind, name), value));
    let category = item.category.as_deref().unwrap_or_default();
    let ends = category.match_indices('/').map(|(at, _)| at).chain([category.len()]);
    ends.filter(|&end| end > 0).for_each(|end| add("category", &category[..end], 1.0));
    item.tags.iter().for_each(|tag| add("tag", tag, 1.0));
    item.merchant.iter().for_each(|merchant| add("merchant", merchant, 1.0));
    for (key, value) in &item.attributes {
        if let Attribute::Text(text) = value {
            add(key, text, 1.0);
        }
    }
    let price = item.price.filter(|&price| price > 0.0);
    if let Some(price) = price {
        add("price", &price.log2().round().to_string(), 0.5);
    }
    for (scale, side) in CELLS.iter().enumerate() {
        let cell = |place| -> String { cell_of(place, *side) };
        item.place.iter().for_each(|&place| add("place", &format!("{scale} {}", cell(place)), 1.0));
    }
    let name = item.name.as_deref().unwrap_or_default().to_lowercase();
    name.split_whitespace().for_each(|word| add("word", word, 0.5));
    let letters: Vec<char> = name.chars().collect();
    letters.windows(3).for_each(|three| add("letters", &three.iter().collect::<String>(), 0.2));
    gathered(&names)
}

fn cell_of(place: guanxi_models::Place, side: f64) -> String {
    format!("{} {}", (place.lat / side).floor(), (place.lon / side).floor())
}

/// FNV-1a of both with a zero between them, mixed: the same on every machine and for every version of the compiler.
fn hash(kind: &str, name: &str) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = kind.bytes().chain([0]).chain(name.bytes());
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    mix(hash, 0, 0)
}

/// Hashed into places, a sign each so that what falls together cancels out, scaled to length 1. Empty where nothing is said.
fn gathered(names: &[(u64, f32)]) -> Features {
    let sign = |hash: u64| if hash >> 63 == 0 { 1.0 } else { -1.0 };
    let place = |hash: u64| (hash % (FEATURES as u64 - 1)) as u32;
    let mut all: Features = names.iter().map(|&(h, value)| (place(h), sign(h) * value)).collect();
    all.sort_unstable_by_key(|&(place, _)| place);
    let mut sums: Features = Vec::new();
    for (place, value) in all {
        match sums.last_mut() {
            Some(last) if last.0 == place => last.1 += value,
            _ => sums.push((place, value)),
        }
    }
    let length = sums.iter().map(|(_, value)| value * value).sum::<f32>().sqrt().max(1e-6);
    for (_, value) in &mut sums {
        *value /= length;
    }
    if !sums.is_empty() {
        sums.push((FEATURES as u32 - 1, 1.0));
    }
    sums
}

/// The map from attributes to rows of the embedding.
#[derive(Clone, Debug)]
pub struct Placement {
    /// `B`, a row for every feature.
    map: Mat<f64>,
    /// The ridge that was chosen.
    pub ridge: f64,
}

impl Placement {
    /// Learns from the items that `users` (how many each has) touched; the ridge is the one that foretells a fifth of them best.
    ///
    /// O(items f^2 + F^3) for f features an item of F in all. `None` where no item with attributes was touched.
    pub fn learn(items: &Factors, features: &[Features], users: &[u32]) -> Option<Self> {
        let is_known = |&item: &usize| users[item] > 0 && !features[item].is_empty();
        let known: Vec<usize> = (0..features.len()).filter(is_known).collect();
        let (judges, rest): (Vec<_>, Vec<_>) = known
            .iter()
            .partition(|&&item| hash("judge", &item.to_string()).is_multiple_of(JUDGES as u64));
        let task = Task { items, features, users };
        let sums = task.sums(&rest);
        let tried = RIDGES.iter().filter_map(|&ridge| {
            let map = sums.solve(ridge)?;
            Some((task.error(&map, &judges), ridge))
        });
        let (_, ridge) = tried.min_by(|a, b| a.0.total_cmp(&b.0))?;
        if known.is_empty() {
            return None;
        }
        Some(Self { map: task.sums(&known).solve(ridge)?, ridge })
    }

    /// The rows of items by their features; zeros where nothing is said.
    pub fn place(&self, features: &[Features]) -> Result<Factors, FactorsError> {
        let rows = features.iter().flat_map(|one| row(&self.map, one));
        Factors::new(self.map.ncols(), rows.map(|value| value as f32).collect::<Vec<f32>>())
    }
}

/// `B' x`.
fn row(map: &Mat<f64>, features: &Features) -> Vec<f64> {
    let mut row = vec![0.0; map.ncols()];
    for &(feature, value) in features {
        for (column, sum) in row.iter_mut().enumerate() {
            *sum += f64::from(value) * map[(feature as usize, column)];
        }
    }
    row
}

struct Task<'a> {
    items: &'a Factors,
    features: &'a [Features],
    users: &'a [u32],
}

/// `X' W X` and `X' W Q`.
struct Sums {
    gram: Mat<f64>,
    targets: Mat<f64>,
}

impl Task<'_> {
    fn weight(&self, item: usize) -> f64 {
        let users = f64::from(self.users[item]);
        users / (users + TRUSTED)
    }

    fn target(&self, item: usize) -> &[f32] {
        self.items.row(item).expect("every item has a row")
    }

    fn sums(&self, items: &[usize]) -> Sums {
        let mut gram = Mat::zeros(FEATURES, FEATURES);
        let mut targets = Mat::zeros(FEATURES, self.items.dim());
        for &item in items {
            for &(one, value) in &self.features[item] {
                let value = self.weight(item) * f64::from(value);
                for &(other, also) in &self.features[item] {
                    gram[(other as usize, one as usize)] += value * f64::from(also);
                }
                for (column, target) in self.target(item).iter().enumerate() {
                    targets[(one as usize, column)] += value * f64::from(*target);
                }
            }
        }
        Sums { gram, targets }
    }

    /// The weighted squared error over some items.
    fn error(&self, map: &Mat<f64>, items: &[usize]) -> f64 {
        let of = |item: usize| -> f64 {
            let row = row(map, &self.features[item]);
            let errors =
                row.iter().zip(self.target(item)).map(|(a, b)| (a - f64::from(*b)).powi(2));
            self.weight(item) * errors.sum::<f64>()
        };
        items.iter().map(|&item| of(item)).sum()
    }
}

impl Sums {
    fn solve(&self, ridge: f64) -> Option<Mat<f64>> {
        let mut gram = self.gram.clone();
        (0..FEATURES).for_each(|feature| gram[(feature, feature)] += ridge);
        Some(gram.llt(Side::Lower).ok()?.solve(&self.targets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(category: &str, name: &str) -> Item {
        let (category, name) = (Some(category.to_owned()), Some(name.to_owned()));
        Item { category, name, ..Item::bare("x") }
    }

    #[test]
    fn items_of_one_category_share_features_and_an_unknown_one_has_none() {
        let shared = |a: &Item, b: &Item| {
            let (a, b) = (features(a), features(b));
            a.iter().filter(|(feature, _)| b.iter().any(|(other, _)| other == feature)).count()
        };
        let shoe = item("shoes/running", "Fleet");
        assert!(shared(&shoe, &item("shoes/running", "Zoom")) >= 3);
        assert!(shared(&shoe, &item("shoes/walking", "Zoom")) >= 2);
        assert!(features(&Item::bare("x")).is_empty());
    }

    #[test]
    fn a_new_item_stands_where_its_kind_stands() {
        let kinds = ["tea", "cup"];
        let features: Vec<Features> =
            (0..60).map(|n| features(&item(kinds[n % 2], &format!("n{n}")))).collect();
        let rows = (0..60).flat_map(|n| (0..16).map(move |axis| f32::from(axis == n % 2)));
        let items = Factors::new(16, rows.collect::<Vec<f32>>()).unwrap();
        let placement = Placement::learn(&items, &features, &[50; 60]).unwrap();
        let new = placement.place(&[super::features(&item("tea", "new"))]).unwrap();
        let row = new.row(0).unwrap();
        assert!(row[0] > 0.6 && row[1] < 0.4, "{row:?}");
        assert!(Placement::learn(&items, &features, &[0; 60]).is_none());
    }
}
