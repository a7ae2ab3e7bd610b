//! Who goes first where the cores don't suffice: questions, then what comes in, then copies of what is there.
//!
//! The system's scheduler decides it, thread by thread: a thread that stands back gets a core as long as nobody else wants one, and a
//! small share of it otherwise (on Linux, where niceness is one of threads: setpriority(2)). Loading a model takes a core for so long that
//! such a share is too much: questions wake up on a core that it has while another works for them. It is done [when idle](when_idle).

use std::io;
use std::sync::mpsc;
use std::time::Duration;

/// What a thread is for that doesn't answer questions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// To take in much at once: bodies of many entries, models.
    Bulk,
    /// To hand out what is there: exports and the histories that retraining reads.
    Copies,
    /// What nobody waits for. It gets a core only where nobody else wants one.
    Spare,
}

/// Makes this thread stand back until its end: nobody may take that back without privileges.
pub(crate) fn stand_back(work: Work) {
    // Where the system doesn't do it, all threads are alike.
    told(match work {
        Work::Bulk => be_nice(5),
        Work::Copies => be_nice(10),
        Work::Spare => be_idle(),
    });
}

/// How long work waits for a core that nobody else wants.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What `work` makes on a thread of its own, which gets a core only where nobody else wants one.
///
/// Where all cores are taken for longer than `patience`, nothing might ever come of that: then `work` is done once more on this thread, and
/// what the other one makes is dropped.
pub(crate) fn when_idle<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Clone + Send + 'static,
) -> T {
    let (tell, told) = mpsc::channel();
    let same = work.clone();
    // Nobody listens any more where it took too long, and nobody tells where there is no thread to be had.
    idly(move || drop(tell.send(same())));
    told.recv_timeout(patience).unwrap_or_else(|_| work())
}

/// Drops `value` on such a thread, as soon as there is a core for it.
pub(crate) fn drop_when_idle<T: Send + 'static>(value: T) {
    idly(move || drop(value));
}

fn idly(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name("idle".to_owned());
    let begun = thread.spawn(move || {
        stand_back(Work::Spare);
        work();
    });
    told(begun.map(drop));
}

fn be_nice(niceness: i32) -> io::Result<()> {
    Ok(rustix::process::setpriority_process(None, niceness)?)
}

#[cfg(target_os = "linux")]
fn be_idle() -> io::Result<()> {
    use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let this = thread_priority::thread_native_id();
    thread_priority::set_thread_priority_and_policy(this, ThreadPriority::Min, idle)
        .map_err(io::Error::other)
}

#[cfg(not(target_os = "linux"))]
fn be_idle() -> io::Result<()> {
    be_nice(19)
}

fn told(done: io::Result<()>) {
    if let Err(error) = done {
        tracing::debug!(%error, "a thread could not stand back");
    }
}

#[cfg(test)]
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

    #[cfg(target_os = "linux")]
    fn is_idle() -> bool {
        use thread_priority::{NormalThreadSchedulePolicy::Idle, ThreadSchedulePolicy::Normal};
        thread_priority::thread_schedule_policy().unwrap() == Normal(Idle)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_done_when_idle_leaves_the_cores_to_others() {
        let patience = Duration::from_mins(10);
        assert!(when_idle(patience, is_idle));
        assert!(!is_idle());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_finds_no_core_is_done_all_the_same() {
        let (go_on, wait) = mpsc::sync_channel::<()>(0);
        let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
        let starves = move || {
            let idle = is_idle();
            // A core comes free when the test is over.
            idle && wait.lock().unwrap().recv().is_err()
        };
        assert!(!when_idle(Duration::from_millis(20), starves));
        drop(go_on);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_dropped_when_idle_is_dropped_there() {
        struct Told(mpsc::Sender<bool>);
        impl Drop for Told {
            fn drop(&mut self) {
                self.0.send(is_idle()).unwrap();
            }
        }
        let (tell, told) = mpsc::channel();
        drop_when_idle(Told(tell));
        assert!(told.recv().unwrap());
    }

    #[test]
    fn a_panic_when_idle_is_one_of_whoever_asked() {
        let panics = || assert!(std::env::args().count() == 0);
        let asks = std::thread::spawn(move || when_idle(Duration::from_mins(10), panics));
        assert!(asks.join().is_err());
    }
}
