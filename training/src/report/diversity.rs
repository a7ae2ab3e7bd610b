//! The diversity of lists: their coverage of the catalogue and the popularity of their items.

use serde::{Deserialize, Serialize};

/// The diversity of a system's lists, over the users in the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diversity {
    /// The share of the catalogue that occurs on any list of 20.
    pub coverage: f64,
    /// The inequality of list positions over the catalogue (Gini): 0 if equal, near 1 if a few
    /// items have all.
    pub gini: f64,
    /// The mean popularity percentile of a listed item: the share of the catalogue that fewer users
    /// have, with ties counted half.
    pub popularity: f64,
}

impl Diversity {
    /// Computes the figures. `listed` counts the lists that each item is on, `popularity` the users
    /// who have it.
    pub fn new(listed: &[u32], popularity: &[u32]) -> Self {
        let items = listed.len().max(1) as f64;
        let coverage = listed.iter().filter(|&&lists| lists > 0).count() as f64 / items;
        let percentiles = percentiles(popularity);
        let places: f64 = listed.iter().map(|&lists| f64::from(lists)).sum();
        let sum: f64 =
            listed.iter().zip(&percentiles).map(|(&lists, p)| f64::from(lists) * p).sum();
        Self { coverage, gini: gini(listed), popularity: sum / places.max(1.0) }
    }
}

/// `sum_i (2 i - n - 1) x_i / (n sum_i x_i)` over ascending `x`, `i` from 1.
fn gini(counts: &[u32]) -> f64 {
    let mut ascending = counts.to_vec();
    ascending.sort_unstable();
    let n = ascending.len() as f64;
    let total: f64 = ascending.iter().map(|&count| f64::from(count)).sum();
    let weighted =
        |(at, &count): (usize, &u32)| (2.0 * (at + 1) as f64 - n - 1.0) * f64::from(count);
    let sum: f64 = ascending.iter().enumerate().map(weighted).sum();
    if total > 0.0 { sum / (n * total) } else { 0.0 }
}

/// The share of items that are less popular, with ties counted half, per item.
fn percentiles(popularity: &[u32]) -> Vec<f64> {
    let mut ascending = popularity.to_vec();
    ascending.sort_unstable();
    let percentile = |&count: &u32| {
        let below = ascending.partition_point(|&other| other < count);
        let up_to = ascending.partition_point(|&other| other <= count);
        (below + up_to) as f64 / (2.0 * ascending.len() as f64)
    };
    popularity.iter().map(percentile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, expected: f64) {
        assert!((ours - expected).abs() < 1e-12, "{ours} is not {expected}");
    }

    #[test]
    fn places_spread_evenly_cover_all_and_have_no_gini() {
        let shown = Diversity::new(&[3; 8], &[1; 8]);
        close(shown.coverage, 1.0);
        close(shown.gini, 0.0);
        close(shown.popularity, 0.5);
    }

    #[test]
    fn one_item_on_every_list_is_the_most_unequal() {
        let shown = Diversity::new(&[0, 0, 0, 9], &[1, 2, 3, 4]);
        close(shown.coverage, 0.25);
        close(shown.gini, 0.75);
        close(shown.popularity, 0.875);
    }

    #[test]
    fn nothing_shown_is_0() {
        assert_eq!(Diversity::new(&[], &[]), Diversity::default());
        close(Diversity::new(&[0, 0], &[1, 2]).popularity, 0.0);
    }
}
