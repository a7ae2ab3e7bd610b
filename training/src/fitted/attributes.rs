//! Placement of untouched items: ridge regression of trained rows on
//! [attributes](guanxi_models::attributes).
//!
//! A fifth of the touched items is held out as judges. They choose the ridge and test whether
//! attributes predict a row better than the mean row does. They also measure how far a predicted
//! row can be trusted. If the prediction is not better beyond noise, no item is placed.

use guanxi_models::Factors;
use guanxi_models::attributes::{FEATURES, Placement};
use guanxi_models::column::WeightedRows;
use guanxi_models::factors::FactorsError;
use nalgebra::DMatrix;

use super::cholesky;
use crate::data::draw::mix;
use crate::judge::noise::is_beyond_noise;

/// The values of `lambda` to choose from.
const RIDGES: [f64; 6] = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
/// One in this many items is a judge.
const JUDGES: u64 = 5;
/// The seed that selects the judges.
const JUDGES_SEED: u64 = 0x6a75_6467_6573;
/// The number of users at which an item's trained row has half its full weight.
const TRUSTED: f64 = 10.0;

/// The known properties of items.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The items' trained rows.
    pub items: &'a Factors,
    /// The items' features, one row per item; items beyond the last row have none.
    pub features: &'a WeightedRows,
    /// The number of users who touched each item.
    pub users: &'a [u32],
}

/// A map from attributes to rows, with its tuning.
#[derive(Clone, Debug)]
pub struct LearnedPlacement {
    /// The map, already multiplied by `scale`.
    pub placement: Placement,
    /// The chosen ridge.
    pub ridge: f64,
    /// The length of the judges' rows relative to their predictions, at most 1.
    pub scale: f64,
}

/// Learns the map from the touched items. Returns `None` if attributes predict nothing beyond
/// noise.
///
/// O(items f^2 + F^3) for f features an item of F in all.
pub fn learn(known: Known<'_>) -> Result<Option<LearnedPlacement>, FactorsError> {
    let is_known = |&item: &usize| known.users[item] > 0 && !known.features.row(item).0.is_empty();
    let all: Vec<usize> = (0..known.users.len()).filter(is_known).collect();
    let Some((ridge, verdict)) = known.choose(&all) else { return Ok(None) };
    if !is_beyond_noise(&verdict.gains) || verdict.scale <= 0.0 {
        return Ok(None);
    }
    let Some(map) = known.sums(&all).solve(ridge) else { return Ok(None) };
    let scale = verdict.scale;
    let row = |feature| (0..map.ncols()).map(move |column| (feature, column));
    let values: Vec<f32> = (0..FEATURES).flat_map(row).map(|at| (scale * map[at]) as f32).collect();
    let map = Factors::new(known.items.dim(), values)?;
    let placement = Placement::new(map).expect("there is a row for every feature");
    Ok(Some(LearnedPlacement { placement, ridge, scale }))
}

/// The evaluation of a map on the judges.
struct Verdict {
    /// Per judge: the weighted squared distance from the mean row of the others minus that from the
    /// predicted row.
    gains: Vec<f64>,
    scale: f64,
}

impl Verdict {
    fn gain(&self) -> f64 {
        self.gains.iter().sum()
    }
}

/// `X' W X` and `X' W Q`.
struct Sums {
    gram: DMatrix<f64>,
    targets: DMatrix<f64>,
}

