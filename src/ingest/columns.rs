//! A batch of Arrow columns as rows.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, UInt64Type};
use arrow::error::ArrowError;

use super::cell::{Cell, Row};
use super::shape::Class;

/// The kind of values of a column type; none if the type is not supported.
pub(crate) fn class_of(data_type: &DataType) -> Option<Class> {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Class::Text),
        DataType::Dictionary(_, values) if class_of(values) == Some(Class::Text) => {
            Some(Class::Text)
        }
        DataType::Boolean => Some(Class::Flag),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Some(Class::Time),
        DataType::List(field) | DataType::LargeList(field) => {
            class_of(field.data_type()).filter(|class| *class == Class::Text)?;
            Some(Class::Texts)
        }
        _ if data_type.is_integer() => Some(Class::Integer),
        _ if data_type.is_floating() => Some(Class::Number),
        DataType::Decimal128(..) | DataType::Decimal256(..) => Some(Class::Number),
        _ => None,
    }
}

/// The role of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A field of the shape.
    Field(&'static str),
    /// An attribute with this name.
    Extra(String),
}

/// The columns of one batch, each with its role.
#[derive(Debug)]
pub(crate) struct Columns {
    columns: Vec<(Role, Column)>,
    rows: usize,
}

impl Columns {
    /// Takes the columns of a batch. `roles[i]` is the role of column `i`; a column without one is
    /// left out.
    pub(crate) fn new(batch: &RecordBatch, roles: &[Option<Role>]) -> Result<Self, ArrowError> {
        let chosen = batch.columns().iter().zip(roles);
        let columns = chosen
            .filter_map(|(array, role)| role.clone().map(|role| (role, array)))
            .map(|(role, array)| Ok((role, Column::new(array)?)))
            .collect::<Result<_, ArrowError>>()?;
        Ok(Self { columns, rows: batch.num_rows() })
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// One row.
    pub(crate) fn row(&self, row: usize) -> ColumnsRow<'_> {
        ColumnsRow { columns: self, row }
    }
}

/// One row of [`Columns`].
#[derive(Debug)]
pub(crate) struct ColumnsRow<'a> {
    columns: &'a Columns,
    row: usize,
}

impl Row for ColumnsRow<'_> {
    fn cell(&self, field: &str) -> Cell<'_> {
        let named = |role: &Role| matches!(role, Role::Field(name) if *name == field);
        let column = self.columns.columns.iter().find(|(role, _)| named(role));
        column.map_or(Cell::Absent, |(_, column)| column.cell(self.row))
    }

    fn extras(&self) -> Vec<(&str, Cell<'_>)> {
        let columns = self.columns.columns.iter();
        let extras = columns.filter_map(|(role, column)| match role {
            Role::Extra(name) => Some((name.as_str(), column.cell(self.row))),
            Role::Field(_) => None,
        });
        extras.collect()
    }
}

/// A column in one of the layouts that cells are made from.
#[derive(Debug)]
enum Column {
    Text(StringArray),
    Integer(Int64Array),
    Unsigned(UInt64Array),
    Number(Float64Array),
    Flag(BooleanArray),
    Time(Int64Array, Unit),
    Texts(ListArray, StringArray),
}

/// The unit of a time column.
#[derive(Clone, Copy, Debug)]
enum Unit {
    /// A number of milliseconds.
    Times(i64),
    /// A fraction of a millisecond, by its denominator.
    Part(i64),
}

