//! One connection that is kept alive.

use std::io;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HeaderValue;
use hyper::{Request, Response, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::LoadError;

/// The server and its credentials.
#[derive(Clone, Debug)]
pub struct Target {
    /// The base URL.
    pub base: Uri,
    /// The value of the `authorization` header, if the server requires a key.
    pub authorization: Option<HeaderValue>,
}

/// Plain HTTP/1.1 to one server. The next request reopens a broken connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Host and port.
    address: String,
    authorization: Option<HeaderValue>,
    sender: Option<SendRequest<Full<Bytes>>>,
    timeout: Duration,
}

/// Whole, as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// The reason why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The connection was refused or could not be opened.
    Connect,
    /// The connection ended before the response did, or the response was not HTTP.
    Lost,
    /// The request timed out.
    Timeout,
}

impl Broken {
    /// The name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Lost => "connection lost",
            Self::Timeout => "timeout",
        }
    }
}

/// Host and port of a base URL.
fn address(base: &Uri) -> Option<String> {
    let is_http = base.scheme_str() == Some("http") && base.query().is_none();
    let host = base.host().filter(|_| is_http)?;
    Some(format!("{host}:{}", base.port_u16().unwrap_or(80)))
}

impl Connection {
    pub(crate) fn new(target: &Target, timeout: Duration) -> Result<Self, LoadError> {
        let Target { base, authorization } = target;
        let address = address(base).ok_or_else(|| LoadError::Url { url: base.to_string() })?;
        Ok(Self { address, authorization: authorization.clone(), sender: None, timeout })
    }

    /// Sends a request and waits for the whole response.
    pub(crate) async fn ask(
        &mut self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Answer, Broken> {
        if let Some(value) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, value.clone());
        }
        let asked = asked(&self.address, &mut self.sender, request);
        let answer = tokio::time::timeout(self.timeout, asked).await;
        let answer = answer.unwrap_or(Err(Broken::Timeout));
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }
}

async fn asked(
    address: &str,
    sender: &mut Option<SendRequest<Full<Bytes>>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Broken> {
    if let Some(open) = sender
        && open.ready().await.is_err()
    {
        *sender = None;
    }
    let open = match sender {
        Some(open) => open,
        None => sender.insert(connect(address).await.map_err(|_| Broken::Connect)?),
    };
    let answer = open.send_request(request).await.map_err(|_| Broken::Lost)?;
    whole(answer).await
}

async fn whole(answer: Response<Incoming>) -> Result<Answer, Broken> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(|_| Broken::Lost)?.to_bytes();
    Ok(Answer { status: head.status, body })
}

async fn connect(address: &str) -> io::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_a_host_and_perhaps_a_port() {
        let of = |url: &str| address(&url.parse().unwrap());
        assert_eq!(of("http://localhost:4826/shop").as_deref(), Some("localhost:4826"));
        assert_eq!(of("http://shop.example").as_deref(), Some("shop.example:80"));
        for url in ["https://shop.example", "/path", "shop.example:80"] {
            assert_eq!(of(url), None, "{url}");
        }
    }
}
