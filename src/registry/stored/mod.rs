//! The stored form of a model's `manifest.json`.
//!
//! | format | difference |
//! |---|---|
//! | 3 | weights of event types by name |
//! | 2 | weights in the order of the 13 types of that time |
//! | 1 | as 2, with SHA-256 instead of XXH3 as the checksums of files |
//!
//! The structs here define only the stored form. A new field needs a new format, and every format
//! stays readable.

mod events;
mod params;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::manifest::{Checksum, FileSum, Manifest, Shapes};
use crate::system::format::{FormatError, json_format};
use events::{EventsByName, EventsByPlace};
use params::StoredParams;

/// The format of written models. It covers the whole directory of a model: tables, recipe and
/// report.
pub(super) const FORMAT: u32 = 3;

/// A manifest with weights of event types stored as `E`.
#[derive(Serialize, Deserialize)]
struct StoredManifest<E> {
    format: u32,
    version: String,
    watermark: u64,
    created: String,
    shapes: StoredShapes,
    metrics: BTreeMap<String, f64>,
    params: StoredParams<E>,
    files: Vec<StoredFile>,
}

#[derive(Serialize, Deserialize)]
struct StoredShapes {
    users: usize,
    items: usize,
    interactions: usize,
    friendships: usize,
    dim: usize,
}

#[derive(Serialize, Deserialize)]
struct StoredFile {
    name: String,
    bytes: u64,
    #[serde(flatten)]
    checksum: StoredChecksum,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StoredChecksum {
    Xxh3(String),
    Sha256(String),
}

/// A manifest in the current format.
pub(super) fn encode(manifest: &Manifest) -> Vec<u8> {
    let stored = StoredManifest::<EventsByName> {
        format: FORMAT,
        version: manifest.version.clone(),
        watermark: manifest.watermark,
        created: manifest.created.clone(),
        shapes: StoredShapes::from(manifest.shapes),
        metrics: manifest.metrics.clone(),
        params: StoredParams::from(&manifest.params),
        files: manifest.files.iter().map(StoredFile::from).collect(),
    };
    serde_json::to_vec_pretty(&stored).expect("a manifest is plain data")
}

/// Reads a manifest of any known format.
pub(super) fn decode(bytes: &[u8]) -> Result<Manifest, FormatError> {
    match json_format(bytes, None, FORMAT)? {
        1 | 2 => Ok(serde_json::from_slice::<StoredManifest<EventsByPlace>>(bytes)?.into()),
        _ => Ok(serde_json::from_slice::<StoredManifest<EventsByName>>(bytes)?.into()),
    }
}

impl<E> From<StoredManifest<E>> for Manifest
where
    guanxi_models::history::EventWeights: From<E>,
{
    fn from(stored: StoredManifest<E>) -> Self {
        let StoredManifest { version, watermark, created, shapes, metrics, params, files, .. } =
            stored;
        Self {
            version,
            watermark,
            created,
            shapes: shapes.into(),
            metrics,
            params: params.into(),
            files: files.into_iter().map(FileSum::from).collect(),
        }
    }
}

impl From<Shapes> for StoredShapes {
    fn from(shapes: Shapes) -> Self {
        let Shapes { users, items, interactions, friendships, dim } = shapes;
        Self { users, items, interactions, friendships, dim }
    }
}

impl From<StoredShapes> for Shapes {
    fn from(stored: StoredShapes) -> Self {
        let StoredShapes { users, items, interactions, friendships, dim } = stored;
        Self { users, items, interactions, friendships, dim }
    }
}

impl From<&FileSum> for StoredFile {
    fn from(file: &FileSum) -> Self {
        let checksum = match &file.checksum {
            Checksum::Xxh3(sum) => StoredChecksum::Xxh3(sum.clone()),
            Checksum::Sha256(sum) => StoredChecksum::Sha256(sum.clone()),
        };
        Self { name: file.name.clone(), bytes: file.bytes, checksum }
    }
}

impl From<StoredFile> for FileSum {
    fn from(stored: StoredFile) -> Self {
        let checksum = match stored.checksum {
            StoredChecksum::Xxh3(sum) => Checksum::Xxh3(sum),
            StoredChecksum::Sha256(sum) => Checksum::Sha256(sum),
        };
        Self { name: stored.name, bytes: stored.bytes, checksum }
    }
}

#[cfg(test)]
mod tests {
    use guanxi_models::EventType;
    use guanxi_models::history::EventWeights;
    use guanxi_models::params::{Blend, FoldIn, Params};

