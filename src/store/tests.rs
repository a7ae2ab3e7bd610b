use guanxi_models::{Event, EventType, Item, Record, User};
use tempfile::TempDir;

use super::keyspaces::{Keyspaces, key_of};
use super::*;

fn event(id: &str, item: &str) -> Record {
    Record::Event(Event::new(id, "u", item, EventType::Purchase, 1))
}

fn opened() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

fn log(store: &Store) -> Vec<(Offset, Record)> {
    store.read(Offset(0)).map(Result::unwrap).collect()
}

#[test]
fn offsets_go_up_by_one_across_batches_groups_and_restarts() {
    let (dir, store) = opened();
    let group = [vec![event("a", "i"), event("b", "i")], vec![event("c", "i")]];
    let stored = |offset| Outcome::Stored(Offset(offset));
    assert_eq!(store.append(&group).unwrap(), [vec![stored(1), stored(2)], vec![stored(3)]]);
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.last(), Offset(3));
    assert_eq!(store.append(&[vec![event("d", "i")]]).unwrap(), [vec![stored(4)]]);
    let offsets: Vec<u64> = log(&store).iter().map(|(offset, _)| offset.0).collect();
    assert_eq!(offsets, [1, 2, 3, 4]);
}

#[test]
fn an_event_id_is_one_event_within_a_group_and_after_a_restart() {
    let (dir, store) = opened();
    let first = Offset(1);
    let group = [vec![event("a", "i"), event("a", "i")], vec![event("a", "other")]];
    let expected =
        [vec![Outcome::Stored(first), Outcome::Duplicate(first)], vec![Outcome::Conflict(first)]];
    assert_eq!(store.append(&group).unwrap(), expected);
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    let again = [vec![event("a", "i"), event("a", "other")]];
    let expected = [vec![Outcome::Duplicate(first), Outcome::Conflict(first)]];
    assert_eq!(store.append(&again).unwrap(), expected);
    assert_eq!(log(&store).len(), 1);
}

#[test]
fn the_tables_hold_what_is_current() {
    let (_dir, store) = opened();
    let named = |name: &str| Item { name: Some(name.into()), ..Item::bare("i") };
    let user = User { id: "u".into(), ..User::default() };
    store.append(&[vec![Record::Item(named("old")), Record::User(user.clone())]]).unwrap();
    store.append(&[vec![Record::Item(named("new")), Record::Item(Item::bare("j"))]]).unwrap();
    store.append(&[vec![Record::ItemDeleted { id: "j".into() }]]).unwrap();
    assert_eq!(store.items().map(Result::unwrap).collect::<Vec<_>>(), [named("new")]);
    assert_eq!(store.users().map(Result::unwrap).collect::<Vec<_>>(), [user]);
}

#[test]
fn a_gap_and_a_damaged_record_are_named_by_their_place() {
    let (dir, store) = opened();
    store.append(&[vec![event("a", "i"), event("b", "i"), event("c", "i")]]).unwrap();
    drop(store);
    let keyspaces = Keyspaces::open(&dir.path().join("store")).unwrap();
    keyspaces.log.remove(key_of(Offset(2))).unwrap();
    keyspaces.log.insert(key_of(Offset(1)), [1, 2, 3, 4, 5, 6]).unwrap();
    drop(keyspaces);
    let store = Store::open(dir.path()).unwrap();
    let error = |after| store.read(Offset(after)).find_map(Result::err);
    assert!(matches!(error(0), Some(StoreError::Damaged { offset: Offset(1), .. })));
    assert!(matches!(error(1), Some(StoreError::Damaged { offset: Offset(2), .. })));
}

#[test]
fn a_second_reader_is_answered_through_the_socket() {
    let deep = tempfile::tempdir().unwrap();
    let dir = deep.path().join("d".repeat(120));
    let store = Store::open(&dir).unwrap();
    store.append(&[vec![event("a", "i"), event("b", "i")]]).unwrap();
    assert!(matches!(LogReader::open(&dir), Err(StoreError::Locked { .. })));
    let server = store.serve_log().unwrap();
    let reader = LogReader::open(&dir).unwrap();
    assert!(matches!(reader, LogReader::Remote { last: Offset(2), .. }));
    let read: Vec<_> = reader.read(Offset(1)).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, [(Offset(2), event("b", "i"))]);
    drop(server);
    drop(store);
    assert!(matches!(LogReader::open(&dir).unwrap(), LogReader::Own(_)));
}

#[test]
fn reading_a_directory_that_is_none_says_so_and_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none");
    assert!(matches!(LogReader::open(&path), Err(StoreError::Foreign { .. })));
    assert!(!path.exists());
}

#[test]
fn several_readers_are_answered_at_once_and_a_silent_one_holds_up_nobody() {
    let (dir, store) = opened();
    store.append(&[(0..3_000).map(|n| event(&n.to_string(), "i")).collect()]).unwrap();
    let server = store.serve_log().unwrap();
    let silent = std::os::unix::net::UnixStream::connect(dir.path().join("log.sock")).unwrap();
    let reader = LogReader::open(dir.path()).unwrap();
    let mut slow = reader.read(Offset(0)).unwrap();
    assert_eq!(slow.next().unwrap().unwrap(), (Offset(1), event("0", "i")));
    let quick: Vec<_> = reader.read(Offset(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(quick, log(&store));
    drop((server, store));
    // Nobody holds the directory any more, whatever the readers did.
    Store::open(dir.path()).unwrap();
    drop(silent);
}

#[test]
fn a_holder_that_stops_in_the_middle_is_an_error_and_not_the_end() {
    let (dir, store) = opened();
    store.append(&[(0..30_000).map(|n| event(&n.to_string(), "i")).collect()]).unwrap();
    let server = store.serve_log().unwrap();
    let reader = LogReader::open(dir.path()).unwrap();
    let mut half = reader.read(Offset(0)).unwrap();
    drop(server);
    let error = half.find_map(Result::err).unwrap();
    assert!(matches!(error, StoreError::Remote(_)), "{error}");
    assert!(matches!(reader.read(Offset(0)), Err(StoreError::Remote(_))));
}

#[test]
fn no_offset_that_a_reader_may_ask_for_is_beyond_an_answer() {
    let (dir, store) = opened();
    store.append(&[vec![event("a", "i")]]).unwrap();
    let _server = store.serve_log().unwrap();
    let remote = LogReader::open(dir.path()).unwrap();
    for after in [1, 2, u64::MAX - 1, u64::MAX] {
        assert_eq!(store.read(Offset(after)).count(), 0);
        assert_eq!(remote.read(Offset(after)).unwrap().count(), 0);
    }
}
