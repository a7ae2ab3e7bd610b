//! Assembles the servable model of a fitted data set, with its index.

use guanxi_models::column::Column;
use guanxi_models::factors::Factors;
use guanxi_models::id::Offset;
use guanxi_models::index::{IndexParams, ItemIndex};
use guanxi_models::model::Model;
use guanxi_models::params::Params;

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

/// The time of the first event about each item; 0 if unknown.
fn first_seen(data: &Dataset) -> Column<i64> {
    let mut first: Vec<i64> = data.first_seen.to_vec();
    first.resize(data.n_items(), 0);
    first.into()
}
