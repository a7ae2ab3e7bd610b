//! The day that a record belongs to.

use std::fmt;

use guanxi_models::Record;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz;

/// A UTC day, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(Option<Date>);

impl Day {
    pub(super) fn of(record: &Record) -> Self {
        let Record::Event(event) = record else { return Self(None) };
        let known = Some(event.ts).filter(|&ts| ts > 0);
        let time = known.and_then(|ts| Timestamp::from_millisecond(ts).ok());
        Self(time.map(|time| tz::Offset::UTC.to_datetime(time).date()))
    }
}

/// The name of the day's folder, as Hive partitions are named.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(date) => write!(f, "day={date}"),
            None => f.write_str("day=unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use guanxi_models::{Event, EventType, Item, Millis};

    use super::*;

    fn folder(ts: Millis) -> String {
        Day::of(&Record::Event(Event::new("e", "u", "i", EventType::View, ts))).to_string()
    }

    #[test]
    fn an_event_belongs_to_its_utc_day() {
        assert_eq!(folder(1), "day=1970-01-01");
        assert_eq!(folder(1_772_323_199_999), "day=2026-02-28");
        assert_eq!(folder(1_772_323_200_000), "day=2026-03-01");
    }

    #[test]
    fn what_has_no_day_is_unknown() {
        for ts in [0, -1, i64::MIN, i64::MAX] {
            assert_eq!(folder(ts), "day=unknown");
        }
        assert_eq!(Day::of(&Record::Item(Item::bare("i"))).to_string(), "day=unknown");
    }
}
