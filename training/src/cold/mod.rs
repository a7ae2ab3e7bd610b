//! Cold-start evaluation on users whose whole history is hidden.
//!
//! A share of the users with friends is drawn, and all their interactions are hidden. A model is
//! trained without them. Then a few random items are handed back to each by fold-in only, and the
//! lists must recover the items that are still hidden. The weight of friends for one half of these
//! users is chosen on the other half. The report compares popularity and the same fold-in without
//! friends.

mod choice;
mod hidden;
mod items;
mod newcomers;
mod report;
mod setup;
mod shuffle;

use crate::data::dataset::Dataset;
use crate::data::split::without;
use crate::error::FitError;
use crate::fit::check;
use crate::fitted::Fitted;
use crate::observer::{Observer, stage};
use crate::recipe::Recipe;
use crate::tuning::draws::{HeldOutRows, draws};
use crate::tuning::tune;

use hidden::Hidden;
pub use items::{ItemReport, evaluate_items};
pub use report::{ColdCounts, ColdQuality, ColdReport, ColdRound, Strengths};
use setup::Setup;
pub use shuffle::shuffled;

/// The protocol that makes users cold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColdProtocol {
    /// The share of the users with friends and items that is hidden.
    pub share: f64,
    /// Replaces each user's friends by the same number of random users, as a control: nothing can
    /// be learned from them.
    pub shuffle_friends: bool,
}

impl Default for ColdProtocol {
    fn default() -> Self {
        Self { share: 0.15, shuffle_friends: false }
    }
}

/// The number of items handed back, per round.
pub const HANDED_BACK: [usize; 4] = [0, 1, 3, 10];

/// Hides users, trains without them, and measures how well the hidden items are recovered.
pub fn evaluate(
    data: &Dataset,
    protocol: ColdProtocol,
    recipe: &Recipe,
    observer: &mut dyn Observer,
) -> Result<ColdReport, FitError> {
    check(data, recipe)?;
    let mut data = data.clone();
    if protocol.shuffle_friends {
        let friends = data.ground.ties.friends.links();
        let shuffled = stage(observer, "shuffle", |_| shuffled(&friends, recipe.seed));
        data.ground.ties.friends = shuffled.into();
    }
    let hidden = Hidden::draw(&data, protocol.share, recipe.seed);
    let rest = without(&data, hidden.rows(&data)).rest;
    let fitted = fit_rest(&rest, recipe, observer)?;
    let setup = Setup { data: &data, fitted: &fitted, hidden: &hidden, recipe };
    let rounds = stage(observer, "cold users", |_| setup.rounds(&HANDED_BACK))?;
    let users = ColdCounts { all: data.n_users(), hidden: hidden.all().count() };
    Ok(ColdReport { users, shuffled: protocol.shuffle_friends, rounds })
}

/// The model of all other users, tuned on one draw of held-out rows.
fn fit_rest(
    rest: &Dataset,
    recipe: &Recipe,
    observer: &mut dyn Observer,
) -> Result<Fitted, FitError> {
    let mut recipe = recipe.clone();
    recipe.split.repeats = 1;
    let draws = draws(rest, HeldOutRows::All, &recipe);
    let (tuned, _) = tune(&draws, &recipe, observer)?;
    Fitted::new(rest, &recipe, &tuned, observer)
}
