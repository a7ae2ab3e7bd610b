//! From candidates to a page: sums per candidate, exclusions, the best, and filling up.
//!
//! Candidates are dense numbers here, so that items and people go the same way.
//! [`Listed`](super::answer::Listed) names their kind.

mod accumulator;
mod excluded;
mod fill;
#[cfg(test)]
mod tests;
mod top;

pub(super) use accumulator::Accumulator;
pub(super) use excluded::Excluded;
pub(super) use fill::{fill_up, popular};
pub(super) use top::{TopRows, best};
