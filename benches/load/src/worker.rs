//! The task behind a connection: takes the next request of the schedule, waits until it is due, asks, tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use hyper::Uri;

use super::asking::Asking;
use super::connection::{Answer, Broken, Connection};
use super::schedule::Schedule;
use super::timer::Timer;

/// Samples are told of in heaps, so that to tell costs nothing.
const HEAP: usize = 64;

/// What all connections of one kind share.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) base: Uri,
    pub(crate) asking: Asking,
    pub(crate) schedule: Schedule,
    /// When the first request is due.
    pub(crate) start: Instant,
    /// After this nothing is sent any more.
    pub(crate) until: Instant,
    /// The number of the next request.
    pub(crate) next: AtomicU64,
    /// What the places of the mix are counted from.
    pub(crate) first_part: usize,
}

/// What became of one request.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// The place of its kind.
    pub(crate) part: usize,
    /// When it was due, after the start.
    pub(crate) due: Duration,
    /// When its answer was whole or given up, after the start.
    pub(crate) ended: Duration,
    /// From when it was due until its answer was whole; from when it was sent where its connection had nothing to do but wait for it.
    pub(crate) latency: Duration,
    /// From when it was sent.
    pub(crate) service: Duration,
    /// Its connection waited for it, and yet it was sent so much too late: the client's fault.
    pub(crate) late: Option<Duration>,
    /// Why it failed.
    pub(crate) error: Option<Box<str>>,
}

impl Work {
    /// Works over one connection until the schedule is at its end. Must run within a runtime.
    pub(crate) async fn run(
        self: Arc<Self>,
        mut connection: Connection,
        timer: Timer,
        tell: Sender<Vec<Sample>>,
    ) {
        let mut heap = Vec::with_capacity(HEAP);
        while let Some(at) = self.take() {
            heap.push(self.one(at, &mut connection, &timer).await);
            if heap.len() == HEAP {
                // Nobody stops listening before we end.
                drop(tell.send(std::mem::replace(&mut heap, Vec::with_capacity(HEAP))));
            }
        }
        drop(tell.send(heap));
    }

    /// The next number, while there is time.
    fn take(&self) -> Option<u64> {
        if Instant::now() > self.until {
            return None;
        }
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        (at < self.schedule.count()).then_some(at)
    }

    /// How many requests of the schedule were never sent.
    pub(crate) fn left(&self) -> u64 {
        let taken = self.next.load(Ordering::Relaxed).min(self.schedule.count());
        self.schedule.count() - taken
    }

    async fn one(&self, at: u64, connection: &mut Connection, timer: &Timer) -> Sample {
        let asked = self.asking.request(&self.base, at);
        let due = self.schedule.due(at);
        // Without a timer everything would be sent at once, and counted as sent too early: that shows.
        let has_waited = timer.until(self.start + due).await.unwrap_or(false);
        let sent = Instant::now();
        let answer = connection.ask(asked.request).await;
        let service = sent.elapsed();
        let late = sent.saturating_duration_since(self.start + due);
        Sample {
            part: self.first_part + asked.part,
            due,
            ended: (sent + service).saturating_duration_since(self.start),
            // How late the client's own clock woke it up is told apart.
            latency: if has_waited { service } else { late + service },
            service,
            late: has_waited.then_some(late),
            error: error(answer),
        }
    }
}

/// The status and, where there is one, the stable code of what went wrong.
fn error(answer: Result<Answer, Broken>) -> Option<Box<str>> {
    let answer = match answer {
        Ok(answer) if answer.status.is_success() => return None,
        Ok(answer) => answer,
        Err(broken) => return Some(broken.name().into()),
    };
    let problem: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let code = problem.and_then(|problem| Some(format!(" {}", problem.get("code")?.as_str()?)));
    Some(format!("{}{}", answer.status.as_u16(), code.unwrap_or_default()).into())
}
