//! The table of ARCHITECTURE.md holds: every import between rooms is in its last column, and that
//! has no circle.
//!
//! A room is a row of the table: a folder or some files right below a source root, or a whole
//! crate. A room may also import the rooms that the row of its crate names. Code that is compiled
//! for tests alone may import everything.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod imports;
mod rooms;

use std::path::Path;

use rooms::{May, Rooms};

/// The source roots whose folders are rooms.
const WITH_ROOMS: [&str; 2] = ["src", "training/src"];

/// The source roots of the crates that are one room each.
const WHOLE: [&str; 3] = ["models/src", "output/src", "benches/load/src"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_import_is_allowed_by_the_table() {
    let rooms = Rooms::read();
    let mut wrong = Vec::new();
    for file in WITH_ROOMS.into_iter().chain(WHOLE).flat_map(imports::sources) {
        let Some(room) = rooms.of(&file.path).filter(|&room| !rooms.is_crate_of_rooms(room)) else {
            wrong.push(format!("{}: no row is about it", file.path));
            continue;
        };
        for target in file.imports() {
            if !rooms.of(&target).is_some_and(|other| rooms.allows(room, other)) {
                wrong.push(format!("{}: its row does not name `{target}`", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "against ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

#[test]
fn no_room_reaches_itself_through_others() {
    let rooms = Rooms::read();
    let mut left: Vec<usize> = (0..rooms.0.len()).collect();
    // A room that imports none of those left, or is imported by none of them, is in no circle: it
    // goes.
    while let Some(at) = left.iter().position(|&room| {
        let others = || left.iter().filter(|&&other| other != room);
        others().all(|&other| !rooms.allows(room, other))
            || others().all(|&other| !rooms.allows(other, room))
    }) {
        left.remove(at);
    }
    let names: Vec<_> = left.iter().map(|&room| rooms.0[room].paths.join(", ")).collect();
    assert!(names.is_empty(), "these rooms import each other in a circle:\n{}", names.join("\n"));
}

#[test]
fn the_command_line_alone_may_import_everything() {
    let rooms = Rooms::read();
    let all = rooms.0.iter().filter(|room| matches!(room.may, May::All));
    assert_eq!(all.flat_map(|room| &room.paths).collect::<Vec<_>>(), ["src/cli/"]);
}
