//! Runs long work on threads of its own, apart from those that answer requests.

use crate::system::priority::{Work, stand_back};

/// Runs `work` on a new thread of low priority. Returns `None` if it panicked or the thread could
/// not be started.
pub(in crate::http) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (tell, reported) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("bulk".to_owned()).spawn(move || {
        stand_back(Work::Bulk);
        // The receiver is gone if the client disconnected.
        drop(tell.send(work()));
    });
    if let Err(error) = thread {
        tracing::error!(%error, "no thread for a large body");
    }
    reported.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::priority::niceness;

    #[tokio::test]
    async fn it_is_done_by_a_thread_that_stands_back() {
        let here = niceness();
        assert!(in_background(niceness).await.unwrap() > here);
        assert_eq!(niceness(), here);
    }

    #[tokio::test]
    async fn a_panic_is_no_answer() {
        assert_eq!(in_background(|| assert!(std::env::args().count() == 0)).await, None);
    }
}
