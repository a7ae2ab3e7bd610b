//! The least that a request can cost: axum answers with the same bytes every time, and discards
//! events.
//! `bare ADDRESS BYTES`
#![expect(clippy::print_stdout, reason = "whoever starts it waits for the address")]

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(bytes)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bare ADDRESS BYTES".into());
    };
    let length = bytes.parse::<usize>()?;
    let body = Bytes::from(format!("\"{}\"", "x".repeat(length.saturating_sub(2))));
    let answer = move || std::future::ready(([(CONTENT_TYPE, "application/json")], body.clone()));
    let thrown_away = |_: Bytes| std::future::ready(([(CONTENT_TYPE, "application/json")], "{}"));
    let router = Router::new().route("/", get(answer)).route("/v1/events", post(thrown_away));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on http://{}", listener.local_addr()?);
        axum::serve(listener, router).await
    })?;
    Ok(())
}
