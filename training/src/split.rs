//! Which rows are held out.
