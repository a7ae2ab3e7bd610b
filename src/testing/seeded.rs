//! Defects on purpose, to see that the tests of durability would find them.
//!
//! They exist only in unit tests and in a build with the feature `seeded-defects`, which is never
//! released; there the variable `SEEDED_DEFECT` chooses one. In every other build [`has`] is
//! `false` for the compiler too, and nothing of them is left.

/// The defects that can be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// An append doesn't wait for its fsync.
    NoFsync,
    /// A write is answered before it is appended.
    EarlyAnswer,
    /// A model is written in its place, and nothing waits for the disk.
    HalfPublish,
    /// Checksums of records and of model files are not looked at.
    NoChecksum,
}

/// True if this defect is switched on.
#[cfg(any(test, feature = "seeded-defects"))]
pub(crate) fn has(defect: Defect) -> bool {
    let chosen = std::env::var("SEEDED_DEFECT").unwrap_or_default();
    let name = match defect {
        Defect::NoFsync => "no-fsync",
        Defect::EarlyAnswer => "early-answer",
        Defect::HalfPublish => "half-publish",
        Defect::NoChecksum => "no-checksum",
    };
    chosen == name
}

/// Always false: this build has no defects to switch on.
#[cfg(not(any(test, feature = "seeded-defects")))]
pub(crate) const fn has(_: Defect) -> bool {
    false
}
