//! Reading a request's body within bounds of size and time.

use std::time::{Duration, Instant};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use bytes::BytesMut;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::config::Server;
use crate::http::admission::Claim;
use crate::http::app::App;
use crate::http::problem::{Code, Problem, shown};

/// So much of a small body may be held by every connection, in bytes.
const USUAL: usize = 64 * 1024;

/// What a route takes: decides the greatest size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A question or one entry.
    Small,
    /// Many entries.
    Bulk,
}

impl Kind {
    fn limit(self, server: &Server) -> (usize, &'static str) {
        match self {
            Self::Small => (server.max_body_bytes, "server.max_body_bytes"),
            Self::Bulk => (server.max_ingest_bytes, "server.max_ingest_bytes"),
        }
    }
}

/// Reads the whole body of a question or of one entry. What it holds in memory beyond the usual is claimed as it arrives.
pub(super) async fn read(body: Body, app: &App) -> Result<Bytes, Problem> {
    let mut claim = app.admission.claim_beyond(USUAL);
    read_whole(body, Kind::Small, &app.settings.server, &mut claim).await
}

/// Reads the whole body of many entries. What it holds in memory is claimed as it arrives.
pub(super) async fn read_bulk(
    body: Body,
    server: &Server,
    claim: &mut Claim,
) -> Result<Bytes, Problem> {
    read_whole(body, Kind::Bulk, server, claim).await
}

async fn read_whole(
    body: Body,
    kind: Kind,
    server: &Server,
    claim: &mut Claim,
) -> Result<Bytes, Problem> {
    let (most, key) = kind.limit(server);
    let too_large = || {
        let detail = format!("the body is larger than {most} bytes (`{key}`): send it in parts");
        Problem::new(Code::BodyTooLarge, detail).with("limit", most)
    };
    if HttpBody::size_hint(&body).lower() > most as u64 {
        return Err(too_large());
    }
    let pace = Pace { patience: PATIENCE, min_rate: server.min_body_rate };
    let reading = collect(Limited::new(body, most), pace, claim);
    match tokio::time::timeout(server.request_timeout.0, reading).await {
        Ok(Ok(whole)) => Ok(whole),
        Ok(Err(Broken::Busy(problem))) => Err(problem),
        Ok(Err(Broken::Unreadable(error))) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(Broken::Unreadable(error))) => {
            let detail = format!("the body could not be read: {error}");
            Err(Problem::new(Code::UnreadableBody, detail))
        }
        Ok(Err(Broken::Slow)) | Err(_) => {
            let detail = format!(
                "the body did not arrive within {} or came more slowly than {} bytes a second: send it faster or in parts",
                server.request_timeout, server.min_body_rate
            );
            Err(Problem::new(Code::RequestTimeout, detail))
        }
    }
}

/// So long a body may come as slowly as it likes.
const PATIENCE: Duration = Duration::from_secs(5);

/// How slowly a body may come.
#[derive(Clone, Copy)]
struct Pace {
    patience: Duration,
    /// In bytes a second.
    min_rate: usize,
}

impl Pace {
    /// How long so many bytes may take.
    fn of(self, bytes: usize) -> Duration {
        self.patience + Duration::from_secs_f64(bytes as f64 / self.min_rate.max(1) as f64)
    }
}

/// Why a body was not read to its end.
enum Broken {
    Slow,
    Busy(Problem),
    Unreadable(BoxError),
}

async fn collect(mut body: Limited<Body>, pace: Pace, claim: &mut Claim) -> Result<Bytes, Broken> {
    let (began, mut whole) = (Instant::now(), BytesMut::new());
    loop {
        // By when the next piece must be there for the rate to be kept.
        let due = began + pace.of(whole.len());
        let frame = tokio::time::timeout_at(due.into(), body.frame()).await;
        let Some(frame) = frame.map_err(|_| Broken::Slow)? else { return Ok(whole.freeze()) };
        whole.extend(frame.map_err(Broken::Unreadable)?.into_data().ok());
        claim.grow_to(whole.len()).map_err(Broken::Busy)?;
    }
}

/// The content type without its parameters, in lower case; none where there is no such header.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?;
    let text = String::from_utf8_lossy(value.as_bytes());
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Refuses a body that doesn't say it is JSON. An empty body may say nothing.
pub(super) fn require_json(headers: &HeaderMap, body: &Bytes) -> Result<(), Problem> {
    let said = content_type(headers);
    match said.as_deref() {
        None if body.is_empty() => Ok(()),
        Some("application/json") => Ok(()),
        Some(name) if name.starts_with("application/") && name.ends_with("+json") => Ok(()),
        other => Err(unsupported(other, &["application/json"])),
    }
}

/// The problem of a content type that the route doesn't take.
pub(super) fn unsupported(said: Option<&str>, taken: &[&str]) -> Problem {
    let said = said.map_or("the request has no content type".to_owned(), |name| {
        format!("the content type `{}` is not taken", shown(name))
    });
    let detail = format!("{said}: send `content-type: {}`", taken.join("` or `"));
    Problem::new(Code::UnsupportedMediaType, detail).with("accepted", taken)
}

/// A body that says nothing as one that names no field.
pub(super) fn or_empty_object(body: &Bytes) -> &[u8] {
    if body.is_empty() { b"{}" } else { body }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::Frame;

    use super::*;
    use crate::http::admission::Admission;

    /// A body whose client sends so many bytes, and then nothing more.
    struct Stalled(usize);

    impl HttpBody for Stalled {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            match std::mem::take(&mut self.0) {
                0 => Poll::Pending,
                bytes => Poll::Ready(Some(Ok(Frame::data(vec![b' '; bytes].into())))),
            }
        }
    }

    #[tokio::test]
    async fn a_body_may_be_slow_as_long_as_it_keeps_its_rate() {
        let mut claim = Admission::new(&Server::default()).claim();
        let pace = Pace { patience: Duration::from_millis(20), min_rate: 1 };
        let body = |bytes| Limited::new(Body::new(Stalled(bytes)), 10_000);
        let silent = collect(body(0), pace, &mut claim).await;
        assert!(matches!(silent, Err(Broken::Slow)));
        // What it sent is worth a thousand seconds.
        let reading = collect(body(1_000), pace, &mut claim);
        tokio::time::timeout(Duration::from_millis(60), reading).await.map(drop).unwrap_err();
        let fast = Pace { min_rate: 1_000_000, ..pace };
        assert!(matches!(collect(body(1_000), fast, &mut claim).await, Err(Broken::Slow)));
    }
}
