//! `guanxi bench` against servers with known behaviour.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::Server;
use serde_json::Value;

/// A server that answers at once, except one request that blocks all others.
struct Stalling {
    address: String,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Stalling {
    /// The request with index `at` blocks all others for `stall`.
    fn start(at: u64, stall: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (paths, count) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)));
        let seen = paths.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, count) = (seen.clone(), count.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &seen, &count, at, stall));
            }
        });
        Self { address, paths }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    count: &AtomicU64,
    at: u64,
    stall: Duration,
) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut stream = stream;
    while let Some(Ok(first)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        // Requests for metrics and readiness don't count.
        let is_load = path.starts_with("/v1/recommend") || path.starts_with("/plain");
        let mut seen = seen.lock().unwrap();
        if is_load && count.fetch_add(1, Ordering::Relaxed) == at {
            std::thread::sleep(stall);
        }
        let (status, body) = if is_load { ("200 OK", "{}") } else { ("404 Not Found", "") };
        if is_load {
            seen.push(path);
        }
        drop(seen);
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

fn guanxi(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guanxi")).arg("bench").args(arguments).output().unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_stall_is_seen_by_every_request_that_was_due_meanwhile() {
    let stalling = Stalling::start(400, Duration::from_secs(1));
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("a.json");
    let json_name = json.to_str().unwrap();
    let url = stalling.url();
    let output = guanxi(&[
        "--url",
        &url,
        "--get",
        "/plain",
        "--rate",
        "200",
        "--duration",
        "5s",
        "--warm-up",
        "0s",
        "--connections",
        "2",
        "--json",
        json_name,
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report = read(&json);
    let (latency, service) = (&report["steps"][0]["latency"], &report["steps"][0]["service"]);
    assert_eq!(latency["count"], 1_000);
    // About 200 of 1,000 requests were due during the stall and waited half a second on average.
    // Measured from sending, only two connections saw it.
    let ms = |figures: &Value, name: &str| figures[name].as_f64().unwrap() / 1e3;
    assert!(ms(latency, "max_us") >= 950.0, "{latency}");
    assert!(ms(latency, "p99_us") >= 700.0 && ms(latency, "p90_us") >= 200.0, "{latency}");
    assert!(ms(service, "p99_us") < 200.0, "{service}");
    assert!(report["recall"].is_null());
    assert!(text(&output.stdout).contains("recall not stated"));
}

#[test]
fn the_mix_is_asked_in_proportion_and_counted_by_kind() {
    let stalling = Stalling::start(u64::MAX, Duration::ZERO);
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(file("recall"), r#"{"recall_at_10": 0.987}"#).unwrap();
    let url = stalling.url();
    let output = guanxi(&[
        "--url",
        &url,
        "--mix",
        "for-you=3,similar-items",
        "--users",
        "u:0..50",
        "--items",
        "i:5..9",
        "--rate",
        "400,800",
        "--count",
        "400",
        "--warm-up",
        "100ms",
        "--recall-from",
        &file("recall"),
        "--json",
        &file("json"),
        "--csv",
        &file("csv"),
        "--html",
        &file("html"),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let paths = stalling.paths.lock().unwrap();
    assert_eq!(paths.len(), 400 + 40 + 400 + 80);
    let for_you = paths.iter().filter(|path| path.contains("/for-you?limit=20&user=u")).count();
    let similar =
        paths.iter().filter(|path| path.contains("/similar-items?limit=20&item=i")).count();
    assert_eq!(for_you + similar, paths.len());
    assert!((for_you as f64 / paths.len() as f64 - 0.75).abs() < 0.06, "{for_you}");

    let report = read(Path::new(&file("json")));
    for (step, rate) in report["steps"].as_array().unwrap().iter().zip([400.0, 800.0]) {
        assert_eq!((step["rate"].as_f64(), &step["requests"]), (Some(rate), &Value::from(400)));
        let counts = step["parts"].as_array().unwrap().iter().map(|part| &part["latency"]["count"]);
        assert_eq!(counts.filter_map(Value::as_u64).sum::<u64>(), 400);
        assert!(step["errors"].as_object().unwrap().is_empty());
    }
    for name in ["version", "created", "command", "machine", "server", "highest"] {
        assert!(report.get(name).is_some(), "{name}");
    }
    assert_eq!(report["recall"]["recall_at_10"], 0.987);
    assert_eq!(std::fs::read_to_string(file("csv")).unwrap().lines().count(), 1 + 2 * 3);
    let page = std::fs::read_to_string(file("html")).unwrap();
    assert!(page.contains("0.9870") && page.matches("<svg").count() >= 4);
    assert!(!page.contains("src=") && !page.contains("href="));
}

#[test]
fn a_running_market_is_measured_with_its_model_its_cost_and_writes() {
    let server = Server::start();
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("json");
    let url = format!("http://{}", server.address());
    let output = guanxi(&[
        "--url",
        &url,
        "--users",
        "u:0..20",
        "--items",
        "i:0..20",
        "--mix",
        "for-you,popular",
        "--rate",
        "200",
        "--duration",
        "2s",
        "--warm-up",
        "0s",
        "--writes",
        "50",
        "--json",
        json.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{} {}", text(&output.stdout), text(&output.stderr));
    let report = read(&json);
    let step = &report["steps"][0];
    assert_eq!((&step["latency"]["count"], &step["requests"]), (&400.into(), &500.into()));
    let last = step["parts"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["name"], &last["latency"]["count"]), (&"write".into(), &100.into()));
    // The last write is due after 1.98 seconds.
    let (achieved, written) =
        (&step["achieved"].as_f64().unwrap(), last["achieved"].as_f64().unwrap());
    assert!((1.0..201.0).contains(achieved) && (1.0..51.0).contains(&written), "{step}");
    assert!(step["server_cpu_us_per_request"].as_f64().unwrap() > 0.0);
    assert!(step["server_resident_bytes"].as_u64().unwrap() > 1 << 20);
    assert_eq!(report["server"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(server.get("/health/ready").json()["offset"], 100);
}

#[test]
fn a_server_with_keys_is_measured_with_the_key_of_a_file() {
    let server = Server::start();
    let mut create = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    create.args(["keys", "create", "--name", "bench", "--scope", "read", "--data"]);
    let made = create.arg(server.data()).output().unwrap();
    let file = server.data().join("bench.key");
    std::fs::write(&file, &made.stdout).unwrap();
    // The longest time until a change of keys takes effect.
    std::thread::sleep(Duration::from_secs(1));
    let (url, json) = (format!("http://{}", server.address()), server.data().join("json"));
    let common = ["--url", &url, "--mix", "popular", "--rate", "100", "--count", "20"];
    let locked_out = guanxi(&common);
    assert!(text(&locked_out.stdout).contains("20 failed: 401 missing_key"));
    let (file, written) = (file.to_str().unwrap(), json.to_str().unwrap());
    let let_in = guanxi(&[&common[..], &["--key-file", file, "--json", written]].concat());
    assert!(let_in.status.success(), "{} {}", text(&let_in.stdout), text(&let_in.stderr));
    // The report may be published, so it must not contain the key.
    let report = read(&json);
    assert!(report["steps"][0]["server_cpu_us_per_request"].as_f64().is_some());
    assert!(!report.to_string().contains(text(&made.stdout).trim()));
}

#[test]
fn errors_are_told_by_code_and_nobody_at_the_address_is_said() {
    let server = Server::start();
    let url = format!("http://{}", server.address());
    let output = guanxi(&[
        "--url",
        &url,
        "--items",
        "i:0..20",
        "--mix",
        "similar-items",
        "--rate",
        "100",
        "--count",
        "50",
        "--warm-up",
        "0s",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("50 failed: 404 unknown_item"),
        "{}",
        text(&output.stdout)
    );
    let nobody = guanxi(&["--url", "http://127.0.0.1:1", "--get", "/"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(text(&nobody.stderr).contains("nothing answers at `http://127.0.0.1:1"));
}

#[test]
fn what_can_not_be_measured_is_refused_with_a_way_out() {
    let server = Server::start();
    let url = format!("http://{}", server.address());
    for (arguments, reported) in [
        (&["--mix", "for-you"][..], "--users"),
        (&["--mix", "for-me"], "similar-items"),
        (&["--get", "/", "--rate", "0"], "requests a second"),
        (&["--get", "/", "--rate", "1,2", "--max-p99", "5ms"], "one `--rate`"),
        (&["--get", "/", "--count", "0"], "--duration"),
        (&["--get", "/", "--duration", "0s"], "--duration"),
        (&["--users", "u:3..3"], "it is empty"),
        (&["--get", "/", "--recall-from", "/none"], "/none"),
        (&["--get", "/", "--key-file", "/none"], "/none"),
    ] {
        let output = guanxi(&[&["--url", &url], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(reported), "{arguments:?}: {}", text(&output.stderr));
    }
    let https = guanxi(&["--url", "https://shop.example", "--get", "/"]);
    assert!(text(&https.stderr).contains("http://127.0.0.1:4826"));
}

#[test]
fn the_highest_rate_is_looked_for() {
    let stalling = Stalling::start(u64::MAX, Duration::ZERO);
    let url = stalling.url();
    let arguments = ["--url", &url, "--get", "/plain", "--warm-up", "0s", "--duration", "300ms"];
    let search = |rate: &'static str, bound: &'static str| {
        guanxi(&[&arguments[..], &["--rate", rate, "--max-p99", bound]].concat())
    };
    // An unreachable bound is refused at every rate down to one request a second.
    let none = search("4", "1us");
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stdout).contains("at no rate"), "{}", text(&none.stdout));
    let some = search("64", "2s");
    assert!(
        text(&some.stdout).contains("highest rate with p99 within 2000 ms"),
        "{}",
        text(&some.stdout)
    );
}

/// A report of `seconds` seconds with the given p99 in each.
fn report(p99_us: &dyn Fn(u64) -> f64, seconds: u64, errors: u64) -> Value {
    let slices: Vec<Value> = (0..seconds)
        .map(|second| {
            serde_json::json!({
                "second": second, "requests": 100, "errors": 0, "p50_us": 100.0, "p99_us": p99_us(second),
                "max_us": 1_000.0, "server_cpu_us_per_request": 50.0,
            })
        })
        .collect();
    let figures = serde_json::json!({
        "count": 100, "mean_us": 1.0, "p50_us": 1.0, "p75_us": 1.0, "p90_us": 1.0, "p95_us": 1.0, "p99_us": 1.0,
        "p99.9_us": 1.0, "p99.99_us": 1.0, "max_us": 1.0,
    });
    let errors =
        if errors > 0 { serde_json::json!({"503": errors}) } else { serde_json::json!({}) };
    serde_json::json!({
        "tool": "guanxi bench", "version": "0", "created": "now", "command": [], "url": "http://a",
        "machine": {"cpu": "", "threads": 2, "memory_bytes": 0, "kernel": ""}, "server": null, "recall": null,
        "highest": null, "steps": [{
            "rate": 100.0, "seconds": seconds, "requests": 100 * seconds, "achieved": 100.0, "errors": errors,
            "latency": figures, "service": figures, "slices": slices,
            "parts": [{ "name": "popular", "latency": figures, "service": figures }],
            "server_cpu_us_per_request": 50.0, "server_resident_bytes": 1, "client_cpu_us_per_request": 1.0,
            "client_late_share": 0.0,
        }],
    })
}

#[test]
fn a_comparison_fails_on_what_is_slower_beyond_noise_alone() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, report: &Value| {
        let path = dir.path().join(name);
        std::fs::write(&path, report.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let noisy = |level: f64| move |second: u64| level + (second * 7 % 5) as f64 * 4.0;
    let a = write("a", &report(&noisy(200.0), 30, 0));
    let same = write("same", &report(&noisy(201.0), 30, 0));
    let slower = write("slower", &report(&noisy(300.0), 30, 0));
    let failing = write("failing", &report(&noisy(200.0), 30, 3));
    let short = write("short", &report(&noisy(200.0), 4, 0));
    let compare = |b: &str, bound: &str| guanxi(&["compare", &a, b, "--max-regression", bound]);
    assert_eq!(compare(&same, "5%").status.code(), Some(0));
    assert_eq!(compare(&slower, "60%").status.code(), Some(0));
    let worse = compare(&slower, "5%");
    assert_eq!(worse.status.code(), Some(1));
    assert!(text(&worse.stderr).contains("p99 at 100/s grew"), "{}", text(&worse.stderr));
    assert_eq!(compare(&failing, "5%").status.code(), Some(1));
    assert_eq!(compare(&short, "5%").status.code(), Some(2));
    assert_eq!(compare("/none", "5%").status.code(), Some(2));
}
