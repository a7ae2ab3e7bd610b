//! Models are swapped under load: no request fails, and each answer comes from a single model.
//!
//! `GUANXI_SWAPS` sets the number of swaps; the default keeps a run short.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::Server;
use guanxi::registry::Registry;
use guanxi_models::Record;
use guanxi_training::market::{MarketParams, records};
use serde_json::{Value, json};

const USERS: usize = 40;

fn swaps() -> usize {
    std::env::var("GUANXI_SWAPS").ok().and_then(|text| text.parse().ok()).unwrap_or(12)
}

/// Sends the events and friendships of a small market.
fn fill(server: &Server) {
    let params = MarketParams::at(1_760_000_000_000).sized(400, 300, 8_000);
    let (mut events, mut relations) = (Vec::new(), Vec::new());
    for record in records(&params) {
        match record {
            Record::Event(event) => events.push(json!({
                "event_id": event.event_id, "user": event.user, "item": event.item, "type": "purchase", "ts": event.ts,
            })),
            Record::Relation(relation) => relations.push(json!({
                "from": relation.from, "kind": relation.kind.name(), "to": relation.to,
            })),
            _ => {}
        }
    }
    for (path, entries) in [("/v1/events", events), ("/v1/relations", relations)] {
        for group in entries.chunks(1_000) {
            assert_eq!(server.post(path, &json!(group)).good()["rejected_count"], 0);
        }
    }
}

fn train(server: &Server, seed: usize) -> String {
    let recipe = server.data().with_extension("toml");
    std::fs::write(&recipe, format!("seed = {seed}\n[embedding]\ndim = 16\nsweeps = 2\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    command.arg("train").arg("--data").arg(server.data()).arg("--recipe").arg(&recipe);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let registry = Registry::open(&server.data()).unwrap();
    let version = registry.current().unwrap().unwrap().version;
    wait_for(server, &version);
    version
}

/// Waits until a model serves.
fn wait_for(server: &Server, version: &str) {
    for _ in 0..12_000 {
        if current(server) == version {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{version} never served");
}

fn current(server: &Server) -> Value {
    server.get("/health/ready").good()["model"]["version"].clone()
}

/// The answer for a user: the model, and the list with its scores.
fn asked(server: &Server, user: usize) -> (String, Value) {
    let answer = server.get(&format!("/v1/recommend/for-you?user=u{user}&limit=10")).good();
    (answer["model"].as_str().unwrap().to_owned(), answer["items"].clone())
}

#[test]
fn every_answer_is_whole_and_of_one_model_while_models_are_swapped() {
    let server = Server::start_with(&[("GUANXI_MODELS__POLL_INTERVAL", "20ms")]);
    fill(&server);
    let mut expected: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for seed in 1..=2 {
        let version = train(&server, seed);
        let lists = (0..USERS).map(|user| asked(&server, user).1).collect();
        expected.insert(version, lists);
    }
    let versions: Vec<&String> = expected.keys().collect();
    assert_ne!(expected[versions[0]], expected[versions[1]], "the two models answer alike");

    let (stop, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    let ask = || {
        for user in (0..USERS).cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
            let (version, list) = asked(&server, user);
            assert_eq!(list, expected[&version][user], "a list of {version} is mixed");
            answers.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(ask);
        scope.spawn(ask);
        for at in 0..swaps() {
            let next = versions[at % 2];
            server.post(&format!("/v1/models/{next}/activate"), &json!({})).good();
            wait_for(&server, next);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(answers.into_inner() > swaps(), "too few answers to tell");
}
