//! What a caller may ask of the items of a list.

use crate::record::{Attribute, Place};

/// A condition on an item, evaluated before ranking.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these hold; an empty list always holds.
    All(Vec<Filter>),
    /// At least one of these holds; an empty list never holds.
    Any(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// The category is this one or lies below it: `shoes` covers `shoes/running`, not `shoestrings`.
    Category(String),
    /// The price is known, is in the shop's main currency, and lies in the range. Most items state the main currency, or no other.
    Price(Range),
    /// The price is known, is in this currency, and lies in the range.
    PriceIn {
        /// The currency, as items state it.
        currency: String,
        /// The range.
        range: Range,
    },
    /// The price is in one of these currencies.
    Currency(Vec<String>),
    /// At least one of these tags is on the item.
    TagsAny(Vec<String>),
    /// All of these tags are on the item.
    TagsAll(Vec<String>),
    /// One of these sells it.
    Merchant(Vec<String>),
    /// Whether the item can be bought. Lists hold only such items unless the filter says `Available(false)`.
    Available(bool),
    /// The place is known and not farther away than this.
    Near {
        /// From where.
        place: Place,
        /// How far, in kilometres along the great circle.
        km: f64,
    },
    /// A free attribute is known and passes the test.
    Attribute {
        /// Its name.
        name: String,
        /// What its value must satisfy.
        test: AttributeTest,
    },
}

/// A test of one attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeTest {
    /// The value is one of these; of [`Attribute::Texts`] at least one is.
    In(Vec<Attribute>),
    /// The value is a number in the range.
    Range(Range),
}

/// A range of numbers; an open end is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// At least.
    pub gte: Option<f64>,
    /// More than.
    pub gt: Option<f64>,
    /// At most.
    pub lte: Option<f64>,
    /// Less than.
    pub lt: Option<f64>,
}

impl Range {
    /// Whether `value` lies in the range.
    pub fn contains(&self, value: f64) -> bool {
        self.gte.is_none_or(|bound| value >= bound)
            && self.gt.is_none_or(|bound| value > bound)
            && self.lte.is_none_or(|bound| value <= bound)
            && self.lt.is_none_or(|bound| value < bound)
    }
}

impl Filter {
    /// Whether the filter speaks of items that can't be bought, so that those must be looked at too.
    pub fn asks_for_unavailable(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_for_unavailable),
            Self::Not(part) => part.asks_for_unavailable(),
            Self::Available(available) => !available,
            _ => false,
        }
    }

    /// The names of all free attributes that the filter asks for.
    pub fn attribute_names(&self) -> Vec<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().flat_map(Self::attribute_names).collect()
            }
            Self::Not(part) => part.attribute_names(),
            Self::Attribute { name, .. } => vec![name],
            _ => Vec::new(),
        }
    }
}
