//! The CPU time of this thread.

use std::time::{Duration, Instant};

/// Passes last at least so long: the kernel counts the time of a running thread in ticks of some
/// milliseconds.
const LEAST: Duration = Duration::from_millis(60);

/// The time of one of the `calls` calls in `pass`, repeated until the clock can resolve it.
pub(crate) fn per_call(calls: usize, mut pass: impl FnMut()) -> Duration {
    let (began, wall) = (used(), Instant::now());
    let mut passes = 0;
    while passes == 0 || wall.elapsed() < LEAST {
        pass();
        passes += 1;
    }
    let took = match (began, used()) {
        (Some(began), Some(now)) => now.saturating_sub(began),
        _ => wall.elapsed(),
    };
    took / (passes * calls.max(1) as u32)
}

/// CPU time of this thread, as the kernel reports it; none if unknown.
fn used() -> Option<Duration> {
    // Giving way has the kernel bring its count up to date.
    std::thread::yield_now();
    let reported = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    reported.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
