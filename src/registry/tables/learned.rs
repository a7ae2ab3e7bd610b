//! The learned columns of `users.arrow` and `items.arrow`.

use std::sync::Arc;

use arrow::array::PrimitiveArray;
use arrow::datatypes::{Float32Type, UInt32Type};
use guanxi_models::column::WeightedRows;
use guanxi_models::model::Learned;

use super::file::{Table, TableWriter};
use crate::registry::error::Flaw;

/// Adds the columns of `users.arrow`.
pub(super) fn write_users(learned: &Learned, rows: usize, table: &mut TableWriter) {
    table.factors("factors", &learned.user_factors, rows);
    table.factors("profile", &learned.profiles, rows);
}

/// Adds the columns of `items.arrow`.
pub(super) fn write_items(learned: &Learned, rows: usize, table: &mut TableWriter) {
    table.factors("factors", &learned.item_factors, rows);
    if !learned.bias.is_empty() {
        table.primitive::<Float32Type>("bias", &learned.bias, rows);
    }
    write_weighted(table, "list", ["item", "weight"], &learned.lists, rows);
    write_weighted(table, "also_bought", ["item", "weight"], &learned.also_bought, rows);
    if learned.similar.rows() > 0 {
        write_weighted(table, "similar", ["item", "cosine"], &learned.similar, rows);
    }
}

fn write_weighted(
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

/// Reads the columns of `users.arrow`.
pub(super) fn read_users(table: &Table, learned: &mut Learned) -> Result<(), Flaw> {
    if let Some(factors) = table.factors("factors")? {
        learned.user_factors = factors;
    }
    if let Some(profiles) = table.factors("profile")? {
        learned.profiles = profiles;
    }
    Ok(())
}

/// Reads the columns of `items.arrow`.
pub(super) fn read_items(table: &Table, learned: &mut Learned) -> Result<(), Flaw> {
    if let Some(factors) = table.factors("factors")? {
        learned.item_factors = factors;
    }
    if table.has("bias") {
        learned.bias = table.primitive::<Float32Type>("bias")?;
    }
    learned.lists = read_weighted(table, "list", ["item", "weight"])?;
    learned.also_bought = read_weighted(table, "also_bought", ["item", "weight"])?;
    if table.has("similar") {
        learned.similar = read_weighted(table, "similar", ["item", "cosine"])?;
    }
    Ok(())
}

fn read_weighted(
    table: &Table,
    name: &str,
    [target, weight]: [&str; 2],
) -> Result<WeightedRows, Flaw> {
    let lists = table.lists(name)?;
    let (targets, weights) =
        (lists.values::<UInt32Type>(target)?, lists.values::<Float32Type>(weight)?);
    WeightedRows::new(lists.starts.clone(), targets, weights).map_err(Flaw::new)
}
