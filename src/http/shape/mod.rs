//! The JSON of clients: parses requests into domain values, and serialises answers.

pub(super) mod answer;
mod field;
pub(super) mod filter;
pub(super) mod json;
mod parameter;
pub(super) mod parameters;
pub(super) mod path;
pub(super) mod question;
