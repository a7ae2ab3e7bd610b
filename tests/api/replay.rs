//! The same log gives the same answers, byte for byte: after a restart, from a backup, and on
//! another machine.

use std::path::Path;
use std::process::Command;

use crate::support::Server;
use serde_json::{Value, json};

fn guanxi(arguments: &[&str], paths: &[&Path]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    for (flag, path) in arguments.iter().zip(paths) {
        command.args(flag.split(' ')).arg(path);
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn events(from: u64, to: u64) -> Value {
    let event = |n: u64| {
        let kind = ["purchase", "view", "cart", "refund", "like"][(n / 7 % 5) as usize];
        let (user, item) = (format!("u{}", n * 7 % 60), format!("i{}", n * n % 45));
        json!({"event_id": format!("e{n}"), "user": user, "item": item, "type": kind, "ts": 1_700_000_000 + n})
    };
    (from..to).map(event).collect()
}

/// Starts a server with a model, and with all kinds of records before and after its watermark.
fn written() -> Server {
    let mut server = Server::start();
    for number in 0..45 {
        let item = json!({"price": number, "category": format!("c{}", number % 4), "tags": ["t"]});
        server.put(&format!("/v1/items/i{number}"), &item).good();
    }
    server.post("/v1/events", &events(0, 3_000)).good();
    for (number, step) in (0..60).flat_map(|number| (1..8).map(move |step| (number, step))) {
        let path = format!("/v1/relations/u{number}/friend/u{}", (number + step) % 60);
        server.call("PUT", &path, "", b"").good();
    }
    guanxi(&["train --recipe quick --data"], &[&server.data()]);
    server.restart();
    server.post("/v1/events", &events(3_000, 3_400)).good();
    server.put("/v1/users/u3", &json!({"visibility": "private"})).good();
    server.call("PUT", "/v1/relations/u4/block/u5", "", b"").good();
    server.delete("/v1/items/i7").good();
    server.delete("/v1/users/u9").good();
    server
}

/// The answers to many requests, without their unique ids.
fn answers(server: &Server) -> Vec<String> {
    let lists =
        ["for-you", "friends-also-bought", "similar-items", "also-bought", "popular", "new"];
    let mut reported = Vec::new();
    for number in 0..60 {
        for list in lists {
            let question = json!({
                "user": format!("u{number}"), "item": "i1", "explain": true, "fields": ["price", "category"],
                "filter": {"price": {"gte": number % 10}}, "limit": 15,
            });
            let mut answer = server.post(&format!("/v1/recommend/{list}"), &question).good();
            answer.as_object_mut().unwrap().remove("recommendation_id").unwrap();
            reported.push(answer.to_string());
        }
        reported.push(server.get(&format!("/v1/users/u{number}")).text().to_owned());
    }
    reported
}

#[test]
fn a_restart_a_backup_and_another_machine_answer_alike() {
    let mut server = written();
    let expected = answers(&server);
    assert!(expected.iter().any(|answer| answer.contains("friends_bought")), "{}", expected[0]);
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, restored) = (elsewhere.path().join("backup"), elsewhere.path().join("data"));
    guanxi(&["backup --data", "--to"], &[&server.data(), &backup]);
    server.restart();
    assert_eq!(answers(&server), expected, "after a restart");
    guanxi(&["restore --from", "--data"], &[&backup, &restored]);
    assert_eq!(answers(&Server::on(elsewhere)), expected, "from a backup");
    server.terminate();
    guanxi(&["check --data"], &[&server.data()]);
}
