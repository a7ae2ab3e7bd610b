//! The log for other processes: `DIR/log.sock`, a Unix socket that the holder of the directory answers.
//!
//! A reader sends 8 bytes, the offset to read after (little endian). The holder answers with the last offset (8 bytes), then a frame
//! per record up to it: offset (8), length (4), the record as the log holds it. Retraining and exporting work beside a running
//! service by this.

use std::fs;
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use guanxi_models::{Offset, Record};

use super::StoreError;
use super::codec::{decode_record, encode_record};
use super::keyspaces::Keyspaces;

const SOCKET: &str = "log.sock";
/// No record is longer; a longer frame is nonsense.
const LONGEST_RECORD: u32 = 16 * 1024 * 1024;

/// Answers readers of the log until it is dropped.
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
        let serve = move || {
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::Acquire) {
                    return;
                }
                answer_apart(stream, keyspaces.clone());
            }
        };
        let thread = std::thread::Builder::new().name("log-socket".to_owned()).spawn(serve);
        let thread = Some(thread.map_err(StoreError::io(path))?);
        Ok(Self { stop, directory: directory.to_owned(), thread })
    }
}

impl Drop for LogServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // The listener waits for a connection: this is one.
        let woken = at_short_path(&self.directory, |short| UnixStream::connect(short)).is_ok();
        drop(fs::remove_file(self.directory.join(SOCKET)));
        if let (Some(thread), true) = (self.thread.take(), woken) {
            drop(thread.join());
        }
    }
}

/// One thread a reader: readers are few, and a slow one holds up nobody.
fn answer_apart(stream: UnixStream, keyspaces: Keyspaces) {
    let answer = move || {
        if let Err(error) = answer(stream, &keyspaces) {
            tracing::warn!(%error, "a reader of the log was not answered to the end");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("log-reader".to_owned()).spawn(answer) {
        tracing::warn!(%error, "no thread for a reader of the log");
    }
}

fn answer(mut stream: UnixStream, keyspaces: &Keyspaces) -> Result<(), StoreError> {
    let io = |error: std::io::Error| StoreError::Remote(error.to_string());
    let mut after = [0; 8];
    stream.read_exact(&mut after).map_err(io)?;
    let last = keyspaces.last()?;
    let mut out = BufWriter::with_capacity(1 << 16, stream);
    out.write_all(&last.0.to_le_bytes()).map_err(io)?;
    for entry in keyspaces.read(Offset(u64::from_le_bytes(after))) {
        let (offset, record) = entry?;
        if offset > last {
            break;
        }
        let bytes = encode_record(&record);
        out.write_all(&offset.0.to_le_bytes()).map_err(io)?;
        out.write_all(&(bytes.len() as u32).to_le_bytes()).map_err(io)?;
        out.write_all(&bytes).map_err(io)?;
    }
    out.flush().map_err(io)
}

/// The log of another process, as it was at the moment of asking.
#[derive(Debug)]
pub(super) struct RemoteLog {
    stream: BufReader<UnixStream>,
    next: Offset,
    pub(super) last: Offset,
}

impl RemoteLog {
    pub(super) fn connect(directory: &Path, after: Offset) -> Result<Self, StoreError> {
        let io = |error: std::io::Error| StoreError::Remote(error.to_string());
        let mut stream =
            at_short_path(directory, |short| UnixStream::connect(short)).map_err(io)?;
        stream.write_all(&after.0.to_le_bytes()).map_err(io)?;
        let mut stream = BufReader::with_capacity(1 << 16, stream);
        let last = Offset(u64::from_le_bytes(read(&mut stream)?));
        Ok(Self { stream, next: after.next(), last })
    }

    fn frame(&mut self) -> Result<(Offset, Record), StoreError> {
        let offset = Offset(u64::from_le_bytes(read(&mut self.stream)?));
        let length = u32::from_le_bytes(read(&mut self.stream)?);
        if offset != self.next || length > LONGEST_RECORD {
            let what = format!("offset {offset} of {length} bytes came for offset {}", self.next);
            return Err(StoreError::Remote(what));
        }
        let mut bytes = vec![0; length as usize];
        self.stream
            .read_exact(&mut bytes)
            .map_err(|error| StoreError::Remote(error.to_string()))?;
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
            // One error is enough: what follows can't be read.
            self.next = self.last.next();
        }
        Some(frame)
    }
}

fn read<const N: usize>(stream: &mut impl Read) -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    match stream.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(StoreError::Remote(format!("it ended too early: {error}"))),
    }
}

/// A socket's path may have 108 bytes, a data directory's more: the way through the open directory is always short.
fn at_short_path<T>(
    directory: &Path,
    open: impl FnOnce(&Path) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let held = fs::File::open(directory)?;
    open(&Path::new("/proc/self/fd").join(held.as_raw_fd().to_string()).join(SOCKET))
}
