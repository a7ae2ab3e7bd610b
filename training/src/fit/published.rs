//! Published splits: trained on one file, scored on another.

use guanxi_models::id::Offset;

use super::{FitError, Pairs, check, learned, model, rows_by_user, size, test_rows};
use crate::dataset::Dataset;
use crate::evaluation::Case;
use crate::fitted::{Asked, Fitted};
use crate::metrics::Truth;
use crate::observer::{Observer, stage};
use crate::recipe::Recipe;
use crate::report::{HeldOut, Report};
use crate::sampled::Samples;
use crate::served::served;
use crate::split::{Split, split, without};
use crate::tuning::{Halves, tune};

/// How a model is scored on rows that it is not trained on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protocol<'a> {
    /// The rows to find.
    pub test: &'a Pairs,
    /// Rows of the training data on which numbers and weights are decided; else a share of it is.
    pub valid: Option<&'a Pairs>,
    /// Ranks what is to be found among so many items that the user never touched, instead of among all.
    pub negatives: Option<usize>,
    /// Scores the lists of a running service as well.
    pub served: bool,
}

/// Trains on `train` and reports on the test rows, at which it looks once.
///
/// Numbers and weights are decided on rows of `train` that are taken out for this and put back.
pub fn evaluate(
    train: &Dataset,
    protocol: Protocol<'_>,
    recipe: &Recipe,
    observer: &mut dyn Observer,
) -> Result<Report, FitError> {
    check(train, recipe)?;
    let split = stage(observer, "split", |_| tuning_split(train, protocol.valid, recipe));
    let halves = match protocol.valid {
        Some(_) => Halves::all_to_learn(&split.held_out, recipe),
        None => Halves::draw(&split.held_out, recipe),
    };
    let (mut tuned, fitted) = tune(&split, &halves.learn, recipe, observer)?;
    // As in `fit`, so that both serve the same lists for the same data.
    tuned.weights = stage(observer, "blend", |_| fitted.learn(&halves.all(), recipe));
    drop(fitted);
    let fitted = Fitted::new(train, recipe, &tuned, observer)?;
    let cases = cases_of(protocol.test, train);
    let samples = protocol.negatives.map(|negatives| {
        Samples::draw(&cases, &fitted.views.seen, train.n_items(), negatives, recipe.seed)
    });
    let lists = lists_as_served(train, protocol, recipe, &fitted, &cases, observer)?;
    let asked = Asked {
        cases: &cases,
        weights: &tuned.weights,
        samples: samples.as_ref(),
        served: lists.as_deref(),
    };
    let quality = stage(observer, "evaluation", |_| fitted.report(asked, recipe));
    let held_out =
        HeldOut { how: how(protocol, &halves), learned_on: halves.all().len(), users: cases.len() };
    let learned = learned(tuned, &fitted);
    Ok(Report { data: size(train), held_out, quality, learned, trials: Vec::new() })
}

/// What the service would answer, if that is asked for.
fn lists_as_served(
    train: &Dataset,
    protocol: Protocol<'_>,
    recipe: &Recipe,
    fitted: &Fitted,
    cases: &[Case],
    observer: &mut dyn Observer,
) -> Result<Option<Vec<Vec<u32>>>, FitError> {
    if !protocol.served {
        return Ok(None);
    }
    let model = stage(observer, "index", |_| model(train, recipe, fitted, Offset(0)))?;
    Ok(Some(stage(observer, "serving", |_| served(model, cases))?))
}

fn tuning_split(train: &Dataset, valid: Option<&Pairs>, recipe: &Recipe) -> Split {
    match valid {
        Some(valid) => without(train, rows_by_user(valid, train.n_users())),
        None => split(train, &recipe.split, recipe.seed),
    }
}

fn how(protocol: Protocol<'_>, halves: &Halves) -> String {
    let among = protocol.negatives.map(|n| format!(", each among {n} items never touched"));
    let tuned_on = if protocol.valid.is_some() { "the given rows" } else { "a share" };
    let users = halves.all().len();
    format!(
        "the rows of the test file{}; numbers and weights decided on {tuned_on} of the training file ({users} users), then refitted on all of it",
        among.unwrap_or_default()
    )
}

/// A case for every user with test rows; rows that come twice count twice.
fn cases_of(test: &Pairs, train: &Dataset) -> Vec<Case> {
    let rows = test_rows(test, train.n_users()).into_iter().enumerate();
    let with_rows = rows.filter(|(_, items)| !items.is_empty());
    with_rows.map(|(user, items)| Case { user: user as u32, truth: Truth::new(items) }).collect()
}
