//! The rate of groups of writes.

use std::time::{Duration, Instant};

/// The least time between the starts of two groups of writes.
///
/// Each group costs an fsync and a new world, whatever its size, and delays queries on the same
/// cores. Beside ten writers this interval lowers the p99 of queries by two fifths, and the events
/// by 2 %. Twice the interval loses a fourth of the events
/// (`benches/results/2026-11-30/beside.txt`). A single client that waits for each response writes
/// at most a thousand events a second.
const APART: Duration = Duration::from_millis(1);

/// The start of the last group.
#[derive(Debug, Default)]
pub(super) struct GroupInterval(Option<Instant>);

impl GroupInterval {
    /// Waits until the next group may start, and marks it as started. After a pause there is no
    /// wait.
    pub(super) fn wait(&mut self) {
        let left = self.0.and_then(|last| APART.checked_sub(last.elapsed()));
        if let Some(left) = left {
            std::thread::sleep(left);
        }
        self.0 = Some(Instant::now());
    }
}
