//! From scored candidates to a page: sums per candidate, the best of them, and popular items where a page would be short.

mod accumulator;
mod fill;
mod top;

pub(super) use accumulator::Accumulator;
pub(super) use fill::{fill_up, new, popular};
pub(super) use top::{TopRows, best};
