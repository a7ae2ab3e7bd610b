//! `guanxi models` and `guanxi export` through the executable.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use guanxi::lake;
use guanxi::registry::{Extras, Registry};
use guanxi::store::Store;
use guanxi_models::{Event, EventType, Model, Offset, Record};
use jiff::Timestamp;
use tempfile::TempDir;

/// A data directory with one event in its log, and models.
struct World {
    scratch: TempDir,
    registry: Registry,
    /// Held open, as a running service would.
    store: Store,
}

impl World {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let data = scratch.path().join("data");
        let store = Store::open(&data).unwrap();
        let event = Event::new("e", "u", "i", EventType::Purchase, 1_772_323_200_000);
        store.append(&[vec![Record::Event(event)]]).unwrap();
        Self { registry: Registry::open(&data).unwrap(), scratch, store }
    }

    fn publish(&self, watermark: u64) -> String {
        let extras = Extras {
            recipe: "seed = 7\n".to_owned(),
            report: serde_json::json!({}),
            page: String::new(),
            metrics: BTreeMap::from([("ndcg@20".to_owned(), 0.25)]),
            created: Timestamp::from_second(1_790_000_000 + watermark as i64).unwrap(),
        };
        let model = Model { watermark: Offset(watermark), ..Model::empty() };
        self.registry.publish(&model, &extras).unwrap()
    }

    fn current(&self) -> String {
        self.registry.current().unwrap().unwrap().version
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn models(&self, args: &[&str]) -> Output {
        self.run(&[&["models"], args].concat())
    }

    /// Runs a command on the data directory.
    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
        command.args(args).arg("--data").arg(self.path("data")).output().unwrap()
    }
}

/// The standard output of a successful command.
fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The standard error of a command that exited with 2.
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn models_are_listed_with_a_mark_at_the_current_one() {
    let world = World::new();
    assert!(printed(&world.models(&["list"])).contains("no models yet"));
    let (old, new) = (world.publish(1), world.publish(2));
    let list = printed(&world.models(&["list"]));
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[0].starts_with("   version"), "{list}");
    assert!(lines[1].starts_with(&format!("*  {new}")) && lines[1].ends_with("0.2500"), "{list}");
    assert!(lines[2].starts_with(&format!("   {old}")), "{list}");
}

#[test]
fn a_model_is_shown_with_its_files_metrics_and_recipe() {
    let world = World::new();
    let version = world.publish(5);
    let shown = printed(&world.models(&["show", &version]));
    for part in [&version, "watermark", "users.arrow", "ndcg@20  0.250000", "seed = 7"] {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    let unknown = complaint(&world.models(&["show", "nothing"]));
    assert!(unknown.contains("`nothing` does not exist"), "{unknown}");
}

#[test]
fn an_old_model_is_activated_and_outlives_the_pruning() {
    let world = World::new();
    let versions = [1, 2, 3].map(|watermark| world.publish(watermark));
    printed(&world.models(&["activate", &versions[0]]));
    assert_eq!(world.current(), versions[0]);
    let pruned = printed(&world.models(&["prune", "--keep", "1"]));
    assert_eq!(pruned, format!("removed `{}`\n", versions[1]));
    assert_eq!(world.current(), versions[0]);
    assert!(complaint(&world.models(&["prune", "--keep", "0"])).contains("keep at least"));
}

#[test]
fn a_damaged_model_is_not_activated() {
    let world = World::new();
    let (old, new) = (world.publish(1), world.publish(2));
    let directory = world.path("data/models/versions").join(&old);
    fs::write(directory.join("items.arrow"), "ARROW1").unwrap();
    let refused = complaint(&world.models(&["activate", &old]));
    assert!(refused.contains("is damaged: `items.arrow`"), "{refused}");
    assert_eq!(world.current(), new);
}

#[test]
fn a_mistyped_data_directory_is_not_made() {
    let world = World::new();
    let wrong = world.path("wrong");
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    let refused = command.args(["models", "list", "--data"]).arg(&wrong).output().unwrap();
    assert!(complaint(&refused).contains("is not a guanxi data directory"));
    assert!(!wrong.exists());
}

#[test]
fn a_log_is_exported_beside_the_process_that_holds_it() {
    let world = World::new();
    let out = world.path("lake");
    let export = ["export", "--out", out.to_str().unwrap()];
    assert!(complaint(&world.run(&export)).contains("is in use by process"));
    let _server = world.store.serve_log().unwrap();
    let first = printed(&world.run(&export));
    assert!(first.starts_with("offsets 1 to 1 written (new files: 1): "), "{first}");
    assert!(out.join("records/day=2026-03-01/part-1-1.parquet").exists());
    assert_eq!(lake::through(&out).unwrap(), Offset(1));
    assert!(printed(&world.run(&export)).starts_with("nothing new: "));
    fs::write(out.join("manifest.json"), "{}").unwrap();
    assert!(complaint(&world.run(&export)).contains("is not a manifest"));
}
