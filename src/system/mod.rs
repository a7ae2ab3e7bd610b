//! The operating system: files that are whole and of a known format, freed memory, and who gets a
//! core first.

pub(crate) mod disk;
pub(crate) mod format;
pub(crate) mod idle;
pub(crate) mod memory;
pub(crate) mod priority;
