//! The last solve of the users, which adds the prior from their friends.

use guanxi_models::Factors;
use guanxi_models::column::WeightedRows;
use guanxi_models::fold_in::prior_of;
use serde::{Deserialize, Serialize};

use super::error::AlsError;
use super::half_sweep::{HalfSweep, Method, Prior, Ridge};
use super::{Als, Matrix};

/// The parameters of the friend prior.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FriendPrior {
    /// `sigma`: the strength of the prior; 0 if friends carry no taste.
    pub strength: f32,
    /// `kappa`: the number of friends that the mean user weighs.
    pub shrinkage: f32,
}

impl Default for FriendPrior {
    fn default() -> Self {
        Self { strength: 1.0, shrinkage: 3.0 }
    }
}

/// Solves the users again with the friend prior, and writes the prior into `als.fold_in`.
///
/// `als` must hold the embeddings as [`super::fit`] left them: its `user_factors`, which contain no
/// prior, are the friends' profiles. Returns the new rows. The rows in `als` stay unchanged,
/// because serving needs these profiles to fold users in. Users without cells stay zero unless a
/// friend has cells. `friends` may have fewer rows than there are users.
pub fn user_sweep_with_prior(
    matrix: &Matrix,
    als: &mut Als,
    friends: &WeightedRows,
    prior: FriendPrior,
) -> Result<Factors, AlsError> {
    als.fold_in.friend_strength = prior.strength;
    als.fold_in.friend_shrinkage = prior.shrinkage;
    let fold_in = &als.fold_in;
    let half = HalfSweep {
        side: &matrix.users,
        factors: &als.item_factors,
        spectrum: &fold_in.spectrum,
        ridge: Ridge {
            lam: fold_in.ridge,
            unobserved: fold_in.unobserved,
            exponent: fold_in.ridge_exponent,
        },
        scales: &[],
    };
    let (rows, _) =
        half.solve(Method::Exact, |user| prior_of_user(als, friends, user), |_, _, _| 0.0)?;
    Ok(rows)
}

fn prior_of_user(als: &Als, friends: &WeightedRows, user: usize) -> Prior {
    let strength = als.fold_in.prior_strength();
    if strength <= 0.0 {
        return Prior::none();
    }
    let (friends, ties) = friends.row(user);
    let profiles = friends.iter().zip(ties).filter_map(|(&friend, &tie)| {
        let profile = als.user_factors.row(friend as usize)?;
        profile.iter().any(|&value| value != 0.0).then_some((profile, tie))
    });
    let mean = prior_of(profiles, &als.fold_in.mean, als.fold_in.friend_shrinkage);
    if mean.is_empty() { Prior::none() } else { Prior { strength, mean } }
}
