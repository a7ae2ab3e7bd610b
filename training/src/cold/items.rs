//! Cold items: recommendations of untouched items by their attributes alone.

use std::fmt::{Display, Formatter};

use guanxi_models::Factors;
use guanxi_models::factors::FactorsError;
use serde::{Deserialize, Serialize};

use super::fit_rest;
use crate::als::AlsError;
use crate::data::dataset::{Dataset, Positives};
use crate::data::draw::{mix, sample};
use crate::data::split::without;
use crate::error::FitError;
use crate::fit::check;
use crate::fitted::Fitted;
use crate::fitted::attributes::{Known, LearnedPlacement, learn};
use crate::judge::case::{Case, Scorer, cases};
use crate::judge::evaluation::Catalogue;
use crate::observer::{Observer, stage};
use crate::recipe::Recipe;
use crate::score::scoring::EmbeddingScorer;

/// The share of the items with attributes that is hidden.
const HIDDEN_SHARE: f64 = 0.1;

/// The recall of hidden items, ranked among themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ItemReport {
    /// The number of hidden items.
    pub hidden: usize,
    /// The number of users who touched at least one of them.
    pub users: usize,
    /// The chosen ridge; 0 if nothing could be learned.
    pub ridge: f64,
    /// Recall@20 in random order.
    pub random: f64,
    /// Recall@20 by attributes alone.
    pub attributes: f64,
    /// Recall@20 by the items' true popularity, which is hidden from every model.
    pub popularity: f64,
}

/// Hides items, trains without them, and places them by their features in `data`.
pub fn evaluate_items(
    data: &Dataset,
    recipe: &Recipe,
    observer: &mut dyn Observer,
) -> Result<ItemReport, FitError> {
    check(data, recipe)?;
    let counts = data.positives().counts(data.n_items());
    let can_be_hidden =
        |&item: &u32| counts[item as usize] > 0 && !data.features.row(item as usize).0.is_empty();
    let items: Vec<u32> = (0..data.n_items() as u32).filter(can_be_hidden).collect();
    let wanted = (items.len() as f64 * HIDDEN_SHARE).round() as usize;
    let hidden = sample(recipe.seed, items.into_iter(), wanted);
    let is_hidden = |item: &&u32| hidden.binary_search(item).is_ok();
    let histories = (0..data.n_users()).map(|user| data.ground.histories.row(user).items);
    let rows = histories.map(|items| items.iter().filter(is_hidden).copied().collect());
    let rest = without(data, rows.collect()).rest;
    let fitted = fit_rest(&rest, recipe, observer)?;
    let cases = hidden_cases(data, &hidden);
    stage(observer, "cold items", |_| {
        let survey = ItemSurvey { fitted: &fitted, hidden: &hidden, cases: &cases };
        let own: Vec<u32> = hidden.iter().map(|&item| counts[item as usize]).collect();
        survey.report(data, &own, recipe.seed)
    })
}

/// The hidden items of each user, as positions in `hidden`.
fn hidden_cases(data: &Dataset, hidden: &[u32]) -> Vec<Case> {
    let positives = data.positives();
    let places = |user: usize| -> Vec<u32> {
        let items = positives.row(user).iter();
        items.filter_map(|item| hidden.binary_search(item).ok()).map(|at| at as u32).collect()
    };
    cases(&(0..data.n_users()).map(places).collect::<Vec<_>>())
}

struct ItemSurvey<'a> {
    fitted: &'a Fitted,
    hidden: &'a [u32],
    cases: &'a [Case],
}

impl ItemSurvey<'_> {
    fn report(&self, data: &Dataset, counts: &[u32], seed: u64) -> Result<ItemReport, FitError> {
        let Fitted { views, als, users, .. } = self.fitted;
        let own = views.own.counts(views.n_items);
        let known = Known { items: &als.item_factors, features: &data.features, users: &own };
        let learned = learn(known).map_err(AlsError::from)?;
        let placed = self.placed(data, learned.as_ref()).map_err(AlsError::from)?;
        let popular = counts.iter().map(|&count| count as f32).collect();
        Ok(ItemReport {
            hidden: self.hidden.len(),
            users: self.cases.len(),
            ridge: learned.map_or(0.0, |learned| learned.ridge),
            random: self.recall(&Random { items: self.hidden.len(), seed }),
            attributes: self.recall(&EmbeddingScorer { users, items: &placed }),
            popularity: self.recall(&Same(popular)),
        })
    }

    /// The predicted rows of the hidden items; zeros if nothing was learned.
    fn placed(
        &self,
        data: &Dataset,
        learned: Option<&LearnedPlacement>,
    ) -> Result<Factors, FactorsError> {
        let dim = self.fitted.als.item_factors.dim();
        let row = |&item: &u32| match learned {
            Some(learned) => learned.placement.place(data.features.row(item as usize)),
            None => vec![0.0; dim],
        };
        Factors::new(dim, self.hidden.iter().flat_map(row).collect::<Vec<f32>>())
    }

    fn recall(&self, scorer: &dyn Scorer) -> f64 {
        let (seen, n_items) = (Positives::default(), self.hidden.len());
        let catalogue = Catalogue { n_items, seen: &seen, sampling: None };
        catalogue.evaluate(scorer, self.cases).at_20.recall
    }
}

/// A scorer that orders items at random, differently for every user.
struct Random {
    items: usize,
    seed: u64,
}

impl Scorer for Random {
    fn score(&self, users: &[u32], scores: &mut [f32]) {
        for (&user, row) in users.iter().zip(scores.chunks_mut(self.items.max(1))) {
            let order = (0..).map(|item| (mix(self.seed, user, item) >> 40) as f32);
            row.iter_mut().zip(order).for_each(|(score, random)| *score = random);
        }
    }
}

/// A scorer that gives all users the same scores.
struct Same(Vec<f32>);

impl Scorer for Same {
    fn score(&self, _: &[u32], scores: &mut [f32]) {
        scores.chunks_mut(self.0.len().max(1)).for_each(|row| row.copy_from_slice(&self.0));
    }
}

impl Display for ItemReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { hidden, users, ridge, random, attributes, popularity } = self;
        writeln!(
            f,
            "{hidden} items hidden, ranked among themselves for {users} users; recall@20:"
        )?;
        writeln!(f, "random                          {random:.4}")?;
        writeln!(f, "by attributes, ridge {ridge:<10} {attributes:.4}")?;
        write!(f, "by their hidden popularity      {popularity:.4}")
    }
}
