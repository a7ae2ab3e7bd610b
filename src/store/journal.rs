//! Checks the ends of the database's journals before the database reads them.
//!
//! A journal is a sequence of batches in a preallocated file of zeros. After a crash the last batch
//! may be incomplete. This *torn tail* was never acknowledged and is cut off. The database itself
//! cuts at the first invalid byte, whatever follows, and fails on a last batch with a wrong
//! checksum.
//!
//! Here damage is distinguished from a torn tail. Every append waits for its fsync, so at most one
//! batch is ever incomplete. A complete batch behind a broken one therefore means that durable data
//! was damaged.
//!
//! The format, of fjall 3 (little endian): a batch is `1`, its number of entries (4 bytes), a
//! sequence number (8); the entries; and `3`, the XXH3-64 of the entries (8), `FJL\x03`. An entry
//! is `2`, kind (1), compression (1), keyspace (8), the lengths of the key (2), of the value (4)
//! and of the value as it is stored (4), key, value; or `4`, keyspace (8).

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use guanxi_models::Offset;
use xxhash_rust::xxh3::xxh3_64;

use super::StoreError;
use crate::system::disk;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const START_BYTES: usize = 1 + 4 + 8;
const ITEM_BYTES: usize = 1 + 1 + 1 + 8 + 2 + 4 + 4;
const CLEAR_BYTES: usize = 1 + 8;
const TRAILER: [u8; 4] = *b"FJL\x03";

/// The torn tail cut off a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Torn {
    /// Its size in bytes, without the zeros behind it.
    pub(super) bytes: usize,
    /// The file that keeps it.
    pub(super) kept: PathBuf,
}

/// Checks the journals of a database, and cuts a torn tail off the last one. The tail is kept in
/// `torn_dir`.
///
/// # Errors
/// [`StoreError::Damaged`] with the file and the byte if a complete batch follows a broken one, or
/// if a closed journal is incomplete.
pub(super) fn check(database: &Path, torn_dir: &Path) -> Result<Option<Torn>, StoreError> {
    let mut journals = journals(database)?;
    let Some((number, last)) = journals.pop() else { return Ok(None) };
    for (_, sealed) in journals {
        let bytes = fs::read(&sealed).map_err(StoreError::io(&sealed))?;
        if let Some(tail) = Tail::of(&bytes) {
            return Err(damaged(&sealed, tail.at));
        }
    }
    let bytes = fs::read(&last).map_err(StoreError::io(&last))?;
    match Tail::of(&bytes) {
        None => Ok(None),
        Some(tail) if tail.is_damage(&bytes) => Err(damaged(&last, tail.at)),
        Some(tail) => {
            let kept = torn_dir.join(format!("{number}-{}", tail.at));
            cut(&last, &bytes, tail, &kept).map_err(StoreError::io(&kept))?;
            Ok(Some(Torn { bytes: tail.end - tail.at, kept }))
        }
    }
}

/// Cuts every journal at its first broken batch. The rest is kept in `torn_dir`.
pub(super) fn cut_all(database: &Path, torn_dir: &Path) -> Result<(), StoreError> {
    for (number, journal) in journals(database)? {
        let bytes = fs::read(&journal).map_err(StoreError::io(&journal))?;
        if let Some(tail) = Tail::of(&bytes) {
            let kept = torn_dir.join(format!("{number}-{}", tail.at));
            cut(&journal, &bytes, tail, &kept).map_err(StoreError::io(&kept))?;
        }
    }
    Ok(())
}

/// The journals in the order of writing.
fn journals(database: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    if !database.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(database).map_err(StoreError::io(database))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut journals: Vec<(u64, PathBuf)> = paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "jnl"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.parse().ok()?, path)))
        .collect();
    journals.sort();
    Ok(journals)
}

/// The bytes are durable under another name before they are removed here.
fn cut(journal: &Path, bytes: &[u8], tail: Tail, kept: &Path) -> std::io::Result<()> {
    let torn_dir = kept.parent().expect("it was put together from a folder and a name");
    disk::make_directories(torn_dir)?;
    disk::write_synced(kept, &bytes[tail.at..tail.end])?;
    disk::sync(torn_dir)?;
    let file = OpenOptions::new().write(true).open(journal)?;
    file.set_len(tail.at as u64)?;
    file.sync_all()
}

fn damaged(journal: &Path, at: usize) -> StoreError {
    let what = format!("`{}` is not as it was written from byte {at} on", journal.display());
    StoreError::Damaged { offset: Offset(0), what }
}

/// Checks the bytes of a journal, as [`check`] does.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn look_at(bytes: &[u8]) {
    if let Some(tail) = Tail::of(bytes) {
        tail.is_damage(bytes);
    }
}

/// The non-zero bytes behind the last complete batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tail {
    /// Its first byte.
    at: usize,
    /// The first zero behind it.
    end: usize,
}

impl Tail {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut at = 0;
        while let Some(length) = batch(&bytes[at..]) {
            at += length;
        }
        let last = bytes[at..].iter().rposition(|&byte| byte != 0)?;
        Some(Self { at, end: at + last + 1 })
    }

    /// True if it contains a complete batch.
    fn is_damage(self, bytes: &[u8]) -> bool {
        let tail = &bytes[self.at..self.end];
        let starts = (1..tail.len()).filter(|&at| tail[at] == START);
        starts.into_iter().any(|at| batch(&tail[at..]).is_some())
    }
}

