//! Items without interactions, through the public API: their features put them on the right lists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Server;
use guanxi_models::mix::mix;
use serde_json::{Value, json};

/// The number of tastes: each user has one, and each item a label that names one.
const TASTES: usize = 5;
/// The number of items per taste that have purchases.
const BOUGHT: usize = 24;

fn item(id: &str, taste: usize) -> Value {
    json!({"id": id, "tags": [format!("taste{taste}")]})
}

/// The catalogue: items with purchases, and one item per taste without any.
fn catalogue() -> Vec<Value> {
    let bought = (0..TASTES * BOUGHT).map(|n| item(&format!("i{n}"), n % TASTES));
    bought.chain((0..TASTES).map(|taste| item(&format!("untouched{taste}"), taste))).collect()
}

/// The purchases: up to 9 random items of one taste for every user (repeated draws count once).
fn purchases() -> BTreeSet<(String, String)> {
    let items = |user: usize| {
        let of_taste = (0..).map(move |n| mix(1, user as u32, n) as usize % BOUGHT);
        let drawn: BTreeSet<usize> = of_taste.take(9).collect();
        drawn.into_iter().map(move |n| format!("i{}", n * TASTES + user % TASTES))
    };
    (0..200).flat_map(|user| items(user).map(move |item| (format!("u{user}"), item))).collect()
}

fn train(data: &Path, more: &[&Path]) -> String {
    let recipe = data.with_extension("toml");
    fs::write(&recipe, "[embedding]\ndim = 16\nsweeps = 6\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    command.arg("train").arg("--data").arg(data).arg("--recipe").arg(recipe);
    let output = command.args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Starts a service with a model of this market.
fn taught() -> Server {
    let mut server = Server::start();
    server.post("/v1/items", &json!(catalogue())).good();
    let events = purchases().into_iter().enumerate();
    let events = events.map(|(n, (user, item))| {
        json!({"event_id": format!("e{n}"), "user": user, "item": item, "type": "purchase"})
    });
    server.post("/v1/events", &json!({"events": events.collect::<Vec<_>>()})).good();
    let reported = train(&server.data(), &[]);
    assert!(reported.contains("untouched items: 5 of 5 placed"), "{reported}");
    server.restart();
    server
}

/// The tastes of the listed items.
fn tastes(ids: &[String]) -> Vec<usize> {
    let number = |id: &String| match id.strip_prefix('i') {
        Some(number) => number.parse::<usize>().unwrap() % TASTES,
        None => id[id.len() - 1..].parse().unwrap(),
    };
    ids.iter().map(number).collect()
}

#[test]
fn untouched_items_and_newcomers_come_on_the_lists_of_their_taste() {
    let server = taught();
    // All items of the taste, except the item itself and those that the user has bought.
    let similar = |n| server.get(&format!("/v1/recommend/similar-items?item=i3&limit={n}")).ids();
    let for_you = |n| server.get(&format!("/v1/recommend/for-you?user=u3&limit={n}")).ids();
    let unknown = BOUGHT - purchases().iter().filter(|(user, _)| user == "u3").count();
    assert_brought("untouched3", &similar(BOUGHT));
    assert_brought("untouched3", &for_you(unknown + 1));

    for taste in 0..TASTES {
        let id = format!("newcomer{taste}");
        server.put(&format!("/v1/items/{id}"), &item(&id, taste)).good();
    }
    assert_brought("newcomer3", &similar(BOUGHT + 1));
    assert_brought("newcomer3", &for_you(unknown + 2));
}

/// Asserts that the item is listed and that all listed items share its taste.
#[track_caller]
fn assert_brought(id: &str, listed: &[String]) {
    assert!(listed.iter().any(|one| one == id), "{listed:?}");
    assert!(tastes(listed).iter().all(|&taste| taste == 3), "{listed:?}");
}

#[test]
fn a_training_on_files_places_what_the_catalogue_tells_of() {
    let scratch = tempfile::tempdir().unwrap();
    let (items, interactions) = (scratch.path().join("i.ndjson"), scratch.path().join("b.csv"));
    let lines: Vec<String> = catalogue().iter().map(Value::to_string).collect();
    fs::write(&items, lines.join("\n")).unwrap();
    let rows = purchases().into_iter().map(|(user, item)| format!("{user},{item}"));
    let rows: Vec<String> = std::iter::once("user,item".to_owned()).chain(rows).collect();
    fs::write(&interactions, rows.join("\n")).unwrap();
    let data = scratch.path().join("data");
    let from = [Path::new("--from"), &interactions];
    let plain = train(&data, &from);
    assert!(!plain.contains("untouched"), "{plain}");
    let placed = train(&data, &[&from[..], &[Path::new("--items"), &items]].concat());
    assert!(placed.contains("untouched items: 5 of 5 placed"), "{placed}");
    // A model trained on files alone can be served.
    let server = Server::on(scratch);
    assert!(server.get("/v1/recommend/popular").ids().len() > 1);
}

/// The error message of a training that is refused.
#[track_caller]
fn refused(data: &Path, from: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    let output = command.arg("train").arg("--data").arg(data).arg("--from").arg(from).output();
    let output = output.unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_training_on_a_file_that_is_not_there_names_it_and_makes_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let (data, missing) = (scratch.path().join("data"), scratch.path().join("missing.csv"));
    let reported = refused(&data, &missing);
    assert!(reported.contains("missing.csv"), "{reported}");
    assert!(!data.exists());
}

#[test]
fn a_training_on_files_leaves_a_directory_of_something_else_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let (data, file) = (scratch.path().join("holidays"), scratch.path().join("b.csv"));
    fs::create_dir(&data).unwrap();
    fs::write(data.join("beach.jpg"), "x").unwrap();
    fs::write(&file, "user,item\nu,i\n").unwrap();
    let reported = refused(&data, &file);
    assert!(reported.contains("is not a guanxi data directory"), "{reported}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
}
