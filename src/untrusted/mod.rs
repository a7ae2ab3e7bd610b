//! Untrusted input: JSON with bounds, and libraries that may panic on damaged bytes.

pub(crate) mod json;
pub(crate) mod panics;
