//! Reasons why a training run fails.

use std::path::PathBuf;

use guanxi_training::error::FitError;
use guanxi_training::recipe::RecipeError;

use crate::import::{ImportError, RowError};
use crate::lake::LakeError;
use crate::registry::RegistryError;
use crate::store::StoreError;

/// A training run could not begin, go on, or publish its model.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// A recipe is neither built in nor a readable file.
    #[error("`{name}` is neither `quick`, `default` nor `best`, nor a recipe file: {source}")]
    NoRecipe {
        /// The name as it was given.
        name: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A recipe file holds no valid recipe.
    #[error("`{name}`: {source}")]
    BadRecipe {
        /// The file as it was named.
        name: String,
        /// The flaw.
        source: RecipeError,
    },
    /// A row of a file is malformed: training on the rest would look like training on the whole.
    #[error("`{}`: {source}; mend the file, or import it", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The row and its flaw.
        source: RowError,
    },
    /// The checkpoints can't be written or removed.
    #[error("can't use `{}`", path.display())]
    Checkpoints {
        /// Their directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A condition was given, and no rows to judge it on.
    #[error(
        "no user has rows to hold out, so that `publish-if` can't be judged: \
         import more, or train without it"
    )]
    NothingHeldOut,
    /// The recipe or the report of the current model can't be read.
    #[error(
        "how model `{version}` was trained can't be read ({what}): train without `--publish-if`"
    )]
    UnreadablePapers {
        /// The model.
        version: String,
        /// The flaw.
        what: String,
    },
    /// The report has no form in JSON.
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
