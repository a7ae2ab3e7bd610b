//! The scope of a key.

use serde::{Deserialize, Serialize};

/// The operations that a key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Ask for lists and send events, from the pages of given origins, for the user whom a token
    /// names.
    Public,
    /// Read everything: lists for anybody, items, users, models, figures.
    Read,
    /// Read and write everything but models.
    Write,
    /// Everything.
    Admin,
}

/// The scope that an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: health and documentation.
    Nothing,
    /// To ask for lists.
    Recommend,
    /// To send events.
    Events,
    /// To read what is stored.
    Read,
    /// To write what is stored.
    Write,
    /// To change what is served.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 4] = [Self::Public, Self::Read, Self::Write, Self::Admin];

    /// True if a key of this scope allows the operation.
    pub fn allows(self, need: Need) -> bool {
        match need {
            Need::Nothing | Need::Recommend => true,
            Need::Events => self != Self::Read,
            Need::Read => self != Self::Public,
            Need::Write => matches!(self, Self::Write | Self::Admin),
            Need::Admin => self == Self::Admin,
        }
    }

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}
