//! A comparison of systems on the same users.

use serde::{Deserialize, Serialize};

use super::diversity::Diversity;
use super::groups::{BY_FRIENDS, BY_ITEMS, Group, groups};
use crate::judge::bootstrap::{Bootstrap, Interval};
use crate::judge::case::{Case, Scorer};
use crate::judge::evaluation::{Catalogue, Survey};
use crate::judge::figures::{Figures, Marks};
use crate::judge::metrics::Metrics;

/// The quality of some systems on the same users, the model first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The systems; the first is the model as it serves.
    pub systems: Vec<System>,
    /// The model's figures minus those of each other system, in their order.
    #[serde(default)]
    pub differences: Vec<Difference>,
    /// The figures by the number of a user's items in the training data.
    #[serde(default)]
    pub by_items: Vec<Group>,
    /// The figures by the number of a user's friends.
    #[serde(default)]
    pub by_friends: Vec<Group>,
    /// The model's marks per user, for a comparison with models outside the report. Not serialized.
    #[serde(skip)]
    pub marks: Vec<Marks>,
}

/// One system that makes lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// The system's name.
    pub name: String,
    /// The quality of its lists.
    pub metrics: Metrics,
    /// The figures with confidence intervals.
    #[serde(default)]
    pub intervals: Figures<Interval>,
    /// The diversity of its lists.
    #[serde(default)]
    pub shown: Diversity,
}

/// The advantage of the model over another system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The other system.
    pub to: String,
    /// The model's figures minus the other's, with paired intervals.
    pub by: Figures<Interval>,
}

/// The users and items that systems are compared on.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// The items to rank.
    pub catalogue: Catalogue<'a>,
    /// The users and their held-out rows.
    pub cases: &'a [Case],
    /// The number of training items of each case's user.
    pub items: &'a [usize],
    /// The number of friends of each case's user.
    pub friends: &'a [usize],
    /// The number of users who have each item.
    pub popularity: &'a [u32],
    /// The seed of the bootstrap.
    pub seed: u64,
}

/// A system whose lists were evaluated.
#[derive(Clone, Debug)]
pub struct Surveyed {
    name: String,
    survey: Survey,
}

impl Panel<'_> {
    /// Evaluates the lists of one system. Keeps neither lists nor scores.
    pub fn survey(&self, name: &str, scorer: &dyn Scorer) -> Surveyed {
        Surveyed { name: name.to_owned(), survey: self.catalogue.survey(scorer, self.cases) }
    }

    /// Evaluates lists that were made elsewhere, one per case.
    pub fn surveyed(&self, name: &str, lists: &[Vec<u32>]) -> Surveyed {
        let survey = Survey::of(lists, self.cases, self.catalogue.n_items);
        Surveyed { name: name.to_owned(), survey }
    }

    /// Compares the first system with the others. Returns an empty comparison if there are no
    /// cases.
    pub fn compare(&self, mut all: Vec<Surveyed>) -> Comparison {
        if self.cases.is_empty() || all.is_empty() {
            return Comparison::default();
        }
        let marks: Vec<&[Marks]> = all.iter().map(|one| &one.survey.marks[..]).collect();
        let bootstrap = Bootstrap::new(&marks, self.seed);
        let system = |(at, one): (usize, &Surveyed)| System {
            name: one.name.clone(),
            metrics: one.survey.metrics,
            intervals: bootstrap.figures(at),
            shown: Diversity::new(&one.survey.listed, self.popularity),
        };
        let difference = |(at, one): (usize, &Surveyed)| Difference {
            to: one.name.clone(),
            by: bootstrap.difference(0, at),
        };
        Comparison {
            systems: all.iter().enumerate().map(system).collect(),
            differences: all.iter().enumerate().skip(1).map(difference).collect(),
            by_items: groups(&BY_ITEMS, self.items, &marks, self.seed),
            by_friends: groups(&BY_FRIENDS, self.friends, &marks, self.seed),
            marks: all.swap_remove(0).survey.marks,
        }
    }
}

impl Comparison {
    /// The difference to the best baseline by NDCG@20, which the model must beat.
    pub fn to_best_baseline(&self) -> Option<&Difference> {
        let is_baseline = |name: &str| BASELINES.contains(&name);
        let baselines = self.systems.iter().filter(|system| is_baseline(&system.name));
        let ndcg = |system: &&System| system.metrics.at_20.ndcg;
        let best = baselines.max_by(|a, b| ndcg(a).total_cmp(&ndcg(b)))?;
        self.differences.iter().find(|difference| difference.to == best.name)
    }
}

/// The names of the systems that are not part of the model.
pub const BASELINES: [&str; 3] = ["item-kNN", "friends", "popularity"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Positives;
    use crate::judge::case::cases;
    use guanxi_models::model::Rows;

    /// Ranks items by index, ascending or descending.
    struct ByNumber(f32);

    impl Scorer for ByNumber {
        fn score(&self, _: &[u32], scores: &mut [f32]) {
            for row in scores.chunks_mut(100) {
                row.iter_mut().enumerate().for_each(|(item, to)| *to = self.0 * item as f32);
            }
        }
    }

    fn compare() -> Comparison {
        let seen = Positives::from(Rows::from_rows(&vec![vec![99]; 40]));
        let held_out: Vec<Vec<u32>> = (0..40).map(|user| vec![98 - user % 3]).collect();
        let panel = Panel {
            catalogue: Catalogue { n_items: 100, seen: &seen, sampling: None },
            cases: &cases(&held_out),
            items: &[1; 40],
            friends: &[0; 40],
            popularity: &[1; 100],
            seed: 1,
        };
        let (up, down) = (&ByNumber(1.0), &ByNumber(-1.0));
        let systems: [(&str, &dyn Scorer); 4] =
            [("guanxi", up), ("item-kNN", down), ("popularity", down), ("all", up)];
        panel.compare(systems.map(|(name, scorer)| panel.survey(name, scorer)).into())
    }

    #[test]
    fn the_first_is_compared_with_each_of_the_others() {
        let found = compare();
        let to: Vec<&str> = found.differences.iter().map(|other| &other.to[..]).collect();
        assert_eq!(to, ["item-kNN", "popularity", "all"]);
        assert!(found.differences[0].by.ndcg_at_20.is_beyond_noise());
        assert_eq!(found.differences[2].by, Figures::default());
        assert_eq!(
            (found.marks.len(), found.by_items.len(), found.by_friends[0].users),
            (40, 1, 40)
        );
    }

    #[test]
    fn the_interval_is_around_the_mean_of_the_metrics() {
        let first = &compare().systems[0];
        let ndcg = first.intervals.ndcg_at_20;
        assert!((ndcg.mean - first.metrics.at_20.ndcg).abs() < 1e-6);
        assert!(ndcg.low < ndcg.mean && ndcg.mean < ndcg.high);
        assert!((first.shown.coverage - 0.2).abs() < 1e-9);
    }

    #[test]
    fn the_best_baseline_is_not_a_part_of_the_model() {
        assert_eq!(compare().to_best_baseline().unwrap().to, "popularity");
        assert_eq!(Comparison::default().to_best_baseline(), None);
    }
}
