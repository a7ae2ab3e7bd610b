//! Bulk writes of events, items, users and relations.

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::ingest::{Ingested, bulk};
use crate::access::Caller;
use crate::http::app::App;
use crate::http::problem::{Problem, ProblemShape};
use crate::ingest;
use crate::ingest::event::EventBody;
use crate::ingest::item::ItemBody;
use crate::ingest::relation::RelationBody;
use crate::ingest::user::UserBody;

/// Stores events: one, an array, or `{"events": [..]}`; also NDJSON or an Arrow IPC stream.
#[utoipa::path(
    post, path = "/v1/events", tag = "events",
    request_body(content(
        (Vec<EventBody> = "application/json"), (EventBody = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream"),
    )),
    responses(
        (status = 200, body = Ingested, description = "The outcome of each entry."),
        (status = 409, body = ProblemShape, description = "event_id_conflict"),
        (status = 422, body = ProblemShape, description = "nothing_accepted"),
    ),
)]
pub(super) async fn events(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    bulk(&app, &caller, &headers, body, ingest::events).await
}

/// Creates or replaces many items.
#[utoipa::path(
    post, path = "/v1/items", tag = "items",
    request_body(content(
        (Vec<ItemBody> = "application/json"), (ItemBody = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream"),
    )),
    responses(
        (status = 200, body = Ingested, description = "The outcome of each entry."),
        (status = 422, body = ProblemShape, description = "nothing_accepted"),
    ),
)]
pub(super) async fn items(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    bulk(&app, &caller, &headers, body, ingest::items).await
}

/// Creates or replaces many users.
#[utoipa::path(
    post, path = "/v1/users", tag = "users",
    request_body(content(
        (Vec<UserBody> = "application/json"), (UserBody = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream"),
    )),
    responses(
        (status = 200, body = Ingested, description = "The outcome of each entry."),
        (status = 422, body = ProblemShape, description = "nothing_accepted"),
    ),
)]
pub(super) async fn users(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    bulk(&app, &caller, &headers, body, ingest::users).await
}

/// Creates or replaces many relations.
#[utoipa::path(
    post, path = "/v1/relations", tag = "relations",
    request_body(content(
        (Vec<RelationBody> = "application/json"), (RelationBody = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream"),
    )),
    responses(
        (status = 200, body = Ingested, description = "The outcome of each entry."),
        (status = 422, body = ProblemShape, description = "nothing_accepted"),
    ),
)]
pub(super) async fn relations(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    bulk(&app, &caller, &headers, body, ingest::relations).await
}
