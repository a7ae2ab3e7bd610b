//! The properties of each operation that the server needs before its handler runs.

use std::collections::HashMap;

use axum::http::Method;
use guanxi_models::Scenario;

use crate::access::Need;

/// One operation of the API: a method on a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, with its variables in braces.
    pub path: String,
    /// The right that a key must have.
    pub need: Need,
    /// The lane of its requests.
    pub(in crate::http) lane: Lane,
}

/// The point at which a request waits for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Lane {
    /// On arrival: the request has no body, and its refusal must be cheap.
    Question,
    /// On arrival. A list of a known scenario then bypasses the router, which can cost more than
    /// the list itself.
    List,
    /// Never, or in the handler after it has read the body.
    Handler,
}

/// A request that waits for its turn on arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Asking<'a> {
    /// The path template of its operation.
    pub(in crate::http) route: &'a str,
    /// The scenario of a list that bypasses the router.
    pub(in crate::http) list: Option<Scenario>,
}

/// All operations.
#[derive(Debug)]
pub(in crate::http) struct Operations {
    by_path: HashMap<String, Vec<Operation>>,
    /// The operations whose requests wait on arrival.
    questions: Vec<Operation>,
}

impl Operations {
    pub(in crate::http) fn new(all: Vec<Operation>) -> Self {
        let waits = |operation: &&Operation| operation.lane != Lane::Handler;
        let questions = all.iter().filter(waits).cloned().collect();
        let mut by_path: HashMap<_, Vec<_>> = HashMap::new();
        for operation in all {
            by_path.entry(operation.path.clone()).or_default().push(operation);
        }
        Self { by_path, questions }
    }

    /// All operations, in no particular order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Operation> {
        self.by_path.values().flatten()
    }

    /// The right that a request on a matched path needs. A method that the path lacks needs the
    /// right of its strictest operation. A path outside of the table needs the highest right.
    pub(super) fn need(&self, method: &Method, path: &str) -> Need {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let Some(operations) = self.by_path.get(path) else {
            return if path.starts_with("/docs") { Need::Nothing } else { Need::Admin };
        };
        let found = operations.iter().find(|operation| operation.method == *method);
        let strictest = || operations.iter().max_by_key(|operation| operation.need);
        found.or_else(strictest).map_or(Need::Admin, |operation| operation.need)
    }

    /// Returns the request's route if it waits for its turn on arrival. O(operations that wait).
    pub(in crate::http) fn asking(&self, method: &Method, path: &str) -> Option<Asking<'_>> {
        if *method != Method::GET && *method != Method::HEAD {
            return None;
        }
        let found = self.questions.iter().find(|operation| fits(&operation.path, path))?;
        let is_list = found.lane == Lane::List && *method == Method::GET;
        let name = path.rsplit('/').next().filter(|_| is_list);
        Some(Asking { route: &found.path, list: name.and_then(Scenario::from_name) })
    }
}

/// True if a path matches a template: the same number of segments, equal except for the variables.
fn fits(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let mut parts = template.split('/');
    let fit = |part: &str| segments.next().is_some_and(|it| part == it || part.starts_with('{'));
    parts.all(fit) && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations() -> Operations {
        let of = |method, path: &str, need, lane| Operation {
            method,
            path: path.to_owned(),
            need,
            lane,
        };
        Operations::new(vec![
            of(Method::GET, "/v1/recommend/{scenario}", Need::Recommend, Lane::List),
            of(Method::POST, "/v1/recommend/{scenario}", Need::Recommend, Lane::Handler),
            of(Method::GET, "/v1/items/{id}", Need::Read, Lane::Question),
            of(Method::DELETE, "/v1/items/{id}", Need::Write, Lane::Handler),
            of(Method::GET, "/health/live", Need::Nothing, Lane::Handler),
        ])
    }

    #[test]
    fn requests_without_a_body_wait_on_arrival() {
        let operations = operations();
        let asking = |method, path| operations.asking(&method, path).map(|it| (it.route, it.list));
        let list = "/v1/recommend/{scenario}";
        let popular = Scenario::from_name("popular");
        assert_eq!(asking(Method::GET, "/v1/recommend/popular"), Some((list, popular)));
        assert_eq!(asking(Method::GET, "/v1/recommend/popula"), Some((list, None)));
        assert_eq!(asking(Method::HEAD, "/v1/recommend/popular"), Some((list, None)));
        assert_eq!(asking(Method::GET, "/v1/items/a"), Some(("/v1/items/{id}", None)));
        for path in ["/v1/items/a/b", "/v1/recommend", "/health/live"] {
            assert_eq!(asking(Method::GET, path), None, "{path}");
        }
        assert_eq!(asking(Method::POST, "/v1/recommend/popular"), None);
    }

    #[test]
    fn an_operation_that_is_not_listed_needs_the_most() {
        let operations = operations();
        assert_eq!(operations.need(&Method::DELETE, "/v1/items/{id}"), Need::Write);
        assert_eq!(operations.need(&Method::HEAD, "/v1/items/{id}"), Need::Read);
        assert_eq!(operations.need(&Method::PATCH, "/v1/items/{id}"), Need::Write);
        assert_eq!(operations.need(&Method::GET, "/v1/everything"), Need::Admin);
        assert_eq!(operations.need(&Method::GET, "/docs/"), Need::Nothing);
    }
}
