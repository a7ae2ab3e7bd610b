//! Invalid requests: each gets a problem document with its stable code, never a 5xx.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::Server;
use serde_json::json;

/// Method, path, content type, body, expected status, expected code.
type Case = (&'static str, &'static str, &'static str, &'static [u8], u16, &'static str);

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";
const ARROW: &str = "application/vnd.apache.arrow.stream";
const FOR_YOU: &str = "/v1/recommend/for-you";

/// Invalid paths, methods and content types.
const ROUTES: &[Case] = &[
    ("GET", "/", "", b"", 404, "unknown_route"),
    ("GET", "/v2/events", "", b"", 404, "unknown_route"),
    ("GET", "/v1/items/", "", b"", 404, "unknown_route"),
    ("GET", "/v1/items/a/b", "", b"", 404, "unknown_route"),
    ("GET", "/v1/events", "", b"", 405, "method_not_allowed"),
    ("DELETE", "/v1/recommend/for-you", "", b"", 405, "method_not_allowed"),
    ("POST", "/health/live", JSON, b"{}", 405, "method_not_allowed"),
    ("GET", "/v1/models/x/activate", "", b"", 405, "method_not_allowed"),
    ("GET", "/v1/items/%FF", "", b"", 400, "invalid_utf8"),
    ("PUT", "/v1/users/%C3%28", JSON, b"{}", 400, "invalid_utf8"),
    ("POST", "/v1/recommend/%FF", JSON, b"{}", 400, "invalid_utf8"),
    ("POST", FOR_YOU, "text/plain", b"{}", 415, "unsupported_media_type"),
    ("POST", FOR_YOU, "application/x-www-form-urlencoded", b"{}", 415, "unsupported_media_type"),
    ("POST", FOR_YOU, "", b"{}", 415, "unsupported_media_type"),
    ("POST", "/v1/events", "", b"[]", 415, "unsupported_media_type"),
    ("POST", "/v1/events", "text/csv", b"a,b", 415, "unsupported_media_type"),
    ("PUT", "/v1/items/a", "text/xml", b"<a/>", 415, "unsupported_media_type"),
    ("PATCH", "/v1/users/a", "application/merge", b"{}", 415, "unsupported_media_type"),
];

/// Invalid requests for lists.
const QUESTIONS: &[Case] = &[
    ("POST", "/v1/recommend/for_you", JSON, b"{}", 404, "unknown_scenario"),
    ("GET", "/v1/recommend/%20", "", b"", 404, "unknown_scenario"),
    ("POST", FOR_YOU, JSON, b"{", 400, "invalid_json"),
    ("POST", FOR_YOU, JSON, b"{\"user\":}", 400, "invalid_json"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":NaN}", 400, "invalid_json"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":1}{}", 400, "invalid_json"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":1e999}", 400, "invalid_json"),
    ("POST", FOR_YOU, JSON, b"{\"user\":\"\xff\"}", 400, "invalid_utf8"),
    ("POST", FOR_YOU, JSON, b"{\"user\":\"\\ud800\"}", 400, "invalid_json"),
    ("POST", FOR_YOU, JSON, b"[]", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"null", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"7", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"usr\":\"u\"}", 422, "unknown_field"),
    ("POST", FOR_YOU, JSON, b"{\"\":1}", 422, "unknown_field"),
    ("POST", FOR_YOU, JSON, b"{\"user\":7}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"items\":\"a\"}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":\"5\"}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":1.5}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":1e39}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":1,\"limit\":2}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"explain\":1}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"fields\":[\"nam\"]}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":0}", 422, "invalid_limit"),
    ("POST", FOR_YOU, JSON, b"{\"deadline_ms\":0}", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"deadline_ms\":60001}", 422, "invalid_field"),
    ("GET", "/v1/recommend/for-you?deadline_ms=-1", "", b"", 422, "invalid_field"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":-1}", 422, "invalid_limit"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":201}", 422, "invalid_limit"),
    ("POST", FOR_YOU, JSON, b"{\"limit\":1000000000}", 422, "invalid_limit"),
    ("POST", FOR_YOU, JSON, b"{\"user\":\"\"}", 422, "invalid_id"),
    ("POST", FOR_YOU, JSON, b"{\"user\":\"a\\nb\"}", 422, "invalid_id"),
    ("POST", FOR_YOU, JSON, b"{\"exclude\":[\"\\u202e\"]}", 422, "invalid_id"),
    ("POST", "/v1/recommend/similar-items", JSON, b"{}", 422, "missing_field"),
    ("POST", "/v1/recommend/also-bought", JSON, b"", 422, "missing_field"),
    ("GET", "/v1/recommend/similar-items?item=none", "", b"", 404, "unknown_item"),
    ("GET", "/v1/recommend/for-you?limit=0", "", b"", 422, "invalid_limit"),
    ("GET", "/v1/recommend/for-you?limit=x", "", b"", 422, "invalid_field"),
    ("GET", "/v1/recommend/for-you?lmit=1", "", b"", 422, "unknown_field"),
    ("GET", "/v1/recommend/for-you?user=a&user=b", "", b"", 422, "invalid_field"),
    ("GET", "/v1/recommend/for-you?price_gte=inf", "", b"", 422, "invalid_field"),
    ("GET", "/v1/recommend/for-you?near_lat=1", "", b"", 422, "invalid_filter"),
    ("POST", "/v1/recommend", JSON, b"{}", 422, "missing_field"),
    ("POST", "/v1/recommend", JSON, b"{\"requests\":{}}", 422, "invalid_field"),
    ("POST", "/v1/recommend", JSON, b"{\"requests\":[],\"x\":1}", 422, "unknown_field"),
    ("POST", "/v1/recommend", JSON, b"[]", 422, "invalid_field"),
];

