//! What is known of a model beside its tables. [`super::stored`] says how `manifest.json` tells it.

use std::collections::BTreeMap;

use guanxi_models::Model;
use guanxi_models::params::Params;

/// Everything about a model but its tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The model's name.
    pub version: String,
    /// The offset through which it was trained.
    pub watermark: u64,
    /// When it was published, RFC 3339.
    pub created: String,
    /// How much is in it.
    pub shapes: Shapes,
    /// What it reached on held-out rows, by metric, as its report says.
    pub metrics: BTreeMap<String, f64>,
    /// What serving must know beside the tables.
    pub params: Params,
    /// Every other file of the directory.
    pub files: Vec<FileSum>,
}

/// How much is in a model.
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
    /// Its name in the directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// What its bytes add up to.
    pub checksum: Checksum,
}

/// What the bytes of a file add up to, in hexadecimal. It tells damage; against intent the directory must be guarded by other means.
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

    /// What it is called.
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
            users: model.users.len(),
            items: model.items.len(),
            interactions: model.histories.entries(),
            friendships: model.friends.columns().1.len(),
            dim: model.item_factors.dim(),
        }
    }
}
