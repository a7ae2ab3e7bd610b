//! Evaluation on published splits: trained on one file, scored on another.

use guanxi_models::id::Offset;

use super::model::model;
use super::pairs::{Pairs, rows_by_user, test_rows};
use super::{check, learned, size};
use crate::data::dataset::Dataset;
use crate::error::FitError;
use crate::fitted::{Fitted, ReportRequest};
use crate::judge::case::Case;
use crate::judge::metrics::Truth;
use crate::judge::served::served;
use crate::observer::{Observer, stage};
use crate::recipe::Recipe;
use crate::report::{HeldOut, Report};
use crate::tuning::draws::{Draw, HeldOutRows, draws};
use crate::tuning::{learn_on_all, tune};

/// The protocol that scores a model on rows it was not trained on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protocol<'a> {
    /// The rows to recover.
    pub test: &'a Pairs,
    /// Rows of the training data that tune parameters and weights. If `None`, a share of the
    /// training data is held out.
    pub valid: Option<&'a Pairs>,
    /// True if the lists of a running service are scored as well.
    pub served: bool,
}

/// Trains on `train` and reports on the test rows, which are read once, at the end.
///
/// Parameters and weights are tuned on rows of `train` that are held out for it and put back
/// afterwards.
pub fn evaluate(
    train: &Dataset,
    protocol: Protocol<'_>,
    recipe: &Recipe,
    observer: &mut dyn Observer,
) -> Result<Report, FitError> {
    check(train, recipe)?;
    let draws = stage(observer, "split", |_| draws_of(train, protocol, recipe));
    let (mut tuned, fitted) = tune(&draws, recipe, observer)?;
    // As in `fit`, so that both produce the same lists for the same data.
    tuned.weights = stage(observer, "blend", |_| learn_on_all(&draws, &fitted, recipe));
    let learned_on = draws[0].all().len();
    drop((draws, fitted));
    let fitted = Fitted::new(train, recipe, &tuned, observer)?;
    let cases = cases_of(protocol.test, train);
    let lists = lists_as_served(train, protocol, recipe, &fitted, &cases, observer)?;
    let request =
        ReportRequest { cases: &cases, weights: &tuned.weights, served: lists.as_deref() };
    let quality = stage(observer, "evaluation", |_| fitted.report(request, recipe));
    let held_out = HeldOut { how: how(protocol, recipe), learned_on, users: cases.len() };
    let learned = learned(tuned, &fitted);
    Ok(Report { data: size(train), held_out, quality, learned, placed: None, trials: Vec::new() })
}

/// The lists that the service would return, if the protocol requests them.
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

fn draws_of(train: &Dataset, protocol: Protocol<'_>, recipe: &Recipe) -> Vec<Draw> {
    let Some(valid) = protocol.valid else {
        return draws(train, HeldOutRows::Half, recipe);
    };
    let rows = rows_by_user(valid, train.n_users());
    draws(train, HeldOutRows::Given(&rows), recipe)
}

fn how(protocol: Protocol<'_>, recipe: &Recipe) -> String {
    let among = recipe.split.negatives.map(|n| format!(", each among {n} items never touched"));
    let tuned_on = if protocol.valid.is_some() { "given rows" } else { "a share" };
    format!(
        "the rows of the test file{}; everything decided on {tuned_on} of the training file, then refitted on all of it",
        among.unwrap_or_default()
    )
}

/// One case per user with test rows; duplicate rows count twice.
fn cases_of(test: &Pairs, train: &Dataset) -> Vec<Case> {
    let rows = test_rows(test, train.n_users()).into_iter().enumerate();
    let with_rows = rows.filter(|(_, items)| !items.is_empty());
    with_rows.map(|(user, items)| Case { user: user as u32, truth: Truth::new(items) }).collect()
}
