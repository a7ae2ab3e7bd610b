//! Events in format 2.

use guanxi_models::{Action, Attribution, Details, Event};
use minicbor::Decoder;

use super::super::Unreadable;
use super::super::code::{EVENT_TYPES, VISIBILITIES, code_of, of_code};
use super::fields::{Writer, fields, needed};
use super::people::People;
use super::{Parts, owned};

fields! {
    /// The fields of an event that identify no person.
    EventBody<'b> {
        /// See [`EVENT_TYPES`].
        0 kind: u32,
        1 item: &'b str,
        2 ts: i64,
        /// Left out if 1.
        3 weight: f32,
        /// Left out if 1.
        4 quantity: u32,
        5 price: f64,
        6 currency: &'b str,
        /// See [`VISIBILITIES`].
        7 visibility: u32,
        /// True for an empty attribution.
        8 empty_ref: bool,
        9 channel: &'b str,
        10 group: &'b str,
        11 discount: f64,
        12 offer: &'b str,
    }
}

fields! {
    /// The fields of an event that could identify its user.
    EventPersonal<'b> {
        0 event_id: &'b str,
        1 circle: &'b str,
        2 session: &'b str,
        3 recommendation_id: &'b str,
        4 order: &'b str,
    }
}

pub(super) fn write(event: &Event, to: &mut Writer<'_>) {
    let details = event.action.details();
    let parts = Parts {
        body: body(event, details),
        people: people(event, details),
        personal: personal(event, details),
    };
    parts.write(to);
}

fn body<'e>(event: &'e Event, details: Details<'e>) -> EventBody<'e> {
    let is_empty = event.attribution == Some(Attribution::default());
    EventBody {
        kind: Some(code_of(&EVENT_TYPES, event.kind())),
        item: Some(&event.item),
        ts: Some(event.ts),
        weight: Some(event.weight).filter(|weight| weight.to_bits() != 1_f32.to_bits()),
        quantity: Some(event.quantity).filter(|quantity| *quantity != 1),
        price: event.price,
        currency: event.currency.as_deref(),
        visibility: event.visibility.map(|one| code_of(&VISIBILITIES, one)),
        empty_ref: is_empty.then_some(true),
        channel: event.channel.as_deref(),
        group: details.group,
        discount: details.discount,
        offer: details.offer,
    }
}

fn people<'e>(event: &'e Event, details: Details<'e>) -> People<'e> {
    let attribution = event.attribution.as_ref();
    let sharer = attribution.and_then(|from| from.sharer.as_deref());
    People([Some(&event.user), sharer, details.shared_with])
}

fn personal<'e>(event: &'e Event, details: Details<'e>) -> EventPersonal<'e> {
    let attribution = event.attribution.as_ref();
    EventPersonal {
        event_id: Some(&event.event_id),
        circle: event.circle.as_deref(),
        session: event.session.as_deref(),
        recommendation_id: attribution.and_then(|from| from.recommendation_id.as_deref()),
        order: details.order,
    }
}

pub(super) fn read(from: &mut Decoder<'_>) -> Result<Event, Unreadable> {
    let Parts { body, people, personal } = Parts::<EventBody<'_>, EventPersonal<'_>>::read(from)?;
    let visibility = body.visibility.map(|code| of_code(&VISIBILITIES, "visibility", code));
    Ok(Event {
        event_id: needed(personal.event_id, "event_id")?.to_owned(),
        user: people.first()?,
        item: needed(body.item, "item")?.to_owned(),
        action: action(&body, people, &personal)?,
        ts: needed(body.ts, "ts")?,
        weight: body.weight.unwrap_or(1.0),
        quantity: body.quantity.unwrap_or(1),
        price: body.price,
        currency: owned(body.currency),
        circle: owned(personal.circle),
        session: owned(personal.session),
        channel: owned(body.channel),
        attribution: attribution(&body, people, &personal),
        visibility: visibility.transpose()?,
    })
}

fn action(
    body: &EventBody<'_>,
    people: People<'_>,
    personal: &EventPersonal<'_>,
) -> Result<Action, Unreadable> {
    let kind = of_code(&EVENT_TYPES, "event type", needed(body.kind, "kind")?)?;
    let People([_, _, shared_with]) = people;
    let details = Details {
        order: personal.order,
        group: body.group,
        discount: body.discount,
        offer: body.offer,
        shared_with,
    };
    Action::new(kind, details).map_err(|stray| Unreadable::Newer(format!("says that {stray}")))
}

fn attribution(
    body: &EventBody<'_>,
    people: People<'_>,
    personal: &EventPersonal<'_>,
) -> Option<Attribution> {
    let recommendation_id = owned(personal.recommendation_id);
    let sharer = owned(people.0[1]);
    let is_there = recommendation_id.is_some() || sharer.is_some() || body.empty_ref.is_some();
    is_there.then_some(Attribution { recommendation_id, sharer })
}
