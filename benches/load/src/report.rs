//! The stored report of a load.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::machine::Machine;

/// The report of one run. Times are in microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Always `guanxi bench`.
    pub tool: String,
    /// The version of the tool.
    pub version: String,
    /// The time of the start, in RFC 3339.
    pub created: String,
    /// The words of the command line.
    pub command: Vec<String>,
    /// The base URL.
    pub url: String,
    /// The machine of the client.
    pub machine: Machine,
    /// The server's version and model; null if the server is not guanxi.
    pub server: Value,
    /// The recall of the lists, by `guanxi recall`.
    pub recall: Option<Recall>,
    /// The rates, in the order in which they were tried.
    pub steps: Vec<StepReport>,
    /// The highest rate under a bound, where one was looked for.
    pub highest: Option<Highest>,
}

/// The recall that a latency must be read with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recall {
    /// The share of the exact top 10 that the search finds.
    pub recall_at_10: f64,
    /// The file that holds the figure.
    pub from: String,
}

/// The highest rate at which a bound held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Highest {
    /// The bound on the 99th percentile of latency.
    pub max_p99_us: f64,
    /// Requests a second; none if the bound held at no rate.
    pub rate: Option<f64>,
    /// True if a higher rate failed because the client could not send it. The server may do more.
    pub limited_by_client: bool,
}

/// One rate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepReport {
    /// Requests a second that were due.
    pub rate: f64,
    /// Time from the end of the warm-up to the end of the last request.
    pub seconds: f64,
    /// Requests due after the warm-up and sent, including failures and writes.
    pub requests: u64,
    /// Successful reads a second.
    pub achieved: f64,
    /// Failures after the warm-up, by status and code.
    pub errors: BTreeMap<String, u64>,
    /// Time from when a request was due.
    pub latency: Figures,
    /// Time from when it was sent.
    pub service: Figures,
    /// Figures by kind of request; writes stand last.
    pub parts: Vec<PartReport>,
    /// Figures by second.
    pub slices: Vec<Slice>,
    /// CPU time of the server for one request that ended after the warm-up; none if not reported.
    pub server_cpu_us_per_request: Option<f64>,
    /// The peak memory of the server; none if not reported.
    pub server_resident_bytes: Option<u64>,
    /// CPU time of the client for one request.
    pub client_cpu_us_per_request: Option<f64>,
    /// The share of requests sent over 1 ms too late although their connection was idle.
    pub client_late_share: f64,
}

/// The distribution of request times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The number of requests due after the warm-up that succeeded.
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

/// One kind of request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartReport {
    /// Its name.
    pub name: String,
    /// Successful responses a second; 0 in reports of older versions.
    #[serde(default)]
    pub achieved: f64,
    /// Time from when a request was due.
    pub latency: Figures,
    /// Time from when it was sent.
    pub service: Figures,
}

/// One second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Slice {
    /// Its number, from 0.
    pub second: u64,
    /// Requests that were due in it.
    pub requests: u64,
    /// The number of these requests that failed.
    pub errors: u64,
    /// Half are below.
    pub p50_us: f64,
    /// 99 % are below.
    pub p99_us: f64,
    /// The longest.
    pub max_us: f64,
    /// CPU time of the server for one request; none if not reported.
    pub server_cpu_us_per_request: Option<f64>,
}

impl StepReport {
    /// The number of failed requests.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// True if the client sent at most 1 in 100 requests late while its connection was idle.
    pub fn client_kept_up(&self) -> bool {
        /// Above this share the figures describe the client, not the server.
        const LATE: f64 = 0.01;
        self.client_late_share <= LATE
    }
}

impl Report {
    /// One CSV line for each rate and kind of request, below a header.
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
