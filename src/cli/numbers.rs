//! Translates the public ids of a file to the dense indices of a dataset.

use std::collections::HashMap;
use std::path::Path;

use guanxi_models::ids::Ids;
use guanxi_training::data::dataset::Dataset;

use super::CliError;
use crate::import::{Mapping, read_interactions};

/// The dense indices that the training data assigned. Unknown ids get indices beyond them, which no
/// list can contain.
pub(super) struct Numbers {
    users: HashMap<String, u32>,
    /// Item indices by id.
    pub(super) items: HashMap<String, u32>,
}

impl Numbers {
    /// The indices of a dataset.
    pub(super) fn of(data: &Dataset) -> Self {
        let numbered =
            |ids: &Ids| ids.iter().map(str::to_owned).zip(0..).collect::<HashMap<String, u32>>();
        Self { users: numbered(&data.ground.users), items: numbered(&data.ground.items) }
    }

    /// Reads the interactions of a file as pairs of user and item index.
    pub(super) fn pairs(
        &mut self,
        path: &Path,
        mapping: &Mapping,
    ) -> Result<Vec<(u32, u32)>, CliError> {
        let mut pairs = Vec::new();
        for row in read_interactions(path, mapping)? {
            let row = row.map_err(|error| format!("`{}`: {error}", path.display()))?;
            pairs.push((number(&mut self.users, row.user), number(&mut self.items, row.item)));
        }
        Ok(pairs)
    }
}

fn number(numbers: &mut HashMap<String, u32>, id: String) -> u32 {
    let next = numbers.len() as u32;
    *numbers.entry(id).or_insert(next)
}
