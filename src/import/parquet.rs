//! Parquet files, a record batch at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::datatypes::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::layout::{Layout, can_give};
use super::table::{PIECE, Table, Visit};
use super::{FileKind, ImportError, Mapping};
use crate::ingest::columns::{Columns, Role, class_of};
use crate::untrusted::panics::guarded;

/// An open Parquet file.
#[derive(Debug)]
pub(super) struct ParquetTable {
    path: PathBuf,
    batches: ParquetRecordBatchReader,
    layout: Layout,
    /// The roles of the columns that are read, in the order of the batches.
    roles: Vec<Option<Role>>,
    read: u64,
    rows: u64,
}

impl ParquetTable {
    pub(super) fn open(
        path: &Path,
        kind: FileKind,
        mapping: &Mapping,
    ) -> Result<Self, ImportError> {
        let file = File::open(path).map_err(ImportError::io(path))?;
        let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(file));
        let builder = builder.map_err(damaged(path))?.map_err(damaged(path))?;
        let layout = layout(path, builder.schema(), kind, mapping)?;
        let rows = builder.metadata().file_metadata().num_rows().max(0) as u64;
        let chosen = layout.roles.iter().enumerate().filter(|(_, role)| role.is_some());
        let mask = ProjectionMask::roots(builder.parquet_schema(), chosen.map(|(at, _)| at));
        let roles = layout.roles.iter().filter(|role| role.is_some()).cloned().collect();
        let builder = builder.with_projection(mask).with_batch_size(PIECE);
        let batches = guarded(|| builder.build()).map_err(damaged(path))?.map_err(damaged(path))?;
        Ok(Self { path: path.to_owned(), batches, layout, roles, read: 0, rows })
    }
}

impl Table for ParquetTable {
    fn next_rows(&mut self, visit: Visit<'_>) -> Result<bool, ImportError> {
        let next = guarded(|| self.batches.next()).map_err(damaged(&self.path))?;
        let Some(batch) = next else { return Ok(false) };
        let batch = batch.map_err(damaged(&self.path))?;
        let columns = Columns::new(&batch, &self.roles).map_err(damaged(&self.path))?;
        for row in 0..columns.len() {
            self.read += 1;
            visit(self.read, Ok(&columns.row(row)));
        }
        Ok(true)
    }

    fn progress(&self) -> f64 {
        self.read as f64 / self.rows.max(1) as f64
    }

    fn column_of(&self, field: &str) -> Option<&str> {
        self.layout.column_of(field)
    }

    fn ignored(&self) -> &[String] {
        &self.layout.ignored
    }
}

fn layout(
    path: &Path,
    schema: &SchemaRef,
    kind: FileKind,
    mapping: &Mapping,
) -> Result<Layout, ImportError> {
    let names = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut layout = Layout::new(path, names, kind, mapping)?;
    for (at, column) in schema.fields().iter().enumerate() {
        let class = class_of(column.data_type());
        match &layout.roles[at] {
            Some(Role::Field(field)) => {
                let known = kind.shape().field(field).expect("roles name fields of the shape");
                if !class.is_some_and(|class| can_give(class, known.classes[0])) {
                    return Err(ImportError::ColumnType {
                        path: path.to_owned(),
                        column: column.name().clone(),
                        data_type: column.data_type().to_string(),
                        field,
                    });
                }
            }
            Some(Role::Extra(_)) if class.is_none() => layout.ignore(at),
            _ => (),
        }
    }
    Ok(layout)
}

fn damaged<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> ImportError {
    let path = path.to_owned();
    move |error| ImportError::Damaged { path, format: "Parquet", what: error.to_string() }
}
