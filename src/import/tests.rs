//! Files of every format give the same records, and bad ones a clear answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float32Array, Int64Array, ListBuilder, RecordBatch,
    StringArray, StringBuilder, TimestampMicrosecondArray,
};
use guanxi_models::{Attribute, Event, EventType, Item, Place, RelationKind};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const NOW: i64 = 1_800_000_000_000;

fn file(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    (dir, path)
}

fn parquet_file(columns: Vec<(&str, ArrayRef)>) -> (TempDir, PathBuf) {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    file("f.parquet", writer.into_inner().unwrap())
}

fn numbers(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn events_of(path: &Path, mapping: &Mapping) -> Vec<Event> {
    read_interactions(path, mapping).unwrap().map(Result::unwrap).collect()
}

fn items_of(path: &Path) -> Vec<Item> {
    read_items(path, &Mapping::new(NOW)).unwrap().map(Result::unwrap).collect()
}

/// The refused rows and their reasons.
fn problems<T: std::fmt::Debug>(rows: Rows<T>) -> Vec<String> {
    rows.filter_map(Result::err).map(|error| error.to_string()).collect()
}

#[test]
fn every_format_gives_the_same_events() {
    let csv = file("f.csv", "user,item,event,ts,weight\n1,10,view,1700000000,2.5\n2,20,,,\n");
    let lines = file(
        "f.ndjson",
        "{\"user\":1,\"item\":10,\"event\":\"view\",\"ts\":1700000000,\"weight\":2.5}\n{\"user\":\"2\",\"item\":\"20\"}",
    );
    let parquet = parquet_file(vec![
        ("user", numbers(&[1, 2])),
        ("item", numbers(&[10, 20])),
        ("event", texts(&[Some("view"), None])),
        ("ts", Arc::new(Int64Array::from(vec![Some(1_700_000_000), None]))),
        ("weight", Arc::new(Float32Array::from(vec![Some(2.5), None]))),
    ]);
    let mut first = Event::new("", "1", "10", EventType::View, 1_700_000_000_000);
    first.weight = 2.5;
    let expected = [first, Event::new("", "2", "20", EventType::Purchase, 0)];
    for (_dir, path) in [csv, lines, parquet] {
        let mut events = events_of(&path, &Mapping::new(NOW));
        for event in &mut events {
            event.event_id.clear();
        }
        assert_eq!(events, expected, "{}", path.display());
    }
}

#[test]
fn event_ids_come_from_the_content_and_the_row() {
    let ids = |content: &str| -> Vec<String> {
        let (_dir, path) = file("f.csv", content);
        events_of(&path, &Mapping::new(NOW)).into_iter().map(|event| event.event_id).collect()
    };
    let once = ids("user,item\nu,i\nu,i\n");
    assert_eq!(ids("user,item\nu,i\nu,i\n"), once);
    assert_ne!(once[0], once[1]);
    assert_ne!(ids("user,item\nu,i\nu,j\n")[0], once[0]);
    assert_eq!(ids("user,item,event_id\nu,i,e7\n"), ["e7"]);
}

#[test]
fn csv_may_have_a_mark_quotes_and_carriage_returns() {
    let (_dir, path) = file(
        "f.csv",
        "\u{feff}item,name,tags,size,code,new\r\n\"a,\"\"1\",\"two\nlines? no\",red|wide,42,007,true\r\nb,,,,,\r\n",
    );
    let rows: Vec<_> = read_items(&path, &Mapping::new(NOW)).unwrap().collect();
    assert!(rows[0].as_ref().unwrap_err().to_string().contains("U+000A"));
    assert_eq!(*rows[1].as_ref().unwrap(), Item::bare("b"));
    let (_dir, path) = file(
        "f.csv",
        "\u{feff}item,name,tags,size,code,new\r\n\"a,\"\"1\",N,red|wide,42,007,true\r\n",
    );
    let item = items_of(&path).remove(0);
    assert_eq!((item.id.as_str(), item.tags), ("a,\"1", vec!["red".to_owned(), "wide".to_owned()]));
    assert_eq!(item.attributes["size"], Attribute::Number(42.0));
    assert_eq!(item.attributes["code"], Attribute::Text("007".to_owned()));
    assert_eq!(item.attributes["new"], Attribute::Flag(true));
}

#[test]
fn bad_csv_rows_are_named_and_the_others_are_read() {
    let (_dir, path) = file(
        "f.csv",
        b"user,item,event,ts,weight\nu,i,view,1,1\nu,i\nu,,view,1,1\nu,i,gaze,1,1\nu,i,view,-5,1\nu,i,view,1,nan\n\xff,i,view,1,1\nu,i,view,1,0\nu,i,view,9e11,1,1\nv,j,like,2,1\n",
    );
    let mapping = Mapping::new(NOW);
    let rows: Vec<_> = read_interactions(&path, &mapping).unwrap().collect();
    assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 2);
    insta::assert_snapshot!(problems(read_interactions(&path, &mapping).unwrap()).join("\n"), @r"
    row 2: the row has 2 fields and the header 5
    row 3: `item` is missing, and every entry needs it
    row 4: `event` is `gaze`, which is none of view, click, like, cart, purchase, refund, review, share, group_open, group_join, dismiss, report, impression
    row 5: `ts` lies before 1970: send the time of the event, or leave it out
    row 6: `weight` must be a finite number between -3.4e38 and 3.4e38
    row 7: the row is not UTF-8
    row 8: `weight` is 0: a weight is more than 0 and at most 1000
    row 9: the row has 6 fields and the header 5
    ");
}

#[test]
fn bad_lines_of_ndjson_are_named_by_their_line() {
    let long = "x".repeat(1 << 20);
    let content = format!(
        "\u{feff}{{\"user\":1,\"item\":2}}\n\n{{oops\n{{\"name\":\"{long}\"}}\n[]\n{{\"user\":3,\"item\":4}}"
    );
    let (_dir, path) = file("f.jsonl", content);
    let rows: Vec<_> = read_interactions(&path, &Mapping::new(NOW)).unwrap().collect();
    assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 2);
    let problems = problems(read_interactions(&path, &Mapping::new(NOW)).unwrap());
    let starts =
        ["row 3: the entry is not JSON", "row 4: the line is longer", "row 5: an entry must"];
    assert_eq!(problems.len(), starts.len());
    for (problem, start) in problems.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
    }
}

