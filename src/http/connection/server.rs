//! Accepts connections, and shuts down gracefully.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use super::flight::InFlight;
use super::head;
use super::timed::{Bounds, Timed};
use super::tls::{Accepted, Tls};
use crate::http::admission::too_many_wait;
use crate::http::app::App;
use crate::http::around::admit::{Peer, known_origin, open_to};
use crate::http::around::observe::Observer;
use crate::http::around::operation::{Asking, Operations};
use crate::http::routes::{Routes, routes, straight};

/// The pause after a failed accept, which usually means that the process has too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The interval of polling for open connections during shutdown.
const EMPTY_PAUSE: Duration = Duration::from_millis(10);
/// The most concurrent requests of one HTTP/2 connection.
const MAX_STREAMS: u32 = 256;
/// The largest head of a request, in bytes; hyper answers a longer one with 431.
const MAX_HEAD: u32 = 16 * 1024;

/// A listening socket.
#[derive(Debug)]
pub struct Listening {
    /// The socket.
    pub listener: TcpListener,
    /// True if another process listens on it too: this one can then stop accepting without losing
    /// connections.
    pub is_shared: bool,
}

/// Accepts connections and answers their requests.
#[derive(Debug)]
pub struct Frontend {
    app: App,
    router: Router,
    operations: Arc<Operations>,
    observer: Arc<Observer>,
    builder: Arc<Builder<TokioExecutor>>,
    bounds: Bounds,
    room: Arc<Semaphore>,
    open: Arc<AtomicUsize>,
    tls: Tls,
}

impl Frontend {
    /// Prepares everything that can fail, which is reading the TLS files.
    pub fn new(app: App) -> Result<Self, String> {
        let settings = &app.settings.server;
        let Routes { router, operations, observer } = routes(app.clone());
        let mut builder = Builder::new(TokioExecutor::new());
        // [`Timed`] enforces the timeouts instead.
        builder.http1().header_read_timeout(None).max_buf_size(MAX_HEAD as usize);
        builder.http2().max_concurrent_streams(MAX_STREAMS).max_header_list_size(MAX_HEAD);
        Ok(Self {
            router,
            operations,
            observer,
            builder: Arc::new(builder),
            bounds: Bounds { header: settings.header_timeout.0, idle: settings.idle_timeout.0 },
            room: Arc::new(Semaphore::new(settings.max_connections)),
            open: Arc::default(),
            tls: Tls::open(settings)?,
            app,
        })
    }

    /// Serves until `stop` is ready, then shuts down.
    ///
    /// First readiness fails and answers close their connections, for at most `drain` or until none
    /// is open. Then requests in flight may finish, for at most `shutdown_grace`.
    pub async fn serve(self, listening: Listening, stop: impl Future<Output = ()>) {
        let Listening { listener, is_shared } = listening;
        let graceful = GracefulShutdown::new();
        tokio::select! {
            () = self.accept(&listener, &graceful) => (),
            () = stop => (),
        }
        self.app.admission.drain();
        let server = &self.app.settings.server;
        tokio::select! {
            () = self.accept(&listener, &graceful), if !is_shared => (),
            _ = tokio::time::timeout(server.drain.0, self.emptied()) => (),
        }
        // From now on the system refuses new connections.
        drop(listener);
        let grace = server.shutdown_grace.0;
        if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
            tracing::warn!(
                seconds = grace.as_secs_f64(),
                "some requests took longer than the grace period"
            );
        }
    }

    async fn accept(&self, listener: &TcpListener, graceful: &GracefulShutdown) {
        // This semaphore is never closed.
        while let Ok(place) = Arc::clone(&self.room).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, address)) => {
                    let open = Open::new(&self.open, place);
                    self.start(stream, Peer(address.ip()), open, graceful);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Waits until all connections are closed.
    async fn emptied(&self) {
        while self.open.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(EMPTY_PAUSE).await;
        }
    }

    fn start(&self, stream: TcpStream, peer: Peer, open: Open, graceful: &GracefulShutdown) {
        // Answers are small and written at once: Nagle's algorithm would only add delay.
        drop(stream.set_nodelay(true));
        let in_flight = InFlight::default();
        let timed = Timed::new(stream, self.bounds, in_flight.clone());
        let answering = Answering {
            app: self.app.clone(),
            router: self.router.clone(),
            operations: Arc::clone(&self.operations),
            observer: Arc::clone(&self.observer),
            peer,
            in_flight,
            builder: Arc::clone(&self.builder),
        };
        let (tls, patience, watcher) = (self.tls.clone(), self.bounds.header, graceful.watcher());
        tokio::spawn(async move {
            match tls.accept(timed, patience).await {
                Ok(Accepted::Plain(stream)) => answering.on(stream, watcher).await,
                #[cfg(feature = "tls")]
                Ok(Accepted::Encrypted(stream)) => answering.on(*stream, watcher).await,
                Err(error) => tracing::debug!(%error, "a connection was not begun"),
            }
            drop(open);
        });
    }
}

/// An open connection, counted until dropped.
struct Open {
    count: Arc<AtomicUsize>,
    _place: OwnedSemaphorePermit,
}

impl Open {
    fn new(count: &Arc<AtomicUsize>, place: OwnedSemaphorePermit) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self { count: Arc::clone(count), _place: place }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Answers the requests of one connection.
struct Answering {
    app: App,
    router: Router,
    operations: Arc<Operations>,
    observer: Arc<Observer>,
    peer: Peer,
    in_flight: InFlight,
    builder: Arc<Builder<TokioExecutor>>,
}

impl Answering {
    async fn on<S>(self, stream: S, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(stream);
        let builder = Arc::clone(&self.builder);
        let answering = Arc::new(self);
        let service = service_fn(move |request| Arc::clone(&answering).fly(request));
        let connection = builder.serve_connection(io, service);
        // Clients disconnect all the time: no line for the operator.
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    /// Answers a request, which stays in flight until hyper has read the whole answer.
    async fn fly(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<impl HttpBody<Data = Bytes, Error = axum::Error>>, Infallible> {
        let flight = self.in_flight.begin();
        let answer = self.answer(request).await?;
        flight.note(answer.headers());
        Ok(answer.map(|body| flight.with(body)))
    }

    async fn answer(&self, request: hyper::Request<Incoming>) -> Result<Response, Infallible> {
        if let Err(problem) = head::check(&request) {
            return Ok(self.observer.refuse(&request, problem));
        }
        let asking = self.operations.asking(request.method(), request.uri().path());
        let Some(Asking { route, list }) = asking else {
            return self.routed(request).await;
        };
        let Some(_place) = self.app.admission.enter().await else {
            let refusal = || refused(&self.app, &request);
            return Ok(self.observer.around(&request, route, refusal));
        };
        let Some(scenario) = list else { return self.routed(request).await };
        let list = || straight(&self.app, self.peer, scenario, &request);
        Ok(self.observer.around(&request, route, list))
    }

    /// Calls the router with the client's address.
    async fn routed(&self, request: hyper::Request<Incoming>) -> Result<Response, Infallible> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        self.router.clone().oneshot(request).await
    }
}

/// The answer to a request that found the queue full.
fn refused(app: &App, request: &hyper::Request<Incoming>) -> Response {
    open_to(known_origin(app, request.headers()), too_many_wait().into_response())
}
