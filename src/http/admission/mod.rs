//! Admission control: work that can't start soon is refused at once, so that started work can
//! finish (load shedding).
//!
//! There are three lanes:
//!
//! - Health checks, metrics and documents are always admitted.
//! - Requests for lists and single records queue in order of arrival, at most `server.max_waiting`
//!   of them. A queue that persists admits no request whose expected wait exceeds
//!   `server.max_wait`, except one per worker. A request that waited longer nevertheless is refused
//!   at its turn.
//! - Large bodies share `server.bulk_memory_bytes`, claimed as they arrive. They are parsed one at
//!   a time, apart from the threads that answer requests.
//!
//! Single writes are bounded by the queue of the single writer.

pub(super) mod background;
mod overload;
mod queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::{MEMORY_PER_BODY_BYTE as PER_BYTE, Server};
use crate::http::problem::{Code, Problem};
use overload::Overload;
use queue::{Place, Queue};

/// The unit of memory claims, in bytes.
const UNIT: usize = 64 * 1024;
/// In a burst a request may wait this many times `server.max_wait`.
const BURST: u32 = 20;

/// The state of admission control.
#[derive(Debug)]
pub struct Admission {
    queue: Arc<Queue>,
    /// Requests that wait without holding a thread.
    standby: Arc<Queue>,
    /// One permit per worker, granted in order of arrival.
    turns: Arc<Semaphore>,
    threads: usize,
    max_waiting: usize,
    max_wait: Duration,
    overload: Overload,
    /// The origin of the clock of `overload`.
    began: Instant,
    bulk: Arc<Semaphore>,
    /// Held during the parsing of a large body.
    pub(super) parsing: Semaphore,
    /// True once the server is draining.
    draining: AtomicBool,
}

impl Admission {
    pub(super) fn new(server: &Server) -> Self {
        let threads = server.threads();
        Self {
            queue: Arc::default(),
            standby: Arc::default(),
            turns: Arc::new(Semaphore::new(threads)),
            threads,
            max_waiting: server.max_waiting,
            max_wait: server.max_wait.0,
            overload: Overload::default(),
            began: Instant::now(),
            bulk: Arc::new(Semaphore::new(server.bulk_memory_bytes.div_ceil(UNIT))),
            parsing: Semaphore::new(1),
            draining: AtomicBool::new(false),
        }
    }

    /// Announces shutdown: answers close their connections, and readiness fails.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// True once [`Admission::drain`] was called.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Waits for a turn. Returns `None` if the queue is full or the wait was too long.
    ///
    /// An answer is computed without yielding and holds its thread. So each turn begins with a
    /// yield, in which new arrivals are read and join the queue. Otherwise they would wait in the
    /// sockets, where neither their number nor their waiting time is known.
    pub(super) async fn enter(&self) -> Option<Place> {
        let came = Instant::now();
        if self.is_turning_away() {
            self.overload.note(self.millis(came), false);
            return None;
        }
        let (mut place, before) = self.join(&self.queue)?;
        self.overload.note(self.millis(came), before < self.threads);
        if before == 0 && self.threads > 1 {
            return Some(place);
        }
        let permit = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        let began = Instant::now();
        if began - came > self.patience(began) && self.is_any_behind() {
            return None;
        }
        place.begin(began, permit);
        tokio::task::yield_now().await;
        Some(place)
    }

    /// True if an arriving request must be refused at once: the queue is full, or it persists and
    /// the expected wait is too long. One request per worker may always wait, so that no worker is
    /// idle.
    fn is_turning_away(&self) -> bool {
        let waiting = self.queue.waiting();
        if waiting >= self.max_waiting {
            return true;
        }
        if waiting <= self.threads {
            return false;
        }
        let wait = self.queue.time_of(waiting) / self.threads as u32;
        wait > self.max_wait && self.overload.is_standing(self.millis(Instant::now()))
    }

    /// The longest wait before a turn. A burst is tolerated, but a queue that persists is kept
    /// short ("controlled delay", B. Maurer, Fail at Scale, ACM Queue 13(8), 2015).
    fn patience(&self, now: Instant) -> Duration {
        let is_standing = self.overload.is_standing(self.millis(now));
        if is_standing { self.max_wait } else { BURST * self.max_wait }
    }

    fn millis(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_millis() as u64
    }

    /// True if another request waits behind this one. The last is answered however long it waited,
    /// because refusing it would help nobody.
    fn is_any_behind(&self) -> bool {
        self.queue.waiting() > self.threads
    }

    /// A place for work that holds no thread: it needs no turn and delays no request. `None` if too
    /// many such places are taken.
    pub(super) fn stand_by(&self) -> Option<Place> {
        self.join(&self.standby).map(|(place, _)| place)
    }

    /// Joins a queue. Returns the place and the number of requests before it, or `None` if the
    /// queue is full.
    fn join(&self, queue: &Arc<Queue>) -> Option<(Place, usize)> {
        let (place, before) = Queue::join(queue);
        (before < self.max_waiting).then_some((place, before))
    }

    /// An empty claim on the memory for bulk bodies.
    pub(super) fn claim(&self) -> Claim {
        self.claim_beyond(0)
    }

    /// An empty claim for a body that is free up to this size in bytes.
    pub(super) fn claim_beyond(&self, free: usize) -> Claim {
        Claim { bulk: Arc::clone(&self.bulk), held: None, units: 0, free }
    }
}

/// The memory claimed for a body until its records are written.
#[derive(Debug)]
pub(super) struct Claim {
    bulk: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    units: usize,
    /// Bodies up to this size in bytes claim nothing.
    free: usize,
}

