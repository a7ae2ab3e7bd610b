//! A connection that may not stay silent for ever.
//!
//! Hyper's own timeout for the head of a request runs also while a connection rests between requests, and its reading of the first
//! byte knows none. Here both are bounded: the head by `header_timeout`, every silence by `idle_timeout`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// How a connection of HTTP/2 begins: its requests have no head of their own on the wire, so only silence is bounded.
const HTTP2: &[u8] = b"PRI";

/// The two bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) header: Duration,
    pub(super) idle: Duration,
}

/// Told by the service that the head of a request is complete.
#[derive(Clone, Debug, Default)]
pub(super) struct HeadDone(Arc<AtomicBool>);

impl HeadDone {
    /// Says so.
    pub(super) fn say(&self) {
        self.0.store(true, Relaxed);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing was sent since the last answer.
    Resting,
    /// A head is on its way: its deadline stands.
    Head,
    /// The head was complete, or the connection is one of HTTP/2.
    Open,
}

/// A TCP stream whose reads fail with `TimedOut` at the deadline.
#[derive(Debug)]
pub(super) struct Timed {
    stream: TcpStream,
    bounds: Bounds,
    head_done: HeadDone,
    phase: Phase,
    is_http2: bool,
    deadline: Pin<Box<Sleep>>,
}

impl Timed {
    pub(super) fn new(stream: TcpStream, bounds: Bounds, head_done: HeadDone) -> Self {
        let deadline = Box::pin(sleep(bounds.header));
        // A new connection has as long for its first byte and its first head together.
        Self { stream, bounds, head_done, phase: Phase::Head, is_http2: false, deadline }
    }

    fn allow(&mut self, more: Duration) {
        self.deadline.as_mut().reset(Instant::now() + more);
    }

    fn has_read(&mut self, bytes: &[u8]) {
        self.is_http2 |= bytes.starts_with(HTTP2) && self.phase == Phase::Head;
        if self.phase == Phase::Resting {
            self.phase = Phase::Head;
            self.allow(self.bounds.header);
        }
        if self.is_http2 || self.head_done.0.load(Relaxed) {
            self.phase = Phase::Open;
            self.allow(self.bounds.idle);
        }
    }

    fn has_written(&mut self) {
        self.head_done.0.store(false, Relaxed);
        self.phase = Phase::Resting;
        self.allow(self.bounds.idle);
    }

    /// A head that was completed by the last read counts as complete while its handler works.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        if self.phase == Phase::Head && self.head_done.0.load(Relaxed) {
            self.phase = Phase::Open;
            self.allow(self.bounds.idle);
        }
        self.deadline.as_mut().poll(context).is_ready()
    }
}

impl AsyncRead for Timed {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Pending if this.is_late(context) => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) => {
                this.has_read(&buffer.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(context, bytes) {
            Poll::Pending if this.is_late(context) => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Ready(Ok(written)) => {
                this.has_written();
                Poll::Ready(Ok(written))
            }
            other => other,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const BOUNDS: Bounds =
        Bounds { header: Duration::from_millis(20), idle: Duration::from_secs(3_600) };

    async fn connected() -> (Timed, TcpStream, HeadDone) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let done = HeadDone::default();
        (Timed::new(server, BOUNDS, done.clone()), client, done)
    }

    async fn read(server: &mut Timed) -> io::Result<usize> {
        server.read(&mut [0; 64]).await
    }

    #[tokio::test]
    async fn half_a_head_is_cut_off() {
        let (mut server, mut client, _) = connected().await;
        client.write_all(b"GET / HT").await.unwrap();
        assert_eq!(read(&mut server).await.unwrap(), 8);
        assert_eq!(read(&mut server).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn silence_at_the_start_is_cut_off() {
        let (mut server, _client, _) = connected().await;
        assert_eq!(read(&mut server).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_complete_head_and_a_rest_after_an_answer_have_longer() {
        let (mut server, mut client, done) = connected().await;
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        read(&mut server).await.unwrap();
        done.say();
        let waiting = tokio::time::timeout(BOUNDS.header * 3, read(&mut server)).await;
        assert!(waiting.is_err(), "{waiting:?}");
        server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let resting = tokio::time::timeout(BOUNDS.header * 3, read(&mut server)).await;
        assert!(resting.is_err(), "{resting:?}");
        client.write_all(b"GE").await.unwrap();
        read(&mut server).await.unwrap();
        assert_eq!(read(&mut server).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
