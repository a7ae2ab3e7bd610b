//! Rows as Arrow columns, and back.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, Float64Array, Int64Array, PrimitiveArray, RecordBatch,
    StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Field, Float32Type, Float64Type, Int64Type, Schema, SchemaRef,
    TimeUnit, TimestampMillisecondType,
};
use guanxi_models::{Details, Millis, Offset, Record};

use super::manifest::SCHEMA_VERSION;
use super::row::Row;

/// The metadata key of the schema version, in Parquet and Arrow alike.
pub(super) const VERSION_KEY: &str = "guanxi.schema_version";

/// The columns that a lake of schema version 1 has: the first so many of today's.
const COLUMNS_OF_VERSION_1: usize = 20;

/// The columns of a lake. Only `offset` and `kind` are never null.
///
/// | column | type | of which records |
/// |---|---|---|
/// | `offset` | int64 | all: the place in the log, from 1 without gaps |
/// | `kind` | text | all: `event`, `item`, `item_deleted`, `user`, `user_deleted`, `relation`, `relation_deleted` |
/// | `event_id` | text | events |
/// | `user` | text | events, users, deleted users |
/// | `item` | text | events, items, deleted items |
/// | `type` | text | events: `view`, `purchase`, ... |
/// | `ts` | timestamp in milliseconds, UTC | events whose time is known |
/// | `weight` | float32 | events |
/// | `quantity` | int64 | events |
/// | `price`, `currency` | float64, text | events that have them |
/// | `circle`, `session`, `recommendation_id`, `sharer` | text | events that have them |
/// | `visibility` | text | events that differ from their user: `friends`, `private` |
/// | `relation_from`, `relation_kind`, `relation_to` | text | relations and deleted relations |
/// | `body` | text, JSON | items and users: everything that is known of them |
/// | `channel` | text | events that have one |
/// | `order`, `group`, `discount`, `offer` | text, `discount` float64 | purchases and refunds that have them; openings and joins have a `group` |
/// | `shared_with` | text | shares that have one |
/// | `relation_since` | timestamp in milliseconds, UTC | relations and deleted relations that have one |
///
/// Tables of schema version 1 end with `body`. They are read as if the columns behind it were null.
pub fn schema() -> SchemaRef {
    let time = |name: &str| {
        let utc = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        Field::new(name, utc, true)
    };
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let fields = vec![
        Field::new("offset", DataType::Int64, false),
        Field::new("kind", DataType::Utf8, false),
        text("event_id"),
        text("user"),
        text("item"),
        text("type"),
        time("ts"),
        Field::new("weight", DataType::Float32, true),
        Field::new("quantity", DataType::Int64, true),
        Field::new("price", DataType::Float64, true),
        text("currency"),
        text("circle"),
        text("session"),
        text("recommendation_id"),
        text("sharer"),
        text("visibility"),
        text("relation_from"),
        text("relation_kind"),
        text("relation_to"),
        text("body"),
        text("channel"),
        text("order"),
        text("group"),
        Field::new("discount", DataType::Float64, true),
        text("offer"),
        text("shared_with"),
        time("relation_since"),
    ];
    let version = (VERSION_KEY.to_owned(), SCHEMA_VERSION.to_string());
    Arc::new(Schema::new_with_metadata(fields, HashMap::from([version])))
}

/// The table of some records.
pub(super) fn batch(records: &[(Offset, Record)]) -> RecordBatch {
    let rows: Vec<Row<'_>> = records.iter().map(|(_, record)| Row::of(record)).collect();
    let offsets: Int64Array = records.iter().map(|(offset, _)| offset.0 as i64).collect();
    let kinds = StringArray::from_iter_values(rows.iter().map(|row| row.kind));
    let times = |of: fn(&Row<'_>) -> Option<Millis>| {
        let times: TimestampMillisecondArray = rows.iter().map(of).collect();
        Arc::new(times.with_timezone("UTC"))
    };
    let weights: Float32Array = rows.iter().map(|row| row.weight).collect();
    let quantities: Int64Array = rows.iter().map(|row| row.quantity).collect();
    let prices: Float64Array = rows.iter().map(|row| row.price).collect();
    let discounts: Float64Array = rows.iter().map(|row| row.details.discount).collect();
    let columns = vec![
        Arc::new(offsets) as ArrayRef,
        Arc::new(kinds),
        texts(&rows, |row| row.event_id),
        texts(&rows, |row| row.user),
        texts(&rows, |row| row.item),
        texts(&rows, |row| row.event_type),
        times(|row| row.ts),
        Arc::new(weights),
        Arc::new(quantities),
        Arc::new(prices),
        texts(&rows, |row| row.currency),
        texts(&rows, |row| row.circle),
        texts(&rows, |row| row.session),
        texts(&rows, |row| row.recommendation_id),
        texts(&rows, |row| row.sharer),
        texts(&rows, |row| row.visibility),
        texts(&rows, |row| row.relation_from),
        texts(&rows, |row| row.relation_kind),
        texts(&rows, |row| row.relation_to),
        texts(&rows, |row| row.body.as_deref()),
        texts(&rows, |row| row.channel),
        texts(&rows, |row| row.details.order),
        texts(&rows, |row| row.details.group),
        Arc::new(discounts),
        texts(&rows, |row| row.details.offer),
        texts(&rows, |row| row.details.shared_with),
        times(|row| row.relation_since),
    ];
    RecordBatch::try_new(schema(), columns).expect("the columns are those of the schema")
}

