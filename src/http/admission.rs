//! How much is begun at once: what can't be answered soon is refused at once, so that what was begun is finished.
//!
//! Three lanes. Health, figures and documents always pass. Questions queue in the runtime behind each other, and there are never more of
//! them in the queue than `server.max_waiting`. Bulk bodies share `server.bulk_memory_bytes`, claimed as they arrive, and large ones are
//! parsed one at a time beside the threads that answer questions. Single writes are bounded by the queue of the one writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::app::App;
use super::code::Code;
use super::problem::Problem;
use crate::config::{MEMORY_PER_BODY_BYTE as PER_BYTE, Server};

/// The unit in which memory is claimed, in bytes.
const UNIT: usize = 64 * 1024;

/// What is being done, and what may be begun.
#[derive(Debug)]
pub struct Admission {
    waiting: Arc<AtomicUsize>,
    max_waiting: usize,
    bulk: Arc<Semaphore>,
    /// Held while a large body is parsed.
    pub(super) parsing: Semaphore,
    /// Whether the server is about to end.
    draining: AtomicBool,
}

impl Admission {
    pub(super) fn new(server: &Server) -> Self {
        Self {
            waiting: Arc::default(),
            max_waiting: server.max_waiting,
            bulk: Arc::new(Semaphore::new(server.bulk_memory_bytes.div_ceil(UNIT))),
            parsing: Semaphore::new(1),
            draining: AtomicBool::new(false),
        }
    }

    /// Says that the server ends soon: answers end their connections, and readiness says no.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether [`Admission::drain`] was called.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// A place in the queue of questions until the value is dropped, and how many are before it.
    fn queue(&self) -> Option<(Place, usize)> {
        let place = Place(Arc::clone(&self.waiting));
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        (before < self.max_waiting).then_some((place, before))
    }

    /// A claim on the memory of bulk bodies, of nothing yet.
    pub(super) fn claim(&self) -> Claim {
        Claim { bulk: Arc::clone(&self.bulk), held: None, units: 0 }
    }
}

/// One question that waits or is being answered. A client that goes away drops it.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Memory that a body holds until its records are written.
#[derive(Debug)]
pub(super) struct Claim {
    bulk: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    units: usize,
}

impl Claim {
    /// Claims as much as a body of so many bytes needs, in place of what was claimed for less of it.
    pub(super) fn grow_to(&mut self, bytes: usize) -> Result<(), Problem> {
        let wanted = (PER_BYTE * bytes).div_ceil(UNIT).max(1);
        let more = wanted.saturating_sub(self.units);
        if more == 0 {
            return Ok(());
        }
        let granted = u32::try_from(more).ok();
        let granted =
            granted.and_then(|more| Arc::clone(&self.bulk).try_acquire_many_owned(more).ok());
        let Some(granted) = granted else {
            return Err(busy("other bulk writes take all the memory that there is for them"));
        };
        match &mut self.held {
            Some(held) => held.merge(granted),
            None => self.held = Some(granted),
        }
        self.units = wanted;
        Ok(())
    }
}

/// Lets a question through, or refuses it because too many wait.
pub(super) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    if !is_question(&request) {
        return next.run(request).await;
    }
    let Some((_place, before)) = app.admission.queue() else {
        return busy("more questions wait than can be answered soon").into_response();
    };
    // An answer is made in one go. Here others that have come meanwhile are seen first, so that it is known how many wait: but for the
    // only one where others can be seen by another thread.
    if before > 0 || tokio::runtime::Handle::current().metrics().num_workers() == 1 {
        tokio::task::yield_now().await;
    }
    next.run(request).await
}

fn is_question(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    match route {
        Some("/v1/recommend" | "/v1/recommend/{scenario}" | "/v1/models") => true,
        Some("/v1/items/{id}" | "/v1/users/{id}") => request.method() == Method::GET,
        _ => false,
    }
}

fn busy(what: &str) -> Problem {
    Problem::new(Code::Busy, format!("{what}: try again in a moment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(max_waiting: usize, bulk_memory_bytes: usize) -> Admission {
        Admission::new(&Server { max_waiting, bulk_memory_bytes, ..Server::default() })
    }

    #[test]
    fn the_queue_has_so_many_places_and_whoever_leaves_frees_one() {
        let admission = admission(2, UNIT);
        let (one, two) = (admission.queue(), admission.queue());
        assert!(one.is_some() && two.is_some());
        assert!(admission.queue().is_none());
        drop(one);
        assert!(admission.queue().is_some());
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
        drop(one);
        two.grow_to(4 * unit).unwrap();
    }
}
