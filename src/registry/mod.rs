//! Models on disk: immutable, numbered, whole or absent.
