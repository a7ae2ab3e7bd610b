//! Reads the `user` and `item` columns of a Parquet file.

use std::error::Error;
use std::fs::File;

use arrow::array::AsArray as _;
use arrow::compute::cast;
use arrow::datatypes::{DataType, UInt32Type};
use guanxi_training::als::{Cell, Matrix};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// One cell of weight 1 per row, and the items of every user, ascending.
pub(crate) struct Read {
    pub(crate) matrix: Matrix,
    #[allow(dead_code, reason = "one of the examples asks for the matrix alone")]
    pub(crate) seen: Vec<Vec<u32>>,
}

pub(crate) fn read(file: &str) -> Result<Read, Box<dyn Error>> {
    let mut seen: Vec<Vec<u32>> = Vec::new();
    let mut n_items = 0;
    for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?.build()? {
        let batch = batch?;
        let column = |name: &str| -> Result<_, Box<dyn Error>> {
            let column = batch.column_by_name(name).ok_or_else(|| format!("no column `{name}`"))?;
            Ok(cast(column, &DataType::UInt32)?)
        };
        let (users, items) = (column("user")?, column("item")?);
        let pairs = users.as_primitive::<UInt32Type>().values().iter();
        for (&user, &item) in pairs.zip(items.as_primitive::<UInt32Type>().values()) {
            n_items = n_items.max(item as usize + 1);
            seen.resize(seen.len().max(user as usize + 1), Vec::new());
            seen[user as usize].push(item);
        }
    }
    for items in &mut seen {
        items.sort_unstable();
    }
    let cell = |&item: &u32| Cell { item, confidence: 1.0, target: 1.0 };
    let rows = seen.iter().map(|items| items.iter().map(cell).collect::<Vec<_>>());
    let matrix = Matrix::from_rows(n_items, rows)?;
    Ok(Read { matrix, seen })
}
