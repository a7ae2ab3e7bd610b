//! The log never holds keys, tokens, personal names or untrusted text.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

const CANARY: &str = "canary7f3a";

/// Requests with untrusted text in every place that a client controls.
fn requests() -> Vec<String> {
    let breaking = format!("{CANARY}%0a%1b[31mERROR forged");
    let json = format!(
        r#"{{"user":"{CANARY}","item":"{CANARY}","type":"{CANARY}","no-{CANARY}":"\n{CANARY}"}}"#
    );
    let body = |head: String, json: &str| {
        format!(
            "{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
            json.len()
        )
    };
    let head = |line: &str| {
        format!(
            "{line} HTTP/1.1\r\nhost: {CANARY}\r\nauthorization: Bearer gx_{CANARY}\r\nx-user-token: {CANARY}.x.y\r\nuser-agent: {CANARY}\r\n\
            referer: http://{CANARY}\r\norigin: http://{CANARY}\r\nx-forwarded-for: {CANARY}\r\nconnection: close\r\n"
        )
    };
    vec![
        head(&format!("GET /v1/recommend/for-you?user={breaking}")) + "\r\n",
        head(&format!("GET /v1/items/{breaking}")) + "\r\n",
        head(&format!("GET /{breaking}?key={CANARY}")) + "\r\n",
        head(&format!("DELETE /v1/users/{CANARY}")) + "\r\n",
        head(&format!("{} /v1/events", CANARY.to_uppercase())) + "\r\n",
        body(head("POST /v1/events"), &json),
        body(head("POST /v1/events"), &format!("{{{CANARY}")),
        body(head("POST /v1/recommend/for-you"), &json),
        body(head(&format!("PUT /v1/users/{CANARY}")), &format!(r#"{{"name":"{CANARY}"}}"#)),
        body(head(&format!("PUT /v1/items/{CANARY}")), &json),
        format!("GET / HTTP/1.1\r\nbad header {CANARY}\r\n\r\n"),
        format!("{CANARY}\r\n\r\n"),
    ]
}

/// The number of last requests whose heads hyper refuses by itself, without a log line.
const UNPARSED: usize = 2;

#[test]
fn no_line_holds_what_a_client_sent() {
    for format in ["text", "json"] {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(dir.path().join("data"));
        command.env("GUANXI_LOG__LEVEL", "trace").env("GUANXI_LOG__FORMAT", format);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Reads from the first line on: a full pipe would block the server.
        let mut errors = child.stderr.take().unwrap();
        let reading = std::thread::spawn(move || {
            let mut logged = String::new();
            errors.read_to_string(&mut logged).unwrap();
            logged
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        for request in requests() {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            drop(stream.read_to_end(&mut Vec::new()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let logged = reading.join().unwrap();
        let of_ours = logged.lines().filter(|line| line.contains("guanxi::"));
        let parsed = requests().len() - UNPARSED;
        assert!(of_ours.clone().count() >= parsed, "{logged}");
        for line in logged.lines() {
            assert!(!line.to_lowercase().contains(CANARY), "{line}");
        }
    }
}
