//! From bytes to records: what is typed by a client, checked, becomes what the log holds.
