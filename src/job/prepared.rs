//! The data and the recipe of a run, after an optional search for a better recipe.

use guanxi_models::Offset;
use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::{JudgedOn, search};
use guanxi_training::recipe::{Recipe, Trial};
use guanxi_training::tuning::search::SearchOutcome;

use super::{JobError, Source, Watch};

/// The source of the data, and the effort of the search.
#[derive(Clone, Copy, Debug)]
pub struct Preparation<'a> {
    /// The source of the data.
    pub source: &'a Source,
    /// The most recipes to try; `None` leaves it to the recipe.
    pub trials: Option<usize>,
}

/// A dataset, the recipe to train with, and the trials that found it.
#[derive(Debug)]
pub struct Prepared {
    /// The recipe to train with.
    pub recipe: Recipe,
    /// The trials, in order.
    pub trials: Vec<Trial>,
    /// The data, weighted by the recipe's event weights.
    pub data: Dataset,
    /// The last offset of the data.
    pub watermark: Offset,
}

/// The held-out rows by which a search compares recipes.
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
    /// Reads the data, and searches for a better recipe if requested.
    ///
    /// `judged_on` selects the rows that compare recipes; they use the user and item indices of the
    /// data.
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
