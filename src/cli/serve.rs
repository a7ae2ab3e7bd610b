//! `guanxi serve`: runs the HTTP service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use listenfd::ListenFd;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, Output};
use crate::access::Gate;
use crate::config::{Settings, Sources};
use crate::http::{App, Frontend, Listening};
use crate::serving::{Engine, Options};
use crate::system::memory;
use crate::telemetry::{Metrics, init_logs, tell_panics};

/// The arguments of `guanxi serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data directory; created if absent.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The address and port to listen on; port 0 takes any free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// A settings file: `guanxi.example.toml` explains every key.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args, out: &mut Output) -> Result<ExitCode, CliError> {
    let settings = settings(args)?;
    init_logs(&settings.log)?;
    tell_panics();
    memory::for_answers()?;
    let options = Options {
        poll_interval: settings.models.poll_interval.0,
        min_free: settings.data.min_free_bytes,
    };
    let engine = Arc::new(Engine::open(&settings.data.dir, options)?);
    let is_plain = settings.server.tls_cert.as_os_str().is_empty();
    let scheme = if is_plain { "http" } else { "https" };
    serve(engine, settings, |address| out.line(format_args!("listening on {scheme}://{address}")))?;
    Ok(ExitCode::SUCCESS)
}

/// Serves an engine until SIGINT or SIGTERM. Calls `ready` with the address once connections are
/// accepted.
pub fn serve(
    engine: Arc<Engine>,
    settings: Settings,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), CliError> {
    let gate = Gate::open(&settings.data.dir, &settings.tokens)?;
    runtime(settings.server.threads())?.block_on(async {
        let listening = listening(settings.server.listen).await?;
        let address = listening.listener.local_addr()?;
        check_address(address, &gate, &settings)?;
        // Installed before readiness is announced: from then on every signal ends the server
        // gracefully.
        let stop = stop_signal()?;
        let app = App::new(engine, settings, Arc::new(Metrics::default()), gate);
        let frontend = Frontend::new(app)?;
        ready(address);
        frontend.serve(listening, stop).await;
        tracing::info!("the server has stopped");
        Ok(())
    })
}

/// Refuses a public address for a server without keys: anyone could use it.
fn check_address(address: SocketAddr, gate: &Gate, settings: &Settings) -> Result<(), CliError> {
    if address.ip().is_loopback() || gate.has_keys() {
        return Ok(());
    }
    Err(format!(
        "`server.listen` is {address}, which other machines can reach, and there are no keys, so that everybody there could read and write \
         everything: make one with `guanxi keys create --data {}`, or listen on 127.0.0.1",
        settings.data.dir.display()
    )
    .into())
}

/// The inherited socket, or a new one. `LISTEN_FDS` hands one over: systemd sets it, and so does a
/// process for its successor.
async fn listening(listen: SocketAddr) -> Result<Listening, CliError> {
    if let Some(listener) = ListenFd::from_env().take_tcp_listener(0)? {
        listener.set_nonblocking(true)?;
        return Ok(Listening { listener: TcpListener::from_std(listener)?, is_shared: true });
    }
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| {
        format!("can't listen on {listen}: {error}: `--listen` names another address")
    })?;
    Ok(Listening { listener, is_shared: false })
}

fn settings(args: &Args) -> Result<Settings, CliError> {
    let sources = Sources::of_process(args.config.clone()).with_flag("server.listen", args.listen);
    let mut settings = sources.load()?;
    // A path need not be UTF-8, so it bypasses the text form of settings.
    if let Some(data) = &args.data {
        settings.data.dir.clone_from(data);
    }
    Ok(settings)
}

fn runtime(threads: usize) -> std::io::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build()
}

fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "the server stops");
    })
}
