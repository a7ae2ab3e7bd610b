//! Maps files into memory.
#![expect(unsafe_code, reason = "mapping a file is unsafe: see `map`")]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::buffer::Buffer;
use memmap2::Mmap;

/// The bytes of a mapped file. They stay mapped while any array made from them lives.
pub(super) fn map(path: &Path) -> std::io::Result<Buffer> {
    let file = File::open(path)?;
    // SAFETY: a mapping is undefined behaviour if its file changes. The files of a model are
    // written under another name, synced, renamed and never opened for writing again. `prune`
    // unlinks them, which keeps mapped pages.
    let map = unsafe { Mmap::map(&file)? };
    bring_in(&map);
    let length = map.len();
    let Some(start) = std::ptr::NonNull::new(map.as_ptr().cast_mut()) else {
        return Ok(Buffer::from_vec(Vec::<u8>::new()));
    };
    // SAFETY: `start` points to `length` readable bytes while `map` lives, and the buffer keeps
    // `map` alive. Nothing writes to them.
    Ok(unsafe { Buffer::from_custom_allocation(start, length, Arc::new(map)) })
}

/// The number of bytes of one call. Other threads that request memory wait for the call.
#[cfg(target_os = "linux")]
const STEP: usize = 2 << 20;

/// Faults in the pages of a mapping now. Otherwise each of the first queries would wait for
/// hundreds of page faults.
#[cfg(target_os = "linux")]
fn bring_in(map: &Mmap) {
    let found = (0..map.len()).step_by(STEP).try_for_each(|at| {
        let length = STEP.min(map.len() - at);
        map.advise_range(memmap2::Advice::PopulateRead, at, length)
    });
    // Before Linux 5.14 the first queries fault them in.
    if let Err(error) = found {
        tracing::debug!(%error, "can't fault in the pages of a model");
    }
}

#[cfg(not(target_os = "linux"))]
fn bring_in(_: &Mmap) {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn no_page_is_left_to_whoever_reads_first() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![1; 3 << 20]).unwrap();
        let mapped = map(file.path()).unwrap();
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let path = file.path().to_str().unwrap();
        let of_this = maps.lines().skip_while(|line| !line.ends_with(path));
        let resident = of_this.into_iter().find_map(|line| line.strip_prefix("Rss:")).unwrap();
        let resident: usize = resident.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        // Half of it, for the system takes back what nobody reads.
        assert!(resident << 10 >= mapped.len() / 2, "{resident} kB");
    }
}
