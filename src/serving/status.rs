//! The status of an engine.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use guanxi_models::Offset;

/// The model in service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedModel {
    /// Its name in the registry.
    pub version: String,
    /// The offset through which it was trained.
    pub watermark: Offset,
}

/// The status of an engine, for health checks and metrics.
#[derive(Clone, Debug)]
pub struct Status {
    /// The last offset that is visible to readers.
    pub offset: Offset,
    /// The model in service; none before the first training.
    pub model: Option<ServedModel>,
    /// The reason why the current model is not served, if so.
    pub model_error: Option<String>,
    /// The reason why writes are refused, if so.
    pub store_error: Option<String>,
    /// The number of groups written since the start, each with one fsync.
    pub commits: u64,
    /// The number of requests in these groups.
    pub committed_requests: u64,
}

impl Status {
    /// True if writes and the model work. Reads always work.
    pub fn is_ready(&self) -> bool {
        self.not_ready().is_none()
    }

    /// The reason for not being ready, if so: writes are refused, or no model could be loaded.
    pub fn not_ready(&self) -> Option<&str> {
        let no_model = || self.model_error.as_deref().filter(|_| self.model.is_none());
        self.store_error.as_deref().or_else(no_model)
    }
}

/// Counters of groups and their requests.
#[derive(Debug, Default)]
pub(super) struct Commits {
    pub(super) groups: AtomicU64,
    pub(super) requests: AtomicU64,
}

impl Commits {
    pub(super) fn count(&self, requests: usize) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.requests.fetch_add(requests as u64, Ordering::Relaxed);
    }
}

/// The last error of each part. The lock is held only for a copy.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    model: Mutex<Option<String>>,
    store: Mutex<Option<String>>,
}

impl Troubles {
    pub(super) fn set_model(&self, trouble: Option<String>) {
        *lock(&self.model) = trouble;
    }

    pub(super) fn set_store(&self, trouble: Option<String>) {
        *lock(&self.store) = trouble;
    }

    pub(super) fn model(&self) -> Option<String> {
        lock(&self.model).clone()
    }

    pub(super) fn store(&self) -> Option<String> {
        lock(&self.store).clone()
    }
}

/// A poisoned lock still has a valid value, because the critical sections only assign.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
