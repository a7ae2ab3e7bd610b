//! The parameters of a model in manifests.

use guanxi_models::history::EventWeights;
use guanxi_models::params::{Blend, FoldIn, Params};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredParams<E> {
    pub(super) events: E,
    reference: i64,
    fold_in: StoredFoldIn,
    blend: StoredBlend,
    // Early manifests of format 1 lack the fields with a default.
    #[serde(default)]
    recency: f32,
}

#[derive(Serialize, Deserialize)]
struct StoredFoldIn {
    spectrum: Vec<f32>,
    ridge: f32,
    unobserved: f32,
    ridge_exponent: f32,
    friend_strength: f32,
    friend_shrinkage: f32,
    mean: Vec<f32>,
}

#[derive(Serialize, Deserialize)]
struct StoredBlend {
    embedding: f32,
    list: f32,
    friends: f32,
    #[serde(default)]
    popularity: f32,
    #[serde(default)]
    second_hop: f32,
}

impl<'a, E: From<&'a EventWeights>> From<&'a Params> for StoredParams<E> {
    fn from(params: &'a Params) -> Self {
        let Params { events, reference, fold_in, blend, recency } = params;
        let FoldIn {
            spectrum,
            ridge,
            unobserved,
            ridge_exponent,
            friend_strength,
            friend_shrinkage,
            mean,
        } = fold_in.clone();
        let Blend { embedding, list, friends, popularity, second_hop } = *blend;
        Self {
            events: E::from(events),
            reference: *reference,
            fold_in: StoredFoldIn {
                spectrum,
                ridge,
                unobserved,
                ridge_exponent,
                friend_strength,
                friend_shrinkage,
                mean,
            },
            blend: StoredBlend { embedding, list, friends, popularity, second_hop },
            recency: *recency,
        }
    }
}

impl<E> From<StoredParams<E>> for Params
where
    EventWeights: From<E>,
{
    fn from(stored: StoredParams<E>) -> Self {
        let StoredParams { events, reference, fold_in, blend, recency } = stored;
        let StoredFoldIn {
            spectrum,
            ridge,
            unobserved,
            ridge_exponent,
            friend_strength,
            friend_shrinkage,
            mean,
        } = fold_in;
        let StoredBlend { embedding, list, friends, popularity, second_hop } = blend;
        Self {
            events: EventWeights::from(events),
            reference,
            fold_in: FoldIn {
                spectrum,
                ridge,
                unobserved,
                ridge_exponent,
                friend_strength,
                friend_shrinkage,
                mean,
            },
            blend: Blend { embedding, list, friends, popularity, second_hop },
            recency,
        }
    }
}
