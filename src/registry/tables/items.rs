//! `items.arrow`.

use std::path::Path;

use arrow::datatypes::{Float32Type, Int64Type};
use arrow::error::ArrowError;
use guanxi_models::column::{Column, WeightedRows};
use guanxi_models::ids::Ids;
use guanxi_models::{Factors, Millis, Model};

use super::file::{Table, TableWriter};
use super::users::{read_weighted, write_weighted};
use crate::registry::error::Flaw;

/// The items' half of a model.
pub(super) struct Items {
    pub(super) ids: Ids,
    pub(super) factors: Option<Factors>,
    pub(super) popularity: Column<f32>,
    pub(super) bias: Column<f32>,
    pub(super) first_seen: Column<Millis>,
    pub(super) deleted: Column<u32>,
    pub(super) lists: WeightedRows,
    pub(super) also_bought: WeightedRows,
    pub(super) similar: WeightedRows,
}

pub(super) fn write(model: &Model, path: &Path) -> Result<(), ArrowError> {
    let rows = model.items.len();
    let mut table = TableWriter::default();
    table.ids(&model.items).factors("factors", &model.item_factors, rows);
    table.primitive::<Float32Type>("popularity", &model.popularity, rows);
    if !model.bias.is_empty() {
        table.primitive::<Float32Type>("bias", &model.bias, rows);
    }
    table.primitive::<Int64Type>("first_seen", &model.first_seen, rows);
    table.flags("deleted", &model.deleted_items, rows);
    write_weighted(&mut table, "list", ["item", "weight"], &model.lists, rows);
    write_weighted(&mut table, "also_bought", ["item", "weight"], &model.also_bought, rows);
    if model.similar.rows() > 0 {
        write_weighted(&mut table, "similar", ["item", "cosine"], &model.similar, rows);
    }
    table.write(path)
}

pub(super) fn read(path: &Path) -> Result<Items, Flaw> {
    let table = Table::open(path)?;
    Ok(Items {
        ids: table.ids()?,
        factors: table.factors("factors")?,
        popularity: table.primitive::<Float32Type>("popularity")?,
        bias: table.primitive_if_there::<Float32Type>("bias")?,
        first_seen: table.primitive::<Int64Type>("first_seen")?,
        deleted: table.flagged("deleted")?,
        lists: read_weighted(&table, "list", ["item", "weight"])?,
        also_bought: read_weighted(&table, "also_bought", ["item", "weight"])?,
        similar: if table.has("similar") {
            read_weighted(&table, "similar", ["item", "cosine"])?
        } else {
            WeightedRows::default()
        },
    })
}
