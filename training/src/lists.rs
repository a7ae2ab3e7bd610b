//! The item lists: co-occurrence, local ridge, and their merge.

/// The most neighbours of the local ridge: their sets of users are kept as bits of one word.
pub const MAX_NEIGHBORS: usize = 64;
