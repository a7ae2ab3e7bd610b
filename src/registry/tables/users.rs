//! `users.arrow`.

use std::path::Path;
use std::sync::Arc;

use arrow::array::PrimitiveArray;
use arrow::datatypes::{Float32Type, Int64Type, UInt8Type, UInt32Type};
use arrow::error::ArrowError;
use guanxi_models::column::{Column, WeightedRows};
use guanxi_models::history::Histories;
use guanxi_models::ids::Ids;
use guanxi_models::model::Rows;
use guanxi_models::{Factors, Model};

use super::file::{Table, TableWriter};
use super::items::Items;
use crate::registry::error::Flaw;

/// The users' half of a model.
pub(super) struct Users {
    ids: Ids,
    factors: Option<Factors>,
    profiles: Option<Factors>,
    histories: Histories,
    friends: WeightedRows,
    follows: Rows,
    blocks: Rows,
    private: Column<u32>,
}

impl Users {
    /// Both halves as a model without version, watermark and params.
    pub(super) fn join(self, items: Items) -> Model {
        let empty = Model::empty();
        Model {
            users: self.ids,
            items: items.ids,
            user_factors: self.factors.unwrap_or(empty.user_factors),
            profiles: self.profiles.unwrap_or(empty.profiles),
            item_factors: items.factors.unwrap_or(empty.item_factors),
            histories: self.histories,
            friends: self.friends,
            follows: self.follows,
            blocks: self.blocks,
            private_users: self.private,
            deleted_items: items.deleted,
            lists: items.lists,
            also_bought: items.also_bought,
            similar: items.similar,
            popularity: items.popularity,
            bias: items.bias,
            first_seen: items.first_seen,
            ..Model::empty()
        }
    }
}

pub(super) fn write(model: &Model, path: &Path) -> Result<(), ArrowError> {
    let rows = model.users.len();
    let mut table = TableWriter::default();
    table.ids(&model.users);
    table.factors("factors", &model.user_factors, rows);
    table.factors("profile", &model.profiles, rows);
    let (starts, items, confidences, flags, times) = model.histories.columns();
    table.lists(
        "history",
        starts,
        rows,
        vec![
            ("item", Arc::new(PrimitiveArray::<UInt32Type>::new(items.clone(), None)) as _),
            ("confidence", Arc::new(PrimitiveArray::<Float32Type>::new(confidences.clone(), None))),
            ("flags", Arc::new(PrimitiveArray::<UInt8Type>::new(flags.clone(), None))),
            ("ts", Arc::new(PrimitiveArray::<Int64Type>::new(times.clone(), None))),
        ],
    );
    write_weighted(&mut table, "friends", ["user", "strength"], &model.friends, rows);
    for (name, links) in [("follows", &model.follows), ("blocks", &model.blocks)] {
        let (starts, users) = links.columns();
        let users = PrimitiveArray::<UInt32Type>::new(users.clone(), None);
        table.lists(name, starts, rows, vec![("user", Arc::new(users))]);
    }
    table.flags("private", &model.private_users, rows);
    table.write(path)
}

pub(super) fn write_weighted(
    table: &mut TableWriter,
    name: &str,
    [target, weight]: [&str; 2],
    links: &WeightedRows,
    rows: usize,
) {
    let (starts, targets, weights) = links.columns();
    let targets = PrimitiveArray::<UInt32Type>::new(targets.clone(), None);
    let weights = PrimitiveArray::<Float32Type>::new(weights.clone(), None);
    let values = vec![(target, Arc::new(targets) as _), (weight, Arc::new(weights) as _)];
    table.lists(name, starts, rows, values);
}

pub(super) fn read(path: &Path) -> Result<Users, Flaw> {
    let table = Table::open(path)?;
    let history = table.lists("history")?;
    let histories = Histories::new(
        history.starts.clone(),
        history.values::<UInt32Type>("item")?,
        history.values::<Float32Type>("confidence")?,
        history.values::<UInt8Type>("flags")?,
        history.values::<Int64Type>("ts")?,
    );
    let links = |name: &str| {
        let lists = table.lists(name)?;
        Rows::new(lists.starts.clone(), lists.values::<UInt32Type>("user")?).map_err(Flaw::new)
    };
    Ok(Users {
        ids: table.ids()?,
        factors: table.factors("factors")?,
        profiles: table.factors("profile")?,
        histories: histories.map_err(Flaw::new)?,
        friends: read_weighted(&table, "friends", ["user", "strength"])?,
        follows: links("follows")?,
        blocks: links("blocks")?,
        private: table.flagged("private")?,
    })
}

pub(super) fn read_weighted(
    table: &Table,
    name: &str,
    [target, weight]: [&str; 2],
) -> Result<WeightedRows, Flaw> {
    let lists = table.lists(name)?;
    let (targets, weights) =
        (lists.values::<UInt32Type>(target)?, lists.values::<Float32Type>(weight)?);
    WeightedRows::new(lists.starts.clone(), targets, weights).map_err(Flaw::new)
}
