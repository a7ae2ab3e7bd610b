//! The weight of friends of friends for cold users, learned from data; it may be 0.

use guanxi_models::Factors;
use guanxi_models::column::WeightedRows;
use guanxi_models::model::Rows;

use crate::als::{AlsError, FriendPrior};
use crate::data::dataset::Positives;
use crate::fitted::Fitted;
use crate::judge::case::Case;
use crate::judge::evaluation::Catalogue;
use crate::judge::noise::{is_beyond_noise, mean};
use crate::recipe::Recipe;
use crate::score::scoring::{BlendScorer, EmbeddingScorer, FriendScores, SecondHop};
use crate::social::made_cold::{MadeCold, Towards};
use crate::social::reached::reached;

/// The strength of the recipe that ranks best for users made cold. Returns 0 if friends of friends
/// gain nothing beyond noise.
///
/// Ranks all items once per strength, for at most 1,000 users.
pub(crate) fn learn(fitted: &Fitted, recipe: &Recipe) -> Result<f32, AlsError> {
    let strengths = positive(recipe);
    if fitted.blend.friends <= 0.0 || strengths.is_empty() {
        return Ok(0.0);
    }
    let cold = ColdUsers::new(fitted, recipe.seed)?;
    let without = cold.ndcg(0.0);
    let gain = |strength| {
        let with = cold.ndcg(strength);
        let gains: Vec<f64> = with.iter().zip(&without).map(|(with, none)| with - none).collect();
        (strength, gains)
    };
    let tried = strengths.into_iter().map(gain).filter(|(_, gains)| is_beyond_noise(gains));
    let best = tried.max_by(|a, b| mean(&a.1).total_cmp(&mean(&b.1)));
    Ok(best.map_or(0.0, |(strength, _)| strength))
}

/// The positive strengths of the recipe.
pub(crate) fn positive(recipe: &Recipe) -> Vec<f32> {
    recipe.friends.second_hop.iter().copied().filter(|&strength| strength > 0.0).collect()
}

/// Users made cold, without any history.
struct ColdUsers<'a> {
    fitted: &'a Fitted,
    cases: Vec<Case>,
    rows: Factors,
    ties: WeightedRows,
    reached: WeightedRows,
}

impl<'a> ColdUsers<'a> {
    fn new(fitted: &'a Fitted, seed: u64) -> Result<Self, AlsError> {
        let Fitted { views, als, beside, .. } = fitted;
        let cold = MadeCold {
            als,
            ties: &beside.ties,
            own: &views.own,
            catalogue: views.catalogue(),
            seed,
        };
        let users = cold.users();
        let prior = FriendPrior {
            strength: als.fold_in.friend_strength,
            shrinkage: als.fold_in.friend_shrinkage,
        };
        let nothing = vec![Vec::new(); users.len()];
        let rows = cold.fold_in(&users, &nothing, Towards::Friends(prior))?;
        let ties: Vec<_> = users.iter().map(|&user| cold.newcomer_ties(user)).collect();
        let ties = WeightedRows::from_rows(&ties);
        let case = |(at, &user)| Case { user: at, truth: cold.hidden(user, &[]) };
        let cases = (0..).zip(&users).map(case).collect();
        let asked: Vec<Option<u32>> = users.iter().copied().map(Some).collect();
        let reached = reached(&asked, &ties, &beside.ties);
        Ok(Self { fitted, cases, rows, ties, reached })
    }

    /// NDCG@20 of every user with this weight of friends of friends.
    fn ndcg(&self, strength: f32) -> Vec<f64> {
        let Fitted { views, als, lists, blend, .. } = self.fitted;
        let nothing = vec![Vec::new(); self.cases.len()];
        let scorer = BlendScorer {
            embedding: EmbeddingScorer { users: &self.rows, items: &als.item_factors },
            own: &WeightedRows::from_rows(&nothing),
            lists,
            friends: FriendScores {
                ties: &self.ties,
                shown: &views.shown,
                second_hop: Some(SecondHop { reached: &self.reached, strength }),
            },
            bias: &views.bias,
            blend: *blend,
        };
        let seen = Positives::from(Rows::from_rows(&vec![Vec::new(); self.cases.len()]));
        let catalogue = Catalogue { seen: &seen, ..views.catalogue() };
        let marks = catalogue.survey(&scorer, &self.cases).marks;
        marks.iter().map(|marks| f64::from(marks.ndcg_at_20)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blend::{PerPart, Tuned, Weights};
    use crate::data::dataset::{Dataset, DatasetBuilder, Seen};
    use crate::data::draw::mix;
    use crate::observer::Silent;
    use crate::recipe::EmbeddingChoice;

    const STARS: u32 = 20;
    const PEOPLE: u32 = 20;

    /// Stars of users whose only friend is the one in the middle. They take 5 of the 10 items of
    /// their star, or of all items.
    fn stars(of_all: bool) -> Dataset {
        let mut builder = DatasetBuilder::default();
        for user in 0..STARS * PEOPLE {
            let star = user / PEOPLE;
            let items = if of_all { 10 * STARS } else { 10 };
            let first = if of_all { 0 } else { 10 * star };
            let mut taken: Vec<u32> = (first..first + items).collect();
            taken.sort_by_key(|&item| mix(5, user, item));
            for item in &taken[..5] {
                builder.observe(&format!("u{user}"), &format!("i{item}"), Seen::default());
            }
            if user % PEOPLE > 0 {
                builder.friend(&format!("u{user}"), &format!("u{}", star * PEOPLE));
            }
        }
        builder.build()
    }

    fn learned(data: &Dataset, weights: PerPart) -> f32 {
        let recipe = Recipe::default();
        let tuned = Tuned {
            embedding: EmbeddingChoice { unobserved: 120.0, ridge: 4.5 },
            friend_strength: 0.0,
            strengths: Vec::new(),
            second_hop: 0.0,
            weights: Weights { all: weights, ..Weights::UNLEARNED },
        };
        learn(&Fitted::new(data, &recipe, &tuned, &mut Silent).unwrap(), &recipe).unwrap()
    }

    #[test]
    fn friends_of_friends_count_where_they_share_a_taste_and_nowhere_else() {
        let friends = PerPart { friends: 1.0, ..PerPart::default() };
        assert!(learned(&stars(false), friends) > 0.0);
        assert!(learned(&stars(true), friends) <= 0.0);
        let none = PerPart { embedding: 1.0, ..PerPart::default() };
        assert!(learned(&stars(false), none) <= 0.0);
    }
}
