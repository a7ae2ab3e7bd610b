//! The operator's view: counters and histograms at `/metrics`, and log lines.
//!
//! Code that counts holds a handle, so that no request looks up a label or takes a lock.
//! No label and no line names a user.

mod histogram;
mod ingest;
mod logs;
mod metrics;
mod process;
mod requests;
mod stages;

pub use histogram::Latencies;
pub use ingest::IngestCounters;
pub use logs::{LogError, init as init_logs, tell_panics};
pub use metrics::{Gauges, Metrics};
pub use process::Usage;
pub use requests::RequestCounters;
pub use stages::{ScenarioLatencies, Stage, StageLatencies};
