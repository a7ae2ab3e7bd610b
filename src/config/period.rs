//! A length of time as people write it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time, written like `5s`, `250ms`, `1m 30s` or `90d`. Never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

impl Period {
    /// A duration of whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let way_out = || format!("`{text}` is not a length of time: write it like `5s` or `250ms`");
        if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()) {
            return Ok(Self(Duration::from_hours(24 * u64::from(days))));
        }
        let signed = SignedDuration::from_str(text).map_err(|_| way_out())?;
        Duration::try_from(signed).map(Self).map_err(|_| way_out())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(signed) => write!(f, "{signed:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_written_alike() {
        for (text, millis) in [("5s", 5_000), ("250ms", 250), ("1m 30s", 90_000)] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.0.as_millis(), millis);
            assert_eq!(period.to_string().parse(), Ok(period));
        }
    }

    #[test]
    fn negative_and_bare_numbers_are_refused() {
        for text in ["-5s", "5", "", "soon"] {
            assert!(text.parse::<Period>().unwrap_err().contains("`5s`"), "{text}");
        }
    }
}
