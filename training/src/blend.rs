//! How much each part of the score counts, learned on held-out rows.