/// Invalid filters.
const FILTERS: &[(&str, &str)] = &[
    ("[]", "invalid_filter"),
    (r#""shoes""#, "invalid_filter"),
    (r#"{"catgory":"a"}"#, "invalid_filter"),
    (r#"{"category":7}"#, "invalid_filter"),
    (r#"{"price":{"gte":"1"}}"#, "invalid_filter"),
    (r#"{"price":5}"#, "invalid_filter"),
    (r#"{"currency":"yuan"}"#, "invalid_filter"),
    (r#"{"currency":{"in":["CNY","USD"]},"price":{"lt":5}}"#, "invalid_filter"),
    (r#"{"tags":["red"]}"#, "invalid_filter"),
    (r#"{"tags":{"any":[]}}"#, "invalid_filter"),
    (r#"{"merchant":"m"}"#, "invalid_filter"),
    (r#"{"available":"yes"}"#, "invalid_filter"),
    (r#"{"near":{"lat":91,"lon":0,"km":1}}"#, "invalid_filter"),
    (r#"{"near":{"lat":1,"lon":0,"km":-1}}"#, "invalid_filter"),
    (r#"{"not":[]}"#, "invalid_filter"),
    (r#"{"any":{}}"#, "invalid_filter"),
    (r#"{"attributes":{"colour":{"in":["red"]}}}"#, "unknown_attribute"),
];

/// Invalid writes.
const WRITES: &[Case] = &[
    ("POST", "/v1/events", JSON, b"", 400, "invalid_json"),
    ("POST", "/v1/events", JSON, b"[{}", 400, "invalid_json"),
    ("POST", "/v1/events", JSON, b"\xff", 400, "invalid_json"),
    ("POST", "/v1/events", ARROW, b"nonsense", 400, "invalid_arrow"),
    ("POST", "/v1/events", ARROW, b"", 400, "invalid_arrow"),
    ("POST", "/v1/events", LINES, b"nonsense\n", 422, "nothing_accepted"),
    ("POST", "/v1/events", JSON, b"[{}]", 422, "nothing_accepted"),
    ("POST", "/v1/events", JSON, b"[1,2]", 422, "nothing_accepted"),
    ("POST", "/v1/events", JSON, br#"{"events":7}"#, 422, "invalid_type"),
    (
        "POST",
        "/v1/relations",
        JSON,
        br#"{"from":"a","kind":"enemy","to":"b"}"#,
        422,
        "nothing_accepted",
    ),
    ("POST", "/v1/items", JSON, br#"{"id":"","price":1}"#, 422, "nothing_accepted"),
    ("POST", "/v1/users", JSON, br#"[{"id":"a","visibility":"all"}]"#, 422, "nothing_accepted"),
    ("PUT", "/v1/items/a", JSON, b"[]", 422, "invalid_type"),
    ("PUT", "/v1/items/a", JSON, b"{", 400, "invalid_json"),
    ("PUT", "/v1/items/a", JSON, br#"{"id":"b"}"#, 422, "id_mismatch"),
    ("PUT", "/v1/items/a", JSON, br#"{"prize":1}"#, 422, "unknown_field"),
    ("PUT", "/v1/items/a", JSON, br#"{"price":"1"}"#, 422, "invalid_type"),
    ("PUT", "/v1/items/a", JSON, br#"{"price":-1}"#, 422, "invalid_number"),
    ("PUT", "/v1/items/a", JSON, br#"{"price":1e39}"#, 422, "invalid_number"),
    ("PUT", "/v1/items/a", JSON, br#"{"category":"a//b"}"#, 422, "invalid_category"),
    ("PUT", "/v1/items/a", JSON, br#"{"place":{"lat":1}}"#, 422, "invalid_place"),
    ("PUT", "/v1/items/a", JSON, br#"{"currency":"yuan"}"#, 422, "invalid_currency"),
    ("PUT", "/v1/items/a", JSON, br#"{"created":"soon"}"#, 422, "invalid_timestamp"),
    ("PUT", "/v1/items/a%0Ab", JSON, b"{}", 422, "invalid_id"),
    ("PUT", "/v1/users/a", JSON, br#"{"name":""}"#, 422, "invalid_text"),
    ("PATCH", "/v1/users/nobody", JSON, b"{}", 404, "unknown_user"),
    ("DELETE", "/v1/users/nobody", "", b"", 404, "unknown_user"),
    ("PUT", "/v1/relations/a/friend/a", "", b"", 422, "self_relation"),
    ("PUT", "/v1/relations/a/enemy/b", "", b"", 422, "unknown_value"),
    ("DELETE", "/v1/relations/a/friend/b", "", b"", 404, "unknown_relation"),
    ("POST", "/v1/models/none/activate", "", b"", 404, "unknown_model"),
];

#[track_caller]
fn check(server: &Server, (method, path, kind, body, status, code): Case) {
    let answer = server.call(method, path, kind, body);
    let case = format!("{method} {path} {}: {}", String::from_utf8_lossy(body), answer.text());
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{case}");
    let problem = answer.json();
    assert_eq!(problem["status"], answer.status, "{case}");
    assert_eq!(problem["type"], format!("/errors/{code}"), "{case}");
    assert!(!problem["detail"].as_str().expect("a text").is_empty(), "{case}");
}

#[test]
fn routes_methods_and_types() {
    let server = Server::start();
    for &case in ROUTES {
        check(&server, case);
    }
    assert_eq!(server.get("/v1/events").header("allow"), "POST");
    // An unread body ends the connection, and the answer says so. After a body that was read the
    // connection stays open.
    assert_eq!(server.call("POST", "/v1/events", "text/csv", b"a,b").header("connection"), "close");
    assert_eq!(server.post("/v1/events", &json!([])).header("connection"), "");
}

#[test]
fn questions() {
    let server = Server::start();
    for &case in QUESTIONS {
        check(&server, case);
    }
}

#[test]
fn filters() {
    let server = Server::start();
    for &(filter, code) in FILTERS {
        let body = format!(r#"{{"filter":{filter}}}"#);
        let answer = server.call("POST", FOR_YOU, JSON, body.as_bytes());
        assert_eq!((answer.status, answer.code().as_str()), (422, code), "{filter}");
    }
}

#[test]
fn writes() {
    let server = Server::start();
    for &case in WRITES {
        check(&server, case);
    }
    assert_eq!(server.get("/health/ready").good()["offset"], 0, "nothing was written");
}

#[test]
fn values_of_events() {
    let server = Server::start();
    for (field, value, code) in [
        ("user", json!(7), "invalid_type"),
        ("user", json!(null), "missing_field"),
        ("user", json!("x".repeat(129)), "too_long"),
        ("item", json!("a\u{202e}"), "invalid_id"),
        ("type", json!("buy"), "unknown_value"),
        ("ts", json!(-1), "invalid_timestamp"),
        ("ts", json!("2999-01-01T00:00:00Z"), "invalid_timestamp"),
        ("ts", json!("yesterday"), "invalid_timestamp"),
        ("quantity", json!(0), "invalid_number"),
        ("quantity", json!(1.5), "invalid_number"),
        ("weight", json!(-1), "invalid_number"),
        ("weight", json!(1e39), "invalid_number"),
        ("price", json!(-1), "invalid_number"),
        ("currency", json!("rmb"), "invalid_currency"),
        ("visibility", json!("all"), "unknown_value"),
        ("ref", json!("x"), "invalid_type"),
        ("usr", json!("x"), "unknown_field"),
    ] {
        let mut event = json!({"user": "u", "item": "i", "type": "view"});
        event[field] = value.clone();
        let answer = server.post("/v1/events", &event);
        assert_eq!((answer.status, answer.code().as_str()), (422, "nothing_accepted"));
        assert_eq!(answer.json()["rejected"][0]["code"], code, "{field} {value}");
    }
}

#[test]
fn bodies_that_are_too_large_too_long_or_too_deep() {
    let server = Server::start();
    let large = vec![b' '; (1 << 20) + 1];
    check_large(&server, FOR_YOU, &large);
    check_large(&server, "/v1/events", &vec![b' '; (16 << 20) + 1]);
    let deep = [b"{\"filter\":".as_slice(), &b"{\"not\":".repeat(100_000)].concat();
    assert_eq!(server.call("POST", FOR_YOU, JSON, &deep).code(), "invalid_json");
    let many = json!({"exclude": vec!["x"; 1_001]});
    assert_eq!(server.post(FOR_YOU, &many).code(), "too_many");
    let many = json!({"requests": vec![json!({"scenario": "new"}); 33]});
    assert_eq!(server.post("/v1/recommend", &many).code(), "too_many");
    let too_many = [b"[1".as_slice(), &b",1".repeat(500_000), b"]"].concat();
    assert_eq!(server.call("POST", "/v1/events", JSON, &too_many).code(), "too_many");
    assert_eq!(
        server.call("POST", "/v1/events", LINES, &b"1\n".repeat(500_001)).code(),
        "too_many"
    );
    let bad = server.post("/v1/events", &json!(vec![1; 2_000])).json();
    assert_eq!(bad["rejected"].as_array().unwrap().len(), 1_000);
    assert_eq!(bad["rejected_count"], 2_000);
}

/// Uses a plain socket: a client that is refused early may fail to send the rest of its body.
fn check_large(server: &Server, path: &str, body: &[u8]) {
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("the connection holds");
    let mut answer = vec![0; 4_096];
    let read = stream.read(&mut answer).expect("the connection holds");
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("problem+json"), "{answer}");
}

#[test]
fn a_body_without_a_length_is_bounded_too() {
    let server = Server::start_with(&[("GUANXI_SERVER__MAX_BODY_BYTES", "10")]);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "POST {FOR_YOU} HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(format!("{head}b\r\n{{\"user\":\"u\"\r\n").as_bytes()).unwrap();
    let mut answer = vec![0; 4_096];
    let read = stream.read(&mut answer).unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn a_problem_reads_well() {
    let server = Server::start();
    insta::assert_json_snapshot!(server.post("/v1/recommend/for_you", &json!({})).json());
    let question = json!({"user": "u", "fliter": {}});
    insta::assert_json_snapshot!(server.post(FOR_YOU, &question).json());
    let filter = json!({"filter": {"any": [{"price": {"min": 3}}]}});
    insta::assert_json_snapshot!(server.post(FOR_YOU, &filter).json());
    insta::assert_json_snapshot!(server.post("/v1/events", &json!([{"user": "u"}])).json());
}
