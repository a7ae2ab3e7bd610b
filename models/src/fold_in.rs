//! Folds a user into the embedding, from history and friends, by the equation that training solves.

use crate::history::{HistoryView, NEGATIVE};
use crate::model::Model;
use crate::solver::{RowProblem, RowSolver};
use crate::world::TiesView;

/// Solves the row of a user. Empty if neither history nor friends contribute.
///
/// Items newer than the model have no row yet and are left out. O(n^2 d) for n items <= d, else O(n
/// d^2); friends add O(f d).
pub fn fold_in(
    model: &Model,
    history: HistoryView<'_>,
    ties: TiesView<'_>,
    solver: &mut RowSolver,
) -> Vec<f32> {
    let factors = &model.learned.item_factors;
    let prior = friend_prior(model, ties);
    let known = history.items.partition_point(|&item| (item as usize) < factors.rows());
    if known == 0 && prior.is_empty() {
        return Vec::new();
    }
    let fold_in = &model.learned.params.fold_in;
    let confidences: Vec<f32> =
        (0..known).map(|at| model.learned.params.present_confidence(history.entry(at))).collect();
    let targets: Vec<f32> =
        history.flags[..known].iter().map(|flags| f32::from(flags & NEGATIVE == 0)).collect();
    let problem = RowProblem {
        items: &history.items[..known],
        confidences: &confidences,
        targets: &targets,
        ridge: fold_in.ridge_of(known),
        prior_strength: if prior.is_empty() { 0.0 } else { fold_in.prior_strength() },
        prior_mean: &prior,
    };
    let mut row = vec![0.0; factors.dim()];
    solver.solve(factors, &fold_in.spectrum, &problem, &mut row);
    row
}

/// `m_u = (|F| sum_f w_f p_f + kappa pbar) / (|F| + kappa)` over the friends with a trained row.
/// The weights `w` sum to 1.
///
/// Empty if `sigma` is 0, which means that friends carry no taste, or if no friend has a row.
pub fn friend_prior(model: &Model, ties: TiesView<'_>) -> Vec<f32> {
    let fold_in = &model.learned.params.fold_in;
    if fold_in.friend_strength <= 0.0 {
        return Vec::new();
    }
    let rows = ties.friends.iter().zip(ties.strengths).filter_map(|(&friend, &strength)| {
        let row = model.learned.profiles.row(friend as usize)?;
        let is_trained = row.iter().any(|&value| value != 0.0);
        is_trained.then_some((row, strength))
    });
    prior_of(rows, &fold_in.mean, fold_in.friend_shrinkage)
}

/// Computes [`friend_prior`] from rows and tie strengths. If all ties are 0, they count equally.
pub fn prior_of<'a>(
    rows: impl Iterator<Item = (&'a [f32], f32)> + Clone,
    mean: &[f32],
    shrinkage: f32,
) -> Vec<f32> {
    let count = rows.clone().count() as f32;
    if count == 0.0 {
        return Vec::new();
    }
    let total: f32 = rows.clone().map(|(_, strength)| strength).sum();
    let share = count / (count + shrinkage);
    let rest = shrinkage / (count + shrinkage);
    let mut prior: Vec<f32> = mean.iter().map(|value| rest * value).collect();
    for (row, strength) in rows {
        let weight = share * if total > 0.0 { strength / total } else { 1.0 / count };
        for (sum, value) in prior.iter_mut().zip(row) {
            *sum += weight * value;
        }
    }
    prior
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prior_lies_between_the_friends_and_the_mean() {
        let (near, far) = ([1.0, 0.0], [0.0, 1.0]);
        let rows = [(&near[..], 3.0), (&far[..], 1.0)];
        assert_eq!(prior_of(rows.into_iter(), &[0.0, 0.0], 0.0), [0.75, 0.25]);
        assert_eq!(prior_of(rows.into_iter(), &[1.0, 1.0], 2.0), [0.875, 0.625]);
    }

    #[test]
    fn ties_of_no_strength_count_alike_and_no_friends_make_no_prior() {
        let (near, far) = ([1.0, 0.0], [0.0, 1.0]);
        let rows = [(&near[..], 0.0), (&far[..], 0.0)];
        assert_eq!(prior_of(rows.into_iter(), &[0.0, 0.0], 0.0), [0.5, 0.5]);
        assert!(prior_of(std::iter::empty(), &[1.0, 1.0], 3.0).is_empty());
    }
}
