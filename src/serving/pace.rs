//! How often is written.

use std::time::{Duration, Instant};

/// Between the beginnings of two groups of writes lies at least so much.
///
/// Each commit costs the cores that answer questions the same, whether one write waits for it or ten: an fsync, a new world. Beside ten
/// writers the p99 of questions is two fifths lower than without, for a fiftieth of the events; twice as long a wait takes a fourth of the
/// events (`benches/results/2026-11-30/beside.txt`). Whoever writes alone and one by one does not get beyond a thousand a second.
const APART: Duration = Duration::from_millis(1);

/// When the last group began.
#[derive(Debug, Default)]
pub(super) struct Pace(Option<Instant>);

impl Pace {
    /// Waits until the next group may begin, and takes it as begun. After a pause nobody waits.
    pub(super) fn wait(&mut self) {
        let left = self.0.and_then(|last| APART.checked_sub(last.elapsed()));
        if let Some(left) = left {
            std::thread::sleep(left);
        }
        self.0 = Some(Instant::now());
    }
}
