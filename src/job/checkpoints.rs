//! Checkpoints, by which a training resumes after an interruption.
//!
//! The directory `checkpoints/` holds `run.json`: the data and the recipe of the run. Beside it
//! stands a file for each embedding, named by a fingerprint of all inputs that determine it. The
//! file holds the state after the last finished sweep.
//!
//! Each file is written under a temporary name, synced and renamed. So it is complete or absent.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use guanxi_models::Factors;
use guanxi_training::als::Checkpoint;
use guanxi_training::data::dataset::Dataset;
use guanxi_training::recipe::Trial;
use xxhash_rust::xxh3::Xxh3;

use super::{JobError, stored_run};
use crate::system::format::{FormatError, known_format};

/// The checkpoints of a data directory.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    directory: PathBuf,
}

/// The inputs of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    /// The version of guanxi: another one may compute different numbers.
    pub guanxi: String,
    /// The requested recipe, as TOML.
    pub given: String,
    /// The requested number of trials.
    pub tune: Option<usize>,
    /// The last offset of the data.
    pub watermark: u64,
    /// A hash of the histories and friendships.
    pub data: u64,
    /// The recipe of the training, as TOML: the requested one, or the result of the search.
    pub recipe: String,
    /// The trials of the search.
    pub trials: Vec<Trial>,
}

impl Run {
    /// Names the first input that differs from another run, whose checkpoints are then useless
    /// here. `None` if all are equal.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        if self.guanxi != other.guanxi {
            return Some(format!("guanxi {} instead of {}", other.guanxi, self.guanxi));
        }
        if (&self.given, self.tune) != (&other.given, other.tune) {
            return Some("another recipe".to_owned());
        }
        if self.watermark != other.watermark {
            return Some(format!("offset {} instead of {}", other.watermark, self.watermark));
        }
        (self.data != other.data).then(|| "other data".to_owned())
    }
}

/// A hash of the data that determine the embeddings under any recipe.
pub(super) fn hash_of(data: &Dataset) -> u64 {
    let mut hash = Xxh3::new();
    let (starts, items, confidences, flags, times) = data.ground.histories.columns();
    starts.iter().for_each(|start| hash.update(&start.to_le_bytes()));
    items.iter().for_each(|item| hash.update(&item.to_le_bytes()));
    confidences.iter().for_each(|confidence| hash.update(&confidence.to_le_bytes()));
    hash.update(flags);
    times.iter().for_each(|ts| hash.update(&ts.to_le_bytes()));
    let (starts, friends, _) = data.ground.ties.friends.columns();
    starts.iter().for_each(|start| hash.update(&start.to_le_bytes()));
    friends.iter().for_each(|friend| hash.update(&friend.to_le_bytes()));
    let (starts, features, values) = data.features.columns();
    starts.iter().for_each(|start| hash.update(&start.to_le_bytes()));
    features.iter().for_each(|feature| hash.update(&feature.to_le_bytes()));
    values.iter().for_each(|value| hash.update(&value.to_le_bytes()));
    hash.digest()
}

const RUN: &str = "run.json";

/// A partly trained embedding with its losses and held-out scores.
#[derive(Debug)]
pub(super) struct HalfWay {
    /// The state from which training resumes.
    pub state: Checkpoint,
    /// The held-out score after each sweep; empty if nothing was held out.
    pub held_out: Vec<Option<f64>>,
}

impl Checkpoints {
    /// The checkpoints of this data directory; there may be none.
    pub fn of(data: &Path) -> Self {
        Self { directory: data.join("checkpoints") }
    }

    /// The directory of the checkpoints.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The interrupted run, if its training had begun.
    ///
    /// # Errors
    ///
    /// Describes why `run.json` can't be read.
    pub(super) fn interrupted(&self) -> Result<Option<Run>, String> {
        let path = self.directory.join(RUN);
        let Ok(bytes) = fs::read(&path) else { return Ok(None) };
        let flaw = |flaw| format!("`{}` {flaw}", path.display());
        stored_run::decode(&bytes).map(Some).map_err(flaw)
    }

    /// Stores the inputs of a run before its training. Checkpoints of another run must have been
    /// [cleared](Self::clear).
    pub(super) fn begin(&self, run: &Run) -> Result<(), JobError> {
        let run = stored_run::encode(run);
        let begun = fs::create_dir_all(&self.directory).and_then(|()| self.write(RUN, &run));
        begun.map_err(|source| self.unusable(source))
    }

