//! Errors of a file, and of one row of it.

use std::path::PathBuf;

use crate::ingest::Flaw;

/// Why a file can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be opened or read.
    #[error("can't read `{}`", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// The file's name doesn't say what it holds.
    #[error(
        "`{}` is of no known format: its name must end in `.parquet`, `.csv`, `.ndjson` or `.jsonl`",
        path.display()
    )]
    Extension {
        /// The path of the file.
        path: PathBuf,
    },
    /// The file is damaged, or of another format than its name says.
    #[error("`{}` is no readable {format} file: {what}", path.display())]
    Damaged {
        /// The path of the file.
        path: PathBuf,
        /// The format that its name implies.
        format: &'static str,
        /// The reason.
        what: String,
    },
    /// A column that is needed is not there.
    #[error(
        "`{}` has no column `{wanted}`; it has {}: name the right one with `--map {field}=COLUMN`",
        path.display(),
        listed(columns)
    )]
    MissingColumn {
        /// The path of the file.
        path: PathBuf,
        /// The column that was looked for.
        wanted: String,
        /// The field that it was to be.
        field: &'static str,
        /// The columns that exist.
        columns: Vec<String>,
    },
    /// The type of a column can't be converted to its field.
    #[error("column `{column}` of `{}` has the type {data_type}, which can't be a {field}", path.display())]
    ColumnType {
        /// The path of the file.
        path: PathBuf,
        /// The name of the column.
        column: String,
        /// Its type.
        data_type: String,
        /// The field that it was to be.
        field: &'static str,
    },
    /// The records could not be written.
    #[error("writing failed; what was written before is safe, and importing again goes on there")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn listed(columns: &[String]) -> String {
    match columns {
        [] => "no columns at all".to_owned(),
        columns => format!("`{}`", columns.join("`, `")),
    }
}

impl ImportError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// Why a row was not taken.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// Something in the row is wrong; the next row may be fine.
    #[error("row {row}: {flaw}")]
    Malformed {
        /// The row's number among the data, from 1; in NDJSON the number of its line.
        row: u64,
        /// The reason.
        flaw: Flaw,
    },
    /// The file can't be read any further: no row follows.
    #[error(transparent)]
    Unreadable(#[from] ImportError),
}

/// Why a mapping that was typed makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// It is not of the form `NAME=NAME`.
    #[error("`{text}` is not a mapping: write `field=column`")]
    Form {
        /// The given text.
        text: String,
    },
    /// There is no such field.
    #[error("`{field}` is not a field: the fields are {}", known.join(", "))]
    Field {
        /// The given text.
        field: String,
        /// The fields that exist.
        known: Vec<&'static str>,
    },
    /// There is no such event type.
    #[error("`{name}` is no event type: the types are {}", known.join(", "))]
    EventType {
        /// The given text.
        name: String,
        /// The types that exist.
        known: Vec<&'static str>,
    },
}
