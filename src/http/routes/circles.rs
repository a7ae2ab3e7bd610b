//! The circles of a user.

use axum::extract::State;
use axum::response::Json;
use guanxi_models::User;
use serde::Serialize;
use utoipa::ToSchema;

use super::resource::current;
use crate::http::app::App;
use crate::http::problem::{Problem, ProblemShape};
use crate::http::shape::path::Segments;

/// The circles of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserCircles {
    /// The ids of the circles, ascending.
    circles: Vec<String>,
}

/// Lists the circles of a user.
#[utoipa::path(
    get, path = "/v1/users/{id}/circles", tag = "users", operation_id = "get_user_circles",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = UserCircles, description = "The circles."),
        (status = 404, body = ProblemShape, description = "unknown_user"),
    ),
)]
pub(super) async fn of_user(
    State(app): State<App>,
    Segments([id]): Segments<1>,
) -> Result<Json<UserCircles>, Problem> {
    let world = app.engine.world();
    current::<User>(&world, &id)?;
    let numbers = world.user_idx(&id).map(|user| world.circles(user)).unwrap_or_default();
    let names = numbers.iter().filter_map(|&circle| world.circle_ids().name(circle));
    let mut circles: Vec<String> = names.map(ToString::to_string).collect();
    circles.sort_unstable();
    Ok(Json(UserCircles { circles }))
}
