//! The content of a lake as its manifest lists it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path};

use guanxi_models::Offset;
use serde::{Deserialize, Serialize};

use super::{LakeError, Part};
use crate::system::disk::{sync, write_whole};

/// The version of the schema that this program writes, and the highest that it reads. Version 1 has
/// fewer columns.
pub const SCHEMA_VERSION: u64 = 2;

/// The folder of the parts.
pub(super) const RECORDS: &str = "records";
pub(super) const FILE: &str = "manifest.json";

/// The content of `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the columns and of this file.
    pub schema_version: u64,
    /// The offset through which the lake holds the log.
    pub through: Offset,
    /// The parts in the order of their first offsets. Together they hold every offset up to
    /// `through` once.
    pub files: Vec<Part>,
}

/// The part of a manifest that every version has.
#[derive(Debug, Deserialize)]
struct Version {
    schema_version: u64,
}

impl Manifest {
    /// The manifest of a lake, or of none.
    pub(super) fn empty() -> Self {
        Self { schema_version: SCHEMA_VERSION, through: Offset(0), files: Vec::new() }
    }

    /// Reads the manifest of a lake and checks that it makes sense.
    pub fn load(lake: &Path) -> Result<Self, LakeError> {
        let path = lake.join(FILE);
        let damaged = |what: String| LakeError::damaged(&path, what);
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => LakeError::Absent { path: lake.to_owned() },
            _ => LakeError::io(&path)(error),
        })?;
        let broken = |error: serde_json::Error| damaged(format!("is not a manifest ({error})"));
        let version: Version = serde_json::from_slice(&bytes).map_err(broken)?;
        if !(1..=SCHEMA_VERSION).contains(&version.schema_version) {
            let (found, known) = (version.schema_version, SCHEMA_VERSION);
            return Err(LakeError::Version { path, found, known });
        }
        let manifest: Self = serde_json::from_slice(&bytes).map_err(broken)?;
        manifest.check().map_err(damaged)?;
        // Adding to a lake of version 1 makes it a lake of the current version; old parts stay
        // unchanged.
        Ok(Self { schema_version: SCHEMA_VERSION, ..manifest })
    }

    /// Replaces the manifest of a lake, and waits until the disk has it.
    pub(super) fn store(&self, lake: &Path) -> Result<(), LakeError> {
        let json = serde_json::to_vec_pretty(self).expect("a manifest is plain data");
        write_whole(&lake.join(FILE), &json).and_then(|()| sync(lake)).map_err(LakeError::io(lake))
    }

    /// The parts of each pass: the smallest groups that hold all offsets from their first to their
    /// last.
    pub(super) fn passes(&self) -> Vec<&[Part]> {
        let (mut rest, mut passes) = (&self.files[..], Vec::new());
        while let Some(length) = pass_length(rest) {
            let (pass, after) = rest.split_at(length);
            passes.push(pass);
            rest = after;
        }
        passes
    }

    fn check(&self) -> Result<(), String> {
        if let Some(part) = self.files.iter().find(|part| !is_inside(&part.path)) {
            return Err(format!("names `{}`, which is not among the records", part.path));
        }
        let (mut next, mut counted) = (Offset(0).next(), 0);
        for pass in self.passes() {
            let last = pass.iter().map(|part| part.last).max().unwrap_or_default();
            if pass[0].first != next {
                return Err(format!("has no part that begins with offset {next}"));
            }
            (next, counted) = (last.next(), counted + pass.len());
        }
        if counted == self.files.len() && next == self.through.next() {
            return Ok(());
        }
        Err(format!("has no parts for the offsets {next} to {}", self.through))
    }
}

/// The number of parts in the first pass; none if they never add up to one.
fn pass_length(parts: &[Part]) -> Option<usize> {
    let (first, mut last, mut rows) = (parts.first()?.first, Offset(0), 0_u64);
    for (part, length) in parts.iter().zip(1..) {
        last = last.max(part.last);
        rows = rows.checked_add(part.rows)?;
        if last.0.checked_sub(first.0)?.checked_add(1)? == rows {
            return Some(length);
        }
    }
    None
}

/// True if a path of the manifest stays in the folder of the parts.
fn is_inside(path: &str) -> bool {
    let mut components = Path::new(path).components();
    components.next() == Some(Component::Normal(RECORDS.as_ref()))
        && components.all(|component| matches!(component, Component::Normal(_)))
}
