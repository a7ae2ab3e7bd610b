//! Adds to every answer the request id and the common headers, counts and logs it, and catches
//! panics.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::operation::{Operation, Operations};
use super::tracked::track;
use crate::http::app::App;
use crate::http::fresh_id::fresh_id;
use crate::http::problem::{Code, Problem, is_problem};
use crate::telemetry::{Metrics, RequestCounters};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id accepted from a client, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// The counters of all routes, created at startup: a request only reads an immutable table.
#[derive(Debug)]
struct Counters {
    routes: HashMap<String, Vec<(Method, RequestCounters)>>,
    /// Requests outside of the table of routes: unknown paths, wrong methods, the pages under
    /// `/docs`.
    other: RequestCounters,
}

impl Counters {
    fn new(metrics: &Metrics, operations: &Operations) -> Self {
        let mut routes: HashMap<_, Vec<_>> = HashMap::new();
        for Operation { method, path, .. } in operations.all() {
            let counters = metrics.route(method.as_str(), path);
            routes.entry(path.clone()).or_default().push((method.clone(), counters));
        }
        Self { routes, other: metrics.route("other", "other") }
    }

    fn of(&self, method: &Method, route: Option<&str>) -> &RequestCounters {
        let methods = route.and_then(|route| self.routes.get(route));
        let found = methods.and_then(|methods| methods.iter().find(|(known, _)| known == method));
        found.map_or(&self.other, |(_, counters)| counters)
    }
}

/// The state of the middleware.
#[derive(Debug)]
pub(in crate::http) struct Observer {
    app: App,
    counters: Counters,
}

impl Observer {
    pub(in crate::http) fn new(app: App, operations: &Operations) -> Self {
        let counters = Counters::new(&app.metrics, operations);
        Self { app, counters }
    }

    /// Observes a synchronous handler, as [`observe`] does for all others.
    pub(in crate::http) fn around<B: HttpBody>(
        &self,
        request: &Request<B>,
        route: &str,
        make: impl FnOnce() -> Response,
    ) -> Response {
        let seen = Seen::new(request, Some(route));
        let mut answer = caught(make);
        // The rest of an unread body would be parsed as the next request.
        if seen.is_http1 && !request.body().is_end_stream() {
            answer = ended(answer);
        }
        self.finish(seen, answer)
    }

    /// Answers a request with a malformed head and closes its connection.
    pub(in crate::http) fn refuse<B>(&self, request: &Request<B>, problem: Problem) -> Response {
        self.finish(Seen::new(request, None), ended(problem.into_response()))
    }

    /// Counts and logs an answer, and adds the common headers.
    fn finish(&self, seen: Seen<'_>, mut answer: Response) -> Response {
        if seen.is_http1 && self.app.admission.is_draining() {
            answer = ended(answer);
        }
        let (status, took) = (answer.status(), seen.began.elapsed());
        log(&seen, status, took);
        self.counters.of(&seen.method, seen.route()).answered(status.as_u16(), took);
        dress(&mut answer, seen.id);
        answer
    }
}

/// The data of a request that its log line and metrics need.
struct Seen<'a> {
    began: Instant,
    id: HeaderValue,
    method: Method,
    is_http1: bool,
    route: Option<Route<'a>>,
}

/// The route of a request. The path itself is never logged, because it may name users.
enum Route<'a> {
    Known(&'a str),
    Matched(MatchedPath),
}

impl<'a> Seen<'a> {
    fn new<B>(request: &Request<B>, route: Option<&'a str>) -> Self {
        let matched = || request.extensions().get::<MatchedPath>().cloned().map(Route::Matched);
        Self {
            began: Instant::now(),
            id: request_id(request.headers().get(&REQUEST_ID).map(HeaderValue::as_bytes)),
            method: request.method().clone(),
            is_http1: request.version() < Version::HTTP_2,
            route: route.map(Route::Known).or_else(matched),
        }
    }

    fn route(&self) -> Option<&str> {
        self.route.as_ref().map(|route| match route {
            Route::Known(route) => route,
            Route::Matched(path) => path.as_str(),
        })
    }
}

