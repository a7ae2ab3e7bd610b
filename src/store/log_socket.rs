//! Serves the log to other processes through the Unix socket `DIR/log.sock`.
//!
//! A reader sends 8 bytes: the offset to read after (little endian). The holder of the directory
//! responds with the last offset (8 bytes), then a frame for each record up to it: offset (8),
//! length (4), the record as the log stores it. So training and export work beside a running
//! server.

use std::fs;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use guanxi_models::{Offset, Record};

use super::format::decode_record;
use super::keyspaces::Keyspaces;
use super::{StoreError, records};
use crate::system::priority::{Work, stand_back};

const SOCKET: &str = "log.sock";
/// The greatest length of a record. A longer frame is invalid.
pub(super) const LONGEST_RECORD: u32 = 16 * 1024 * 1024;
/// The interval at which a waiting connection checks for the end of the server.
const PULSE: Duration = Duration::from_millis(200);
/// The time-out of both sides. A reader may write files between two records.
const PATIENCE: Duration = Duration::from_mins(1);

/// Serves readers of the log until it is dropped.
#[derive(Debug)]
pub struct LogServer {
    stop: Arc<AtomicBool>,
    directory: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl LogServer {
    pub(super) fn start(directory: &Path, keyspaces: Keyspaces) -> Result<Self, StoreError> {
        let path = directory.join(SOCKET);
        drop(fs::remove_file(&path));
        let listener = at_short_path(directory, |short| UnixListener::bind(short))
            .map_err(StoreError::io(&path))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let serve = move || accept(&listener, &keyspaces, &stopping);
        let thread = std::thread::Builder::new().name("log-socket".to_owned()).spawn(serve);
        let thread = Some(thread.map_err(StoreError::io(path))?);
        Ok(Self { stop, directory: directory.to_owned(), thread })
    }
}

impl Drop for LogServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // The listener waits for a connection, so connect to it.
        let woken = at_short_path(&self.directory, |short| UnixStream::connect(short)).is_ok();
        drop(fs::remove_file(self.directory.join(SOCKET)));
        if let (Some(thread), true) = (self.thread.take(), woken) {
            drop(thread.join());
        }
    }
}

/// Serves all readers until the stop, and ends when the last reader has disconnected.
///
/// One thread for each reader: readers are few, and a slow one must not delay others.
fn accept(listener: &UnixListener, keyspaces: &Keyspaces, stop: &AtomicBool) {
    std::thread::scope(|scope| {
        for stream in listener.incoming() {
            if stop.load(Ordering::Acquire) {
                return;
            }
            let Ok(stream) = stream else {
                // For example, no descriptor is free. An immediate retry would fail again.
                std::thread::sleep(PULSE);
                continue;
            };
            let reader = std::thread::Builder::new().name("log-reader".to_owned());
            let answer = || {
                stand_back(Work::Copies);
                answer_or_tell(stream, keyspaces, stop);
            };
            if let Err(error) = reader.spawn_scoped(scope, answer) {
                tracing::warn!(%error, "can't start a thread for a reader of the log");
            }
        }
    });
}

fn answer_or_tell(stream: UnixStream, keyspaces: &Keyspaces, stop: &AtomicBool) {
    let answered = Patient::new(stream, stop).and_then(|stream| answer(stream, keyspaces));
    if let Err(error) = answered {
        tracing::warn!(%error, "a reader of the log did not receive all records");
    }
}

fn answer(mut stream: Patient<'_>, keyspaces: &Keyspaces) -> Result<(), StoreError> {
    let after = Offset(u64::from_le_bytes(read(&mut stream)?));
    let last = keyspaces.last()?;
    let mut out = BufWriter::with_capacity(1 << 16, stream);
    out.write_all(&last.0.to_le_bytes()).map_err(remote)?;
    for entry in records::encoded(keyspaces, after, last) {
        let (offset, bytes) = entry?;
        out.write_all(&offset.0.to_le_bytes()).map_err(remote)?;
        out.write_all(&(bytes.len() as u32).to_le_bytes()).map_err(remote)?;
        out.write_all(&bytes).map_err(remote)?;
    }
    out.flush().map_err(remote)
}

