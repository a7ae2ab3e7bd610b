//! Limits of input. Each is far above normal use and far below harmful sizes.

/// The longest name of an item or user, in bytes.
pub const NAME_BYTES: usize = 512;
/// The longest category path, in bytes.
pub const CATEGORY_BYTES: usize = 512;
/// The longest name of a channel, in bytes.
pub const CHANNEL_BYTES: usize = 64;
/// The longest tag, in bytes.
pub const TAG_BYTES: usize = 256;
/// The most tags of an item, and the most texts of an attribute.
pub const LIST_ENTRIES: usize = 256;
/// The most attributes of an item or user.
pub const ATTRIBUTES: usize = 64;
/// The longest text of an attribute, in bytes.
pub const ATTRIBUTE_BYTES: usize = 2048;
/// The most entries of one body. A rejected entry takes many times its size in memory.
pub const ENTRIES: usize = 500_000;
/// The greatest weight of one event. The recipe also caps the sum in a history.
pub const WEIGHT: f32 = 1000.0;
/// The most that a time may be in the future, in milliseconds. A day allows for wrong clocks.
pub const FUTURE_MILLIS: i64 = 24 * 60 * 60 * 1000;
