//! Startup, shutdown, changing models, and misbehaving connections.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::Server;
use guanxi::registry::{Extras, Registry};
use guanxi_models::Model;
use serde_json::json;

fn publish(server: &Server) -> String {
    let extras = Extras {
        recipe: String::new(),
        report: serde_json::Value::Null,
        page: String::new(),
        metrics: BTreeMap::new(),
        created: jiff::Timestamp::UNIX_EPOCH,
    };
    let registry = Registry::open(&server.data()).expect("the server made the directory");
    registry.publish(&Model::empty(), &extras).expect("an empty model can be written")
}

/// Waits until a server thread reaches a state. The timeout only ends a test that would hang.
fn until(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(1), "it never came about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_published_model_serves_and_an_older_one_can_be_activated() {
    let server = Server::start_with(&[("GUANXI_MODELS__POLL_INTERVAL", "10ms")]);
    let serving = || server.get("/v1/models").good()["serving"].clone();
    assert_eq!(serving(), json!(null));
    let first = publish(&server);
    until(|| serving() == json!(first));
    let second = publish(&server);
    until(|| serving() == json!(second));
    assert_eq!(server.get("/v1/recommend/popular").good()["model"], json!(second));
    let answer = server.post(&format!("/v1/models/{first}/activate"), &json!({}));
    assert_eq!((answer.status, answer.json()), (202, json!({"version": first})));
    until(|| serving() == json!(first));
    let models = server.get("/v1/models").good();
    assert_eq!(models["models"].as_array().unwrap().len(), 2);
    assert!(
        server
            .get("/metrics")
            .text()
            .contains(&format!("guanxi_model_version{{version=\"{first}\"}} 1"))
    );
    for path in ["/v1/models/nothing/activate", "/v1/models/..%2F..%2Fetc/activate"] {
        let answer = server.post(path, &json!({}));
        assert_eq!((answer.status, answer.code().as_str()), (404, "unknown_model"));
    }
}

#[test]
fn sigterm_and_sigint_end_it_well() {
    let mut server = Server::start();
    let (status, rest) = server.terminate();
    assert!(status.success() && rest.is_empty(), "{status} {rest}");
    let mut server = Server::start();
    server.signal("INT");
    assert!(server.terminate_by_itself().success());
}

#[test]
fn a_request_that_was_begun_is_answered_before_the_end() {
    let mut server = Server::start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let body = r#"{"event_id":"e","user":"u","item":"i","type":"purchase"}"#;
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..5]).unwrap();
    // The server has accepted the connection once it has answered a later one.
    server.get("/health/live").good();
    server.signal("TERM");
    until(|| TcpStream::connect(server.address()).is_err());
    stream.write_all(&body.as_bytes()[5..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"accepted\":1"), "{answer}");
    assert!(server.terminate_by_itself().success());
}

/// Sends one request and leaves the connection open.
fn ask(stream: &mut TcpStream, path: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the connection is open");
}

#[test]
fn an_open_connection_learns_with_its_next_answer_that_the_server_ends() {
    let mut server = Server::start_with(&[("GUANXI_SERVER__DRAIN", "60s")]);
    let mut open = TcpStream::connect(server.address()).unwrap();
    ask(&mut open, "/health/live");
    open.read_exact(&mut [0; 12]).unwrap();
    server.signal("TERM");
    until(|| server.get("/health/ready").status == 503);
    ask(&mut open, "/v1/recommend/popular");
    let mut answers = String::new();
    open.read_to_string(&mut answers).unwrap();
    let last = answers.split("HTTP/1.1 ").nth(1).unwrap().to_lowercase();
    assert!(last.starts_with("200") && last.contains("connection: close"), "{answers}");
    assert!(server.terminate_by_itself().success());
}

#[test]
fn a_connection_beyond_the_cap_waits_for_another_to_end() {
    let server = Server::start_with(&[("GUANXI_SERVER__MAX_CONNECTIONS", "2")]);
    let mut streams = [(); 3].map(|()| TcpStream::connect(server.address()).unwrap());
    for stream in &mut streams {
        ask(stream, "/health/live");
    }
    let [mut first, mut second, mut third] = streams;
    let mut status = [0; 12];
    first.read_exact(&mut status).unwrap();
    second.read_exact(&mut status).unwrap();
    third.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    third.read_exact(&mut status).unwrap_err();
    drop(first);
    third.set_read_timeout(None).unwrap();
    third.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
}

#[test]
fn half_a_head_and_half_a_body_are_cut_off() {
    let server = Server::start_with(&[
        ("GUANXI_SERVER__HEADER_TIMEOUT", "100ms"),
        ("GUANXI_SERVER__REQUEST_TIMEOUT", "100ms"),
    ]);
    let answer = |sent: &str| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let mut answer = String::new();
        drop(stream.read_to_string(&mut answer));
        answer
    };
    assert_eq!(answer(""), "");
    assert_eq!(answer("GET /health/live HTTP/1.1\r\nhost:"), "");
    let head = "POST /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let late = answer(&format!("{head}content-length: 99\r\n\r\n{{"));
    assert!(late.starts_with("HTTP/1.1 408") && late.contains("request_timeout"), "{late}");
}

#[test]
fn http2_is_spoken_without_ceremony() {
    let server = Server::start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4, "the first frame of a server is SETTINGS");
}

#[test]
fn what_is_wrong_at_the_start_is_one_line_and_exit_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let serve = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
        command.arg("serve").args(arguments);
        if !arguments.contains(&"--data") {
            command.arg("--data").arg(dir.path());
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let config = dir.path().join("guanxi.toml");
    std::fs::write(&config, "[server]\nlisen = 1\n").unwrap();
    let (code, said) = serve(&["--config", config.to_str().unwrap()]);
    assert!(code == Some(2) && said.contains("did you mean `server.listen`?"), "{said}");
    let fresh = dir.path().join("fresh");
    let (code, said) = serve(&["--listen", "0.0.0.0:0", "--data", fresh.to_str().unwrap()]);
    assert!(code == Some(2) && said.contains("guanxi keys create"), "{said}");
    // The settings file makes the directory look foreign.
    let (code, said) = serve(&["--listen", "127.0.0.1:0"]);
    assert!(code == Some(2) && said.contains("not a guanxi data directory"), "{said}");
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let server = Server::start();
    let output = Command::new(env!("CARGO_BIN_EXE_guanxi"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(server.data())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("is in use by process"), "{said}");
}

/// Small pages keep memory use low: see `src/system/memory.rs`.
#[cfg(target_os = "linux")]
#[test]
fn a_server_takes_small_pages() {
    let status = Server::start().of_system("status");
    assert!(status.contains("THP_enabled:\t0\n"), "{status}");
}