    /// Removes all checkpoints.
    pub fn clear(&self) -> Result<(), JobError> {
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.unusable(error)),
            _ => Ok(()),
        }
    }

    fn unusable(&self, source: io::Error) -> JobError {
        JobError::Checkpoints { path: self.directory.clone(), source }
    }

    /// Loads the state of an embedding after its last finished sweep.
    ///
    /// # Errors
    ///
    /// Names the damaged file.
    pub(super) fn load(&self, fingerprint: u64) -> Result<Option<HalfWay>, String> {
        let path = self.directory.join(name(fingerprint));
        match fs::read(&path) {
            Ok(bytes) => known_format(format_of(&bytes), FORMAT)
                .and_then(|_| decode(&bytes, fingerprint).ok_or_else(damaged))
                .map(Some)
                .map_err(|flaw| format!("checkpoint `{}` {flaw}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("can't read `{}`: {error}", path.display())),
        }
    }

    /// Stores the state of an embedding, replacing an earlier one.
    pub(super) fn save(
        &self,
        fingerprint: u64,
        state: &Checkpoint,
        held_out: &[Option<f64>],
    ) -> io::Result<()> {
        self.write(&name(fingerprint), &encode(fingerprint, state, held_out))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let half = self.directory.join(format!(".new-{}", std::process::id()));
        let mut file = File::create(&half)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&half, self.directory.join(name))?;
        File::open(&self.directory)?.sync_all()
    }
}

fn name(fingerprint: u64) -> String {
    format!("{fingerprint:016x}.embedding")
}

/// The first bytes of a checkpoint. The magic ends with the format as two digits.
///
/// The layout is little-endian:
///
/// ```text
/// magic
/// fingerprint u64
/// dim u32, sweeps u32, items u64, judged u64
/// losses f64..
/// held-out scores f64..
/// item factors f32.., user factors f32..
/// crc32 u32, of all bytes before it
/// ```
const MAGIC: &[u8; 8] = b"guanxi02";
/// The format of a checkpoint. Format 1 counts as damaged: a checkpoint is only needed until its
/// training ends.
const FORMAT: u32 = 2;
const HEAD: usize = 40;

/// The format in the header. Bytes without a header count as the current format, so that the
/// checksum reports their damage.
fn format_of(bytes: &[u8]) -> u32 {
    let digits = bytes.strip_prefix(&MAGIC[..6]).and_then(|rest| rest.first_chunk::<2>());
    let number = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    number.unwrap_or(FORMAT)
}

fn damaged() -> FormatError {
    FormatError::Damaged("is damaged".to_owned())
}

