//! Free attributes: a CBOR map from name to value. The type of each value is CBOR's own: text,
//! float, boolean, array of texts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use guanxi_models::{Attribute, Place};
use minicbor::Decoder;
use minicbor::data::Type;

use super::super::Unreadable;
use super::fields::{MEMORY, Value, Writer, length};

/// The attributes of an item or user.
pub(super) type Attributes<'b> = Cow<'b, BTreeMap<String, Attribute>>;

impl<'b> Value<'b> for Attributes<'b> {
    fn write(&self, to: &mut Writer<'_>) {
        to.map(self.len() as u64).expect(MEMORY);
        for (name, value) in self.iter() {
            to.str(name).expect(MEMORY);
            value.write(to);
        }
    }

    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
        let entries = 0..length(from.map()?)?;
        let entry = |_| Ok((from.str()?.to_owned(), Attribute::read(from)?));
        entries.map(entry).collect::<Result<_, Unreadable>>().map(Cow::Owned)
    }
}

impl<'b> Value<'b> for Attribute {
    fn write(&self, to: &mut Writer<'_>) {
        match self {
            Self::Text(text) => text.as_str().write(to),
            Self::Number(number) => number.write(to),
            Self::Flag(flag) => flag.write(to),
            Self::Texts(texts) => {
                to.array(texts.len() as u64).expect(MEMORY);
                for text in texts {
                    text.as_str().write(to);
                }
            }
        }
    }

    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
        match from.datatype()? {
            Type::String => Ok(Self::Text(from.str()?.to_owned())),
            Type::F64 => Value::read(from).map(Self::Number),
            Type::Bool => Value::read(from).map(Self::Flag),
            Type::Array => texts(from).map(Self::Texts),
            other => Err(Unreadable::Newer(format!("has an attribute of CBOR type {other}"))),
        }
    }
}

fn texts(from: &mut Decoder<'_>) -> Result<Vec<String>, Unreadable> {
    (0..length(from.array()?)?).map(|_| Ok(from.str()?.to_owned())).collect()
}

/// An array of the latitude and the longitude.
impl<'b> Value<'b> for Place {
    fn write(&self, to: &mut Writer<'_>) {
        to.array(2).expect(MEMORY);
        self.lat.write(to);
        self.lon.write(to);
    }

    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
        match length(from.array()?)? {
            2 => Ok(Self { lat: f64::read(from)?, lon: f64::read(from)? }),
            other => Err(Unreadable::Damaged(format!("a place has {other} numbers"))),
        }
    }
}
