//! The baselines that every model must beat: popularity, friends and item-kNN.

use guanxi_models::column::WeightedRows;

use crate::data::dataset::Positives;
use crate::judge::case::Scorer;
use crate::lists::{Interactions, add_lists, neighbors_by_cosine};
use crate::recipe::BaselineRecipe;
use crate::score::scoring::FriendScores;

/// Ranks items by the number of users who have them; the same list for all users.
#[derive(Clone, Debug)]
pub struct Popularity {
    counts: Vec<f32>,
}

impl Popularity {
    /// Counts the users of every item.
    pub fn new(positives: &Positives, n_items: usize) -> Self {
        Self { counts: positives.counts(n_items).into_iter().map(|count| count as f32).collect() }
    }
}

impl Scorer for Popularity {
    fn score(&self, _: &[u32], scores: &mut [f32]) {
        for row in scores.chunks_mut(self.counts.len().max(1)) {
            row.copy_from_slice(&self.counts);
        }
    }
}

/// Ranks items by the friends who bought them, weighted by the strength of their ties. Popularity
/// breaks ties and ranks the items that no friend bought.
#[derive(Debug)]
pub struct Friends<'a> {
    friends: FriendScores<'a>,
    popularity: Vec<f32>,
}

impl<'a> Friends<'a> {
    /// Ranks by friends first, then by popularity.
    pub fn new(friends: FriendScores<'a>, popularity: &Popularity) -> Self {
        let most = popularity.counts.iter().copied().fold(1.0, f32::max);
        let popularity = popularity.counts.iter().map(|count| 1e-6 * count / most).collect();
        Self { friends, popularity }
    }
}

impl Scorer for Friends<'_> {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        let rows = scores.chunks_mut(self.popularity.len().max(1));
        for (&user, row) in users.iter().zip(rows) {
            row.copy_from_slice(&self.popularity);
            self.friends.add(user, 1.0, row);
        }
    }
}

/// Scores an item by the sum of the cosines of its nearest items that the user has. Popularity
/// breaks ties.
#[derive(Debug)]
pub struct ItemKnn<'a> {
    positives: &'a Positives,
    /// Per source item, the items that have it among their nearest, with the cosine.
    links: WeightedRows,
    popularity: Vec<f32>,
}

impl<'a> ItemKnn<'a> {
    /// Finds the nearest items of every item by `C_ij / (sqrt(d_i d_j) + shrinkage)`.
    pub fn new(
        positives: &'a Positives,
        interactions: &Interactions,
        recipe: &BaselineRecipe,
    ) -> Self {
        let counts = positives.counts(interactions.n_items());
        let most = counts.iter().copied().max().unwrap_or(0).max(1) as f32;
        Self {
            positives,
            links: neighbors_by_cosine(interactions, recipe.neighbors, recipe.shrinkage),
            popularity: counts.into_iter().map(|count| 1e-6 * count as f32 / most).collect(),
        }
    }
}

impl Scorer for ItemKnn<'_> {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        let rows = scores.chunks_mut(self.popularity.len().max(1));
        for (&user, row) in users.iter().zip(rows) {
            row.copy_from_slice(&self.popularity);
            let items = self.positives.row(user as usize).iter();
            add_lists(row, items.map(|&item| (item, 1.0)), &self.links);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::evaluation::Catalogue;
    use guanxi_models::model::Rows;

    fn positives() -> Positives {
        Positives::from(Rows::from_rows(&[vec![0, 1], vec![0, 1, 3], vec![3, 2], vec![3], vec![0]]))
    }

    #[test]
    fn popularity_lists_what_most_users_have() {
        let seen = positives();
        let catalogue = Catalogue { n_items: 4, seen: &seen, sampling: None };
        let lists = catalogue.rank(&Popularity::new(&seen, 4), &[2, 4]);
        assert_eq!(lists, [[0, 1].to_vec(), [3, 1, 2].to_vec()]);
    }

    #[test]
    fn item_knn_scores_the_shrunken_cosine_of_what_the_user_has() {
        let seen = positives();
        let interactions = Interactions::new(&seen, 4, 1_000);
        let recipe = BaselineRecipe { neighbors: 10, shrinkage: 1.0 };
        let knn = ItemKnn::new(&seen, &interactions, &recipe);
        let mut scores = [0.0; 4];
        knn.score(&[4], &mut scores);
        assert!((scores[1] - 2.0 / (6_f32.sqrt() + 1.0)).abs() < 1e-5);
        assert!(scores[2] > 0.0 && scores[2] < 1e-5);
    }

    #[test]
    fn an_item_listens_to_its_nearest_alone() {
        let seen = positives();
        let interactions = Interactions::new(&seen, 4, 1_000);
        let recipe = BaselineRecipe { neighbors: 1, shrinkage: 0.0 };
        let knn = ItemKnn::new(&seen, &interactions, &recipe);
        let mut scores = [0.0; 4];
        knn.score(&[3], &mut scores);
        assert!(scores[2] > 0.5, "item 2 has item 3 alone beside it");
        assert!(scores[0] < 1e-5, "item 0 is nearest to item 1");
    }
}
