//! The weights of the parts, learned on held-out rows of one or several models.

use super::draws::Draw;
use crate::blend::{ARMS, Candidates, PerPart, Weights, learn};
use crate::fitted::Fitted;
use crate::judge::case::Case;
use crate::recipe::Recipe;

/// Learns the weights of the parts, for the whole model and for every [arm](ARMS), on the held-out
/// rows of one or several models.
pub(super) fn learn_weights<'a>(
    models: impl Iterator<Item = (&'a Fitted, &'a [Case])>,
    recipe: &Recipe,
) -> Weights {
    let candidates: Vec<Candidates> =
        models.flat_map(|(fitted, cases)| fitted.candidates(cases, recipe)).collect();
    if candidates.is_empty() {
        return Weights::UNLEARNED;
    }
    let arm = |mask: PerPart| learn(&candidates, mask, &recipe.blend).weights;
    Weights { all: arm(PerPart::ONES), arms: ARMS.map(|one| arm(one.parts)) }
}

/// The weights learned on all users, after the report is done.
pub fn learn_on_all(draws: &[Draw], fitted: &[Fitted], recipe: &Recipe) -> Weights {
    let cases: Vec<Vec<Case>> = draws.iter().map(Draw::all).collect();
    learn_weights(fitted.iter().zip(cases.iter().map(Vec::as_slice)), recipe)
}
