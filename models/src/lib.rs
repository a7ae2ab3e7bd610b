//! What a guanxi model is, and how it answers.
//!
//! Values and pure functions: nothing here reads a disk, opens a socket or asks a clock; time and seed are arguments.
//! A [`Model`] is what training made at a watermark, a [`World`] is that model plus every record since.

mod action;
pub mod attributes;
pub mod column;
pub mod event;
pub mod factors;
pub mod filter;
pub mod fold_in;
pub mod ground;
mod histories;
pub mod history;
pub mod id;
pub mod ids;
pub mod index;
pub mod kernel;
pub mod mix;
pub mod model;
pub mod params;
pub mod reach;
pub mod recency;
pub mod recommend;
pub mod record;
mod shown;
pub mod solver;
mod tally;
pub mod tie;
pub mod world;

pub use event::{Action, Attribution, Details, Event, EventType, Millis, Order, Visibility};
pub use factors::Factors;
pub use ground::Ground;
pub use id::{CircleIdx, IdError, ItemIdx, Offset, UserIdx, check_id};
pub use model::{Learned, Model};
pub use recommend::answer::{Answer, Listed, Reason};
pub use recommend::query::{About, Query, QueryError, Search};
pub use recommend::scenario::Scenario;
pub use record::{Attribute, Item, Place, Record, Relation, RelationKind, User};
pub use world::World;
