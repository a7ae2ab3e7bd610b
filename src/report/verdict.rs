//! The verdict of `--publish-if` on a model.

use std::fmt;

use guanxi_training::judge::bootstrap::Interval;
use serde::{Deserialize, Serialize};

/// What the figures say about a condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The condition as it was written.
    pub condition: String,
    /// The model that served, beside which the new one was held; none where there was none.
    pub current: Option<String>,
    /// What each bound says.
    pub bounds: Vec<Judged>,
}

/// What the figures say about one bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The metric.
    pub metric: String,
    /// The new model's figure.
    pub new: f64,
    /// The current model's; none where there is no model.
    pub current: Option<f64>,
    /// What the new one is better by.
    pub difference: Option<Interval>,
    /// What is to be reached; none where there is no current model to follow from.
    pub limit: Option<f64>,
    /// Whether it is reached.
    pub holds: bool,
}

impl Verdict {
    /// Whether every bound holds.
    pub fn holds(&self) -> bool {
        self.bounds.iter().all(|bound| bound.holds)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "publish if `{}`", self.condition)?;
        match &self.current {
            Some(version) => write!(f, ", beside model {version} refitted on the same rows")?,
            None => write!(f, ", beside no current model")?,
        }
        self.bounds.iter().try_for_each(|bound| write!(f, "\n  {bound}"))
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, new, current, difference, limit, holds } = self;
        write!(f, "{metric} {new:.4}")?;
        if let (Some(current), Some(Interval { mean, low, high })) = (current, difference) {
            write!(f, ", current {current:.4} ({mean:+.4}, 95 % of {low:+.4} to {high:+.4})")?;
        }
        match limit {
            Some(limit) if *holds => write!(f, ": reaches {limit:.4}"),
            Some(limit) => write!(f, ": below {limit:.4}"),
            None => write!(f, ": nothing to reach yet"),
        }
    }
}
