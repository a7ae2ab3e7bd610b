//! Returns freed memory to the system on a background thread, never on a request thread.
//!
//! Replacing a model frees hundreds of mebibytes. The allocator returns them to the system a second
//! later, on the next thread that allocates: a request waited 10 to 15 ms for that. Huge pages cost
//! requests, too: a thread that needs a few kilobytes waits until the system has cleared 2 MiB.
#![expect(unsafe_code, reason = "the allocator is a C library: see `give_back`")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::system::priority::{Work, stand_back};

/// The interval at which freed memory is returned: well before the allocator does it by itself, a
/// second after it was freed.
const EVERY: Duration = Duration::from_millis(250);

/// Has freed memory given back on threads of its own and memory taken by small pages, from now to
/// the end of the process.
///
/// One thread does it where nobody else wants a core; the other sees to it that it is done all the
/// same.
pub(crate) fn for_answers() -> io::Result<()> {
    take_small_pages();
    let passes = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&passes);
    start(Work::Spare, move || {
        std::thread::sleep(EVERY);
        give_back();
        counted.fetch_add(1, Ordering::Relaxed);
    })?;
    start(Work::Bulk, move || {
        let before = passes.load(Ordering::Relaxed);
        std::thread::sleep(2 * EVERY);
        if passes.load(Ordering::Relaxed) == before {
            give_back();
        }
    })
}

/// Does something again and again on a thread that stands back.
fn start(work: Work, again: impl Fn() + Send + 'static) -> io::Result<()> {
    let thread = std::thread::Builder::new().name("memory".to_owned());
    let looping = move || {
        stand_back(work);
        loop {
            again();
        }
    };
    thread.spawn(looping).map(drop)
}

fn take_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages could not be turned off");
    }
}

/// Gives back what was freed, whoever freed it.
fn give_back() {
    // SAFETY: no argument is a pointer, and the function may be called from any thread at any time
    // (its documentation asks for nothing).
    unsafe { libmimalloc_sys::mi_collect(true) }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    const BLOCK: usize = 1 << 20;
    const BLOCKS: usize = 256;

    /// The anonymous memory of this process, in bytes.
    fn resident() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        1024 * line.trim().trim_end_matches(" kB").parse::<usize>().unwrap()
    }

    #[test]
    fn what_was_freed_is_given_back_at_once() {
        // SAFETY: each block has the size that is written, and is freed once, by the allocator that
        // made it.
        let blocks: Vec<_> = (0..BLOCKS)
            .map(|_| unsafe {
                let block = libmimalloc_sys::mi_malloc(BLOCK);
                assert!(!block.is_null());
                block.cast::<u8>().write_bytes(1, BLOCK);
                block
            })
            .collect();
        // SAFETY: as above.
        blocks.into_iter().for_each(|block| unsafe { libmimalloc_sys::mi_free(block) });
        let before = resident();
        give_back();
        // Half of it, for other tests take memory meanwhile.
        assert!(resident() + BLOCK * BLOCKS / 2 < before);
    }
}
