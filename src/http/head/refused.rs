//! How the problem of a head gets to the service, which answers in order.

use std::sync::{Arc, Mutex, PoisonError};

use crate::http::problem::Problem;

/// What stands in the place of a head that was refused. No client gains anything by sending it.
pub(super) const SUBSTITUTE: &[u8] =
    b"GET / HTTP/1.1\r\nhost: refused\r\nx-refused-head: 1\r\nconnection: close\r\n\r\n";
const MARK: &str = "x-refused-head";

/// The problem of the head that was refused on a connection: after it no other comes.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Refused(Arc<Mutex<Option<Problem>>>);

impl Refused {
    pub(super) fn set(&self, problem: Problem) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }

    /// The problem, if this request stands for the head that was refused.
    pub(in crate::http) fn of<B>(&self, request: &axum::http::Request<B>) -> Option<Problem> {
        if !request.headers().contains_key(MARK) {
            return None;
        }
        self.take()
    }

    /// The problem, if there is one that was not taken yet.
    pub(super) fn take(&self) -> Option<Problem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
