//! Several hundred invalid requests, generated from the possible defects of each operation. None
//! gets 2xx or 5xx, each gets a problem with a known code, and nothing is written.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::Server;

const JSON: &str = "application/json";

/// The operations that read a body.
const WITH_BODY: &[(&str, &str)] = &[
    ("POST", "/v1/recommend"),
    ("POST", "/v1/recommend/for-you"),
    ("POST", "/v1/events"),
    ("POST", "/v1/items"),
    ("POST", "/v1/users"),
    ("POST", "/v1/relations"),
    ("PUT", "/v1/items/a"),
    ("PATCH", "/v1/items/a"),
    ("PUT", "/v1/users/a"),
    ("PATCH", "/v1/users/a"),
];

/// Bodies that are invalid for every operation.
const BODIES: &[&[u8]] = &[
    b"{",
    b"}",
    b"{\"a\"",
    b"{\"a\":}",
    b"{'user':'a'}",
    b"{\"user\":\"a\"}}",
    b"{\"user\":\"a\"} x",
    b"{\"user\":\"a\",}",
    b"{\"user\":NaN}",
    b"{\"price\":1e999}",
    b"{\"user\":\"\xff\"}",
    b"{\"user\":\"\\ud800\"}",
    b"{\"user\":\"a\nb\"}",
    b"\xef\xbb\xbf{}",
    b"\0",
    b"true",
    b"12",
    b"\"text\"",
    b"nul",
    b"{\"no_such_field\":1}",
    b"{\"user\":\"a\",\"user\":\"b\",\"id\":\"a\",\"id\":\"a\",\"requests\":[],\"requests\":[],\"from\":\"a\",\"from\":\"b\"}",
];

const KINDS: &[&str] =
    &["", "text/plain", "application/xml", "multipart/form-data", "application/jsonx"];

/// Invalid ids for paths.
const IDS: &[&str] = &["%0A", "a%00b", "%E2%80%AE", "%FF", "%C3%28", "a%0Ab", "%7F"];

const WITH_ID: &[(&str, &str)] = &[
    ("GET", "/v1/items/"),
    ("PUT", "/v1/items/"),
    ("PATCH", "/v1/items/"),
    ("DELETE", "/v1/items/"),
    ("GET", "/v1/users/"),
    ("PUT", "/v1/users/"),
    ("DELETE", "/v1/users/"),
    ("PUT", "/v1/relations/a/friend/"),
    ("DELETE", "/v1/relations/a/friend/"),
    ("GET", "/v1/recommend/for-you?user="),
    ("GET", "/v1/recommend/similar-items?item="),
    ("GET", "/errors/"),
];

/// Methods that no route has.
const METHODS: &[&str] = &["TRACE", "BREW", "PROPFIND", "LOCK"];
const ROUTES: &[&str] = &[
    "/v1/events",
    "/v1/items/a",
    "/v1/recommend/popular",
    "/v1/models",
    "/health/live",
    "/metrics",
];

/// Heads that hyper parses and the service refuses, with the start of the expected answer.
const AMBIGUOUS: &[(&str, &str)] = &[
    ("GET /health/live HTTP/1.1\r\n\r\n", "400"),
    ("GET /health/live HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n", "400"),
    (
        "POST /v1/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "POST /v1/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "400",
    ),
];

/// Heads that hyper can't parse. The answer is a bare status, and the connection ends.
const UNREADABLE: &[&str] = &[
    "GET /health/live HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n",
    "GET /health/live HTTP/1.1\r\nhost : x\r\n\r\n",
    "GET /health/live HTTP/1.1\r\nhost: x\r\na\0: b\r\n\r\n",
    "GET /health/live HTTP/9.9\r\nhost: x\r\n\r\n",
    "GET /health/live\r\nhost: x\r\n\r\n",
    "GET  /health/live HTTP/1.1\r\nhost: x\r\n\r\n",
    "nonsense\r\n\r\n",
    "\0\0\0\0\r\n\r\n",
    "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n[]",
    "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 2, 2\r\n\r\n[]",
    "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    "POST /v1/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST /v1/events HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
];

