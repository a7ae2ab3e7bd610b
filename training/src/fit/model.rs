//! Assembles the servable model of a fitted data set, with its index.

use guanxi_models::Ground;
use guanxi_models::factors::Factors;
use guanxi_models::id::Offset;
use guanxi_models::index::{IndexParams, ItemIndex};
use guanxi_models::model::{Learned, Model};
use guanxi_models::params::Params;
use guanxi_models::world::TieTable;

use crate::data::dataset::Dataset;
use crate::error::FitError;
use crate::fitted::Fitted;
use crate::lists::{similar, truncate};
use crate::recipe::Recipe;

pub(super) fn model(
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
    let learned = Learned {
        params,
        profiles: if has_prior { als.user_factors } else { Factors::empty() },
        user_factors: users.clone(),
        item_factors: als.item_factors,
        placement: None,
        lists: lists.clone(),
        also_bought: truncate(&beside.graph, recipe.lists.length),
        similar,
        bias: if blend.popularity > 0.0 { views.bias.clone() } else { Vec::new() }.into(),
        index,
    };
    let ties = TieTable { friends: beside.ties.clone(), ..data.ground.ties.clone() };
    let popularity = popularity.collect();
    let ground = Ground { ties, popularity, ..data.ground.clone() };
    Ok(Model { watermark, ..Model::new(learned, ground) })
}
