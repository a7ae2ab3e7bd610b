//! A body that records if it was read to its end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// Shared flag: true once a request's body was read to its end, or if it has none.
#[derive(Clone, Debug)]
pub(super) struct Ended(Arc<AtomicBool>);

impl Ended {
    /// True if no part of the body is left on the connection.
    pub(in crate::http) fn holds(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// Tracks the reading of a body.
pub(super) fn track(body: Body) -> (Body, Ended) {
    let ended = Ended(Arc::new(AtomicBool::new(body.is_end_stream())));
    if ended.holds() {
        return (body, ended);
    }
    let tracked = Tracked { inner: body, ended: ended.clone() };
    (Body::new(tracked), ended)
}

struct Tracked {
    inner: Body,
    ended: Ended,
}

impl HttpBody for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if frame.is_none() || self.inner.is_end_stream() {
            self.ended.0.store(true, Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_has_ended_once_it_was_read() {
        let (body, ended) = track(Body::from("text"));
        assert!(!ended.holds());
        assert_eq!(body.collect().await.unwrap().to_bytes(), "text");
        assert!(ended.holds());
        assert!(track(Body::empty()).1.holds());
    }
}
