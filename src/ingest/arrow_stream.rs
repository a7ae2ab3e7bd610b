//! Arrow IPC streams with a known schema.

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::Schema;
use arrow::ipc::reader::StreamDecoder;

use super::columns::{Columns, Role, class_of};
use super::flaw::{Code, Flaw};
use super::shape::{Class, Field, Shape};
use crate::untrusted::panics::guarded;

/// Reads a whole stream and checks its schema against `shape`.
pub(super) fn arrow_columns(body: &[u8], shape: &Shape) -> Result<Vec<Columns>, Flaw> {
    // The decoder panics on offsets outside of the stream. The panic becomes an error of the
    // request; no other state is shared with the call.
    let read = guarded(|| batches(body, shape));
    read.unwrap_or_else(|_| Err(damaged("its offsets lie outside of it")))
}

fn batches(body: &[u8], shape: &Shape) -> Result<Vec<Columns>, Flaw> {
    let mut decoder = StreamDecoder::new();
    let mut buffer = Buffer::from(body);
    let mut all = Vec::new();
    while let Some(batch) = decoder.decode(&mut buffer).map_err(damaged)? {
        all.push(columns(&batch, shape)?);
    }
    decoder.finish().map_err(damaged)?;
    match decoder.schema() {
        Some(schema) => roles(&schema, shape).map(|_| all),
        None => Err(damaged("it has no schema")),
    }
}

fn columns(batch: &RecordBatch, shape: &Shape) -> Result<Columns, Flaw> {
    let roles = roles(&batch.schema(), shape)?;
    Columns::new(batch, &roles).map_err(damaged)
}

/// The role of each column, or the first difference from the schema.
fn roles(schema: &Schema, shape: &Shape) -> Result<Vec<Option<Role>>, Flaw> {
    for field in shape.fields.iter().filter(|field| field.required) {
        if schema.field_with_name(field.name).is_err() {
            let what = format!("is missing: streams of {} require this column", shape.plural);
            return Err(Flaw::new(Code::MissingField, field.name, what));
        }
    }
    schema.fields().iter().map(|column| role(column, shape).map(Some)).collect()
}

fn role(column: &arrow::datatypes::Field, shape: &Shape) -> Result<Role, Flaw> {
    let takes_columns = |field: &&Field| field.classes != [Class::Object];
    let Some(field) = shape.field(column.name()).filter(takes_columns) else {
        return Err(shape.unknown(column.name(), ""));
    };
    let class = class_of(column.data_type());
    if class.is_some_and(|class| field.classes.contains(&class)) {
        return Ok(Role::Field(field.name));
    }
    let wanted = field.classes.iter().map(|class| name_of(*class)).collect::<Vec<_>>();
    let what =
        format!("is a column of type {}: it must be {}", column.data_type(), wanted.join(" or "));
    Err(Flaw::new(Code::InvalidArrow, field.name, what))
}

fn name_of(class: Class) -> &'static str {
    match class {
        Class::Text => "utf8",
        Class::Integer => "an integer type",
        Class::Number => "a floating point type",
        Class::Flag => "bool",
        Class::Time => "timestamp",
        Class::Texts => "list<utf8>",
        Class::Object => "struct",
    }
}

fn damaged(cause: impl std::fmt::Display) -> Flaw {
    Flaw::whole(Code::InvalidArrow, format!("the body is not a readable Arrow IPC stream: {cause}"))
}
