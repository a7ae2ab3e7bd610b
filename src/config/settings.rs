//! The settings and their defaults.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use guanxi_models::recommend::query::Query;
use serde::{Deserialize, Serialize};

use super::{Period, SettingsError};

/// The bytes of memory reserved per byte of a bulk body until its records are written.
pub const MEMORY_PER_BODY_BYTE: usize = 4;

/// Everything that an operator may set. `guanxi.example.toml` explains each key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP server.
    pub server: Server,
    /// How users of pages prove who they are.
    pub tokens: Tokens,
    /// The data directory.
    pub data: Data,
    /// The limits on what friends learn.
    pub social: Social,
    /// The checks of ingested events.
    pub ingest: Ingest,
    /// How lists are made.
    pub recommend: Recommend,
    /// How new models are noticed.
    pub models: Models,
    /// The log lines.
    pub log: Log,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The file with the certificate of the server and those above it, in PEM; plain HTTP if empty.
    pub tls_cert: PathBuf,
    /// The file with the private key of the certificate, in PEM.
    pub tls_key: PathBuf,
    /// Threads that answer; 0 means one for each core.
    pub workers: usize,
    /// Connections held at once; more wait.
    pub max_connections: usize,
    /// The largest body of a question, in bytes.
    pub max_body_bytes: usize,
    /// The largest body of events, items, users or relations, in bytes.
    pub max_ingest_bytes: usize,
    /// Recommendation requests that wait or run at once; further ones are refused.
    pub max_waiting: usize,
    /// The longest wait in the queue under overload. A request that would wait longer is refused.
    pub max_wait: Period,
    /// Memory for bulk bodies that are being read or written, in bytes.
    pub bulk_memory_bytes: usize,
    /// The deadline for the head of a request.
    pub header_timeout: Period,
    /// The longest silence of a connection.
    pub idle_timeout: Period,
    /// The deadline for the body of a request.
    pub request_timeout: Period,
    /// The least rate of a body, in bytes per second.
    pub min_body_rate: usize,
    /// The time that the server still answers on open connections after a stop signal.
    pub drain: Period,
    /// The time that running requests get after a stop signal.
    pub shutdown_grace: Period,
}

/// `[tokens]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The file with the JWK set by which tokens are verified; none if empty.
    pub jwks: PathBuf,
    /// The audience that a token must name.
    pub audience: String,
    /// For how long a token may be valid.
    pub max_age: Period,
}

/// `[data]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The data directory.
    pub dir: PathBuf,
    /// Writes are refused while less than this is left on its disk, in bytes.
    pub min_free_bytes: u64,
}

/// `[social]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Social {
    /// The number of distinct friends who must have bought an item before an answer tells of it.
    pub min_friends: usize,
}

/// `[ingest]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// True if events about unknown users or items are refused instead of creating them.
    pub strict: bool,
}

/// `[recommend]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommend {
    /// The default length of a list.
    pub default_limit: usize,
    /// The candidates that an index search keeps; 0 means the number that the build measured.
    pub search_ef: usize,
}

/// `[models]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Models {
    /// The interval at which the server looks for a new model.
    pub poll_interval: Period,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// The least severe level to log, or directives such as `info,guanxi::http=debug`.
    pub level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 4826)),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            workers: 0,
            max_connections: 4_096,
            max_body_bytes: 1 << 20,
            max_ingest_bytes: 16 << 20,
            max_waiting: 256,
            max_wait: Period(Duration::from_millis(2)),
            bulk_memory_bytes: 64 << 20,
            header_timeout: Period::from_secs(5),
            idle_timeout: Period::from_secs(75),
            request_timeout: Period::from_secs(30),
            min_body_rate: 1_024,
            drain: Period::from_secs(1),
            shutdown_grace: Period::from_secs(10),
        }
    }
}

impl Server {
    /// The number of threads that answer requests.
    pub fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, NonZero::get);
        if self.workers > 0 { self.workers } else { all() }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        let (audience, max_age) = ("guanxi".to_owned(), Period::from_secs(3_600));
        Self { jwks: PathBuf::new(), audience, max_age }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self { dir: PathBuf::from("guanxi-data"), min_free_bytes: 256 << 20 }
    }
}

impl Default for Social {
    fn default() -> Self {
        Self { min_friends: 2 }
    }
}

impl Default for Recommend {
    fn default() -> Self {
        Self { default_limit: 20, search_ef: 0 }
    }
}

impl Default for Models {
    fn default() -> Self {
        Self { poll_interval: Period::from_secs(2) }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

impl Settings {
    /// Checks what types can't say.
    pub(super) fn check(self) -> Result<Self, SettingsError> {
        self.check_counts()?;
        self.check_periods()?;
        self.check_bulk_memory()?;
        let limit = self.recommend.default_limit;
        if limit > Query::MAX_LIMIT {
            let advice = format!("a list has at most {} items", Query::MAX_LIMIT);
            return Err(SettingsError::Value {
                key: "recommend.default_limit",
                value: limit.to_string(),
                advice,
            });
        }
        Ok(self)
    }

    fn check_counts(&self) -> Result<(), SettingsError> {
        let counts = [
            ("server.max_connections", self.server.max_connections),
            ("server.max_body_bytes", self.server.max_body_bytes),
            ("server.max_ingest_bytes", self.server.max_ingest_bytes),
            ("server.max_waiting", self.server.max_waiting),
            ("server.bulk_memory_bytes", self.server.bulk_memory_bytes),
            ("social.min_friends", self.social.min_friends),
            ("recommend.default_limit", self.recommend.default_limit),
        ];
        match counts.into_iter().find(|&(_, count)| count == 0) {
            Some((key, _)) => Err(SettingsError::Value {
                key,
                value: "0".to_owned(),
                advice: "give it at least 1".to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// A body that may be sent must find room when nobody else sends one.
    fn check_bulk_memory(&self) -> Result<(), SettingsError> {
        let Server { max_ingest_bytes, bulk_memory_bytes, .. } = self.server;
        let least = max_ingest_bytes.saturating_mul(MEMORY_PER_BODY_BYTE);
        if bulk_memory_bytes >= least {
            return Ok(());
        }
        Err(SettingsError::Value {
            key: "server.bulk_memory_bytes",
            value: bulk_memory_bytes.to_string(),
            advice: format!("a body of `server.max_ingest_bytes` needs {least}"),
        })
    }

    fn check_periods(&self) -> Result<(), SettingsError> {
        let periods = [
            ("server.header_timeout", self.server.header_timeout),
            ("server.idle_timeout", self.server.idle_timeout),
            ("server.request_timeout", self.server.request_timeout),
            ("server.max_wait", self.server.max_wait),
            ("models.poll_interval", self.models.poll_interval),
        ];
        match periods.into_iter().find(|(_, period)| period.0.is_zero()) {
            Some((key, period)) => Err(SettingsError::Value {
                key,
                value: period.to_string(),
                advice: "give it more than nothing, like `5s`".to_owned(),
            }),
            None => Ok(()),
        }
    }
}
