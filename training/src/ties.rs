//! How strongly friends count.
