//! From a question to a list.

pub mod query;
