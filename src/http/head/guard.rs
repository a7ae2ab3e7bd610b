//! A stream that gives the library only heads that were looked at.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::ahead::Ahead;
use super::check::{Body, MAX_HEAD, examine, refuse_bare_line_feed, too_large};
use super::chunks::{Chunks, NoChunk};
use super::discard::{Discarded, discard};
use super::refused::{Refused, SUBSTITUTE};
use crate::http::problem::Problem;

/// How a connection of HTTP/2 begins: its heads are checked by the library, and by [`super::parsed`].
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";
/// So many answers are given ahead before others have their turn.
const AT_ONCE: usize = 16;
/// So long a client that is still sending is listened to after its last answer.
const FAREWELL: Duration = Duration::from_secs(2);
/// So much is read at a time.
const CHUNK: usize = 8 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A head is expected, or half there.
    Head,
    /// So many bytes of a body follow.
    Body(u64),
    /// A body of chunks.
    Chunks(Chunks),
    /// Nothing is looked at: HTTP/2.
    Open,
    /// A head was refused: nothing more is read.
    Over,
    /// A body broke off: nothing more is read, and the library learns it.
    Cut,
}

/// The stream between the connection and the library.
#[derive(Debug)]
pub(in crate::http) struct Guard<S> {
    inner: S,
    phase: Phase,
    /// Of the client, not yet looked at.
    raw: Vec<u8>,
    /// Looked at: of these the library has read `given`.
    good: Vec<u8>,
    given: usize,
    refused: Refused,
    ahead: Ahead,
    /// Whether a head was answered ahead, and what came behind it not looked at.
    is_behind: bool,
    /// Whether no head has come yet.
    is_new: bool,
    /// Until when the client is listened to after its last answer.
    farewell: Option<Pin<Box<Sleep>>>,
}

impl<S> Guard<S> {
    pub(in crate::http) fn new(inner: S, refused: Refused, ahead: Ahead) -> Self {
        Self {
            inner,
            phase: Phase::Head,
            raw: Vec::new(),
            good: Vec::new(),
            given: 0,
            refused,
            ahead,
            is_behind: false,
            is_new: true,
            farewell: None,
        }
    }

    /// Looks at what has come, as far as it goes.
    fn advance(&mut self) {
        while !self.raw.is_empty() {
            let taken = match self.phase {
                Phase::Head => self.head(),
                Phase::Body(left) => Some(self.body(left)),
                Phase::Chunks(chunks) => Some(self.chunks(chunks)),
                Phase::Open => Some(self.raw.len()),
                Phase::Over | Phase::Cut => {
                    self.raw.clear();
                    None
                }
            };
            let Some(taken) = taken else { return };
            self.good.extend(self.raw.drain(..taken));
        }
    }

    /// How many bytes the head has, once it is whole.
    fn head(&mut self) -> Option<usize> {
        // An empty line before a request is passed over (RFC 9112, section 2.2).
        while self.raw.starts_with(b"\r\n") {
            self.raw.drain(..2);
        }
        let end = self.raw.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        if end.unwrap_or(self.raw.len()) > MAX_HEAD {
            return self.refuse(too_large());
        }
        let Some(end) = end else {
            // It need not be whole to be wrong.
            return refuse_bare_line_feed(&self.raw)
                .map_or_else(|problem| self.refuse(problem), |()| None);
        };
        self.whole_head(end)
    }

    fn whole_head(&mut self, end: usize) -> Option<usize> {
        let head = &self.raw[..end];
        let is_first = std::mem::replace(&mut self.is_new, false);
        if is_first && *head == *HTTP2 {
            self.phase = Phase::Open;
            return Some(end);
        }
        self.phase = match examine(head) {
            Ok(Body::Length(0)) if self.ahead.answers(head) => {
                self.raw.drain(..end);
                self.is_behind = true;
                return None;
            }
            Ok(Body::Length(0)) => Phase::Head,
            Ok(Body::Length(bytes)) => Phase::Body(bytes),
            Ok(Body::Chunks) => Phase::Chunks(Chunks::default()),
            Err(problem) => return self.refuse(problem),
        };
        self.ahead.pass();
        Some(end)
    }

    fn body(&mut self, left: u64) -> usize {
        let taken = left.min(self.raw.len() as u64);
        self.phase = if taken == left { Phase::Head } else { Phase::Body(left - taken) };
        taken as usize
    }

    fn chunks(&mut self, mut chunks: Chunks) -> usize {
        let taken = match chunks.take(&self.raw) {
            Ok(taken) => taken,
            // The body ends here for the library, which says so to whoever reads it; nothing behind it is read as a request.
            Err(NoChunk { after }) => {
                self.phase = Phase::Cut;
                return after;
            }
        };
        let is_over = chunks == Chunks::Over;
        self.phase = if is_over { Phase::Head } else { Phase::Chunks(chunks) };
        taken
    }

    fn refuse(&mut self, problem: Problem) -> Option<usize> {
        self.refused.set(problem);
        self.raw.clear();
        self.good.extend_from_slice(SUBSTITUTE);
        self.phase = Phase::Over;
        None
    }

    /// Writes what was answered ahead, and looks at what came behind it. The library's writing may have written it, too.
    fn answer_ahead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        S: AsyncWrite + Unpin,
    {
        for _ in 0..AT_ONCE {
            ready!(self.ahead.poll_write(&mut self.inner, context))?;
            if !std::mem::take(&mut self.is_behind) {
                return Poll::Ready(Ok(()));
            }
            self.advance();
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Waits for the last answer to be written. An end would be taken for the client's, who then gets no answer.
    fn linger(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        S: AsyncRead + Unpin,
    {
        match discard(&mut self.inner, context) {
            Discarded::Broken => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            Discarded::Some | Discarded::All | Discarded::Ended => Poll::Pending,
        }
    }

    /// Gives the library what was looked at; whether there was anything.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let left = &self.good[self.given..];
        let bytes = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..bytes]);
        self.given += bytes;
        if self.given == self.good.len() {
            self.good.clear();
            self.given = 0;
        }
        bytes > 0
    }
}

