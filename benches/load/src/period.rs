//! Durations on the command line.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// Parses a duration like `5s`, `250ms` or `1m 30s`. Never negative.
pub(crate) fn period(text: &str) -> Result<Duration, String> {
    let way_out = || format!("`{text}` is not a length of time: write it like `5s` or `250ms`");
    let signed = SignedDuration::from_str(text).map_err(|_| way_out())?;
    Duration::try_from(signed).map_err(|_| way_out())
}

/// Writes a duration as [`period`] reads it.
pub(crate) fn written(period: Duration) -> String {
    match SignedDuration::try_from(period) {
        Ok(signed) => format!("{signed:#}"),
        Err(_) => format!("{}s", period.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_written_alike() {
        for text in ["5s", "250ms", "1m 30s"] {
            let read = period(text).unwrap();
            assert_eq!(period(&written(read)), Ok(read));
        }
        assert_eq!(period("1m 30s"), Ok(Duration::from_secs(90)));
    }

    #[test]
    fn negative_and_bare_numbers_are_refused() {
        for text in ["-5s", "5", "", "soon"] {
            assert!(period(text).unwrap_err().contains("`5s`"), "{text}");
        }
    }
}
