//! Runs the real executable in its own directory, with an HTTP client.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses another part of it")]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// A running server with its data directory.
pub(crate) struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    address: String,
    agent: Agent,
    dir: TempDir,
}

/// An answer of the server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("every answer is UTF-8")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&self.body)))
    }

    /// A header as text, or empty if absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("our headers are ASCII"))
    }

    /// The stable code of an error.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        self.json()["code"].as_str().expect("a problem has a code").to_owned()
    }

    /// The body as JSON, after asserting a success status.
    #[track_caller]
    pub(crate) fn good(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
        self.json()
    }

    /// The ids of the items on a list.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<String> {
        let items = self.good()["items"].as_array().expect("a list has items").clone();
        items.iter().map(|item| item["id"].as_str().expect("an id is a text").to_owned()).collect()
    }
}

impl Server {
    /// Starts a server on an empty directory.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server on an empty directory with settings from the environment.
    pub(crate) fn start_with(variables: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (child, output, address) = spawn(&dir.path().join("data"), variables);
        Self { child, output, address, agent: agent(), dir }
    }

    /// Starts a server on existing data in `data` of a directory.
    pub(crate) fn on(dir: TempDir) -> Self {
        let (child, output, address) = spawn(&dir.path().join("data"), &[]);
        Self { child, output, address, agent: agent(), dir }
    }

    /// The data directory.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Sends SIGTERM, as an operator does, and starts the server again on the same data.
    pub(crate) fn restart(&mut self) {
        self.terminate();
        let (child, output, address) = spawn(&self.data(), &[]);
        (self.child, self.output, self.address) = (child, output, address);
        self.agent = agent();
    }

    /// Sends SIGTERM and waits. Returns the exit status and the rest of standard output.
    pub(crate) fn terminate(&mut self) -> (ExitStatus, String) {
        self.signal("TERM");
        let status = self.child.wait().expect("the process can be waited for");
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("its output is text");
        (status, rest)
    }

    /// Waits for the process to exit.
    pub(crate) fn terminate_by_itself(&mut self) -> ExitStatus {
        self.child.wait().expect("the process can be waited for")
    }

    /// The kernel's view of the process: the contents of a file below `/proc/<id>`.
    #[cfg(target_os = "linux")]
    pub(crate) fn of_system(&self, name: &str) -> String {
        let path = format!("/proc/{}/{name}", self.child.id());
        std::fs::read_to_string(path).expect("the process runs")
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &process]).status();
        assert!(sent.expect("kill is everywhere").success());
    }

    /// Sends any request. An empty `kind` sends no content type.
    pub(crate) fn call(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        self.call_with(method, path, &[("content-type", kind)], body)
    }

    /// Sends any request with headers; empty ones are left out.
    pub(crate) fn call_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let has_body = matches!(method, "POST" | "PUT" | "PATCH");
        let answer = if has_body {
            self.agent.run(request.body(body.to_vec()).expect("a request"))
        } else {
            self.agent.run(request.body(()).expect("a request"))
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let body = answer.body_mut().read_to_vec().expect("a body");
        Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "", b"")
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, "", b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, "application/json", body.to_string().as_bytes())
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, "application/json", body.to_string().as_bytes())
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call("PATCH", path, "application/json", body.to_string().as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A failing test must not leave a server running.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(data: &Path, variables: &[(&str, &str)]) -> (Child, BufReader<ChildStdout>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
        // These variables set the size of tests. The server would refuse them as unknown settings.
        .env_remove("GUANXI_DAMAGE_PLACES")
        .env_remove("GUANXI_FUZZ_RUNS")
        .env_remove("GUANXI_SWAPS")
        .env("GUANXI_LOG__LEVEL", "error")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("the first line");
    let address = line.trim().strip_prefix("listening on http://");
    let address = address.unwrap_or_else(|| panic!("it said `{line}`")).to_owned();
    (child, output, address)
}

fn agent() -> Agent {
    let settings = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_mins(1)))
        .build();
    Agent::new_with_config(settings)
}
