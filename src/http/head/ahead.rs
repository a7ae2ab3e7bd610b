//! Answers that are given ahead of the library, between its own.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use crate::http::flight::InFlight;

type Write = dyn Fn(&[u8], &mut Vec<u8>) + Send + Sync;

/// Writes the answer to a head into the empty buffer; where it writes nothing, the library answers.
#[derive(Clone)]
pub(in crate::http) struct Answer(Arc<Write>);

impl Answer {
    pub(in crate::http) fn new(
        answer: impl Fn(&[u8], &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(answer))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_tuple("Answer").finish()
    }
}

/// What may answer on one connection ahead of the library: only where the library owes the client nothing, for answers come in the order
/// of their requests.
#[derive(Debug)]
pub(in crate::http) struct Ahead {
    answer: Answer,
    in_flight: InFlight,
    /// How many heads were let through to the library.
    passed: usize,
    /// How many requests had ended when the library last had nothing more to write.
    written: usize,
    /// An answer on its way, of which so many bytes are sent.
    bytes: Vec<u8>,
    sent: usize,
}

impl Ahead {
    /// `in_flight` counts the requests that the library is given on this connection.
    pub(in crate::http) fn new(answer: Answer, in_flight: InFlight) -> Self {
        Self { answer, in_flight, passed: 0, written: 0, bytes: Vec::new(), sent: 0 }
    }

    /// Never answers.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn never() -> Self {
        Self::new(Answer::new(|_, _| ()), InFlight::default())
    }

    /// Counts a head that is let through to the library.
    pub(super) fn pass(&mut self) {
        self.passed += 1;
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
        if self.passed == self.written {
            (self.answer.0)(head, &mut self.bytes);
        }
        self.is_writing()
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::{Request, Response};
    use http_body_util::BodyExt;
    use hyper::body::Incoming;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use hyper_util::server::conn::auto::Builder;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::http::head::{Guard, Refused};

    const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

    fn head(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
    }

    /// Answers heads of the path `/ahead`.
    fn answer() -> Answer {
        Answer::new(|head, to| {
            let is_ahead = head.starts_with(b"GET /ahead ");
            to.extend_from_slice(if is_ahead { REFUSAL } else { b"" });
        })
    }

    /// A connection on which heads of the path `/ahead` are answered ahead; `bytes` fit in it.
    fn connected(bytes: usize) -> (Guard<DuplexStream>, DuplexStream, InFlight) {
        let (server, client) = duplex(bytes);
        let in_flight = InFlight::default();
        let ahead = Ahead::new(answer(), in_flight.clone());
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

    #[tokio::test]
    async fn what_came_behind_is_seen_although_the_library_wrote_the_answer() {
        let (mut guard, mut client, _) = connected(REFUSAL.len() * 2 - 1);
        let asked = [head("/ahead"), head("/ahead"), head("/other")].concat();
        client.write_all(asked.as_bytes()).await.unwrap();
        assert_eq!(read(&mut guard).await, "", "the second answer doesn't fit any more");
        answered(&mut client).await;
        guard.flush().await.unwrap();
        assert_eq!(read(&mut guard).await, head("/other"));
        answered(&mut client).await;
    }

    #[tokio::test]
    async fn others_have_their_turn_between_many_answers() {
        let (mut guard, mut client, _) = connected(10_000);
        client.write_all(head("/ahead").repeat(100).as_bytes()).await.unwrap();
        assert_eq!(read(&mut guard).await, "");
        let mut bytes = [0; 10_000];
        let given = client.read(&mut bytes).await.unwrap() / REFUSAL.len();
        assert!((1..20).contains(&given), "{given} at once");
    }

    /// Requests of all kinds, each with its number; the last ends the connection.
    fn requests() -> Vec<String> {
        let kinds = [
            "GET /ahead?{} HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET /ahead?{} HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET /other?{} HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET /ahead?{} HTTP/1.1\r\nhost: x\r\n\r\n",
            "POST /ahead?{} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody",
            "POST /x?{} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            "POST /x?{} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nab",
            "HEAD /other?{} HTTP/1.1\r\nhost: x\r\n\r\n",
        ];
        let numbered = (0..40).map(|number| kinds[number % 8].replace("{}", &number.to_string()));
        let last = "GET /other?40 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned();
        numbered.chain([last]).collect()
    }

    /// A connection to the library, behind a guard that answers `GET /ahead`; every answer has the header `number`.
    fn served() -> DuplexStream {
        let (server, client) = duplex(20_000);
        let number = |target: &str| target.split_once('?').unwrap().1.to_owned();
        let answer = Answer::new(move |head, to| {
            let head = std::str::from_utf8(head).unwrap();
            let target = head.split(' ').nth(1).unwrap();
            if head.starts_with("GET /ahead") {
                let number = number(target);
                to.extend(
                    format!("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nnumber: {number}\r\n\r\n")
                        .bytes(),
                );
            }
        });
        let in_flight = InFlight::default();
        let guard = Guard::new(server, Refused::default(), Ahead::new(answer, in_flight.clone()));
        let service = service_fn(move |request: Request<Incoming>| {
            let flight = in_flight.begin();
            async move {
                let number = number(&request.uri().to_string());
                let body = request.into_body().collect().await.unwrap().to_bytes();
                tokio::task::yield_now().await;
                let answer = Response::builder().header("number", number).body(Body::from(body));
                Ok::<_, Infallible>(answer.unwrap().map(|body| flight.with(body)))
            }
        });
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            builder.serve_connection(TokioIo::new(guard), service).await.unwrap();
        });
        client
    }

    /// The status and number of every answer in what a client received.
    fn answers(received: &str) -> Vec<(&str, usize)> {
        let heads = received.split("HTTP/1.1 ").filter(|answer| answer.contains("number: "));
        let read = heads.map(|answer| {
            let number = answer.split("number: ").nth(1).unwrap().lines().next().unwrap();
            (&answer[..3], number.parse().unwrap())
        });
        read.collect()
    }

    #[tokio::test]
    async fn answers_of_both_come_in_the_order_of_all_requests_that_came_at_once() {
        let mut client = served();
        client.write_all(requests().concat().as_bytes()).await.unwrap();
        let mut received = String::new();
        client.read_to_string(&mut received).await.unwrap();
        let numbers: Vec<_> = answers(&received).iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers, (0..=40).collect::<Vec<_>>(), "{received}");
    }

    #[tokio::test]
    async fn whoever_waits_for_each_answer_is_answered_ahead_whenever_that_can_be() {
        let mut client = served();
        for (number, request) in requests().iter().enumerate() {
            client.write_all(request.as_bytes()).await.unwrap();
            let mut bytes = [0; 1_000];
            let mut received = String::new();
            while answers(&received).is_empty() {
                let read = client.read(&mut bytes).await.unwrap();
                assert!(read > 0, "{received}");
                received += std::str::from_utf8(&bytes[..read]).unwrap();
            }
            let status = if request.starts_with("GET /ahead") { "503" } else { "200" };
            assert_eq!(answers(&received), [(status, number)], "{request}");
        }
    }
}
