//! A file that an operator may replace while the server runs.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

/// A change is seen after this at the latest, if anybody asks.
pub(crate) const EVERY: Duration = Duration::from_millis(250);

/// The identity of a file: a replaced one has another inode or another time.
type Stamp = Option<(u64, i64, i64, u64)>;

/// Turns the bytes of a file, or its absence, into a value.
type Read<T> = Box<dyn Fn(Option<Vec<u8>>) -> Result<T, String> + Send + Sync>;

/// The value of a file, read again after the file was replaced. One system call in [`EVERY`], by
/// whoever asks first.
pub(crate) struct Watched<T> {
    path: PathBuf,
    /// Files that `read` reads besides.
    beside: Vec<PathBuf>,
    read: Read<T>,
    value: ArcSwap<T>,
    stamps: Mutex<Vec<Stamp>>,
    began: Instant,
    /// The time of the last check, in milliseconds since `began`.
    looked: AtomicU64,
}

impl<T> std::fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<T> Watched<T> {
    /// Reads the file for the first time; `read` is given nothing where there is none.
    pub(crate) fn new(
        path: PathBuf,
        read: impl Fn(Option<Vec<u8>>) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        Self::with(path, Vec::new(), read)
    }

    /// The same of a file that means nothing without others, which `read` reads by itself.
    pub(crate) fn with(
        path: PathBuf,
        beside: Vec<PathBuf>,
        read: impl Fn(Option<Vec<u8>>) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let stamps = Mutex::new(stamps(&path, &beside));
        let value = ArcSwap::from_pointee(read(content(&path)?)?);
        let (began, looked) = (Instant::now(), AtomicU64::new(0));
        Ok(Self { path, beside, read: Box::new(read), value, stamps, began, looked })
    }

    /// The current value of the file. A file that can't be understood is told in the log, and what
    /// it said before goes on.
    pub(crate) fn get(&self) -> Arc<T> {
        let now = self.began.elapsed().as_millis() as u64;
        let looked = self.looked.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(looked) >= EVERY.as_millis() as u64;
        let is_ours = || {
            let (order, failed) = (Ordering::Relaxed, Ordering::Relaxed);
            self.looked.compare_exchange(looked, now, order, failed).is_ok()
        };
        if is_due && is_ours() {
            self.check();
        }
        self.value.load_full()
    }

    fn check(&self) {
        let mut known = self.stamps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let found = stamps(&self.path, &self.beside);
        if *known == found {
            return;
        }
        *known = found;
        match content(&self.path).and_then(&self.read) {
            Ok(value) => self.value.store(Arc::new(value)),
            Err(what) => {
                tracing::error!(file = %self.path.display(), what, "a changed file is not reloaded");
            }
        }
    }
}

/// The bytes of the file; none only if it does not exist. One that can't be read must not pass
/// for one that is not there.
fn content(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("can't use `{}`: {error}", path.display())),
    }
}

fn stamps(path: &Path, beside: &[PathBuf]) -> Vec<Stamp> {
    std::iter::once(path).chain(beside.iter().map(PathBuf::as_path)).map(stamp).collect()
}

fn stamp(path: &Path) -> Stamp {
    let meta = fs::metadata(path).ok()?;
    Some((meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_is_read_again_and_a_bad_one_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("number");
        fs::write(&path, "1").unwrap();
        let read = |bytes: Option<Vec<u8>>| {
            let text = String::from_utf8(bytes.unwrap_or_default()).map_err(|e| e.to_string())?;
            text.parse::<u32>().map_err(|error| error.to_string())
        };
        let watched = Watched::new(path.clone(), read).unwrap();
        assert_eq!(*watched.get(), 1);
        for (text, expected) in [("2", 2), ("two", 2), ("3", 3)] {
            fs::write(path.with_extension("new"), text).unwrap();
            fs::rename(path.with_extension("new"), &path).unwrap();
            std::thread::sleep(EVERY + EVERY / 5);
            assert_eq!(*watched.get(), expected);
        }
    }
}