/// Calls the handler and observes the answer.
pub(in crate::http) async fn observe(
    State(observer): State<Arc<Observer>>,
    request: Request,
    next: Next,
) -> Response {
    let seen = Seen::new(&request, None);
    let answer = answered(request, next).await;
    observer.finish(seen, answer)
}

/// Calls the handler. The answer closes the connection if part of the body was left unread.
async fn answered(request: Request, next: Next) -> Response {
    let is_http1 = request.version() < Version::HTTP_2;
    let (parts, body) = request.into_parts();
    let (body, body_ended) = track(body);
    let answer = guarded(next.run(Request::from_parts(parts, body))).await;
    // The rest of an unread body would be parsed as the next request.
    if is_http1 && !body_ended.holds() { ended(answer) } else { answer }
}

/// Makes the answer close the connection.
fn ended(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Turns a panic of the handler into an answer. The panic hook logs its message.
async fn guarded(answer: impl Future<Output = Response>) -> Response {
    if let Ok(answer) = catch(answer).await {
        return in_stable_form(answer);
    }
    failed()
}

/// Calls a synchronous handler, or answers its panic. Unwind safety holds as in [`catch`].
fn caught(make: impl FnOnce() -> Response) -> Response {
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(make));
    made.unwrap_or_else(|_| failed())
}

/// The answer after a panic. The panic's message is in the log, and so is the request id.
fn failed() -> Response {
    let detail = "the server failed at this request: report it with the header `x-request-id`";
    Problem::new(Code::Internal, detail).into_response()
}

async fn catch(answer: impl Future<Output = Response>) -> Result<Response, ()> {
    let mut answer = Box::pin(answer);
    std::future::poll_fn(move |context| {
        // After a panic the future is dropped and never polled again, so no partial state in it is
        // seen. Shared state is swapped whole or counted.
        let polled = std::panic::AssertUnwindSafe(|| answer.as_mut().poll(context));
        match std::panic::catch_unwind(polled) {
            Ok(polled) => polled.map(Ok),
            Err(_) => std::task::Poll::Ready(Err(())),
        }
    })
    .await
}

/// Converts an error of a library to a problem document.
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

/// The method, if it is a standard one: any other is untrusted text.
fn method_label(method: &Method) -> &str {
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

fn log(seen: &Seen<'_>, status: StatusCode, took: Duration) {
    let (status, micros) = (status.as_u16(), took.as_micros() as u64);
    let id = seen.id.to_str().unwrap_or_default();
    let (method, route) = (method_label(&seen.method), seen.route().unwrap_or("none"));
    match status {
        // An overloaded server would be slowed further by a line for each: the metrics count them.
        429 | 503 => tracing::debug!(id, method, route, status, micros, "the request was put off"),
        500.. => tracing::error!(id, method, route, status, micros, "the request failed"),
        400.. => tracing::info!(id, method, route, status, micros, "the request was refused"),
        _ => tracing::debug!(id, method, route, status, micros, "the request was answered"),
    }
}

/// Adds the common headers to an answer.
fn dress(answer: &mut Response, id: HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The pages under `/docs` bring their own policy and never change, so browsers may cache them.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The client's id if it is short and printable, else a new one.
fn request_id(sent: Option<&[u8]>) -> HeaderValue {
    let kept = sent.filter(|id| {
        (1..=MAX_REQUEST_ID).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
    });
    let mut text = Uuid::encode_buffer();
    let id = match kept {
        Some(kept) => kept,
        None => fresh_id().hyphenated().encode_lower(&mut text).as_bytes(),
    };
    HeaderValue::from_bytes(id).expect("what is printable is a value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_request_id_is_kept_only_if_it_is_short_and_printable() {
        let id = |sent: &str| request_id(Some(sent.as_bytes()));
        assert_eq!(id("abc-1"), "abc-1");
        for sent in ["", "a b", &"x".repeat(129)] {
            assert_ne!(id(sent), sent);
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let awaited = guarded(async { panic!("on purpose") }).await;
        for answer in [awaited, caught(|| panic!("on purpose"))] {
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(is_problem(&answer));
        }
    }

    #[tokio::test]
    async fn a_library_refusal_gets_the_stable_form() {
        let answer = guarded(async { StatusCode::PAYLOAD_TOO_LARGE.into_response() }).await;
        assert!(is_problem(&answer));
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