fn encode(fingerprint: u64, state: &Checkpoint, held_out: &[Option<f64>]) -> Vec<u8> {
    let (items, users) = (state.items.values(), state.users.values());
    let values = items.len() + users.len();
    let figures = state.losses.len() + held_out.len();
    let mut bytes = Vec::with_capacity(HEAD + 8 * figures + 4 * values + 4);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&fingerprint.to_le_bytes());
    bytes.extend_from_slice(&(state.items.dim() as u32).to_le_bytes());
    bytes.extend_from_slice(&(state.losses.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(state.items.rows() as u64).to_le_bytes());
    bytes.extend_from_slice(&(held_out.len() as u64).to_le_bytes());
    state.losses.iter().for_each(|loss| bytes.extend_from_slice(&loss.to_le_bytes()));
    for ndcg in held_out {
        bytes.extend_from_slice(&ndcg.unwrap_or(f64::NAN).to_le_bytes());
    }
    let values = items.iter().chain(users.iter());
    values.for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// `None` if the bytes aren't the output of [`encode`] for this fingerprint.
fn decode(bytes: &[u8], fingerprint: u64) -> Option<HalfWay> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    let is_whole = crc32fast::hash(body) == u32::from_le_bytes(*sum);
    let (head, rest) = body.split_at_checked(HEAD)?;
    let number = |at: usize| {
        let field = head[at..at + 4].first_chunk().expect("the head has fields of 4 bytes");
        u32::from_le_bytes(*field) as usize
    };
    if !is_whole || head[..8] != *MAGIC || head[8..16] != fingerprint.to_le_bytes() {
        return None;
    }
    let long = |at: usize| Some(u64::from_le_bytes(*head[at..].first_chunk()?) as usize);
    let (losses, rest) = rest.split_at_checked(8 * number(20))?;
    let (held_out, values) = rest.split_at_checked(long(32)?.checked_mul(8)?)?;
    let figures = |bytes: &[u8]| -> Vec<f64> {
        bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
    };
    let losses = figures(losses);
    let held_out = figures(held_out).into_iter().map(|x| (!x.is_nan()).then_some(x)).collect();
    let values = values.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let (mut items, dim) = (values.collect::<Vec<f32>>(), number(16));
    let end = long(24)?.checked_mul(dim)?;
    let users = (end <= items.len()).then(|| items.split_off(end))?;
    let users = if users.is_empty() { Factors::empty() } else { Factors::new(dim, users).ok()? };
    let state = Checkpoint { losses, items: Factors::new(dim, items).ok()?, users };
    Some(HalfWay { state, held_out })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::format::assert_golden;

    /// The states of the exact solver and of the conjugate gradient solver.
    fn states() -> [HalfWay; 2] {
        let of = |rows: u8| {
            let values = (0..16 * rows).map(|value| f32::from(value) / 3.0);
            Factors::new(16, values.collect::<Vec<_>>()).unwrap()
        };
        let with = |users, held_out| HalfWay {
            state: Checkpoint { losses: vec![3.5, 0.1], items: of(4), users },
            held_out,
        };
        [with(Factors::empty(), vec![]), with(of(2), vec![None, Some(0.25)])]
    }

    fn state() -> HalfWay {
        let [state, _] = states();
        state
    }

    fn checkpoints() -> (tempfile::TempDir, Checkpoints) {
        let scratch = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(scratch.path());
        checkpoints.begin(&run()).unwrap();
        (scratch, checkpoints)
    }

    fn run() -> Run {
        Run {
            guanxi: "1".to_owned(),
            given: "seed = 1".to_owned(),
            tune: None,
            watermark: 7,
            data: 5,
            recipe: "seed = 1".to_owned(),
            trials: Vec::new(),
        }
    }

    #[test]
    fn a_state_comes_back_bit_by_bit_and_only_under_its_fingerprint() {
        let (_scratch, checkpoints) = checkpoints();
        for state in states() {
            checkpoints.save(1, &state.state, &state.held_out).unwrap();
            let found = checkpoints.load(1).unwrap().unwrap();
            assert_eq!(found.held_out, state.held_out);
            let (found, state) = (found.state, state.state);
            assert_eq!(found.losses, state.losses);
            assert_eq!(found.items.values()[..], state.items.values()[..]);
            assert_eq!(found.users.values()[..], state.users.values()[..]);
            assert!(checkpoints.load(2).unwrap().is_none());
        }
    }

    #[test]
    fn a_file_that_is_not_whole_is_named() {
        let bytes = encode(1, &state().state, &[]);
        let (_scratch, checkpoints) = checkpoints();
        let path = checkpoints.directory.join(name(1));
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert!(decode(&flipped, 1).is_none(), "byte {at}");
            assert!(decode(&bytes[..at], 1).is_none(), "{at} bytes");
        }
        fs::write(path, &bytes[1..]).unwrap();
        assert!(
            checkpoints.load(1).unwrap_err().contains("0000000000000001.embedding` is damaged")
        );
    }

    #[test]
    fn an_embedding_is_written_as_its_golden_bytes_and_read_from_them() {
        let golden =
            include_bytes!("../../tests/formats/golden/checkpoint/2/0000000000000001.embedding");
        let [_, HalfWay { state, held_out }] = states();
        assert_golden("checkpoint", FORMAT, &encode(1, &state, &held_out), golden);
        let read = decode(golden, 1).unwrap();
        assert_eq!(read.held_out, held_out);
        assert_eq!(read.state.users.values()[..], state.users.values()[..]);
    }

    #[test]
    fn an_embedding_of_a_later_format_is_told_as_one() {
        let (_scratch, checkpoints) = checkpoints();
        fs::write(checkpoints.directory.join(name(1)), b"guanxi03 of tomorrow").unwrap();
        let later = checkpoints.load(1).unwrap_err();
        assert!(later.ends_with("has format 3, and this guanxi reads formats up to 2"), "{later}");
    }

    #[test]
    fn what_differs_from_an_interrupted_run_is_named() {
        let (_scratch, checkpoints) = checkpoints();
        let interrupted = checkpoints.interrupted().unwrap().unwrap();
        assert_eq!(run().difference(&interrupted), None);
        let later = Run { watermark: 9, ..run() };
        assert_eq!(later.difference(&interrupted).unwrap(), "offset 7 instead of 9");
        let other = Run { data: 6, ..run() };
        assert_eq!(other.difference(&interrupted).unwrap(), "other data");
    }

    #[test]
    fn cleared_checkpoints_are_gone_and_clearing_twice_is_no_error() {
        let (_scratch, checkpoints) = checkpoints();
        checkpoints.clear().unwrap();
        checkpoints.clear().unwrap();
        assert_eq!(checkpoints.interrupted(), Ok(None));
    }
}
