//! The log and what is looked up in it, on disk.

use guanxi_models::Offset;

/// What became of one record that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the log.
    Stored(Offset),
    /// The same event with the same body is already in the log, at this offset.
    Duplicate(Offset),
    /// Another event of the same id is in the log, at this offset: nothing was written.
    Conflict(Offset),
}
