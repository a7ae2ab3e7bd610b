//! The steps around every handler: who asks, and the id, the counters and the log line of the answer.

pub(super) mod admit;
pub(super) mod observe;
pub(super) mod operation;
pub(super) mod stopwatch;
mod tracked;
