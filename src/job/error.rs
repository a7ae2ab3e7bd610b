//! The errors of a training run.

use std::path::PathBuf;

use guanxi_training::error::FitError;
use guanxi_training::recipe::RecipeError;

use crate::import::{ImportError, RowError};
use crate::lake::LakeError;
use crate::registry::RegistryError;
use crate::store::StoreError;

/// A training run could not start, resume, or publish its model.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The recipe is neither built in nor a readable file.
    #[error("`{name}` is neither `quick`, `default` nor `best`, nor a recipe file: {source}")]
    NoRecipe {
        /// The requested name.
        name: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A recipe file holds no valid recipe.
    #[error("`{name}`: {source}")]
    BadRecipe {
        /// The file, as it was named.
        name: String,
        /// The cause.
        source: RecipeError,
    },
    /// A row of a file is malformed. Training on the remaining rows would silently ignore data.
    #[error("`{}`: {source}; correct the file, or import it with `guanxi import`", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The row and its defect.
        source: RowError,
    },
    /// The checkpoints can't be written or removed.
    #[error("can't use `{}`", path.display())]
    Checkpoints {
        /// The directory of the checkpoints.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A condition was given, but no rows could be held out to judge it.
    #[error(
        "no user has rows to hold out, so `publish-if` can't be judged: \
         import users with about 10 items each, or train without it"
    )]
    NothingHeldOut,
    /// The recipe or the report of the current model can't be read.
    #[error(
        "how model `{version}` was trained can't be read ({what}): train without `--publish-if`"
    )]
    UnreadablePapers {
        /// The model.
        version: String,
        /// The cause.
        what: String,
    },
    /// The report can't be serialised as JSON.
    #[error("the report can't be written: {0}")]
    Report(serde_json::Error),
    /// The training itself failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A file of interactions, relations or items can't be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The lake can't be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The log can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The current model can't be read, or the new one can't be published.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}