impl Column {
    fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        let data_type = array.data_type();
        let unsupported = || ArrowError::NotYetImplemented(format!("columns of type {data_type}"));
        let as_type = |wanted: DataType| cast(array, &wanted);
        Ok(match class_of(data_type).ok_or_else(unsupported)? {
            Class::Text => Self::Text(as_type(DataType::Utf8)?.as_string().clone()),
            Class::Integer if *data_type == DataType::UInt64 => {
                Self::Unsigned(array.as_primitive::<UInt64Type>().clone())
            }
            Class::Integer => {
                Self::Integer(as_type(DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            Class::Number => {
                Self::Number(as_type(DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            Class::Flag => Self::Flag(array.as_boolean().clone()),
            Class::Time => Self::time(array)?,
            Class::Texts => Self::texts(array)?,
            Class::Object => return Err(unsupported()),
        })
    }

    /// The raw values of a time column, which count from 1970 in UTC for every time zone.
    fn time(array: &ArrayRef) -> Result<Self, ArrowError> {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let unit = match array.data_type() {
            DataType::Date32 => Unit::Times(DAY),
            DataType::Timestamp(TimeUnit::Second, _) => Unit::Times(1000),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Unit::Part(1000),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Unit::Part(1_000_000),
            _ => Unit::Times(1),
        };
        let steps = match array.data_type() {
            DataType::Date32 => cast(&cast(array, &DataType::Int32)?, &DataType::Int64)?,
            _ => cast(array, &DataType::Int64)?,
        };
        Ok(Self::Time(steps.as_primitive::<Int64Type>().clone(), unit))
    }

    fn texts(array: &ArrayRef) -> Result<Self, ArrowError> {
        let item = arrow::datatypes::Field::new("item", DataType::Utf8, true);
        let lists = cast(array, &DataType::List(item.into()))?;
        let lists = lists.as_list::<i32>().clone();
        let texts = lists.values().as_string().clone();
        Ok(Self::Texts(lists, texts))
    }

    fn cell(&self, row: usize) -> Cell<'_> {
        let array: &dyn Array = match self {
            Self::Text(array) => array,
            Self::Integer(array) | Self::Time(array, _) => array,
            Self::Unsigned(array) => array,
            Self::Number(array) => array,
            Self::Flag(array) => array,
            Self::Texts(array, _) => array,
        };
        if array.is_null(row) { Cell::Null } else { self.value(row) }
    }

    fn value(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Text(array) => Cell::Text(array.value(row)),
            Self::Integer(array) => Cell::Integer(array.value(row).into()),
            Self::Unsigned(array) => Cell::Integer(array.value(row).into()),
            Self::Number(array) => Cell::Number(array.value(row)),
            Self::Flag(array) => Cell::Flag(array.value(row)),
            Self::Time(array, Unit::Times(n)) => Cell::Time(array.value(row).saturating_mul(*n)),
            Self::Time(array, Unit::Part(n)) => Cell::Time(array.value(row).div_euclid(*n)),
            Self::Texts(lists, texts) => {
                let starts = lists.value_offsets();
                let range = starts[row] as usize..starts[row + 1] as usize;
                let text =
                    |at| if texts.is_null(at) { Cell::Null } else { Cell::Text(texts.value(at)) };
                Cell::List(range.map(text).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Date32Array, LargeStringArray, TimestampMicrosecondArray, TimestampSecondArray,
    };

    use super::*;

    fn first(array: impl Array + 'static) -> Cell<'static> {
        let column = Box::leak(Box::new(Column::new(&(Arc::new(array) as ArrayRef)).unwrap()));
        column.cell(0)
    }

    #[test]
    fn every_layout_gives_the_same_cells() {
        assert_eq!(first(LargeStringArray::from(vec!["a"])), Cell::Text("a"));
        assert_eq!(first(UInt64Array::from(vec![u64::MAX])), Cell::Integer(u64::MAX.into()));
        assert_eq!(first(arrow::array::UInt8Array::from(vec![7])), Cell::Integer(7));
        assert_eq!(first(arrow::array::Float32Array::from(vec![0.5])), Cell::Number(0.5));
        assert_eq!(first(StringArray::from(vec![None::<&str>])), Cell::Null);
    }

    #[test]
    fn times_of_every_unit_are_milliseconds() {
        assert_eq!(first(TimestampSecondArray::from(vec![2])), Cell::Time(2_000));
        let zoned = TimestampMicrosecondArray::from(vec![2_500]).with_timezone("+08:00");
        assert_eq!(first(zoned), Cell::Time(2));
        assert_eq!(first(Date32Array::from(vec![1])), Cell::Time(86_400_000));
    }

    #[test]
    fn columns_of_bytes_are_refused() {
        assert_eq!(class_of(&DataType::Binary), None);
        let bytes = Arc::new(arrow::array::BinaryArray::from(vec![&b"x"[..]])) as ArrayRef;
        assert!(Column::new(&bytes).is_err());
    }
}
