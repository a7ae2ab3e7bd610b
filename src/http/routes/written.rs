//! Single writes, and atomic read-modify-write.

use std::sync::{Arc, OnceLock};

use guanxi_models::{Offset, Record, World};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::problem::{Code, Problem};
use crate::serving::{Outcome, WriteError};

/// A durable write that is visible in every answer from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Written {
    /// The offset in the log.
    #[schema(value_type = u64)]
    offset: Offset,
}

/// Writes a record.
pub(super) async fn write(app: &App, record: Record) -> Result<Written, Problem> {
    written(&in_time(app, app.engine.write(vec![record])).await?)
}

/// Writes the record that `make` derives from the current world, unless that returns a problem. No
/// other write comes in between.
pub(super) async fn write_with(
    app: &App,
    make: impl FnOnce(&World) -> Result<Record, Problem> + Send + 'static,
) -> Result<Written, Problem> {
    let refused = Arc::new(OnceLock::new());
    let refusal = Arc::clone(&refused);
    let outcomes = app.engine.write_with(Box::new(move |world| match make(world) {
        Ok(record) => vec![record],
        Err(problem) => {
            // This call owns the cell: nobody else sets it.
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

/// Limits the wait for a write to the timeout of a request. If a disk hangs, the client gets an
/// error and may retry with the same ids.
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
