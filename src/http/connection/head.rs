//! Checks the head of a request after parsing and before routing.
//!
//! A proxy and the server behind it must agree on the end of each request. Otherwise a second
//! request can be smuggled inside the first
//! ([RFC 9112, sections 6.3 and 11.2](https://www.rfc-editor.org/rfc/rfc9112)).
//!
//! Hyper answers a malformed head with an empty 400, 414 or 431 and closes the connection. This
//! check adds a problem document for heads that hyper accepts but another server might read
//! differently.

use axum::http::{HeaderName, Request, Version, header};

use crate::http::problem::{Code, Problem};

/// The most header lines of a request.
const MAX_HEADERS: usize = 64;
/// The longest path with its query, in bytes.
const MAX_TARGET: usize = 8 * 1024;

/// Refuses an ambiguous or oversized head.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Problem> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET {
        return Err(too_long());
    }
    if request.headers().len() > MAX_HEADERS {
        return Err(too_many_headers());
    }
    check_host(request)?;
    check_framing(request)
}

/// HTTP/1.1 requires exactly one `host`; in HTTP/2 `:authority` may replace it.
fn check_host<B>(request: &Request<B>) -> Result<(), Problem> {
    let may_lack = match request.version() {
        Version::HTTP_10 => true,
        Version::HTTP_2 => request.uri().authority().is_some(),
        _ => false,
    };
    match count(request, header::HOST) {
        1 => Ok(()),
        0 if may_lack => Ok(()),
        0 => Err(malformed("the header `host` is missing")),
        _ => Err(malformed("the header `host` is given more than once")),
    }
}

fn check_framing<B>(request: &Request<B>) -> Result<(), Problem> {
    if count(request, header::CONTENT_LENGTH) > 1 {
        return Err(malformed("the header `content-length` is given more than once"));
    }
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(malformed("`transfer-encoding` must be `chunked` alone")),
    }
}

fn count<B>(request: &Request<B>, name: HeaderName) -> usize {
    request.headers().get_all(name).iter().count()
}

fn malformed(what: &str) -> Problem {
    Problem::new(Code::MalformedRequest, what)
}

fn too_many_headers() -> Problem {
    let detail = format!("the request has more than {MAX_HEADERS} headers");
    Problem::new(Code::HeadersTooLarge, detail).with("limit", MAX_HEADERS)
}

fn too_long() -> Problem {
    let detail =
        format!("the path with its query is longer than {MAX_TARGET} bytes: send a body with POST");
    Problem::new(Code::UriTooLong, detail).with("limit", MAX_TARGET)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: Version, target: &str, headers: &[(&str, &str)]) -> Result<(), Code> {
        let request = Request::builder().version(version).uri(target);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        check(&request.body(()).unwrap()).map_err(|problem| problem.code())
    }

    fn with(headers: &[(&str, &str)]) -> Result<(), Code> {
        of(Version::HTTP_11, "/", &[&[("host", "x")], headers].concat())
    }

    #[test]
    fn a_head_that_is_read_in_one_way_passes() {
        assert_eq!(with(&[("content-length", "3")]), Ok(()));
        assert_eq!(with(&[("transfer-encoding", "Chunked")]), Ok(()));
        assert_eq!(of(Version::HTTP_10, "/", &[]), Ok(()));
        assert_eq!(of(Version::HTTP_2, "https://x/", &[]), Ok(()));
        assert_eq!(of(Version::HTTP_2, "/", &[("host", "x")]), Ok(()));
    }

    #[test]
    fn an_ambiguous_head_is_malformed() {
        for headers in [
            &[("content-length", "3"), ("content-length", "3")][..],
            &[("transfer-encoding", "gzip, chunked")],
            &[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            &[("transfer-encoding", "identity")],
            &[("host", "y")],
        ] {
            assert_eq!(with(headers), Err(Code::MalformedRequest), "{headers:?}");
        }
        assert_eq!(of(Version::HTTP_11, "/", &[]), Err(Code::MalformedRequest));
        assert_eq!(of(Version::HTTP_11, "http://x/", &[]), Err(Code::MalformedRequest));
        assert_eq!(of(Version::HTTP_2, "/", &[]), Err(Code::MalformedRequest));
    }

    #[test]
    fn a_head_beyond_a_limit_names_the_limit() {
        let long = format!("/{}", "a".repeat(MAX_TARGET));
        assert_eq!(of(Version::HTTP_11, &long, &[("host", "x")]), Err(Code::UriTooLong));
        assert_eq!(with(&[("a", "b"); MAX_HEADERS]), Err(Code::HeadersTooLarge));
        assert_eq!(with(&[("a", "b"); MAX_HEADERS - 1]), Ok(()));
    }
}
