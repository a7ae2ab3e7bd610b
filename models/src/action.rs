//! Actions: event types with their own details.

use crate::event::EventType;

/// An action of a user on an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// See [`EventType::View`].
    View,
    /// See [`EventType::Click`].
    Click,
    /// See [`EventType::Like`].
    Like,
    /// See [`EventType::Cart`].
    Cart,
    /// See [`EventType::Purchase`].
    Purchase(Order),
    /// See [`EventType::Refund`].
    Refund(Order),
    /// See [`EventType::Review`].
    Review,
    /// See [`EventType::Share`].
    Share {
        /// The user who received the share. A share with a circle names it in
        /// [`Event::circle`](crate::Event::circle).
        with: Option<String>,
    },
    /// See [`EventType::GroupOpen`].
    GroupOpen {
        /// The group purchase; clients of earlier versions don't name it.
        group: Option<String>,
    },
    /// See [`EventType::GroupJoin`].
    GroupJoin {
        /// The group purchase; clients of earlier versions don't name it.
        group: Option<String>,
    },
    /// See [`EventType::Dismiss`].
    Dismiss,
    /// See [`EventType::Report`].
    Report,
    /// See [`EventType::Impression`].
    Impression,
}

/// The details of an order line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// The id of the order.
    pub id: Option<String>,
    /// The group purchase.
    pub group: Option<String>,
    /// The discount on one piece.
    pub discount: Option<f64>,
    /// The offer (coupon, campaign) that gave the discount.
    pub offer: Option<String>,
}

/// The details of any action, as separate fields: their form in files and requests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Details<'a> {
    /// See [`Order::id`].
    pub order: Option<&'a str>,
    /// See [`Order::group`], [`Action::GroupOpen`], [`Action::GroupJoin`].
    pub group: Option<&'a str>,
    /// See [`Order::discount`].
    pub discount: Option<f64>,
    /// See [`Order::offer`].
    pub offer: Option<&'a str>,
    /// See [`Action::Share`].
    pub shared_with: Option<&'a str>,
}

/// A detail that events of this type don't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{detail}` is not a field of `{}` events: leave it out", kind.name())]
pub struct StrayDetail {
    /// The name of the detail.
    pub detail: &'static str,
    /// The type of the event.
    pub kind: EventType,
}

impl Action {
    /// An action with these details.
    ///
    /// # Errors
    /// [`StrayDetail`] for a detail that the action doesn't have.
    ///
    /// ```
    /// use guanxi_models::event::{Action, Details, EventType};
    /// let details = Details { order: Some("7"), ..Details::default() };
    /// assert!(Action::new(EventType::Purchase, details).is_ok());
    /// assert!(Action::new(EventType::View, details).is_err());
    /// ```
    pub fn new(kind: EventType, details: Details<'_>) -> Result<Self, StrayDetail> {
        let action = Self::fitting(kind, details);
        match details.first_beside(&action.details()) {
            Some(detail) => Err(StrayDetail { detail, kind }),
            None => Ok(action),
        }
    }

    /// An action with these details, without those that it doesn't have.
    pub fn fitting(kind: EventType, details: Details<'_>) -> Self {
        let group = || details.group.map(str::to_owned);
        match kind {
            EventType::View => Self::View,
            EventType::Click => Self::Click,
            EventType::Like => Self::Like,
            EventType::Cart => Self::Cart,
            EventType::Purchase => Self::Purchase(Order::of(details)),
            EventType::Refund => Self::Refund(Order::of(details)),
            EventType::Review => Self::Review,
            EventType::Share => Self::Share { with: details.shared_with.map(str::to_owned) },
            EventType::GroupOpen => Self::GroupOpen { group: group() },
            EventType::GroupJoin => Self::GroupJoin { group: group() },
            EventType::Dismiss => Self::Dismiss,
            EventType::Report => Self::Report,
            EventType::Impression => Self::Impression,
        }
    }

    /// The type of events of this action.
    pub fn kind(&self) -> EventType {
        match self {
            Self::View => EventType::View,
            Self::Click => EventType::Click,
            Self::Like => EventType::Like,
            Self::Cart => EventType::Cart,
            Self::Purchase(_) => EventType::Purchase,
            Self::Refund(_) => EventType::Refund,
            Self::Review => EventType::Review,
            Self::Share { .. } => EventType::Share,
            Self::GroupOpen { .. } => EventType::GroupOpen,
            Self::GroupJoin { .. } => EventType::GroupJoin,
            Self::Dismiss => EventType::Dismiss,
            Self::Report => EventType::Report,
            Self::Impression => EventType::Impression,
        }
    }

    /// The details of the action.
    pub fn details(&self) -> Details<'_> {
        match self {
            Self::Purchase(order) | Self::Refund(order) => order.details(),
            Self::Share { with } => Details { shared_with: with.as_deref(), ..Details::default() },
            Self::GroupOpen { group } | Self::GroupJoin { group } => {
                Details { group: group.as_deref(), ..Details::default() }
            }
            _ => Details::default(),
        }
    }

    /// True for a purchase in a complete group.
    pub fn is_bought_in_group(&self) -> bool {
        matches!(self, Self::Purchase(Order { group: Some(_), .. }))
    }
}

impl From<EventType> for Action {
    /// The action without any detail.
    fn from(kind: EventType) -> Self {
        Self::fitting(kind, Details::default())
    }
}

impl Order {
    fn of(details: Details<'_>) -> Self {
        Self {
            id: details.order.map(str::to_owned),
            group: details.group.map(str::to_owned),
            discount: details.discount,
            offer: details.offer.map(str::to_owned),
        }
    }

    fn details(&self) -> Details<'_> {
        Details {
            order: self.id.as_deref(),
            group: self.group.as_deref(),
            discount: self.discount,
            offer: self.offer.as_deref(),
            shared_with: None,
        }
    }
}

impl Details<'_> {
    /// The name of the first detail that `other` lacks.
    fn first_beside(&self, other: &Self) -> Option<&'static str> {
        let said = [
            ("order", self.order.is_some(), other.order.is_some()),
            ("group", self.group.is_some(), other.group.is_some()),
            ("discount", self.discount.is_some(), other.discount.is_some()),
            ("offer", self.offer.is_some(), other.offer.is_some()),
            ("shared_with", self.shared_with.is_some(), other.shared_with.is_some()),
        ];
        said.into_iter().find(|(_, here, there)| *here && !*there).map(|(name, ..)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Details<'static> = Details {
        order: Some("o"),
        group: Some("g"),
        discount: Some(0.5),
        offer: Some("f"),
        shared_with: Some("v"),
    };

    #[test]
    fn an_action_has_its_type_and_gives_back_its_details() {
        for kind in EventType::ALL {
            let action = Action::fitting(kind, ALL);
            assert_eq!(action.kind(), kind);
            assert_eq!(Action::new(kind, action.details()), Ok(action));
            assert_eq!(Action::from(kind).details(), Details::default());
        }
    }

    #[test]
    fn a_detail_that_a_type_does_not_have_is_named() {
        let detail = |kind| Action::new(kind, ALL).unwrap_err().detail;
        assert_eq!(detail(EventType::Purchase), "shared_with");
        assert_eq!(detail(EventType::Share), "order");
        assert_eq!(detail(EventType::GroupJoin), "order");
        let order = Details { shared_with: None, ..ALL };
        assert!(Action::new(EventType::Refund, order).is_ok());
        let view = Action::new(EventType::View, order).unwrap_err();
        assert_eq!(view.to_string(), "`order` is not a field of `view` events: leave it out");
    }
}
