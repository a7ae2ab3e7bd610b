//! Errors of settings.

use std::path::PathBuf;

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file can't be read.
    #[error("can't read the settings file `{}`", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the settings file `{}` is not TOML: {what}", path.display())]
    NotToml {
        /// The path of the file.
        path: PathBuf,
        /// The reason and its place.
        what: String,
    },
    /// A key that nothing reads.
    #[error("unknown key `{key}` in {place}: {advice}")]
    UnknownKey {
        /// The key as it was written.
        key: String,
        /// The file and line, or the variable.
        place: String,
        /// The nearest known key, or where to find them all.
        advice: String,
    },
    /// A value of the wrong type.
    #[error(transparent)]
    Type(#[from] config::ConfigError),
    /// A value that makes no sense.
    #[error("`{key}` is {value}: {advice}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// A value that would be valid.
        advice: String,
    },
}
