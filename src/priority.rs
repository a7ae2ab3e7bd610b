//! Who goes first where the cores don't suffice: questions, then what comes in, then copies of what is there.
//!
//! The system's scheduler decides it, thread by thread: a thread that stands back gets a core as long as nobody else wants one, and a
//! small share of it otherwise (on Linux, where niceness is one of threads: setpriority(2)). Loading a model takes a core for so long that
//! such a share is too much: questions wake up on a core that it has while another works for them. It is done [when idle](when_idle).

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::thread::Pid;

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
    log_failed(match work {
        Work::Bulk => be_nice(5),
        Work::Copies => be_nice(10),
        Work::Spare => be_idle(),
    });
}

/// After so long it is looked at whether work that is done [when idle](when_idle) finds a core.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What `work` makes on a thread of its own, which gets a core only where nobody else wants one.
///
/// Where that thread has waited for a core for more than half of `patience`, nothing might ever come of it: then `work` is done once more on
/// this thread. What the other one makes is dropped; what it holds, it holds until it is done.
pub(crate) fn when_idle<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Clone + Send + 'static,
) -> T {
    let ((tell, told), (name, named)) = (mpsc::channel(), mpsc::channel());
    let same = work.clone();
    let idle = move || {
        // Whoever asks waits for the name, and listens no more where it took too long.
        if name.send(rustix::thread::gettid()).is_err() {
            return;
        }
        stand_back(Work::Spare);
        drop(tell.send(same()));
    };
    log_failed(idle_thread().spawn(idle).map(drop));
    // Nobody gives a name where there is no thread to be had.
    let made = named.recv().ok().and_then(|thread| made_in_time(&told, thread, patience));
    drop(told);
    made.unwrap_or_else(work)
}

/// Drops `value` on such a thread, as soon as there is a core for it. None where it was dropped at once, for want of a thread.
pub(crate) fn drop_when_idle<T: Send + 'static>(value: T) -> Option<JoinHandle<()>> {
    let idle = move || {
        stand_back(Work::Spare);
        drop(value);
    };
    idle_thread().spawn(idle).ok()
}

fn idle_thread() -> std::thread::Builder {
    std::thread::Builder::new().name("idle".to_owned())
}

/// What a thread makes, unless it finds no core, or panics.
fn made_in_time<T>(told: &mpsc::Receiver<T>, thread: Pid, patience: Duration) -> Option<T> {
    let mut before = Duration::ZERO;
    loop {
        match told.recv_timeout(patience) {
            Err(RecvTimeoutError::Timeout) => (),
            made => return made.ok(),
        }
        let now = waited(thread)?;
        if now.saturating_sub(before) > patience / 2 {
            return None;
        }
        before = now;
    }
}

/// How long a thread of this process has waited for a core since it began; none if that can't be told.
#[cfg(target_os = "linux")]
fn waited(thread: Pid) -> Option<Duration> {
    let path = format!("/proc/self/task/{}/schedstat", thread.as_raw_nonzero());
    let text = std::fs::read_to_string(path).ok()?;
    text.split_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

#[cfg(not(target_os = "linux"))]
fn waited(_: Pid) -> Option<Duration> {
    Some(Duration::ZERO)
}

fn be_nice(niceness: i32) -> io::Result<()> {
    Ok(rustix::process::setpriority_process(None, niceness)?)
}

#[cfg(target_os = "linux")]
fn be_idle() -> io::Result<()> {
    use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let this = thread_priority::thread_native_id();
    let set = thread_priority::set_thread_priority_and_policy(this, ThreadPriority::Min, idle);
    // It also sets a niceness, which an idle thread doesn't go by, and which may be refused.
    if thread_priority::thread_schedule_policy().is_ok_and(|policy| policy == idle) {
        return Ok(());
    }
    set.map_err(io::Error::other)
}

/// Elsewhere niceness is one of processes.
#[cfg(not(target_os = "linux"))]
fn be_idle() -> io::Result<()> {
    Ok(())
}

/// Where the system doesn't do it, all threads are alike.
fn log_failed(done: io::Result<()>) {
    if let Err(error) = done {
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

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
    fn what_was_nice_before_is_idle_all_the_same() {
        let nice = std::thread::spawn(|| {
            stand_back(Work::Copies);
            when_idle(Duration::from_mins(10), is_idle)
        });
        assert!(nice.join().unwrap());
    }

    /// Takes a core until it is told to end, for a minute at most.
    #[cfg(target_os = "linux")]
    fn take_a_core(end: &AtomicBool) {
        let until = Instant::now() + Duration::from_mins(1);
        while !end.load(Ordering::Relaxed) && Instant::now() < until {
            std::hint::spin_loop();
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_finds_no_core_is_done_all_the_same() {
        let end = Arc::new(AtomicBool::new(false));
        let threads = 3 * std::thread::available_parallelism().unwrap().get();
        for _ in 0..threads {
            let end = Arc::clone(&end);
            std::thread::spawn(move || take_a_core(&end));
        }
        let here = std::thread::current().id();
        let starves = {
            let end = Arc::clone(&end);
            move || {
                if is_idle() {
                    take_a_core(&end);
                }
                std::thread::current().id()
            }
        };
        assert_eq!(when_idle(Duration::from_millis(400), starves), here);
        end.store(true, Ordering::Relaxed);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_takes_long_is_not_done_twice() {
        let slow = || {
            std::thread::sleep(Duration::from_millis(200));
            is_idle()
        };
        assert!(when_idle(Duration::from_millis(20), slow));
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
        drop_when_idle(Told(tell)).unwrap().join().unwrap();
        assert!(told.recv().unwrap());
    }

    #[test]
    fn a_panic_when_idle_is_one_of_whoever_asked() {
        let panics = || assert!(std::env::args().count() == 0);
        let asks = std::thread::spawn(move || when_idle(Duration::from_mins(10), panics));
        assert!(asks.join().is_err());
    }
}