/// A reader's connection. It ends when the server stops, or after [`PATIENCE`] without progress.
struct Patient<'a> {
    stream: UnixStream,
    stop: &'a AtomicBool,
}

impl<'a> Patient<'a> {
    fn new(stream: UnixStream, stop: &'a AtomicBool) -> Result<Self, StoreError> {
        stream.set_read_timeout(Some(PULSE)).map_err(remote)?;
        stream.set_write_timeout(Some(PULSE)).map_err(remote)?;
        Ok(Self { stream, stop })
    }

    /// Retries until the stop or the time-out.
    fn patiently(
        &mut self,
        mut attempt: impl FnMut(&mut UnixStream) -> std::io::Result<usize>,
    ) -> std::io::Result<usize> {
        let started = Instant::now();
        loop {
            match attempt(&mut self.stream) {
                Err(error)
                    if error.kind() == ErrorKind::WouldBlock
                        && started.elapsed() < PATIENCE
                        && !self.stop.load(Ordering::Acquire) => {}
                done => return done,
            }
        }
    }
}

impl Read for Patient<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.patiently(|stream| stream.read(bytes))
    }
}

impl Write for Patient<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.patiently(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of another process at the time of the request.
#[derive(Debug)]
pub(super) struct RemoteLog {
    stream: BufReader<UnixStream>,
    next: Offset,
    pub(super) last: Offset,
}

impl RemoteLog {
    pub(super) fn connect(directory: &Path, after: Offset) -> Result<Self, StoreError> {
        let mut stream =
            at_short_path(directory, |short| UnixStream::connect(short)).map_err(remote)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(remote)?;
        stream.write_all(&after.0.to_le_bytes()).map_err(remote)?;
        let mut stream = BufReader::with_capacity(1 << 16, stream);
        let last = Offset(u64::from_le_bytes(read(&mut stream)?));
        let next = Offset(after.0.saturating_add(1));
        Ok(Self { stream, next, last })
    }

    fn frame(&mut self) -> Result<(Offset, Record), StoreError> {
        let offset = Offset(u64::from_le_bytes(read(&mut self.stream)?));
        let length = u32::from_le_bytes(read(&mut self.stream)?);
        if offset != self.next || length > LONGEST_RECORD {
            let what = format!("offset {offset} of {length} bytes came for offset {}", self.next);
            return Err(StoreError::Remote(what));
        }
        let mut bytes = vec![0; length as usize];
        self.stream.read_exact(&mut bytes).map_err(remote)?;
        self.next = offset.next();
        Ok((offset, decode_record(offset, &bytes)?))
    }
}

impl Iterator for RemoteLog {
    type Item = Result<(Offset, Record), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next > self.last {
            return None;
        }
        let frame = self.frame();
        if frame.is_err() {
            // The first error ends the stream.
            self.last = Offset(0);
        }
        Some(frame)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn remote(error: std::io::Error) -> StoreError {
    StoreError::Remote(match error.kind() {
        ErrorKind::UnexpectedEof => "the connection ended too early".to_owned(),
        ErrorKind::WouldBlock => format!("nothing came for {} s", PATIENCE.as_secs()),
        _ => error.to_string(),
    })
}

fn read<const N: usize>(stream: &mut impl Read) -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).map_err(remote)?;
    Ok(bytes)
}

/// The path of a socket is limited to 108 bytes. The path through the open directory is always
/// short.
fn at_short_path<T>(
    directory: &Path,
    open: impl FnOnce(&Path) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let held = fs::File::open(directory)?;
    open(&Path::new("/proc/self/fd").join(held.as_raw_fd().to_string()).join(SOCKET))
}
