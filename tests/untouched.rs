//! Items with which nobody did anything, through the public doors: what is said of them puts them on the right lists.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::Server;

/// How many tastes there are: each user has one, and each item a label that names one.
const TASTES: usize = 5;
/// How many items of each taste are bought.
const BOUGHT: usize = 24;

fn item(id: &str, taste: usize) -> Value {
    json!({"id": id, "tags": [format!("taste{taste}")]})
}

/// The items that people buy, and one of each taste that nobody ever touched.
fn catalogue() -> Vec<Value> {
    let bought = (0..TASTES * BOUGHT).map(|n| item(&format!("i{n}"), n % TASTES));
    bought.chain((0..TASTES).map(|taste| item(&format!("untouched{taste}"), taste))).collect()
}

/// Everybody's purchases: 9 items of one taste each.
fn purchases() -> Vec<(String, String)> {
    let items = |user: usize| {
        let of_taste = (0..9).map(move |n| (user * 5 + n * n + n) % BOUGHT);
        of_taste.map(move |n| format!("i{}", n * TASTES + user % TASTES))
    };
    (0..150).flat_map(|user| items(user).map(move |item| (format!("u{user}"), item))).collect()
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

/// A service with a model of this market.
fn taught() -> Server {
    let mut server = Server::start();
    server.post("/v1/items", &json!(catalogue())).good();
    let events = purchases().into_iter().enumerate();
    let events = events.map(|(n, (user, item))| {
        json!({"event_id": format!("e{n}"), "user": user, "item": item, "event": "purchase"})
    });
    server.post("/v1/events", &json!({"events": events.collect::<Vec<_>>()})).good();
    let told = train(&server.data(), &[]);
    assert!(told.contains("untouched items: 5 of 5 placed"), "{told}");
    server.restart();
    server
}

/// The tastes of the items on a list.
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
    let similar = || server.get("/v1/recommend/similar-items?item=i3&limit=10").ids();
    let for_you = || server.get("/v1/recommend/for-you?user=u3&limit=15").ids();
    assert!(similar().contains(&"untouched3".to_owned()), "{:?}", similar());
    assert!(for_you().contains(&"untouched3".to_owned()), "{:?}", for_you());
    assert!(tastes(&similar()).iter().chain(&tastes(&for_you())).all(|&taste| taste == 3));

    for taste in 0..TASTES {
        let id = format!("newcomer{taste}");
        server.put(&format!("/v1/items/{id}"), &item(&id, taste)).good();
    }
    assert!(similar().contains(&"newcomer3".to_owned()), "{:?}", similar());
    assert!(for_you().contains(&"newcomer3".to_owned()), "{:?}", for_you());
    assert!(tastes(&similar()).iter().chain(&tastes(&for_you())).all(|&taste| taste == 3));
}

#[test]
fn a_training_on_files_places_what_the_catalogue_tells_of() {
    let scratch = tempfile::tempdir().unwrap();
    let (items, interactions) = (scratch.path().join("i.ndjson"), scratch.path().join("b.csv"));
    fs::write(&items, catalogue().iter().map(|item| format!("{item}\n")).collect::<String>())
        .unwrap();
    let rows = purchases().into_iter().map(|(user, item)| format!("{user},{item}\n"));
    fs::write(&interactions, format!("user,item\n{}", rows.collect::<String>())).unwrap();
    let data = scratch.path().join("data");
    let from = [Path::new("--from"), &interactions];
    let plain = train(&data, &from);
    assert!(!plain.contains("untouched"), "{plain}");
    let placed = train(&data, &[&from[..], &[Path::new("--items"), &items]].concat());
    assert!(placed.contains("untouched items: 5 of 5 placed"), "{placed}");
}
