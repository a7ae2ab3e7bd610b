//! Numbered fields: a CBOR map from field number to value, ascending, without empty fields.
//!
//! A number is never reused. So a field may be added or left out, but its type can't change. A
//! reader refuses an unknown number: see [`Unreadable::Newer`].

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use super::super::Unreadable;

/// The destination of values.
pub(super) type Writer<'w> = Encoder<&'w mut Vec<u8>>;

/// The reason why writing can't fail.
pub(super) const MEMORY: &str = "memory takes every byte";

/// A type of field values.
pub(super) trait Value<'b>: Sized {
    fn write(&self, to: &mut Writer<'_>);
    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable>;

    /// True if the value has no content, so that it is left out.
    fn is_empty(&self) -> bool {
        false
    }
}

/// Declares a struct of numbered optional fields.
macro_rules! fields {
    (
        $(#[$about:meta])*
        $name:ident $(<$life:lifetime>)? {
            $($(#[$what:meta])* $number:literal $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Default, PartialEq)]
        pub(super) struct $name $(<$life>)? {
            $($(#[$what])* pub(super) $field: Option<$type>,)*
        }

        impl $(<$life>)? $name $(<$life>)? {
            /// The number, name and type of each field, for tests.
            #[cfg(test)]
            pub(super) const SHAPE: &'static [(u32, &'static str, &'static str)] =
                &[$(($number, stringify!($field), stringify!($type)),)*];
        }

        impl<'b> $crate::store::format::v2::fields::Value<'b> for $name $(<$life>)? {
            fn write(&self, to: &mut $crate::store::format::v2::fields::Writer<'_>) {
                use $crate::store::format::v2::fields::{begin, write_field};
                begin(to, [$(self.$field.is_some(),)*]);
                $(write_field(to, $number, self.$field.as_ref());)*
            }

            fn is_empty(&self) -> bool {
                $(self.$field.is_none() &&)* true
            }

            #[inline]
            fn read(
                from: &mut minicbor::Decoder<'b>,
            ) -> Result<Self, $crate::store::format::Unreadable> {
                use $crate::store::format::v2::fields::{Numbers, Value, unknown_field};
                let mut read = Self::default();
                let mut numbers = Numbers::begin(from)?;
                while let Some(number) = numbers.next(from)? {
                    match number {
                        $($number => read.$field = Some(Value::read(from)?),)*
                        number => return Err(unknown_field(stringify!($name), number)),
                    }
                }
                Ok(read)
            }
        }
    };
}
pub(super) use fields;

/// Writes the number of present fields.
pub(super) fn begin<const N: usize>(to: &mut Writer<'_>, present: [bool; N]) {
    let fields = present.into_iter().filter(|is_there| *is_there).count();
    to.map(fields as u64).expect(MEMORY);
}

/// Writes a field if it is present.
pub(super) fn write_field<'b>(to: &mut Writer<'_>, number: u32, value: Option<&impl Value<'b>>) {
    if let Some(value) = value {
        to.u32(number).expect(MEMORY);
        value.write(to);
    }
}

/// Iterates over the field numbers of a map.
pub(super) struct Numbers {
    left: u64,
    least: u32,
}

impl Numbers {
    pub(super) fn begin(from: &mut Decoder<'_>) -> Result<Self, Unreadable> {
        Ok(Self { left: length(from.map()?)?, least: 0 })
    }

    /// The next number, which must be greater than the previous one.
    pub(super) fn next(&mut self, from: &mut Decoder<'_>) -> Result<Option<u32>, Unreadable> {
        if self.left == 0 {
            return Ok(None);
        }
        let number = short_number(from).map_or_else(|| from.u32(), Ok)?;
        if number < self.least {
            return Err(Unreadable::Damaged(format!("field {number} stands behind a later one")));
        }
        (self.left, self.least) = (self.left - 1, number.saturating_add(1));
        Ok(Some(number))
    }
}

/// A number encoded in one byte, as nearly all field numbers are. A fast path: this is the hottest
/// loop of a replay.
#[inline]
fn short_number(from: &mut Decoder<'_>) -> Option<u32> {
    let at = from.position();
    let number = from.input().get(at).copied().filter(|byte| *byte < 0x18)?;
    from.set_position(at + 1);
    Some(number.into())
}

pub(super) fn unknown_field(name: &str, number: u32) -> Unreadable {
    Unreadable::Newer(format!("has a field {number} of `{name}`"))
}

/// The length of a map or array, which format 2 always states.
pub(super) fn length(length: Option<u64>) -> Result<u64, Unreadable> {
    length.ok_or_else(|| Unreadable::Damaged("a map or array has no length".to_owned()))
}

/// A required field.
pub(super) fn needed<T>(value: Option<T>, name: &str) -> Result<T, Unreadable> {
    value.ok_or_else(|| Unreadable::Damaged(format!("`{name}` is missing")))
}

impl From<minicbor::decode::Error> for Unreadable {
    fn from(error: minicbor::decode::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

macro_rules! scalar {
    ($($type:ty => $method:ident),*) => {
        $(impl<'b> Value<'b> for $type {
            fn write(&self, to: &mut Writer<'_>) {
                to.$method(*self).expect(MEMORY);
            }

            #[inline]
            fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
                Ok(from.$method()?)
            }
        })*
    };
}

scalar! { bool => bool, u32 => u32, i64 => i64, f32 => f32, f64 => f64 }

impl<'b> Value<'b> for &'b str {
    fn write(&self, to: &mut Writer<'_>) {
        to.str(self).expect(MEMORY);
    }

    #[inline]
    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
        short_text(from).map_or_else(|| Ok(from.str()?), Ok)
    }
}

/// A text of less than 256 bytes, as nearly all are. None for longer texts and other types. A fast
/// path.
#[inline]
fn short_text<'b>(from: &mut Decoder<'b>) -> Option<&'b str> {
    let (at, input) = (from.position(), from.input());
    let (start, len) = match *input.get(at)? {
        head @ 0x60..0x78 => (at + 1, head - 0x60),
        0x78 => (at + 2, *input.get(at + 1)?),
        _ => return None,
    };
    let end = start + usize::from(len);
    let text = std::str::from_utf8(input.get(start..end)?).ok()?;
    from.set_position(end);
    Some(text)
}

impl<'b, T: Value<'b>> Value<'b> for Vec<T> {
    fn write(&self, to: &mut Writer<'_>) {
        to.array(self.len() as u64).expect(MEMORY);
        for value in self {
            value.write(to);
        }
    }

    fn read(from: &mut Decoder<'b>) -> Result<Self, Unreadable> {
        (0..length(from.array()?)?).map(|_| T::read(from)).collect()
    }
}

/// Refuses an encrypted value, which is an array in place of a text or map.
pub(super) fn refuse_sealed(from: &mut Decoder<'_>) -> Result<(), Unreadable> {
    if from.datatype()? != Type::Array {
        return Ok(());
    }
    length(from.array()?)?;
    Err(Unreadable::Newer(format!("is encrypted by key {}", from.u64()?)))
}