/// What the library gets of bytes that arrive in pieces of `size`, and whether a head was refused.
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::http) fn taken(bytes: &[u8], size: usize) -> (Vec<u8>, bool) {
    let mut guard = Guard::new((), Refused::default(), Ahead::never());
    for piece in bytes.chunks(size) {
        guard.raw.extend_from_slice(piece);
        guard.advance();
    }
    let refused = guard.refused.take().is_some();
    (guard.good, refused)
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            ready!(this.answer_ahead(context))?;
            if this.give(buffer) {
                return Poll::Ready(Ok(()));
            }
            if this.phase == Phase::Over {
                return this.linger(context);
            }
            if this.phase == Phase::Cut {
                return Poll::Ready(Ok(()));
            }
            if this.phase == Phase::Open {
                return Pin::new(&mut this.inner).poll_read(context, buffer);
            }
            let mut bytes = [MaybeUninit::uninit(); CHUNK];
            let mut chunk = ReadBuf::uninit(&mut bytes);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.raw.extend_from_slice(chunk.filled());
            this.advance();
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.ahead.poll_write(&mut this.inner, context))?;
        Pin::new(&mut this.inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.ahead.poll_write(&mut this.inner, context))?;
        ready!(Pin::new(&mut this.inner).poll_flush(context))?;
        this.ahead.flushed();
        Poll::Ready(Ok(()))
    }

    /// Ends the connection once the client has read its last answer, as far as that can be known: what lies unread when a connection is
    /// closed makes the system throw away what was sent, and a client that is still sending would never learn why it was refused.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.ahead.poll_write(&mut this.inner, context))?;
        if this.farewell.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(context))?;
            if this.phase == Phase::Head && this.raw.is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.farewell = Some(Box::pin(sleep(FAREWELL)));
        }
        let is_over =
            this.farewell.as_mut().is_none_or(|end| end.as_mut().poll(context).is_ready());
        match discard(&mut this.inner, context) {
            Discarded::All if !is_over => Poll::Pending,
            Discarded::Some if !is_over => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            _ => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::http::code::Code;

    /// What the library reads when the client sends `bytes`, in pieces of `size`; and the problem.
    async fn read(bytes: &[u8], size: usize) -> (Vec<u8>, Option<Problem>) {
        let refused = Refused::default();
        let stream = tokio::io::join(in_pieces(bytes, size), Vec::new());
        let mut guard = Guard::new(stream, refused.clone(), Ahead::never());
        let mut all = Vec::new();
        // Behind a head that was refused nothing ends: the library does, once it has answered.
        let reading = guard.read_to_end(&mut all);
        drop(tokio::time::timeout(Duration::from_millis(20), reading).await);
        let problem = refused.take();
        (all, problem)
    }

    struct Pieces(Vec<Vec<u8>>);

    fn in_pieces(bytes: &[u8], size: usize) -> Pieces {
        Pieces(bytes.chunks(size).rev().map(<[u8]>::to_vec).collect())
    }

    impl AsyncRead for Pieces {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if let Some(piece) = self.get_mut().0.pop() {
                buffer.put_slice(&piece);
            }
            Poll::Ready(Ok(()))
        }
    }

    const GOOD: &[u8] = b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nhost: x\r\n\r\n\
        PUT /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /d HTTP/1.1\r\nhost: x\r\n\r\n";

    #[tokio::test]
    async fn good_requests_pass_as_they_are_in_whatever_pieces() {
        for size in [1, 3, 7, 64, 8_000] {
            let (read, problem) = read(GOOD, size).await;
            assert_eq!(read, GOOD, "pieces of {size}");
            assert_eq!(problem, None);
        }
    }

    #[tokio::test]
    async fn a_bad_head_after_good_ones_is_replaced_and_ends_all() {
        for size in [1, 5, 8_000] {
            let bad =
                [GOOD, b"GET / HTTP/1.1\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"].concat();
            let (read, problem) = read(&bad, size).await;
            assert_eq!(read, [GOOD, SUBSTITUTE].concat());
            assert_eq!(problem.unwrap().code(), Code::MalformedRequest);
        }
    }

    #[tokio::test]
    async fn a_head_without_an_end_is_refused_at_its_limit_or_its_first_bare_feed() {
        let endless = [b"GET / HTTP/1.1\r\na: ".to_vec(), vec![b'x'; 20_000]].concat();
        assert_eq!(read(&endless, 1_000).await.1.unwrap().code(), Code::HeadersTooLarge);
        let bare = b"GET / HTTP/1.1\nhost: x\n\n";
        assert_eq!(read(bare, 10).await.1.unwrap().code(), Code::MalformedRequest);
    }

    #[tokio::test]
    async fn http_2_is_begun_by_the_first_head_alone() {
        let (read, problem) = read(&[GOOD, HTTP2].concat(), 8_000).await;
        assert_eq!(read, [GOOD, SUBSTITUTE].concat());
        assert_eq!(problem.unwrap().code(), Code::MalformedRequest);
    }

    #[tokio::test]
    async fn http_2_passes() {
        let bytes = [HTTP2, b"SM\r\n\r\n\0\0\0\x04\0\0\0\0\0"].concat();
        assert_eq!(read(&bytes, 4).await, (bytes, None));
    }
}
