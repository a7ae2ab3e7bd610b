//! Parses times: RFC 3339, dates, Unix seconds, Unix milliseconds.

use guanxi_models::Millis;

use super::limits::FUTURE_MILLIS;

/// Integers below this are seconds (until the year 5138), others milliseconds (since 1973).
const FIRST_MILLIS: i128 = 100_000_000_000;

/// Reads a number as Unix seconds or milliseconds, by its size.
pub(super) fn from_number(number: i128) -> Option<Millis> {
    let millis = if number.abs() < FIRST_MILLIS { number * 1000 } else { number };
    Millis::try_from(millis).ok()
}

/// Reads an RFC 3339 time.
pub(super) fn from_rfc3339(text: &str) -> Option<Millis> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// Reads a date or a date and time without a zone as UTC.
pub(super) fn from_civil(text: &str) -> Option<Millis> {
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// The reason why a time is invalid; none if it is valid.
pub(super) fn objection(time: Millis, now: Millis) -> Option<String> {
    if time < 0 {
        return Some("lies before 1970: send the time of the event, or leave it out".to_owned());
    }
    let ahead = time.saturating_sub(now);
    if ahead <= FUTURE_MILLIS {
        return None;
    }
    let days = ahead / FUTURE_MILLIS;
    let unit = if days == 1 { "day" } else { "days" };
    Some(format!(
        "lies more than {days} {unit} in the future: check the sender's clock and the unit (Unix seconds or milliseconds)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_seconds_or_milliseconds_by_their_size() {
        assert_eq!(from_number(1_700_000_000), Some(1_700_000_000_000));
        assert_eq!(from_number(1_700_000_000_123), Some(1_700_000_000_123));
        assert_eq!(from_number(99_999_999_999), Some(99_999_999_999_000));
        assert_eq!(from_number(100_000_000_000), Some(100_000_000_000));
        assert_eq!(from_number(i128::MAX), None);
    }

    #[test]
    fn texts_are_read_with_and_without_a_zone() {
        assert_eq!(from_rfc3339("2023-11-14T22:13:20Z"), Some(1_700_000_000_000));
        assert_eq!(from_rfc3339("2023-11-15T06:13:20.5+08:00"), Some(1_700_000_000_500));
        assert_eq!(from_rfc3339("2023-11-14"), None);
        assert_eq!(from_civil("2023-11-14 22:13:20"), Some(1_700_000_000_000));
        assert_eq!(from_civil("1970-01-02"), Some(86_400_000));
        assert_eq!(from_civil("yesterday"), None);
    }

    #[test]
    fn a_day_ahead_is_fine_and_more_is_not() {
        assert_eq!(objection(FUTURE_MILLIS, 0), None);
        assert!(objection(FUTURE_MILLIS + 1, 0).is_some_and(|text| text.contains("1 day in")));
        assert!(objection(3 * FUTURE_MILLIS, 0).is_some_and(|text| text.contains("3 days in")));
        assert!(objection(-1, 0).is_some_and(|text| text.contains("before 1970")));
    }
}
