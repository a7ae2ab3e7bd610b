//! An open-loop load generator for any base URL, and its report.
//!
//! A schedule decides when each request is due, regardless of earlier answers. Latency counts from
//! that moment, so a stall of the server shows in every request that was due meanwhile. A closed
//! loop would show it in one request only (coordinated omission).

mod asking;
pub mod command;
mod compare;
mod connection;
mod error;
mod highest;
mod machine;
mod mix;
mod names;
mod page;
mod period;
mod recorder;
mod report;
mod schedule;
mod server;
mod step;
mod timer;
mod usage;
mod worker;

pub use asking::Asking;
pub use compare::{Change, Comparison, Ratio};
pub use connection::Target;
pub use error::LoadError;
pub use highest::{Bound, highest};
pub use machine::Machine;
pub use mix::{Mix, Part};
pub use names::{Drawn, ModelNames, Names};
pub use page::page;
pub use report::{Figures, Highest, Recall, Report, Slice, StepReport};
pub use schedule::{Arrivals, Schedule};
pub use server::Server;
pub use step::{Plan, run_step};