/// The length of the complete batch at the beginning of these bytes.
fn batch(bytes: &[u8]) -> Option<usize> {
    let (&START, head) = bytes.split_first()? else { return None };
    let entries = u32::from_le_bytes(*head.first_chunk()?);
    let mut at = START_BYTES;
    for _ in 0..entries {
        at += entry(bytes.get(at..)?)?;
    }
    let (&END, end) = bytes.get(at..)?.split_first()? else { return None };
    let (checksum, end) = end.split_first_chunk::<8>()?;
    let is_whole = xxh3_64(&bytes[START_BYTES..at]) == u64::from_le_bytes(*checksum);
    (is_whole && end.starts_with(&TRAILER)).then_some(at + 1 + 8 + TRAILER.len())
}

/// The length of an entry. It may exceed the bytes.
fn entry(bytes: &[u8]) -> Option<usize> {
    match *bytes.first()? {
        ITEM => {
            let lengths = bytes.get(11..ITEM_BYTES)?;
            let key = u16::from_le_bytes(*lengths.first_chunk()?);
            let value = u32::from_le_bytes(*lengths.last_chunk()?);
            Some(ITEM_BYTES + usize::from(key) + value as usize)
        }
        CLEAR => Some(CLEAR_BYTES),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use fjall::{Database, KeyspaceCreateOptions, PersistMode};
    use tempfile::TempDir;

    use super::*;

    /// A database that was written by three appends, and its journal.
    fn written() -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store");
        let database = Database::builder(&path).manual_journal_persist(true).open().unwrap();
        let keyspace = database.keyspace("log", KeyspaceCreateOptions::default).unwrap();
        for append in 0..3_u32 {
            let mut batch = database.batch().durability(Some(PersistMode::SyncAll));
            for entry in 0..40_u32 {
                // Long values are stored compressed.
                let value = vec![append as u8 + 1; 1 << (entry % 14)];
                batch.insert(
                    &keyspace,
                    [append.to_be_bytes(), entry.to_be_bytes()].concat(),
                    value,
                );
            }
            batch.remove(&keyspace, [9]);
            batch.commit().unwrap();
        }
        drop((keyspace, database));
        let journal = path.join("0.jnl");
        (dir, journal)
    }

    fn batches(bytes: &[u8]) -> Vec<usize> {
        let mut ends = vec![0];
        while let Some(length) = batch(&bytes[*ends.last().unwrap()..]) {
            ends.push(ends.last().unwrap() + length);
        }
        ends
    }

    fn checked(dir: &TempDir) -> Result<Option<Torn>, StoreError> {
        check(&dir.path().join("store"), &dir.path().join("torn"))
    }

    #[test]
    fn every_batch_of_the_database_is_read() {
        let (dir, journal) = written();
        let ends = batches(&fs::read(&journal).unwrap());
        // The making of the keyspace is a batch, too.
        assert!(ends.len() > 3, "{ends:?}");
        assert_eq!(checked(&dir).unwrap(), None);
    }

    #[test]
    fn any_part_of_a_last_batch_is_cut_and_kept() {
        let (dir, journal) = written();
        let whole = fs::read(&journal).unwrap();
        let ends = batches(&whole);
        let (begin, end) = (ends[ends.len() - 2], ends[ends.len() - 1]);
        for cut_at in (begin + 1..end).step_by(997).chain([end - 1]) {
            let mut torn = whole.clone();
            torn[cut_at..end].fill(0);
            fs::write(&journal, &torn).unwrap();
            let found = checked(&dir).unwrap().unwrap();
            assert_eq!(fs::metadata(&journal).unwrap().len(), begin as u64);
            assert_eq!(fs::read(found.kept).unwrap(), torn[begin..begin + found.bytes]);
            assert_eq!(checked(&dir).unwrap(), None);
        }
    }

    #[test]
    fn pages_that_arrived_out_of_order_are_a_torn_tail_too() {
        let (dir, journal) = written();
        let mut torn = fs::read(&journal).unwrap();
        let ends = batches(&torn);
        let (begin, end) = (ends[ends.len() - 2], ends[ends.len() - 1]);
        torn[begin + (end - begin) / 2..][..100].fill(0);
        fs::write(&journal, &torn).unwrap();
        assert_eq!(checked(&dir).unwrap().unwrap().bytes, end - begin);
    }

    #[test]
    fn damage_before_a_whole_batch_is_named_and_left_as_it_is() {
        let (dir, journal) = written();
        let mut damaged = fs::read(&journal).unwrap();
        let ends = batches(&damaged);
        let begin = ends[ends.len() - 3];
        damaged[begin + 200] ^= 1;
        fs::write(&journal, &damaged).unwrap();
        let refused = checked(&dir).unwrap_err().to_string();
        assert!(refused.contains(&format!("0.jnl` is not as it was written from byte {begin} on")));
        assert_eq!(fs::read(&journal).unwrap(), damaged);
    }
}
