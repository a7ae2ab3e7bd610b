//! Lists against held-out rows.
