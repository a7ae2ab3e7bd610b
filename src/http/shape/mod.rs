//! The JSON that clients send and read: requests become values of the domain, and answers become bytes.

pub(super) mod answer;
mod field;
pub(super) mod filter;
pub(super) mod json;
mod parameter;
pub(super) mod parameters;
pub(super) mod path;
pub(super) mod question;
