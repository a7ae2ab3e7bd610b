//! Lists as Arrow columns: one row per user and item.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float32Builder, ListBuilder, RecordBatch, StringBuilder, StructBuilder, UInt32Builder,
};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use guanxi_models::{ItemIdx, Listed, Reason, World};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// The list of one user.
#[derive(Debug)]
pub(super) struct UserList {
    pub(super) user: String,
    pub(super) items: Vec<Listed<ItemIdx>>,
}

/// The fields of a reason: `kind`, the `share` of the score, and, where they apply, `count` and
/// `item`.
fn reason_fields() -> Fields {
    Fields::from(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("share", DataType::Float32, true),
        Field::new("count", DataType::UInt32, true),
        Field::new("item", DataType::Utf8, true),
    ])
}

pub(super) fn schema() -> SchemaRef {
    let reason = Field::new("item", DataType::Struct(reason_fields()), true);
    Arc::new(Schema::new(vec![
        Field::new("user", DataType::Utf8, false),
        Field::new("rank", DataType::UInt32, false),
        Field::new("item", DataType::Utf8, false),
        Field::new("score", DataType::Float32, false),
        Field::new("reasons", DataType::List(Arc::new(reason)), false),
    ]))
}

pub(super) fn properties() -> WriterProperties {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    WriterProperties::builder().set_compression(zstd).build()
}

pub(super) fn batch(world: &World, lists: &[UserList]) -> Result<RecordBatch, ArrowError> {
    let (mut users, mut ranks) = (StringBuilder::new(), UInt32Builder::new());
    let (mut items, mut scores) = (StringBuilder::new(), Float32Builder::new());
    let mut reasons = ListBuilder::new(StructBuilder::from_fields(reason_fields(), 0));
    for list in lists {
        for (one, rank) in list.items.iter().zip(1..) {
            users.append_value(&list.user);
            ranks.append_value(rank);
            items.append_value(world.item_id(one.id));
            scores.append_value(one.score);
            one.reasons.iter().for_each(|reason| append(world, reasons.values(), reason));
            reasons.append(true);
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(users.finish()),
        Arc::new(ranks.finish()),
        Arc::new(items.finish()),
        Arc::new(scores.finish()),
        Arc::new(reasons.finish()),
    ];
    RecordBatch::try_new(schema(), columns)
}

fn append(world: &World, row: &mut StructBuilder, reason: &Reason) {
    let (share, count, item) = match *reason {
        Reason::FriendsBought { count, share } => (Some(share), Some(count as u32), None),
        Reason::Taste { share } => (Some(share), None, None),
        Reason::AlsoBought { item, share } | Reason::SimilarTo { item, share } => {
            (Some(share), None, Some(world.item_id(item)))
        }
        Reason::Popular { users, share } => (Some(share), Some(users), None),
        Reason::New { .. } | Reason::FilledFromForYou => (None, None, None),
    };
    let field = "the struct was made with these fields";
    row.field_builder::<StringBuilder>(0).expect(field).append_value(reason.kind());
    row.field_builder::<Float32Builder>(1).expect(field).append_option(share);
    row.field_builder::<UInt32Builder>(2).expect(field).append_option(count);
    row.field_builder::<StringBuilder>(3).expect(field).append_option(item);
    row.append(true);
}
