//! Counts the requests in flight on a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;

/// The requests of a connection that have started and whose answers hyper hasn't yet read in full.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight(Arc<State>);

#[derive(Debug, Default)]
struct State {
    count: AtomicUsize,
    /// True once an answer said `connection: close`; the client may still be sending.
    is_closing: AtomicBool,
}

impl InFlight {
    /// Counts a request until the returned value is dropped.
    pub(super) fn begin(&self) -> Flight {
        self.0.count.fetch_add(1, Relaxed);
        Flight(self.clone())
    }

    /// True if a request is in flight.
    pub(super) fn is_any(&self) -> bool {
        self.0.count.load(Relaxed) > 0
    }

    /// True if an answer closed the connection.
    pub(super) fn is_closing(&self) -> bool {
        self.0.is_closing.load(Relaxed)
    }
}

/// One request in flight.
#[derive(Debug)]
pub(super) struct Flight(InFlight);

impl Flight {
    /// Notes if the answer closes the connection.
    pub(super) fn note(&self, headers: &HeaderMap) {
        if headers.get(header::CONNECTION).is_some_and(|value| value == "close") {
            self.0.0.is_closing.store(true, Relaxed);
        }
    }

    /// Ties the flight to the answer's body: it ends when hyper has read all of it and drops it.
    pub(super) fn with(self, body: Body) -> impl HttpBody<Data = Bytes, Error = axum::Error> {
        // The closure owns the flight for the lifetime of the body and changes nothing.
        body.map_err(move |error| {
            let _kept = &self;
            error
        })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.0.count.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_in_flight_until_its_answer_was_taken() {
        let in_flight = InFlight::default();
        let body = in_flight.begin().with(Body::from("text"));
        assert!(in_flight.is_any());
        assert_eq!(body.size_hint().exact(), Some(4));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "text");
        assert!(!in_flight.is_any());
    }

    #[test]
    fn an_answer_may_end_the_connection() {
        let in_flight = InFlight::default();
        let flight = in_flight.begin();
        flight.note(&HeaderMap::new());
        assert!(!in_flight.is_closing());
        flight.note(&HeaderMap::from_iter([(header::CONNECTION, "close".parse().unwrap())]));
        assert!(in_flight.is_closing());
    }
}
