//! How fast does a server answer? An open-loop load against any base URL, and what came of it.
//!
//! Requests are due by a schedule, whatever became of the ones before, and a latency counts from when its request was due: a server that
//! stalls is seen by every request that would have come meanwhile, not by the one that hung alone (coordinated omission).

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
