//! The published models, and the one that serves.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::http::admission::background::in_background;
use crate::http::admission::too_many_wait;
use crate::http::app::App;
use crate::http::problem::{Code, Problem, ProblemShape};
use crate::http::shape::path::Segments;
use crate::serving::{self, Manifest, RegistryError};

/// All published models.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Models {
    /// The serving version; null before the first training.
    serving: Option<String>,
    /// The models, newest first.
    models: Vec<ModelBody>,
}

/// One model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
struct ModelBody {
    /// Its version.
    version: String,
    /// The last log offset of its training data.
    watermark: u64,
    /// The time of publication, in RFC 3339.
    created: String,
    /// The number of users.
    users: usize,
    /// The number of items.
    items: usize,
    /// The dimension of the embedding.
    dim: usize,
    /// The metrics of its report.
    metrics: BTreeMap<String, f64>,
}

impl From<Manifest> for ModelBody {
    fn from(manifest: Manifest) -> Self {
        let Manifest { version, watermark, created, shapes, metrics, .. } = manifest;
        let (users, items, dim) = (shapes.users, shapes.items, shapes.dim);
        Self { version, watermark, created, users, items, dim, metrics }
    }
}

/// Lists the models.
#[utoipa::path(get, path = "/v1/models", tag = "models", responses((status = 200, body = Models, description = "The models.")))]
pub(super) async fn list(State(app): State<App>) -> Result<Json<Models>, Problem> {
    let _place = app.admission.stand_by().ok_or_else(too_many_wait)?;
    let serving = app.engine.status().model.map(|model| model.version);
    let manifests = with_models(&app, serving::Models::list).await?;
    Ok(Json(Models { serving, models: manifests.into_iter().map(ModelBody::from).collect() }))
}

/// A model that will be loaded within `models.poll_interval` and then serve.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Activated {
    /// Its version.
    version: String,
}

/// Makes a model current after verifying it. It is loaded within `models.poll_interval` and then
/// serves.
#[utoipa::path(
    post, path = "/v1/models/{version}/activate", tag = "models",
    params(("version" = String, Path)),
    responses(
        (status = 202, body = Activated, description = "The model is current and will serve soon."),
        (status = 404, body = ProblemShape, description = "unknown_model"),
        (status = 409, body = ProblemShape, description = "model_damaged"),
    ),
)]
pub(super) async fn activate(
    State(app): State<App>,
    Segments([version]): Segments<1>,
) -> Result<(StatusCode, Json<Activated>), Problem> {
    let version = with_models(&app, move |models| models.activate(version)).await?;
    Ok((StatusCode::ACCEPTED, Json(Activated { version })))
}

/// Accesses the models on a thread of low priority that may block on the disk. Verifying a model
/// takes a while.
async fn with_models<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&serving::Models) -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, Problem> {
    let models = app.engine.models();
    let done = in_background(move || work(&models)).await;
    let failed = || Problem::new(Code::Internal, "the server failed at the models");
    done.ok_or_else(failed)?.map_err(Problem::from)
}
