//! Users: their fields, how rows become users or change them, and how users are written out.

use std::collections::BTreeMap;

use guanxi_models::User;

use super::attribute::set_attributes;
use super::event::visibility;
use super::flaw::Flaw;
use super::limits::NAME_BYTES;
use super::place::{PlaceBody, set_place};
use super::reader::Reader;
use super::shape::entry;
use super::wire::{AttributeBody, AttributeShape, attributes};

entry! {
    /// A user. `PUT` replaces it whole. In `PATCH` a field that is left out stays, and null clears.
    #[derive(Default)]
    UserBody, USER: "user" of "users"
    identity {
        /// The public id: required in bulk, and the same as in the path elsewhere.
        #[schema(example = "u1")]
        id: String,
    }
    optional {
        /// The name shown to people.
        name: String,
        /// The audience of the user's events: `friends`, who see them in counts, or `private`. The
        /// default is `friends`.
        visibility: String,
        /// The usual place of the user.
        place: PlaceBody,
        /// Further attributes to keep.
        #[schema(value_type = Option<BTreeMap<String, AttributeShape>>)]
        attributes: BTreeMap<String, AttributeBody>,
    }
    columns {
        lat: f64,
        lon: f64,
    }
}

/// Makes a user of a row.
pub fn user(reader: &Reader<'_>) -> Result<User, Flaw> {
    let mut user = User { id: reader.required_id("id")?, ..User::default() };
    change_user(reader, &mut user)?;
    Ok(user)
}

/// Sets the fields of the row; null clears a field. The id stays.
pub fn change_user(reader: &Reader<'_>, user: &mut User) -> Result<(), Flaw> {
    reader.set("name", &mut user.name, |r, field| r.text(field, NAME_BYTES))?;
    reader.set(
        "visibility",
        &mut user.visibility,
        |r, _| Ok(visibility(r)?.unwrap_or_default()),
    )?;
    set_place(reader, &mut user.place)?;
    set_attributes(reader, &mut user.attributes)
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: Some(user.id),
            name: user.name,
            visibility: Some(user.visibility.name().to_owned()),
            place: user.place.map(PlaceBody::from),
            attributes: attributes(user.attributes),
        }
    }
}
