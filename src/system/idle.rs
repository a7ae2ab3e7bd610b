//! Background work at idle priority, which runs only while no other thread wants a core.
//!
//! Loading a model takes a core for long. Even the small share of a thread of
//! [low priority](crate::system::priority) delays requests that wake up on its core.

use std::fs::File;
use std::io::{Read, Seek};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::system::priority::{Work, stand_back};

/// The time after which work that runs [when idle](when_idle) is checked for progress.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Runs `work` on a thread of idle priority and returns its result.
///
/// If that thread has waited for a core for more than half of `patience`, it may never finish, so
/// this thread runs `work` once more. The other result is dropped; the other thread keeps its
/// resources until it ends.
pub(crate) fn when_idle<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Clone + Send + 'static,
) -> T {
    let ((tell, reported), (show, shown)) = (mpsc::channel(), mpsc::channel());
    let same = work.clone();
    // Without a thread, or without a core for its first steps, nothing is sent on `show`.
    let _thread = idly(move || {
        drop(show.send(File::open("/proc/thread-self/schedstat").ok()));
        drop(tell.send(same()));
    });
    let shown = shown.recv_timeout(patience).ok();
    let made = shown.and_then(|waits| made_in_time(&reported, waits.as_ref(), patience));
    // From here on nobody listens.
    drop(reported);
    made.unwrap_or_else(work)
}

/// Drops `value` on such a thread, as soon as there is a core for it. None where it was dropped at
/// once, for want of a thread.
pub(crate) fn drop_when_idle<T: Send + 'static>(value: T) -> Option<JoinHandle<()>> {
    idly(move || drop(value))
}

fn idly(work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let idle = move || {
        stand_back(Work::Spare);
        work();
    };
    Builder::new().name("idle".to_owned()).spawn(idle).ok()
}

/// The result of a thread, unless it finds no core or panics.
fn made_in_time<T>(
    reported: &mpsc::Receiver<T>,
    waits: Option<&File>,
    patience: Duration,
) -> Option<T> {
    let mut before = Duration::ZERO;
    loop {
        match reported.recv_timeout(patience) {
            Err(RecvTimeoutError::Timeout) => (),
            made => return made.ok(),
        }
        // It has just ended, or the system doesn't tell.
        let Some(now) = waits.and_then(waited) else { return reported.recv().ok() };
        if now.saturating_sub(before) > patience / 2 {
            return None;
        }
        before = now;
    }
}

/// The time that a thread has waited for a core since its start, by `schedstat` (proc(5)).
fn waited(mut waits: &File) -> Option<Duration> {
    let mut text = String::new();
    waits.rewind().ok()?;
    waits.read_to_string(&mut text).ok()?;
    text.split_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Instant;

    use super::*;

    /// One test takes all cores, and another needs one.
    static CORES: Mutex<()> = Mutex::new(());

    fn is_idle() -> bool {
        use thread_priority::{NormalThreadSchedulePolicy::Idle, ThreadSchedulePolicy::Normal};
        thread_priority::thread_schedule_policy().unwrap() == Normal(Idle)
    }

    #[test]
    fn what_is_done_when_idle_leaves_the_cores_to_others() {
        let patience = Duration::from_mins(10);
        assert!(when_idle(patience, is_idle));
        assert!(!is_idle());
    }

    #[test]
    fn what_was_nice_before_is_idle_all_the_same() {
        let nice = std::thread::spawn(|| {
            stand_back(Work::Copies);
            when_idle(Duration::from_mins(10), is_idle)
        });
        assert!(nice.join().unwrap());
    }

    /// Takes a core until it is told to end, for a minute at most.
    fn take_a_core(end: &AtomicBool) {
        let until = Instant::now() + Duration::from_mins(1);
        while !end.load(Ordering::Relaxed) && Instant::now() < until {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn what_finds_no_core_is_done_all_the_same() {
        let _cores = CORES.lock();
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
    fn what_takes_long_is_not_done_twice() {
        let slow = || {
            std::thread::sleep(Duration::from_millis(1_200));
            is_idle()
        };
        let _cores = CORES.lock();
        assert!(when_idle(Duration::from_secs(1), slow));
    }

    #[test]
    fn what_is_dropped_when_idle_is_dropped_there() {
        struct Reported(mpsc::Sender<bool>);
        impl Drop for Reported {
            fn drop(&mut self) {
                self.0.send(is_idle()).unwrap();
            }
        }
        let (tell, reported) = mpsc::channel();
        drop_when_idle(Reported(tell)).unwrap().join().unwrap();
        assert!(reported.recv().unwrap());
    }

    #[test]
    fn a_panic_when_idle_is_one_of_whoever_asked() {
        let panics = || assert!(std::env::args().count() == 0);
        let asks = std::thread::spawn(move || when_idle(Duration::from_mins(10), panics));
        assert!(asks.join().is_err());
    }
}
