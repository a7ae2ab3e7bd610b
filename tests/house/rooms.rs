//! The rows of ARCHITECTURE.md's table of folders.

use std::fs;

use super::{WHOLE, WITH_ROOMS, repository};

/// A row of the table.
pub(crate) struct Room {
    /// Folders end with a slash.
    pub(crate) paths: Vec<String>,
    pub(crate) may: May,
    root: &'static str,
}

/// The last column of a row.
pub(crate) enum May {
    All,
    RowsAbove,
    These(Vec<String>),
}

/// The table.
pub(crate) struct Rooms(pub(crate) Vec<Room>);

impl Rooms {
    /// Reads the rows that are about whole rooms; those below a room explain it further.
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
        let rooms = text.lines().filter(|line| line.starts_with("| `")).filter_map(room);
        Self(rooms.collect())
    }

    /// The room of a file or a folder, by the longest path that leads to it.
    pub(crate) fn of(&self, path: &str) -> Option<usize> {
        let length = |room: &Room| {
            room.paths.iter().filter(|own| path.starts_with(*own)).map(String::len).max()
        };
        let found = self.0.iter().enumerate().filter_map(|(at, room)| Some((length(room)?, at)));
        found.max().map(|(_, at)| at)
    }

    /// True for the row of a crate whose folders have rows of their own.
    pub(crate) fn is_crate_of_rooms(&self, room: usize) -> bool {
        let Room { paths, root, .. } = &self.0[room];
        WITH_ROOMS.contains(root) && paths.contains(&folder_of(root))
    }

    /// True if one room may import another, by its own row or by that of its crate.
    pub(crate) fn allows(&self, room: usize, other: usize) -> bool {
        let Room { may, root, .. } = &self.0[room];
        let by_row = match may {
            May::All => true,
            May::RowsAbove => other < room && self.0[other].root == *root,
            May::These(names) => names.iter().any(|name| self.of(name) == Some(other)),
        };
        let by_crate = || self.of(&folder_of(root)).filter(|&whole| whole != room);
        room == other || by_row || by_crate().is_some_and(|whole| self.allows(whole, other))
    }
}

fn room(line: &str) -> Option<Room> {
    let cells: Vec<&str> = line.split('|').collect();
    let paths: Vec<String> = quoted(cells[1]).flat_map(expanded).collect();
    let root = root_of(paths.first()?)?;
    let may = match cells[3].trim() {
        "all" => May::All,
        "the rows above" => May::RowsAbove,
        cell => May::These(quoted(cell).map(|name| place(root, name)).collect()),
    };
    Some(Room { paths, may, root })
}

/// The source root of which a path is a room: it lies right below the root, or it is the whole
/// crate.
fn root_of(path: &str) -> Option<&'static str> {
    let is_below = |root: &&str| {
        let name = path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|name| !name.trim_end_matches('/').contains('/'))
    };
    let whole = WITH_ROOMS.into_iter().chain(WHOLE).find(|root| path == folder_of(root));
    whole.or_else(|| WITH_ROOMS.into_iter().find(is_below))
}

/// The folder that the row of a crate names.
fn folder_of(root: &str) -> String {
    root.strip_suffix("src").filter(|folder| !folder.is_empty()).unwrap_or("src/").to_owned()
}

/// The texts between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn expanded(path: &str) -> Vec<String> {
    let parts = path.split_once('{').and_then(|(before, rest)| {
        let (names, after) = rest.split_once('}')?;
        Some(names.split(',').map(|name| format!("{before}{name}{after}")).collect())
    });
    parts.unwrap_or_else(|| vec![path.to_owned()])
}

/// The path of a module below a source root, or of a crate of the workspace.
pub(crate) fn place(root: &str, name: &str) -> String {
    let places = [format!("{root}/{name}/"), format!("{root}/{name}.rs"), format!("{name}/")];
    let found = places.into_iter().find(|place| repository().join(place).exists());
    found.unwrap_or_else(|| panic!("there is no `{name}` for `{root}` to import"))
}
