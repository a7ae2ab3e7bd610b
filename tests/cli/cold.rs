//! `guanxi evaluate --cold`, `--shuffle-friends` and `--cold-items` through the executable, on a
//! generated market.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use guanxi_models::{Item, Record, RelationKind};
use guanxi_training::market::{MarketParams, records};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A market in files.
struct Market {
    scratch: TempDir,
}

impl Market {
    fn new() -> Self {
        let params = MarketParams::at(1_760_000_000_000).sized(900, 400, 22_000);
        let mut interactions = "user,item,event,ts\n".to_owned();
        let mut relations = "from,to\n".to_owned();
        let mut items = String::new();
        for record in records(&params) {
            match record {
                Record::Event(event) => {
                    let (kind, user, item) = (event.kind().name(), event.user, event.item);
                    writeln!(interactions, "{user},{item},{kind},{}", event.ts).unwrap();
                }
                Record::Relation(relation) if relation.kind == RelationKind::Friend => {
                    writeln!(relations, "{},{}", relation.from, relation.to).unwrap();
                }
                Record::Item(item) => writeln!(items, "{}", described(&item)).unwrap(),
                _ => (),
            }
        }
        let market = Self { scratch: tempfile::tempdir().unwrap() };
        let recipe = "[embedding]\ndim = 32\nsweeps = 5\n[split]\nrepeats = 1\n".to_owned();
        for (name, text) in [
            ("interactions.csv", interactions),
            ("relations.csv", relations),
            ("items.ndjson", items),
            ("recipe.toml", recipe),
        ] {
            fs::write(market.path(name), text).unwrap();
        }
        market
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Runs a protocol and returns its JSON report.
    fn evaluate(&self, flags: &[&str]) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
        command.arg("evaluate").args(flags);
        for (flag, file) in [
            ("--train", "interactions.csv"),
            ("--relations", "relations.csv"),
            ("--recipe", "recipe.toml"),
            ("--json", "report.json"),
        ] {
            command.arg(flag).arg(self.path(file));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&fs::read(self.path("report.json")).unwrap()).unwrap()
    }
}

/// The properties of an item that predict taste.
fn described(item: &Item) -> Value {
    json!({"id": item.id, "name": item.name, "category": item.category, "price": item.price})
}

/// NDCG@20 by round, for popularity, without friends and with friends.
fn rounds(report: &Value) -> Vec<[f64; 3]> {
    let rounds = report["cold"]["rounds"].as_array().unwrap();
    let of = |round: &Value| {
        ["popularity", "without_friends", "with_friends"]
            .map(|arm| round[arm]["ndcg@20"].as_f64().unwrap())
    };
    rounds.iter().map(of).collect()
}

#[test]
fn friends_help_who_is_new_where_they_share_tastes_and_harm_nobody_where_they_do_not() {
    let market = Market::new();
    let reported = market.evaluate(&["--cold"]);
    let circles = rounds(&reported);
    assert_eq!(circles.len(), 4);
    for [popularity, alone, social] in &circles[..2] {
        assert!(*social > 1.2 * alone.max(*popularity), "{reported:#}");
    }
    let reported = market.evaluate(&["--cold", "--shuffle-friends"]);
    for [_, alone, social] in rounds(&reported) {
        assert!(social >= 0.99 * alone, "{reported:#}");
    }
    assert_eq!(reported["cold"]["shuffled"], true);
}

#[test]
fn attributes_find_the_people_of_items_that_nobody_touched() {
    let market = Market::new();
    let items = market.path("items.ndjson");
    let reported = market.evaluate(&["--cold-items", "--items", items.to_str().unwrap()]);
    let recall = |name: &str| reported["cold_items"][name].as_f64().unwrap();
    assert!(recall("attributes") > 1.2 * recall("random"), "{reported:#}");
}
