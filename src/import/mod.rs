//! Files become records: Parquet, CSV and NDJSON, row by row, in bounded memory.
//!
//! A [`Mapping`] says which column is which field, a table reads the file piece by piece, and [`Rows`] hands out the checked rows: `ingest`
//! checks them, leniently. [`import`] writes them to a [`Sink`] in batches. Event ids come from the file's content and the row number, so that
//! a file that is imported again, or once more after an interruption, doubles nothing.

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
