//! Unpacks the fixtures in `v1/` and runs commands on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::Server;

/// The version of the model in the data directory and in the backup.
pub(crate) const MODEL: &str = "20261130T164145Z-5742";

/// Requests with the answers recorded when the fixture was made.
pub(crate) const ANSWERS: [(&str, &str); 2] = [
    ("for-you", include_str!("v1/answers-for-you.json")),
    ("friends-also-bought", include_str!("v1/answers-friends.json")),
];

/// A scratch directory with the data directory of format 1 as `data`.
pub(crate) fn shop() -> TempDir {
    let scratch = unpacked("shop.tar.gz");
    fs::rename(scratch.path().join("shop"), scratch.path().join("data")).unwrap();
    scratch
}

/// A scratch directory with the backup of format 1 as `backup`.
pub(crate) fn backup() -> TempDir {
    let scratch = unpacked("backup.tar.gz");
    edit(&scratch.path().join("backup/backup.json"), |manifest| {
        // The fixture contains no keys file.
        manifest["files"].as_array_mut().unwrap().retain(|file| file["path"] != "keys.json");
    });
    scratch
}

fn unpacked(archive: &str) -> TempDir {
    let scratch = tempfile::tempdir().unwrap();
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/v1").join(archive);
    let mut tar = Command::new("tar");
    let unpacked = tar.arg("xzf").arg(archive).arg("-C").arg(scratch.path()).status();
    assert!(unpacked.expect("`tar` is everywhere").success());
    scratch
}

/// Edits a JSON file.
pub(crate) fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

/// The path of the model's manifest.
pub(crate) fn model_manifest(data: &Path) -> PathBuf {
    data.join("models/versions").join(MODEL).join("manifest.json")
}

/// Runs a command of guanxi.
pub(crate) fn guanxi<const N: usize>(args: [&dyn AsRef<std::ffi::OsStr>; N]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
    command.args(args.iter().map(AsRef::as_ref)).output().unwrap()
}

/// The standard error of a command that ended with this exit code.
#[track_caller]
pub(crate) fn said(output: &Output, code: i32) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// Asserts that a server returns the answers recorded with the fixture.
#[track_caller]
pub(crate) fn assert_answers_of_the_time(server: &Server) {
    for (list, expected) in ANSWERS {
        let path = format!("/v1/recommend/{list}?user=u5&limit=10&explain=true");
        let mut expected: Value = serde_json::from_str(expected).unwrap();
        let mut answer = server.get(&path).good();
        for answer in [&mut expected, &mut answer] {
            answer.as_object_mut().unwrap().remove("recommendation_id").unwrap();
        }
        assert!(is_close(&answer, &expected), "{list}: {answer}\ninstead of {expected}");
    }
}

/// True if two values are equal, with a tolerance of 1e-5 for numbers.
fn is_close(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() <= 1e-5
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_close(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.keys().eq(other.keys())
                && one.iter().all(|(key, value)| is_close(value, &other[key]))
        }
        _ => one == other,
    }
}
