//! What a head must be, and how long the body is that follows.

use axum::http::{Request, header};
use httparse::{EMPTY_HEADER, Error, Header, Status};

use crate::http::code::Code;
use crate::http::problem::Problem;

/// The most headers of a request.
pub(in crate::http) const MAX_HEADERS: usize = 64;
/// The longest head, in bytes.
pub(in crate::http) const MAX_HEAD: usize = 16 * 1024;
/// The longest path with its query, in bytes.
const MAX_TARGET: usize = 8 * 1024;

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes.
    Length(u64),
    /// Chunks, of which the last is empty.
    Chunks,
}

/// Reads a head with the empty line at its end.
pub(super) fn examine(head: &[u8]) -> Result<Body, Problem> {
    refuse_bare_line_feed(head)?;
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(Status::Complete(_)) => framing(request.version, request.path, request.headers),
        Ok(Status::Partial) => Err(malformed("the head ends in the middle of a line")),
        Err(Error::TooManyHeaders) => Err(too_many_headers()),
        Err(error) => Err(malformed(&error.to_string())),
    }
}

/// Refuses a line feed without the carriage return before it.
pub(super) fn refuse_bare_line_feed(bytes: &[u8]) -> Result<(), Problem> {
    let mut feeds = bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'\n');
    if feeds.any(|(at, _)| at == 0 || bytes[at - 1] != b'\r') {
        return Err(malformed("a line of the head ends in a line feed alone: end it in CR LF"));
    }
    Ok(())
}

fn framing(
    version: Option<u8>,
    target: Option<&str>,
    headers: &[Header<'_>],
) -> Result<Body, Problem> {
    if target.is_some_and(|target| target.len() > MAX_TARGET) {
        return Err(too_long());
    }
    let all = |name: &str| -> Vec<&[u8]> {
        let named = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| header.value).collect()
    };
    match all("host").len() {
        1 => (),
        0 if version == Some(0) => (),
        0 => return Err(malformed("the header `host` is missing")),
        _ => return Err(malformed("the header `host` is given more than once")),
    }
    match (all("content-length").as_slice(), all("transfer-encoding").as_slice()) {
        ([], []) => Ok(Body::Length(0)),
        ([length], []) => length_of(length).map(Body::Length),
        ([], [coding]) if version == Some(1) && coding.eq_ignore_ascii_case(b"chunked") => {
            Ok(Body::Chunks)
        }
        ([], _) => Err(malformed("`transfer-encoding` must be `chunked` alone, in HTTP/1.1")),
        (_, []) => Err(malformed("the header `content-length` is given more than once")),
        _ => Err(malformed("`content-length` and `transfer-encoding` exclude each other")),
    }
}

fn length_of(value: &[u8]) -> Result<u64, Problem> {
    let digits = value.trim_ascii();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| is_number);
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| malformed("`content-length` is no number of bytes"))
}

/// What a request of HTTP/2 must be, whose head the library has read.
pub(in crate::http) fn parsed<B>(request: &Request<B>) -> Result<(), Problem> {
    if request.headers().len() > MAX_HEADERS {
        return Err(too_many_headers());
    }
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET {
        return Err(too_long());
    }
    if request.uri().authority().is_none() && !request.headers().contains_key(header::HOST) {
        return Err(malformed("the request names no host"));
    }
    Ok(())
}

fn malformed(what: &str) -> Problem {
    Problem::new(Code::MalformedRequest, what)
}

pub(super) fn too_large() -> Problem {
    let detail = format!("the head is longer than {MAX_HEAD} bytes");
    Problem::new(Code::HeadersTooLarge, detail).with("limit", MAX_HEAD)
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

    fn of(lines: &[&str]) -> Result<Body, Code> {
        let head = format!("{}\r\n\r\n", lines.join("\r\n"));
        examine(head.as_bytes()).map_err(|problem| problem.code())
    }

    #[test]
    fn the_framing_is_what_the_head_says() {
        let with = |line: &str| of(&["POST / HTTP/1.1", "host: x", line]);
        assert_eq!(with("a: b"), Ok(Body::Length(0)));
        assert_eq!(with("content-length: 12"), Ok(Body::Length(12)));
        assert_eq!(with("Transfer-Encoding: Chunked"), Ok(Body::Chunks));
        assert_eq!(of(&["GET / HTTP/1.0"]), Ok(Body::Length(0)));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let refused: &[&[&str]] = &[
            &["GET / HTTP/1.1"],
            &["GET / HTTP/1.1", "host: x", "Host: y"],
            &["POST / HTTP/1.1", "host: x", "content-length: 3", "content-length: 3"],
            &["POST / HTTP/1.1", "host: x", "content-length: 3", "transfer-encoding: chunked"],
            &["POST / HTTP/1.1", "host: x", "content-length: +3"],
            &["POST / HTTP/1.1", "host: x", "content-length: 3, 3"],
            &["POST / HTTP/1.1", "host: x", "content-length:"],
            &["POST / HTTP/1.1", "host: x", "content-length: 99999999999999999999"],
            &["POST / HTTP/1.1", "host: x", "transfer-encoding: gzip, chunked"],
            &[
                "POST / HTTP/1.1",
                "host: x",
                "transfer-encoding: chunked",
                "transfer-encoding: chunked",
            ],
            &["POST / HTTP/1.0", "host: x", "transfer-encoding: chunked"],
            &["GET / HTTP/1.1", "host: x", "a: b", " folded: c"],
            &["GET / HTTP/1.1", "host: x", "a : b"],
            &["GET / HTTP/1.1", "host: x", "a\0: b"],
            &["GET / HTTP/1.1", "host: x\na: b"],
            &["GET / HTTP/3.0", "host: x"],
            &["GET /a b HTTP/1.1", "host: x"],
            &["G(T / HTTP/1.1", "host: x"],
            &["GET  / HTTP/1.1", "host: x"],
            &["nonsense"],
        ];
        for lines in refused {
            assert_eq!(of(lines), Err(Code::MalformedRequest), "{lines:?}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_much_says_so() {
        let long = format!("GET /{} HTTP/1.1", "a".repeat(MAX_TARGET));
        assert_eq!(of(&[&long, "host: x"]), Err(Code::UriTooLong));
        let many = vec!["a: b"; MAX_HEADERS];
        assert_eq!(
            of(&[&["GET / HTTP/1.1", "host: x"], &many[..]].concat()),
            Err(Code::HeadersTooLarge)
        );
    }
}
