//! The item lists: co-occurrence, local ridge, and their merge.
