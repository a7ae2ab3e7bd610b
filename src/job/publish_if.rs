//! `--publish-if`: the condition that a model must meet to be published.
//!
//! ```text
//! condition = bound { ("and" | ",") bound }
//! bound     = metric (">=" | ">") (number | [number "*"] "current" | "current" "*" number)
//! ```

use std::str::FromStr;

use guanxi_training::fit::rival::Match;
use guanxi_training::judge::bootstrap::Interval;
use guanxi_training::judge::figures::{Figures, NAMES};

use crate::report::{Judged, Verdict};

/// A conjunction of bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    text: String,
    bounds: Vec<Bound>,
}

#[derive(Clone, Debug, PartialEq)]
struct Bound {
    metric: &'static str,
    /// True if equality suffices.
    or_equal: bool,
    /// The limit, or the factor of the current model's figure.
    number: f64,
    of_current: bool,
}

/// The reason why a text is not a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// A bound has no comparison.
    #[error("`{bound}` is not a comparison: write for example `ndcg@20 >= 0.98*current`")]
    NoComparison {
        /// The bound.
        bound: String,
    },
    /// The comparison would demand a worse model.
    #[error("`{bound}` asks for a worse model: compare by `>=` or `>`")]
    Upside {
        /// The bound.
        bound: String,
    },
    /// The metric is unknown.
    #[error("there is no metric `{name}`: use {}", NAMES.map(|name| format!("`{name}`")).join(", "))]
    UnknownMetric {
        /// Its name.
        name: String,
    },
    /// The limit can't be parsed.
    #[error(
        "`{limit}` is no limit: write a number, `current`, or a product of both such as `0.98*current`"
    )]
    Limit {
        /// The text of the limit.
        limit: String,
    },
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let commas = text.split_whitespace().map(|word| if word == "and" { "," } else { word });
        let commas = commas.collect::<Vec<_>>().join(" ");
        let bounds = commas.split(',').map(|bound| bound.trim().parse());
        Ok(Self { text: text.trim().to_owned(), bounds: bounds.collect::<Result<_, _>>()? })
    }
}

impl FromStr for Bound {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let bound = || text.to_owned();
        if text.contains(['<', '!']) {
            return Err(ConditionError::Upside { bound: bound() });
        }
        let (name, limit) =
            text.split_once('>').ok_or_else(|| ConditionError::NoComparison { bound: bound() })?;
        let name = name.trim();
        let metric = NAMES
            .into_iter()
            .find(|known| *known == name)
            .ok_or_else(|| ConditionError::UnknownMetric { name: name.to_owned() })?;
        let (or_equal, limit) = match limit.strip_prefix('=') {
            Some(limit) => (true, limit.trim()),
            None => (false, limit.trim()),
        };
        let (number, of_current) =
            parse_limit(limit).ok_or_else(|| ConditionError::Limit { limit: limit.to_owned() })?;
        Ok(Self { metric, or_equal, number, of_current })
    }
}

/// Parses a limit: a number, and true if it is a factor of the current model's figure.
fn parse_limit(text: &str) -> Option<(f64, bool)> {
    let factors: Vec<&str> = text.split('*').map(str::trim).collect();
    let number =
        |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    match factors[..] {
        ["current"] => Some((1.0, true)),
        [one] => Some((number(one)?, false)),
        ["current", factor] | [factor, "current"] => Some((number(factor)?, true)),
        _ => None,
    }
}

impl Condition {
    /// True if a bound refers to the current model.
    pub fn is_about_current(&self) -> bool {
        self.bounds.iter().any(|bound| bound.of_current)
    }

    /// Judges a new model. Bounds relative to a current model hold if there is none.
    pub fn judge(&self, new: &Figures<Interval>, current: Option<(&str, &Match)>) -> Verdict {
        let found = current.map(|(_, found)| found);
        Verdict {
            condition: self.text.clone(),
            current: current.map(|(version, _)| version.to_owned()),
            bounds: self.bounds.iter().map(|bound| bound.judge(new, found)).collect(),
        }
    }
}

impl Bound {
    fn judge(&self, new: &Figures<Interval>, found: Option<&Match>) -> Judged {
        let of = |figures: &Figures<Interval>| {
            figures.get(self.metric).expect("a parsed metric is one of the figures")
        };
        let new = of(new).mean;
        let current = found.map(|found| of(&found.other).mean);
        let limit = if self.of_current {
            current.map(|current| self.number * current)
        } else {
            Some(self.number)
        };
        let reaches = |limit: f64| new > limit || (self.or_equal && new >= limit);
        Judged {
            metric: self.metric.to_owned(),
            new,
            current,
            difference: found.map(|found| of(&found.difference)),
            limit,
            holds: limit.is_none_or(reaches),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Condition, ConditionError> {
        text.parse()
    }

    fn figures(mean: f64) -> Figures<Interval> {
        Figures::from_fn(|_| Interval { mean, low: mean, high: mean })
    }

    fn verdict(text: &str, new: f64, current: f64) -> Verdict {
        let found = Match { other: figures(current), ..Match::default() };
        parse(text).unwrap().judge(&figures(new), Some(("m", &found)))
    }

    #[test]
    fn a_model_is_held_against_the_current_one() {
        assert!(verdict("ndcg@20 >= 0.98*current", 0.0981, 0.1).holds());
        assert!(!verdict("ndcg@20 >= 0.98*current", 0.0979, 0.1).holds());
        assert!(!verdict("ndcg@20>current", 0.1, 0.1).holds());
        assert!(verdict("ndcg@20 >= current * 1", 0.1, 0.1).holds());
    }

    #[test]
    fn all_bounds_must_hold() {
        for text in ["recall@10 >= 0.05 and ndcg@10 >= 0.2", "recall@10>=0.05,ndcg@10>=0.2"] {
            let verdict = verdict(text, 0.1, 0.1);
            assert_eq!(verdict.bounds.iter().map(|b| b.holds).collect::<Vec<_>>(), [true, false]);
            assert!(!verdict.holds());
        }
    }

    #[test]
    fn without_a_current_model_only_numbers_bind() {
        let judge = |text: &str| parse(text).unwrap().judge(&figures(0.1), None);
        assert!(judge("ndcg@20 >= 2*current").holds());
        assert!(!judge("ndcg@20 >= 2*current and ndcg@20 >= 0.2").holds());
        assert!(judge("ndcg@20 >= current").to_string().contains("no current model"));
    }

    #[test]
    fn a_refusal_tells_both_figures_the_bound_and_the_interval() {
        let text = verdict("ndcg@20 >= 0.98*current", 0.05, 0.1).to_string();
        assert!(text.contains("0.0500, current 0.1000") && text.contains("below 0.0980"), "{text}");
    }

    #[test]
    fn what_is_wrong_is_named_with_the_way_out() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert!(message("mrr@20 >= 1").contains("`mrr@20`: use `recall@10`, `ndcg@10`"));
        assert!(message("ndcg@20").contains("is not a comparison"));
        assert!(message("").contains("is not a comparison"));
        assert!(message("ndcg@20 <= current").contains("worse model"));
        for limit in ["best", "0.9*0.8", "-1", "nan", "", "0.9current"] {
            let message = message(&format!("ndcg@20 >= {limit}"));
            assert!(message.contains(&format!("`{limit}` is no limit")), "{message}");
        }
    }
}
