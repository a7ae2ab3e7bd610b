//! The middleware around every handler: access control, request ids, metrics and the log line.

pub(super) mod admit;
pub(super) mod observe;
pub(super) mod operation;
pub(super) mod stopwatch;
mod tracked;
