//! Whether more is asked than can be answered: a queue that doesn't go away, as against a burst or a model that is loaded beside.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Questions are counted by windows of so many milliseconds.
const WINDOW: u64 = 100;
/// A window is calm if one in so many of its questions found a thread with nothing to do. A moment in which clients pause, a stall of the
/// system's, leaves fewer of them in a window that was too full.
const CALM: u32 = 20;
/// A queue stands if no window was calm for so many milliseconds.
const STANDING: u64 = 500;

/// What was seen of the last questions. All times are milliseconds of one clock that never goes back.
#[derive(Debug, Default)]
pub(super) struct Overload {
    /// When the window began.
    window: AtomicU64,
    /// Its questions.
    all: AtomicU32,
    /// Those of them that found a thread with nothing to do.
    unhindered: AtomicU32,
    /// When the last calm window ended.
    calm: AtomicU64,
}

impl Overload {
    /// Counts a question that came at `now`. Two that come at once may be counted for the wrong window: it is an average.
    pub(in crate::http) fn note(&self, now: u64, was_unhindered: bool) {
        let window = self.window.load(Ordering::Relaxed);
        if now.saturating_sub(window) >= WINDOW {
            self.close(window, now);
        }
        self.all.fetch_add(1, Ordering::Relaxed);
        self.unhindered.fetch_add(u32::from(was_unhindered), Ordering::Relaxed);
    }

    /// Whether the queue has stood for a while.
    pub(super) fn is_standing(&self, now: u64) -> bool {
        now.saturating_sub(self.calm.load(Ordering::Relaxed)) > STANDING
    }

    /// Ends the window that began at `window` and begins the next, unless another question does.
    fn close(&self, window: u64, now: u64) {
        let order = Ordering::Relaxed;
        if self.window.compare_exchange(window, now, order, order).is_err() {
            return;
        }
        let (all, unhindered) = (self.all.swap(0, order), self.unhindered.swap(0, order));
        // Where no question came for a whole window, nobody waited at its end.
        let was_quiet = now - window >= 2 * WINDOW;
        if was_quiet || unhindered.saturating_mul(CALM) > all {
            self.calm.store(now, order);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes a question each millisecond of a span; the first `unhindered` of every hundred found a thread with nothing to do.
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
