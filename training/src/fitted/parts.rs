//! All parts of the score from one data set, before they are weighted.

use guanxi_models::column::WeightedRows;
use guanxi_models::factors::Factors;
use guanxi_models::history::{BOUGHT, Entry, EventWeights, NEGATIVE, VISIBLE};
use guanxi_models::params::Params;
use guanxi_models::recency;
use rayon::prelude::*;

use crate::als::{self, Als, AlsError, AlsParams, Cell, FriendPrior, Matrix, MatrixError};
use crate::blend::{PerPart, Sources};
use crate::data::dataset::{Dataset, Positives};
use crate::data::draw::sample;
use crate::judge::evaluation::Catalogue;
use crate::judge::sampled::Sampling;
use crate::lists::{Interactions, graph, local_ridge};
use crate::observer::{Observer, embed, stage};
use crate::recipe::{EmbeddingChoice, Recipe};
use crate::score::bias::bias;
use crate::score::scoring::{EmbeddingScorer, FriendScores};
use crate::social::ties::ties;

/// The number of random users over which the scales of the parts are measured.
const SCALE_USERS: usize = 1_000;

/// The items of each user, under several conditions. Cloning copies no table.
#[derive(Clone, Debug)]
pub struct Views {
    /// The items of each user without those the user rejected.
    pub own: Positives,
    /// All items that each user touched; these are never listed.
    pub seen: Positives,
    /// The purchases of each user that friends may see.
    pub shown: Positives,
    /// `b`: see [`crate::score::bias::bias`].
    pub bias: Vec<f32>,
    /// The number of items.
    pub n_items: usize,
    /// See [`Catalogue::sampling`].
    pub sampling: Option<Sampling>,
}

impl Views {
    /// Reads the histories.
    pub fn new(data: &Dataset, recipe: &Recipe) -> Self {
        const SHOWN: u8 = BOUGHT | VISIBLE;
        Self {
            own: data.positives(),
            seen: data.items_where(|_| true),
            shown: data.items_where(|entry| entry.flags & (SHOWN | NEGATIVE) == SHOWN),
            bias: bias(data),
            n_items: data.n_items(),
            sampling: recipe
                .split
                .negatives
                .map(|negatives| Sampling { negatives, seed: recipe.seed }),
        }
    }

    /// The items to rank.
    pub fn catalogue(&self) -> Catalogue<'_> {
        Catalogue { n_items: self.n_items, seen: &self.seen, sampling: self.sampling }
    }
}

/// The items that each user didn't reject, with their weights in the item lists.
pub fn weighted_own(data: &Dataset, exponent: f32) -> WeightedRows {
    let rows: Vec<Vec<(u32, f32)>> = (0..data.n_users())
        .into_par_iter()
        .map(|user| {
            let own = || data.ground.histories.row(user).entries().filter(Entry::is_positive);
            let times: Vec<_> = own().map(|entry| entry.ts).collect();
            own().map(|entry| entry.item.0).zip(recency::weights(&times, exponent)).collect()
        })
        .collect();
    WeightedRows::from_rows(&rows)
}

/// The input of the embedding.
#[derive(Debug)]
pub struct Confidences {
    /// The confidence of every user in every item of the history, as of the data's reference time.
    pub matrix: Matrix,
    /// The mean confidence; 1 if there is none.
    ///
    /// A recipe states its ridge and its confidence in untouched items in units of this mean. So a
    /// recipe suits both shops whose events are mostly views and shops that record only purchases.
    pub mean: f32,
}

/// Reads the histories with the fading of their fold.
pub fn confidences(data: &Dataset) -> Result<Confidences, MatrixError> {
    confidences_as_of(data, data.events.clone())
}

