//! The routes and their handlers.

mod body;
mod bulk;
mod circles;
mod docs;
mod docs_page;
mod health;
mod ingest;
mod items;
mod models;
mod recommend;
mod relations;
mod resource;
mod table;
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

use crate::http::app::App;
use crate::http::around::admit::{self, Admit};
use crate::http::around::observe::{self, Observer};
use crate::http::around::operation::{Operation, Operations};
use crate::http::problem::{Code, Problem, excerpt};
use docs::{Api, Document};
use table::{Route, table};

pub(super) use recommend::straight;

/// The service with all routes.
#[derive(Debug)]
pub(super) struct Routes {
    pub(super) router: Router,
    pub(super) operations: Arc<Operations>,
    pub(super) observer: Arc<Observer>,
}

/// Builds the router and its middleware.
pub(super) fn routes(app: App) -> Routes {
    let table = table();
    let operations = Arc::new(Operations::new(operations_of(&table)));
    let observer = Arc::new(Observer::new(app.clone(), &operations));
    let (router, description) = described(table).split_for_parts();
    let description = complete(description);
    let admit = Admit { app: app.clone(), operations: Arc::clone(&operations) };
    let text = description.to_json().expect("a description of plain data can be written");
    let document = serde_json::from_str(&text).expect("it was written as JSON");
    let router = router
        .merge(docs_page::pages(&document))
        .layer(Extension(Document(text.into())))
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        // Size limits apply to the decompressed body.
        .layer(MapRequestBodyLayer::new(Body::new))
        .layer(RequestDecompressionLayer::new().no_br().no_deflate())
        .layer(middleware::from_fn_with_state(admit, admit::admit))
        .layer(middleware::from_fn_with_state(Arc::clone(&observer), observe::observe))
        .with_state(app);
    Routes { router, operations, observer }
}

/// The `OpenAPI` document of all handlers.
pub fn description() -> Description {
    complete(described(table()).into_openapi())
}

/// All operations with their required rights.
pub fn operations() -> Vec<Operation> {
    operations_of(&table())
}

fn operations_of(table: &[Route]) -> Vec<Operation> {
    table.iter().map(|route| route.operation.clone()).collect()
}

/// Completes all operations: every error is a problem document, and optional bodies are marked.
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

fn described(table: Vec<Route>) -> OpenApiRouter<App> {
    let empty = OpenApiRouter::with_openapi(Api::openapi());
    table.into_iter().fold(empty, |router, route| router.routes(route.handler))
}

async fn unknown_route(request: Request) -> Problem {
    let path = excerpt(request.uri().path());
    Problem::new(Code::UnknownRoute, format!("no route has the path `{path}`: see `/docs`"))
}

/// Refuses a method that the path lacks. The router adds `allow` with the others.
async fn method_not_allowed(request: Request) -> Problem {
    let method = excerpt(request.method().as_str());
    let detail =
        format!("the path has no method `{method}`: the header `allow` lists those it has");
    Problem::new(Code::MethodNotAllowed, detail)
}
