//! Batched queries: the taste of many users at once, for a nightly job.

use super::allowed::Allowed;
use super::answer::Listed;
use super::asker::Asker;
use super::query::{Query, QueryError};
use super::scratch::Scratch;
use crate::id::ItemIdx;
use crate::index::Panels;
use crate::world::World;

impl World {
    /// For each for-you query, the exact top of the embedding alone, `p_u.q_j`, without lists and
    /// friends.
    ///
    /// `panels` are those of the model's items. An asker without history and friends gets an
    /// empty list. O(queries x items x dim).
    pub fn recommend_by_embedding(
        &self,
        panels: &Panels,
        queries: &[Query],
        scratch: &mut Scratch,
    ) -> Result<Vec<Vec<Listed<ItemIdx>>>, QueryError> {
        let dim = self.model().learned.item_factors.dim();
        let (mut vectors, mut allowed) = (Vec::new(), Vec::with_capacity(queries.len()));
        for query in queries {
            query.check()?;
            let asker = Asker::new(self, query);
            let vector = asker.vector(self, scratch);
            vectors.extend_from_slice(&vector);
            vectors.resize((allowed.len() + 1) * dim, 0.0);
            allowed.push((!vector.is_empty()).then_some(Allowed::new(self, query, asker.user)?));
        }
        let accept = |query: usize, item: u32| {
            allowed[query].as_ref().is_some_and(|allowed: &Allowed<'_>| allowed.contains(item))
        };
        let most = queries.iter().map(|query| query.limit).max().unwrap_or(0);
        let top = panels.top(&vectors, most, &accept);
        let cut = top.into_iter().zip(queries).map(|(items, query)| {
            items
                .into_iter()
                .take(query.limit)
                .map(|(score, item)| Listed::new(ItemIdx(item), score))
                .collect()
        });
        Ok(cut.collect())
    }
}
