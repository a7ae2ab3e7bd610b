//! The machine of a measurement.

use std::fs;

use serde::{Deserialize, Serialize};

/// The machine that ran the client; texts are empty if unknown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    /// The name of its processor.
    pub cpu: String,
    /// The number of threads that run at the same time.
    pub threads: usize,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// The system and its version.
    pub kernel: String,
}

impl Machine {
    /// Describes this machine.
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let kib = value(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse::<u64>();
        Self {
            cpu: value(&read("/proc/cpuinfo"), "model name"),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: kib.unwrap_or(0) << 10,
            kernel: read("/proc/version").split(" (").next().unwrap_or_default().to_owned(),
        }
    }
}

/// The value after the first `name :` of a list of facts.
fn value(facts: &str, name: &str) -> String {
    let fact = |line: &str| {
        let (left, right) = line.split_once(':')?;
        (left.trim() == name).then(|| right.trim().to_owned())
    };
    facts.lines().find_map(fact).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_found_by_name() {
        let facts = "processor\t: 0\nmodel name\t: A: B\nmodel name\t: C\n";
        assert_eq!(
            (value(facts, "model name"), value(facts, "none")),
            ("A: B".into(), String::new())
        );
        assert!(Machine::this().threads > 0);
    }
}
