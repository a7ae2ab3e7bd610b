//! Public ids of a file as the dense numbers of a dataset.

use std::collections::HashMap;
use std::path::Path;

use guanxi_models::ids::Ids;
use guanxi_training::data::dataset::Dataset;

use super::CliError;
use crate::import::{Mapping, read_interactions};

/// The numbers that the training data gave to ids. Unknown ids get numbers beyond, which no list can hold.
pub(super) struct Numbers {
    users: HashMap<String, u32>,
    /// The numbers of items.
    pub(super) items: HashMap<String, u32>,
}

impl Numbers {
    /// The numbers of a dataset.
    pub(super) fn of(data: &Dataset) -> Self {
        let numbered =
            |ids: &Ids| ids.iter().map(str::to_owned).zip(0..).collect::<HashMap<String, u32>>();
        Self { users: numbered(&data.ground.users), items: numbered(&data.ground.items) }
    }

    /// The rows of a file of interactions as numbers of users and items.
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
