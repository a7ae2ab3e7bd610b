//! One Parquet file.

use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::Path;

use guanxi_models::{Offset, Record};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};

use super::LakeError;
use super::columns::{Columns, VERSION_KEY, batch, schema};
use super::day::Day;
use super::manifest::{RECORDS, SCHEMA_VERSION};
use crate::system::disk::{sum, sum_of, write_whole};

/// A file of a lake, as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its path in the lake.
    pub path: String,
    /// The number of records it holds, at least 1.
    pub rows: u64,
    /// The offset of the first of them.
    pub first: Offset,
    /// The offset of the last of them.
    pub last: Offset,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Part {
    /// Writes the records of one day, ascending and at least one. Its name lasts once its directory
    /// is synced.
    pub(super) fn write(
        lake: &Path,
        day: Day,
        records: &[(Offset, Record)],
    ) -> Result<Self, LakeError> {
        let ends = (records.first(), records.last());
        let (Some(&(first, _)), Some(&(last, _))) = ends else {
            unreachable!("a day is only made for a record")
        };
        let path = format!("{RECORDS}/{day}/part-{first}-{last}.parquet");
        let whole = lake.join(&path);
        let bytes = encode(records).expect("a table of this schema goes into memory");
        if let Some(directory) = whole.parent() {
            fs::create_dir_all(directory).map_err(LakeError::io(directory))?;
        }
        write_whole(&whole, &bytes).map_err(LakeError::io(&whole))?;
        let (rows, size) = (records.len() as u64, bytes.len() as u64);
        Ok(Self { path, rows, first, last, bytes: size, sha256: sum_of(&bytes) })
    }

    /// Makes sure that the file is there with all its bytes, whatever they are.
    pub(super) fn check(&self, lake: &Path) -> Result<(), LakeError> {
        let path = lake.join(&self.path);
        let found = fs::metadata(&path).map_err(unusable(&path))?.len();
        if found == self.bytes {
            return Ok(());
        }
        Err(LakeError::damaged(path, format!("has {found} bytes instead of {}", self.bytes)))
    }

    /// Reads the part after its checksum was verified.
    pub(super) fn read(&self, lake: &Path) -> Result<Vec<Columns>, LakeError> {
        let path = lake.join(&self.path);
        let damaged = |what: String| LakeError::damaged(&path, what);
        let mut file = File::open(&path).map_err(unusable(&path))?;
        if sum(&mut file).map_err(LakeError::io(&path))?.1 != self.sha256 {
            return Err(damaged("has another checksum".to_owned()));
        }
        file.rewind().map_err(LakeError::io(&path))?;
        let batches = decode(file).map_err(|error| damaged(error.to_string()))?;
        batches.into_iter().map(|batch| Columns::new(batch).map_err(damaged)).collect()
    }
}

fn unusable(path: &Path) -> impl FnOnce(io::Error) -> LakeError {
    move |error| match error.kind() {
        io::ErrorKind::NotFound => LakeError::damaged(path, "is missing"),
        _ => LakeError::io(path)(error),
    }
}

fn encode(records: &[(Offset, Record)]) -> Result<Vec<u8>, ParquetError> {
    let version = KeyValue::new(VERSION_KEY.to_owned(), SCHEMA_VERSION.to_string());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![version]))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema(), Some(properties))?;
    // In slices, so that a pass is never in memory twice as rows.
    for slice in records.chunks(ROWS_AT_ONCE) {
        writer.write(&batch(slice))?;
    }
    writer.into_inner()
}

/// The number of rows encoded at a time.
const ROWS_AT_ONCE: usize = 1_024;

fn decode(file: File) -> Result<Vec<arrow::array::RecordBatch>, ParquetError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.build()?;
    reader.map(|batch| batch.map_err(ParquetError::from)).collect()
}
