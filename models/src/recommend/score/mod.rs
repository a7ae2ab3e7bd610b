//! The numbers behind a list: what friends bought, and the parts of a blended score.

mod friends;
mod parts;
mod shortlist;

pub(super) use friends::Friends;
pub(super) use parts::Parts;
use shortlist::Shortlist;
