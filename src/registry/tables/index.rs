//! `index.arrow`: one row that holds the whole graph.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, UInt32Type, UInt64Type};
use arrow::error::ArrowError;
use guanxi_models::column::Column;
use guanxi_models::index::{IndexColumns, ItemIndex};

use super::file::{Table, TableWriter};
use crate::registry::error::Flaw;

pub(super) fn write(index: &ItemIndex, path: &Path) -> Result<(), ArrowError> {
    let IndexColumns { m, entry, links, layers, upper_nodes, upper_links } = index.columns();
    let mut table = TableWriter::default();
    table.primitive::<UInt32Type>("m", &vec![*m].into(), 1);
    table.primitive::<UInt32Type>("entry", &vec![*entry].into(), 1);
    list::<UInt32Type>(&mut table, "links", links);
    list::<UInt64Type>(&mut table, "layers", layers);
    list::<UInt32Type>(&mut table, "upper_nodes", upper_nodes);
    list::<UInt32Type>(&mut table, "upper_links", upper_links);
    table.write(path)
}

fn list<T: ArrowPrimitiveType>(table: &mut TableWriter, name: &str, values: &Column<T::Native>) {
    let starts = vec![0, values.len() as u64].into();
    let values: ArrayRef = Arc::new(PrimitiveArray::<T>::new(values.clone(), None));
    table.lists(name, &starts, 1, vec![("value", values)]);
}

pub(super) fn read(path: &Path) -> Result<ItemIndex, Flaw> {
    let table = Table::open(path)?;
    let number = |name: &str| {
        let column = table.primitive::<UInt32Type>(name)?;
        column.first().copied().ok_or_else(|| Flaw::new(format!("has no `{name}`")))
    };
    let columns = IndexColumns {
        m: number("m")?,
        entry: number("entry")?,
        links: table.lists("links")?.values::<UInt32Type>("value")?,
        layers: table.lists("layers")?.values::<UInt64Type>("value")?,
        upper_nodes: table.lists("upper_nodes")?.values::<UInt32Type>("value")?,
        upper_links: table.lists("upper_links")?.values::<UInt32Type>("value")?,
    };
    ItemIndex::from_columns(columns).map_err(Flaw::new)
}
