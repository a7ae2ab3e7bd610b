//! Writes and reads the columns of facts by name and type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int64Type, UInt8Type, UInt32Type, UInt64Type,
};
use guanxi_models::ground::columns::{Content, Lists, Numbers};

use super::file::{Table, TableWriter, padded, unsigned};
use crate::registry::error::Flaw;

/// Adds a column.
pub(super) fn write(table: &mut TableWriter, name: &str, content: &Content, rows: usize) {
    match content {
        Content::Numbers(numbers) => table.column(name, array_of(numbers, rows)),
        Content::Flags(set) => table.flags(name, set, rows),
        Content::Lists(Lists { starts, values }) => {
            let array = |numbers| array_of(numbers, 0);
            let values = values.iter().map(|(name, numbers)| (name.as_str(), array(numbers)));
            table.lists(name, starts, rows, values.collect())
        }
    };
}

/// The columns of a table with a type that facts use.
pub(super) fn read(table: &Table) -> Result<Vec<(String, Content)>, Flaw> {
    let mut columns = Vec::new();
    for (name, array) in table.columns()? {
        let content = match array.data_type() {
            DataType::Boolean => Some(Content::Flags(table.flagged(name)?)),
            DataType::LargeList(_) => lists_of(array).map(Content::Lists),
            _ => numbers_of(array).map(Content::Numbers),
        };
        columns.extend(content.map(|content| (name.to_owned(), content)));
    }
    Ok(columns)
}

fn lists_of(array: &ArrayRef) -> Option<Lists> {
    let lists = array.as_list_opt::<i64>()?;
    let entries = lists.values().as_struct_opt()?;
    let value =
        |(name, values): (&&str, &ArrayRef)| Some(((*name).to_owned(), numbers_of(values)?));
    let values = entries.column_names().iter().zip(entries.columns()).filter_map(value).collect();
    Some(Lists { starts: unsigned(lists.offsets()), values })
}

macro_rules! numbers {
    ($($variant:ident: $arrow:ty,)*) => {
        /// The array with at least the given number of rows.
        fn array_of(numbers: &Numbers, rows: usize) -> ArrayRef {
            match numbers {
                $(Numbers::$variant(column) => {
                    Arc::new(PrimitiveArray::<$arrow>::new(padded(column, rows), None))
                })*
            }
        }

        fn numbers_of(array: &ArrayRef) -> Option<Numbers> {
            None$(.or_else(|| {
                let array = array.as_primitive_opt::<$arrow>()?;
                Some(Numbers::$variant(array.values().clone()))
            }))*
        }
    };
}

numbers! {
    U8: UInt8Type,
    U32: UInt32Type,
    U64: UInt64Type,
    I64: Int64Type,
    F32: Float32Type,
    F64: Float64Type,
}
