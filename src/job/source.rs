//! What a training run reads.

use std::path::PathBuf;
use std::sync::Arc;

use guanxi_models::history::EventWeights;
use guanxi_models::params::Params;
use guanxi_models::{Ground, Learned, Model, Offset, Record, World};
use guanxi_training::data::dataset::Dataset;

use super::JobError;
use crate::import::{Files, Mapping, Rows};
use crate::lake;
use crate::store::LogReader;

/// Where events and relations come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The log of a data directory.
    Log(PathBuf),
    /// The same through an offset: what a training that was interrupted read.
    LogThrough(PathBuf, Offset),
    /// A lake that `guanxi export` wrote.
    Lake(PathBuf),
    /// Files that never were in a log.
    Files {
        /// Which files.
        files: Files,
        /// How they are to be understood.
        mapping: Box<Mapping>,
    },
}

impl Source {
    /// A lake where the interactions are a folder, else files.
    pub fn of(files: Files, mapping: Mapping) -> Self {
        match files.interactions {
            Some(path) if path.is_dir() => Self::Lake(path),
            _ => Self::Files { files, mapping: Box::new(mapping) },
        }
    }

    /// What the source held when it went through this offset. Only a log can tell; of others it is all that they hold.
    #[must_use]
    pub fn through(&self, last: Offset) -> Self {
        match self {
            Self::Log(directory) | Self::LogThrough(directory, _) => {
                Self::LogThrough(directory.clone(), last)
            }
            other => other.clone(),
        }
    }

    /// All that the source holds, folded by these weights, and the offset through which it goes; 0 for files that never were in a log.
    pub fn read(&self, events: EventWeights) -> Result<(Dataset, Offset), JobError> {
        let world = match self {
            Self::Log(directory) => replay(events, LogReader::open(directory)?.read(Offset(0))?)?,
            Self::LogThrough(directory, last) => {
                let log = LogReader::open(directory)?.read(Offset(0))?;
                let is_later = |offset: &Offset| offset > last;
                let until = log.take_while(|entry| !entry.as_ref().is_ok_and(|e| is_later(&e.0)));
                replay(events, until)?
            }
            Self::Lake(directory) => replay(events, lake::read(directory)?)?,
            Self::Files { files, mapping } => {
                let world = world_of_files(events, files, mapping)?;
                return Ok((Dataset::from(&world), Offset(0)));
            }
        };
        Ok((Dataset::from(&world), world.offset()))
    }
}

/// A world of these records.
fn replay<E: Into<JobError>>(
    events: EventWeights,
    records: impl Iterator<Item = Result<(Offset, Record), E>>,
) -> Result<World, JobError> {
    let mut world = empty_world(events);
    for entry in records {
        let (offset, record) = entry.map_err(Into::into)?;
        world.apply(offset, &record);
    }
    Ok(world)
}

/// A world that folds events by these weights.
fn empty_world(events: EventWeights) -> World {
    let params = Params { events, ..Params::default() };
    let learned = Learned { params, ..Learned::default() };
    World::new(Arc::new(Model::new(learned, Ground::default())))
}

/// What importing the files into an empty log would give: also numbered alike, so that both draw the same rows to hold out. A malformed
/// row ends it: training on a part would look like the whole.
fn world_of_files(
    events: EventWeights,
    files: &Files,
    mapping: &Mapping,
) -> Result<World, JobError> {
    let mut world = empty_world(events);
    for rows in files.open(mapping)? {
        apply(&mut world, rows)?;
    }
    Ok(world)
}

fn apply(world: &mut World, rows: Rows<Record>) -> Result<(), JobError> {
    let path = rows.path().to_owned();
    for row in rows {
        let row = row.map_err(|source| JobError::Row { path: path.clone(), source })?;
        world.apply(world.offset().next(), &row);
    }
    Ok(())
}
