//! Relations: their fields, how rows become relations, and how relations are written out.

use guanxi_models::{Relation, RelationKind};

use super::flaw::{Code, Flaw};
use super::reader::Reader;
use super::shape::entry;
use super::wire::{TimeBody, written};

entry! {
    /// A relation of one user to another, or to a circle.
    #[derive(Default)]
    RelationBody, RELATION: "relation" of "relations"
    required {
        /// The user that the relation belongs to.
        from: String,
        /// friend (mutual), follow, block, member (of a circle).
        #[schema(example = "friend")]
        kind: String,
        /// The other user, or the circle.
        to: String,
    }
    optional {
        /// The time since which the relation holds, at most a day in the future.
        since: TimeBody,
    }
}

/// Defaults for fields that a relation leaves out.
#[derive(Clone, Copy)]
pub struct RelationDefaults<'a> {
    /// The kind; none if the kind is required.
    pub kind: Option<RelationKind>,
    /// Maps a name to a kind.
    pub names: &'a dyn Fn(&str) -> Option<RelationKind>,
}

impl std::fmt::Debug for RelationDefaults<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelationDefaults").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl RelationDefaults<'_> {
    /// No defaults, and only the names of [`RelationKind`].
    pub const STRICT: Self = Self { kind: None, names: &RelationKind::from_name };
}

/// Makes a relation of a row.
pub fn relation(reader: &Reader<'_>, defaults: &RelationDefaults<'_>) -> Result<Relation, Flaw> {
    let (from, to) = (reader.required_id("from")?, reader.required_id("to")?);
    let kind = reader.choice("kind", &RelationKind::ALL.map(RelationKind::name), defaults.names)?;
    let kind = kind.or(defaults.kind).ok_or_else(|| reader.missing("kind"))?;
    if from == to && kind != RelationKind::Member {
        let what = "is the same as `from`: a user can't have a relation to itself";
        return Err(reader.flaw(Code::SelfRelation, "to", what));
    }
    Ok(Relation { from, kind, to, since: reader.time("since")? })
}

impl From<Relation> for RelationBody {
    fn from(relation: Relation) -> Self {
        let Relation { from, kind, to, since } = relation;
        Self { from, kind: kind.name().to_owned(), to, since: since.map(written) }
    }
}
