//! Single relations.

use axum::extract::State;
use axum::response::Json;
use guanxi_models::{Record, Relation, World};

use super::written::{self, Written};
use crate::http::app::App;
use crate::http::problem::{Code, Problem, ProblemShape, excerpt};
use crate::http::shape::path::Segments;
use crate::ingest::relation_of;

/// Relates two users, or a user and a circle. Friendship is mutual, and a block hides both users
/// from each other.
#[utoipa::path(
    put, path = "/v1/relations/{from}/{kind}/{to}", tag = "relations", operation_id = "put_relation",
    params(
        ("from" = String, Path), ("to" = String, Path),
        ("kind" = String, Path, description = "friend, follow, block, member"),
    ),
    responses((status = 200, body = Written, description = "The write is stored."), (status = 422, body = ProblemShape, description = "The path or the body is refused.")),
)]
pub(super) async fn put(
    State(app): State<App>,
    Segments([from, kind, to]): Segments<3>,
) -> Result<Json<Written>, Problem> {
    let relation = relation_of(&from, &kind, &to)?;
    written::write(&app, Record::Relation(relation)).await.map(Json)
}

/// Ends a relation.
#[utoipa::path(
    delete, path = "/v1/relations/{from}/{kind}/{to}", tag = "relations", operation_id = "delete_relation",
    params(
        ("from" = String, Path), ("to" = String, Path),
        ("kind" = String, Path, description = "friend, follow, block, member"),
    ),
    responses(
        (status = 200, body = Written, description = "The write is stored."), (status = 404, body = ProblemShape, description = "unknown_relation"),
        (status = 422, body = ProblemShape, description = "The path or the body is refused."),
    ),
)]
pub(super) async fn delete(
    State(app): State<App>,
    Segments([from, kind, to]): Segments<3>,
) -> Result<Json<Written>, Problem> {
    let relation = relation_of(&from, &kind, &to)?;
    let end = move |world: &World| {
        require(world, &relation)?;
        Ok(Record::RelationDeleted(relation))
    };
    written::write_with(&app, end).await.map(Json)
}

/// Refuses a relation that doesn't exist.
fn require(world: &World, relation: &Relation) -> Result<(), Problem> {
    if world.has_relation(relation) {
        return Ok(());
    }
    let Relation { from, kind, to, .. } = relation;
    let detail =
        format!("`{}` has no relation {} to `{}`", excerpt(from), kind.name(), excerpt(to));
    Err(Problem::new(Code::UnknownRelation, detail))
}
