//! Filters of items.

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
    /// The category is this one or below it: `shoes` includes `shoes/running`, but not
    /// `shoestrings`.
    Category(String),
    /// The price is known, in the main currency, and in the range. The main currency is that of
    /// most items.
    Price(Range),
    /// The price is known, in this currency, and in the range.
    PriceIn {
        /// The currency code.
        currency: String,
        /// The range.
        range: Range,
    },
    /// The price is in one of these currencies.
    Currency(Vec<String>),
    /// The item has at least one of these tags.
    TagsAny(Vec<String>),
    /// The item has all of these tags.
    TagsAll(Vec<String>),
    /// The merchant is one of these.
    Merchant(Vec<String>),
    /// The item's availability. Lists have only available items unless a filter says
    /// `Available(false)`.
    Available(bool),
    /// The place is known and within the distance.
    Near {
        /// The centre.
        place: Place,
        /// The distance in kilometres, along the great circle.
        km: f64,
    },
    /// A free attribute is known and passes the test.
    Attribute {
        /// The name.
        name: String,
        /// The test of its value.
        test: AttributeTest,
    },
}

/// A test of one attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeTest {
    /// The value is one of these. For [`Attribute::Texts`], at least one is.
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
    /// True if `value` is in the range.
    pub fn contains(&self, value: f64) -> bool {
        self.gte.is_none_or(|bound| value >= bound)
            && self.gt.is_none_or(|bound| value > bound)
            && self.lte.is_none_or(|bound| value <= bound)
            && self.lt.is_none_or(|bound| value < bound)
    }
}

impl Filter {
    /// True if the filter may include unavailable items.
    pub fn asks_for_unavailable(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_for_unavailable),
            Self::Not(part) => part.asks_for_unavailable(),
            Self::Available(available) => !available,
            _ => false,
        }
    }

    /// The names of all free attributes in the filter.
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
