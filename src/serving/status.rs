//! How the engine is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use guanxi_models::Offset;

/// The model that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedModel {
    /// Its name in the registry.
    pub version: String,
    /// The offset through which it was trained.
    pub watermark: Offset,
}

/// How the engine is, for health answers and metrics.
#[derive(Clone, Debug)]
pub struct Status {
    /// The last offset that is visible to readers.
    pub offset: Offset,
    /// The model that answers; none before the first training.
    pub model: Option<ServedModel>,
    /// Why the model that should answer was not taken, if it was not.
    pub model_error: Option<String>,
    /// Why writes are refused, if they are.
    pub store_error: Option<String>,
    /// Groups that were written since the start, each with one fsync.
    pub commits: u64,
    /// Requests in those groups.
    pub committed_requests: u64,
}

impl Status {
    /// Whether everything works: reads go on in any case.
    pub fn is_ready(&self) -> bool {
        self.not_ready().is_none()
    }

    /// Why not everything works, if so: writes are refused, or no model answers although there should be one.
    pub fn not_ready(&self) -> Option<&str> {
        let no_model = || self.model_error.as_deref().filter(|_| self.model.is_none());
        self.store_error.as_deref().or_else(no_model)
    }
}

/// How many writes shared an fsync.
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

/// What went wrong last, by part. Nobody holds the lock for longer than a copy.
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

/// A poisoned lock still holds a whole value: the critical sections only assign.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
