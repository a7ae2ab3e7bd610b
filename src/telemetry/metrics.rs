//! The registry of metrics and its text.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::requests::{RequestSeconds, Requests};
use super::{IngestCounters, RequestCounters, StageLatencies};

/// Every metric of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Requests,
    request_seconds: RequestSeconds,
    /// The duration of each stage of a list.
    pub stages: StageLatencies,
    /// Ingested entries by outcome.
    pub ingest: IngestCounters,
    /// The gauges read at each scrape.
    pub gauges: Gauges,
}

/// States rather than counts: set from the engine whenever `/metrics` is asked for.
#[derive(Debug, Default)]
pub struct Gauges {
    /// The offset of the last record that answers take in.
    pub offset: Gauge<i64, AtomicI64>,
    /// The watermark of the model that serves.
    pub watermark: Gauge<i64, AtomicI64>,
    /// The number of records since the watermark.
    pub watermark_lag: Gauge<i64, AtomicI64>,
    /// The age of the model in seconds; -1 without one.
    pub model_age: Gauge<f64, AtomicU64>,
    /// 1 if the server is ready, else 0.
    pub ready: Gauge<i64, AtomicI64>,
    /// Groups that were written, each with one fsync.
    pub commits: Counter,
    /// Requests in those groups: over `commits`, how many share one fsync.
    pub committed_requests: Counter,
    /// Users ever seen.
    pub users: Gauge<i64, AtomicI64>,
    /// Items ever seen.
    pub items: Gauge<i64, AtomicI64>,
    /// Seconds of CPU that the process has used.
    pub cpu_seconds: Counter<f64, AtomicU64>,
    /// Bytes of memory that the process holds.
    pub resident_bytes: Gauge<i64, AtomicI64>,
    /// 1 for the version of the model that serves; earlier ones are taken out.
    pub model_version: Family<Vec<(&'static str, String)>, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let requests = Requests::default();
        let request_seconds = RequestSeconds::default();
        registry.register("guanxi_http_requests", "Answers by route and status", requests.clone());
        registry.register(
            "guanxi_http_request_seconds",
            "How long an answer takes, from the head of the request on",
            request_seconds.clone(),
        );
        let stages = StageLatencies::register(&mut registry);
        let ingest = IngestCounters::register(&mut registry);
        let gauges = Gauges::register(&mut registry);
        Self { registry, requests, request_seconds, stages, ingest, gauges }
    }
}

impl Metrics {
    /// The counters of one method of one route; ask once and keep them.
    pub fn route(&self, method: &str, route: &str) -> RequestCounters {
        RequestCounters::new(&self.requests, &self.request_seconds, method, route)
    }

    /// Everything in the text format of `OpenMetrics`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing to a string can't fail");
        text
    }
}

impl Gauges {
    fn register(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        let counts = [
            ("guanxi_store_offset", "The offset of the last record", &gauges.offset),
            ("guanxi_model_watermark", "The watermark of the model", &gauges.watermark),
            (
                "guanxi_model_watermark_lag_records",
                "How many records have come since the watermark",
                &gauges.watermark_lag,
            ),
            ("guanxi_ready", "Whether the server is ready", &gauges.ready),
            ("guanxi_users", "Users ever seen", &gauges.users),
            ("guanxi_items", "Items ever seen", &gauges.items),
        ];
        for (name, help, gauge) in counts {
            registry.register(name, help, gauge.clone());
        }
        let commits = [
            ("guanxi_store_commits", "Groups that were written with one fsync", &gauges.commits),
            (
                "guanxi_store_committed_requests",
                "Requests in those groups",
                &gauges.committed_requests,
            ),
        ];
        for (name, help, counter) in commits {
            registry.register(name, help, counter.clone());
        }
        let (cpu, resident) = (gauges.cpu_seconds.clone(), gauges.resident_bytes.clone());
        let help = "CPU time that the process has used";
        registry.register_with_unit("process_cpu", help, Unit::Seconds, cpu);
        let help = "Memory that the process holds";
        registry.register_with_unit("process_resident_memory", help, Unit::Bytes, resident);
        let (age, version) = (gauges.model_age.clone(), gauges.model_version.clone());
        let help = "How long ago the model was made, -1 without one";
        registry.register_with_unit("guanxi_model_age", help, Unit::Seconds, age);
        registry.register("guanxi_model_version", "1 for the version that serves", version);
        gauges
    }

    /// Says which version serves, and that no other does.
    pub fn serves(&self, version: Option<&str>) {
        self.model_version.clear();
        if let Some(version) = version {
            self.model_version.get_or_create(&vec![("version", version.to_owned())]).set(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use guanxi_models::Scenario;

    use super::*;
    use crate::telemetry::Stage;

    #[test]
    fn the_text_names_what_was_counted() {
        let metrics = Metrics::default();
        metrics.route("GET", "/health/live").answered(200, Duration::from_millis(1));
        metrics.stages.of(Scenario::FOR_YOU).at(Stage::Parse).observe(Duration::from_micros(3));
        metrics.gauges.serves(Some("old"));
        metrics.gauges.serves(Some("new"));
        metrics.ingest.accepted.inc_by(3);
        let text = metrics.text();
        for line in [
            r#"guanxi_http_requests_total{method="GET",route="/health/live",status="200"} 1"#,
            r#"guanxi_recommend_seconds_count{scenario="for-you",stage="parse"} 1"#,
            r#"guanxi_ingest_entries_total{outcome="accepted"} 3"#,
            r#"guanxi_model_version{version="new"} 1"#,
            "guanxi_store_offset 0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("\"old\""));
    }

    #[test]
    fn every_scenario_and_stage_has_its_own_histogram() {
        let metrics = Metrics::default();
        metrics.stages.of(Scenario::NEW).at(Stage::Encode).observe(Duration::ZERO);
        assert_eq!(metrics.stages.of(Scenario::NEW).at(Stage::Encode).count(), 1);
        assert_eq!(metrics.stages.of(Scenario::NEW).at(Stage::Parse).count(), 0);
        assert_eq!(metrics.stages.of(Scenario::POPULAR).at(Stage::Encode).count(), 0);
    }
}