/// Counts the cases and checks each refusal.
struct Cases<'s> {
    server: &'s Server,
    count: usize,
    codes: HashSet<String>,
}

impl Cases<'_> {
    fn check(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        let answer = self.server.call_with(method, path, headers, body);
        let case = format!("{method} {path} {headers:?} {}", String::from_utf8_lossy(body));
        assert!(
            (400..500).contains(&answer.status),
            "{}: {case}: {}",
            answer.status,
            answer.text()
        );
        let problem = answer.json();
        assert_eq!(answer.header("content-type"), "application/problem+json", "{case}");
        assert_eq!(answer.header("cache-control"), "no-store", "{case}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{case}");
        assert_eq!(answer.header("server"), "", "{case}");
        assert_eq!(answer.header("allow").is_empty(), answer.status != 405, "{case}");
        assert_eq!(problem["status"], answer.status, "{case}");
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{case}");
        self.codes.insert(answer.code());
        self.count += 1;
        answer.status
    }

    fn raw(&mut self, head: &str, status: &str) {
        let answer = said(self.server, head.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{head:?}: {answer}");
        assert!(answer.contains("application/problem+json"), "{head:?}: {answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{head:?}: {answer}");
        self.count += 1;
    }
}

/// Returns all that the server sends until it closes the connection.
fn said(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // Unread input makes the server's close a reset.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn several_hundred_wrong_requests_are_refused_each_with_its_problem() {
    let server = Server::start();
    let mut cases = Cases { server: &server, count: 0, codes: HashSet::new() };
    for &(method, path) in WITH_BODY {
        for body in BODIES {
            cases.check(method, path, &[("content-type", JSON)], body);
        }
        for kind in KINDS {
            assert_eq!(cases.check(method, path, &[("content-type", kind)], b"{}x"), 415);
        }
        let encoded = [("content-type", JSON), ("content-encoding", "br")];
        assert_eq!(cases.check(method, path, &encoded, b"{}"), 415);
        let not_gzip = [("content-type", JSON), ("content-encoding", "gzip")];
        cases.check(method, path, &not_gzip, b"{\"a\":1}");
    }
    for &(method, path) in WITH_ID {
        for id in IDS {
            cases.check(method, &format!("{path}{id}"), &[("content-type", JSON)], b"{}");
        }
    }
    for &method in METHODS {
        for &route in ROUTES {
            assert_eq!(cases.check(method, route, &[], b""), 405);
        }
    }
    for &(head, status) in AMBIGUOUS {
        cases.raw(head, status);
    }
    cases.raw(&format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(8_192)), "414");
    cases.raw(&format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(64)), "431");
    let known = server.get("/openapi.json").good().to_string();
    assert!(cases.count >= 300, "{} cases", cases.count);
    assert!(cases.codes.len() > 12, "{:?}", cases.codes);
    assert!(known.contains("problem"), "{known}");
    assert_eq!(server.get("/health/ready").good()["offset"], 0, "nothing was written");
}

#[test]
fn a_head_that_cannot_be_parsed_ends_its_connection() {
    let server = Server::start();
    let refused = |head: &str, status: u16| {
        let answer = said(&server, head.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head:?}: {answer}");
        assert!(answer.contains("content-length: 0\r\n"), "{head:?}: {answer}");
        assert!(answer.contains("connection: close\r\n"), "{head:?}: {answer}");
    };
    for head in UNREADABLE {
        refused(head, 400);
    }
    let line = format!("a: {}\r\n", "a".repeat(16_384));
    refused(&format!("GET / HTTP/1.1\r\nhost: x\r\n{line}\r\n"), 431);
    refused(&format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(100)), 431);
}

