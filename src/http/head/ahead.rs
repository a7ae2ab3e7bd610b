//! Answers that are given ahead of the library, between its own.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use crate::http::flight::InFlight;

/// Writes the answer to a head into a buffer if it has one; the library answers all others.
type Answer = dyn Fn(&[u8], &mut Vec<u8>) -> bool + Send + Sync;

/// What may answer on one connection ahead of the library: only where the library owes the client nothing, for answers come in the order
/// of their requests.
pub(in crate::http) struct Ahead {
    answer: Arc<Answer>,
    in_flight: InFlight,
    /// How many heads the library was given.
    given: usize,
    /// How many requests had ended when the library last had nothing more to write.
    written: usize,
    /// An answer on its way, of which so many bytes are sent.
    bytes: Vec<u8>,
    sent: usize,
}

impl Ahead {
    /// `in_flight` counts the requests that the library is given on this connection.
    pub(in crate::http) fn new(answer: Arc<Answer>, in_flight: InFlight) -> Self {
        Self { answer, in_flight, given: 0, written: 0, bytes: Vec::new(), sent: 0 }
    }

    /// Never answers.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn never() -> Self {
        Self::new(Arc::new(|_, _| false), InFlight::default())
    }

    /// Counts a head that the library is given.
    pub(super) fn give(&mut self) {
        self.given += 1;
    }

    /// Learns that the library has written all that it has.
    ///
    /// The library takes the end of a body and what it writes of it in one step, and flushes only when all was written: a request that has
    /// ended by now was answered to the last byte.
    pub(super) fn flushed(&mut self) {
        self.written = self.in_flight.ended();
    }

    /// Whether the head, which has no body, is answered here. Then the answer is to be written before anything else.
    pub(super) fn answers(&mut self, head: &[u8]) -> bool {
        self.given == self.written && (self.answer)(head, &mut self.bytes)
    }

    /// Whether an answer is on its way.
    pub(super) fn is_writing(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Writes what is left of the answer, if there is one.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_writing() {
            return Poll::Ready(Ok(()));
        }
        while self.sent < self.bytes.len() {
            let left = &self.bytes[self.sent..];
            match ready!(Pin::new(&mut *stream).poll_write(context, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        ready!(Pin::new(stream).poll_flush(context))?;
        self.bytes.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { given, written, sent, .. } = self;
        to.debug_struct("Ahead")
            .field("given", given)
            .field("written", written)
            .field("sent", sent)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::http::head::{Guard, Refused};

    const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

    fn head(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
    }

    /// A connection on which heads of the path `/ahead` are answered ahead; `bytes` fit in it.
    fn connected(bytes: usize) -> (Guard<DuplexStream>, DuplexStream, InFlight) {
        let (server, client) = duplex(bytes);
        let in_flight = InFlight::default();
        let answer = |head: &[u8], to: &mut Vec<u8>| {
            let is_ahead = head.starts_with(b"GET /ahead ");
            to.extend_from_slice(if is_ahead { REFUSAL } else { b"" });
            is_ahead
        };
        let ahead = Ahead::new(Arc::new(answer), in_flight.clone());
        (Guard::new(server, Refused::default(), ahead), client, in_flight)
    }

    /// What the library reads until it would have to wait.
    async fn read(guard: &mut Guard<DuplexStream>) -> String {
        let mut bytes = vec![0; 1_000];
        tokio::select! {
            biased;
            read = guard.read(&mut bytes) => bytes.truncate(read.unwrap()),
            () = std::future::ready(()) => bytes.clear(),
        }
        String::from_utf8(bytes).unwrap()
    }

    async fn answered(client: &mut DuplexStream) {
        let mut bytes = [0; REFUSAL.len()];
        let reading = client.read_exact(&mut bytes);
        tokio::time::timeout(Duration::from_secs(5), reading).await.expect("an answer").unwrap();
        assert_eq!(bytes, REFUSAL);
    }

    #[tokio::test]
    async fn the_library_does_not_see_what_is_answered_ahead() {
        let (mut guard, mut client, _) = connected(1_000);
        client.write_all((head("/ahead") + &head("/ahead")).as_bytes()).await.unwrap();
        assert_eq!(read(&mut guard).await, "");
        answered(&mut client).await;
        answered(&mut client).await;
        client.write_all((head("/ahead") + &head("/other")).as_bytes()).await.unwrap();
        assert_eq!(read(&mut guard).await, head("/other"));
        answered(&mut client).await;
    }

    #[tokio::test]
    async fn nothing_is_answered_ahead_of_what_the_library_owes() {
        let (mut guard, mut client, in_flight) = connected(1_000);
        let mut ask = async |guard: &mut Guard<DuplexStream>, path| {
            client.write_all(head(path).as_bytes()).await.unwrap();
            read(guard).await
        };
        assert_eq!(ask(&mut guard, "/other").await, head("/other"));
        // The library has not yet begun with it.
        guard.flush().await.unwrap();
        assert_eq!(ask(&mut guard, "/ahead").await, head("/ahead"));
        drop(in_flight.begin());
        guard.flush().await.unwrap();
        assert_eq!(ask(&mut guard, "/ahead").await, head("/ahead"), "one of two is written");
        (0..2).for_each(|_| drop(in_flight.begin()));
        assert_eq!(ask(&mut guard, "/ahead").await, head("/ahead"), "the library has yet to write");
        drop(in_flight.begin());
        guard.write_all(b"the last of it").await.unwrap();
        guard.flush().await.unwrap();
        assert_eq!(ask(&mut guard, "/ahead").await, "");
        let mut bytes = [0; 14];
        client.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"the last of it");
        answered(&mut client).await;
    }

    #[tokio::test]
    async fn a_client_that_reads_slowly_gets_the_whole_answer_before_any_other() {
        let (mut guard, mut client, _) = connected(30);
        let asking = async {
            client.write_all((head("/ahead") + &head("/other")).as_bytes()).await.unwrap();
            answered(&mut client).await;
            let mut rest = String::new();
            client.read_to_string(&mut rest).await.unwrap();
            rest
        };
        let serving = async {
            let mut seen = String::new();
            while seen != head("/other") {
                let mut bytes = [0; 100];
                let read = guard.read(&mut bytes).await.unwrap();
                seen += std::str::from_utf8(&bytes[..read]).unwrap();
            }
            guard.write_all(b"another").await.unwrap();
            drop(guard);
        };
        assert_eq!(tokio::join!(asking, serving).0, "another");
    }
}
