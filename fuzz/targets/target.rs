//! One binary for all targets: `FUZZ_TARGET` names the one.

#![no_main]

use std::sync::LazyLock;

use guanxi::fuzzing::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("FUZZ_TARGET must be one of {TARGETS:?}"))
});

fuzz_target!(|bytes: &[u8]| (CHOSEN.run)(bytes));