#[test]
fn a_head_that_has_one_meaning_by_the_rfc_is_read() {
    let server = Server::start();
    let post =
        "POST /v1/recommend/popular HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    for request in [
        // A bare line feed ends a line (RFC 9112, section 2.2).
        "GET /health/live HTTP/1.1\nhost: x\nconnection: close\n\n".to_owned(),
        // Equal repeated lengths count as one (RFC 9110, section 8.6).
        format!("{post}connection: close\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{{}}"),
        // With both framings, chunked applies, and the connection ends (RFC 9112, section 6.3).
        format!(
            "{post}content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
        ),
    ] {
        let answer = said(&server, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200 "), "{request:?}: {answer}");
    }
}

#[test]
fn a_repeated_name_is_refused_at_every_level() {
    let server = Server::start();
    let refused = |path: &str, body: &str| {
        let answer = server.call("POST", path, JSON, body.as_bytes());
        assert!((400..500).contains(&answer.status), "{path} {body}: {}", answer.text());
        assert!(answer.text().contains("is repeated"), "{path} {body}: {}", answer.text());
    };
    refused("/v1/events", r#"[{"user":"a","user":"b","item":"i","type":"view"}]"#);
    refused("/v1/events", r#"{"events":[],"events":[]}"#);
    refused("/v1/items", r#"{"id":"i","attributes":{"a":1,"a":2}}"#);
    refused("/v1/recommend/for-you", r#"{"filter":{"price":{"gte":1,"gte":2}}}"#);
    refused("/v1/recommend", r#"{"requests":[{"scenario":"new","scenario":"new"}]}"#);
    refused("/v1/recommend", r#"{"requests":[],"requests":[]}"#);
}

#[test]
fn nothing_is_smuggled_behind_a_body() {
    let server = Server::start();
    let inner = "DELETE /v1/items/a HTTP/1.1\r\nhost: x\r\n\r\n";
    for head in [
        format!("content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("content-length: 5\r\ncontent-length: 50\r\n\r\n0\r\n\r\n{inner}"),
        format!(
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n{inner}"
        ),
    ] {
        let answer =
            said(&server, format!("POST /v1/events HTTP/1.1\r\nhost: x\r\n{head}").as_bytes());
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

#[test]
fn bodies_are_taken_compressed_within_the_same_bounds() {
    let server = Server::start();
    let send = |encoding: &str, body: &[u8]| {
        let headers = [("content-type", JSON), ("content-encoding", encoding)];
        server.call_with("POST", "/v1/recommend/popular", &headers, body)
    };
    for (encoding, body) in [("gzip", gzip(b"{}")), ("zstd", zstd(&[(2 << 3, b"{}")]))] {
        assert_eq!(send(encoding, &body).status, 200, "{encoding}");
    }
    let spaces = [(REPEATED, &b" "[..]); 17];
    for (encoding, bomb) in [("gzip", gzip(&vec![b' '; 2 << 20])), ("zstd", zstd(&spaces))] {
        assert!(bomb.len() < 10_000, "{encoding}: {}", bomb.len());
        assert_eq!(send(encoding, &bomb).code(), "body_too_large", "{encoding}");
    }
}

/// Compresses with the system's `gzip`.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child = std::process::Command::new("gzip")
        .arg("-c")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, bytes) = (child.stdin.take().unwrap(), bytes.to_vec());
    std::thread::spawn(move || input.write_all(&bytes).unwrap());
    child.wait_with_output().unwrap().stdout
}

/// The header of a 128 KiB block of one repeated byte (RFC 8878, section 3.1.1.2).
const REPEATED: u32 = (128 << 10) << 3 | 1 << 1;

/// A zstd frame of blocks with their headers, with a window of 128 KiB.
fn zstd(blocks: &[(u32, &[u8])]) -> Vec<u8> {
    let mut frame = b"\x28\xb5\x2f\xfd\0\x38".to_vec();
    for (at, (head, bytes)) in blocks.iter().enumerate() {
        let is_last = u32::from(at + 1 == blocks.len());
        frame.extend(&(head | is_last).to_le_bytes()[..3]);
        frame.extend(*bytes);
    }
    frame
}
