//! What came of a load, as it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::machine::Machine;

/// Everything that is known of one run. Times are in microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Always `guanxi bench`.
    pub tool: String,
    /// The version of the tool.
    pub version: String,
    /// When it began, in RFC 3339.
    pub created: String,
    /// The words of the command line.
    pub command: Vec<String>,
    /// The base URL.
    pub url: String,
    /// Where the client ran.
    pub machine: Machine,
    /// What the server tells of itself; null where it is none of ours.
    pub server: Value,
    /// How much of the true answers the lists hold, by `guanxi recall`.
    pub recall: Option<Recall>,
    /// The rates, in the order in which they were tried.
    pub steps: Vec<StepReport>,
    /// The highest rate under a bound, where one was looked for.
    pub highest: Option<Highest>,
}

/// A figure without which no latency means anything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recall {
    /// The share of the true ten that is found.
    pub recall_at_10: f64,
    /// The file that says so.
    pub from: String,
}

/// The highest rate at which a bound held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Highest {
    /// The bound on the 99th percentile of latency.
    pub max_p99_us: f64,
    /// Requests a second; none where the bound held at no rate.
    pub rate: Option<f64>,
    /// Whether a higher rate failed because the client could not send so much: then the server may do more.
    pub limited_by_client: bool,
}

/// One rate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepReport {
    /// Requests a second that were due.
    pub rate: f64,
    /// From the end of the warm-up to the end of the last question.
    pub seconds: f64,
    /// Requests that were due after the warm-up and sent, those that failed and what was written beside included.
    pub requests: u64,
    /// Good answers to questions, a second.
    pub achieved: f64,
    /// What went wrong after the warm-up, by status and code.
    pub errors: BTreeMap<String, u64>,
    /// From when a request was due.
    pub latency: Figures,
    /// From when it was sent.
    pub service: Figures,
    /// By kind of question; what was written stands last.
    pub parts: Vec<PartReport>,
    /// By second.
    pub slices: Vec<Slice>,
    /// CPU time of the server for one request that ended after the warm-up; none where it is not told.
    pub server_cpu_us_per_request: Option<f64>,
    /// The most memory that the server held; none where it is not told.
    pub server_resident_bytes: Option<u64>,
    /// CPU time of the client for one request.
    pub client_cpu_us_per_request: Option<f64>,
    /// The share of requests that the client sent more than a millisecond too late although it had nothing else to do.
    pub client_late_share: f64,
}

/// How the times of some requests lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many were due after the warm-up and answered well.
    pub count: u64,
    /// The mean.
    pub mean_us: f64,
    /// Half are below.
    pub p50_us: f64,
    /// 75 % are below.
    pub p75_us: f64,
    /// 90 % are below.
    pub p90_us: f64,
    /// 95 % are below.
    pub p95_us: f64,
    /// 99 % are below.
    pub p99_us: f64,
    /// 99.9 % are below.
    #[serde(rename = "p99.9_us")]
    pub p999_us: f64,
    /// 99.99 % are below.
    #[serde(rename = "p99.99_us")]
    pub p9999_us: f64,
    /// The longest.
    pub max_us: f64,
}

impl Figures {
    /// The percentiles with their names, ascending, and the longest.
    pub fn percentiles(&self) -> [(&'static str, f64); 8] {
        [
            ("p50", self.p50_us),
            ("p75", self.p75_us),
            ("p90", self.p90_us),
            ("p95", self.p95_us),
            ("p99", self.p99_us),
            ("p99.9", self.p999_us),
            ("p99.99", self.p9999_us),
            ("max", self.max_us),
        ]
    }
}

/// One kind of question.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartReport {
    /// Its name.
    pub name: String,
    /// Good answers a second; 0 in reports of before it was told.
    #[serde(default)]
    pub achieved: f64,
    /// From when a request was due.
    pub latency: Figures,
    /// From when it was sent.
    pub service: Figures,
}

/// One second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Slice {
    /// Its number, from 0.
    pub second: u64,
    /// Requests that were due in it.
    pub requests: u64,
    /// How many of them failed.
    pub errors: u64,
    /// Half are below.
    pub p50_us: f64,
    /// 99 % are below.
    pub p99_us: f64,
    /// The longest.
    pub max_us: f64,
    /// CPU time of the server for one request; none where it is not told.
    pub server_cpu_us_per_request: Option<f64>,
}

impl StepReport {
    /// How many requests failed.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Whether the client sent what it waited for when it was due, but for one in a hundred.
    pub fn client_kept_up(&self) -> bool {
        /// Beyond this the figures tell of the client.
        const LATE: f64 = 0.01;
        self.client_late_share <= LATE
    }
}

impl Report {
    /// One line for each rate and kind of question, with a head.
    pub fn csv(&self) -> String {
        let mut lines = vec!["rate,part,count,mean_us,p50_us,p75_us,p90_us,p95_us,p99_us,p99.9_us,p99.99_us,max_us,errors".to_owned()];
        for step in &self.steps {
            let all = std::iter::once(("all", &step.latency));
            let parts = step.parts.iter().map(|part| (part.name.as_str(), &part.latency));
            for (name, figures) in all.chain(parts) {
                let values = figures.percentiles().map(|(_, value)| format!("{value:.1}"));
                let errors = if name == "all" { step.failed().to_string() } else { String::new() };
                let (count, mean) = (figures.count, figures.mean_us);
                let name = quoted(name);
                let line =
                    format!("{},{name},{count},{mean:.1},{},{errors}", step.rate, values.join(","));
                lines.push(line);
            }
        }
        lines.join("\n") + "\n"
    }
}

/// Paths may hold commas.
fn quoted(name: &str) -> String {
    if name.contains([',', '"']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}
