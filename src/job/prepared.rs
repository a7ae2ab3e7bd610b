//! The data and the recipe that a run trains by, after a search for a better recipe if one is wanted.

use guanxi_models::Offset;
use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::{JudgedOn, search};
use guanxi_training::recipe::{Recipe, Trial};
use guanxi_training::tuning::search::SearchOutcome;

use super::{JobError, Source, Watch};

/// Where the data come from, and how much is searched.
#[derive(Clone, Copy, Debug)]
pub struct Preparation<'a> {
    /// Holds the data.
    pub source: &'a Source,
    /// The most recipes to try; none where the recipe says it.
    pub trials: Option<usize>,
}

/// A dataset with the recipe to train by, and the trials that found the recipe.
#[derive(Debug)]
pub struct Prepared {
    /// The recipe to train by.
    pub recipe: Recipe,
    /// The recipes that were tried, in their order.
    pub trials: Vec<Trial>,
    /// The data, folded by the event weights of the recipe.
    pub data: Dataset,
    /// The offset through which the data go.
    pub watermark: Offset,
}

/// The held-out rows on which a search judges recipes.
#[derive(Debug)]
pub enum Rows {
    /// See [`JudgedOn::Half`].
    Half,
    /// See [`JudgedOn::All`].
    All,
    /// See [`JudgedOn::Rows`].
    Given(Vec<(u32, u32)>),
}

impl Rows {
    fn judged_on(&self) -> JudgedOn<'_> {
        match self {
            Self::Half => JudgedOn::Half,
            Self::All => JudgedOn::All,
            Self::Given(rows) => JudgedOn::Rows(rows),
        }
    }
}

impl Preparation<'_> {
    /// Reads the data, and searches for a better recipe if that is wanted.
    ///
    /// `judged_on` names the rows of a search; their users and items are numbered as in the data.
    pub fn prepare<E: From<JobError>>(
        &self,
        recipe: Recipe,
        judged_on: impl FnOnce(&Dataset) -> Result<Rows, E>,
        watch: &mut Watch<'_>,
    ) -> Result<Prepared, E> {
        let (data, watermark) = self.read(&recipe, watch)?;
        let budget = self.trials.unwrap_or(recipe.search.trials);
        if budget == 0 {
            return Ok(Prepared { recipe, trials: Vec::new(), data, watermark });
        }
        let rows = judged_on(&data)?;
        let found = search(&data, rows.judged_on(), &recipe, budget, watch);
        watch.search_done();
        let SearchOutcome { recipe: mut best, trials } = found.map_err(JobError::from)?;
        best.search.trials = 0;
        if best.events == recipe.events {
            return Ok(Prepared { recipe: best, trials, data, watermark });
        }
        drop(data);
        let (data, watermark) = self.read(&best, watch)?;
        Ok(Prepared { recipe: best, trials, data, watermark })
    }

    fn read(&self, recipe: &Recipe, watch: &mut Watch<'_>) -> Result<(Dataset, Offset), JobError> {
        watch.stage_of("read", || self.source.read(recipe.event_weights()))
    }
}
