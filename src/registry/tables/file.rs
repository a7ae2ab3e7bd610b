//! An Arrow IPC file with one uncompressed batch, so that mapped columns can be used in place.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, LargeListArray, LargeStringArray,
    PrimitiveArray, RecordBatch, StructArray,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowNativeType, ArrowPrimitiveType, DataType, Field, Fields, Float32Type, Schema,
};
use arrow::error::ArrowError;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::root_as_footer;
use arrow::ipc::writer::FileWriter;
use guanxi_models::Factors;
use guanxi_models::column::Column;
use guanxi_models::ids::Ids;

use crate::registry::error::Flaw;
use crate::registry::map::map;
use crate::testing::seeded::{Defect, has};

/// A table to write: columns of equal length.
#[derive(Debug, Default)]
pub(super) struct TableWriter {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl TableWriter {
    pub(super) fn column(&mut self, name: &str, column: impl Array + 'static) -> &mut Self {
        self.fields.push(Field::new(name, column.data_type().clone(), false));
        self.columns.push(Arc::new(column));
        self
    }

    pub(super) fn ids(&mut self, ids: &Ids) -> &mut Self {
        let (starts, bytes) = ids.columns();
        let text = LargeStringArray::new(offsets(starts, ids.len()), bytes.inner().clone(), None);
        self.column("id", text)
    }

    pub(super) fn primitive<T: ArrowPrimitiveType>(
        &mut self,
        name: &str,
        values: &Column<T::Native>,
        rows: usize,
    ) -> &mut Self {
        self.column(name, PrimitiveArray::<T>::new(padded(values, rows), None))
    }

    /// A column that is true in the named rows.
    pub(super) fn flags(&mut self, name: &str, set: &[u32], rows: usize) -> &mut Self {
        let mut flags = vec![false; rows];
        for &row in set {
            flags[row as usize] = true;
        }
        self.column(name, BooleanArray::from(flags))
    }

    /// Rows of embeddings; an empty matrix is left out.
    pub(super) fn factors(&mut self, name: &str, factors: &Factors, rows: usize) -> &mut Self {
        if factors.rows() == 0 {
            return self;
        }
        let values = padded(factors.values(), rows * factors.dim());
        let values = PrimitiveArray::<Float32Type>::new(values, None);
        let field = Arc::new(Field::new("value", DataType::Float32, false));
        let rows = FixedSizeListArray::new(field, factors.dim() as i32, Arc::new(values), None);
        self.column(name, rows)
    }

    /// `rows` lists; lists beyond the last start are empty.
    pub(super) fn lists(
        &mut self,
        name: &str,
        starts: &Column<u64>,
        rows: usize,
        values: Vec<(&str, ArrayRef)>,
    ) -> &mut Self {
        let fields: Fields = values
            .iter()
            .map(|(name, values)| Field::new(*name, values.data_type().clone(), false))
            .collect();
        let arrays = values.into_iter().map(|(_, values)| values).collect();
        let entries = StructArray::new(fields, arrays, None);
        let field = Arc::new(Field::new("entry", entries.data_type().clone(), false));
        let lists = LargeListArray::new(field, offsets(starts, rows), Arc::new(entries), None);
        self.column(name, lists)
    }

    /// Writes the table with an fsync.
    pub(super) fn write(self, path: &Path) -> Result<(), ArrowError> {
        let schema = Arc::new(Schema::new(self.fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), self.columns)?;
        let mut writer = FileWriter::try_new_buffered(File::create(path)?, &schema)?;
        writer.write(&batch)?;
        writer.finish()?;
        let file =
            writer.into_inner()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        if !has(Defect::HalfPublish) {
            file.sync_all()?;
        }
        Ok(())
    }
}

/// Fills up missing values with zeros.
pub(super) fn padded<T: ArrowNativeType>(values: &Column<T>, length: usize) -> Column<T> {
    if values.len() >= length {
        return values.clone();
    }
    values.iter().copied().chain(std::iter::repeat(T::default())).take(length).collect()
}

/// List offsets of Arrow: one more than there are rows, signed.
fn offsets(starts: &Column<u64>, rows: usize) -> OffsetBuffer<i64> {
    if starts.len() == rows + 1 {
        return OffsetBuffer::new(ScalarBuffer::new(starts.inner().clone(), 0, starts.len()));
    }
    let end = starts.last().copied().unwrap_or(0);
    let padded = starts.iter().copied().chain(std::iter::repeat(end)).take(rows + 1);
    OffsetBuffer::new(padded.map(|start| start as i64).collect())
}

/// A mapped table. Every access checks that the column exists and has the right type.
#[derive(Debug)]
pub(super) struct Table(RecordBatch);

impl Table {
    pub(super) fn open(path: &Path) -> Result<Self, Flaw> {
        let buffer = map(path).map_err(Flaw::new)?;
        let length = buffer.len();
        let trailer = length.checked_sub(10).ok_or_else(|| Flaw::new("is too short"))?;
        let ending = buffer[trailer..].try_into().expect("the trailer has 10 bytes");
        let footer_length = read_footer_length(ending).map_err(Flaw::new)?;
        let begin = trailer.checked_sub(footer_length).ok_or_else(|| Flaw::new("is too short"))?;
        let footer = root_as_footer(&buffer[begin..trailer]).map_err(Flaw::new)?;
        let schema = footer.schema().ok_or_else(|| Flaw::new("has no schema"))?;
        let decoder = FileDecoder::new(Arc::new(fb_to_schema(schema)), footer.version())
            .with_require_alignment(true);
        let block = footer.recordBatches().filter(|batches| batches.len() == 1);
        let block = block.ok_or_else(|| Flaw::new("does not hold exactly one batch"))?.get(0);
        let (from, size) =
            (block.offset() as usize, block.bodyLength() + i64::from(block.metaDataLength()));
        let end = from.checked_add(size as usize).filter(|&end| end <= length);
        end.ok_or_else(|| Flaw::new("ends before its batch does"))?;
        let data = buffer.slice_with_length(from, size as usize);
        let batch = decoder.read_record_batch(block, &data).map_err(Flaw::new)?;
        batch.map(Self).ok_or_else(|| Flaw::new("holds no batch"))
    }

