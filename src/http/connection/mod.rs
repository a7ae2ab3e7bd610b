//! Connections: accepting, encryption, timeouts, and a shutdown in which the last answer arrives.

mod flight;
mod head;
mod server;
mod timed;
mod tls;

pub use server::{Frontend, Listening};
