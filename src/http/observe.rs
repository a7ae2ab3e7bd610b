//! Around every answer: the request id, the headers that all answers have, panics, counting and a log line.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

use super::admission::too_many_wait;
use super::admit::{known_origin, open_to};
use super::app::App;
use super::code::Code;
use super::fresh_id::fresh_id;
use super::problem::Problem;
use super::routes::is_problem;
use super::tracked::track;
use crate::telemetry::{Metrics, RequestCounters};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id that is taken over from a client, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// The counters of all routes, made once: on the way of a request a path is looked up in a table that never changes.
#[derive(Debug)]
struct Counters {
    routes: HashMap<String, Vec<(Method, RequestCounters)>>,
    /// What no route of the description answers: unknown paths, wrong methods, the pages under `/docs`.
    other: RequestCounters,
}

impl Counters {
    fn new(metrics: &Metrics, description: &OpenApi) -> Self {
        let paths = &description.paths.paths;
        let routes = paths.iter().map(|(path, item)| {
            let methods = methods(item).into_iter();
            let counters = methods.map(|method| {
                let handles = metrics.route(method.as_str(), path);
                (method, handles)
            });
            (path.clone(), counters.collect())
        });
        Self { routes: routes.collect(), other: metrics.route("other", "other") }
    }

    fn of(&self, method: &Method, route: Option<&str>) -> &RequestCounters {
        let methods = route.and_then(|route| self.routes.get(route));
        let found = methods.and_then(|methods| methods.iter().find(|(known, _)| known == method));
        found.map_or(&self.other, |(_, counters)| counters)
    }
}

fn methods(item: &PathItem) -> Vec<Method> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| operation.is_some().then_some(method))
        .collect()
}

/// What stands around every answer.
#[derive(Debug)]
pub(super) struct Observer {
    app: App,
    counters: Counters,
}

impl Observer {
    pub(super) fn new(app: App, description: &OpenApi) -> Self {
        let counters = Counters::new(&app.metrics, description);
        Self { app, counters }
    }

    /// Answers a question that nothing else is done for, as [`observe`] would.
    pub(super) fn put_off(&self, request: &Request, route: &str) -> Response {
        let began = Instant::now();
        let mut answer = too_many_wait().into_response();
        let (is_http1, has_body) =
            (request.version() < Version::HTTP_2, !request.body().is_end_stream());
        if is_http1 && (has_body || self.app.admission.is_draining()) {
            answer = ended(answer);
        }
        answer = open_to(known_origin(&self.app, request.headers()), answer);
        let (status, took) = (answer.status(), began.elapsed());
        log(status, took);
        self.counters.of(request.method(), Some(route)).answered(status.as_u16(), took);
        dress(&mut answer, request_id(request.headers()));
        answer
    }
}

/// Answers a request and looks on.
pub(super) async fn observe(
    State(observer): State<Arc<Observer>>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let path = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    // The path as it was sent would name users; the route doesn't.
    let route = path.as_ref().map_or("none", MatchedPath::as_str);
    let shown_id = id.to_str().unwrap_or_default();
    let span = tracing::info_span!("request", id = shown_id, method = shown(&method), route);
    let is_http1 = request.version() < Version::HTTP_2;
    let mut answer = answered(request, next).instrument(span.clone()).await;
    if is_http1 && observer.app.admission.is_draining() {
        answer = ended(answer);
    }
    let (status, took) = (answer.status(), began.elapsed());
    span.in_scope(|| log(status, took));
    let route = path.as_ref().map(MatchedPath::as_str);
    observer.counters.of(&method, route).answered(status.as_u16(), took);
    dress(&mut answer, id);
    answer
}

/// The problem of a head that no handler will see.
#[derive(Clone, Debug)]
pub(super) struct Misread(pub(super) Problem);

/// The answer of the handler, which says if the connection ends with it.
async fn answered(mut request: Request, next: Next) -> Response {
    if let Some(Misread(problem)) = request.extensions_mut().remove() {
        return ended(problem.into_response());
    }
    let is_http1 = request.version() < Version::HTTP_2;
    let (parts, body) = request.into_parts();
    let (body, body_ended) = track(body);
    let answer = guarded(next.run(Request::from_parts(parts, body))).await;
    // What is left of a body stands where the next request would.
    if is_http1 && !body_ended.holds() { ended(answer) } else { answer }
}

/// An answer after which the connection ends.
fn ended(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// A panic of the handler as an answer. The log has its message, from the hook.
async fn guarded(answer: impl Future<Output = Response>) -> Response {
    if let Ok(answer) = catch(answer).await {
        return in_stable_form(answer);
    }
    tracing::error!("a handler panicked");
    let detail = "the server failed at this request: report it with the header `x-request-id`";
    Problem::new(Code::Internal, detail).into_response()
}

async fn catch(answer: impl Future<Output = Response>) -> Result<Response, ()> {
    let mut answer = Box::pin(answer);
    std::future::poll_fn(move |context| {
        // After a panic the future is dropped and never polled again, so nothing half-changed in it is seen; what handlers share
        // is swapped whole or counted.
        let polled = std::panic::AssertUnwindSafe(|| answer.as_mut().poll(context));
        match std::panic::catch_unwind(polled) {
            Ok(polled) => polled.map(Ok),
            Err(_) => std::task::Poll::Ready(Err(())),
        }
    })
    .await
}

/// What a library refused before a handler saw it, in the form of all errors.
fn in_stable_form(answer: Response) -> Response {
    let status = answer.status();
    if !(status.is_client_error() || status.is_server_error()) || is_problem(&answer) {
        return answer;
    }
    let code = match status {
        StatusCode::NOT_FOUND => Code::UnknownRoute,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_client_error() => Code::InvalidField,
        _ => Code::Internal,
    };
    let mut problem =
        Problem::new(code, "the request can't be answered: see `/docs`").into_response();
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

/// The method, if it is one that there is: any other is a text of the client's.
fn shown(method: &Method) -> &str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if KNOWN.contains(method) { method.as_str() } else { "other" }
}

fn log(status: StatusCode, took: Duration) {
    let (status, micros) = (status.as_u16(), took.as_micros() as u64);
    match status {
        // So many of these may come that lines about them would be a burden of their own: they are counted.
        429 | 503 => tracing::debug!(status, micros, "the request was put off"),
        500.. => tracing::error!(status, micros, "the request failed"),
        400.. => tracing::info!(status, micros, "the request was refused"),
        _ => tracing::debug!(status, micros, "the request was answered"),
    }
}

fn dress(answer: &mut Response, id: HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The pages under `/docs` bring their own policy and never change: a browser may keep them.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The client's own id if it is short and printable, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sent = headers.get(&REQUEST_ID).filter(|id| {
        let bytes = id.as_bytes();
        (1..=MAX_REQUEST_ID).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    });
    let fresh = || {
        let id = fresh_id().to_string();
        HeaderValue::try_from(id).expect("a UUID is printable")
    };
    sent.cloned().unwrap_or_else(fresh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_request_id_is_kept_only_if_it_is_short_and_printable() {
        let id = |sent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(sent).unwrap());
            request_id(&headers)
        };
        assert_eq!(id("abc-1"), "abc-1");
        for sent in ["", "a b", &"x".repeat(129)] {
            assert_ne!(id(sent), sent);
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let answer = guarded(async { panic!("on purpose") }).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(is_problem(&answer));
    }

    #[tokio::test]
    async fn a_library_refusal_gets_the_stable_form() {
        let answer = guarded(async { StatusCode::PAYLOAD_TOO_LARGE.into_response() }).await;
        assert!(is_problem(&answer));
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
