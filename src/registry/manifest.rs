//! The description of a model. [`super::stored`] defines its stored form, `manifest.json`.

use std::collections::BTreeMap;

use guanxi_models::Model;
use guanxi_models::params::Params;

/// All of a model except its tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The model's name.
    pub version: String,
    /// The offset through which it was trained.
    pub watermark: u64,
    /// The time of its publication, RFC 3339.
    pub created: String,
    /// Its size.
    pub shapes: Shapes,
    /// Its metrics on held-out rows, as in its report.
    pub metrics: BTreeMap<String, f64>,
    /// The parameters for serving.
    pub params: Params,
    /// Every other file of the directory.
    pub files: Vec<FileSum>,
}

/// The size of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shapes {
    /// Users.
    pub users: usize,
    /// Items.
    pub items: usize,
    /// Entries of all histories.
    pub interactions: usize,
    /// Friendships, each counted from both sides.
    pub friendships: usize,
    /// The width of an embedding.
    pub dim: usize,
}

/// The size and the checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSum {
    /// The name in the directory.
    pub name: String,
    /// The length in bytes.
    pub bytes: u64,
    /// The checksum of its bytes.
    pub checksum: Checksum,
}

/// A checksum in hexadecimal. It detects damage, but not intentional changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// The 128 bits of XXH3.
    Xxh3(String),
    /// SHA-256: models of format 1.
    Sha256(String),
}

impl Checksum {
    /// The digits.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Xxh3(sum) | Self::Sha256(sum) => sum,
        }
    }

    /// The name of the algorithm.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Xxh3(_) => "xxh3",
            Self::Sha256(_) => "sha256",
        }
    }
}

impl Shapes {
    pub(super) fn of(model: &Model) -> Self {
        Self {
            users: model.ground.users.len(),
            items: model.ground.items.len(),
            interactions: model.ground.histories.entries(),
            friendships: model.ground.ties.friends.columns().1.len(),
            dim: model.learned.item_factors.dim(),
        }
    }
}
