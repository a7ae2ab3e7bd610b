//! A record as a row of a table, and back.

use std::borrow::Cow;

use guanxi_models::{
    Action, Attribution, Details, Event, EventType, Millis, Record, Relation, RelationKind,
    Visibility,
};

use super::body;

/// One row without its offset: what a kind of record does not have is none.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) kind: &'a str,
    pub(super) event_id: Option<&'a str>,
    pub(super) user: Option<&'a str>,
    pub(super) item: Option<&'a str>,
    pub(super) event_type: Option<&'a str>,
    pub(super) ts: Option<Millis>,
    pub(super) weight: Option<f32>,
    pub(super) quantity: Option<i64>,
    pub(super) price: Option<f64>,
    pub(super) currency: Option<&'a str>,
    pub(super) circle: Option<&'a str>,
    pub(super) session: Option<&'a str>,
    pub(super) channel: Option<&'a str>,
    pub(super) details: Details<'a>,
    pub(super) recommendation_id: Option<&'a str>,
    pub(super) sharer: Option<&'a str>,
    pub(super) visibility: Option<&'a str>,
    pub(super) relation_from: Option<&'a str>,
    pub(super) relation_kind: Option<&'a str>,
    pub(super) relation_to: Option<&'a str>,
    pub(super) relation_since: Option<Millis>,
    pub(super) body: Option<Cow<'a, str>>,
}

/// The body of an event whose attribution is there but says nothing; all others have none.
const EMPTY_ATTRIBUTION: &str = r#"{"ref":{}}"#;

impl<'a> Row<'a> {
    pub(super) fn of(record: &'a Record) -> Self {
        match record {
            Record::Event(event) => Self::of_event(event),
            Record::Item(item) => Self {
                body: Some(body::of_item(item).into()),
                ..Self::of_item_id("item", &item.id)
            },
            Record::ItemDeleted { id } => Self::of_item_id("item_deleted", id),
            Record::User(user) => Self {
                body: Some(body::of_user(user).into()),
                ..Self::of_user_id("user", &user.id)
            },
            Record::UserDeleted { id } => Self::of_user_id("user_deleted", id),
            Record::Relation(relation) => Self::of_relation("relation", relation),
            Record::RelationDeleted(relation) => Self::of_relation("relation_deleted", relation),
        }
    }

    /// The record of this row, or what is wrong with it.
    pub(super) fn record(&self) -> Result<Record, String> {
        match self.kind {
            "event" => self.event().map(Record::Event),
            "item" => body::item(self.body()?).map(Record::Item).map_err(|e| e.to_string()),
            "item_deleted" => Ok(Record::ItemDeleted { id: text(self.item, "item")? }),
            "user" => body::user(self.body()?).map(Record::User).map_err(|e| e.to_string()),
            "user_deleted" => Ok(Record::UserDeleted { id: text(self.user, "user")? }),
            "relation" => self.relation().map(Record::Relation),
            "relation_deleted" => self.relation().map(Record::RelationDeleted),
            other => Err(format!("has a record of unknown kind `{other}`")),
        }
    }

    fn of_event(event: &'a Event) -> Self {
        let attribution = event.attribution.as_ref();
        let is_empty = attribution == Some(&Attribution::default());
        Self {
            kind: "event",
            event_id: Some(&event.event_id),
            user: Some(&event.user),
            item: Some(&event.item),
            event_type: Some(event.kind().name()),
            ts: Some(event.ts).filter(|&ts| ts != 0),
            weight: Some(event.weight),
            quantity: Some(event.quantity.into()),
            price: event.price,
            currency: event.currency.as_deref(),
            circle: event.circle.as_deref(),
            session: event.session.as_deref(),
            channel: event.channel.as_deref(),
            details: event.action.details(),
            recommendation_id: attribution.and_then(|one| one.recommendation_id.as_deref()),
            sharer: attribution.and_then(|one| one.sharer.as_deref()),
            visibility: event.visibility.map(Visibility::name),
            body: is_empty.then_some(EMPTY_ATTRIBUTION.into()),
            ..Self::default()
        }
    }

    fn event(&self) -> Result<Event, String> {
        let quantity = self.quantity.and_then(|quantity| u32::try_from(quantity).ok());
        Ok(Event {
            event_id: text(self.event_id, "event_id")?,
            user: text(self.user, "user")?,
            item: text(self.item, "item")?,
            action: self.action()?,
            ts: self.ts.unwrap_or(0),
            weight: there(self.weight, "weight")?,
            quantity: there(quantity, "quantity")?,
            price: self.price,
            currency: self.currency.map(str::to_owned),
            circle: self.circle.map(str::to_owned),
            session: self.session.map(str::to_owned),
            channel: self.channel.map(str::to_owned),
            attribution: self.attribution(),
            visibility: self.visibility().transpose()?,
        })
    }

    fn action(&self) -> Result<Action, String> {
        let kind = named(self.event_type, "type", EventType::from_name)?;
        Action::new(kind, self.details).map_err(|stray| format!("has an event where {stray}"))
    }

    fn attribution(&self) -> Option<Attribution> {
        let recommendation_id = self.recommendation_id.map(str::to_owned);
        let sharer = self.sharer.map(str::to_owned);
        let is_there = recommendation_id.is_some() || sharer.is_some() || self.body.is_some();
        is_there.then_some(Attribution { recommendation_id, sharer })
    }

    fn visibility(&self) -> Option<Result<Visibility, String>> {
        let name = self.visibility?;
        let found = Visibility::from_name(name);
        Some(found.ok_or_else(|| format!("has an unknown visibility `{name}`")))
    }

    fn of_item_id(kind: &'a str, id: &'a str) -> Self {
        Self { kind, item: Some(id), ..Self::default() }
    }

    fn of_user_id(kind: &'a str, id: &'a str) -> Self {
        Self { kind, user: Some(id), ..Self::default() }
    }

    fn of_relation(kind: &'a str, relation: &'a Relation) -> Self {
        Self {
            kind,
            relation_from: Some(&relation.from),
            relation_kind: Some(relation.kind.name()),
            relation_to: Some(&relation.to),
            relation_since: relation.since,
            ..Self::default()
        }
    }

    fn relation(&self) -> Result<Relation, String> {
        Ok(Relation {
            from: text(self.relation_from, "relation_from")?,
            kind: named(self.relation_kind, "relation_kind", RelationKind::from_name)?,
            to: text(self.relation_to, "relation_to")?,
            since: self.relation_since,
        })
    }

    fn body(&self) -> Result<&str, String> {
        there(self.body.as_deref(), "body")
    }
}

fn there<T>(value: Option<T>, column: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("has a record without `{column}`"))
}

fn text(value: Option<&str>, column: &str) -> Result<String, String> {
    there(value, column).map(str::to_owned)
}

fn named<T>(
    name: Option<&str>,
    column: &str,
    find: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let name = there(name, column)?;
    find(name).ok_or_else(|| format!("has an unknown {column} `{name}`"))
}
