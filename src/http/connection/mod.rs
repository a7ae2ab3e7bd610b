//! Connections: accepted, encrypted, bounded in time, and ended so that the last answer arrives.

mod flight;
mod head;
mod server;
mod timed;
mod tls;

pub use server::{Frontend, Listening};
