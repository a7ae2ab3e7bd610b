//! The operating system: files that are whole, freed memory, and who gets a core first.

pub(crate) mod disk;
pub(crate) mod idle;
pub(crate) mod memory;
pub(crate) mod priority;
