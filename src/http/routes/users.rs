//! One user.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Json;
use guanxi_models::{Record, User, World};

use super::body;
use super::ingest::now;
use super::written::{self, Written};
use crate::http::app::App;
use crate::http::problem::{Code, Problem, ProblemShape, shown};
use crate::http::shape::path::Segments;
use crate::ingest;
use crate::ingest::wire::UserBody;

/// Puts a user, whole.
#[utoipa::path(
    put, path = "/v1/users/{id}", tag = "users", operation_id = "put_user",
    params(("id" = String, Path)), request_body = UserBody,
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
    let user = ingest::user_of(&id, body::or_empty_object(&body), now())?;
    written::write(&app, Record::User(user)).await.map(Json)
}

/// Changes what the body names of a user; null clears.
#[utoipa::path(
    patch, path = "/v1/users/{id}", tag = "users", operation_id = "patch_user",
    params(("id" = String, Path)), request_body = UserBody,
    responses(
        (status = 200, body = Written, description = "It is written."), (status = 404, body = ProblemShape, description = "unknown_user"),
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
        Ok(Record::User(ingest::patch_user(current, body::or_empty_object(&body), now)?))
    };
    written::write_with(&app, change).await.map(Json)
}

/// Shows a user.
#[utoipa::path(
    get, path = "/v1/users/{id}", tag = "users", operation_id = "get_user",
    params(("id" = String, Path)),
    responses((status = 200, body = UserBody, description = "The user."), (status = 404, body = ProblemShape, description = "unknown_user")),
)]
pub(super) async fn get(
    State(app): State<App>,
    Segments([id]): Segments<1>,
) -> Result<Json<UserBody>, Problem> {
    current(&app.engine.world(), &id).map(|user| Json(user.into()))
}

/// Forgets a user: history and relations go, the id may come back empty.
#[utoipa::path(
    delete, path = "/v1/users/{id}", tag = "users", operation_id = "delete_user",
    params(("id" = String, Path)),
    responses((status = 200, body = Written, description = "It is written."), (status = 404, body = ProblemShape, description = "unknown_user")),
)]
pub(super) async fn delete(
    State(app): State<App>,
    Segments([id]): Segments<1>,
) -> Result<Json<Written>, Problem> {
    let forget = move |world: &World| {
        current(world, &id)?;
        Ok(Record::UserDeleted { id })
    };
    written::write_with(&app, forget).await.map(Json)
}

/// The user as far as known; one that only events or relations have named is bare, a forgotten one is none.
fn current(world: &World, id: &str) -> Result<User, Problem> {
    if let Some(user) = world.user(id) {
        return Ok(User::clone(user));
    }
    let is_known = world.user_idx(id).is_some_and(|user| {
        let ties = world.ties(user);
        let has_ties =
            [ties.friends, ties.follows, ties.blocks].iter().any(|list| !list.is_empty());
        has_ties || !world.history(user).items.is_empty()
    });
    if is_known {
        return Ok(User { id: id.to_owned(), ..User::default() });
    }
    let detail = format!("user `{}` does not exist: `PUT` makes it", shown(id));
    Err(Problem::new(Code::UnknownUser, detail))
}
