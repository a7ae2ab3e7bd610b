//! Readiness fails if a model should exist and none could be loaded.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fixture::{MODEL, edit, guanxi, model_manifest, said, shop};
use crate::support::Server;

/// The reason why a running server is not ready.
#[track_caller]
fn reason(server: &Server) -> String {
    let ready = server.get("/health/ready");
    assert_eq!((ready.status, ready.code().as_str()), (503, "not_ready"), "{}", ready.text());
    assert_eq!(server.get("/health/live").status, 200);
    assert_eq!(server.get("/v1/recommend/popular?limit=3").ids().len(), 3);
    ready.json()["detail"].as_str().unwrap().to_owned()
}

/// Waits until a server is ready, and returns its model.
fn model_of(server: &Server) -> Value {
    let began = Instant::now();
    loop {
        let ready = server.get("/health/ready");
        if ready.status == 200 {
            return ready.json()["model"]["version"].clone();
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{}", ready.text());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_fresh_directory_is_ready_without_a_model() {
    assert_eq!(model_of(&Server::start()), Value::Null);
}

#[test]
fn a_server_whose_only_model_is_of_a_later_format_is_not_ready_until_there_is_another() {
    let scratch = shop();
    let data = scratch.path().join("data");
    edit(&model_manifest(&data), |manifest| manifest["format"] = 4.into());
    let server = Server::on(scratch);
    let reason = reason(&server);
    assert!(reason.contains("has format 4, and this guanxi reads formats up to 3"), "{reason}");
    said(&guanxi([&"train", &"--data", &data]), 0);
    assert_ne!(model_of(&server), MODEL);
}

#[test]
fn a_server_whose_only_model_is_damaged_is_not_ready() {
    let scratch = shop();
    let table = model_manifest(&scratch.path().join("data")).with_file_name("users.arrow");
    fs::write(table, "ARROW1").unwrap();
    let reason = reason(&Server::on(scratch));
    assert!(reason.contains("is damaged: `users.arrow`"), "{reason}");
}

#[test]
fn a_server_with_models_of_which_none_is_current_is_not_ready_until_one_is() {
    let scratch = shop();
    let data = scratch.path().join("data");
    fs::remove_file(data.join("models/manifests/00000001.json")).unwrap();
    let server = Server::on(scratch);
    let reason = reason(&server);
    assert!(reason.contains(&format!("`guanxi models activate {MODEL}`")), "{reason}");
    said(&guanxi([&"models", &"activate", &MODEL, &"--data", &data]), 0);
    assert_eq!(model_of(&server), MODEL);
}

#[test]
fn a_server_whose_pointer_cannot_be_read_is_not_ready() {
    let scratch = shop();
    let pointer = scratch.path().join("data/models/manifests/00000001.json");
    fs::write(&pointer, "{").unwrap();
    let reason = reason(&Server::on(scratch));
    assert!(reason.contains("00000001.json` can't be read"), "{reason}");
}
