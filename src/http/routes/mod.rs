//! Which path leads to which handler.

mod body;
mod bulk;
mod docs;
mod health;
mod ingest;
mod items;
mod models;
mod recommend;
mod relations;
mod users;
mod written;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::middleware;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::map_request_body::MapRequestBodyLayer;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Description;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::app::App;
use crate::http::around::admit;
use crate::http::around::observe::{self, Observer};
use crate::http::problem::{Code, Problem, shown};
use docs::{Api, Document};

pub(super) use recommend::straight;

/// Everything the server answers, and who looks on.
pub(super) fn router(app: App) -> (Router, Arc<Observer>) {
    let (router, description) = described().split_for_parts();
    let description = complete(description);
    let observer = Arc::new(Observer::new(app.clone(), &description));
    let text = description.to_json().expect("a description of plain data can be written");
    let router = router
        .merge(docs::pages())
        .layer(Extension(Document(text.into())))
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        // The bounds of a body are those of what is in it, not of what was sent.
        .layer(MapRequestBodyLayer::new(Body::new))
        .layer(RequestDecompressionLayer::new().no_br().no_deflate())
        .layer(middleware::from_fn_with_state(app.clone(), admit::admit))
        .layer(middleware::from_fn_with_state(Arc::clone(&observer), observe::observe))
        .with_state(app);
    (router, observer)
}

/// The `OpenAPI` document of the handlers.
pub fn description() -> Description {
    complete(described().into_openapi())
}

/// Says what all operations share: every error is a problem, and where a body may be left out.
fn complete(mut description: Description) -> Description {
    for item in description.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            docs::share(operation);
        }
    }
    description
}

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(recommend::get, recommend::post))
        .routes(routes!(recommend::post_many))
        .routes(routes!(bulk::events))
        .routes(routes!(bulk::items))
        .routes(routes!(items::get, items::put, items::patch, items::delete))
        .routes(routes!(bulk::users))
        .routes(routes!(users::get, users::put, users::patch, users::delete))
        .routes(routes!(bulk::relations))
        .routes(routes!(relations::put, relations::delete))
        .routes(routes!(models::list))
        .routes(routes!(models::activate))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(docs::document))
        .routes(routes!(docs::explain))
}

async fn unknown_route(request: Request) -> Problem {
    let path = shown(request.uri().path());
    Problem::new(Code::UnknownRoute, format!("no route has the path `{path}`: see `/docs`"))
}

/// The methods that the path has stand in `allow`, which the router adds.
async fn method_not_allowed(request: Request) -> Problem {
    let method = shown(request.method().as_str());
    let detail =
        format!("the path has no method `{method}`: the header `allow` lists those it has");
    Problem::new(Code::MethodNotAllowed, detail)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;
    use crate::http::around::asking::Asking;

    #[test]
    fn the_routes_of_questions_are_routes() {
        let paths = description().paths.paths;
        for path in ["/v1/recommend/new", "/v1/items/a", "/v1/users/a"] {
            let route = Asking::of(&Method::GET, path).unwrap().route();
            assert!(paths.contains_key(route), "{route}");
        }
    }
}
