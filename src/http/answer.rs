//! A list on its way to the client, written straight into a buffer.

use guanxi_models::recommend::query::{Answer, Reason, Recommendation};
use guanxi_models::{Item, World};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::field::{Field, written};
use super::fresh_id::fresh_id;
use super::question::Asked;

/// Why a list is less than it could be.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Degraded {
    /// Nothing was trained yet: lists come from counts alone.
    NoModel,
    /// The user was never heard of: the list is not personal.
    UnknownUser,
    /// The answer was due before all was looked at: see `deadline_ms`.
    Deadline,
}

/// Everything that an answer says.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    pub(super) world: &'a World,
    pub(super) asked: &'a Asked,
    pub(super) answer: &'a Answer,
}

impl Listing<'_> {
    fn degraded(&self) -> Vec<Degraded> {
        let user = self.asked.query.user.as_ref();
        let unknown = user.is_some_and(|id| self.world.user_idx(id).is_none());
        let no_model = self.world.model().version.is_empty();
        let is_cut = self.answer.is_cut;
        [
            (no_model, Degraded::NoModel),
            (unknown, Degraded::UnknownUser),
            (is_cut, Degraded::Deadline),
        ]
        .into_iter()
        .filter_map(|(holds, degraded)| holds.then_some(degraded))
        .collect()
    }
}

impl Serialize for Listing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let version = &self.world.model().version;
        let mut map = serializer.serialize_map(None)?;
        let id = fresh_id();
        let mut text = Uuid::encode_buffer();
        let id: &str = id.hyphenated().encode_lower(&mut text);
        map.serialize_entry("recommendation_id", id)?;
        map.serialize_entry("scenario", &self.asked.query.scenario)?;
        map.serialize_entry("model", &Some(version).filter(|version| !version.is_empty()))?;
        map.serialize_entry("offset", &self.world.offset())?;
        map.serialize_entry("items", &Items(self))?;
        map.serialize_entry("degraded", &self.degraded())?;
        map.end()
    }
}

struct Items<'a>(&'a Listing<'a>);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let items = &self.0.answer.items;
        let mut list = serializer.serialize_seq(Some(items.len()))?;
        for one in items {
            list.serialize_element(&Entry { listing: self.0, one })?;
        }
        list.end()
    }
}

struct Entry<'a> {
    listing: &'a Listing<'a>,
    one: &'a Recommendation,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Listing { world, asked, .. } = self.listing;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", world.item_id(self.one.item))?;
        map.serialize_entry("score", &self.one.score)?;
        if asked.query.explain {
            map.serialize_entry("reasons", &Reasons { world, reasons: &self.one.reasons })?;
        }
        if !asked.fields.is_empty() {
            write_fields(
                &asked.fields,
                world.item_at(self.one.item).map(|item| &**item),
                &mut map,
            )?;
        }
        map.end()
    }
}

fn write_fields<M: SerializeMap>(
    fields: &[Field],
    item: Option<&Item>,
    map: &mut M,
) -> Result<(), M::Error> {
    // An item that nobody described is one that can be bought and of which nothing is known.
    let bare = Item::bare("");
    let item = item.unwrap_or(&bare);
    fields.iter().try_for_each(|field| field.write(item, map))
}

struct Reasons<'a> {
    world: &'a World,
    reasons: &'a [Reason],
}

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let world = self.world;
        serializer.collect_seq(self.reasons.iter().map(|reason| ReasonBody::of(world, reason)))
    }
}

/// A fact behind a score. `share` is what it adds to the score.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = Reason)]
pub(super) enum ReasonBody<'a> {
    /// So many friends bought it; they are counted, never named.
    FriendsBought {
        /// How many.
        count: usize,
        /// Its part of the score.
        share: f32,
    },
    /// It suits the user's taste.
    Taste {
        /// Its part of the score.
        share: f32,
    },
    /// People who touched this item of the user's own (or of the session's) also bought it.
    AlsoBought {
        /// The own item.
        item: &'a str,
        /// Its part of the score.
        share: f32,
    },
    /// It is like this item.
    SimilarTo {
        /// That item.
        item: &'a str,
        /// The cosine.
        share: f32,
    },
    /// Many people touched it.
    Popular {
        /// How many.
        users: u32,
        /// Its part of the score.
        share: f32,
    },
    /// It came lately.
    New {
        /// When, in RFC 3339.
        since: Option<String>,
    },
    /// It fills the page up from for-you.
    FilledFromForYou,
}

impl<'a> ReasonBody<'a> {
    fn of(world: &'a World, reason: &Reason) -> Self {
        match *reason {
            Reason::FriendsBought { count, share } => Self::FriendsBought { count, share },
            Reason::Taste { share } => Self::Taste { share },
            Reason::AlsoBought { item, share } => {
                Self::AlsoBought { item: world.item_id(item), share }
            }
            Reason::SimilarTo { item, share } => {
                Self::SimilarTo { item: world.item_id(item), share }
            }
            Reason::Popular { users, share } => Self::Popular { users, share },
            Reason::New { since } => Self::New { since: written(since) },
            Reason::FilledFromForYou => Self::FilledFromForYou,
        }
    }
}

/// One list, as the `OpenAPI` document shows it.
#[derive(Debug, ToSchema)]
#[schema(as = List)]
#[expect(dead_code, reason = "only the schema is used: answers are written straight into a buffer")]
pub(super) struct ListShape {
    /// The name of this answer: send it back in `ref.recommendation_id` of the events that follow from it.
    recommendation_id: String,
    /// The scenario that was asked for.
    #[schema(example = "for-you")]
    scenario: String,
    /// The version of the model that answered; null before the first training.
    model: Option<String>,
    /// Every write up to this offset is taken in.
    offset: u64,
    /// Best first.
    items: Vec<ListedShape>,
    /// Why the list is less than it could be.
    degraded: Vec<Degraded>,
}

/// One item of a list, with those of its properties that `fields` asked for.
#[derive(Debug, ToSchema)]
#[schema(as = Listed)]
#[expect(dead_code, reason = "only the schema is used: answers are written straight into a buffer")]
pub(super) struct ListedShape {
    /// The item.
    id: String,
    /// Its score: comparable within one list alone.
    score: f32,
    /// Why it is listed; only with `explain`.
    reasons: Option<Vec<ReasonBody<'static>>>,
}
