//! The features of an item, and its row in the embedding predicted from them alone: `q = B' x`.
//!
//! `x` is a sparse vector of hashed names, scaled to length 1, and a constant 1. The names are
//! category prefixes, labels, merchant, words and trigrams of the name, a price bucket, and map
//! cells at several scales. Training learns `B`, and also decides whether the model uses it.

use crate::factors::Factors;
use crate::mix::digest;
use crate::record::{Attribute, Item, Place};

/// The number of buckets that features are hashed into. The last one is always 1.
pub const FEATURES: usize = 1_536;
/// The side lengths of map cells in degrees.
const CELLS: [f64; 4] = [5.0, 0.5, 0.1, 0.02];
/// The features of an item with their values, ascending and distinct.
pub type Features = Vec<(u32, f32)>;

/// The hashed features of an item. O(length of the texts).
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

fn cell_of(place: Place, side: f64) -> String {
    format!("{} {}", (place.lat / side).floor(), (place.lon / side).floor())
}

/// The [`digest`] of both strings with a zero byte between them.
fn hash(kind: &str, name: &str) -> u64 {
    digest(kind.bytes().chain([0]).chain(name.bytes()))
}

/// Sums hashed names per bucket, scales to length 1, and appends the constant 1. Each name has a
/// hashed sign, so that collisions cancel out. Empty without names.
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

/// `B`: the map from features to rows of the embedding.
#[derive(Clone, Debug)]
pub struct Placement {
    map: Factors,
}

/// The reason why a table is not a valid [`Placement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a placement has a row for each of {FEATURES} features, not {rows}; train again")]
pub struct PlacementError {
    /// The number of rows.
    pub rows: usize,
}

impl Placement {
    /// Wraps a table with one row per feature.
    pub fn new(map: Factors) -> Result<Self, PlacementError> {
        match map.rows() {
            FEATURES => Ok(Self { map }),
            rows => Err(PlacementError { rows }),
        }
    }

    /// `B`, with [`FEATURES`] rows.
    pub fn map(&self) -> &Factors {
        &self.map
    }

    /// The row of an item with these features; zeros if it has none. O(f d) for f features.
    pub fn place(&self, (features, values): (&[u32], &[f32])) -> Vec<f32> {
        let mut row = vec![0.0; self.map.dim()];
        for (&feature, value) in features.iter().zip(values) {
            let of_feature = self.map.row(feature as usize).expect("features are below FEATURES");
            row.iter_mut().zip(of_feature).for_each(|(sum, one)| *sum += value * one);
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(category: &str, name: &str) -> Item {
        let (name, category) = (Some(name.to_owned()), Some(category.to_owned()));
        Item { name, category, ..Item::bare("x") }
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
    fn an_item_stands_at_the_sum_of_its_features() {
        let mut map = vec![0.0; FEATURES * 16];
        (map[0], map[17]) = (2.0, 3.0);
        let placement = Placement::new(Factors::new(16, map).unwrap()).unwrap();
        let row = placement.place((&[0, 1], &[0.5, 1.0]));
        assert_eq!(row[..3], [1.0, 3.0, 0.0]);
        assert_eq!(Placement::new(Factors::empty()).unwrap_err(), PlacementError { rows: 0 });
    }
}
