//! Around every answer: the request id, the headers that all answers have, panics, counting and a log line.

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
/// The longest request id that is taken over from a client, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// The counters of all routes, made once: on the way of a request a path is looked up in a table that never changes.
#[derive(Debug)]
struct Counters {
    routes: HashMap<String, Vec<(Method, RequestCounters)>>,
    /// Requests that no route of the table answers: unknown paths, wrong methods, the pages under `/docs`.
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

/// What stands around every answer.
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

    /// What stands around an answer that is made in one go, as [`observe`] stands around all others.
    pub(in crate::http) fn around<B: HttpBody>(
        &self,
        request: &Request<B>,
        route: &str,
        make: impl FnOnce() -> Response,
    ) -> Response {
        let seen = Seen::new(request, Some(route));
        let mut answer = caught(make);
        // What is left of a body stands where the next request would.
        if seen.is_http1 && !request.body().is_end_stream() {
            answer = ended(answer);
        }
        self.finish(seen, answer)
    }

    /// Answers a request whose head is refused, and ends its connection.
    pub(in crate::http) fn refuse<B>(&self, request: &Request<B>, problem: Problem) -> Response {
        self.finish(Seen::new(request, None), ended(problem.into_response()))
    }

    /// Counts and tells what became of a request, and gives the answer what all have.
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

/// What is kept of a request until it is answered.
struct Seen<'a> {
    began: Instant,
    id: HeaderValue,
    method: Method,
    is_http1: bool,
    route: Option<Route<'a>>,
}

/// The route of a request: the path as it was sent would name users.
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

/// Answers a request and looks on.
pub(in crate::http) async fn observe(
    State(observer): State<Arc<Observer>>,
    request: Request,
    next: Next,
) -> Response {
    let seen = Seen::new(&request, None);
    let answer = answered(request, next).await;
    observer.finish(seen, answer)
}

/// The answer of the handler, which says if the connection ends with it.
async fn answered(request: Request, next: Next) -> Response {
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
    failed()
}

/// What is made in one go, or the answer to a panic. What it shares with others is swapped whole or counted, as in [`catch`].
fn caught(make: impl FnOnce() -> Response) -> Response {
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(make));
    made.unwrap_or_else(|_| failed())
}

/// The answer to a request whose handler panicked: its message is in the log, and the line about the answer, which has the request's id.
fn failed() -> Response {
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

fn log(seen: &Seen<'_>, status: StatusCode, took: Duration) {
    let (status, micros) = (status.as_u16(), took.as_micros() as u64);
    let id = seen.id.to_str().unwrap_or_default();
    let (method, route) = (shown(&seen.method), seen.route().unwrap_or("none"));
    match status {
        // So many of these may come that lines about them would be a burden of their own: they are counted.
        429 | 503 => tracing::debug!(id, method, route, status, micros, "the request was put off"),
        500.. => tracing::error!(id, method, route, status, micros, "the request failed"),
        400.. => tracing::info!(id, method, route, status, micros, "the request was refused"),
        _ => tracing::debug!(id, method, route, status, micros, "the request was answered"),
    }
}

/// Gives an answer the headers that all have.
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
