//! What `manifest.json` in a model's directory says.

use std::collections::BTreeMap;

use guanxi_models::Model;
use guanxi_models::params::Params;
use serde::{Deserialize, Serialize};

use super::error::Flaw;

/// The format of a model directory. A higher one was written by a later guanxi; 1 had checksums by SHA-256.
pub(super) const FORMAT: u32 = 2;

/// Everything about a model but its tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the directory.
    pub format: u32,
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

impl Manifest {
    /// Reads a manifest of this format or one before.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Flaw> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        // A later format may have other fields: that it is later comes first.
        let Format { format } = serde_json::from_slice(bytes).map_err(Flaw::new)?;
        if !(1..=FORMAT).contains(&format) {
            return Err(Flaw::new(format!("has format {format} instead of {FORMAT}")));
        }
        serde_json::from_slice(bytes).map_err(Flaw::new)
    }
}

/// How much is in a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Its name in the directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// What its bytes add up to.
    #[serde(flatten)]
    pub checksum: Checksum,
}

/// What the bytes of a file add up to, in hexadecimal. It tells damage; against intent the directory must be guarded by other means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_format_is_told_as_one() {
        let later = Manifest::read(br#"{"format":3,"of":"tomorrow"}"#).unwrap_err();
        assert_eq!(later.to_string(), "has format 3 instead of 2");
        let none = Manifest::read(b"{}").unwrap_err();
        assert!(none.to_string().contains("missing field `format`"), "{none}");
    }
}
