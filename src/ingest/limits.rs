//! How much of everything is taken. Each limit is far above honest use and far below what would hurt.

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
/// The most entries of one body: what each refused one costs in memory is many times its bytes.
pub const ENTRIES: usize = 500_000;
/// The greatest weight of one event; the recipe's cap bounds what a history makes of it.
pub const WEIGHT: f32 = 1000.0;
/// How far in the future a time may lie, in milliseconds: clocks differ, but not by more than a day.
pub const FUTURE_MILLIS: i64 = 24 * 60 * 60 * 1000;
