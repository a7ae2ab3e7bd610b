//! Serialises a list directly into a buffer.

use guanxi_models::recommend::answer::{Answer, Listed, Reason};
use guanxi_models::{Item, ItemIdx, World};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::field::{Field, written};
use super::question::Asked;
use crate::http::fresh_id::fresh_id;

/// The reason why a list is limited.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Degraded {
    /// There is no model yet: lists follow from counts alone.
    NoModel,
    /// The user is unknown: the list is not personal.
    UnknownUser,
    /// The deadline cut the search short: see `deadline_ms`.
    Deadline,
}

/// All parts of an answer.
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
    /// Writes the list as JSON. By hand: about half of an answer is repeated field names, which a
    /// serializer would escape letter by letter.
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
            // Continues an object: the opening brace becomes a comma after the previous field.
            let at = out.len();
            let item = world.item_at(one.id).map(|item| &**item);
            write_value(&Fields { fields: &asked.fields, item }, out);
            out[at] = b',';
            return;
        }
        out.push(b'}');
    }
}

/// Writes a serialisable value as JSON.
pub(in crate::http) fn write_value(value: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing texts and numbers to memory can't fail");
}

/// Writes a string as JSON. O(bytes), in large steps between characters to escape.
fn write_text(text: &str, out: &mut Vec<u8>) {
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    if text.as_bytes().iter().any(is_special) {
        return write_value(&text, out);
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// The requested properties of an item, at least one, as an object.
struct Fields<'a> {
    fields: &'a [Field],
    item: Option<&'a Item>,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // An undescribed item counts as available, without other properties.
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

/// An explanation of a score. `share` is its contribution to the score.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = Reason)]
pub(super) enum ReasonBody<'a> {
    /// Friends bought the item; they are counted, never named.
    FriendsBought {
        /// The number of friends.
        count: usize,
        /// Its contribution to the score.
        share: f32,
    },
    /// The item matches the user's taste.
    Taste {
        /// Its contribution to the score.
        share: f32,
    },
    /// Users of one of the user's own (or the session's) items also bought this one.
    AlsoBought {
        /// The user's or session's item.
        item: &'a str,
        /// Its contribution to the score.
        share: f32,
    },
    /// The item is similar to another one.
    SimilarTo {
        /// The other item.
        item: &'a str,
        /// The cosine similarity.
        share: f32,
    },
    /// The item is popular.
    Popular {
        /// The number of users who touched it.
        users: u32,
        /// Its contribution to the score.
        share: f32,
    },
    /// The item is new.
    New {
        /// The time of its arrival, in RFC 3339.
        since: Option<String>,
    },
    /// The item fills up the page from for-you.
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

/// A list, as the `OpenAPI` document shows it.
#[derive(Debug, ToSchema)]
#[schema(as = List)]
#[expect(dead_code, reason = "only the schema is used: answers are written straight into a buffer")]
pub(in crate::http) struct ListShape {
    /// The id of this answer. Send it as `ref.recommendation_id` in the events that follow from it.
    recommendation_id: String,
    /// The requested scenario.
    #[schema(example = "for-you")]
    scenario: String,
    /// The version of the serving model; null before the first training.
    model: Option<String>,
    /// Every write up to this offset is included.
    offset: u64,
    /// The items, best first.
    items: Vec<ListedShape>,
    /// The reasons why the list is limited.
    degraded: Vec<Degraded>,
}

/// An item of a list, with the properties requested by `fields`.
#[derive(Debug, ToSchema)]
#[schema(as = Listed)]
#[expect(dead_code, reason = "only the schema is used: answers are written straight into a buffer")]
pub(super) struct ListedShape {
    /// The item's id.
    id: String,
    /// The score: comparable only within one list.
    score: f32,
    /// The reasons for the item; only with `explain`.
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
