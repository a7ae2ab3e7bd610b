//! Which requests of a connection are being answered.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

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
    /// The body of the answer: the flight ends with it.
    pub(super) fn with(self, body: Body) -> Landing {
        Landing { body, _flight: self }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.0.ended.fetch_add(1, Relaxed);
    }
}

/// The body of an answer, which the library drops once it has all of it.
#[derive(Debug)]
pub(super) struct Landing {
    body: Body,
    _flight: Flight,
}

impl HttpBody for Landing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_request_is_in_flight_until_its_answer_was_taken() {
        let in_flight = InFlight::default();
        let landing = in_flight.begin().with(Body::from("text"));
        assert!(in_flight.is_any());
        assert_eq!(landing.size_hint().exact(), Some(4));
        assert_eq!(landing.collect().await.unwrap().to_bytes(), "text");
        assert!(!in_flight.is_any());
        assert_eq!(in_flight.ended(), 1);
    }
}