#[test]
fn times_come_in_every_layout() {
    let (users, items) = (texts(&[Some("u")]), texts(&[Some("i")]));
    let day = 1_699_920_000_000;
    let cases: [(ArrayRef, i64); 5] = [
        (Arc::new(TimestampMicrosecondArray::from(vec![day * 1000])), day),
        (Arc::new(Date32Array::from(vec![19_675])), day),
        (texts(&[Some("2023-11-14")]), day),
        (texts(&[Some("2023-11-14T08:00:00+08:00")]), day),
        (numbers(&[day]), day),
    ];
    for (ts, expected) in cases {
        let kind = ts.data_type().to_string();
        let columns = vec![("user", users.clone()), ("item", items.clone()), ("ts", ts)];
        let (_dir, path) = parquet_file(columns);
        assert_eq!(events_of(&path, &Mapping::new(NOW))[0].ts, expected, "{kind}");
    }
}

#[test]
fn counts_become_weights_up_to_the_greatest() {
    let (_dir, path) = file("f.csv", "user,item,event,weight\nu,i,listen,13883\nu,j,listen,12\n");
    let events = events_of(&path, &Mapping::new(NOW));
    assert_eq!(events.iter().map(|event| event.weight).collect::<Vec<_>>(), [1000.0, 12.0]);
    assert_eq!(events[0].kind(), EventType::Purchase);
}

#[test]
fn columns_are_found_by_their_mapping() {
    let (_dir, path) = file("f.csv", "uid,sku,what\nu,i,look\n");
    let mut mapping = Mapping::new(NOW);
    for text in ["user=uid", "item=sku", "event=what"] {
        mapping.map(text).unwrap();
    }
    mapping.map_event("look=view").unwrap();
    let event = events_of(&path, &mapping).remove(0);
    assert_eq!(
        (event.user.as_str(), event.item.as_str(), event.kind()),
        ("u", "i", EventType::View)
    );
}

