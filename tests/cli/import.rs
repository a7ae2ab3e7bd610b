//! `guanxi import` through the executable.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use guanxi::store::{LogReader, Store};
use guanxi_models::{Offset, Record};
use tempfile::TempDir;

/// A directory with files to import, and a data directory.
struct World(TempDir);

impl World {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn import<'a>(&self, args: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Output {
        self.command(args).output().unwrap()
    }

    fn command<'a>(&self, args: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guanxi"));
        command.arg("import").arg("--data").arg(self.data());
        args.into_iter().for_each(|(flag, path)| {
            command.arg(flag).arg(path);
        });
        command
    }

    fn log(&self) -> Vec<Record> {
        let reader = LogReader::open(&self.data()).unwrap();
        reader.read(Offset(0)).unwrap().map(|entry| entry.unwrap().1).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn files_are_imported_once_however_often_they_are_given() {
    let world = World::new();
    let items = world.file("items.csv", "item,name,colour\ni,Nike,red\n");
    let users = world.file("users.ndjson", "{\"user\":\"u\",\"name\":\"Wei\"}\n");
    let relations = world.file("relations.csv", "src,dst\nu,v\nv,u\n");
    let interactions = world.file("interactions.csv", "user,item,event\nu,i,view\nu,i,view\n");
    let files = || {
        [
            ("--items", items.as_path()),
            ("--users", users.as_path()),
            ("--relations", relations.as_path()),
            ("--interactions", interactions.as_path()),
        ]
    };
    let first = world.import(files());
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    assert!(text(&first.stderr).contains("event = purchase, ts = 0 (unknown), weight = 1"));
    assert_eq!(world.log().len(), 5);
    let second = world.import(files());
    assert!(text(&second.stdout).contains("2 rows: 0 stored, 2 already there"));
    assert_eq!(world.log().len(), 5);
}

#[test]
fn a_changed_catalogue_writes_what_changed() {
    let world = World::new();
    let items = world.file("items.csv", "item,price\na,1\nb,2\n");
    world.import([("--items", items.as_path())]);
    let items = world.file("items.csv", "item,price\na,1\nb,3\n");
    let output = world.import([("--items", items.as_path())]);
    assert!(text(&output.stdout).contains("2 rows: 1 stored, 1 already there"));
}

#[test]
fn malformed_rows_are_listed_up_to_twenty_and_the_others_imported() {
    let world = World::new();
    let rows = "u,i,view\nu,i,gaze\n".repeat(25);
    let interactions = world.file("f.csv", &format!("user,item,event\n{rows}"));
    let output = world.import([("--interactions", interactions.as_path())]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert_eq!(said.matches(": row ").count(), 20);
    assert!(said.contains("row 2: `event` is `gaze`") && said.contains("and 5 more"), "{said}");
    assert!(text(&output.stdout).contains("50 rows: 25 stored"));
    assert_eq!(world.log().len(), 25);
}

#[test]
fn the_same_event_id_with_another_body_is_a_conflict() {
    let world = World::new();
    let first = world.file("a.csv", "event_id,user,item\ne,u,i\n");
    let second = world.file("b.csv", "event_id,user,item\ne,u,j\n");
    assert_eq!(world.import([("--interactions", first.as_path())]).status.code(), Some(0));
    let output = world.import([("--interactions", second.as_path())]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("another body"));
    assert_eq!(world.log().len(), 1);
}

#[test]
fn what_can_not_be_imported_leaves_nothing_behind() {
    let world = World::new();
    let good = world.file("good.csv", "item\na\n");
    let bad = world.file("bad.csv", "who,item\nu,i\n");
    let mapped = world.file("mapped.csv", "user,item\nu,i\n");
    let missing = Path::new("/nowhere/f.parquet");
    let no_mapping = Path::new("user");
    let cases = [
        (vec![("--items", good.as_path()), ("--interactions", bad.as_path())], "`who`, `item`"),
        (vec![("--interactions", missing)], "can't read `/nowhere/f.parquet`"),
        (vec![("--interactions", mapped.as_path()), ("--map", no_mapping)], "field=column"),
        (vec![], "--interactions"),
    ];
    for (args, part) in cases {
        let output = world.import(args);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(part), "{}", text(&output.stderr));
        assert!(!world.data().exists());
    }
}

#[test]
fn a_killed_import_goes_on_where_it_was() {
    let world = World::new();
    let rows: Vec<String> = (0..60_000).map(|n| format!("u{},i{n}\n", n % 97)).collect();
    let interactions = world.file("f.csv", &format!("user,item\n{}", rows.concat()));
    let args = [("--interactions", interactions.as_path())];
    let mut killed = world.command(args).stderr(std::process::Stdio::piped()).spawn().unwrap();
    // The first progress line appears after some rows are stored and while most are not.
    let lines = std::io::BufRead::lines(std::io::BufReader::new(killed.stderr.take().unwrap()));
    lines.map(Result::unwrap).find(|line| line.contains("% (")).unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let stored = Store::open(&world.data()).unwrap().last().0;
    assert!((5_000..60_000).contains(&stored), "{stored} were stored");
    assert_eq!(world.import(args).status.code(), Some(0));
    let mut items: Vec<String> = world
        .log()
        .into_iter()
        .map(|record| match record {
            Record::Event(event) => event.item,
            other => panic!("{other:?} is no event"),
        })
        .collect();
    items.sort();
    items.dedup();
    assert_eq!((items.len(), world.log().len()), (60_000, 60_000));
}

/// The data sets whose rows are events; other directories hold groups, sessions or cascades.
const SETS: [&str; 6] = [
    "beibei_groupbuy_partial",
    "gbsr_yelp",
    "gowalla_geo_social",
    "lightgcn_gowalla",
    "lightgcn_lastfm",
    "sociallgn_lastfm",
];

#[test]
fn public_data_sets_are_imported_as_they_are() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.exists() {
        println!("skipped: no data");
        return;
    }
    for set in SETS.map(|set| data.join(set)) {
        let world = World::new();
        let flags = [
            ("--interactions", "train.parquet"),
            ("--relations", "social.parquet"),
            ("--items", "items.parquet"),
            ("--users", "users.parquet"),
        ];
        let files = flags.map(|(flag, name)| (flag, set.join(name)));
        let there = files.iter().filter(|(_, path)| path.exists());
        let output = world.import(there.map(|(flag, path)| (*flag, path.as_path())));
        assert_eq!(output.status.code(), Some(0), "{}: {}", set.display(), text(&output.stderr));
        assert!(!text(&output.stdout).contains(" 0 stored"), "{}", text(&output.stdout));
    }
}
