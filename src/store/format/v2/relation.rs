//! Relations and deleted relations in format 2.

use guanxi_models::{Relation, RelationKind};
use minicbor::Decoder;

use super::super::Unreadable;
use super::super::code::{RELATION_KINDS, code_of, of_code};
use super::Parts;
use super::fields::{Writer, fields, needed};
use super::people::People;

/// The number of [`RelationKind::Friend`].
const FRIEND: u32 = 0;

fields! {
    /// The fields of a relation that identify no person.
    RelationBody {
        /// See [`RELATION_KINDS`]. Left out for friends.
        0 kind: u32,
        1 since: i64,
    }
}

fields! {
    /// The fields of a relation that could identify the person.
    RelationPersonal<'b> {
        /// The circle of a membership.
        0 circle: &'b str,
    }
}

pub(super) fn write(relation: &Relation, to: &mut Writer<'_>) {
    let is_member = relation.kind == RelationKind::Member;
    let other = relation.to.as_str();
    let body = RelationBody {
        kind: Some(code_of(&RELATION_KINDS, relation.kind)).filter(|code| *code != FRIEND),
        since: relation.since,
    };
    let personal = RelationPersonal { circle: is_member.then_some(other) };
    let people = People([Some(&relation.from), (!is_member).then_some(other), None]);
    Parts { body, people, personal }.write(to);
}

pub(super) fn read(from: &mut Decoder<'_>) -> Result<Relation, Unreadable> {
    let Parts { body, people, personal } = Parts::<RelationBody, RelationPersonal<'_>>::read(from)?;
    let kind = body.kind.unwrap_or(FRIEND);
    let other = personal.circle.or(people.0[1]);
    Ok(Relation {
        from: people.first()?,
        kind: of_code(&RELATION_KINDS, "kind of relation", kind)?,
        to: needed(other, "to")?.to_owned(),
        since: body.since,
    })
}
