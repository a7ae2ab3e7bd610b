//! Who goes first where the cores don't suffice: questions, then what comes in, then copies of what is there.
//!
//! The system's scheduler decides it, thread by thread: a thread that stands back gets a core as long as nobody else wants one, and a
//! small share of it otherwise (on Linux, where niceness is one of threads: setpriority(2)).

/// What a thread is for that doesn't answer questions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// To take in much at once: bodies of many entries, models.
    Bulk,
    /// To hand out what is there: exports and the histories that retraining reads.
    Copies,
}

impl Work {
    fn niceness(self) -> i32 {
        match self {
            Self::Bulk => 5,
            Self::Copies => 10,
        }
    }
}

/// Makes this thread stand back until its end: nobody may take that back without privileges.
pub(crate) fn stand_back(work: Work) {
    // Where the system doesn't do it, all threads are alike.
    if let Err(error) = rustix::process::setpriority_process(None, work.niceness()) {
        tracing::debug!(%error, "a thread could not stand back");
    }
}

/// How far this thread stands back.
#[cfg(test)]
pub(crate) fn niceness() -> i32 {
    rustix::process::getpriority_process(None).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stands_back_and_the_others_stay() {
        let before = niceness();
        let behind = |work| {
            let thread = std::thread::spawn(move || {
                stand_back(work);
                niceness()
            });
            thread.join().unwrap()
        };
        assert!(before < behind(Work::Bulk));
        assert!(behind(Work::Bulk) < behind(Work::Copies));
        assert_eq!(niceness(), before);
    }
}
