//! Questions that are refused before the library sees them: where more is asked than can be answered, what refusals cost is taken from
//! the answers.

use std::sync::Arc;

use axum::http::{HeaderValue, Method, Version};
use axum::response::IntoResponse;
use httparse::{EMPTY_HEADER, Header, Request};

use super::admission::too_many_wait;
use super::app::App;
use super::head::MAX_HEADERS;
use super::observe::{Observer, REQUEST_ID, dress};
use super::problem::Problem;
use super::routes::Asking;

/// Refuses questions in the bytes that they came in.
#[derive(Debug)]
pub(super) struct Shedding {
    app: App,
    observer: Arc<Observer>,
    refusal: Refusal,
}

impl Shedding {
    pub(super) fn new(app: App, observer: Arc<Observer>) -> Self {
        Self { app, observer, refusal: Refusal::new(too_many_wait()) }
    }

    /// Writes the refusal of the question that a head is; nothing if it is none, if it is not refused, or if the answer must say more.
    pub(super) fn refuse(&self, head: &[u8], to: &mut Vec<u8>) {
        if !self.app.admission.is_shedding() {
            return;
        }
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        if let Some(plain) = Plain::read(head, &mut headers) {
            self.app.admission.turned_away();
            let id = self.observer.shed(plain.request_id, plain.route);
            self.refusal.write(&id, to);
        }
    }
}

/// A question by GET after which the connection stays, from no page of another origin.
#[derive(Debug)]
struct Plain<'h> {
    route: &'static str,
    request_id: Option<&'h [u8]>,
}

impl<'h> Plain<'h> {
    fn read(head: &'h [u8], headers: &'h mut [Header<'h>]) -> Option<Self> {
        let mut request = Request::new(headers);
        let is_whole = request.parse(head).is_ok_and(|status| status.is_complete());
        if !is_whole || request.version != Some(1) || request.method != Some("GET") {
            return None;
        }
        let path = request.path?.split('?').next()?;
        let route = Asking::of(&Method::GET, path)?.route();
        let headers = &*request.headers;
        let stays =
            values(headers, "connection").all(|value| value.eq_ignore_ascii_case(b"keep-alive"));
        let is_plain = stays && values(headers, "origin").next().is_none();
        let request_id = values(headers, REQUEST_ID.as_str()).next();
        is_plain.then_some(Self { route, request_id })
    }
}

/// What stands behind a name, from the first line on.
fn values<'h>(headers: &[Header<'h>], name: &str) -> impl Iterator<Item = &'h [u8]> {
    let named = headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
    named.map(|header| header.value)
}

/// An answer in bytes, but for the id of its request.
#[derive(Debug)]
struct Refusal {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Refusal {
    fn new(problem: Problem) -> Self {
        let body = problem.body().to_string();
        let mut answer = problem.into_response();
        dress(&mut answer, HeaderValue::from_static(""));
        let mut before = format!("{:?} {}\r\n", Version::HTTP_11, answer.status()).into_bytes();
        let headers = answer.headers().iter().filter(|(name, _)| **name != REQUEST_ID);
        for (name, value) in headers {
            before.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        before.extend(format!("content-length: {}\r\n{REQUEST_ID}: ", body.len()).into_bytes());
        Self { before, after: [b"\r\n\r\n", body.as_bytes()].concat() }
    }

    fn write(&self, id: &HeaderValue, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.before);
        to.extend_from_slice(id.as_bytes());
        to.extend_from_slice(&self.after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(head: &str) -> Option<(&'static str, Option<Vec<u8>>)> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let plain = Plain::read(head.as_bytes(), &mut headers)?;
        Some((plain.route, plain.request_id.map(<[u8]>::to_vec)))
    }

    #[test]
    fn only_what_needs_no_more_than_the_refusal_is_plain() {
        let question = "GET /v1/recommend/for-you?user=u HTTP/1.1\r\nhost: x\r\n";
        let with = |more: &str| plain(&format!("{question}{more}\r\n"));
        let route = "/v1/recommend/{scenario}";
        assert_eq!(with(""), Some((route, None)));
        assert_eq!(with("Connection: Keep-Alive\r\n"), Some((route, None)));
        assert_eq!(with("X-Request-Id: a\r\n"), Some((route, Some(b"a".to_vec()))));
        let twice = "connection: keep-alive\r\nconnection: close\r\n";
        for more in ["connection: close\r\n", twice, "origin: https://shop\r\n"] {
            assert_eq!(with(more), None, "{more}");
        }
        let others = [
            "HEAD /v1/items/a HTTP/1.1\r\nhost: x\r\n\r\n",
            "POST /v1/recommend/for-you HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET /v1/items/a HTTP/1.0\r\n\r\n",
            "GET http://x/v1/items/a HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n",
        ];
        for head in others {
            assert_eq!(plain(head), None, "{head}");
        }
    }

    #[test]
    fn a_refusal_is_an_answer_with_its_id_and_all_that_answers_have() {
        let mut bytes = Vec::new();
        Refusal::new(too_many_wait()).write(&HeaderValue::from_static("id-1"), &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<_> = head.split("\r\n").collect();
        assert_eq!(lines.remove(0), "HTTP/1.1 503 Service Unavailable");
        let length = format!("content-length: {}", body.len());
        for line in [
            "retry-after: 1",
            "x-request-id: id-1",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            &length,
        ] {
            assert!(lines.contains(&line), "{line}: {head}");
        }
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "busy");
    }
}
