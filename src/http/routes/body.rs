//! Reads the bodies of requests within limits of size and time.

use std::time::{Duration, Instant};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use bytes::BytesMut;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::config::Server;
use crate::http::admission::Claim;
use crate::http::app::App;
use crate::http::problem::{Code, Problem, excerpt};

/// The bytes of a small body that every connection may hold without a claim.
const USUAL: usize = 64 * 1024;

/// The kind of body that a route takes, which sets its largest size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A request for a list, or a single entry.
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

/// Reads the body of a request for a list or of a single entry. Memory beyond the free allowance is
/// claimed as the body arrives.
pub(super) async fn read(body: Body, app: &App) -> Result<Bytes, Problem> {
    let mut claim = app.admission.claim_beyond(USUAL);
    read_whole(body, Kind::Small, &app.settings.server, &mut claim).await
}

/// Reads a bulk body. Its memory is claimed as it arrives.
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
    let limits = ReadLimits { patience: PATIENCE, min_rate: server.min_body_rate };
    let reading = collect(Limited::new(body, most), limits, claim);
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

/// The time before the least rate applies.
const PATIENCE: Duration = Duration::from_secs(5);

/// The slowest rate allowed for a body.
#[derive(Clone, Copy)]
struct ReadLimits {
    patience: Duration,
    /// The least rate, in bytes a second.
    min_rate: usize,
}

impl ReadLimits {
    /// The longest time for `bytes` bytes.
    fn of(self, bytes: usize) -> Duration {
        self.patience + Duration::from_secs_f64(bytes as f64 / self.min_rate.max(1) as f64)
    }
}

/// The reason why a body wasn't read to its end.
enum Broken {
    Slow,
    Busy(Problem),
    Unreadable(BoxError),
}

async fn collect(
    mut body: Limited<Body>,
    limits: ReadLimits,
    claim: &mut Claim,
) -> Result<Bytes, Broken> {
    let (began, mut whole) = (Instant::now(), BytesMut::new());
    loop {
        // The time by which the next chunk must arrive to keep the rate.
        let due = began + limits.of(whole.len());
        let frame = tokio::time::timeout_at(due.into(), body.frame()).await;
        let Some(frame) = frame.map_err(|_| Broken::Slow)? else { return Ok(whole.freeze()) };
        whole.extend(frame.map_err(Broken::Unreadable)?.into_data().ok());
        claim.grow_to(whole.len()).map_err(Broken::Busy)?;
    }
}

/// The content type in lower case without parameters; `None` without the header.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?;
    let text = String::from_utf8_lossy(value.as_bytes());
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Refuses a body that isn't declared as JSON. An empty body needs no content type.
pub(super) fn require_json(headers: &HeaderMap, body: &Bytes) -> Result<(), Problem> {
    let said = content_type(headers);
    match said.as_deref() {
        None if body.is_empty() => Ok(()),
        Some("application/json") => Ok(()),
        Some(name) if name.starts_with("application/") && name.ends_with("+json") => Ok(()),
        other => Err(unsupported(other, &["application/json"])),
    }
}

/// The problem of an unsupported content type.
pub(super) fn unsupported(said: Option<&str>, taken: &[&str]) -> Problem {
    let said = said.map_or("the request has no content type".to_owned(), |name| {
        format!("the content type `{}` is not taken", excerpt(name))
    });
    let detail = format!("{said}: send `content-type: {}`", taken.join("` or `"));
    Problem::new(Code::UnsupportedMediaType, detail).with("accepted", taken)
}

/// Reads an empty body as an empty object.
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

    /// A body whose client sends this number of bytes and then stalls.
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
        let limits = ReadLimits { patience: Duration::from_millis(20), min_rate: 1 };
        let body = |bytes| Limited::new(Body::new(Stalled(bytes)), 10_000);
        let silent = collect(body(0), limits, &mut claim).await;
        assert!(matches!(silent, Err(Broken::Slow)));
        // At 1 byte a second, 1,000 bytes earn 1,000 seconds.
        let reading = collect(body(1_000), limits, &mut claim);
        tokio::time::timeout(Duration::from_millis(60), reading).await.map(drop).unwrap_err();
        let fast = ReadLimits { min_rate: 1_000_000, ..limits };
        assert!(matches!(collect(body(1_000), fast, &mut claim).await, Err(Broken::Slow)));
    }
}
