//! The model of guanxi, and how it answers queries.
//!
//! Values and pure functions only: no disk, no network, no clock. Time and seed are arguments. A
//! [`Model`] is the result of training at a watermark. A [`World`] is a model plus every later
//! record.

mod action;
pub mod attributes;
pub mod column;
pub mod event;
pub mod factors;
pub mod filter;
pub mod fold_in;
pub mod friends_of_friends;
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
pub mod recency;
pub mod recommend;
pub mod record;
pub mod solver;
mod tally;
pub mod tie;
mod visible;
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
