//! What can go wrong with models on disk.

use std::path::PathBuf;

/// Why a model can't be published, found or loaded.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file or directory can't be used.
    #[error("can't use `{}`", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no such model.
    #[error("model `{version}` does not exist: `guanxi models list` names those that do")]
    Unknown {
        /// The name that was asked for.
        version: String,
    },
    /// A later guanxi wrote the model.
    #[error(
        "model `{version}` has format {found}, and this guanxi reads formats up to {known}: serve it with the guanxi that wrote it, or \
         train again"
    )]
    Later {
        /// The model.
        version: String,
        /// Its format.
        found: u32,
        /// The last format that this program reads.
        known: u32,
    },
    /// A file of a model is not as it was written.
    #[error("model `{version}` is damaged: `{file}` {what}")]
    Damaged {
        /// The model.
        version: String,
        /// Which file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// The model that is served can't be removed.
    #[error("`keep` is 0: keep at least the current model")]
    KeepNone,
}

impl RegistryError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// What is wrong with a file, before it is known of which model.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Flaw(pub(super) String);

impl Flaw {
    pub(super) fn new(what: impl std::fmt::Display) -> Self {
        Self(what.to_string())
    }
}
