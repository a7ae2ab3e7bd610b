//! The current version reads a data directory and a backup of format 1.

use std::fs;

use guanxi::registry::Registry;
use guanxi::store::Store;
use guanxi_models::{Event, Offset, Record};

use crate::fixture::{MODEL, assert_answers_of_the_time, backup, guanxi, said, shop};
use crate::support::Server;

#[test]
fn an_old_directory_is_served_with_the_answers_of_its_time() {
    let server = Server::on(shop());
    let ready = server.get("/health/ready").good();
    assert_eq!((&ready["offset"], &ready["model_error"]), (&5747.into(), &serde_json::Value::Null));
    assert_answers_of_the_time(&server);
}

#[test]
fn an_old_directory_takes_writes_and_answers_the_same_after_a_restart() {
    let mut server = Server::on(shop());
    let event =
        serde_json::json!({"event_id": "new", "user": "u5", "item": "i3", "type": "purchase"});
    server.post("/v1/events", &event).good();
    assert_eq!(server.get("/health/ready").good()["offset"], 5748);
    let before = server.get("/v1/recommend/for-you?user=u5&limit=10").ids();
    assert!(!before.contains(&"i3".to_owned()), "{before:?}");
    server.restart();
    assert_eq!(server.get("/v1/recommend/for-you?user=u5&limit=10").ids(), before);
    server.terminate();
    let checked = guanxi([&"check", &"--data", &server.data()]);
    let report = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(report.contains("log through offset 5748") && !report.contains("damaged"), "{report}");
    said(&checked, 0);
}

#[test]
fn an_old_directory_is_trained_on_and_the_new_model_serves() {
    let scratch = shop();
    let data = scratch.path().join("data");
    let condition = "ndcg@20 >= 0.1*current";
    said(&guanxi([&"train", &"--data", &data, &"--publish-if", &condition]), 0);
    let current = Registry::open(&data).unwrap().current().unwrap().unwrap();
    assert_eq!(current.number, 2);
    let server = Server::on(scratch);
    let model = &server.get("/health/ready").good()["model"];
    assert_eq!((&model["version"], &model["watermark"]), (&current.version.into(), &5747.into()));
    assert_eq!(server.get("/v1/recommend/for-you?user=u5&limit=10").ids().len(), 10);
}

#[test]
fn the_report_of_an_old_model_is_still_a_page() {
    let scratch = shop();
    let (data, page) = (scratch.path().join("data"), scratch.path().join("page.html"));
    said(&guanxi([&"models", &"report", &MODEL, &"--html", &page, &"--data", &data]), 0);
    assert!(fs::read_to_string(page).unwrap().contains(MODEL));
}

#[test]
fn an_old_directory_is_backed_up_and_the_backup_answers_the_same() {
    let scratch = shop();
    let path = |name: &str| scratch.path().join(name);
    said(&guanxi([&"backup", &"--data", &path("data"), &"--to", &path("copy")]), 0);
    fs::rename(path("data"), path("before")).unwrap();
    said(&guanxi([&"restore", &"--from", &path("copy"), &"--data", &path("data")]), 0);
    assert_answers_of_the_time(&Server::on(scratch));
}

#[test]
fn an_old_backup_is_restored_and_answers_the_same() {
    let scratch = backup();
    let path = |name: &str| scratch.path().join(name);
    said(&guanxi([&"restore", &"--from", &path("backup"), &"--data", &path("data")]), 0);
    let server = Server::on(scratch);
    assert_eq!(server.get("/health/ready").good()["offset"], 5747);
    assert_answers_of_the_time(&server);
}

#[test]
fn an_earlier_guanxi_refuses_a_directory_that_a_later_one_has_opened() {
    let scratch = shop();
    let marker = scratch.path().join("data/guanxi.json");
    // Commit 3c13d9d reads version 1 and refuses any other with a message that names both.
    assert_eq!(fs::read_to_string(&marker).unwrap(), r#"{"format":"guanxi-data","version":1}"#);
    let server = Server::on(scratch);
    let ready = server.get("/health/ready");
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert_eq!(fs::read_to_string(&marker).unwrap(), r#"{"format":"guanxi-data","version":2}"#);
}

#[test]
fn an_event_of_an_old_log_that_comes_again_is_a_duplicate() {
    let scratch = shop();
    let store = Store::open(&scratch.path().join("data")).unwrap();
    let is_plain = |event: &Event| {
        *event == Event::new(&event.event_id, &event.user, &event.item, event.kind(), event.ts)
    };
    let plain = store.read(Offset(0)).find_map(|entry| match entry.unwrap().1 {
        Record::Event(event) if is_plain(&event) => Some(event),
        _ => None,
    });
    drop(store);
    let Event { event_id, user, item, action, ts, .. } = plain.unwrap();
    let again = serde_json::json!({
        "event_id": event_id, "user": user, "item": item, "type": action.kind().name(), "ts": ts,
    });
    let server = Server::on(scratch);
    let reported = server.post("/v1/events", &again).good();
    assert_eq!(reported["duplicates"], 1, "{reported}");
}