impl Known<'_> {
    /// The best ridge by the judges among these items, with their verdict.
    fn choose(&self, items: &[usize]) -> Option<(f64, Verdict)> {
        let (judges, rest): (Vec<usize>, Vec<usize>) = items
            .iter()
            .partition(|&&item| mix(JUDGES_SEED, item as u32, 0).is_multiple_of(JUDGES));
        let sums = self.sums(&rest);
        let tried = RIDGES.iter().filter_map(|&ridge| Some((ridge, sums.solve(ridge)?)));
        let judged = tried.map(|(ridge, map)| (ridge, self.judge(&map, &judges, &rest)));
        judged.max_by(|(_, a), (_, b)| a.gain().total_cmp(&b.gain()))
    }

    fn weight(&self, item: usize) -> f64 {
        let users = f64::from(self.users[item]);
        users / (users + TRUSTED)
    }

    fn target(&self, item: usize) -> impl Iterator<Item = f64> {
        let row = self.items.row(item).expect("every item has a row");
        row.iter().map(|&value| f64::from(value))
    }

    fn features(&self, item: usize) -> impl Iterator<Item = (usize, f64)> + Clone {
        let (features, values) = self.features.row(item);
        let features = features.iter().map(|&feature| feature as usize);
        features.zip(values.iter().map(|&value| f64::from(value)))
    }

    fn sums(&self, items: &[usize]) -> Sums {
        let mut gram = DMatrix::zeros(FEATURES, FEATURES);
        let mut targets = DMatrix::zeros(FEATURES, self.items.dim());
        for &item in items {
            for (one, value) in self.features(item) {
                let value = self.weight(item) * value;
                for (other, also) in self.features(item) {
                    gram[(other, one)] += value * also;
                }
                for (column, target) in self.target(item).enumerate() {
                    targets[(one, column)] += value * target;
                }
            }
        }
        Sums { gram, targets }
    }

    fn judge(&self, map: &DMatrix<f64>, judges: &[usize], rest: &[usize]) -> Verdict {
        let mean = self.mean(rest);
        let (mut along, mut length) = (0.0, 0.0);
        let gain = |&item: &usize| {
            let foretold = self.foretold(map, item);
            let target: Vec<f64> = self.target(item).collect();
            along += dot(&foretold, &target);
            length += dot(&foretold, &foretold);
            self.weight(item) * (distance(&mean, &target) - distance(&foretold, &target))
        };
        let gains = judges.iter().map(gain).collect();
        Verdict { gains, scale: if length > 0.0 { (along / length).min(1.0) } else { 0.0 } }
    }

    /// The weighted mean row.
    fn mean(&self, items: &[usize]) -> Vec<f64> {
        let total: f64 = items.iter().map(|&item| self.weight(item)).sum();
        let mut mean = vec![0.0; self.items.dim()];
        for &item in items {
            let share = self.weight(item) / total;
            mean.iter_mut().zip(self.target(item)).for_each(|(sum, value)| *sum += share * value);
        }
        mean
    }

    /// The predicted row, `B' x`.
    fn foretold(&self, map: &DMatrix<f64>, item: usize) -> Vec<f64> {
        let mut row = vec![0.0; map.ncols()];
        for (feature, value) in self.features(item) {
            row.iter_mut().enumerate().for_each(|(at, sum)| *sum += value * map[(feature, at)]);
        }
        row
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The squared distance.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

impl Sums {
    fn solve(&self, ridge: f64) -> Option<DMatrix<f64>> {
        let mut gram = self.gram.clone();
        (0..FEATURES).for_each(|feature| gram[(feature, feature)] += ridge);
        cholesky::solve(gram, self.targets.clone())
    }
}

#[cfg(test)]
mod tests {
    use guanxi_models::attributes::features;
    use guanxi_models::record::Item;

    use super::*;

    /// Items of two kinds, each with its own axis. `category` derives the category from an item's
    /// index.
    fn learned(category: impl Fn(usize) -> String, users: u32) -> Option<LearnedPlacement> {
        let item = |n| Item { category: Some(category(n)), ..Item::bare("x") };
        let features: Vec<_> = (0..100).map(|n| features(&item(n))).collect();
        let rows = (0..100).flat_map(|n| (0..16).map(move |axis| f32::from(axis == n % 2)));
        let items = Factors::new(16, rows.collect::<Vec<f32>>()).unwrap();
        let features = WeightedRows::from_rows(&features);
        learn(Known { items: &items, features: &features, users: &[users; 100] }).unwrap()
    }

    fn kind(n: usize) -> String {
        ["tea", "cup"][n % 2].to_owned()
    }

    #[test]
    fn a_new_item_stands_where_its_kind_stands() {
        let new = features(&Item { category: Some("tea".to_owned()), ..Item::bare("new") });
        let new = WeightedRows::from_rows(&[new]);
        let row = learned(kind, 50).unwrap().placement.place(new.row(0));
        assert!(row[0] > 0.9 && row[1] < 0.1, "{row:?}");
    }

    #[test]
    fn nothing_is_learned_where_nobody_touched_anything() {
        assert!(learned(kind, 0).is_none());
    }

    #[test]
    fn nothing_is_learned_from_attributes_that_say_nothing() {
        assert!(learned(|n| format!("c{}", mix(7, n as u32, 0) % 4), 50).is_none());
        assert!(learned(|_| "all".to_owned(), 50).is_none());
    }
}
