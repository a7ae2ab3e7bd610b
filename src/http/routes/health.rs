//! Liveness, readiness and metrics.

use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::problem::{Code, Problem, ProblemShape};
use crate::serving::{ServedModel, Status};
use crate::telemetry::Usage;

/// The process responds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Live {
    /// Always `live`.
    status: &'static str,
}

/// Reports that the process responds.
#[utoipa::path(get, path = "/health/live", tag = "operations", responses((status = 200, body = Live, description = "The process answers.")))]
pub(super) async fn live() -> Json<Live> {
    Json(Live { status: "live" })
}

/// The server responds and accepts writes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// Always `ready`.
    status: &'static str,
    /// Every write up to this offset is visible in every answer.
    offset: u64,
    /// The serving model; null before the first training.
    model: Option<ReadyModel>,
    /// The reason why the newest model was rejected; an older one serves instead.
    model_error: Option<String>,
}

/// The serving model.
#[derive(Debug, Serialize, ToSchema)]
struct ReadyModel {
    /// Its version.
    version: String,
    /// The last log offset of its training data.
    watermark: u64,
}

impl From<ServedModel> for ReadyModel {
    fn from(model: ServedModel) -> Self {
        Self { version: model.version, watermark: model.watermark.0 }
    }
}

/// Reports readiness: the server accepts writes and has a model where one should exist.
#[utoipa::path(
    get, path = "/health/ready", tag = "operations",
    responses((status = 200, body = Ready, description = "The server answers requests and accepts writes."), (status = 503, body = ProblemShape, description = "not_ready, shutting_down")),
)]
pub(super) async fn ready(State(app): State<App>) -> Result<Json<Ready>, Problem> {
    if app.admission.is_draining() {
        return Err(Problem::new(Code::ShuttingDown, "the server is about to end"));
    }
    let status = app.engine.status();
    if let Some(reason) = status.not_ready() {
        return Err(Problem::new(Code::NotReady, reason).with("offset", status.offset.0));
    }
    let Status { offset, model, model_error, .. } = status;
    let model = model.map(ReadyModel::from);
    Ok(Json(Ready { status: "ready", offset: offset.0, model, model_error }))
}

/// Returns counters and histograms in the `OpenMetrics` text format.
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    responses((status = 200, body = String, content_type = "application/openmetrics-text", description = "The metrics.")),
)]
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    read_gauges(&app);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.text())
}

fn read_gauges(app: &App) {
    let (status, gauges) = (app.engine.status(), &app.metrics.gauges);
    let counts = app.engine.world().counts();
    let watermark = status.model.as_ref().map_or(0, |model| model.watermark.0);
    gauges.offset.set(status.offset.0 as i64);
    gauges.watermark.set(watermark as i64);
    gauges.watermark_lag.set(status.offset.0.saturating_sub(watermark) as i64);
    gauges.commits.inner().store(status.commits, Ordering::Relaxed);
    gauges.committed_requests.inner().store(status.committed_requests, Ordering::Relaxed);
    gauges.ready.set(i64::from(status.is_ready()));
    gauges.users.set(counts.users as i64);
    gauges.items.set(counts.items as i64);
    gauges.model_age.set(model_age(app, status.model.as_ref()).unwrap_or(-1.0));
    if let Some(usage) = Usage::of_self() {
        gauges.cpu_seconds.inner().store(usage.cpu_seconds.to_bits(), Ordering::Relaxed);
        gauges.resident_bytes.set(usage.resident_bytes as i64);
    }
    gauges.serves(status.model.as_ref().map(|model| model.version.as_str()));
}

/// The age of the serving model, in seconds since its publication.
fn model_age(app: &App, model: Option<&ServedModel>) -> Option<f64> {
    let manifest = app.engine.models().show(&model?.version).ok()?;
    let created: jiff::Timestamp = manifest.created.parse().ok()?;
    Some(jiff::Timestamp::now().duration_since(created).as_secs_f64())
}
