//! Lists as a running service answers them, to be scored beside those of the exhaustive ranking.

use std::sync::Arc;

use guanxi_models::recommend::Scratch;
use guanxi_models::{Model, Query, QueryError, Scenario, World};
use rayon::prelude::*;

use crate::evaluation::Case;
use crate::metrics::{LONGEST_LIST, Metrics};

/// The quality of the for-you lists of the users of `cases`: candidates from the index, what was seen left out, as over HTTP.
pub fn served(model: Model, cases: &[Case]) -> Result<Metrics, QueryError> {
    let world = World::new(Arc::new(model));
    let list = |scratch: &mut Scratch, case: &Case| {
        let user = world.model().users.get(case.user as usize).unwrap_or_default();
        let query = Query {
            scenario: Scenario::ForYou,
            user: Some(user.to_owned()),
            limit: LONGEST_LIST,
            ..Query::default()
        };
        let ranked = world.recommend(&query, scratch)?.items;
        let items: Vec<u32> = ranked.iter().map(|one| one.item.0).collect();
        Ok(Metrics::of(&items, &case.truth))
    };
    let lists: Result<Vec<Metrics>, QueryError> =
        cases.par_iter().map_init(Scratch::default, list).collect();
    Ok(Metrics::mean(lists?.into_iter()))
}
