//! Accepting connections, and ending well.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use super::admit::Peer;
use super::head::{self, Guard, Refused};
use super::observe::Misread;
use super::timed::{Bounds, InFlight, Timed};
use crate::config::Server;

/// How long to rest when the system can't give a connection, which is when this process has too many files open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The most requests of one HTTP/2 connection that are answered at once.
const MAX_STREAMS: u32 = 256;
/// The largest head of a request that the library takes, in bytes: more than is let through to it.
const MAX_HEAD: u32 = 32 * 1024;

/// Serves until `stop` is ready, then finishes what was begun, for at most `shutdown_grace`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Server,
    stop: impl Future<Output = ()>,
) {
    let acceptor = Acceptor::new(router, settings);
    let graceful = GracefulShutdown::new();
    tokio::select! {
        () = acceptor.accept(&listener, &graceful) => (),
        () = stop => (),
    }
    // Whoever connects from now on is refused by the system.
    drop(listener);
    let grace = settings.shutdown_grace.0;
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            seconds = grace.as_secs_f64(),
            "some requests took longer than the grace period"
        );
    }
}

struct Acceptor {
    router: Router,
    builder: Arc<Builder<TokioExecutor>>,
    bounds: Bounds,
    room: Arc<Semaphore>,
}

impl Acceptor {
    fn new(router: Router, settings: &Server) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        // The connection keeps the time itself: see [`Timed`].
        builder.http1().header_read_timeout(None).max_buf_size(MAX_HEAD as usize);
        builder.http2().max_concurrent_streams(MAX_STREAMS).max_header_list_size(MAX_HEAD);
        Self {
            router,
            builder: Arc::new(builder),
            bounds: Bounds { header: settings.header_timeout.0, idle: settings.idle_timeout.0 },
            room: Arc::new(Semaphore::new(settings.max_connections)),
        }
    }

    async fn accept(&self, listener: &TcpListener, graceful: &GracefulShutdown) {
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&self.room).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, address)) => self.start(stream, Peer(address.ip()), place, graceful),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn start(
        &self,
        stream: TcpStream,
        peer: Peer,
        place: OwnedSemaphorePermit,
        graceful: &GracefulShutdown,
    ) {
        // Answers are small and written at once: waiting to fill a packet would only add delay.
        drop(stream.set_nodelay(true));
        let in_flight = InFlight::default();
        let refused = Refused::default();
        let timed = Timed::new(stream, self.bounds, in_flight.clone());
        let io = TokioIo::new(Guard::new(timed, refused.clone()));
        let router = self.router.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let flight = in_flight.begin();
            let problem = refused.of(&request).or_else(|| head::parsed(&request).err());
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(peer);
            if let Some(problem) = problem {
                request.extensions_mut().insert(Misread(problem));
            }
            let answering = router.clone().oneshot(request);
            async move {
                let answer = answering.await;
                drop(flight);
                answer
            }
        });
        let builder = Arc::clone(&self.builder);
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            let connection = builder.serve_connection(io, service);
            // A client that goes away in the middle is no event for an operator.
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
}
