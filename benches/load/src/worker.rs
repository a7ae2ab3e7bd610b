//! The task behind a connection: takes the next request of the schedule, waits until it is due,
//! sends it and reports the outcome.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use hyper::Uri;

use super::asking::Asking;
use super::connection::{Answer, Broken, Connection};
use super::schedule::Schedule;
use super::timer::Timer;

/// Samples are sent in batches of this size, so that reporting costs next to nothing.
const HEAP: usize = 64;

/// The state that all connections of one kind share.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) base: Uri,
    pub(crate) asking: Asking,
    pub(crate) schedule: Schedule,
    /// The time at which the first request is due.
    pub(crate) start: Instant,
    /// No request is sent after this time.
    pub(crate) until: Instant,
    /// The number of the next request.
    pub(crate) next: AtomicU64,
    /// The offset of the parts of the mix in the report.
    pub(crate) first_part: usize,
}

/// The outcome of one request.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// The index of its kind.
    pub(crate) part: usize,
    /// The time at which it was due, after the start.
    pub(crate) due: Duration,
    /// The time at which its response was complete or given up, after the start.
    pub(crate) ended: Duration,
    /// Time from due to complete. It counts from sending if the connection was idle until the
    /// request was due.
    pub(crate) latency: Duration,
    /// Time from sending.
    pub(crate) service: Duration,
    /// The delay of sending although the connection was idle: the client's fault.
    pub(crate) late: Option<Duration>,
    /// The reason of a failure.
    pub(crate) error: Option<Box<str>>,
}

impl Work {
    /// Sends requests over one connection until the schedule ends. Must run within a runtime.
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
                // The receiver outlives this task.
                drop(tell.send(std::mem::replace(&mut heap, Vec::with_capacity(HEAP))));
            }
        }
        drop(tell.send(heap));
    }

    /// The next request number, until time is up.
    fn take(&self) -> Option<u64> {
        if Instant::now() > self.until {
            return None;
        }
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        (at < self.schedule.count()).then_some(at)
    }

    /// The number of requests of the schedule that were never sent.
    pub(crate) fn left(&self) -> u64 {
        let taken = self.next.load(Ordering::Relaxed).min(self.schedule.count());
        self.schedule.count() - taken
    }

    async fn one(&self, at: u64, connection: &mut Connection, timer: &Timer) -> Sample {
        let asked = self.asking.request(&self.base, at);
        let due = self.schedule.due(at);
        // Without a timer all requests would be sent at once; the report shows that.
        let has_waited = timer.until(self.start + due).await.unwrap_or(false);
        let sent = Instant::now();
        let answer = connection.ask(asked.request).await;
        let service = sent.elapsed();
        let late = sent.saturating_duration_since(self.start + due);
        Sample {
            part: self.first_part + asked.part,
            due,
            ended: (sent + service).saturating_duration_since(self.start),
            // The delay of the client's own timer is reported separately.
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
