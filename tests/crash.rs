//! Kill -9 while events come in: whatever was acknowledged is there afterwards, and nothing is there twice.
//!
//! `GUANXI_KILLS` sets how often (20).

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use support::Server;
use ureq::Agent;

const WRITERS: u64 = 4;
const BATCH: u64 = 10;

fn kills() -> u64 {
    std::env::var("GUANXI_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// Event ids that were answered with 200, and the number that the next one gets.
#[derive(Default)]
struct Client {
    acknowledged: Mutex<Vec<String>>,
    next: AtomicU64,
    stop: AtomicBool,
}

impl Client {
    /// Sends batches until the server is gone.
    fn write(&self, url: &str) {
        let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
        while !self.stop.load(Ordering::Relaxed) {
            let first = self.next.fetch_add(BATCH, Ordering::Relaxed);
            let ids: Vec<String> = (first..first + BATCH).map(|id| format!("e{id}")).collect();
            let events: Vec<Value> = ids.iter().map(|id| event(id)).collect();
            let Ok(answer) = agent.post(url).send_json(json!(events)) else { return };
            assert_eq!(answer.status().as_u16(), 200);
            self.acknowledged.lock().unwrap().extend(ids);
        }
    }
}

fn event(id: &str) -> Value {
    let user = format!("u{}", id.len() % 3);
    json!({"event_id": id, "user": user, "item": format!("i{id}"), "type": "purchase", "ts": 1_700_000_000})
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed() {
    let mut server = Server::start();
    let client = Client::default();
    for round in 0..kills() {
        let url = format!("http://{}/v1/events", server.address());
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| client.write(&url));
            }
            std::thread::sleep(Duration::from_millis(20 + round * 13 % 180));
            server.kill();
            client.stop.store(true, Ordering::Relaxed);
        });
        client.stop.store(false, Ordering::Relaxed);
        server.terminate_by_itself();
        check(&server.data(), &client.acknowledged.lock().unwrap());
        server.restart_after_kill();
    }
    assert!(!client.acknowledged.lock().unwrap().is_empty());
}

/// Reads the log as another process would, and compares.
fn check(data: &std::path::Path, acknowledged: &[String]) {
    let log = guanxi::store::LogReader::open(data).unwrap();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for (expected, entry) in (1..).zip(log.read(guanxi_models::Offset(0)).unwrap()) {
        let (offset, record) = entry.unwrap();
        assert_eq!(offset.0, expected);
        if let guanxi_models::Record::Event(event) = record {
            *seen.entry(event.event_id).or_default() += 1;
        }
    }
    let lost: Vec<_> = acknowledged.iter().filter(|id| !seen.contains_key(*id)).collect();
    let doubled: Vec<_> = seen.iter().filter(|&(_, &count)| count > 1).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert!(doubled.is_empty(), "there twice: {doubled:?}");
    let whole = seen.keys().map(|id| id[1..].parse::<u64>().unwrap() / BATCH);
    let mut batches: HashMap<u64, u64> = HashMap::new();
    whole.for_each(|batch| *batches.entry(batch).or_default() += 1);
    assert!(batches.values().all(|&events| events == BATCH), "half a batch: {batches:?}");
}
