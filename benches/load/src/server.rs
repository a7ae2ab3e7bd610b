//! The server's own figures: its model, CPU time and memory.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, header};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::LoadError;
use super::connection::{Answer, Broken, Connection, Target};
use crate::usage::Usage;

/// The longest wait for a figure.
const PATIENCE: Duration = Duration::from_secs(5);

/// The measured server, queried beside the load.
#[derive(Debug)]
pub struct Server {
    target: Target,
    connection: Connection,
    runtime: Runtime,
    /// Its process id, if it runs on this machine and was given.
    pid: Option<u32>,
}

impl Server {
    /// Checks that a server answers at the address.
    pub fn find(target: &Target, pid: Option<u32>) -> Result<Self, LoadError> {
        let connection = Connection::new(target, PATIENCE)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(LoadError::Start)?;
        let mut server = Self { target: target.clone(), connection, runtime, pid };
        let answer = server.ask("/health/ready");
        let url = target.base.to_string();
        let unreachable = |reason: &str| LoadError::Unreachable { url, reason: reason.into() };
        answer.map_err(|broken| unreachable(broken.name()))?;
        Ok(server)
    }

    /// Its version and its model; null if the server is not guanxi.
    pub fn facts(&mut self) -> Value {
        let version =
            self.json("/openapi.json").map(|document| document["info"]["version"].clone());
        let ready = self.json("/health/ready");
        let Some((version, ready)) = version.zip(ready) else { return Value::Null };
        let models = self.json("/v1/models").unwrap_or_default();
        let serving = &models["serving"];
        let model = models["models"]
            .as_array()
            .and_then(|models| models.iter().find(|model| model["version"] == *serving).cloned());
        json!({"version": version, "offset": ready["offset"], "model": model})
    }

    /// Resources that its process has used; none if they are not reported.
    pub fn usage(&mut self) -> Option<Usage> {
        if let Some(pid) = self.pid {
            return Usage::of(pid);
        }
        let text = self.text("/metrics")?;
        let cpu_seconds = metric(&text, "process_cpu_seconds_total")?;
        let resident_bytes = metric(&text, "process_resident_memory_bytes")? as u64;
        Some(Usage { cpu_seconds, resident_bytes })
    }

    fn json(&mut self, path: &str) -> Option<Value> {
        serde_json::from_str(&self.text(path)?).ok()
    }

    fn text(&mut self, path: &str) -> Option<String> {
        let Answer { status, body } = self.ask(path).ok()?;
        status.is_success().then(|| String::from_utf8_lossy(&body).into_owned())
    }

    fn ask(&mut self, path: &str) -> Result<Answer, Broken> {
        let request = self.request(path);
        self.runtime.block_on(self.connection.ask(request))
    }

    fn request(&self, path: &str) -> Request<Full<Bytes>> {
        let base = &self.target.base;
        let host = base.authority().map_or("", |authority| authority.as_str());
        let target = format!("{}{path}", base.path().trim_end_matches('/'));
        let request = Request::get(target).header(header::HOST, host);
        request.body(Full::default()).expect("our own paths make a request")
    }
}

/// Reads a metric without labels.
fn metric(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_found_by_its_whole_name() {
        let text = "# HELP a b\na_total_x 1\na_total 2.5\na_total{b=\"c\"} 3\n";
        assert_eq!((metric(text, "a_total"), metric(text, "b")), (Some(2.5), None));
    }
}
