//! The tables of a model: `users.arrow` and `items.arrow` with a row for each, and `index.arrow`.
//! `placement.arrow` has a row for each item feature, if training found features useful.
//!
//! | table | learned columns |
//! |---|---|
//! | users | id, factors, profile |
//! | items | id, factors, bias, list (item, weight), `also_bought` (item, weight), similar (item, cosine) |
//! | index | width, rows, head, ef, recall, items, scales, codes, links: one row, see [`guanxi_models::index::IndexColumns`] |
//! | placement | factors |
//!
//! `circles.arrow` has an id for each circle, if there are any. Users and items also have the
//! columns of facts, which each fact in `guanxi_models::world` names. A missing column reads as
//! empty.

mod facts;
mod file;
mod index;
mod learned;
mod placement;

use std::path::Path;

use arrow::error::ArrowError;
use guanxi_models::ground::columns::{Columns, Table};
use guanxi_models::ids::Ids;
use guanxi_models::model::Learned;
use guanxi_models::{Ground, Model, Offset};

use self::file::TableWriter;
use super::error::Flaw;
use super::manifest::Manifest;

const INDEX: &str = "index.arrow";
/// Only if training found item features useful.
const PLACEMENT: &str = "placement.arrow";

fn file_of(table: Table) -> &'static str {
    match table {
        Table::Users => "users.arrow",
        Table::Items => "items.arrow",
        Table::Circles => "circles.arrow",
    }
}

/// True if a model has a file for the table. Every model has users and items.
fn is_written(ground: &Ground, table: Table) -> bool {
    table != Table::Circles || !ground.circles.is_empty()
}

/// The file names of a model's tables.
pub(super) fn files(model: &Model) -> impl Iterator<Item = &'static str> {
    let of_rows = Table::ALL.into_iter().filter(move |&table| is_written(&model.ground, table));
    let placement = model.learned.placement.as_ref().map(|_| PLACEMENT);
    of_rows.map(file_of).chain([INDEX]).chain(placement)
}

/// Writes all tables of a model into a directory.
pub(super) fn write(model: &Model, directory: &Path) -> Result<(), ArrowError> {
    let Model { learned, ground, .. } = model;
    let columns = ground.columns();
    for table in Table::ALL.into_iter().filter(|&table| is_written(ground, table)) {
        write_rows(model, &columns, table, &directory.join(file_of(table)))?;
    }
    index::write(&learned.index, &directory.join(INDEX))?;
    match &learned.placement {
        Some(placement) => placement::write(placement, &directory.join(PLACEMENT)),
        None => Ok(()),
    }
}

/// Writes the ids, learned columns and facts of a table.
fn write_rows(
    model: &Model,
    columns: &Columns,
    table: Table,
    path: &Path,
) -> Result<(), ArrowError> {
    let rows = columns.rows(table);
    let mut file = TableWriter::default();
    file.ids(model.ground.ids(table));
    match table {
        Table::Users => learned::write_users(&model.learned, rows, &mut file),
        Table::Items => learned::write_items(&model.learned, rows, &mut file),
        Table::Circles => (),
    }
    for (name, content) in columns.of(table) {
        facts::write(&mut file, name, content, rows);
    }
    file.write(path)
}

/// The error of a file that can't be a table of this model.
pub(super) type Refusal = (&'static str, Flaw);

/// Maps all tables of a model and checks that they match.
pub(super) fn read(directory: &Path, manifest: &Manifest) -> Result<Model, Refusal> {
    let at = |file: &'static str| move |flaw: Flaw| (file, flaw);
    let has = |name: &str| manifest.files.iter().any(|file| file.name == name);
    let open = |table: Table| {
        let file = file_of(table);
        // A model without circles has no such file.
        let is_there = table != Table::Circles || has(file);
        is_there.then(|| file::Table::open(&directory.join(file)).map_err(at(file))).transpose()
    };
    let [users, items, circles] = Table::ALL.map(open);
    let tables = [users?, items?, circles?];
    let mut learned = Learned { params: manifest.params.clone(), ..Learned::default() };
    if let [Some(users), Some(items), _] = &tables {
        learned::read_users(users, &mut learned).map_err(at(file_of(Table::Users)))?;
        learned::read_items(items, &mut learned).map_err(at(file_of(Table::Items)))?;
    }
    learned.index = index::read(&directory.join(INDEX)).map_err(at(INDEX))?;
    if has(PLACEMENT) {
        let placement = placement::read(&directory.join(PLACEMENT)).map_err(at(PLACEMENT))?;
        learned.placement = Some(placement);
    }
    let (version, watermark) = (manifest.version.clone(), Offset(manifest.watermark));
    let model = Model { version, watermark, learned, ground: read_facts(&tables)? };
    check(&model)?;
    Ok(model)
}

/// Reads every fact of the tables.
fn read_facts(tables: &[Option<file::Table>; Table::ALL.len()]) -> Result<Ground, Refusal> {
    let at = |table: Table| move |flaw: Flaw| (file_of(table), flaw);
    let file = |table: Table| tables[table as usize].as_ref();
    let ids = |table: Table| {
        file(table).map_or_else(|| Ok(Ids::default()), file::Table::ids).map_err(at(table))
    };
    let ids = [ids(Table::Users)?, ids(Table::Items)?, ids(Table::Circles)?];
    let mut columns = Columns::new(ids.each_ref().map(Ids::len));
    for table in Table::ALL {
        for (name, content) in file(table).map_or(Ok(Vec::new()), facts::read).map_err(at(table))? {
            columns.put(table, &name, content);
        }
    }
    Ground::read(ids, &columns).map_err(|error| at(error.table())(Flaw::new(error)))
}

/// Checks that learned lists contain existing items, and that the widths agree.
fn check(model: &Model) -> Result<(), Refusal> {
    let (learned, items) = (&model.learned, model.ground.items.len() as u32);
    let fits = |holds: bool, file: &'static str, what: &str| {
        if holds { Ok(()) } else { Err((file, Flaw::new(what))) }
    };
    for lists in [&learned.lists, &learned.also_bought, &learned.similar] {
        let is_known = lists.columns().1.iter().all(|&item| item < items);
        fits(is_known, file_of(Table::Items), "lists an item that does not exist")?;
    }
    let (indexed, dim) = (learned.index.columns(), learned.item_factors.dim());
    let is_of_items = learned.index.is_exact()
        || (indexed.rows as usize == learned.item_factors.rows() && indexed.scales.len() == dim);
    fits(is_of_items, INDEX, "is of other items")?;
    let places = learned.placement.iter().all(|placement| placement.map().dim() == dim);
    fits(places, PLACEMENT, "places items in embeddings of another width")?;
    fits(widths_agree(learned), file_of(Table::Items), "has embeddings of another width")
}

fn widths_agree(learned: &Learned) -> bool {
    let dim = learned.item_factors.dim();
    let agrees = |rows: usize, width: usize| rows == 0 || width == dim;
    let Learned { user_factors, profiles, item_factors, params, .. } = learned;
    agrees(item_factors.rows(), params.fold_in.spectrum.len())
        && agrees(user_factors.rows(), user_factors.dim())
        && agrees(profiles.rows(), profiles.dim())
}
