//! A TCP connection with timeouts.
//!
//! Hyper's timeout for a request's head also runs while a connection is idle, and its read of the
//! first bytes has no timeout. Here the head is bounded by `header_timeout` and every silence by
//! `idle_timeout`.
//!
//! Closing a socket with unread bytes resets the connection, and the client loses its last answer.
//! So the server keeps reading for a while after it ends a connection
//! ([RFC 9112, section 9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)).

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::flight::InFlight;

/// The first bytes of an HTTP/2 connection. Its requests have no separate head on the wire, so only
/// silence is bounded.
const HTTP2: &[u8] = b"PRI";
/// The time for which the server reads after its last answer.
const LINGER: Duration = Duration::from_secs(2);
/// The bytes of one read while lingering.
const CHUNK: usize = 16 * 1024;
/// The reads of a lingering connection before it yields to other tasks.
const AT_ONCE: usize = 16;

/// The two timeouts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) header: Duration,
    pub(super) idle: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Idle since the last answer.
    Resting,
    /// A head is arriving: its deadline is fixed.
    Head,
    /// The head is complete, or the connection uses HTTP/2.
    Open,
}

/// A TCP stream whose reads fail with `TimedOut` at the deadline.
#[derive(Debug)]
pub(super) struct Timed {
    stream: TcpStream,
    bounds: Bounds,
    in_flight: InFlight,
    phase: Phase,
    is_http2: bool,
    /// The time allowed from the next wait on. Setting a timer is expensive, so only the last
    /// change between two waits counts.
    allowed: Option<Duration>,
    deadline: Pin<Box<Sleep>>,
    /// True after the last answer, while the client may still be sending.
    is_lingering: bool,
}

impl Timed {
    pub(super) fn new(stream: TcpStream, bounds: Bounds, in_flight: InFlight) -> Self {
        let deadline = Box::pin(sleep(bounds.header));
        // On a new connection the first byte and the first head share one timeout.
        Self {
            stream,
            bounds,
            in_flight,
            phase: Phase::Head,
            is_http2: false,
            allowed: None,
            deadline,
            is_lingering: false,
        }
    }

    fn allow(&mut self, more: Duration) {
        self.allowed = Some(more);
    }

    fn has_read(&mut self, bytes: &[u8]) {
        self.is_http2 |= bytes.starts_with(HTTP2) && self.phase == Phase::Head;
        if self.phase == Phase::Resting {
            self.phase = Phase::Head;
            self.allow(self.bounds.header);
        }
        if self.is_http2 || self.in_flight.is_any() {
            self.phase = Phase::Open;
            self.allow(self.bounds.idle);
        }
    }

    fn has_written(&mut self) {
        // A write during a request in flight is `100 Continue`, which asks for the body.
        self.phase = if self.in_flight.is_any() { Phase::Open } else { Phase::Resting };
        self.allow(self.bounds.idle);
    }

    /// A head completed by the last read got its handler only after that read, so the phase is
    /// updated here. Returns true if the deadline has passed.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        if self.phase == Phase::Head && self.in_flight.is_any() {
            self.phase = Phase::Open;
            self.allow(self.bounds.idle);
        }
        if let Some(allowed) = self.allowed.take() {
            self.deadline.as_mut().reset(Instant::now() + allowed);
        }
        self.deadline.as_mut().poll(context).is_ready()
    }

    /// Discards input until the client closes or [`LINGER`] has passed.
    fn linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [MaybeUninit::uninit(); CHUNK];
        for _ in 0..AT_ONCE {
            if self.deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            let mut unread = ReadBuf::uninit(&mut bytes);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut unread));
            if read.is_err() || unread.filled().is_empty() {
                return Poll::Ready(());
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
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
        let this = self.get_mut();
        if !this.is_lingering {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            // After a head that hyper refused, the phase is still `Head`.
            if !this.in_flight.is_closing() && this.phase != Phase::Head {
                return Poll::Ready(Ok(()));
            }
            this.is_lingering = true;
            this.deadline.as_mut().reset(Instant::now() + LINGER);
        }
        this.linger(context).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const BOUNDS: Bounds =
        Bounds { header: Duration::from_millis(20), idle: Duration::from_hours(1) };

    async fn connected() -> (Timed, TcpStream, InFlight) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let in_flight = InFlight::default();
        (Timed::new(server, BOUNDS, in_flight.clone()), client, in_flight)
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
        let (mut server, mut client, in_flight) = connected().await;
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        read(&mut server).await.unwrap();
        let flight = in_flight.begin();
        server.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.unwrap();
        client.write_all(b"a part of the body").await.unwrap();
        read(&mut server).await.unwrap();
        let waiting = tokio::time::timeout(BOUNDS.header * 3, read(&mut server)).await;
        assert!(waiting.is_err(), "{waiting:?}");
        drop(flight);
        server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let resting = tokio::time::timeout(BOUNDS.header * 3, read(&mut server)).await;
        assert!(resting.is_err(), "{resting:?}");
        client.write_all(b"GE").await.unwrap();
        read(&mut server).await.unwrap();
        assert_eq!(read(&mut server).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_is_still_sending_gets_its_last_answer() {
        let (mut server, mut client, in_flight) = connected().await;
        client.write_all(b"POST / HTTP/1.1\r\n\r\n").await.unwrap();
        read(&mut server).await.unwrap();
        let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
        in_flight.begin().note(&HeaderMap::from_iter(close));
        let answering = async {
            server.write_all(b"HTTP/1.1 413").await.unwrap();
            server.shutdown().await.unwrap();
            drop(server);
        };
        let asking = async {
            for _ in 0..100 {
                client.write_all(&[0; 10_000]).await.unwrap();
            }
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            drop(client);
            answer
        };
        let (answer, ()) = tokio::join!(asking, answering);
        assert_eq!(answer, "HTTP/1.1 413");
    }
}