    use super::*;
    use crate::system::format::assert_golden;

    const FORMATS: [(u32, &[u8]); 3] = [
        (1, include_bytes!("../../../tests/formats/golden/model/1/manifest.json")),
        (2, include_bytes!("../../../tests/formats/golden/model/2/manifest.json")),
        (3, include_bytes!("../../../tests/formats/golden/model/3/manifest.json")),
    ];

    /// The manifest that the golden bytes hold, but for the checksum of its file.
    fn manifest(checksum: Checksum) -> Manifest {
        let mut events =
            EventWeights { half_life_days: Some(90.0), cap: 8.0, ..EventWeights::default() };
        events.by_type[EventType::Cart as usize] = 0.25;
        let fold_in = FoldIn {
            spectrum: vec![0.5, 0.1],
            ridge: 0.02,
            unobserved: 1.5,
            ridge_exponent: 1.0,
            friend_strength: 0.3,
            friend_shrinkage: 4.0,
            mean: vec![0.25, -0.125],
        };
        let blend = Blend {
            embedding: 2.0,
            list: 1.0,
            friends: 0.5,
            popularity: 0.125,
            second_hop: 0.0625,
        };
        Manifest {
            version: "20261130T164145Z-5742".to_owned(),
            watermark: 5742,
            created: "2026-11-30T16:41:45Z".to_owned(),
            shapes: Shapes {
                users: 150,
                items: 100,
                interactions: 1708,
                friendships: 1706,
                dim: 2,
            },
            metrics: BTreeMap::from([("ndcg@10".to_owned(), 0.188_887_272_212_348_6)]),
            params: Params { events, reference: 1_795_962_952_430, fold_in, blend, recency: 0.75 },
            files: vec![FileSum { name: "users.arrow".to_owned(), bytes: 96_586, checksum }],
        }
    }

    fn xxh3() -> Checksum {
        Checksum::Xxh3("0123456789abcdef0123456789abcdef".to_owned())
    }

    /// Encodes without types of events that are newer than the golden bytes: a new type is no new
    /// shape.
    fn written() -> Vec<u8> {
        let mut stored: StoredManifest<EventsByName> =
            serde_json::from_slice(&encode(&manifest(xxh3()))).unwrap();
        stored.params.events.weights.retain(|name, _| events::PLACES.contains(&name.as_str()));
        serde_json::to_vec_pretty(&stored).unwrap()
    }

    #[test]
    fn a_manifest_is_written_as_its_golden_bytes() {
        assert_golden("model", FORMAT, &written(), FORMATS[2].1);
    }

    #[test]
    fn every_format_of_a_manifest_is_read() {
        let [first, second, third] = FORMATS.map(|(_, bytes)| decode(bytes).unwrap());
        assert_eq!(third, manifest(xxh3()));
        assert_eq!(second, manifest(xxh3()));
        let mut older = manifest(Checksum::Sha256("00".repeat(32)));
        (older.params.recency, older.params.blend.popularity) = (0.0, 0.0);
        older.params.blend.second_hop = 0.0;
        assert_eq!(first, older);
    }

    #[test]
    fn a_later_format_is_told_as_one() {
        let later = decode(br#"{"format":4,"of":"tomorrow"}"#).unwrap_err();
        assert_eq!(later, FormatError::Later { found: 4, known: FORMAT });
    }
}
