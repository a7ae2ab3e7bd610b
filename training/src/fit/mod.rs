//! The whole training: from a data set and a recipe to a model and a report.
//!
//! Rows are held out; on the rest a first model is fitted, on half of the users with held-out rows the numbers and weights are
//! decided, and the other half says how good that is, beside popularity and item-kNN. Then the weights are learned again on both
//! halves, and everything is fitted on all rows.

mod published;
pub mod rival;
mod search;
#[cfg(test)]
mod tests;
mod untouched;

use guanxi_models::column::Column;
use guanxi_models::factors::Factors;
use guanxi_models::id::Offset;
use guanxi_models::index::{IndexParams, ItemIndex};
use guanxi_models::model::Model;
use guanxi_models::params::Params;

use crate::blend::Tuned;
use crate::data::dataset::Dataset;
use crate::data::split::finds_purchases;
use crate::error::FitError;
use crate::fitted::{Fitted, ReportRequest};
use crate::lists::{similar, truncate};
use crate::observer::{Observer, stage};
use crate::recipe::{Recipe, SplitKind};
use crate::report::{Choices, DataSize, HeldOut, Report};
use crate::tuning::draws::{HeldOutRows, draws};
use crate::tuning::{learn_on_all, tune};

pub use published::{Protocol, evaluate};
pub use search::{JudgedOn, search};

/// Trains a model of everything in `data`, which is the state of the world at `watermark`.
///
/// The same data, recipe and seed give the same bytes on one kind of processor, for any number of threads.
pub fn fit(
    data: &Dataset,
    recipe: &Recipe,
    watermark: Offset,
    observer: &mut dyn Observer,
) -> Result<(Model, Report), FitError> {
    check(data, recipe)?;
    let draws = stage(observer, "split", |_| draws(data, HeldOutRows::Half, recipe));
    let (mut tuned, fitted) = tune(&draws, recipe, observer)?;
    let (learned_on, cases) = (draws[0].learn.len(), &draws[0].report);
    let request = ReportRequest { cases, weights: &tuned.weights, ..ReportRequest::default() };
    let quality = stage(observer, "evaluation", |_| fitted[0].report(request, recipe));
    tuned.weights = stage(observer, "blend", |_| learn_on_all(&draws, &fitted, recipe));
    let held_out = HeldOut { how: how(data, recipe), learned_on, users: cases.len() };
    drop((draws, fitted));
    let mut fitted = Fitted::new(data, recipe, &tuned, observer)?;
    let (placement, placed) = untouched::place(data, &mut fitted, observer)?.unzip();
    let learned = learned(tuned, &fitted);
    let report =
        Report { data: size(data), held_out, quality, learned, placed, trials: Vec::new() };
    let model = stage(observer, "index", |_| model(data, recipe, &fitted, watermark))?;
    Ok((Model { placement, ..model }, report))
}

pub(crate) fn check(data: &Dataset, recipe: &Recipe) -> Result<(), FitError> {
    recipe.check()?;
    if data.histories.entries() == 0 {
        return Err(FitError::Empty { users: data.n_users(), items: data.n_items() });
    }
    if data.events != recipe.event_weights() {
        return Err(FitError::EventWeights);
    }
    Ok(())
}

/// Rows of a file: pairs of a user's and an item's number.
pub type Pairs = [(u32, u32)];

/// Distinct items per user, ascending; users beyond the last are left out.
fn rows_by_user(pairs: &Pairs, n_users: usize) -> Vec<Vec<u32>> {
    let mut rows = test_rows(pairs, n_users);
    for row in &mut rows {
        row.sort_unstable();
        row.dedup();
    }
    rows
}

fn test_rows(pairs: &Pairs, n_users: usize) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new(); n_users];
    for &(user, item) in pairs {
        if let Some(row) = rows.get_mut(user as usize) {
            row.push(item);
        }
    }
    rows
}

fn how(data: &Dataset, recipe: &Recipe) -> String {
    let share = recipe.split.share * 100.0;
    let what = if finds_purchases(data, recipe.split.target) { "purchases" } else { "items" };
    let kind = match recipe.split.kind {
        SplitKind::Auto => "the last (without times: random)",
        SplitKind::Time => "the last",
        SplitKind::Random => "random",
    };
    format!("held out: {kind} {share:.0} % of each user's {what}")
}

fn size(data: &Dataset) -> DataSize {
    DataSize {
        users: data.n_users(),
        items: data.n_items(),
        interactions: data.histories.entries(),
        friendships: data.friends.columns().1.len() / 2,
    }
}

fn learned(tuned: Tuned, fitted: &Fitted) -> Choices {
    Choices {
        unobserved: tuned.embedding.unobserved,
        ridge: tuned.embedding.ridge,
        friend_strength: tuned.friend_strength,
        weights: tuned.weights.all,
        blend: fitted.blend,
        strengths: tuned.strengths,
    }
}

fn model(
    data: &Dataset,
    recipe: &Recipe,
    fitted: &Fitted,
    watermark: Offset,
) -> Result<Model, FitError> {
    let Fitted { views, als, users, beside, lists, blend, .. } = fitted;
    let als = als.clone();
    let popularity = views.own.counts(views.n_items).into_iter().map(|count| count as f32);
    let params = Params {
        events: data.events.clone(),
        reference: data.reference,
        fold_in: als.fold_in,
        blend: *blend,
        recency: recipe.lists.recency,
    };
    let has_prior = params.fold_in.friend_strength > 0.0;
    let index = ItemIndex::build(&als.item_factors, users, &IndexParams::default())?;
    let similar = similar(&als.item_factors, &index, lists);
    Ok(Model {
        version: String::new(),
        watermark,
        params,
        users: data.users.clone(),
        items: data.items.clone(),
        profiles: if has_prior { als.user_factors } else { Factors::empty() },
        user_factors: users.clone(),
        item_factors: als.item_factors,
        placement: None,
        histories: data.histories.clone(),
        friends: beside.ties.clone(),
        follows: data.follows.clone(),
        blocks: data.blocks.clone(),
        private_users: data.private_users.clone(),
        deleted_items: data.deleted_items.clone(),
        lists: lists.clone(),
        also_bought: truncate(&beside.graph, recipe.lists.length),
        similar,
        popularity: popularity.collect::<Vec<f32>>().into(),
        bias: if blend.popularity > 0.0 { views.bias.clone() } else { Vec::new() }.into(),
        first_seen: first_seen(data),
        index,
    })
}

/// A time for every item, 0 where none is known.
fn first_seen(data: &Dataset) -> Column<i64> {
    let mut first: Vec<i64> = data.first_seen.to_vec();
    first.resize(data.n_items(), 0);
    first.into()
}
