//! One binary for all targets: `FUZZ_TARGET` names the one.

#![no_main]

use std::sync::LazyLock;

use guanxi::testing::fuzzing::{TARGETS, Target, is_expected_panic};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("FUZZ_TARGET must be one of {TARGETS:?}"))
});

/// Lets pass what the service itself lets pass; the hook that stands is the fuzzer's, which ends
/// the process.
fn listen_to_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !is_expected_panic() {
            before(panic);
        }
    }));
}

/// Puts the seeds of the target to the inputs that are known: from nothing no mutation makes a
/// Parquet file.
fn plant() {
    let Some(corpus) = std::env::var_os("FUZZ_CORPUS") else { return };
    for (number, seed) in (CHOSEN.seeds)().into_iter().enumerate() {
        let path = std::path::Path::new(&corpus).join(format!("seed-{number}"));
        std::fs::write(path, seed).expect("the folder of the corpus can be written");
    }
}

fuzz_target!(init: { listen_to_panics(); plant() }, |bytes: &[u8]| (CHOSEN.run)(bytes));
