//! The stored form of `run.json`.
//!
//! | format | differs |
//! |---|---|
//! | 2 | names its format |
//! | 1 | names none |

use guanxi_training::recipe::Trial;
use serde::{Deserialize, Serialize};

use super::checkpoints::Run;
use crate::system::format::{FormatError, json_format};

/// The current format.
const FORMAT: u32 = 2;

#[derive(Serialize, Deserialize)]
struct StoredRun {
    #[serde(default)]
    format: u32,
    guanxi: String,
    given: String,
    tune: Option<usize>,
    watermark: u64,
    data: u64,
    recipe: String,
    trials: Vec<StoredTrial>,
}

#[derive(Serialize, Deserialize)]
struct StoredTrial {
    key: String,
    value: String,
    ndcg: f64,
    recall: f64,
    kept: bool,
}

pub(super) fn encode(run: &Run) -> Vec<u8> {
    let Run { guanxi, given, tune, watermark, data, recipe, trials } = run.clone();
    let trials = trials.into_iter().map(StoredTrial::from).collect();
    let stored = StoredRun { format: FORMAT, guanxi, given, tune, watermark, data, recipe, trials };
    serde_json::to_vec_pretty(&stored).expect("a run is plain data")
}

pub(super) fn decode(bytes: &[u8]) -> Result<Run, FormatError> {
    json_format(bytes, Some(1), FORMAT)?;
    let StoredRun { guanxi, given, tune, watermark, data, recipe, trials, .. } =
        serde_json::from_slice(bytes)?;
    let trials = trials.into_iter().map(Trial::from).collect();
    Ok(Run { guanxi, given, tune, watermark, data, recipe, trials })
}

impl From<Trial> for StoredTrial {
    fn from(trial: Trial) -> Self {
        let Trial { key, value, ndcg, recall, kept } = trial;
        Self { key, value, ndcg, recall, kept }
    }
}

impl From<StoredTrial> for Trial {
    fn from(stored: StoredTrial) -> Self {
        let StoredTrial { key, value, ndcg, recall, kept } = stored;
        Self { key, value, ndcg, recall, kept }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::format::assert_golden;

    const FORMATS: [(u32, &[u8]); 2] = [
        (1, include_bytes!("../../tests/formats/golden/run/1/run.json")),
        (2, include_bytes!("../../tests/formats/golden/run/2/run.json")),
    ];

    fn run() -> Run {
        let kept = Trial {
            key: "embedding.dim".to_owned(),
            value: "96".to_owned(),
            ndcg: 0.25,
            recall: 0.5,
            kept: true,
        };
        Run {
            guanxi: "0.1.0".to_owned(),
            given: "seed = 1\n".to_owned(),
            tune: Some(8),
            watermark: 5742,
            data: u64::MAX,
            recipe: "seed = 1\n[embedding]\ndim = 96\n".to_owned(),
            trials: vec![kept],
        }
    }

    #[test]
    fn a_run_is_written_as_its_golden_bytes() {
        assert_golden("run", FORMAT, &encode(&run()), FORMATS[1].1);
    }

    #[test]
    fn every_format_of_a_run_is_read() {
        for (format, bytes) in FORMATS {
            assert_eq!(decode(bytes), Ok(run()), "format {format}");
        }
    }
}
