//! Errors of keys.

use std::path::PathBuf;

/// Why keys can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A file can't be used.
    #[error("can't use `{}`", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("`{}` can't be read as {expected}: {what}", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The expected content.
        expected: &'static str,
        /// The reason.
        what: String,
    },
    /// A later guanxi wrote the keys.
    #[error(
        "`{}` has format {found}, and this guanxi reads formats up to {known}: use the guanxi that wrote it",
        path.display()
    )]
    Later {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The last format that this program reads.
        known: u32,
    },
    /// A third key of the same name.
    #[error(
        "`{name}` has two valid keys, {first} and {second}: revoke the older one first, with `guanxi keys revoke`"
    )]
    TwoAlready {
        /// The name.
        name: String,
        /// The older key.
        first: String,
        /// The newer key.
        second: String,
    },
    /// No key has this id.
    #[error("no key has the id `{id}`: `guanxi keys list` names them")]
    Unknown {
        /// The given text.
        id: String,
    },
    /// A public key that any page could use.
    #[error(
        "a public key lies open in a page: name the origins of your pages with --origin https://shop.example"
    )]
    NoOrigin,
    /// Something that is no origin.
    #[error(
        "`{origin}` is no origin: write scheme and host, and nothing behind them, like https://shop.example"
    )]
    Origin {
        /// The given text.
        origin: String,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

impl AccessError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
