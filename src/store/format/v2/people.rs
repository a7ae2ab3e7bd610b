//! The people of a record: a CBOR array of ids by role. An empty role is null; nulls at the end are
//! left out.
//!
//! | record | first | second | third |
//! |---|---|---|---|
//! | event | the user | the sharer | the user it was shared with |
//! | user, deleted user | the user | | |
//! | relation, deleted relation | `from` | `to`, unless that is a circle | |

use minicbor::Decoder;
use minicbor::data::Type;

use super::super::Unreadable;
use super::fields::{MEMORY, Value, Writer, length, needed, refuse_sealed};

/// The number of roles. More of them mean a newer guanxi.
const PARTS: usize = 3;

/// The ids of the people of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct People<'b>(pub(super) [Option<&'b str>; PARTS]);

impl<'b> People<'b> {
    /// One person.
    pub(super) fn one(id: &'b str) -> Self {
        Self([Some(id), None, None])
    }

    /// The first person, which every record with people has.
    pub(super) fn first(self) -> Result<String, Unreadable> {
        needed(self.0[0], "the first person").map(str::to_owned)
    }
}

impl<'b> Value<'b> for People<'b> {
    fn write(&self, to: &mut Writer<'_>) {
        let last = self.0.iter().rposition(Option::is_some);
        let listed = &self.0[..last.map_or(0, |last| last + 1)];
        to.array(listed.len() as u64).expect(MEMORY);
        for id in listed {
            match id {
                Some(id) => to.str(id),
                None => to.null(),
            }
            .expect(MEMORY);
        }
    }

    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
        let mut people = Self::default();
        let listed = length(from.array()?)?;
        let Some(slots) = people.0.get_mut(..listed as usize) else {
            return Err(Unreadable::Newer(format!("names {listed} people")));
        };
        for slot in slots {
            *slot = id(from)?;
        }
        Ok(people)
    }
}

fn id<'b>(from: &mut Decoder<'b>) -> Result<Option<&'b str>, Unreadable> {
    match from.datatype()? {
        Type::Null => Ok(from.null().map(|()| None)?),
        Type::String => Value::read(from).map(Some),
        _ => refuse_sealed(from).and_then(|()| Value::read(from).map(Some)),
    }
}
