//! Files become records: Parquet, CSV and NDJSON, row by row, in bounded memory.
//!
//! A [`Mapping`] assigns columns to fields, and a table reads the file piece by piece. [`Rows`]
//! yields the rows, which `ingest` has checked leniently. [`import`] writes them to a [`Sink`] in
//! batches.
//!
//! Event ids come from the file's content and the row number. Importing a file again, also after an
//! interruption, therefore stores no event twice.

mod csv;
mod error;
mod fingerprint;
mod known;
mod layout;
mod mapping;
mod ndjson;
mod parquet;
mod rows;
mod run;
mod table;
#[cfg(test)]
mod tests;

pub use error::{ImportError, MappingError, RowError};
pub use known::StoreSink;
pub use mapping::{FOREIGN_EVENTS, FOREIGN_KINDS, FileKind, Mapping};
pub use rows::{Rows, read_interactions, read_items, read_relations, read_users};
pub use run::{BATCH, Files, Sink, SinkError, Step, Tally, Written, import};
