//! Support for tests: drawn records, fuzzing targets, and seeded defects.

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub(crate) mod seeded;
