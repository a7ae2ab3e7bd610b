//! A whole log as one file. For each record: its offset (8 bytes, little endian), its length (4),
//! and the record as the log stores it.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use guanxi_models::{Offset, Record};

use super::acknowledged::Acknowledged;
use super::directory::Directory;
use super::format::{decode_record, encode_record};
use super::keyspaces::Keyspaces;
use super::log_socket::LONGEST_RECORD;
use super::{LogReader, StoreError, repair};

/// The number of records restored with one fsync.
const BATCH: usize = 10_000;

impl LogReader {
    /// Writes the log to a new file with an fsync. Returns the last offset.
    pub fn write_to(&self, path: &Path) -> Result<Offset, StoreError> {
        let failed = |source| StoreError::Io { path: path.to_owned(), source };
        let mut out = BufWriter::with_capacity(1 << 20, File::create_new(path).map_err(failed)?);
        let mut last = Offset(0);
        for entry in self.read(Offset(0))? {
            let (offset, record) = entry?;
            write_frame(&mut out, offset, &record).map_err(failed)?;
            last = offset;
        }
        let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        Ok(last)
    }
}

fn write_frame(out: &mut impl Write, offset: Offset, record: &Record) -> std::io::Result<()> {
    let bytes = encode_record(record);
    out.write_all(&offset.0.to_le_bytes())?;
    out.write_all(&(bytes.len() as u32).to_le_bytes())?;
    out.write_all(&bytes)
}

/// Restores the log in a file to a data directory, which must be empty or new. Returns the last
/// offset.
///
/// # Errors
/// [`StoreError::Damaged`] at the first damaged record.
pub fn restore_log(file: &Path, path: &Path) -> Result<Offset, StoreError> {
    let frames = BufReader::with_capacity(1 << 20, File::open(file).map_err(StoreError::io(file))?);
    let _directory = Directory::open(path)?;
    let keyspaces = Keyspaces::open(&path.join("store"))?;
    let mut last = keyspaces.last()?;
    if last != Offset(0) {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    let mut frames = Frames { bytes: frames, last };
    loop {
        let batch = frames.by_ref().take(BATCH).collect::<Result<Vec<_>, StoreError>>()?;
        if batch.is_empty() {
            break;
        }
        last = repair::append(&keyspaces, last, &batch)?;
    }
    Acknowledged::reset(path, last)?;
    Ok(last)
}

struct Frames<R> {
    bytes: R,
    last: Offset,
}

impl<R: Read> Frames<R> {
    fn frame(&mut self) -> Result<Option<(Offset, Record)>, StoreError> {
        let expected = self.last.next();
        let damaged = |what: &str| StoreError::Damaged { offset: expected, what: what.to_owned() };
        let mut head = [0; 12];
        match self.bytes.read_exact(&mut head[..1]) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read.map_err(|_| damaged("it can't be read"))?,
        }
        self.bytes.read_exact(&mut head[1..]).map_err(|_| damaged("the file ends in it"))?;
        let (offset, length) = head.split_at(8);
        let offset = u64::from_le_bytes(*offset.first_chunk().expect("it was split there"));
        let length = u32::from_le_bytes(*length.first_chunk().expect("four bytes are left"));
        if Offset(offset) != expected || length > LONGEST_RECORD {
            return Err(damaged("another record stands in its place"));
        }
        let mut bytes = vec![0; length as usize];
        self.bytes.read_exact(&mut bytes).map_err(|_| damaged("the file ends in it"))?;
        self.last = expected;
        Ok(Some((expected, decode_record(expected, &bytes)?)))
    }
}

impl<R: Read> Iterator for Frames<R> {
    type Item = Result<(Offset, Record), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.frame().transpose()
    }
}
