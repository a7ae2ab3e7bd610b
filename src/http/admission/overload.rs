//! Detects overload: a queue that persists, as opposed to a short burst or a background model load.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The length of a counting window, in milliseconds.
const WINDOW: u64 = 100;
/// A window is calm if more than one in this many requests found an idle worker. A brief pause of
/// clients or a stall of the system leaves a smaller share in an overloaded window.
const CALM: u32 = 20;
/// A queue persists if no window was calm for this time, in milliseconds.
const STANDING: u64 = 500;

/// Counts of recent requests. All times are milliseconds of one monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Overload {
    /// The start of the window.
    window: AtomicU64,
    /// The requests in the window.
    all: AtomicU32,
    /// Those of them that found an idle worker.
    unhindered: AtomicU32,
    /// The end of the last calm window.
    calm: AtomicU64,
}

impl Overload {
    /// Counts a request that arrived at `now`. Concurrent arrivals may be counted in the wrong
    /// window, which a statistic tolerates.
    pub(in crate::http) fn note(&self, now: u64, was_unhindered: bool) {
        let window = self.window.load(Ordering::Relaxed);
        if now.saturating_sub(window) >= WINDOW {
            self.close(window, now);
        }
        self.all.fetch_add(1, Ordering::Relaxed);
        self.unhindered.fetch_add(u32::from(was_unhindered), Ordering::Relaxed);
    }

    /// True if the queue persists.
    pub(super) fn is_standing(&self, now: u64) -> bool {
        now.saturating_sub(self.calm.load(Ordering::Relaxed)) > STANDING
    }

    /// Ends the window that began at `window` and starts the next, unless another thread does so
    /// first.
    fn close(&self, window: u64, now: u64) {
        let order = Ordering::Relaxed;
        if self.window.compare_exchange(window, now, order, order).is_err() {
            return;
        }
        let (all, unhindered) = (self.all.swap(0, order), self.unhindered.swap(0, order));
        // A window without any request ended with an empty queue.
        let was_quiet = now - window >= 2 * WINDOW;
        if was_quiet || unhindered.saturating_mul(CALM) > all {
            self.calm.store(now, order);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records one request per millisecond of a span. The first `unhindered` of every hundred found
    /// an idle worker.
    fn ask(overload: &Overload, span: std::ops::Range<u64>, unhindered: u64) {
        span.for_each(|now| overload.note(now, now % WINDOW < unhindered));
    }

    #[test]
    fn a_queue_stands_after_half_a_second_without_a_calm_window() {
        let overload = Overload::default();
        ask(&overload, 0..500, 0);
        assert!(!overload.is_standing(500), "it has only begun");
        ask(&overload, 500..700, 0);
        assert!(overload.is_standing(700));
    }

    #[test]
    fn a_moment_without_questions_does_not_end_it_and_a_calm_window_does() {
        let overload = Overload::default();
        ask(&overload, 0..1_000, 0);
        ask(&overload, 1_000..1_500, 5);
        assert!(
            overload.is_standing(1_500),
            "five in a hundred are what a pause of clients leaves"
        );
        ask(&overload, 1_500..1_700, 6);
        assert!(!overload.is_standing(1_700));
    }

    #[test]
    fn where_nobody_asks_nothing_stands() {
        let overload = Overload::default();
        ask(&overload, 0..1_000, 0);
        overload.note(1_000 + 2 * WINDOW, false);
        assert!(!overload.is_standing(1_000 + 2 * WINDOW), "what comes after a rest is a burst");
    }
}
