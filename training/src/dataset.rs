//! The columns that training reads.
