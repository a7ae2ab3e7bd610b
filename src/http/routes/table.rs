//! The table of routes. Each line states the required right, the lane of admission and the handler.
//!
//! Method and path stand at the handler. The router, the `OpenAPI` document, access control,
//! admission and metric labels all read this table. So a new route costs its handler and one line
//! here.

use axum::http::Method;
use guanxi_models::{Item, User};
use utoipa::openapi::path::PathItem;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use super::{bulk, circles, docs, health, models, recommend, relations, resource};
use crate::access::Need::{self, Admin, Events, Nothing, Read, Recommend, Write};
use crate::http::app::App;
use crate::http::around::operation::Lane::{self, Handler, List, Question};
use crate::http::around::operation::Operation;

/// A line of the table.
pub(super) struct Route {
    pub(super) operation: Operation,
    pub(super) handler: UtoipaMethodRouter<App>,
}

/// All routes.
pub(super) fn table() -> Vec<Route> {
    vec![
        route(Recommend, List, routes!(recommend::get)),
        route(Recommend, Handler, routes!(recommend::post)),
        route(Recommend, Handler, routes!(recommend::post_many)),
        route(Events, Handler, routes!(bulk::events)),
        route(Write, Handler, routes!(bulk::items)),
        route(Read, Question, resource::get::<Item>()),
        route(Write, Handler, resource::put::<Item>()),
        route(Write, Handler, resource::patch::<Item>()),
        route(Write, Handler, resource::delete::<Item>()),
        route(Write, Handler, routes!(bulk::users)),
        route(Read, Question, resource::get::<User>()),
        route(Write, Handler, resource::put::<User>()),
        route(Write, Handler, resource::patch::<User>()),
        route(Write, Handler, resource::delete::<User>()),
        route(Read, Question, routes!(circles::of_user)),
        route(Write, Handler, routes!(bulk::relations)),
        route(Write, Handler, routes!(relations::put)),
        route(Write, Handler, routes!(relations::delete)),
        route(Read, Handler, routes!(models::list)),
        route(Admin, Handler, routes!(models::activate)),
        route(Nothing, Handler, routes!(health::live)),
        route(Nothing, Handler, routes!(health::ready)),
        route(Read, Handler, routes!(health::metrics)),
        route(Nothing, Handler, routes!(docs::document)),
        route(Nothing, Handler, routes!(docs::explain)),
    ]
}

fn route(need: Need, lane: Lane, handler: UtoipaMethodRouter<App>) -> Route {
    let (path, item) = handler.1.paths.iter().next().expect("a handler describes its path");
    let method = method_of(item).expect("a handler describes its method");
    let operation = Operation { method, path: path.clone(), need, lane };
    Route { operation, handler }
}

fn method_of(item: &PathItem) -> Option<Method> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().find_map(|(method, operation)| operation.is_some().then_some(method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_changes_records_needs_the_right_to_write() {
        for Route { operation, .. } in table() {
            let Operation { method, path, need, .. } = operation;
            let asks = path.starts_with("/v1/recommend") || path == "/v1/events";
            if method != Method::GET && !asks {
                assert!(need >= Write, "{method} {path}");
            }
            if path.starts_with("/v1/") {
                assert!(need >= Recommend, "{method} {path}");
            }
        }
    }
}
