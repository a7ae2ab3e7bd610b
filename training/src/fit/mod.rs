//! The whole training: from a data set and a recipe to a model and a report.
//!
//! First, rows are held out and a model is fitted on the rest. The users with held-out rows are
//! split in two. One half tunes the parameters and weights; the other half yields the report,
//! beside popularity and item-kNN. Then the weights are learned again on both halves, and
//! everything is fitted on all rows.

mod model;
mod pairs;
mod published;
pub mod rival;
mod search;
#[cfg(test)]
mod tests;
mod untouched;

use guanxi_models::id::Offset;
use guanxi_models::model::Model;

use crate::blend::Tuned;
use crate::data::dataset::Dataset;
use crate::data::split::finds_purchases;
use crate::error::FitError;
use crate::fitted::{Fitted, ReportRequest};
use crate::observer::{Observer, stage};
use crate::recipe::{Recipe, SplitKind};
use crate::report::{Choices, DataSize, HeldOut, Report};
use crate::tuning::draws::{HeldOutRows, draws};
use crate::tuning::{learn_on_all, tune};

use model::model;
pub use pairs::Pairs;
pub use published::{Protocol, evaluate};
pub use search::{JudgedOn, search};

/// Trains a model on all of `data`, which is the state of the world at `watermark`.
///
/// The same data, recipe and seed give the same bytes on one kind of processor, for any number of
/// threads.
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
    let mut model = stage(observer, "index", |_| model(data, recipe, &fitted, watermark))?;
    model.learned.placement = placement;
    Ok((model, report))
}

pub(crate) fn check(data: &Dataset, recipe: &Recipe) -> Result<(), FitError> {
    recipe.check()?;
    if data.ground.histories.entries() == 0 {
        return Err(FitError::Empty { users: data.n_users(), items: data.n_items() });
    }
    if data.events != recipe.event_weights() {
        return Err(FitError::EventWeights);
    }
    Ok(())
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
        interactions: data.ground.histories.entries(),
        friendships: data.ground.ties.friends.columns().1.len() / 2,
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
