//! Files as memory.
#![expect(unsafe_code, reason = "mapping a file is unsafe: see `map`")]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::buffer::Buffer;
use memmap2::Mmap;

/// The bytes of a file, mapped. They stay mapped for as long as any array made from them lives.
pub(super) fn map(path: &Path) -> std::io::Result<Buffer> {
    let file = File::open(path)?;
    // SAFETY: a mapping is undefined behaviour if the file changes below it. The files of a model are written under another name,
    // synced, renamed and never opened for writing again; `prune` unlinks them, which leaves mapped pages in place.
    let map = unsafe { Mmap::map(&file)? };
    let length = map.len();
    let Some(start) = std::ptr::NonNull::new(map.as_ptr().cast_mut()) else {
        return Ok(Buffer::from_vec(Vec::<u8>::new()));
    };
    // SAFETY: `start` points to `length` readable bytes for as long as `map` lives, and the buffer keeps `map` alive; nobody writes.
    Ok(unsafe { Buffer::from_custom_allocation(start, length, Arc::new(map)) })
}
