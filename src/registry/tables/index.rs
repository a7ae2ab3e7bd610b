//! `index.arrow`: one row with the whole graph.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Int8Type, UInt32Type};
use arrow::error::ArrowError;
use guanxi_models::column::Column;
use guanxi_models::index::{IndexColumns, ItemIndex};

use super::file::{Table, TableWriter};
use crate::registry::error::Flaw;

/// The columns of single integers.
const NUMBERS: [&str; 4] = ["width", "rows", "head", "ef"];

pub(super) fn write(index: &ItemIndex, path: &Path) -> Result<(), ArrowError> {
    let IndexColumns { width, rows, head, ef, recall, items, scales, codes, links } =
        index.columns();
    let mut table = TableWriter::default();
    for (name, number) in NUMBERS.into_iter().zip([width, rows, head, ef]) {
        table.primitive::<UInt32Type>(name, &vec![*number].into(), 1);
    }
    table.primitive::<Float32Type>("recall", &vec![*recall].into(), 1);
    list::<UInt32Type>(&mut table, "items", items);
    list::<Float32Type>(&mut table, "scales", scales);
    list::<Int8Type>(&mut table, "codes", codes);
    list::<UInt32Type>(&mut table, "links", links);
    table.write(path)
}

fn list<T: ArrowPrimitiveType>(table: &mut TableWriter, name: &str, values: &Column<T::Native>) {
    let starts = vec![0, values.len() as u64].into();
    let values: ArrayRef = Arc::new(PrimitiveArray::<T>::new(values.clone(), None));
    table.lists(name, &starts, 1, vec![("value", values)]);
}

/// Maps the index. An index without codes, from an early version, is left out: searches scan until
/// the next training.
pub(super) fn read(path: &Path) -> Result<ItemIndex, Flaw> {
    let table = Table::open(path)?;
    if !table.has("codes") {
        return Ok(ItemIndex::default());
    }
    let [width, rows, head, ef] = NUMBERS.map(|name| first::<UInt32Type>(&table, name));
    let columns = IndexColumns {
        width: width?,
        rows: rows?,
        head: head?,
        ef: ef?,
        recall: first::<Float32Type>(&table, "recall")?,
        items: table.lists("items")?.values::<UInt32Type>("value")?,
        scales: table.lists("scales")?.values::<Float32Type>("value")?,
        codes: table.lists("codes")?.values::<Int8Type>("value")?,
        links: table.lists("links")?.values::<UInt32Type>("value")?,
    };
    ItemIndex::from_columns(columns).map_err(Flaw::new)
}

fn first<T: ArrowPrimitiveType>(table: &Table, name: &str) -> Result<T::Native, Flaw> {
    let column = table.primitive::<T>(name)?;
    column.first().copied().ok_or_else(|| Flaw::new(format!("has no `{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_from_before_nodes_had_codes_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index.arrow");
        let mut table = TableWriter::default();
        table.primitive::<UInt32Type>("m", &vec![16].into(), 1);
        list::<UInt32Type>(&mut table, "links", &vec![1, 0].into());
        table.write(&path).unwrap();
        assert!(read(&path).unwrap().is_exact());
    }
}
