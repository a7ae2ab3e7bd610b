//! A list on its way to the client, written straight into a buffer.

use guanxi_models::recommend::answer::{Answer, Listed, Reason};
use guanxi_models::{Item, ItemIdx, World};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::field::{Field, written};
use super::question::Asked;
use crate::http::fresh_id::fresh_id;

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
pub(in crate::http) struct Listing<'a> {
    pub(in crate::http) world: &'a World,
    pub(in crate::http) asked: &'a Asked,
    pub(in crate::http) answer: &'a Answer,
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

impl Listing<'_> {
    /// Writes the list as JSON. By hand: of most answers the half is names that every item has, for which a serializer looks at each letter.
    pub(in crate::http) fn write(&self, out: &mut Vec<u8>) {
        let version = &self.world.model().version;
        self.world.prefetch_ids(self.answer.items.iter().map(|one| one.id));
        let id = fresh_id();
        let mut text = Uuid::encode_buffer();
        out.extend_from_slice(b"{\"recommendation_id\":\"");
        out.extend_from_slice(id.hyphenated().encode_lower(&mut text).as_bytes());
        out.extend_from_slice(b"\",\"scenario\":");
        write_value(&self.asked.query.scenario, out);
        out.extend_from_slice(b",\"model\":");
        write_value(&Some(version).filter(|version| !version.is_empty()), out);
        out.extend_from_slice(b",\"offset\":");
        write_value(&self.world.offset(), out);
        out.extend_from_slice(b",\"items\":[");
        for (at, one) in self.answer.items.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b"{\"id\":" } else { b",{\"id\":" });
            self.write_item(one, out);
        }
        out.extend_from_slice(b"],\"degraded\":");
        write_value(&self.degraded(), out);
        out.push(b'}');
    }

    fn write_item(&self, one: &Listed<ItemIdx>, out: &mut Vec<u8>) {
        let Self { world, asked, .. } = self;
        write_text(world.item_id(one.id), out);
        out.extend_from_slice(b",\"score\":");
        write_value(&one.score, out);
        if asked.query.explain {
            out.extend_from_slice(b",\"reasons\":");
            write_value(&Reasons { world, reasons: &one.reasons }, out);
        }
        if !asked.fields.is_empty() {
            // The rest of an object: its first brace is the comma after what stands before.
            let at = out.len();
            let item = world.item_at(one.id).map(|item| &**item);
            write_value(&Fields { fields: &asked.fields, item }, out);
            out[at] = b',';
            return;
        }
        out.push(b'}');
    }
}

/// Writes anything as JSON.
pub(in crate::http) fn write_value(value: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing texts and numbers to memory can't fail");
}

/// Writes a text as JSON. O(bytes), in large steps where nothing is to be escaped.
fn write_text(text: &str, out: &mut Vec<u8>) {
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    if text.as_bytes().iter().any(is_special) {
        return write_value(&text, out);
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Properties of an item, at least one, as an object.
struct Fields<'a> {
    fields: &'a [Field],
    item: Option<&'a Item>,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // An item that nobody described is one that can be bought and of which nothing is known.
        let bare = Item::bare("");
        let item = self.item.unwrap_or(&bare);
        let mut map = serializer.serialize_map(None)?;
        self.fields.iter().try_for_each(|field| field.write(item, &mut map))?;
        map.end()
    }
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
pub(in crate::http) struct ListShape {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_any_other_serializer_would() {
        for text in ["", "i1", "用户/7", "a\"b", "a\\b", "a\nb", "\u{1f}", "\u{7f}é"] {
            let mut written = Vec::new();
            write_text(text, &mut written);
            assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(text).unwrap());
        }
    }
}
