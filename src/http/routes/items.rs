//! One item of the catalogue.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Json;
use guanxi_models::{Item, Record, World};

use super::body;
use super::ingest::now;
use super::written::{self, Written};
use crate::http::app::App;
use crate::http::problem::{Code, Problem, ProblemShape, shown};
use crate::http::shape::path::Segments;
use crate::ingest;
use crate::ingest::wire::ItemBody;

/// Puts an item, whole.
#[utoipa::path(
    put, path = "/v1/items/{id}", tag = "items", operation_id = "put_item",
    params(("id" = String, Path)), request_body = ItemBody,
    responses((status = 200, body = Written, description = "It is written."), (status = 422, body = ProblemShape, description = "The path or the body is refused.")),
)]
pub(super) async fn put(
    State(app): State<App>,
    Segments([id]): Segments<1>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Written>, Problem> {
    let body = body::read(body, &app).await?;
    body::require_json(&headers, &body)?;
    let item = ingest::item_of(&id, body::or_empty_object(&body), now())?;
    written::write(&app, Record::Item(item)).await.map(Json)
}

/// Changes what the body names of an item; null clears.
#[utoipa::path(
    patch, path = "/v1/items/{id}", tag = "items", operation_id = "patch_item",
    params(("id" = String, Path)), request_body = ItemBody,
    responses(
        (status = 200, body = Written, description = "It is written."), (status = 404, body = ProblemShape, description = "unknown_item"),
        (status = 422, body = ProblemShape, description = "The path or the body is refused."),
    ),
)]
pub(super) async fn patch(
    State(app): State<App>,
    Segments([id]): Segments<1>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Written>, Problem> {
    let body = body::read(body, &app).await?;
    body::require_json(&headers, &body)?;
    let now = now();
    let change = move |world: &World| {
        let current = current(world, &id)?;
        Ok(Record::Item(ingest::patch_item(current, body::or_empty_object(&body), now)?))
    };
    written::write_with(&app, change).await.map(Json)
}

/// Shows an item.
#[utoipa::path(
    get, path = "/v1/items/{id}", tag = "items", operation_id = "get_item",
    params(("id" = String, Path)),
    responses((status = 200, body = ItemBody, description = "The item."), (status = 404, body = ProblemShape, description = "unknown_item")),
)]
pub(super) async fn get(
    State(app): State<App>,
    Segments([id]): Segments<1>,
) -> Result<Json<ItemBody>, Problem> {
    current(&app.engine.world(), &id).map(|item| Json(item.into()))
}

/// Takes an item out of the catalogue: it is never listed until it is put back.
#[utoipa::path(
    delete, path = "/v1/items/{id}", tag = "items", operation_id = "delete_item",
    params(("id" = String, Path)),
    responses((status = 200, body = Written, description = "It is written."), (status = 404, body = ProblemShape, description = "unknown_item")),
)]
pub(super) async fn delete(
    State(app): State<App>,
    Segments([id]): Segments<1>,
) -> Result<Json<Written>, Problem> {
    let take_out = move |world: &World| {
        current(world, &id)?;
        Ok(Record::ItemDeleted { id })
    };
    written::write_with(&app, take_out).await.map(Json)
}

/// The item as it is; one that only events have named is bare.
fn current(world: &World, id: &str) -> Result<Item, Problem> {
    let number =
        world.item_idx(id).filter(|number| !world.catalogue().deleted().contains(number.0));
    let Some(number) = number else {
        let detail = format!("item `{}` does not exist: `PUT` makes it", shown(id));
        return Err(Problem::new(Code::UnknownItem, detail));
    };
    Ok(world.item_at(number).map_or_else(|| Item::bare(id), |item| Item::clone(item)))
}
