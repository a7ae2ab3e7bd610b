//! Rows become users, or change them.

use guanxi_models::User;

use super::attribute::set_attributes;
use super::event::visibility;
use super::flaw::Flaw;
use super::item::set_place;
use super::limits::NAME_BYTES;
use super::reader::Reader;

/// Checks a row and makes a user of it.
pub fn user(reader: &Reader<'_>) -> Result<User, Flaw> {
    let mut user = User { id: reader.required_id("id")?, ..User::default() };
    change_user(reader, &mut user)?;
    Ok(user)
}

/// Sets what the row names; null clears it. The id stays.
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
