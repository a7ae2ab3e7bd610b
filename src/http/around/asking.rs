//! Requests that wait their turn before anything else is done for them.

use axum::http::Method;
use guanxi_models::Scenario;

/// A question without a body. It waits its turn before anything else is done for it, because a refusal must cost next to nothing; questions
/// with a body wait once that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Asking<'a> {
    /// A list of the scenario of this name.
    List(&'a str),
    /// Another route.
    Other(&'static str),
}

impl<'a> Asking<'a> {
    /// What a request asks, if it is such a question.
    pub(in crate::http) fn of(method: &Method, path: &'a str) -> Option<Self> {
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
    pub(in crate::http) fn route(self) -> &'static str {
        match self {
            Self::List(_) => LIST,
            Self::Other(route) => route,
        }
    }
}

const LIST: &str = "/v1/recommend/{scenario}";

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
}
