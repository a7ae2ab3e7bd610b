//! Single writes: what they answer, and how one reads and writes with no other write between.

use std::sync::{Arc, OnceLock};

use guanxi_models::{Offset, Record, World};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::problem::{Code, Problem};
use crate::serving::{Outcome, WriteError};

/// A write that is on the disk and in every answer from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Written {
    /// Where in the log it stands.
    #[schema(value_type = u64)]
    offset: Offset,
}

/// Writes one record.
pub(super) async fn write(app: &App, record: Record) -> Result<Written, Problem> {
    written(&in_time(app, app.engine.write(vec![record])).await?)
}

/// Writes what `make` makes of the present world, unless that is a problem.
pub(super) async fn write_with(
    app: &App,
    make: impl FnOnce(&World) -> Result<Record, Problem> + Send + 'static,
) -> Result<Written, Problem> {
    let refused = Arc::new(OnceLock::new());
    let refusal = Arc::clone(&refused);
    let outcomes = app.engine.write_with(Box::new(move |world| match make(world) {
        Ok(record) => vec![record],
        Err(problem) => {
            // The cell is this call's own: nobody else sets it.
            drop(refusal.set(problem));
            Vec::new()
        }
    }));
    let outcomes = in_time(app, outcomes).await?;
    match refused.get() {
        Some(problem) => Err(problem.clone()),
        None => written(&outcomes),
    }
}

/// Waits for a write no longer than for a request: a disk that hangs is told to the client, who may repeat it with the same ids.
pub(super) async fn in_time(
    app: &App,
    write: impl Future<Output = Result<Vec<Outcome>, WriteError>>,
) -> Result<Vec<Outcome>, Problem> {
    let most = app.settings.server.request_timeout;
    if let Ok(outcomes) = tokio::time::timeout(most.0, write).await {
        return Ok(outcomes?);
    }
    let detail = format!("the write was not done within {most}, and may be done yet");
    Err(Problem::new(Code::StoreUnavailable, detail).after(1))
}

fn written(outcomes: &[Outcome]) -> Result<Written, Problem> {
    match outcomes.first() {
        Some(Outcome::Stored(offset) | Outcome::Duplicate(offset)) => {
            Ok(Written { offset: *offset })
        }
        Some(Outcome::Conflict(_)) | None => {
            Err(Problem::new(Code::Internal, "the store did not say what became of the write"))
        }
    }
}
