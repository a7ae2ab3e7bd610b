//! Long work beside the threads that answer.

use crate::system::priority::{Work, stand_back};

/// What a thread of its own makes, which stands back behind questions; none if it panicked or there is none to be had.
pub(in crate::http) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("bulk".to_owned()).spawn(move || {
        stand_back(Work::Bulk);
        // Nobody listens any more where the client went away.
        drop(tell.send(work()));
    });
    if let Err(error) = thread {
        tracing::error!(%error, "no thread for a large body");
    }
    told.await.ok()
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
