//! The lists that a running service returns, to be scored beside the exhaustive ranking.

use std::sync::Arc;

use guanxi_models::recommend::Scratch;
use guanxi_models::{Model, Query, QueryError, Scenario, World};
use rayon::prelude::*;

use crate::judge::case::Case;
use crate::judge::metrics::LONGEST_LIST;

/// The for-you lists of the users of `cases`, best first. As over HTTP, candidates come from the
/// index and seen items are left out.
pub fn served(model: Model, cases: &[Case]) -> Result<Vec<Vec<u32>>, QueryError> {
    let world = World::new(Arc::new(model));
    let list = |scratch: &mut Scratch, case: &Case| {
        let user = world.model().ground.users.get(case.user as usize).unwrap_or_default();
        let query = Query {
            scenario: Scenario::FOR_YOU,
            user: Some(user.to_owned()),
            limit: LONGEST_LIST,
            ..Query::default()
        };
        let ranked = world.recommend(&query, scratch)?.items;
        Ok(ranked.iter().map(|one| one.id.0).collect())
    };
    cases.par_iter().map_init(Scratch::default, list).collect()
}
