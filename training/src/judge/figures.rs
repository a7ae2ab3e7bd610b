//! The four figures that are reported with an interval.

use serde::{Deserialize, Serialize};

use crate::judge::metrics::Metrics;

/// One value of each figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures<T> {
    /// Recall of lists of 10.
    #[serde(rename = "recall@10")]
    pub recall_at_10: T,
    /// NDCG of lists of 10.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: T,
    /// Recall of lists of 20.
    #[serde(rename = "recall@20")]
    pub recall_at_20: T,
    /// NDCG of lists of 20.
    #[serde(rename = "ndcg@20")]
    pub ndcg_at_20: T,
}

/// The number of figures.
pub const FIGURES: usize = 4;

/// The names of the figures, in the order of [`Figures::to_array`].
pub const NAMES: [&str; FIGURES] = ["recall@10", "ndcg@10", "recall@20", "ndcg@20"];

/// The quality of one user's list. Single precision, because one is kept per user.
pub type Marks = Figures<f32>;

impl<T: Copy> Figures<T> {
    /// The values in the order of [`NAMES`].
    pub fn to_array(self) -> [T; FIGURES] {
        [self.recall_at_10, self.ndcg_at_10, self.recall_at_20, self.ndcg_at_20]
    }

    /// Computes a value for each position of [`NAMES`].
    pub fn from_fn(value: impl FnMut(usize) -> T) -> Self {
        let [recall_at_10, ndcg_at_10, recall_at_20, ndcg_at_20] = std::array::from_fn(value);
        Self { recall_at_10, ndcg_at_10, recall_at_20, ndcg_at_20 }
    }

    /// The value of the figure with this name.
    pub fn get(&self, name: &str) -> Option<T> {
        let at = NAMES.iter().position(|known| *known == name)?;
        Some(self.to_array()[at])
    }
}

impl From<&Metrics> for Marks {
    fn from(metrics: &Metrics) -> Self {
        let (at_10, at_20) = (metrics.at_10, metrics.at_20);
        let values = [at_10.recall, at_10.ndcg, at_20.recall, at_20.ndcg];
        Self::from_fn(|at| values[at] as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_the_recall_and_ndcg_of_the_metrics() {
        let mut metrics = Metrics::default();
        (metrics.at_10.recall, metrics.at_10.ndcg) = (0.125, 0.25);
        (metrics.at_20.recall, metrics.at_20.ndcg) = (0.5, 0.75);
        let expected =
            Marks { recall_at_10: 0.125, ndcg_at_10: 0.25, recall_at_20: 0.5, ndcg_at_20: 0.75 };
        assert_eq!(Marks::from(&metrics), expected);
    }

    #[test]
    fn a_figure_is_found_by_its_name() {
        let figures = Figures::from_fn(|at| at);
        assert_eq!(NAMES.map(|name| figures.get(name)), [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!((figures.get("mrr@20"), figures.ndcg_at_20), (None, 3));
    }
}