impl Claim {
    /// Raises the claim to the needs of a body of `bytes` bytes.
    pub(super) fn grow_to(&mut self, bytes: usize) -> Result<(), Problem> {
        if bytes <= self.free {
            return Ok(());
        }
        let wanted = (PER_BYTE * bytes).div_ceil(UNIT).max(1);
        let more = wanted.saturating_sub(self.units);
        if more == 0 {
            return Ok(());
        }
        let granted = u32::try_from(more).ok();
        let granted =
            granted.and_then(|more| Arc::clone(&self.bulk).try_acquire_many_owned(more).ok());
        let Some(granted) = granted else {
            return Err(busy("other large bodies take all the memory that there is for them"));
        };
        match &mut self.held {
            Some(held) => held.merge(granted),
            None => self.held = Some(granted),
        }
        self.units = wanted;
        Ok(())
    }
}

/// The refusal of a request that can't start soon.
pub(super) fn too_many_wait() -> Problem {
    busy("more questions wait than can be answered soon")
}

fn busy(what: &str) -> Problem {
    Problem::new(Code::Busy, format!("{what}: try again in a moment"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Period;

    fn admission(max_waiting: usize, bulk_memory_bytes: usize) -> Admission {
        Admission::new(&Server { max_waiting, bulk_memory_bytes, ..Server::default() })
    }

    fn place(admission: &Admission) -> Option<(Place, usize)> {
        admission.join(&admission.queue)
    }

    #[test]
    fn the_queue_has_so_many_places_and_whoever_leaves_frees_one() {
        let admission = admission(2, UNIT);
        let (one, two) = (place(&admission), place(&admission));
        assert!(one.is_some() && two.is_some());
        assert!(place(&admission).is_none());
        drop(one);
        assert!(place(&admission).is_some());
    }

    #[tokio::test]
    async fn a_client_that_goes_away_while_it_waits_frees_its_place() {
        let admission = one_thread();
        let answering = admission.enter().await;
        {
            let mut waiting = std::pin::pin!(admission.enter());
            assert!(at_once(waiting.as_mut()).await.is_none());
            assert_eq!(admission.queue.waiting(), 2);
        }
        assert_eq!(admission.queue.waiting(), 1);
        drop(answering);
        assert!(admission.enter().await.is_some());
    }

    /// The result of a future that is ready at its first poll.
    async fn at_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            given = &mut future => Some(given),
            () = std::future::ready(()) => None,
        }
    }

    /// Two requests wait behind a running one for 20 ms, with `max_wait` at 5 ms. Returns which of
    /// them are admitted.
    async fn begun(admission: &Admission) -> (bool, bool) {
        let busy = admission.enter().await;
        let answering = async {
            std::thread::sleep(Duration::from_millis(20));
            drop(busy);
        };
        let wait = || async { admission.enter().await.is_some() };
        let (first, second, ()) = tokio::join!(biased; wait(), wait(), answering);
        assert_eq!(admission.queue.waiting(), 0);
        (first, second)
    }

    fn one_thread() -> Admission {
        let max_wait = Period(Duration::from_millis(5));
        Admission::new(&Server { max_wait, workers: 1, ..Server::default() })
    }

    #[tokio::test]
    async fn a_burst_is_borne() {
        assert_eq!(begun(&one_thread()).await, (true, true));
    }

    #[tokio::test]
    async fn under_overload_whoever_has_waited_too_long_is_not_begun_but_for_the_last() {
        let mut admission = one_thread();
        admission.began -= Duration::from_secs(10);
        // Recorded ahead of time: a pause of the test machine must not count as idle time.
        (0..60_000).for_each(|now| admission.overload.note(now, false));
        assert_eq!(begun(&admission).await, (false, true));
    }

    #[tokio::test]
    async fn whoever_would_wait_too_long_is_turned_away_at_once_under_overload_alone() {
        let mut admission = one_thread();
        (0..100).for_each(|_| admission.queue.learn(Duration::from_millis(2)));
        let (_one, _two, three) = (place(&admission), place(&admission), place(&admission));
        assert!(!admission.is_turning_away(), "a burst");
        admission.began -= Duration::from_secs(10);
        (0..60_000).for_each(|now| admission.overload.note(now, false));
        assert!(admission.is_turning_away(), "three turns of 2 ms, of 5 ms that it may wait");
        assert!(admission.enter().await.is_none());
        drop(three);
        assert!(!admission.is_turning_away(), "two turns");
    }

    #[tokio::test]
    async fn what_holds_no_thread_keeps_no_question_waiting() {
        let admission = admission(2, UNIT);
        let (_one, two) = (admission.stand_by().unwrap(), admission.stand_by().unwrap());
        assert!(admission.stand_by().is_none());
        assert!(admission.enter().await.is_some());
        drop(two);
        assert!(admission.stand_by().is_some());
    }

    #[test]
    fn bodies_claim_memory_as_they_grow_and_give_it_back() {
        let unit = UNIT / PER_BYTE;
        let admission = admission(1, 4 * UNIT);
        let mut one = admission.claim();
        one.grow_to(1).unwrap();
        one.grow_to(3 * unit).unwrap();
        one.grow_to(2 * unit).unwrap();
        let mut two = admission.claim();
        two.grow_to(unit).unwrap();
        assert_eq!(two.grow_to(unit + 1).unwrap_err().code(), Code::Busy);
        let mut small = admission.claim_beyond(unit);
        small.grow_to(unit).unwrap();
        small.grow_to(unit + 1).unwrap_err();
        drop(one);
        two.grow_to(4 * unit).unwrap();
    }
}
