//! The verdict of `--publish-if` on a model.

use std::fmt;

use guanxi_training::judge::bootstrap::Interval;
use serde::{Deserialize, Serialize};

/// The result of a condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The condition, as it was written.
    pub condition: String,
    /// The serving model used as the baseline; `None` without one.
    pub current: Option<String>,
    /// The result of each bound.
    pub bounds: Vec<Judged>,
}

/// The result of one bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The metric.
    pub metric: String,
    /// The new model's figure.
    pub new: f64,
    /// The current model's figure; `None` if there is no model.
    pub current: Option<f64>,
    /// The improvement of the new model over the current one.
    pub difference: Option<Interval>,
    /// The limit; `None` if it depends on a current model that doesn't exist.
    pub limit: Option<f64>,
    /// True if the bound holds.
    pub holds: bool,
}

impl Verdict {
    /// True if every bound holds.
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
