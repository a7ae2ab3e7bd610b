//! Users in format 2.

use std::borrow::Cow;

use guanxi_models::{Place, User, Visibility};
use minicbor::Decoder;

use super::super::Unreadable;
use super::super::code::{VISIBILITIES, code_of, of_code};
use super::attribute::Attributes;
use super::fields::{Writer, fields};
use super::people::People;
use super::{Nothing, Parts, owned};

fields! {
    /// The fields of a user that identify no person.
    UserBody {
        /// See [`VISIBILITIES`]. Left out for `friends`.
        0 visibility: u32,
    }
}

fields! {
    /// The fields of a user that could identify the person.
    UserPersonal<'b> {
        0 name: &'b str,
        1 place: Place,
        /// Left out if there are none.
        2 attributes: Attributes<'b>,
    }
}

pub(super) fn write(user: &User, to: &mut Writer<'_>) {
    let visibility = Some(user.visibility).filter(|one| *one != Visibility::default());
    let body = UserBody { visibility: visibility.map(|one| code_of(&VISIBILITIES, one)) };
    let personal = UserPersonal {
        name: user.name.as_deref(),
        place: user.place,
        attributes: Some(Cow::Borrowed(&user.attributes)).filter(|map| !map.is_empty()),
    };
    Parts { body, people: People::one(&user.id), personal }.write(to);
}

pub(super) fn read(from: &mut Decoder<'_>) -> Result<User, Unreadable> {
    let Parts { body, people, personal } = Parts::<UserBody, UserPersonal<'_>>::read(from)?;
    let visibility = body.visibility.map(|code| of_code(&VISIBILITIES, "visibility", code));
    Ok(User {
        id: people.first()?,
        name: owned(personal.name),
        visibility: visibility.transpose()?.unwrap_or_default(),
        place: personal.place,
        attributes: personal.attributes.map(Cow::into_owned).unwrap_or_default(),
    })
}

pub(super) fn write_deleted(id: &str, to: &mut Writer<'_>) {
    Parts { body: Nothing, people: People::one(id), personal: Nothing }.write(to);
}

pub(super) fn read_deleted(from: &mut Decoder<'_>) -> Result<String, Unreadable> {
    Parts::<Nothing, Nothing>::read(from)?.people.first()
}
