//! Access control on a real server: keys, scopes, user tokens, and pages of other origins.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::{Answer, Server};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use guanxi::access::{Need, Scope};
use guanxi::http::Operation;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const PAGE: &str = "https://shop.example";
const SHARED: &[u8] = b"01234567890123456789012345678901";
/// The longest time until a change of keys takes effect.
const SEEN: Duration = Duration::from_millis(600);

fn keys(data: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    let done = command.arg("keys").args(arguments).arg("--data").arg(data).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn create(server: &Server, scope: &str, more: &[&str]) -> String {
    let arguments = [&["create", "--name", scope, "--scope", scope], more].concat();
    keys(&server.data(), &arguments)
}

/// Starts a server with one key per scope. Returns the keys in the order public, read, write,
/// admin.
fn locked() -> (Server, [String; 4]) {
    let jwks = std::env::temp_dir().join(format!("jwks-{}.json", std::process::id()));
    let shared = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";
    let key = json!({"kty": "oct", "kid": "k", "alg": "HS256", "k": shared});
    std::fs::write(&jwks, json!({"keys": [key]}).to_string()).unwrap();
    let server = Server::start_with(&[("GUANXI_TOKENS__JWKS", jwks.to_str().unwrap())]);
    let made = [
        create(&server, "public", &["--origin", PAGE]),
        create(&server, "read", &[]),
        create(&server, "write", &[]),
        create(&server, "admin", &[]),
    ];
    std::thread::sleep(SEEN);
    (server, made)
}

fn token(user: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"sub": user, "aud": "guanxi", "iat": now, "exp": now + 300});
    let header = json!({"alg": "HS256", "kid": "k"});
    let part = |value: &Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims));
    let mac = Hmac::<Sha256>::new_from_slice(SHARED).unwrap().chain_update(&message);
    format!("{message}.{}", BASE64.encode(mac.finalize().into_bytes()))
}

fn call(server: &Server, key: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    as_visitor(server, key, "", method, path, body)
}