    /// Every column with its name. Columns with nulls are refused.
    pub(super) fn columns(&self) -> Result<Vec<(&str, &ArrayRef)>, Flaw> {
        let schema = self.0.schema_ref();
        let names = schema.fields().iter().map(|field| field.name().as_str());
        names.map(|name| Ok((name, self.get(name)?))).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.column_by_name(name).is_some()
    }

    pub(super) fn ids(&self) -> Result<Ids, Flaw> {
        let text = self.get("id")?.as_string_opt::<i64>().ok_or_else(|| wrong_type("id"))?;
        Ids::new(unsigned(text.offsets()), whole(text.values())).map_err(Flaw::new)
    }

    pub(super) fn primitive<T: ArrowPrimitiveType>(
        &self,
        name: &str,
    ) -> Result<Column<T::Native>, Flaw> {
        let column = self.get(name)?.as_primitive_opt::<T>();
        column.map(|column| column.values().clone()).ok_or_else(|| wrong_type(name))
    }

    /// Rows of embeddings; empty if the column was left out.
    pub(super) fn factors(&self, name: &str) -> Result<Option<Factors>, Flaw> {
        let Some(column) = self.0.column_by_name(name) else { return Ok(None) };
        let rows = column.as_fixed_size_list_opt().ok_or_else(|| wrong_type(name))?;
        let values = rows.values().as_primitive_opt::<Float32Type>();
        let values = values.ok_or_else(|| wrong_type(name))?.values().clone();
        Factors::new(rows.value_length() as usize, values).map(Some).map_err(Flaw::new)
    }

    /// The rows with a true flag.
    pub(super) fn flagged(&self, name: &str) -> Result<Column<u32>, Flaw> {
        let flags = self.get(name)?.as_boolean_opt().ok_or_else(|| wrong_type(name))?;
        Ok(flags.values().set_indices_u32().collect())
    }

    pub(super) fn lists(&self, name: &str) -> Result<Lists<'_>, Flaw> {
        let lists = self.get(name)?.as_list_opt::<i64>().ok_or_else(|| wrong_type(name))?;
        let entries = lists.values().as_struct_opt().ok_or_else(|| wrong_type(name))?;
        Ok(Lists { starts: unsigned(lists.offsets()), entries })
    }

    fn get(&self, name: &str) -> Result<&ArrayRef, Flaw> {
        let column = self.0.column_by_name(name);
        let column = column.ok_or_else(|| Flaw::new(format!("has no column `{name}`")))?;
        if column.null_count() > 0 {
            return Err(Flaw::new(format!("has nulls in column `{name}`")));
        }
        Ok(column)
    }
}

/// A column of lists: their starts, and their concatenated entries.
#[derive(Debug)]
pub(super) struct Lists<'a> {
    pub(super) starts: Column<u64>,
    entries: &'a StructArray,
}

impl Lists<'_> {
    pub(super) fn values<T: ArrowPrimitiveType>(
        &self,
        name: &str,
    ) -> Result<Column<T::Native>, Flaw> {
        let column = self.entries.column_by_name(name);
        let column = column.ok_or_else(|| Flaw::new(format!("has no values `{name}`")))?;
        let values = column.as_primitive_opt::<T>().ok_or_else(|| wrong_type(name))?;
        Ok(values.values().clone())
    }
}

fn wrong_type(name: &str) -> Flaw {
    Flaw::new(format!("has another type of column `{name}`"))
}

/// Arrow's offsets are never negative, so their bits are those of the starts.
pub(super) fn unsigned(offsets: &OffsetBuffer<i64>) -> Column<u64> {
    let inner = offsets.inner();
    Column::new(inner.inner().clone(), 0, inner.len())
}

fn whole(buffer: &Buffer) -> Column<u8> {
    Column::new(buffer.clone(), 0, buffer.len())
}
