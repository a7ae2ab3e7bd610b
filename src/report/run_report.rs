//! The report of a training run, as stored in `report.json`.

use std::collections::BTreeMap;

use guanxi_training::report::Report;
use serde::{Deserialize, Serialize};

use super::Verdict;

/// The results of a training run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// The metrics of the served lists, by their common names.
    pub metrics: BTreeMap<String, f64>,
    /// The report of the training.
    pub report: Report,
    /// The cost of each stage, in order.
    pub stages: Vec<StageCost>,
    /// How each embedding was trained, in their order.
    #[serde(default)]
    pub losses: Vec<LossCurve>,
    /// The verdict of `--publish-if`; none without that option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Verdict>,
}

/// The cost of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    /// The stage.
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// The peak memory of the process during the stage, in bytes; 0 if the system doesn't report
    /// it.
    pub peak_bytes: u64,
}

/// The loss and the held-out score of one embedding by sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossCurve {
    /// The dimension of the embedding.
    pub dim: usize,
    /// `a0`: the confidence of a user in an unobserved item.
    pub unobserved_weight: f32,
    /// The ridge of a user of mean activity.
    pub mean_ridge: f32,
    /// The loss after each sweep.
    pub losses: Vec<f64>,
    /// The mean NDCG@20 of some held-out rows after each sweep, by the embedding alone. Empty if
    /// nothing was held out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out: Vec<Option<f64>>,
}

impl std::fmt::Display for StageCost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = self.peak_bytes / (1 << 20);
        write!(f, "{:<28} {:>8.2} s {mib:>6} MiB", self.stage, self.seconds)
    }
}