#[test]
fn catalogue_columns_become_fields_places_and_attributes() {
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.append_value([Some("red"), Some("wide")]);
    let (_dir, path) = parquet_file(vec![
        ("item", numbers(&[7])),
        ("category", numbers(&[82])),
        ("tags", Arc::new(tags.finish())),
        ("lat", Arc::new(Float32Array::from(vec![30.5]))),
        ("lon", Arc::new(Float32Array::from(vec![-97.5]))),
        ("snap_location_id", numbers(&[22_847])),
        ("linked", Arc::new(BooleanArray::from(vec![true]))),
    ]);
    let item = items_of(&path).remove(0);
    let attributes =
        [("linked", Attribute::Flag(true)), ("snap_location_id", Attribute::Number(22_847.0))];
    let expected = Item {
        category: Some("82".into()),
        tags: vec!["red".into(), "wide".into()],
        place: Some(Place { lat: 30.5, lon: -97.5 }),
        attributes: attributes.map(|(name, value)| (name.to_owned(), value)).into(),
        ..Item::bare("7")
    };
    assert_eq!(item, expected);
}

#[test]
fn relations_are_friends_unless_they_say_otherwise() {
    let (_dir, path) =
        file("f.csv", "src,dst,kind\n1,2,\n2,3,co_group\n3,4,follow\n5,5,friend\n6,7,pal\n");
    let rows: Vec<_> = read_relations(&path, &Mapping::new(NOW)).unwrap().collect();
    let kinds: Vec<_> = rows.iter().flatten().map(|relation| relation.kind).collect();
    assert_eq!(kinds, [RelationKind::Friend, RelationKind::Friend, RelationKind::Follow]);
    let problems = problems(read_relations(&path, &Mapping::new(NOW)).unwrap());
    assert!(problems[0].starts_with("row 4: `dst` is the same"), "{problems:?}");
    assert!(problems[1].starts_with("row 5: `kind` is `pal`"), "{problems:?}");
}

#[test]
fn files_that_can_not_be_read_say_why() {
    let (_dir, truncated) = parquet_file(vec![("user", numbers(&[1])), ("item", numbers(&[1]))]);
    let bytes = fs::read(&truncated).unwrap();
    fs::write(&truncated, &bytes[..bytes.len() - 20]).unwrap();
    let (_dir, nameless) = file("f.txt", "user,item\n");
    let (_dir, headless) = file("f.csv", "");
    let (_dir, other) = file("f.csv", "uid,sku\n1,2\n");
    let (_dir, lists) = parquet_file(vec![
        ("user", Arc::new(BooleanArray::from(vec![true]))),
        ("item", numbers(&[1])),
    ]);
    let cases = [
        (truncated.as_path(), "no readable Parquet file"),
        (nameless.as_path(), "`.parquet`, `.csv`, `.ndjson` or `.jsonl`"),
        (headless.as_path(), "no columns at all"),
        (
            other.as_path(),
            "has no column `user`; it has `uid`, `sku`: name the right one with `--map user=COLUMN`",
        ),
        (lists.as_path(), "column `user`"),
        (Path::new("/nowhere/f.csv"), "can't read `/nowhere/f.csv`"),
    ];
    for (path, part) in cases {
        let error = read_interactions(path, &Mapping::new(NOW)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_column_that_was_typed_must_be_there() {
    let (_dir, path) = file("f.csv", "user,item\n1,2\n");
    let mut mapping = Mapping::new(NOW);
    mapping.map("ts=when").unwrap();
    let error = read_interactions(&path, &mapping).unwrap_err().to_string();
    assert!(error.contains("has no column `when`"), "{error}");
}

#[test]
fn damage_in_the_middle_ends_the_rows_with_an_error() {
    let (_dir, path) =
        parquet_file(vec![("user", numbers(&[1; 5000])), ("item", numbers(&[1; 5000]))]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4..60].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let rows: Vec<_> = read_interactions(&path, &Mapping::new(NOW)).unwrap().collect();
    assert!(
        matches!(rows[..], [Err(RowError::Unreadable(ImportError::Damaged { .. }))]),
        "{rows:?}"
    );
}

proptest! {
    #[test]
    fn no_file_makes_a_reader_panic(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        for name in ["f.csv", "f.ndjson", "f.parquet"] {
            let (_dir, path) = file(name, &content);
            if let Ok(rows) = read_interactions(&path, &Mapping::new(NOW)) {
                rows.for_each(drop);
            }
            if let Ok(rows) = read_items(&path, &Mapping::new(NOW)) {
                rows.for_each(drop);
            }
        }
    }

    #[test]
    fn no_csv_row_makes_a_reader_panic(content in "[\"a-z0-9,|.:\\-\r\n]{0,200}") {
        let (_dir, path) = file("f.csv", format!("item,name,tags,price,lat,lon,created,x\n{content}"));
        read_items(&path, &Mapping::new(NOW)).unwrap().for_each(drop);
    }
}
