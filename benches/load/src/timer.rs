//! A clock that wakes up on time: those of asynchronous runtimes round to whole milliseconds.
#![expect(
    unsafe_code,
    reason = "to register a descriptor with the runtime is unsafe: see `Timer::new`"
)]

use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// A timer of the kernel.
#[derive(Debug)]
pub(crate) struct Timer(AsyncFd<OwnedFd>);

impl Timer {
    /// Must be called within a runtime.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // SAFETY: the descriptor is open, `AsyncFd` owns it from here on, and nobody replaces or
        // closes it before.
        Ok(Self(unsafe { AsyncFd::register(timer)? }))
    }

    /// Waits; whether there was anything to wait for.
    pub(crate) async fn until(&self, moment: Instant) -> io::Result<bool> {
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let once = Timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        let setting = Itimerspec { it_interval: never, it_value: once };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &setting)?;
        loop {
            let mut ready = self.0.readable().await?;
            let mut expirations = [0; 8];
            let read = ready.try_io(|timer| {
                rustix::io::read(timer.get_ref(), &mut expirations).map_err(io::Error::from)
            });
            if let Ok(read) = read {
                return read.map(|_| true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn nobody_is_woken_up_early_and_nobody_waits_for_what_is_past() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let timer = Timer::new().unwrap();
            for micros in [1, 300, 2_500, 300] {
                let moment = Instant::now() + Duration::from_micros(micros);
                timer.until(moment).await.unwrap();
                assert!(Instant::now() >= moment);
            }
            assert!(!timer.until(Instant::now()).await.unwrap());
        });
    }
}
