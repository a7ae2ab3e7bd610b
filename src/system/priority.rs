//! Thread priorities: requests first, then bulk writes, then exports.
//!
//! The system's scheduler applies them. A thread of low priority gets a core while no other thread
//! wants it, and a small share otherwise. This works on Linux, where niceness belongs to threads:
//! setpriority(2).

use std::io;

/// The purpose of a thread that answers no requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Takes in much at once: bulk bodies, models.
    Bulk,
    /// Reads much at once: exports, and the log that retraining reads.
    Copies,
    /// Background work. It gets a core only while no other thread wants one.
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

/// If the system refuses, all threads have the same priority.
fn log_failed(done: io::Result<()>) {
    if let Err(error) = done {
        tracing::debug!(%error, "a thread could not stand back");
    }
}

/// The niceness of this thread.
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
