//! A connection that may not stay silent for ever.
//!
//! Hyper's own timeout for the head of a request runs also while a connection rests between requests, and its reading of the first
//! byte knows none. Here both are bounded: the head by `header_timeout`, every silence by `idle_timeout`.
//!
//! A server that closes a connection with unread bytes on it resets it, and the client loses its last answer. So a connection that the
//! server ends is read for a while after that ([RFC 9112, section 9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)).

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::flight::InFlight;

/// How a connection of HTTP/2 begins: its requests have no head of their own on the wire, so only silence is bounded.
const HTTP2: &[u8] = b"PRI";
/// How long the server reads from a client that it answered for the last time.
const LINGER: Duration = Duration::from_secs(2);
/// The bytes that lingering takes in one read.
const CHUNK: usize = 16 * 1024;
/// The reads of a lingering connection before other tasks have their turn.
const AT_ONCE: usize = 16;

/// The two bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) header: Duration,
    pub(super) idle: Duration,
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
    in_flight: InFlight,
    phase: Phase,
    is_http2: bool,
    /// How long it may stay silent from its next wait on. A timer is dear to set: of all that happens between two waits the last counts.
    allowed: Option<Duration>,
    deadline: Pin<Box<Sleep>>,
    /// Whether the last answer was sent, and the client may still be sending.
    is_lingering: bool,
}

impl Timed {
    pub(super) fn new(stream: TcpStream, bounds: Bounds, in_flight: InFlight) -> Self {
        let deadline = Box::pin(sleep(bounds.header));
        // A new connection has as long for its first byte and its first head together.
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
        // What is written while a request is in flight asks for its body: `100 Continue`.
        self.phase = if self.in_flight.is_any() { Phase::Open } else { Phase::Resting };
        self.allow(self.bounds.idle);
    }

    /// The handler of a head that the last read completed began only after that read.
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

    /// Throws away what the client sends until it is done or [`LINGER`] is over.
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
            // A head that hyper refused leaves the phase as it was.
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
