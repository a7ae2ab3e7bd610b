//! What a training run reads.

use std::path::PathBuf;
use std::sync::Arc;

use guanxi_models::history::EventWeights;
use guanxi_models::params::Params;
use guanxi_models::{Model, Offset, World};
use guanxi_training::dataset::Dataset;

use super::CliError;
use crate::store::LogReader;

/// Where events and relations come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The log of a data directory.
    Log(PathBuf),
}

impl Source {
    /// All that the source holds, folded by these weights, and the offset through which it goes; 0 for files that never were in a log.
    pub fn read(&self, events: EventWeights) -> Result<(Dataset, Offset), CliError> {
        let mut world = empty_world(events);
        match self {
            Self::Log(directory) => {
                for entry in LogReader::open(directory)?.read(Offset(0))? {
                    let (offset, record) = entry?;
                    world.apply(offset, &record);
                }
            }
        }
        Ok((Dataset::from(&world), world.offset()))
    }
}

/// A world that folds events by these weights.
fn empty_world(events: EventWeights) -> World {
    let params = Params { events, ..Params::default() };
    World::new(Arc::new(Model { params, ..Model::empty() }))
}
