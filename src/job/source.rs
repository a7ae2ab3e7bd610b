//! The sources of training data.

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

/// A source of events and relations.
#[derive(Clone, Debug)]
pub enum Source {
    /// The log of a data directory.
    Log(PathBuf),
    /// The log up to an offset: the data of an interrupted training.
    LogThrough(PathBuf, Offset),
    /// A lake that `guanxi export` wrote.
    Lake(PathBuf),
    /// Files that were never imported into a log.
    Files {
        /// The paths.
        files: Files,
        /// Options for reading them.
        mapping: Box<Mapping>,
    },
}

impl Source {
    /// Chooses the lake if the interactions are a directory, else files.
    pub fn of(files: Files, mapping: Mapping) -> Self {
        match files.interactions {
            Some(path) if path.is_dir() => Self::Lake(path),
            _ => Self::Files { files, mapping: Box::new(mapping) },
        }
    }

    /// Limits the source to records up to this offset. Only a log can be limited; other sources are
    /// returned in full.
    #[must_use]
    pub fn through(&self, last: Offset) -> Self {
        match self {
            Self::Log(directory) | Self::LogThrough(directory, _) => {
                Self::LogThrough(directory.clone(), last)
            }
            other => other.clone(),
        }
    }

    /// Reads the source with these event weights. Returns the data and the last offset, which is 0
    /// for files that were never in a log.
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

/// Builds a world from these records.
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

/// An empty world with these event weights.
fn empty_world(events: EventWeights) -> World {
    let params = Params { events, ..Params::default() };
    let learned = Learned { params, ..Learned::default() };
    World::new(Arc::new(Model::new(learned, Ground::default())))
}

/// Builds the world that importing these files into an empty log would give. Indices are equal too,
/// so both hold out the same rows.
///
/// A malformed row is an error: training on the other rows would silently ignore data.
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