/// Sends a request from a page of the shop, with the token of a user.
fn as_visitor(
    server: &Server,
    key: &str,
    token: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Answer {
    let bearer = if key.is_empty() { String::new() } else { format!("Bearer {key}") };
    let kind = if body.is_some() { "application/json" } else { "" };
    let headers = [
        ("authorization", bearer.as_str()),
        ("origin", PAGE),
        ("x-user-token", token),
        ("content-type", kind),
    ];
    let body = body.map(Value::to_string).unwrap_or_default();
    server.call_with(method, path, &headers, body.as_bytes())
}

#[test]
fn every_operation_asks_for_its_scope() {
    let (server, made) = locked();
    let holders: Vec<(&str, Option<Scope>)> = std::iter::once(("", None))
        .chain(made.iter().map(String::as_str).zip(Scope::ALL.map(Some)))
        .collect();
    for Operation { method, path: route, need, .. } in guanxi::http::operations() {
        let path = route
            .replace("{scenario}", "popular")
            .replace("{kind}", "friend")
            .replace("{code}", "internal")
            .replace(['{', '}'], "");
        let has_body = matches!(method.as_str(), "POST" | "PUT" | "PATCH");
        let body = has_body.then(|| json!({}));
        for &(key, scope) in &holders {
            let passes = scope.map_or(need == Need::Nothing, |scope| scope.allows(need));
            let answer = call(&server, key, method.as_str(), &path, body.as_ref());
            let refused = matches!(answer.status, 401 | 403);
            assert_eq!(!refused, passes, "{method} {route}, {}: {}", answer.status, answer.text());
            if refused {
                let code = if key.is_empty() { "missing_key" } else { "forbidden" };
                assert_eq!(answer.code(), code);
            }
        }
    }
}

#[test]
fn a_visitor_asks_for_nobody_else_and_learns_nothing_of_others() {
    let (server, [public, _, write, _]) = locked();
    let events = json!([{"user": "other", "item": "i", "type": "purchase"}]);
    call(&server, &write, "POST", "/v1/events", Some(&events)).good();
    let own = token("me");
    let ask = |user: &str, token: &str| {
        let path = format!("/v1/recommend/for-you?user={user}");
        as_visitor(&server, &public, token, "GET", &path, None)
    };
    ask("me", &own).good();
    let (of_another, of_nobody) = (ask("other", &own), ask("nobody", &own));
    assert_eq!((of_another.status, of_another.code()), (404, "unknown_user".to_owned()));
    assert_eq!(of_another.body, of_nobody.body);
    assert_eq!(ask("me", "").status, 404);
    assert_eq!(ask("me", "x.y.z").code(), "invalid_token");
    let many =
        json!({"requests": [{"scenario": "for-you", "user": "other"}, {"scenario": "popular"}]});
    let many = as_visitor(&server, &public, &own, "POST", "/v1/recommend", Some(&many)).good();
    assert_eq!(many["answers"][0]["code"], "unknown_user");
    assert!(many["answers"][1]["items"].is_array());
    let reported = json!([{"user": "me", "item": "i", "type": "view"}, {"user": "other", "item": "i", "type": "view"}]);
    let reported = as_visitor(&server, &public, &own, "POST", "/v1/events", Some(&reported)).good();
    assert_eq!(
        (&reported["accepted"], &reported["rejected"][0]["code"]),
        (&json!(1), &json!("unknown_user"))
    );
}

#[test]
fn a_revoked_key_is_refused_within_a_second_and_a_new_one_taken() {
    let (server, [_, read, ..]) = locked();
    call(&server, &read, "GET", "/v1/models", None).good();
    let next = create(&server, "read", &["--expires", "1d"]);
    keys(&server.data(), &["revoke", &read[3..11]]);
    std::thread::sleep(SEEN);
    assert_eq!(call(&server, &read, "GET", "/v1/models", None).code(), "invalid_key");
    call(&server, &next, "GET", "/v1/models", None).good();
    let listed = keys(&server.data(), &["list"]);
    assert!(listed.contains("revoked") && !listed.contains(&next[12..]), "{listed}");
}

#[test]
fn a_rate_is_kept_and_says_when_to_come_back() {
    let (server, _) = locked();
    let slow =
        keys(&server.data(), &["create", "--name", "slow", "--scope", "read", "--rate", "2"]);
    std::thread::sleep(SEEN);
    let answers: Vec<Answer> =
        (0..8).map(|_| call(&server, &slow, "GET", "/v1/models", None)).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!((refused.code(), refused.header("retry-after")), ("rate_limited".to_owned(), "1"));
}

#[test]
fn wrong_keys_are_limited_and_a_right_one_goes_on() {
    let (server, [_, read, ..]) = locked();
    call(&server, &read, "GET", "/v1/models", None).good();
    let codes: Vec<String> = (0..40)
        .map(|n| call(&server, &format!("gx_{n:08x}_{n:064x}"), "GET", "/v1/models", None).code())
        .collect();
    assert_eq!((codes[0].as_str(), codes[39].as_str()), ("invalid_key", "rate_limited"));
    call(&server, &read, "GET", "/v1/models", None).good();
}

#[test]
fn pages_of_known_origins_may_read_answers_and_others_may_not() {
    let (server, [public, ..]) = locked();
    let ask = [("origin", PAGE), ("access-control-request-method", "POST")];
    let allowed = server.call_with("OPTIONS", "/v1/recommend/for-you", &ask, b"");
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (204, PAGE));
    let ask = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let foreign = server.call_with("OPTIONS", "/v1/recommend/for-you", &ask, b"");
    assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (401, ""));
    let answer = call(&server, &public, "GET", "/v1/recommend/popular", None);
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    let bearer = format!("Bearer {public}");
    let headers = [("authorization", bearer.as_str()), ("origin", "https://evil.example")];
    let foreign = server.call_with("GET", "/v1/recommend/popular", &headers, b"");
    assert_eq!(foreign.code(), "origin_not_allowed");
    assert_eq!(foreign.header("access-control-allow-origin"), "");
}

#[test]
fn a_key_is_taken_from_its_header_alone() {
    let (server, [_, read, ..]) = locked();
    for path in [format!("/v1/models?key={read}"), format!("/v1/models?access_token={read}")] {
        assert_eq!(server.get(&path).code(), "missing_key");
    }
    for header in [format!("Basic {read}"), read.clone(), "Bearer".to_owned()] {
        let answer = server.call_with("GET", "/v1/models", &[("authorization", &header)], b"");
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{header}");
    }
    let answer = server.call_with(
        "GET",
        "/v1/models",
        &[("authorization", &format!("bearer  {read}"))],
        b"",
    );
    answer.good();
}
