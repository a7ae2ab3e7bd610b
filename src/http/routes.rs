//! Which path leads to which handler.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::http::{Method, header};
use axum::middleware;
use axum::response::Response;
use guanxi_models::Scenario;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::map_request_body::MapRequestBodyLayer;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Description;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::code::Code;
use super::docs::{self, Api, Document};
use super::observe::{self, Observer};
use super::problem::{Problem, shown};
use super::{admit, bulk, health, items, models, recommend, relations, users};

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

/// A question without a body. It waits its turn before anything else is done for it, because a refusal must cost next to nothing; questions
/// with a body wait once that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking<'a> {
    /// A list of the scenario of this name.
    List(&'a str),
    /// Another route.
    Other(&'static str),
}

impl<'a> Asking<'a> {
    /// What a request asks, if it is such a question.
    pub(super) fn of(method: &Method, path: &'a str) -> Option<Self> {
        if *method != Method::GET && *method != Method::HEAD {
            return None;
        }
        let (kind, rest) = path.strip_prefix("/v1/")?.split_once('/')?;
        let is_list = *method == Method::GET && Scenario::from_name(rest).is_some();
        match kind {
            "recommend" if is_list => Some(Self::List(rest)),
            "recommend" => Some(Self::Other(LIST)),
            "items" => Some(Self::Other("/v1/items/{id}")),
            "users" => Some(Self::Other("/v1/users/{id}")),
            _ => None,
        }
    }

    /// The route.
    pub(super) fn route(self) -> &'static str {
        match self {
            Self::List(_) => LIST,
            Self::Other(route) => route,
        }
    }
}

const LIST: &str = "/v1/recommend/{scenario}";

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

/// Whether an answer is an error in the stable form.
pub(super) fn is_problem(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind == super::problem::PROBLEM_JSON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_writes_and_from_what_there_is_not() {
        let of = |method, path| Asking::of(&method, path);
        assert_eq!(of(Method::GET, "/v1/recommend/popular"), Some(Asking::List("popular")));
        assert_eq!(of(Method::GET, "/v1/recommend/popula"), Some(Asking::Other(LIST)));
        assert_eq!(of(Method::HEAD, "/v1/recommend/popular"), Some(Asking::Other(LIST)));
        assert_eq!(of(Method::GET, "/v1/items/a"), Some(Asking::Other("/v1/items/{id}")));
        assert_eq!(of(Method::POST, "/v1/recommend/popular"), None);
        assert_eq!(of(Method::GET, "/v1/recommend"), None);
        assert_eq!(of(Method::GET, "/health/live"), None);
    }

    #[test]
    fn the_routes_of_questions_are_routes() {
        let paths = description().paths.paths;
        for path in ["/v1/recommend/new", "/v1/items/a", "/v1/users/a"] {
            let route = Asking::of(&Method::GET, path).unwrap().route();
            assert!(paths.contains_key(route), "{route}");
        }
    }
}
