//! How results reach a person: lines and tables on a terminal, charts on one HTML page.

pub mod page;
mod table;
mod terminal;

pub use table::{NOTHING, Table};
pub use terminal::Output;
