//! Which requests of a connection are being answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;

/// The requests of one connection: those that were begun, and those whose answers the library has taken in whole.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl InFlight {
    /// Counts a request until what is returned is dropped.
    pub(super) fn begin(&self) -> Flight {
        self.0.begun.fetch_add(1, Relaxed);
        Flight(self.clone())
    }

    /// Whether a request is being answered.
    pub(super) fn is_any(&self) -> bool {
        self.0.begun.load(Relaxed) > self.ended()
    }

    /// How many requests have ended.
    pub(super) fn ended(&self) -> usize {
        self.0.ended.load(Relaxed)
    }
}

/// One request that is being answered.
#[derive(Debug)]
pub(super) struct Flight(InFlight);

impl Flight {
    /// The body of the answer: the flight ends with it, which the library drops once it has all of it.
    pub(super) fn with(self, body: Body) -> impl HttpBody<Data = Bytes, Error = axum::Error> {
        // Whatever looks at errors is kept as long as the body, and changes nothing else of it.
        body.map_err(move |error| {
            let _kept = &self;
            error
        })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.0.ended.fetch_add(1, Relaxed);
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
        assert_eq!(in_flight.ended(), 1);
    }
}
