//! How often is written.

use std::time::{Duration, Instant};

/// Between the beginnings of two commits lies at least so much.
///
/// Each commit costs the cores that answer questions the same, whether one write waits for it or ten: an fsync, a new world. Beside ten
/// writers this takes two fifths off the p99 of questions for a fiftieth of the events (benches/beside.py); twice as much would take a
/// fifth of the events. Whoever writes alone and one by one does not get beyond a thousand a second.
const APART: Duration = Duration::from_millis(1);

/// When the last commit began.
#[derive(Debug, Default)]
pub(super) struct Pace(Option<Instant>);

impl Pace {
    /// Waits until the next commit may begin, and takes it as begun. After a pause nobody waits.
    pub(super) fn wait(&mut self) {
        let left = self.0.and_then(|last| APART.checked_sub(last.elapsed()));
        if let Some(left) = left {
            std::thread::sleep(left);
        }
        self.0 = Some(Instant::now());
    }
}
