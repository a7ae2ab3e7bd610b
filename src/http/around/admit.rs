//! Authenticates and authorises requests, and adds the CORS headers for pages of other origins.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::operation::Operations;
use crate::access::{Caller, Denied, Need, Presented};
use crate::http::app::App;
use crate::http::problem::{Code, Problem};

const USER_TOKEN: HeaderName = HeaderName::from_static("x-user-token");

/// The client's address.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Peer(pub(in crate::http) IpAddr);

/// The state of the check.
#[derive(Clone, Debug)]
pub(in crate::http) struct Admit {
    pub(in crate::http) app: App,
    pub(in crate::http) operations: Arc<Operations>,
}

/// Passes on an authorised request with its [`crate::access::Caller`]. Refuses any other with a
/// problem.
pub(in crate::http) async fn admit(
    State(Admit { app, operations }): State<Admit>,
    mut request: Request,
    next: Next,
) -> Response {
    let origin = known_origin(&app, request.headers());
    if origin.is_some() && is_preflight(&request) {
        return open_to(origin, preflight());
    }
    let route = request.extensions().get::<MatchedPath>();
    // An unmatched path reveals nothing, so it needs no right.
    let need =
        route.map_or(Need::Nothing, |route| operations.need(request.method(), route.as_str()));
    let peer = request.extensions().get::<Peer>().copied();
    let answer = match pass(&app, peer, request.headers(), need) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(denied) => denied.into_response(),
    };
    open_to(origin, answer)
}

/// The origin of the calling page, if its pages may read answers.
pub(in crate::http) fn known_origin(app: &App, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let is_known = origin.to_str().is_ok_and(|origin| app.gate.knows_origin(origin));
    is_known.then(|| origin.clone())
}

/// Returns the caller if it is authorised.
pub(in crate::http) fn pass(
    app: &App,
    peer: Option<Peer>,
    headers: &HeaderMap,
    need: Need,
) -> Result<Caller, Problem> {
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0);
    let presented = Presented {
        address,
        key: key(headers),
        token: text(headers, &USER_TOKEN),
        origin: text(headers, &header::ORIGIN),
    };
    app.gate.admit(presented, need, Timestamp::now()).map_err(Problem::from)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// The key after `Bearer`, whose case doesn't matter (RFC 9110).
fn key(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = text(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoKey => Self::new(
                Code::MissingKey,
                "this needs a key: send it as `authorization: Bearer gx_...`; `guanxi keys create` makes one",
            ),
            Denied::WrongKey => {
                Self::new(Code::InvalidKey, "the key is unknown, has expired or was revoked")
            }
            Denied::Scope { scope } => {
                let detail =
                    format!("the key has the scope `{}`, which is not enough", scope.name());
                Self::new(Code::Forbidden, detail).with("scope", scope.name())
            }
            Denied::Origin => Self::new(
                Code::OriginNotAllowed,
                "a public key works only from the pages that it was made for: the header `origin` names another page or is missing",
            ),
            Denied::Token { what } => {
                Self::new(Code::InvalidToken, format!("the token in `x-user-token`: {what}"))
            }
            Denied::TooMany { wait } => {
                let detail = format!("too many requests: try again in {wait} s");
                Self::new(Code::RateLimited, detail).after(wait)
            }
        }
    }
}

fn is_preflight(request: &Request) -> bool {
    let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.method() == Method::OPTIONS && asks
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, x-user-token, x-request-id",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Lets pages of a known origin read the answer; all other pages get no CORS headers.
pub(in crate::http) fn open_to(origin: Option<HeaderValue>, mut answer: Response) -> Response {
    if let Some(origin) = origin {
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        let exposed = HeaderValue::from_static("retry-after, x-request-id");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    answer
}