/// Reads the histories, faded from their times to the data's reference time as `events` defines.
pub fn confidences_as_of(data: &Dataset, events: EventWeights) -> Result<Confidences, MatrixError> {
    let params = Params { events, reference: data.reference, ..Params::default() };
    let cells = (0..data.n_users()).map(|user| {
        data.ground.histories.row(user).entries().map(|entry| Cell {
            item: entry.item.0,
            confidence: params.present_confidence(entry),
            target: f32::from(entry.flags & NEGATIVE == 0),
        })
    });
    let matrix = Matrix::from_rows(data.n_items(), cells.clone())?;
    let sum: f64 = cells.flatten().map(|cell| f64::from(cell.confidence)).sum();
    let mean = (sum / matrix.n_cells().max(1) as f64) as f32;
    Ok(Confidences { matrix, mean: if mean > 0.0 { mean } else { 1.0 } })
}

/// Trains the embedding.
pub fn embedding(
    confidences: &Confidences,
    recipe: &Recipe,
    choice: EmbeddingChoice,
    observer: &mut dyn Observer,
) -> Result<Als, AlsError> {
    let Confidences { matrix, mean } = confidences;
    let recipe = AlsParams {
        dim: recipe.embedding.dim,
        sweeps: recipe.embedding.sweeps,
        solver: recipe.embedding.solver,
        unobserved_weight: choice.unobserved * mean / matrix.n_items().max(1) as f32,
        mean_ridge: choice.ridge * mean,
        ridge_exponent: recipe.embedding.ridge_exponent,
        item_frequency_exponent: recipe.embedding.item_frequency_exponent,
        seed: recipe.seed,
    };
    stage(observer, "embedding", |observer| embed(matrix, &recipe, observer))
}

/// The parts beside the embedding.
#[derive(Debug)]
pub struct Beside {
    /// `s`.
    pub ridge: WeightedRows,
    /// `g`.
    pub graph: WeightedRows,
    /// Friends with the strength of their ties.
    pub ties: WeightedRows,
}

impl Beside {
    /// Builds the lists and the ties.
    pub fn new(
        data: &Dataset,
        views: &Views,
        recipe: &Recipe,
        observer: &mut dyn Observer,
    ) -> Self {
        let (ridge, graph) = stage(observer, "item lists", |_| {
            let longest = recipe.lists.longest_history;
            let interactions = Interactions::new(&views.own, views.n_items, longest);
            (local_ridge(&interactions, &recipe.lists), graph(&interactions, &recipe.lists))
        });
        let ties = stage(observer, "ties", |_| ties(&data.ground.ties.friends.links(), &views.own));
        Self { ridge, graph, ties }
    }

    /// The scores of the friends' purchases.
    pub fn friends<'a>(&'a self, views: &'a Views) -> FriendScores<'a> {
        FriendScores { ties: &self.ties, shown: &views.shown, second_hop: None }
    }
}

/// The users' rows with a friend prior of this strength.
pub fn with_friends(
    matrix: &Matrix,
    als: &mut Als,
    ties: &WeightedRows,
    prior: FriendPrior,
) -> Result<Factors, AlsError> {
    if prior.strength > 0.0 {
        return als::user_sweep_with_prior(matrix, als, ties, prior);
    }
    als.fold_in.friend_shrinkage = prior.shrinkage;
    Ok(als.user_factors.clone())
}

/// All parts, ready to be weighted.
pub fn sources<'a>(
    views: &'a Views,
    own: &'a WeightedRows,
    beside: &'a Beside,
    embedding: &'a EmbeddingScorer<'a>,
) -> Sources<'a> {
    Sources {
        embedding,
        own,
        ridge: &beside.ridge,
        graph: &beside.graph,
        friends: beside.friends(views),
        bias: &views.bias,
        catalogue: views.catalogue(),
    }
}

/// The factors that bring the parts to a common scale, measured over random users with a history.
pub fn scales(sources: &Sources<'_>, seed: u64) -> PerPart {
    let with_history =
        (0..sources.own.rows() as u32).filter(|&user| !sources.own.row(user as usize).0.is_empty());
    sources.scales(&sample(seed, with_history, SCALE_USERS))
}