fn texts<'a>(rows: &'a [Row<'a>], of: impl Fn(&'a Row<'a>) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<StringArray>())
}

/// A table that was read, of which every column is known to be there and of the right type.
#[derive(Debug)]
pub(super) struct Columns(RecordBatch);

impl Columns {
    /// Takes a table that has the schema of a lake of any version, or says what differs.
    pub(super) fn new(batch: RecordBatch) -> Result<Self, String> {
        let (found, expected) = (batch.schema(), schema());
        let (found, expected) = (found.fields(), expected.fields());
        if found != expected && found[..] != expected[..COLUMNS_OF_VERSION_1] {
            return Err("has other columns than a lake".to_owned());
        }
        Ok(Self(batch))
    }

    pub(super) fn rows(&self) -> usize {
        self.0.num_rows()
    }

    pub(super) fn offset(&self, row: usize) -> Offset {
        Offset(self.number::<Int64Type>("offset", row).unwrap_or(0) as u64)
    }

    /// The record of a row, or what is wrong with it.
    pub(super) fn record(&self, row: usize) -> Result<Record, String> {
        let row = Row {
            kind: self.text("kind", row).unwrap_or_default(),
            event_id: self.text("event_id", row),
            user: self.text("user", row),
            item: self.text("item", row),
            event_type: self.text("type", row),
            ts: self.number::<TimestampMillisecondType>("ts", row),
            weight: self.number::<Float32Type>("weight", row),
            quantity: self.number::<Int64Type>("quantity", row),
            price: self.number::<Float64Type>("price", row),
            currency: self.text("currency", row),
            circle: self.text("circle", row),
            session: self.text("session", row),
            channel: self.text("channel", row),
            details: self.details(row),
            recommendation_id: self.text("recommendation_id", row),
            sharer: self.text("sharer", row),
            visibility: self.text("visibility", row),
            relation_from: self.text("relation_from", row),
            relation_kind: self.text("relation_kind", row),
            relation_to: self.text("relation_to", row),
            relation_since: self.number::<TimestampMillisecondType>("relation_since", row),
            body: self.text("body", row).map(Into::into),
        };
        row.record()
    }

    fn details(&self, row: usize) -> Details<'_> {
        Details {
            order: self.text("order", row),
            group: self.text("group", row),
            discount: self.number::<Float64Type>("discount", row),
            offer: self.text("offer", row),
            shared_with: self.text("shared_with", row),
        }
    }

    fn text(&self, name: &str, row: usize) -> Option<&str> {
        let column = self.column(name)?.as_string::<i32>();
        column.is_valid(row).then(|| column.value(row))
    }

    fn number<T: ArrowPrimitiveType>(&self, name: &str, row: usize) -> Option<T::Native> {
        let column: &PrimitiveArray<T> = self.column(name)?.as_primitive();
        column.is_valid(row).then(|| column.value(row))
    }

    /// The column of this name; none of those that came after the table was written.
    fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.0.column_by_name(name)
    }
}

#[cfg(test)]
mod tests {
    use guanxi_models::{Event, EventType};

    use super::*;

    #[test]
    fn a_table_of_version_1_is_read_as_if_what_came_later_were_null() {
        let event = Event { price: Some(2.5), ..Event::new("e", "u", "i", EventType::Cart, 7) };
        let records = [(Offset(1), Record::Event(event))];
        let today = batch(&records);
        let columns: Vec<usize> = (0..COLUMNS_OF_VERSION_1).collect();
        let old = Columns::new(today.project(&columns).unwrap()).unwrap();
        assert_eq!(old.record(0).as_ref(), Ok(&records[0].1));
        assert!(Columns::new(today.project(&columns[1..]).unwrap()).is_err());
        assert!(Columns::new(today.project(&[&columns[..], &[20]].concat()).unwrap()).is_err());
    }
}
