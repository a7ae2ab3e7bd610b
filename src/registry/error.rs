//! Errors of models on disk.

use std::path::PathBuf;

/// The reason why a model can't be published, found or loaded.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file or directory can't be used.
    #[error("can't use `{}`", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// There is no such model.
    #[error("model `{version}` does not exist: `guanxi models list` shows all models")]
    Unknown {
        /// The requested name.
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
        /// The newest format that this program reads.
        known: u32,
    },
    /// A file of a model is damaged.
    #[error("model `{version}` is damaged: `{file}` {what}")]
    Damaged {
        /// The model.
        version: String,
        /// The file.
        file: String,
        /// The kind of damage.
        what: String,
    },
    /// The current model can't be removed.
    #[error("`keep` is 0: keep at least the current model")]
    KeepNone,
}

impl RegistryError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// The damage of a file, before its model is known.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Flaw(pub(super) String);

impl Flaw {
    pub(super) fn new(what: impl std::fmt::Display) -> Self {
        Self(what.to_string())
    }
}
