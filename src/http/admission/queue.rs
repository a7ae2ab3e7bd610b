//! A queue of requests, and an estimate of the time that each takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;

/// The weight of a turn in the moving average is the inverse of this.
const MEMORY: u64 = 16;

/// The requests that wait or are being answered.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: AtomicUsize,
    /// The moving average of the time from one turn to the next, in nanoseconds.
    turn: AtomicU64,
}

impl Queue {
    /// Joins until the place is dropped. Returns the number of requests before it.
    pub(in crate::http) fn join(queue: &Arc<Self>) -> (Place, usize) {
        let before = queue.waiting.fetch_add(1, Ordering::Relaxed);
        (Place { queue: Arc::clone(queue), turn: None }, before)
    }

    /// The number of requests in the queue.
    pub(in crate::http) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The expected time of `turns` consecutive turns.
    pub(super) fn time_of(&self, turns: usize) -> Duration {
        Duration::from_nanos(self.turn.load(Ordering::Relaxed).saturating_mul(turns as u64))
    }

    /// Updates the average with a turn. Of two turns that end at the same time one may be lost,
    /// which an average tolerates.
    pub(super) fn learn(&self, took: Duration) {
        let took = took.as_nanos() as u64;
        let known = self.turn.load(Ordering::Relaxed);
        let learned = known - known / MEMORY + took / MEMORY;
        self.turn.store(learned, Ordering::Relaxed);
    }
}

/// The place of one request that waits or is being answered. It is dropped when the client
/// disconnects.
#[derive(Debug)]
pub(in crate::http) struct Place {
    queue: Arc<Queue>,
    turn: Option<Turn>,
}

impl Place {
    /// Starts the turn of the request; it ends when the place is dropped.
    pub(in crate::http) fn begin(&mut self, began: Instant, permit: OwnedSemaphorePermit) {
        self.turn = Some(Turn { began, _permit: permit });
    }
}

/// The turn of a request.
#[derive(Debug)]
struct Turn {
    began: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
        if let Some(turn) = &self.turn {
            self.queue.learn(turn.began.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    #[test]
    fn how_long_turns_take_is_learned_from_those_that_were_taken() {
        let (queue, turns) = (Arc::new(Queue::default()), Arc::new(Semaphore::new(1)));
        let tenth = Duration::from_millis(100);
        for _ in 0..100 {
            let (mut place, before) = Queue::join(&queue);
            assert_eq!((before, queue.waiting()), (0, 1));
            let permit = Arc::clone(&turns).try_acquire_owned().unwrap();
            place.begin(Instant::now().checked_sub(tenth).unwrap(), permit);
        }
        let turn = queue.time_of(1);
        assert!((0.99..1.5).contains(&turn.div_duration_f64(tenth)), "{turn:?}");
        drop(Queue::join(&queue));
        assert_eq!(queue.time_of(3), turn * 3, "no turn was taken");
    }
}
