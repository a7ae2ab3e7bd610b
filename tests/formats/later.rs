//! Files in a later format: each is refused with a message that names both format numbers.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::fixture::{backup, edit, guanxi, model_manifest, shop};

/// A kind of file: creates one in a later format and runs a command that reads it.
struct Kind {
    name: &'static str,
    /// The latest format that this version reads.
    known: u64,
    /// Sets the format in the file in the scratch directory, and runs a command that reads it.
    meet: fn(&Path, Value) -> Output,
}

const KINDS: [Kind; 7] = [
    Kind { name: "directory", known: 2, meet: directory },
    Kind { name: "model", known: 3, meet: model },
    Kind { name: "pointer", known: 2, meet: pointer },
    Kind { name: "keys", known: 2, meet: keys },
    Kind { name: "backup", known: 2, meet: backup_of },
    Kind { name: "run", known: 2, meet: run },
    Kind { name: "lake", known: 2, meet: lake },
];

fn directory(scratch: &Path, format: Value) -> Output {
    edit(&scratch.join("data/guanxi.json"), |marker| marker["version"] = format);
    guanxi([&"check", &"--data", &scratch.join("data")])
}

fn model(scratch: &Path, format: Value) -> Output {
    let data = scratch.join("data");
    edit(&model_manifest(&data), |manifest| manifest["format"] = format);
    guanxi([&"check", &"--data", &data])
}

fn pointer(scratch: &Path, format: Value) -> Output {
    let data = scratch.join("data");
    edit(&data.join("models/manifests/00000001.json"), |pointer| pointer["format"] = format);
    guanxi([&"check", &"--data", &data])
}

fn keys(scratch: &Path, format: Value) -> Output {
    let data = scratch.join("data");
    fs::write(data.join("keys.json"), r#"{"keys":[]}"#).unwrap();
    edit(&data.join("keys.json"), |keys| keys["format"] = format);
    guanxi([&"keys", &"list", &"--data", &data])
}

fn backup_of(scratch: &Path, format: Value) -> Output {
    edit(&scratch.join("backup/backup.json"), |manifest| manifest["format"] = format);
    guanxi([&"restore", &"--from", &scratch.join("backup"), &"--data", &scratch.join("restored")])
}

fn run(scratch: &Path, format: Value) -> Output {
    let checkpoints = scratch.join("data/checkpoints");
    fs::create_dir(&checkpoints).unwrap();
    fs::write(checkpoints.join("run.json"), "{}").unwrap();
    edit(&checkpoints.join("run.json"), |run| run["format"] = format);
    guanxi([&"train", &"--resume", &"--data", &scratch.join("data")])
}

fn lake(scratch: &Path, format: Value) -> Output {
    let (data, lake) = (scratch.join("data"), scratch.join("lake"));
    let export = || guanxi([&"export", &"--data", &data, &"--out", &lake]);
    assert!(export().status.success());
    edit(&lake.join("manifest.json"), |manifest| manifest["schema_version"] = format);
    export()
}

/// The standard output and standard error of a command.
fn reported(output: &Output) -> String {
    let parts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    parts.concat()
}

/// Parses a refusal: the format that was found and the latest known one.
fn numbers(reported: &str) -> Option<(u64, u64)> {
    let (before, after) = reported.split_once(", and this guanxi ")?;
    let found = before.rsplit(' ').next()?.parse().ok()?;
    let mut digits = after.split(|letter: char| !letter.is_ascii_digit());
    Some((found, digits.find(|digits| !digits.is_empty())?.parse().ok()?))
}

#[test]
fn a_later_format_is_refused_with_both_numbers() {
    for Kind { name, known, meet } in KINDS {
        let scratch = if name == "backup" { backup() } else { shop() };
        let reported = reported(&meet(scratch.path(), (known + 1).into()));
        assert_eq!(numbers(&reported), Some((known + 1, known)), "{name}: {reported}");
    }
}
