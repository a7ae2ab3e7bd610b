//! Handlers for a noun with ids: put, patch, get and delete.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Json;
use axum::routing::{self, MethodRouter};
use guanxi_models::{Millis, Record, World};
use serde::Serialize;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{Content, Ref, Required, Response, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::body;
use super::ingest::now;
use super::written::{self, Written};
use crate::http::app::App;
use crate::http::problem::{Code, Problem, ProblemShape, excerpt};
use crate::http::shape::path::Segments;
use crate::ingest::Flaw;

/// The properties in which one noun differs from another.
pub(super) trait Resource: Sized + Send + 'static {
    /// The noun in operation ids: `put_{NAME}`.
    const NAME: &'static str;
    /// Its section of the documentation.
    const TAG: &'static str;
    /// Its path, with `{id}` as the variable.
    const PATH: &'static str;
    /// Its texts in the documentation.
    const TEXTS: Texts;
    /// The error code for an unknown id.
    const UNKNOWN: Code;
    /// Its JSON shape.
    type Body: From<Self> + Serialize + ToSchema + Send;

    /// Parses a complete record.
    fn read(id: &str, body: &[u8], now: Millis) -> Result<Self, Flaw>;
    /// Applies a partial update.
    fn patched(self, body: &[u8], now: Millis) -> Result<Self, Flaw>;
    /// The current record with this id. It has no properties if only other records mention it.
    fn find(world: &World, id: &str) -> Option<Self>;
    /// The log record that stores it.
    fn put(self) -> Record;
    /// The log record that deletes the one with this id.
    fn deleted(id: String) -> Record;
}

/// The texts of a noun in the documentation.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) put: &'static str,
    pub(super) patch: &'static str,
    pub(super) get: &'static str,
    pub(super) delete: &'static str,
    /// The description of the answer to `get`.
    pub(super) shown: &'static str,
}

/// `PUT`: creates or replaces one.
pub(super) fn put<R: Resource>() -> UtoipaMethodRouter<App> {
    async fn handle<R: Resource>(
        State(app): State<App>,
        Segments([id]): Segments<1>,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Json<Written>, Problem> {
        let body = body::read(body, &app).await?;
        body::require_json(&headers, &body)?;
        let value = R::read(&id, body::or_empty_object(&body), now())?;
        written::write(&app, value.put()).await.map(Json)
    }
    let described = operation::<R>("put", R::TEXTS.put).request_body(Some(request::<R>()));
    let described = described.response("200", was_written()).response("422", is_refused());
    route::<R>(HttpMethod::Put, described, routing::put(handle::<R>))
}

/// `PATCH`: changes the fields of the body; null clears one.
pub(super) fn patch<R: Resource>() -> UtoipaMethodRouter<App> {
    async fn handle<R: Resource>(
        State(app): State<App>,
        Segments([id]): Segments<1>,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Json<Written>, Problem> {
        let body = body::read(body, &app).await?;
        body::require_json(&headers, &body)?;
        let now = now();
        let change = move |world: &World| {
            let current = current::<R>(world, &id)?;
            Ok(current.patched(body::or_empty_object(&body), now)?.put())
        };
        written::write_with(&app, change).await.map(Json)
    }
    let described = operation::<R>("patch", R::TEXTS.patch).request_body(Some(request::<R>()));
    let described = described
        .response("200", was_written())
        .response("404", is_unknown::<R>())
        .response("422", is_refused());
    route::<R>(HttpMethod::Patch, described, routing::patch(handle::<R>))
}

/// `GET`: returns one.
pub(super) fn get<R: Resource>() -> UtoipaMethodRouter<App> {
    async fn handle<R: Resource>(
        State(app): State<App>,
        Segments([id]): Segments<1>,
    ) -> Result<Json<R::Body>, Problem> {
        current::<R>(&app.engine.world(), &id).map(|value| Json(value.into()))
    }
    let described = operation::<R>("get", R::TEXTS.get)
        .response("200", answer::<R::Body>(R::TEXTS.shown))
        .response("404", is_unknown::<R>());
    route::<R>(HttpMethod::Get, described, routing::get(handle::<R>))
}

/// `DELETE`: deletes one.
pub(super) fn delete<R: Resource>() -> UtoipaMethodRouter<App> {
    async fn handle<R: Resource>(
        State(app): State<App>,
        Segments([id]): Segments<1>,
    ) -> Result<Json<Written>, Problem> {
        let delete = move |world: &World| {
            current::<R>(world, &id)?;
            Ok(R::deleted(id))
        };
        written::write_with(&app, delete).await.map(Json)
    }
    let described = operation::<R>("delete", R::TEXTS.delete)
        .response("200", was_written())
        .response("404", is_unknown::<R>());
    route::<R>(HttpMethod::Delete, described, routing::delete(handle::<R>))
}

/// The current record with this id, or the problem that there is none.
pub(super) fn current<R: Resource>(world: &World, id: &str) -> Result<R, Problem> {
    R::find(world, id).ok_or_else(|| {
        let detail = format!("{} `{}` does not exist: `PUT` makes it", R::NAME, excerpt(id));
        Problem::new(R::UNKNOWN, detail)
    })
}

fn operation<R: Resource>(verb: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new()
        .tag(R::TAG)
        .operation_id(Some(format!("{verb}_{}", R::NAME)))
        .summary(Some(summary))
        .parameter(id())
}

fn id() -> Parameter {
    let id = ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path);
    id.required(Required::True).schema(Some(String::schema())).build()
}

fn json<T: ToSchema>() -> Content {
    Content::new(Some(Ref::from_schema_name(T::name())))
}

fn request<R: Resource>() -> RequestBody {
    let body = RequestBodyBuilder::new().content("application/json", json::<R::Body>());
    body.required(Some(Required::True)).build()
}

fn answer<T: ToSchema>(description: &str) -> Response {
    ResponseBuilder::new().description(description).content("application/json", json::<T>()).build()
}

fn was_written() -> Response {
    answer::<Written>("The write is stored.")
}

fn is_refused() -> Response {
    answer::<ProblemShape>("The path or the body is refused.")
}

fn is_unknown<R: Resource>() -> Response {
    answer::<ProblemShape>(R::UNKNOWN.name())
}

fn route<R: Resource>(
    method: HttpMethod,
    described: OperationBuilder,
    handler: MethodRouter<App>,
) -> UtoipaMethodRouter<App> {
    let mut schemas = vec![
        (R::Body::name().into_owned(), R::Body::schema()),
        (Written::name().into_owned(), Written::schema()),
        (ProblemShape::name().into_owned(), ProblemShape::schema()),
    ];
    R::Body::schemas(&mut schemas);
    let mut paths = Paths::new();
    paths.paths.insert(R::PATH.to_owned(), PathItem::new(method, described));
    (schemas, paths, handler)
}
