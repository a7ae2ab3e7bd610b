//! The fair comparison of a new model with the model that serves.
//!
//! The serving model was trained on everything up to its watermark, hence on most of the rows that
//! are held out now. Scored as it is, it would be rewarded for remembering what the new model must
//! predict. Rows after its watermark would be fair, but they are few right after a training. They
//! also come from the busiest users, and their number grows with the model's age.
//!
//! So this module judges the other model's recipe instead. It fits that recipe, with the embedding
//! parameters and the friend strength it serves with, to the same remaining data. The blend weights
//! are learned on the same users as the new model's, and the lists are scored on the same rows of
//! the others. This costs one fit without tuning.
//!
//! The same recipe gives exactly the same figures, whatever rows the serving model has seen. One
//! small advantage remains: its few kept parameters were learned on rows that may be held out again
//! now.
//!
//! This comparison can't detect bad data, because both models would be fitted to it.

use crate::blend::{PerPart, Tuned, Weights, learn};
use crate::data::dataset::Dataset;
use crate::data::split::without;
use crate::error::FitError;
use crate::fitted::Fitted;
use crate::judge::bootstrap::{Bootstrap, Interval};
use crate::judge::figures::{Figures, Marks};
use crate::observer::{Observer, stage};
use crate::recipe::{EmbeddingChoice, Recipe};
use crate::report::Choices;
use crate::tuning::draws::{Draw, HeldOutRows, draws};

/// The model to compare with.
#[derive(Debug)]
pub struct Rival<'a> {
    /// The same events and relations as the new model's, folded by this recipe's event weights.
    pub data: &'a Dataset,
    /// The recipe that trained it.
    pub recipe: &'a Recipe,
    /// The choices that its training learned.
    pub learned: &'a Choices,
}

/// The figures of a new model and another one, on the same rows of the same users.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Match {
    /// The figures of the new model.
    pub new: Figures<Interval>,
    /// The figures of the other model.
    pub other: Figures<Interval>,
    /// The new model's figures minus the other's.
    pub difference: Figures<Interval>,
}

/// Compares two models: the one that [`fit`](crate::fit::fit) made of `data` by `recipe`, with
/// these marks in its report, and a rival.
pub fn compare(
    data: &Dataset,
    recipe: &Recipe,
    marks: &[Marks],
    rival: &Rival<'_>,
    observer: &mut dyn Observer,
) -> Result<Match, FitError> {
    if rival.data.events != rival.recipe.event_weights() {
        return Err(FitError::EventWeights);
    }
    let draws = draws(data, HeldOutRows::Half, recipe);
    let other = rival.marks(&draws, observer)?;
    let both = Bootstrap::new(&[marks, &other], recipe.seed);
    Ok(Match { new: both.figures(0), other: both.figures(1), difference: both.difference(0, 1) })
}

impl Rival<'_> {
    /// The rival's marks for the users that the first draw reports on, with weights learned on all
    /// draws.
    fn marks(&self, draws: &[Draw], observer: &mut dyn Observer) -> Result<Vec<Marks>, FitError> {
        let first = self.refit(&draws[0], observer)?;
        let mut candidates = first.candidates(&draws[0].learn, self.recipe);
        for draw in &draws[1..] {
            let fitted = self.refit(draw, observer)?;
            candidates.extend(fitted.candidates(&draw.learn, self.recipe));
        }
        let weights = match &candidates[..] {
            [] => PerPart::UNLEARNED,
            some => {
                stage(observer, "blend", |_| learn(some, PerPart::ONES, &self.recipe.blend).weights)
            }
        };
        let fitted = first.weigh(weights, self.recipe);
        let (catalogue, scorer) = (fitted.views.catalogue(), fitted.scorer());
        let survey = || catalogue.survey(&scorer, &draws[0].report);
        Ok(stage(observer, "evaluation", |_| survey().marks))
    }

    fn refit(&self, draw: &Draw, observer: &mut dyn Observer) -> Result<Fitted, FitError> {
        let rest = without(self.data, draw.split.taken.clone()).rest;
        Fitted::new(&rest, self.recipe, &tuned(self.learned), observer)
    }
}

fn tuned(learned: &Choices) -> Tuned {
    Tuned {
        embedding: EmbeddingChoice { unobserved: learned.unobserved, ridge: learned.ridge },
        friend_strength: learned.friend_strength,
        strengths: Vec::new(),
        second_hop: learned.blend.second_hop,
        weights: Weights { all: learned.weights, ..Weights::UNLEARNED },
    }
}

#[cfg(test)]
mod tests {
    use guanxi_models::id::Offset;
    use guanxi_models::record::Record;

    use super::*;
    use crate::data::dataset::{DatasetBuilder, Seen};
    use crate::fit::fit;
    use crate::market::{MarketParams, records};
    use crate::observer::Silent;
    use crate::recipe::EventRecipe;

    fn recipe() -> Recipe {
        let mut recipe = Recipe::built_in("quick").unwrap();
        recipe.embedding.dim = 16;
        recipe
    }

    fn market() -> Dataset {
        let mut builder = DatasetBuilder::new(recipe().event_weights());
        let params = MarketParams::at(1_760_000_000_000).sized(600, 200, 18_000);
        for record in records(&params) {
            if let Record::Event(event) = record {
                let seen = Seen { kind: event.kind(), ts: event.ts, ..Seen::default() };
                builder.observe(&event.user, &event.item, seen);
            }
        }
        builder.build()
    }

    fn compared(change: fn(&mut Recipe, &mut Choices)) -> Match {
        let (data, recipe) = (market(), recipe());
        let (_, report) = fit(&data, &recipe, Offset(1), &mut Silent).unwrap();
        let (mut other, mut learned) = (recipe.clone(), report.learned.clone());
        change(&mut other, &mut learned);
        let rival = Rival { data: &data, recipe: &other, learned: &learned };
        compare(&data, &recipe, &report.quality.marks, &rival, &mut Silent).unwrap()
    }

    #[test]
    fn a_model_trained_in_the_same_way_reaches_the_same_for_everybody() {
        let found = compared(|_, _| ());
        assert!(found.new.ndcg_at_20.mean > 0.05, "{found:?}");
        assert_eq!((found.new, found.difference), (found.other, Figures::default()));
    }

    #[test]
    fn events_folded_by_other_weights_are_refused() {
        let (data, recipe) = (market(), recipe());
        let other = Recipe {
            events: EventRecipe { half_life_days: Some(2.0), ..recipe.events.clone() },
            ..recipe.clone()
        };
        let rival = Rival { data: &data, recipe: &other, learned: &Choices::default() };
        let refused = compare(&data, &recipe, &[], &rival, &mut Silent);
        assert!(matches!(refused, Err(FitError::EventWeights)));
    }

    #[test]
    fn a_model_trained_badly_is_seen_to_be_worse() {
        let found = compared(|recipe, learned| {
            recipe.lists.length = 1;
            recipe.lists.graph_links = 1;
            learned.ridge = 1e8;
        });
        assert!(found.difference.ndcg_at_20.low > 0.0, "{found:?}");
    }
}
